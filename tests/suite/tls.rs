//! TLS to a server of the test's own, whose certificate is signed by an authority of the test's own:
//! what is asked for is had, or there is no connection at all.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::exit_code::DATABASE;
use crate::support::library::{Cell, DatabaseUse, Store};
use crate::support::server::{Server, as_user, give, program, run};
use crate::support::{Outcome, free_port, script, workspace};

/// No schema yet: the connection stands.
const CONNECTED: &str = "empty";

/// An authority, a certificate of its for `localhost`, and another authority.
struct Certificates(PathBuf);

impl Certificates {
    fn make(folder: &Path) -> Self {
        let made = Self(folder.to_owned());
        for authority in ["right", "wrong"] {
            made.openssl(&format!(
                "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={authority} -keyout {authority}.key -out {authority}.pem"
            ));
        }
        std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost\n").expect("names");
        made.openssl("req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr");
        made.openssl(
            "x509 -req -in server.csr -CA right.pem -CAkey right.key -CAcreateserial -days 2 -extfile names -out server.pem",
        );
        made
    }

    fn openssl(&self, words: &str) {
        let words = words.split(' ');
        run(Command::new(program("openssl", "openssl")).current_dir(&self.0).args(words));
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

/// `schema check`, with a folder of certificates that the machine trusts.
fn check(url: &str, trusted: Option<&str>) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sejoli-migrate"));
    command
        .args(["--database-url", url, "schema", "check"])
        .stdin(Stdio::null())
        .env_remove("DATABASE_URL")
        .env_remove("RUST_LOG");
    if let Some(trusted) = trusted {
        command.env("SSL_CERT_FILE", trusted);
    }
    let output = command.output().expect("the binary runs");
    output.into()
}

#[track_caller]
fn connects(url: &str, trusted: Option<&str>) {
    let outcome = check(url, trusted);
    assert!(outcome.stdout.contains(CONNECTED), "{url}: {outcome:?}");
}

/// One line that says why, and no password.
#[track_caller]
fn does_not(url: &str, trusted: Option<&str>) {
    let outcome = check(url, trusted);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (DATABASE, ""), "{url}: {outcome:?}");
    assert_eq!(outcome.stderr.lines().count(), 1, "{url}: {outcome:?}");
    assert!(!outcome.stderr.contains("s3cret"), "{url}: {outcome:?}");
}

/// A server that takes no connection in plain text over the network: with a password from `toko`, with a
/// certificate from `kunci`, from others with nothing.
fn postgres(folder: &Path, certificate: &str) -> (Server, u16) {
    let data = folder.join("data");
    let (initdb, server) = (program("initdb", "postgresql"), program("postgres", "postgresql"));
    give("postgres", folder);
    let new = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"];
    run(as_user("postgres", &initdb).arg("-D").arg(&data).args(new));
    let rules = "hostssl all toko 127.0.0.1/32 scram-sha-256\nhostssl all kunci 127.0.0.1/32 cert\n\
                 hostssl all all 127.0.0.1/32 trust\nlocal all all trust\n";
    std::fs::write(data.join("pg_hba.conf"), rules).expect("rules");
    let port = free_port();
    let mut command = as_user("postgres", &server);
    command.arg("-D").arg(&data).args(["-p", &port.to_string()]);
    for (name, value) in [
        ("listen_addresses", "127.0.0.1".to_owned()),
        ("unix_socket_directories", folder.display().to_string()),
        ("ssl", "on".to_owned()),
        ("ssl_cert_file", folder.join(format!("{certificate}.pem")).display().to_string()),
        ("ssl_key_file", folder.join(format!("{certificate}.key")).display().to_string()),
        ("ssl_ca_file", folder.join("right.pem").display().to_string()),
    ] {
        command.args(["-c", &format!("{name}={value}")]);
    }
    let url = format!("postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=require");
    let answers = || Store::open(&url, DatabaseUse::Read).is_ok();
    (Server::start(&mut command, &folder.join("log"), answers), port)
}

#[test]
fn postgresql_is_talked_to_as_the_url_asks_or_not_at_all() {
    let folder = workspace();
    let certificates = Certificates::make(folder.path());
    let (_server, port) = postgres(folder.path(), "server");
    let (right, wrong) = (certificates.path("right.pem"), certificates.path("wrong.pem"));
    let url = |host: &str, parameters: &str| {
        format!("postgresql://postgres:s3cret@{host}:{port}/postgres?{parameters}")
    };
    does_not(&url("localhost", "sslmode=disable"), None);
    for parameters in
        ["", "sslmode=prefer", "sslmode=require", "sslmode=require&sslaccept=accept_invalid_certs"]
    {
        connects(&url("localhost", parameters), None);
    }
    for strict in ["sslmode=verify-full", "sslmode=require&sslaccept=strict"] {
        connects(&url("localhost", &format!("{strict}&sslcert={right}")), None);
        connects(&url("localhost", strict), Some(&right));
        does_not(&url("localhost", &format!("{strict}&sslcert={wrong}")), None);
        does_not(&url("localhost", strict), None);
        does_not(&url("127.0.0.1", &format!("{strict}&sslcert={right}")), None);
    }
    connects(&url("127.0.0.1", &format!("sslmode=verify-ca&sslcert={right}")), None);
    does_not(&url("127.0.0.1", &format!("sslmode=verify-ca&sslcert={wrong}")), None);
    let mut store =
        Store::open(&url("localhost", "sslmode=require"), DatabaseUse::Read).expect("a connection");
    let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert_eq!(store.query(sql, &[]).expect("an answer")[0][0], Cell::Int(1));
}

