//! Database URLs in Prisma's form, and how a person may see them.

use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

use crate::failure::Failure;
use crate::language::tr;
use crate::store::engines::server_url::{ServerUrl, decoded, host, shown};
use crate::store::schema::dialect::Dialect;

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DatabaseTarget {
    /// An SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL server.
    Postgres(PostgresTarget),
    /// A MySQL or MariaDB server.
    Mysql(MysqlTarget),
}

/// How a PostgreSQL database is reached.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PostgresTarget {
    /// The URL without its password.
    pub shown: String,
    /// The driver's own parameters by libpq's names; they hold the password. Several hosts, and their ports, have commas
    /// between them, as there.
    pub parameters: Vec<(&'static str, String)>,
    /// The schema that the app's tables are in.
    pub schema: String,
    /// Whether a pooler hands each transaction to whichever session is free.
    pub pooled: bool,
}

/// How a MySQL or MariaDB database is reached.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct MysqlTarget {
    /// The URL without its password.
    pub shown: String,
    /// The URL in the driver's own form, once for each host that is named; it holds the password.
    pub urls: Vec<Url>,
    /// Seconds that a connection may take to come about; none is for ever.
    pub connect_timeout: u64,
    /// The file of the authorities that the server's certificate is checked against.
    pub roots: Option<String>,
}

/// Passwords do not reach a log (L29).
impl fmt::Debug for PostgresTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// Passwords do not reach a log (L29).
impl fmt::Debug for MysqlTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl PostgresTarget {
    /// The parameters in libpq's own form, without the password: for a command line, which others on the
    /// machine can read (L29).
    pub(crate) fn conninfo_without_password(&self) -> String {
        let quoted = |value: &str| value.replace('\\', "\\\\").replace('\'', "\\'");
        let taken = self.parameters.iter().filter(|(name, _)| *name != "password");
        let pairs = taken.map(|(name, value)| format!("{name}='{}'", quoted(value)));
        pairs.collect::<Vec<_>>().join(" ")
    }

    /// A parameter; empty where it has no value.
    fn parameter(&self, name: &str) -> &str {
        let found = self.parameters.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// Each host with its port. One port is that of all hosts.
    fn places(&self) -> Vec<String> {
        let ports: Vec<&str> = self.parameter("port").split(',').collect();
        let hosts = self.parameter("host").split(',').enumerate();
        hosts.map(|(at, host)| format!("{host}:{}", ports[at % ports.len()])).collect()
    }

    /// The password.
    pub(crate) fn password(&self) -> Option<&str> {
        let password = self.parameters.iter().find(|(name, _)| *name == "password");
        password.map(|(_, value)| value.as_str())
    }
}

impl MysqlTarget {
    /// The name of the database.
    pub(crate) fn database(&self) -> String {
        decoded(self.urls[0].path().trim_start_matches('/'))
    }
}

impl DatabaseTarget {
    /// The dialect of the database.
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            DatabaseTarget::Sqlite(_) => Dialect::Sqlite,
            DatabaseTarget::Postgres(_) => Dialect::Postgres,
            DatabaseTarget::Mysql(_) => Dialect::Mysql,
        }
    }

    /// Which database it is, in words: engine, server or absolute path, database and schema.
    pub(crate) fn describe(&self) -> String {
        match self {
            DatabaseTarget::Sqlite(path) => tr!("SQLite file {}", absolute_with_origin(path)),
            DatabaseTarget::Postgres(server) => {
                let (places, database) = (server.places().join(", "), server.parameter("dbname"));
                tr!("PostgreSQL server {places}, database {database}, schema {}", server.schema)
            }
            DatabaseTarget::Mysql(server) => {
                let place = |url: &Url| format!("{}:{}", host(url), url.port().unwrap_or(3306));
                let places = server.urls.iter().map(place).collect::<Vec<_>>().join(", ");
                tr!("MySQL server {places}, database {}", server.database())
            }
        }
    }

    /// Whether the database is on this machine, as far as the names of all its hosts tell.
    pub(crate) fn is_local(&self) -> bool {
        let local = |host: &str| matches!(host, "localhost" | "127.0.0.1" | "::1") || host.starts_with('/');
        match self {
            DatabaseTarget::Sqlite(_) => true,
            DatabaseTarget::Postgres(server) => server.parameter("host").split(',').all(local),
            DatabaseTarget::Mysql(server) => server.urls.iter().all(|url| local(&host(url))),
        }
    }

    /// Reads a URL in Prisma's form: `file:./dev.db`, `postgresql://…`, `mysql://…`. Parameters that
    /// are Prisma's own (`connection_limit`, `pool_timeout`, …) are understood or left out; none of
    /// them reaches a driver.
    ///
    /// # Errors
    /// Exit code 2 for something that is no URL of a database.
    pub(crate) fn parse(url: &str) -> anyhow::Result<Self> {
        match Dialect::of_url(url) {
            Some(Dialect::Sqlite) => sqlite_path(&url["file:".len()..]),
            Some(Dialect::Postgres) => Ok(DatabaseTarget::Postgres(postgres(&ServerUrl::parse(url)?)?)),
            Some(Dialect::Mysql) => Ok(DatabaseTarget::Mysql(mysql(&ServerUrl::parse(url)?)?)),
            None => Err(Failure::usage(tr!(
                "{}: not a database URL; expected file:./name.db, postgresql://… or mysql://…",
                shown(url)
            ))),
        }
    }
}

