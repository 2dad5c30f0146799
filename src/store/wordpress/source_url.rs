//! The URL of a site's database.

use url::Url;

use crate::failure::Failure;
use crate::language::tr;
use crate::store::engines::target::{DatabaseTarget, MysqlTarget};

/// The URL of the database that is read.
#[derive(Clone, Debug)]
pub(crate) struct SourceUrl {
    #[cfg_attr(not(feature = "mysql"), allow(dead_code, reason = "only a build with MySQL connects"))]
    pub(super) target: MysqlTarget,
}

impl SourceUrl {
    /// Whether an input is a URL and no path.
    pub(crate) fn is_url(input: &str) -> bool {
        input.contains("://")
    }

    /// Reads a URL.
    ///
    /// # Errors
    /// Exit code 2: it is no URL of MySQL or MariaDB, where alone WordPress lives.
    pub(crate) fn parse(url: &str) -> anyhow::Result<Self> {
        match DatabaseTarget::parse(url)? {
            DatabaseTarget::Mysql(target) => Ok(Self { target }),
            _ => Err(Failure::usage(tr!(
                "WordPress lives in MySQL or MariaDB: give a URL such as mysql://reader@host/wordpress"
            ))),
        }
    }

    /// The URL without its password.
    pub(crate) fn shown(&self) -> &str {
        &self.target.shown
    }

    /// Whether another URL leads to the same database, as far as the URLs tell.
    pub(crate) fn is_same_database(&self, other: &str) -> bool {
        let Ok(DatabaseTarget::Mysql(other)) = DatabaseTarget::parse(other) else { return false };
        let place = |url: &Url| {
            let host = url.host_str().unwrap_or("localhost").trim_matches(['[', ']']).to_lowercase();
            let host =
                if matches!(host.as_str(), "localhost" | "::1") { "127.0.0.1".to_owned() } else { host };
            (host, url.port().unwrap_or(3306), url.path().trim_matches('/').to_owned())
        };
        let own: Vec<_> = self.target.urls.iter().map(place).collect();
        other.urls.iter().any(|url| own.contains(&place(url)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_database_is_known_by_host_port_and_name() {
        let source = SourceUrl::parse("mysql://reader:secret@localhost/shop?sslmode=require").expect("a URL");
        assert!(source.is_same_database("mysql://app@127.0.0.1:3306/shop"));
        assert!(source.is_same_database("mysql://app@db,127.0.0.1,db2/shop"));
        for other in ["mysql://app@127.0.0.1:3307/shop", "mysql://app@127.0.0.1/app", "file:./app.db"] {
            assert!(!source.is_same_database(other), "{other}");
        }
        assert!(!source.shown().contains("secret"));
        assert!(SourceUrl::parse("postgresql://h/shop").is_err());
    }
}
