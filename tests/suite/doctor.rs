//! `doctor`: what it looks at, what it says, and that it only looks.

use serde_json::Value;

use crate::support::exit_code::{DATABASE, DONE};
use crate::support::{AppDatabase, Compared, Engine, assert_same, dump, fixture, on_each_engine, tool};

fn doctor(db: &AppDatabase, more: &[&str]) -> (i32, Value) {
    let outcome = db.run(&[&["--format", "json", "doctor"], more].concat());
    let document = serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{outcome:?}"));
    (outcome.code, document)
}

/// The verdict of one check.
#[track_caller]
fn verdict<'a>(document: &'a Value, name: &str) -> &'a str {
    let checks = document["checks"].as_array().expect("checks");
    let check = checks.iter().find(|check| check["name"] == name);
    check.and_then(|check| check["verdict"].as_str()).unwrap_or_else(|| panic!("no {name}: {document:#}"))
}

fn a_ready_database_is_looked_at_from_every_side_and_not_changed(engine: Engine) {
    let db = AppDatabase::new(engine);
    let before = dump(&db, Compared::Everything);
    let files = fixture("clean").display().to_string();
    let (code, document) = doctor(&db, &[&files]);
    assert_eq!((code, &document["schema_version"]), (DONE, &Value::from(1)), "{document:#}");
    for name in ["reachable", "version", "engine", "latency", "schema", "backup", "disk", "memory", "cores"] {
        verdict(&document, name);
    }
    assert_eq!((verdict(&document, "reachable"), verdict(&document, "schema")), ("ok", "ok"));
    assert_eq!(verdict(&document, "backup"), "warning", "none is recorded");
    let server = if engine == Engine::Sqlite { "warning" } else { "ok" };
    assert_eq!(verdict(&document, "engine"), server, "SQLite is not for production");
    let own: &[&str] = match engine {
        Engine::Sqlite => &["journal_mode", "synchronous", "file"],
        #[cfg(feature = "postgres")]
        Engine::Postgres => {
            &["clock", "primary", "server_encoding", "fsync", "synchronous_commit", "TimeZone"]
        }
        #[cfg(feature = "mysql")]
        Engine::Mysql => &["clock", "sql_mode", "max_allowed_packet", "transaction_isolation", "time_zone"],
    };
    own.iter().for_each(|name| {
        verdict(&document, name);
    });
    let records = ["affiliates.csv", "orders.csv", "memberships.csv"].map(|name| {
        std::fs::read_to_string(fixture("clean").join(name)).expect("a file").lines().count() - 1
    });
    assert_eq!(document["needs"]["records"], records.iter().sum::<usize>());
    assert!(document["needs"]["disk"].as_u64() > Some(0) && document["needs"]["seconds"].as_u64() > Some(0));
    assert_same(&before, &dump(&db, Compared::Everything), "after the doctor");
}

fn what_stops_an_import_is_said_by_the_exit_code(engine: Engine) {
    let db = AppDatabase::new(engine);
    db.sql("DROP TABLE \"SejoliImportReject\"");
    let (code, document) = doctor(&db, &[]);
    assert_eq!((code, verdict(&document, "schema")), (DATABASE, "stop"), "{document:#}");
    assert_eq!((&document["verdict"], &document["needs"]), (&Value::from("stop"), &Value::Null));
    db.sql("DROP TABLE \"WalletTransaction\"");
    let outcome = db.run(&["doctor"]);
    assert_eq!(outcome.code, DATABASE, "{outcome:?}");
    assert!(outcome.stdout.contains("incompatible"), "{}", outcome.stdout);
    assert!(outcome.stdout.ends_with("An import cannot begin.\n"), "{}", outcome.stdout);
}

fn a_fresh_backup_is_seen(engine: Engine) {
    let db = AppDatabase::new(engine);
    let out = db.path("out").display().to_string();
    assert_eq!(db.run(&["backup", "--out", &out]).code, DONE);
    assert_eq!(verdict(&doctor(&db, &[]).1, "backup"), "ok");
}

#[test]
fn a_database_that_is_not_there_is_one_check_that_stops() {
    let urls: &[&str] = &[
        "file:./no/such/shop.db",
        #[cfg(feature = "postgres")]
        "postgresql://toko:s3cret@127.0.0.1:9/app",
        #[cfg(feature = "mysql")]
        "mysql://toko:s3cret@127.0.0.1:9/app",
    ];
    for url in urls {
        let outcome = tool(&["--database-url", url, "--format", "json", "doctor"]);
        assert_eq!(outcome.code, DATABASE, "{outcome:?}");
        let document: Value = serde_json::from_str(&outcome.stdout).expect("a document");
        assert_eq!(verdict(&document, "reachable"), "stop");
        verdict(&document, "memory");
        assert!(!outcome.stdout.contains("s3cret"), "{}", outcome.stdout);
    }
}

/// A table that cannot take a transaction back is worse than none.
#[cfg(feature = "mysql")]
#[test]
fn a_table_without_transactions_stops() {
    let db = AppDatabase::new(Engine::Mysql);
    db.sql("ALTER TABLE \"SejoliSourceRecord\" ENGINE = MyISAM");
    let (code, document) = doctor(&db, &[]);
    assert_eq!((code, verdict(&document, "tables")), (DATABASE, "stop"), "{document:#}");
}

on_each_engine!(
    a_ready_database_is_looked_at_from_every_side_and_not_changed,
    what_stops_an_import_is_said_by_the_exit_code,
    a_fresh_backup_is_seen,
);
