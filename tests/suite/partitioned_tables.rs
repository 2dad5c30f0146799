//! PostgreSQL with big tables in partitions, and with tables whose rows are in another database.

use crate::support::exit_code::{DATABASE, DONE};
use crate::support::{AppDatabase, Compared, Engine, assert_same, dump, fixture, workspace};

/// Makes a table anew in partitions by its key. What is unique in it besides the key cannot be any more.
fn partition(db: &AppDatabase, table: &str, partitions: u32) {
    let shape = "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED";
    db.sql(&format!("CREATE TABLE \"whole\" (LIKE \"{table}\" {shape}) PARTITION BY HASH (\"id\")"));
    for part in 0..partitions {
        db.sql(&format!(
            "CREATE TABLE \"{table}_{part}\" PARTITION OF \"whole\" \
             FOR VALUES WITH (MODULUS {partitions}, REMAINDER {part})"
        ));
    }
    db.sql(&format!("DROP TABLE \"{table}\" CASCADE"));
    db.sql(&format!("ALTER TABLE \"whole\" RENAME TO \"{table}\""));
    db.sql(&format!("ALTER TABLE \"{table}\" ADD PRIMARY KEY (\"id\")"));
}

fn references(db: &AppDatabase, table: &str, column: &str, to: &str) {
    db.sql(&format!("ALTER TABLE \"{table}\" ADD FOREIGN KEY (\"{column}\") REFERENCES \"{to}\" (\"id\")"));
}

/// An app whose orders and memberships are in partitions, with the keys between them.
fn partitioned() -> AppDatabase {
    let db = AppDatabase::bare(Engine::Postgres);
    assert_eq!(db.run(&["schema", "apply"]).code, DONE);
    partition(&db, "Transaction", 3);
    partition(&db, "UserMembership", 2);
    references(&db, "Transaction", "userId", "User");
    references(&db, "UserMembership", "userId", "User");
    references(&db, "UserMembership", "membershipId", "Membership");
    references(&db, "UserMembership", "transactionId", "Transaction");
    references(&db, "AffiliateConversion", "transactionId", "Transaction");
    let applied = db.run(&["schema", "apply"]);
    assert_eq!(applied.code, DONE, "{applied:?}");
    db
}

#[test]
fn tables_in_partitions_take_an_import_and_give_it_back_as_whole_ones_do() {
    let (whole, parts) = (AppDatabase::new(Engine::Postgres), partitioned());
    let before = dump(&parts, Compared::Rows);
    for db in [&whole, &parts] {
        let imported = db.import("all", &fixture("clean"), &[]);
        assert_eq!(imported.code, DONE, "{imported:?}");
    }
    assert_same(&dump(&whole, Compared::Content), &dump(&parts, Compared::Content), "in partitions");
    let fixture = fixture("clean").display().to_string();
    let verified = parts.run(&["verify", &fixture]);
    assert_eq!(verified.code, DONE, "{verified:?}");
    let checked = parts.run(&["schema", "check"]);
    assert!(!checked.stdout.contains("Transaction_0"), "a partition is no table: {checked:?}");
    let undone = parts.run(&["rollback", "--last", "--yes"]);
    assert_eq!(undone.code, DONE, "{undone:?}");
    assert_same(&before, &dump(&parts, Compared::Rows), "rolled back");
    let folder = workspace();
    let backup = parts.run(&["backup", "--out", &folder.path().display().to_string()]);
    assert_eq!(backup.code, DONE, "{backup:?}");
}

/// An app with one of its tables in another database, which is the second one.
fn with_table_elsewhere(table: &str) -> (AppDatabase, AppDatabase) {
    let db = AppDatabase::new(Engine::Postgres);
    let url = url::Url::parse(&db.url()).expect("a URL");
    let (host, port) = (url.host_str().expect("a host"), url.port().unwrap_or(5432));
    let there = AppDatabase::new(Engine::Postgres);
    let name = url::Url::parse(&there.url()).expect("a URL").path().trim_start_matches('/').to_owned();
    db.sql("CREATE EXTENSION postgres_fdw");
    db.sql(&format!(
        "CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '{host}', port '{port}', dbname '{name}')"
    ));
    let user = url.username();
    db.sql(&format!("CREATE USER MAPPING FOR CURRENT_USER SERVER elsewhere OPTIONS (user '{user}')"));
    db.sql(&format!("DROP TABLE \"{table}\" CASCADE"));
    db.sql(&format!("IMPORT FOREIGN SCHEMA public LIMIT TO (\"{table}\") FROM SERVER elsewhere INTO public"));
    (db, there)
}

#[test]
fn a_table_whose_rows_are_in_another_database_is_refused_with_the_reason() {
    let (db, _there) = with_table_elsewhere("Transaction");
    let imported = db.import("all", &fixture("clean"), &[]);
    assert_eq!(imported.code, DATABASE, "{imported:?}");
    let said = imported.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("table Transaction: a foreign table: its rows are in another database"), "{said}");
    let checked = db.run(&["schema", "check"]);
    assert!(checked.prose().contains("a foreign table"), "{checked:?}");
}

#[test]
fn a_table_that_an_app_may_lack_is_left_alone_where_its_rows_are_in_another_database() {
    let (db, there) = with_table_elsewhere("UserProduct");
    let checked = db.run(&["schema", "check"]);
    assert!(checked.prose().contains("a foreign table"), "{checked:?}");
    let imported = db.import("all", &fixture("clean"), &[]);
    assert_eq!(imported.code, DONE, "{imported:?}");
    assert_eq!(there.number("SELECT count(*) FROM \"UserProduct\""), 0, "nothing is written elsewhere");
    let verified = db.run(&["verify", &fixture("clean").display().to_string()]);
    assert_eq!(verified.code, DONE, "{verified:?}");
    let undone = db.run(&["rollback", "--last", "--yes"]);
    assert_eq!(undone.code, DONE, "{undone:?}");
}