/// Whether a URL names an SQLite file that does not exist yet.
///
/// # Errors
/// Exit code 2 for something that is no URL of a database.
pub(crate) fn is_missing_file(url: &str) -> anyhow::Result<bool> {
    Ok(matches!(DatabaseTarget::parse(url)?, DatabaseTarget::Sqlite(path) if !path.exists()))
}

/// A URL as an argument of a command that is shown: with its whole path, and without a password (L29).
pub(crate) fn for_command(url: &str) -> String {
    match DatabaseTarget::parse(url) {
        Ok(DatabaseTarget::Sqlite(path)) => in_quotes(&format!("file:{}", absolute(&path).display())),
        _ if shown(url) == url => in_quotes(url),
        _ => "\"$DATABASE_URL\"".to_owned(),
    }
}

/// A text as one word of a shell, whatever stands in it.
fn in_quotes(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A path as it is from the root. A relative one is followed by what it is relative to, since Prisma would
/// take it from the folder of schema.prisma.
pub(crate) fn absolute_with_origin(path: &Path) -> String {
    let absolute = absolute(path);
    if path.is_absolute() {
        return absolute.display().to_string();
    }
    let folder = std::env::current_dir().unwrap_or_default();
    tr!("{} ({} is relative to the folder {})", absolute.display(), path.display(), folder.display())
}

/// A path from the root, without `.` in between.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn sqlite_path(rest: &str) -> anyhow::Result<DatabaseTarget> {
    let path = rest.split('?').next().unwrap_or_default();
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path == ":memory:" {
        return Err(Failure::usage(tr!("file: URL without a path; expected file:./name.db")));
    }
    Ok(DatabaseTarget::Sqlite(PathBuf::from(path)))
}

/// Seconds that a connection may take to come about.
const CONNECT_TIMEOUT: u64 = 10;

/// Parameters of libpq's that mean here what they mean there; `pg_dump` is told them, too.
const OF_LIBPQ: [&str; 8] = [
    "application_name",
    "channel_binding",
    "gssencmode",
    "keepalives",
    "keepalives_idle",
    "options",
    "sslkey",
    "target_session_attrs",
];

fn postgres(server: &ServerUrl) -> anyhow::Result<PostgresTarget> {
    let url = server.url();
    let ports = server.urls.iter().map(|url| url.port().unwrap_or(5432).to_string());
    let mut parameters = vec![
        ("host", server.parameter("host").unwrap_or_else(|| server.hosts().join(","))),
        ("port", server.parameter("port").unwrap_or_else(|| ports.collect::<Vec<_>>().join(","))),
        ("dbname", server.database.clone()),
        (
            "connect_timeout",
            server.parameter("connect_timeout").unwrap_or_else(|| CONNECT_TIMEOUT.to_string()),
        ),
        ("client_encoding", "UTF8".to_owned()),
    ];
    if !url.username().is_empty() {
        parameters.push(("user", decoded(url.username())));
    }
    parameters.extend(url.password().map(|password| ("password", decoded(password))));
    if server.parameter("application_name").is_none() {
        parameters.push(("application_name", env!("CARGO_PKG_NAME").to_owned()));
    }
    for name in OF_LIBPQ {
        parameters.extend(server.parameter(name).map(|value| (name, value)));
    }
    let has_several_hosts = parameters[0].1.contains(',');
    if has_several_hosts && server.parameter("target_session_attrs").is_none() {
        parameters.push(("target_session_attrs", "read-write".to_owned()));
    }
    parameters.extend(postgres_tls(server)?);
    Ok(PostgresTarget {
        shown: server.shown.clone(),
        parameters,
        schema: server.parameter("schema").unwrap_or_else(|| "public".to_owned()),
        pooled: server.parameter("pgbouncer").as_deref() == Some("true"),
    })
}

