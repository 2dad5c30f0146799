//! A database that is reached by several hosts: the first one that answers, and may be written to, is taken.

use std::net::TcpListener;

use crate::support::exit_code::{DATABASE, DONE, USAGE};
use crate::support::{AppDatabase, Engine, fixture, free_port, on_each_server, tool};

/// The URL of a database by way of other hosts first.
fn by_way_of(db: &AppDatabase, before: &[u16], parameters: &str) -> String {
    let url = db.url();
    let (base, _) = url.split_once('?').unwrap_or((&url, ""));
    let (user, rest) = base.rsplit_once('@').expect("a user");
    let hosts: String = before.iter().map(|port| format!("127.0.0.1:{port},")).collect();
    format!("{user}@{hosts}{rest}?{parameters}")
}

/// A host that takes a connection in, as a server does that is stopped, and says nothing as long as it is kept.
fn silent_host() -> (TcpListener, u16) {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("an address").port();
    (silent, port)
}

fn a_dead_host_and_a_silent_one_are_passed_over(engine: Engine) {
    let db = AppDatabase::new(engine);
    let (_silent, port) = silent_host();
    let url = by_way_of(&db, &[free_port(), port], "connect_timeout=1");
    let run = |args: &[&str]| tool(&[&["--database-url", url.as_str()], args].concat());
    let (path, out) = (fixture("clean").display().to_string(), db.path("out").display().to_string());
    let imported = run(&["import", "all", &path, "--create-memberships", "--out", &out]);
    assert_eq!(imported.code, DONE, "{imported:?}");
    let verified = run(&["verify", &path]);
    assert_eq!(verified.code, DONE, "{verified:?}");
    assert_eq!(db.number("SELECT count(*) FROM \"Transaction\""), 200);
    let undone = run(&["rollback", "--last", "--yes"]);
    assert_eq!(undone.code, DONE, "{undone:?}");
}

/// The server's own program makes the backup, and takes several hosts as the tool does.
fn a_backup_passes_over_a_dead_host_and_a_silent_one(engine: Engine) {
    let db = AppDatabase::new(engine);
    let (_silent, port) = silent_host();
    let url = by_way_of(&db, &[free_port(), port], "connect_timeout=1");
    let out = db.path("backup").display().to_string();
    let backup = tool(&["--database-url", &url, "backup", "--out", &out]);
    assert_eq!(backup.code, DONE, "{backup:?}");
}

fn l29_of_hosts_that_all_fail_each_says_why_and_none_the_password(engine: Engine) {
    let scheme = if engine.is_postgres() { "postgresql" } else { "mysql" };
    let [first, second] = [free_port(), free_port()];
    let url = format!("{scheme}://shop:s3,cret@127.0.0.1:{first},127.0.0.1:{second}/app");
    let failed = tool(&["--database-url", &url, "status"]);
    assert_eq!(failed.code, DATABASE, "{failed:?}");
    let said = failed.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [&format!("127.0.0.1:{first}: "), &format!("; 127.0.0.1:{second}: "), "shop:***@127.0.0.1"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(said.matches("refused").count(), 2, "{said}");
    assert!(!said.contains("s3") && !said.contains("cret"), "{said}");
    let malformed = tool(&["--database-url", &url.replace(",127.0.0.1:", ",,127.0.0.1:"), "status"]);
    assert_eq!(malformed.code, USAGE, "{malformed:?}");
    assert!(!malformed.stderr.contains("cret"), "{malformed:?}");
}

on_each_server!(
    a_backup_passes_over_a_dead_host_and_a_silent_one,
    a_dead_host_and_a_silent_one_are_passed_over,
    l29_of_hosts_that_all_fail_each_says_why_and_none_the_password,
);
