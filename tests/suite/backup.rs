//! `backup`: what it writes is the database, whole, and puts it back.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::support::exit_code::{DONE, INPUT, REFUSED, USAGE};
use crate::support::library::DatabaseUse;
use crate::support::{
    AppDatabase, Compared, Engine, Outcome, assert_same, count, dump, fixture, imported, on_each_engine, tool,
};

/// A small shop, imported.
fn shop_with_rows(engine: Engine) -> AppDatabase {
    let db = AppDatabase::new(engine);
    imported(&db, "all", &fixture("clean"), &[], DONE);
    db
}

fn back_up(db: &AppDatabase) -> (PathBuf, Value) {
    let out = db.path("out").display().to_string();
    let outcome = db.run(&["--format", "json", "backup", "--out", &out]);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    let document: Value = serde_json::from_str(&outcome.stdout).expect("a document");
    (PathBuf::from(document["file"].as_str().expect("a file")), document)
}

fn restore(db: &AppDatabase, file: &std::path::Path) -> Outcome {
    db.run(&["backup", "restore", &file.display().to_string()])
}

fn a_restored_backup_equals_the_database(engine: Engine) {
    let db = shop_with_rows(engine);
    db.sql("UPDATE \"User\" SET \"name\" = 'Ömer \\\" '' 😀' WHERE \"role\" = 'MEMBER_FREE'");
    let rows = dump(&db, Compared::Everything);
    let schema = db.store(DatabaseUse::Read).catalogue().expect("a catalogue");
    let (file, document) = back_up(&db);
    assert_eq!(document["recorded"], true, "{document}");
    db.sql("DELETE FROM \"WalletTransaction\"");
    db.sql("UPDATE \"User\" SET \"name\" = 'Orang Lain'");
    db.sql("DROP TABLE \"SejoliImportReject\"");
    let printed = restore(&db, &file);
    assert_eq!(printed.code, DONE, "{printed:?}");
    let done = Command::new("sh").args(["-c", &printed.stdout]).output().expect("a shell");
    assert!(done.status.success(), "{}\n{}", printed.stdout, String::from_utf8_lossy(&done.stderr));
    assert_same(&rows, &dump(&db, Compared::Everything), "after the restore");
    assert_eq!(db.store(DatabaseUse::Read).catalogue().expect("a catalogue"), schema);
    let verified = db.run(&["verify", &fixture("clean").display().to_string()]);
    assert!(!verified.stdout.contains("Orang Lain"), "{}", verified.stdout);
}

fn a_backup_is_for_its_maker_alone_and_recorded(engine: Engine) {
    let db = AppDatabase::new(engine);
    let (file, document) = back_up(&db);
    let mode = |path: &std::path::Path| std::fs::metadata(path).expect("it is there").permissions().mode();
    assert_eq!(mode(&file) & 0o777, 0o600);
    assert_eq!(mode(file.parent().expect("a folder")) & 0o777, 0o700);
    assert_eq!(std::fs::read_dir(db.path("out")).expect("a folder").count(), 1, "nothing half done is left");
    let row = &db.query("SELECT \"file\", \"digest\", \"program\" FROM \"SejoliBackup\"")[0];
    let texts: Vec<_> = row.iter().filter_map(|cell| cell.clone().into_text()).collect();
    assert_eq!(
        texts,
        [&document["file"], &document["digest"], &document["program"]].map(|v| v.as_str().unwrap())
    );
}

fn an_import_warns_until_there_is_a_fresh_backup(engine: Engine) {
    let db = AppDatabase::new(engine);
    let said = db.import("affiliates", &fixture("clean"), &[]).stderr;
    assert!(said.contains("no backup of this database is recorded"), "{said}");
    back_up(&db);
    let said = db.import("orders", &fixture("clean"), &[]).stderr;
    assert!(said.contains("\nbackup: of ") && !said.contains("warning"), "{said}");
    let long_ago = match engine {
        Engine::Sqlite => "1700000000000",
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        _ => "'2023-11-14 22:13:20.000'",
    };
    db.sql(&format!("UPDATE \"SejoliBackup\" SET \"createdAt\" = {long_ago}"));
    let said = db.import("memberships", &fixture("clean"), &[]).stderr;
    assert!(said.contains("more than a day old"), "{said}");
    let said = db.import("memberships", &fixture("clean"), &["--dry-run"]).stderr;
    assert!(!said.contains("backup"), "a dry run writes nothing: {said}");
}

/// The first backup of all is made before the tool has touched anything.
fn a_backup_before_schema_apply_is_made_and_not_recorded(engine: Engine) {
    let db = AppDatabase::bare(engine);
    db.store(DatabaseUse::Create)
        .run_script("CREATE TABLE \"User\" (\"id\" VARCHAR(20) NOT NULL PRIMARY KEY)")
        .unwrap();
    let (_, document) = back_up(&db);
    assert_eq!((&document["recorded"], &document["tables"]), (&Value::from(false), &Value::from(1)));
}

fn a_folder_that_cannot_be_made_is_refused_and_nothing_is_recorded(engine: Engine) {
    let db = AppDatabase::new(engine);
    std::fs::write(db.path("out"), "a file").expect("a file");
    let outcome = db.run(&["backup", "--out", &db.path("out").display().to_string()]);
    assert_eq!(outcome.code, REFUSED, "{outcome:?}");
    assert_eq!(count(&db, "SejoliBackup", "1"), 0);
}

#[test]
fn what_is_no_backup_of_this_engine_is_refused() {
    let db = shop_with_rows(Engine::Sqlite);
    let (file, _) = back_up(&db);
    let outcome = restore(&db, &fixture("clean").join("orders.csv"));
    assert_eq!(outcome.code, INPUT, "{outcome:?}");
    let outcome = restore(&db, &db.path("nothing.db"));
    assert_eq!(outcome.code, INPUT, "{outcome:?}");
    let file = file.display().to_string();
    let outcome = tool(&["--database-url", "mysql://root@127.0.0.1/app", "backup", "restore", &file]);
    assert_eq!(outcome.code, INPUT, "{outcome:?}");
    assert!(outcome.stderr.contains("a backup of SQLite, and the database is MySQL"), "{}", outcome.stderr);
}

/// A dump program sets its session; behind a pooler that session is the app's next one.
#[cfg(feature = "postgres")]
#[test]
fn a_backup_through_a_pooler_asks_for_the_server_itself() {
    let db = AppDatabase::new(Engine::Postgres);
    let (url, out) = (db.url(), db.path("out").display().to_string());
    let pooled = format!("{url}pgbouncer=true");
    let outcome = tool(&["--database-url", &pooled, "backup", "--out", &out]);
    assert_eq!(outcome.code, USAGE, "{outcome:?}");
    assert!(outcome.stderr.contains("--direct-url"), "{}", outcome.stderr);
    let outcome = tool(&["--database-url", &pooled, "backup", "--out", &out, "--direct-url", &url]);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    assert_eq!(count(&db, "SejoliBackup", "1"), 1);
}

on_each_engine!(
    a_restored_backup_equals_the_database,
    a_backup_is_for_its_maker_alone_and_recorded,
    an_import_warns_until_there_is_a_fresh_backup,
    a_backup_before_schema_apply_is_made_and_not_recorded,
    a_folder_that_cannot_be_made_is_refused_and_nothing_is_recorded,
);
