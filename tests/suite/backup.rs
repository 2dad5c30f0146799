//! `backup`: what it writes is the database, whole, and puts it back.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use sejoli_migrate::store::engines::mode::Mode;
use serde_json::Value;

use crate::import::{Compared, assert_same, count, dump, imported};
use crate::support::{Engine, Outcome, Shop, fixture, on_each_engine, tool};

const DONE: i32 = 0;
#[cfg(feature = "postgres")]
const USAGE: i32 = 2;
const REFUSED: i32 = 5;
const INPUT: i32 = 6;

/// A small shop, imported.
fn shop_with_rows(engine: Engine) -> Shop {
    let shop = Shop::new(engine);
    imported(&shop, "all", &fixture("clean"), &[], DONE);
    shop
}

fn back_up(shop: &Shop) -> (PathBuf, Value) {
    let out = shop.path("out").display().to_string();
    let outcome = shop.run(&["--format", "json", "backup", "--out", &out]);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    let document: Value = serde_json::from_str(&outcome.stdout).expect("a document");
    (PathBuf::from(document["file"].as_str().expect("a file")), document)
}

fn restore(shop: &Shop, file: &std::path::Path) -> Outcome {
    shop.run(&["backup", "restore", &file.display().to_string()])
}

fn a_restored_backup_equals_the_database(engine: Engine) {
    let shop = shop_with_rows(engine);
    shop.sql("UPDATE \"User\" SET \"name\" = 'Ömer \\\" '' 😀' WHERE \"role\" = 'MEMBER_FREE'");
    let rows = dump(&shop, Compared::Everything);
    let schema = shop.store(Mode::Read).catalogue().expect("a catalogue");
    let (file, document) = back_up(&shop);
    assert_eq!(document["recorded"], true, "{document}");
    shop.sql("DELETE FROM \"WalletTransaction\"");
    shop.sql("UPDATE \"User\" SET \"name\" = 'Orang Lain'");
    shop.sql("DROP TABLE \"SejoliImportReject\"");
    let printed = restore(&shop, &file);
    assert_eq!(printed.code, DONE, "{printed:?}");
    let done = Command::new("sh").args(["-c", &printed.stdout]).output().expect("a shell");
    assert!(done.status.success(), "{}\n{}", printed.stdout, String::from_utf8_lossy(&done.stderr));
    assert_same(&rows, &dump(&shop, Compared::Everything), "after the restore");
    assert_eq!(shop.store(Mode::Read).catalogue().expect("a catalogue"), schema);
    let verified = shop.run(&["verify", &fixture("clean").display().to_string()]);
    assert!(!verified.stdout.contains("Orang Lain"), "{}", verified.stdout);
}

fn a_backup_is_for_its_maker_alone_and_recorded(engine: Engine) {
    let shop = Shop::new(engine);
    let (file, document) = back_up(&shop);
    let mode = |path: &std::path::Path| std::fs::metadata(path).expect("it is there").permissions().mode();
    assert_eq!(mode(&file) & 0o777, 0o600);
    assert_eq!(mode(file.parent().expect("a folder")) & 0o777, 0o700);
    assert_eq!(
        std::fs::read_dir(shop.path("out")).expect("a folder").count(),
        1,
        "nothing half done is left"
    );
    let row = &shop.query("SELECT \"file\", \"digest\", \"program\" FROM \"SejoliBackup\"")[0];
    let texts: Vec<_> = row.iter().filter_map(|cell| cell.clone().into_text()).collect();
    assert_eq!(
        texts,
        [&document["file"], &document["digest"], &document["program"]].map(|v| v.as_str().unwrap())
    );
}

fn an_import_warns_until_there_is_a_fresh_backup(engine: Engine) {
    let shop = Shop::new(engine);
    let said = shop.import("affiliates", &fixture("clean"), &[]).stderr;
    assert!(said.contains("no backup of this database is recorded"), "{said}");
    back_up(&shop);
    let said = shop.import("orders", &fixture("clean"), &[]).stderr;
    assert!(!said.contains("backup"), "{said}");
    let long_ago = match engine {
        Engine::Sqlite => "1700000000000",
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        _ => "'2023-11-14 22:13:20.000'",
    };
    shop.sql(&format!("UPDATE \"SejoliBackup\" SET \"createdAt\" = {long_ago}"));
    let said = shop.import("memberships", &fixture("clean"), &[]).stderr;
    assert!(said.contains("more than a day old"), "{said}");
    let said = shop.import("memberships", &fixture("clean"), &["--dry-run"]).stderr;
    assert!(!said.contains("backup"), "a dry run writes nothing: {said}");
}

/// The first backup of all is made before the tool has touched anything.
fn a_backup_before_schema_apply_is_made_and_not_recorded(engine: Engine) {
    let shop = Shop::bare(engine);
    shop.store(Mode::Create)
        .run_script("CREATE TABLE \"User\" (\"id\" VARCHAR(20) NOT NULL PRIMARY KEY)")
        .unwrap();
    let (_, document) = back_up(&shop);
    assert_eq!((&document["recorded"], &document["tables"]), (&Value::from(false), &Value::from(1)));
}

fn a_folder_that_cannot_be_made_is_refused_and_nothing_is_recorded(engine: Engine) {
    let shop = Shop::new(engine);
    std::fs::write(shop.path("out"), "a file").expect("a file");
    let outcome = shop.run(&["backup", "--out", &shop.path("out").display().to_string()]);
    assert_eq!(outcome.code, REFUSED, "{outcome:?}");
    assert_eq!(count(&shop, "SejoliBackup", "1"), 0);
}

#[test]
fn what_is_no_backup_of_this_engine_is_refused() {
    let shop = shop_with_rows(Engine::Sqlite);
    let (file, _) = back_up(&shop);
    let outcome = restore(&shop, &fixture("clean").join("orders.csv"));
    assert_eq!(outcome.code, INPUT, "{outcome:?}");
    let outcome = restore(&shop, &shop.path("nothing.db"));
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
    let shop = Shop::new(Engine::Postgres);
    let (url, out) = (shop.url(), shop.path("out").display().to_string());
    let pooled = format!("{url}pgbouncer=true");
    let outcome = tool(&["--database-url", &pooled, "backup", "--out", &out]);
    assert_eq!(outcome.code, USAGE, "{outcome:?}");
    assert!(outcome.stderr.contains("--direct-url"), "{}", outcome.stderr);
    let outcome = tool(&["--database-url", &pooled, "backup", "--out", &out, "--direct-url", &url]);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    assert_eq!(count(&shop, "SejoliBackup", "1"), 1);
}

on_each_engine!(
    a_restored_backup_equals_the_database,
    a_backup_is_for_its_maker_alone_and_recorded,
    an_import_warns_until_there_is_a_fresh_backup,
    a_backup_before_schema_apply_is_made_and_not_recorded,
    a_folder_that_cannot_be_made_is_refused_and_nothing_is_recorded,
);