/// Prisma's three modes, and libpq's own that check the certificate.
fn postgres_tls(server: &ServerUrl) -> anyhow::Result<Vec<(&'static str, String)>> {
    if server.parameter("sslidentity").is_some() {
        return Err(Failure::usage(tr!(
            "{}: sslidentity is not supported; use sslcert and sslkey in PEM form",
            server.shown
        )));
    }
    let asked = server.parameter("sslmode").unwrap_or_else(|| "prefer".to_owned());
    let mode = match asked.as_str() {
        "prefer" | "require" if server.strict() => "verify-full",
        "disable" | "prefer" | "require" | "verify-ca" | "verify-full" => asked.as_str(),
        other => {
            return Err(Failure::usage(tr!("{}: sslmode {other:?} is unknown", server.shown)));
        }
    };
    let mut parameters = vec![("sslmode", mode.to_owned())];
    let roots = server.parameter("sslrootcert").filter(|roots| roots != "system");
    let roots =
        roots.or_else(|| server.parameter("sslcert").filter(|_| server.parameter("sslkey").is_none()));
    if mode.starts_with("verify") {
        parameters.extend(roots.or_else(system_roots).map(|roots| ("sslrootcert", roots)));
    }
    if server.parameter("sslkey").is_some() {
        parameters.extend(server.parameter("sslcert").map(|certificate| ("sslcert", certificate)));
    }
    Ok(parameters)
}

/// The machine's own certificates.
pub(crate) fn system_roots() -> Option<String> {
    const PLACES: [&str; 3] =
        ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];
    let given = std::env::var("SSL_CERT_FILE").ok();
    given.or_else(|| PLACES.iter().find(|place| Path::new(place).exists()).map(|place| (*place).to_owned()))
}