/// Its own authority, without a list of names: OpenSSL makes such a certificate when it is told nothing more.
#[test]
fn postgresqls_own_certificate_is_trusted_where_it_is_named() {
    let folder = workspace();
    let certificates = Certificates::make(folder.path());
    certificates.openssl(
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout own.key -out own.pem",
    );
    let (_server, port) = postgres(folder.path(), "own");
    let (own, right) = (certificates.path("own.pem"), certificates.path("right.pem"));
    let url =
        |host: &str, parameters: &str| format!("postgresql://postgres@{host}:{port}/postgres?{parameters}");
    connects(&url("localhost", "sslmode=require"), None);
    connects(&url("localhost", &format!("sslmode=verify-full&sslcert={own}")), None);
    connects(&url("localhost", "sslmode=verify-full"), Some(&own));
    connects(&url("127.0.0.1", &format!("sslmode=verify-ca&sslcert={own}")), None);
    does_not(&url("127.0.0.1", &format!("sslmode=verify-full&sslcert={own}")), None);
    does_not(&url("localhost", &format!("sslmode=verify-full&sslcert={right}")), None);
}

#[test]
fn who_is_there_is_shown_by_a_password_a_certificate_or_a_socket() {
    let folder = workspace();
    let certificates = Certificates::make(folder.path());
    certificates.openssl("req -newkey rsa:2048 -nodes -subj /CN=kunci -keyout kunci.key -out kunci.csr");
    certificates.openssl(
        "x509 -req -in kunci.csr -CA right.pem -CAkey right.key -CAcreateserial -days 2 -out kunci.pem",
    );
    let (_server, port) = postgres(folder.path(), "server");
    let socket = folder.path().display();
    let by_socket = format!("postgresql://postgres@localhost:{port}/postgres?host={socket}&sslmode=require");
    connects(&by_socket, None);
    let mut store = Store::open(&by_socket, DatabaseUse::Write).expect("a connection");
    store.run_script("CREATE ROLE toko LOGIN PASSWORD 's3cret'; CREATE ROLE kunci LOGIN").expect("users");

    let url =
        |who: &str, parameters: &str| format!("postgresql://{who}@localhost:{port}/postgres?{parameters}");
    for bound in ["", "channel_binding=require", "channel_binding=disable", "channel_binding=prefer"] {
        connects(&url("toko:s3cret", bound), None);
    }
    for refused in [url("toko:s3cret2", ""), url("toko", ""), url("postgres", "channel_binding=require")] {
        does_not(&refused, None);
    }
    let (certificate, key) = (certificates.path("kunci.pem"), certificates.path("kunci.key"));
    connects(&url("kunci", &format!("sslcert={certificate}&sslkey={key}")), None);
    does_not(&url("kunci", ""), None);
    for (wanted, is_so) in
        [("read-write", true), ("primary", true), ("standby", false), ("prefer-standby", true)]
    {
        let url = url("postgres", &format!("target_session_attrs={wanted}"));
        if is_so { connects(&url, None) } else { does_not(&url, None) }
    }
}

/// The same of MariaDB; without certificates it talks in plain text alone.
fn mariadb(folder: &Path, data: &str, encrypted: bool) -> (Server, u16) {
    give("mysql", folder);
    let (data, port) = (folder.join(data).display().to_string(), free_port());
    run(&mut script(&["init", "mysql", &data]));
    let mut command = script(&["serve", "mysql", &data, &port.to_string()]);
    if encrypted {
        command.arg("--require-secure-transport=ON");
        for (name, file) in [("ssl-ca", "right.pem"), ("ssl-cert", "server.pem"), ("ssl-key", "server.key")] {
            command.arg(format!("--{name}={}", folder.join(file).display()));
        }
    } else {
        command.arg("--skip-ssl");
    }
    let parameters = if encrypted { "?sslmode=require" } else { "" };
    let url = format!("mysql://root@127.0.0.1:{port}/mysql{parameters}");
    let log = folder.join(if encrypted { "log" } else { "plain-log" });
    let started = Server::start(&mut command, &log, || Store::open(&url, DatabaseUse::Read).is_ok());
    let mut store = Store::open(&url, DatabaseUse::Write).expect("a connection");
    store.run_script("CREATE DATABASE toko").expect("a database");
    (started, port)
}

#[test]
fn mariadb_is_talked_to_as_the_url_asks_or_not_at_all() {
    let folder = workspace();
    let certificates = Certificates::make(folder.path());
    let (_server, port) = mariadb(folder.path(), "data", true);
    let (right, wrong) = (certificates.path("right.pem"), certificates.path("wrong.pem"));
    let url = |host: &str, parameters: &str| format!("mysql://root@{host}:{port}/toko?{parameters}");
    does_not(&url("localhost", "sslmode=disable"), None);
    for parameters in ["sslmode=require", "sslaccept=accept_invalid_certs"] {
        connects(&url("localhost", parameters), None);
    }
    for strict in ["sslmode=verify-full", "sslaccept=strict", "sslmode=require&sslaccept=strict"] {
        connects(&url("localhost", strict), Some(&right));
        does_not(&url("localhost", strict), Some(&wrong));
        does_not(&url("localhost", strict), None);
        does_not(&url("127.0.0.1", strict), Some(&right));
    }
    let mut store =
        Store::open(&url("localhost", "sslmode=require"), DatabaseUse::Read).expect("a connection");
    let cipher = store.query("SHOW STATUS LIKE 'Ssl_cipher'", &[]).expect("an answer")[0][1].clone();
    assert_ne!(cipher.into_text().unwrap_or_default(), "");
    let (_plain, port) = mariadb(folder.path(), "plain", false);
    let url = |parameters: &str| format!("mysql://root@127.0.0.1:{port}/toko?{parameters}");
    connects(&url(""), None);
    does_not(&url("sslmode=require"), None);
}
