//! Redirects of the affiliates' old links. Sejoli's are `/aff/<WordPress id>/<product id>`, on a path that the app has for
//! other ids; a web server can send them on by the affiliate's code.

use serde::Serialize;

use crate::domain::referral;
use crate::store::queries;
use crate::store::queries::operator::AffiliateCodes;
use crate::store::session::store::Store;

/// One affiliate's redirect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Redirect {
    /// The beginning of the old paths, such as `/aff/17`.
    pub(crate) from: String,
    /// The new address.
    pub(crate) to: String,
}

/// All redirects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Redirects {
    /// In the order of the old paths' numbers.
    pub(crate) redirects: Vec<Redirect>,
    /// Codes of verified affiliates that are no numbers, so that their old links are not known.
    pub(crate) without_number: Vec<String>,
}

/// The configuration that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum WebServer {
    /// Rules for a `server` block.
    Nginx,
    /// Rules for mod_rewrite.
    Apache,
    /// `vercel.json`
    Vercel,
    /// Old and new, with a header.
    Csv,
}

/// Gathers the redirects to a site, whose checkout is at `path`.
///
/// # Errors
/// The database's errors.
pub(crate) fn gather(store: &mut Store, site: &str, path: &str) -> anyhow::Result<Redirects> {
    Ok(redirects(queries::operator::affiliate_codes(store)?, site, path))
}

fn redirects(codes: Vec<AffiliateCodes>, site: &str, path: &str) -> Redirects {
    let mut all = Redirects::default();
    let mut numbered: Vec<(u64, Redirect)> = Vec::new();
    for AffiliateCodes { sejoli, app } in codes {
        let is_number = !sejoli.is_empty() && sejoli.bytes().all(|byte| byte.is_ascii_digit());
        let Some(number) = sejoli.parse().ok().filter(|_| is_number) else {
            all.without_number.push(sejoli);
            continue;
        };
        let to = referral::address(site, path, &app);
        numbered.push((number, Redirect { from: format!("/aff/{sejoli}"), to }));
    }
    numbered.sort_by_key(|(number, _)| *number);
    all.redirects = numbered.into_iter().map(|(_, redirect)| redirect).collect();
    all
}

impl Redirects {
    /// The text of a server's configuration.
    ///
    /// # Errors
    /// Those of serialising it.
    pub(crate) fn configuration(&self, server: WebServer) -> anyhow::Result<String> {
        let lines = |line: &dyn Fn(&Redirect) -> String| self.redirects.iter().map(line).collect::<String>();
        Ok(match server {
            // The question mark at the end keeps nginx from adding the old query.
            WebServer::Nginx => {
                lines(&|redirect| format!("rewrite ^{}(/.*)?$ {}? permanent;\n", redirect.from, redirect.to))
            }
            // A percent sign begins a back-reference there.
            WebServer::Apache => {
                let rules = lines(&|redirect| {
                    let (from, to) = (redirect.from.trim_start_matches('/'), redirect.to.replace('%', "\\%"));
                    format!("RewriteRule ^{from}(/.*)?$ {to} [R=301,L,NE]\n")
                });
                format!("RewriteEngine On\n{rules}")
            }
            WebServer::Vercel => {
                let rule = |redirect: &Redirect| {
                    serde_json::json!({
                        "source": format!("{}/:path*", redirect.from),
                        "destination": redirect.to,
                        "permanent": true,
                    })
                };
                let rules: Vec<_> = self.redirects.iter().map(rule).collect();
                format!("{}\n", serde_json::to_string_pretty(&serde_json::json!({ "redirects": rules }))?)
            }
            WebServer::Csv => {
                let mut writer = csv::Writer::from_writer(Vec::new());
                writer.write_record(["old_path", "new_address"])?;
                for redirect in &self.redirects {
                    writer.write_record([&redirect.from, &redirect.to])?;
                }
                String::from_utf8(writer.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?)?
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Redirects {
        let codes = [("20", "SJ-20"), ("3", "RINA & CO"), ("MITRA", "MITRA")];
        let codes = codes.map(|(sejoli, app)| AffiliateCodes { sejoli: sejoli.into(), app: app.into() });
        redirects(codes.into(), "https://app.example.org", "/checkout")
    }

    #[test]
    fn each_server_gets_its_own_words() {
        let written = |server| some().configuration(server).expect("a configuration");
        assert_eq!(
            written(WebServer::Nginx),
            "rewrite ^/aff/3(/.*)?$ https://app.example.org/checkout?ref=RINA%20%26%20CO? permanent;\n\
             rewrite ^/aff/20(/.*)?$ https://app.example.org/checkout?ref=SJ-20? permanent;\n"
        );
        assert_eq!(
            written(WebServer::Apache).lines().nth(1),
            Some(
                "RewriteRule ^aff/3(/.*)?$ https://app.example.org/checkout?ref=RINA\\%20\\%26\\%20CO [R=301,L,NE]"
            )
        );
        let vercel: serde_json::Value = serde_json::from_str(&written(WebServer::Vercel)).expect("JSON");
        assert_eq!(vercel["redirects"][1]["source"], "/aff/20/:path*");
        assert_eq!(
            written(WebServer::Csv).lines().nth(2),
            Some("/aff/20,https://app.example.org/checkout?ref=SJ-20")
        );
    }

    #[test]
    fn a_code_that_is_no_number_has_no_old_link() {
        assert_eq!(some().without_number, ["MITRA"]);
    }
}