fn mysql(server: &ServerUrl) -> anyhow::Result<MysqlTarget> {
    let mut parameters: Vec<(&str, String)> = vec![("prefer_socket", "false".to_owned())];
    parameters.extend(server.parameter("socket").map(|socket| ("socket", socket)));
    let (required, checked) = match server.parameter("sslmode").as_deref() {
        Some("verify-full") => (true, true),
        Some("require") => (true, server.strict()),
        Some("prefer" | "disable") => (false, false),
        None => (server.parameter("sslaccept").is_some(), server.strict()),
        Some(other) => {
            return Err(Failure::usage(tr!("{}: sslmode {other:?} is unknown", server.shown)));
        }
    };
    if server.parameter("sslcert").is_some() || server.parameter("sslidentity").is_some() {
        return Err(Failure::usage(tr!(
            "{}: sslcert and sslidentity are not supported for MySQL; name the certificate in SSL_CERT_FILE",
            server.shown
        )));
    }
    if required {
        parameters.push(("require_ssl", "true".to_owned()));
        parameters.push(("verify_ca", checked.to_string()));
        parameters.push(("verify_identity", checked.to_string()));
    }
    let of_driver = |mut url: Url| {
        url.query_pairs_mut().clear().extend_pairs(&parameters);
        url.set_fragment(None);
        url
    };
    let urls = server.urls.iter().cloned().map(of_driver).collect();
    let seconds = server.parameter("connect_timeout").and_then(|seconds| seconds.parse().ok());
    let roots = if checked { system_roots() } else { None };
    Ok(MysqlTarget {
        shown: server.shown.clone(),
        urls,
        connect_timeout: seconds.unwrap_or(CONNECT_TIMEOUT),
        roots,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn postgres_of(url: &str) -> PostgresTarget {
        match DatabaseTarget::parse(url).unwrap() {
            DatabaseTarget::Postgres(target) => target,
            other => panic!("{other:?}"),
        }
    }

    fn mysql_of(url: &str) -> String {
        match DatabaseTarget::parse(url).unwrap() {
            DatabaseTarget::Mysql(target) => target.urls[0].to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn prismas_parameters_do_not_reach_the_path() {
        let target = DatabaseTarget::parse("file:./dev.db?connection_limit=1").unwrap();
        assert_eq!(target, DatabaseTarget::Sqlite(PathBuf::from("./dev.db")));
    }

    #[test]
    fn an_absolute_path_is_kept() {
        assert_eq!(
            DatabaseTarget::parse("file:/srv/app/dev.db").unwrap(),
            DatabaseTarget::Sqlite(PathBuf::from("/srv/app/dev.db"))
        );
    }

    #[test]
    fn prismas_parameters_are_understood_and_kept_from_the_driver() {
        let target = postgres_of(
            "postgresql://shop:p%40s%27s@db.example.org:6543/app?schema=toko&connection_limit=5&pgbouncer=true\
             &socket_timeout=3&pool_timeout=2&sslmode=require&statement_cache_size=0",
        );
        assert_eq!((target.schema.as_str(), target.pooled), ("toko", true));
        assert_eq!(target.password(), Some("p@s's"));
        assert_eq!(
            target.conninfo_without_password(),
            "host='db.example.org' port='6543' dbname='app' connect_timeout='10' client_encoding='UTF8' \
             user='shop' application_name='sejoli-migrate' sslmode='require'"
        );
    }

    #[test]
    fn a_certificate_is_checked_where_that_is_asked_for() {
        let target = postgres_of("postgres://a@h/d?sslmode=require&sslaccept=strict&sslcert=/ca.pem");
        assert!(
            target.conninfo_without_password().ends_with("sslmode='verify-full' sslrootcert='/ca.pem'"),
            "{}",
            target.conninfo_without_password()
        );
        assert!(mysql_of("mysql://a@h/d?sslaccept=strict").contains("require_ssl=true&verify_ca=true"));
        assert!(mysql_of("mysql://a@h/d?sslaccept=accept_invalid_certs").contains("verify_ca=false"));
        assert!(DatabaseTarget::parse("mysql://a@h/d?sslcert=/ca.pem").is_err());
        assert!(DatabaseTarget::parse("postgres://a@h/d?sslmode=perhaps").is_err());
    }

    #[test]
    fn prismas_parameters_are_kept_from_the_mysql_driver() {
        let url =
            mysql_of("mysql://shop:p%40ss@db:3307/app?connection_limit=5&pool_timeout=2&socket_timeout=9");
        assert_eq!(url, "mysql://shop:p%40ss@db:3307/app?prefer_socket=false");
    }

    #[test]
    fn several_hosts_are_those_of_one_database_that_has_to_be_writable() {
        let url = "postgresql://shop:s3cret@a,b:5433,[::1]/app";
        let target = postgres_of(url);
        assert_eq!(
            target.conninfo_without_password(),
            "host='a,b,::1' port='5432,5433,5432' dbname='app' connect_timeout='10' client_encoding='UTF8' \
             user='shop' application_name='sejoli-migrate' target_session_attrs='read-write' sslmode='prefer'"
        );
        let any = postgres_of(&format!("{url}?target_session_attrs=any"));
        assert!(any.conninfo_without_password().contains("target_session_attrs='any'"));
        assert!(!postgres_of("postgresql://a/app").conninfo_without_password().contains("target_session"));
        let described = |url| DatabaseTarget::parse(url).unwrap().describe();
        assert!(described(url).contains("a:5432, b:5433, ::1:5432,"), "{}", described(url));
        assert!(described("mysql://u:s3cret@a,b:3307/app").contains("a:3306, b:3307,"));
        let is_local = |url| DatabaseTarget::parse(url).unwrap().is_local();
        assert!(
            is_local("mysql://127.0.0.1:1,localhost/app") && is_local("postgresql://[::1],127.0.0.1/app")
        );
        assert!(!is_local("mysql://127.0.0.1,db/app") && !is_local("postgresql://localhost,db/app"));
        assert!(!format!("{target:?}").contains("s3cret"));
    }

    #[test]
    fn a_url_without_a_database_is_refused() {
        for url in ["postgresql://h", "mysql://h/", "postgresql://h/a/b", "oracle://h/d", "shop.db"] {
            let error = DatabaseTarget::parse(url).unwrap_err();
            let failure = error.downcast_ref::<Failure>().expect("a failure");
            assert_eq!(failure.code, crate::failure::ExitCode::Usage, "{url}");
        }
    }

    #[test]
    fn l29_a_password_is_never_shown() {
        for url in [
            "postgresql://shop:s3cret@/",
            "postgresql://shop:s3c@ret/x:y@db:port/app?password=s3c",
            "mysql://u:s3c#ret@h",
        ] {
            let error = DatabaseTarget::parse(url).unwrap_err();
            assert!(!error.to_string().contains("s3c") && !error.to_string().contains("ret"), "{error}");
        }
        assert!(!shown("mysql://u:p%40ss@h:3306/d").contains("p%40ss"));
        assert_eq!(shown("postgresql://h/d?password=s3cret"), "postgresql://h/d");
        assert_eq!(shown("postgresql://h/d?password=s3@cret"), "postgresql://h/d");
        assert_eq!(shown("postgresql://shop:s3cret"), "postgresql://shop:***");
        assert_eq!(shown("shop:s3cret@h/d"), "shop:***@h/d");
        assert_eq!(shown("mysql://h:3306/d"), "mysql://h:3306/d");
        let target = DatabaseTarget::parse("postgresql://shop:s3cret@db/app").unwrap();
        assert!(!format!("{target:?}").contains("s3cret"));
    }
}
