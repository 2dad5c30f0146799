//! Database URLs in Prisma's form, and how a person may see them.

use std::path::PathBuf;

use crate::exit_code::Failure;

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An SQLite file.
    Sqlite(PathBuf),
}

impl Target {
    /// Reads a URL in Prisma's form: `file:./dev.db`, with parameters that are Prisma's own
    /// (`?connection_limit=1`) left out.
    ///
    /// # Errors
    /// Exit code 7 for an engine that this build does not serve, 2 for something that is no URL.
    pub fn parse(url: &str) -> anyhow::Result<Self> {
        let scheme = url.split_once(':').map(|(scheme, _)| scheme);
        match scheme {
            Some("file") => sqlite_path(&url["file:".len()..]),
            Some("postgresql" | "postgres" | "mysql") => {
                Err(Failure::database(format!("{}: this version writes to SQLite only (file:…)", shown(url))))
            }
            _ => Err(Failure::usage(format!("{}: not a database URL; expected file:./name.db", shown(url)))),
        }
    }
}

fn sqlite_path(rest: &str) -> anyhow::Result<Target> {
    let path = rest.split('?').next().unwrap_or_default();
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path == ":memory:" {
        return Err(Failure::usage("file: URL without a path; expected file:./name.db"));
    }
    Ok(Target::Sqlite(PathBuf::from(path)))
}

/// A URL as it may be shown: without its password (L29).
pub fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let Some(at) = rest[..authority_end].rfind('@') else {
        return url.to_owned();
    };
    let user = rest[..at].split(':').next().unwrap_or_default();
    let tail = &rest[at..];
    let tail = tail.split('?').next().unwrap_or_default();
    format!("{scheme}://{user}:***{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prismas_parameters_do_not_reach_the_path() {
        let target = Target::parse("file:./dev.db?connection_limit=1").unwrap();
        assert_eq!(target, Target::Sqlite(PathBuf::from("./dev.db")));
    }

    #[test]
    fn an_absolute_path_is_kept() {
        assert_eq!(
            Target::parse("file:/srv/app/dev.db").unwrap(),
            Target::Sqlite(PathBuf::from("/srv/app/dev.db"))
        );
    }

    #[test]
    fn l29_a_password_is_never_shown() {
        let error = Target::parse("postgresql://shop:s3cret@db/app?password=s3cret").unwrap_err();
        assert!(!error.to_string().contains("s3cret"), "{error}");
        assert!(!shown("mysql://u:p%40ss@h:3306/d").contains("p%40ss"));
    }
}
