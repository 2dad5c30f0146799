//! The URL of a server, taken apart. It may name several hosts, as libpq's do: `mysql://a:3306,b:3307,c/db`.

use std::time::Duration;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::failure::Failure;
use crate::language::tr;

/// After such a silence the system asks one of several hosts whether it is still there. Where another one can take over, one
/// that has gone without a word must not be waited for for hours.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(super) const GONE_AFTER: Duration = Duration::from_secs(30);

/// A server's URL, taken apart.
pub(super) struct ServerUrl {
    /// A URL for each host that is named, in their order; they differ in nothing else.
    pub urls: Vec<Url>,
    /// The whole URL without its password.
    pub shown: String,
    /// The name of the database.
    pub database: String,
}

impl ServerUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// Exit code 2: it is no URL, or names no database.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let shown = shown(text);
        let unusable = |why: &str| Failure::usage(format!("{shown}: {why}"));
        let urls = one_url_a_host(text).iter().map(|url| Url::parse(url)).collect::<Result<Vec<_>, _>>();
        // The parser's own message is one of a few fixed words.
        let urls = urls.map_err(|error| unusable(&error.to_string()))?;
        if urls.len() > 1 && urls.iter().any(|url| url.host_str().unwrap_or_default().is_empty()) {
            return Err(unusable(tr!("names a host without a name between two commas")));
        }
        let database = decoded(urls[0].path().trim_start_matches('/'));
        if database.is_empty() || database.contains('/') {
            return Err(unusable(tr!(
                "names no database; expected scheme://user:password@host:port/database"
            )));
        }
        Ok(Self { urls, shown, database })
    }

    /// What is the same for all hosts.
    pub(super) fn url(&self) -> &Url {
        &self.urls[0]
    }

    /// The value of a parameter that is not empty.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let mut pairs = self.url().query_pairs();
        pairs
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
            .filter(|value| !value.is_empty())
    }

    /// The names of all hosts.
    pub(super) fn hosts(&self) -> Vec<String> {
        self.urls.iter().map(host).collect()
    }

    /// Whether the server's certificate is to be checked.
    pub(super) fn strict(&self) -> bool {
        self.parameter("sslaccept").as_deref() == Some("strict")
    }
}

/// The name of a URL's host, or its address without brackets.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or("localhost");
    decoded(host.trim_start_matches('[').trim_end_matches(']'))
}

/// A part of a URL as it is meant.
pub(super) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The parts of a URL: what stands before the hosts, the hosts, and what follows them. A comma in a password is none
/// between hosts.
fn around_hosts(text: &str) -> Option<(&str, &str, &str)> {
    let authority = text.find("://")? + "://".len();
    let end = text[authority..].find(['/', '?', '#']).map_or(text.len(), |at| authority + at);
    let hosts = text[authority..end].rfind('@').map_or(authority, |at| authority + at + 1);
    Some((&text[..hosts], &text[hosts..end], &text[end..]))
}

/// The URL with each of its hosts alone; a URL of one host as it is.
fn one_url_a_host(text: &str) -> Vec<String> {
    match around_hosts(text) {
        Some((before, hosts, behind)) => {
            hosts.split(',').map(|host| format!("{before}{host}{behind}")).collect()
        }
        None => vec![text.to_owned()],
    }
}

/// The URL of another database of the same server, whose name has this ending; and that name.
///
/// # Errors
/// Exit code 2: it is no URL, or names no database.
pub(crate) fn beside(url: &str, ending: &str) -> anyhow::Result<(String, String)> {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let beside = format!("{}{ending}{}", &url[..end], &url[end..]);
    let name = ServerUrl::parse(&beside)?.database;
    Ok((beside, name))
}

/// A URL as it may be shown: without its password (L29). A file has none.
pub(crate) fn shown(url: &str) -> String {
    if url.starts_with("file:") {
        return url.split('?').next().unwrap_or_default().to_owned();
    }
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    let bare = rest.split('?').next().unwrap_or_default();
    // A password may hold any character, so everything up to the last @ is taken for it.
    let Some(at) = rest.rfind('@') else {
        return format!("{scheme}{}", without_port(bare));
    };
    let tail = rest[at..].split('?').next().unwrap_or_default();
    match rest[..at].split_once(':') {
        Some((user, _)) => format!("{scheme}{user}:***{tail}"),
        None if rest[..at].contains('?') => format!("{scheme}{bare}"),
        None => format!("{scheme}{}{tail}", &rest[..at]),
    }
}

/// Where the host was forgotten, a password stands in the place of the port.
fn without_port(bare: &str) -> String {
    let is_number = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let hosts = bare.split('/').next().unwrap_or_default();
    let mut ports = hosts.split(',').filter_map(|host| host.split_once(':'));
    match bare.split_once(':') {
        Some((host, _)) if !ports.all(|(_, port)| is_number(port)) => format!("{host}:***"),
        _ => bare.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_that_a_url_names_is_one_with_all_else() {
        let server = ServerUrl::parse("mysql://shop:p,w%40@a:3306,b:3307,[::1]/app?socket=").unwrap();
        let urls: Vec<&str> = server.urls.iter().map(Url::as_str).collect();
        assert_eq!(
            urls,
            [
                "mysql://shop:p,w%40@a:3306/app?socket=",
                "mysql://shop:p,w%40@b:3307/app?socket=",
                "mysql://shop:p,w%40@[::1]/app?socket="
            ]
        );
        assert_eq!(server.hosts(), ["a", "b", "::1"]);
        assert_eq!(server.shown, "mysql://shop:***@a:3306,b:3307,[::1]/app");
        assert_eq!(shown("postgresql://a:5432,b:5433/app"), "postgresql://a:5432,b:5433/app");
        assert_eq!(shown("file:dev.db?connection_limit=1"), "file:dev.db");
    }

    #[test]
    fn a_list_of_hosts_with_a_hole_or_a_port_that_is_none_is_refused() {
        for url in
            ["mysql://a,,b/app", "mysql://a,/app", "mysql://a:1,b:x/app", "mysql://a,b", "mysql://a,b/"]
        {
            assert!(ServerUrl::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_database_beside_another_is_one_of_the_same_hosts() {
        let (url, name) = beside("postgresql://u:p@a:1,b:2/app%20one?schema=toko", "_copy").unwrap();
        assert_eq!(url, "postgresql://u:p@a:1,b:2/app%20one_copy?schema=toko");
        assert_eq!(name, "app one_copy");
    }

    #[test]
    fn l29_a_comma_in_a_password_shows_none_of_it() {
        for url in ["postgresql://shop:s3,cret", "mysql://shop:s3,cret:1/app", "mysql://shop:s3,cret@h,i/app"]
        {
            assert!(!shown(url).contains("s3") && !shown(url).contains("cret"), "{}", shown(url));
        }
    }
}
