//! What a dry run says of each row is what the command then does to it, cell by cell: the file of `--diff` is held against
//! the tables before and after.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::support::exit_code::{DONE, ROWS_LEFT, USAGE};
use crate::support::library::{Cell, Millis};
use crate::support::{
    AS_OF, AppDatabase, Engine, Exports, Sheet, app_plans, fixture, imported, json, on_each_engine,
};

/// The app's tables and the checklist's, which a dry run speaks of.
const TABLES: [&str; 16] = [
    "User",
    "UserRole",
    "AffiliateProfile",
    "Wallet",
    "SejoliAffiliateMapping",
    "SejoliAffiliateTotals",
    "Membership",
    "Transaction",
    "SejoliWebhookLog",
    "AffiliateConversion",
    "WalletTransaction",
    "UserMembership",
    "UserProduct",
    "AffiliateLink",
    "GroupMember",
    "CourseEnrollment",
];

/// Cells by table, id and column; times of writing are those of another run, and JSON is not compared.
type Cells = BTreeMap<(String, String, String), String>;

/// Each changed cell: what it holds before and after, nothing where the row is not there.
type Changes = BTreeMap<(String, String, String), (String, String)>;

fn is_compared(column: &str) -> bool {
    column != "id" && !column.ends_with("At") && !["webhookPayload", "metadata", "features"].contains(&column)
}

fn cells(db: &AppDatabase) -> Cells {
    let mut cells = Cells::new();
    for table in TABLES {
        let columns = db.query(&format!("SELECT name FROM pragma_table_info('{table}')"));
        let columns: Vec<String> = columns.iter().map(|row| crate::support::text(&row[0])).collect();
        let asked = columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ");
        for row in db.query(&format!("SELECT {asked} FROM \"{table}\"")) {
            let named: BTreeMap<&String, &Cell> = columns.iter().zip(&row).collect();
            let id = crate::support::text(named[&"id".to_owned()]);
            for (column, cell) in named.into_iter().filter(|(column, _)| is_compared(column)) {
                let shown = match cell {
                    Cell::Null => continue,
                    Cell::Int(number) => canonical(&number.to_string()),
                    Cell::Real(number) => canonical(&number.to_string()),
                    Cell::Text(text) => canonical(text),
                    Cell::Blob(_) => panic!("{table}.{column} holds bytes"),
                };
                cells.insert((table.to_owned(), id.clone(), column.clone()), shown);
            }
        }
    }
    cells
}

/// A value whatever wrote it: SQLite keeps a truth as a number, and an amount without its last zero.
fn canonical(text: &str) -> String {
    match text {
        "true" => "1.00".to_owned(),
        "false" => "0.00".to_owned(),
        "" => "an empty text".to_owned(),
        text => match Millis::parse_rfc3339(text) {
            Some(time) => canonical(&time.0.to_string()),
            None => text.parse::<f64>().map_or(text.to_owned(), |number| format!("{number:.2}")),
        },
    }
}

fn differences(before: &Cells, after: &Cells) -> Changes {
    let keys = before.keys().chain(after.keys());
    let of = |cells: &Cells, key: &(String, String, String)| cells.get(key).cloned().unwrap_or_default();
    keys.map(|key| (key.clone(), (of(before, key), of(after, key))))
        .filter(|(_, (from, to))| from != to)
        .collect()
}

/// The cells of a file of changes.
fn of_file(path: &Path) -> Changes {
    let text = std::fs::read_to_string(path).expect("the file of changes");
    let mut changes = Changes::new();
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).expect("an object a line");
        let word = |name: &str| row[name].as_str().expect("a text").to_owned();
        for (column, change) in row["columns"].as_object().expect("columns").iter() {
            let value = |name: &str| change[name].as_str().map(canonical).unwrap_or_default();
            if is_compared(column) {
                let place = (word("table"), word("id"), column.clone());
                let known = changes.insert(place.clone(), (value("from"), value("to")));
                assert_eq!(known, None, "{place:?} is told twice");
            }
        }
    }
    changes
}

/// Compares what a dry run has written to a file with what the command itself does.
#[track_caller]
fn assert_foretold(db: &AppDatabase, dry: &[&str], does: &[&str], code: i32) -> Changes {
    let file = db.path("changes.jsonl");
    let name = file.display().to_string();
    let said = db.run(&[dry, &["--show-pii", "--diff", &name]].concat());
    assert_eq!(said.code, code, "{}{}", said.stdout, said.stderr);
    let before = cells(db);
    let done = db.run(does);
    assert_eq!(done.code, code, "{}{}", done.stdout, done.stderr);
    let (foretold, happened) = (of_file(&file), differences(&before, &cells(db)));
    for (place, change) in &happened {
        assert_eq!(
            foretold.get(place),
            Some(change),
            "{place:?} has changed, and the dry run says otherwise"
        );
    }
    for (place, change) in &foretold {
        assert_eq!(happened.get(place), Some(change), "{place:?} was foretold, and nothing came of it");
    }
    happened
}

/// The messy shop with other amounts and statuses.
fn corrected() -> Exports {
    let exports = Exports::new();
    for name in ["orders.csv", "affiliates.csv", "memberships.csv", "products.csv"] {
        std::fs::copy(fixture("messy").join(name), exports.path().join(name)).expect("a copy");
    }
    let path = exports.path().join("orders.csv");
    let mut sheet = Sheet::read(&path);
    for row in 0..sheet.len() {
        if row % 3 == 0 && sheet.get(row, "payment_status") == "PENDING" {
            sheet.set(row, "payment_status", "PAID");
            sheet.set(row, "paid_date", "2025-12-01 10:00:00");
        }
        if row % 7 == 0 && sheet.get(row, "payment_status") == "PAID" {
            sheet.set(row, "payment_status", "REFUNDED");
        }
    }
    sheet.write(&path);
    exports
}

fn a_dry_run_foretells_every_cell_of_an_import_and_of_its_rollback(engine: Engine) {
    let db = AppDatabase::with_access(engine);
    let corrected = corrected();
    let out = db.path("out").display().to_string();
    let import = |files: &Path, more: &[&str]| -> Vec<String> {
        let words = [
            "import",
            "all",
            &files.display().to_string(),
            "--create-memberships",
            "--as-of",
            AS_OF,
            "--out",
            &out,
        ]
        .map(str::to_owned);
        words.into_iter().chain(more.iter().map(|word| (*word).to_owned())).collect()
    };
    for files in [fixture("messy"), corrected.path().to_owned()] {
        let (dry, does) = (import(&files, &["--dry-run"]), import(&files, &[]));
        let dry: Vec<&str> = dry.iter().map(String::as_str).collect();
        let does: Vec<&str> = does.iter().map(String::as_str).collect();
        let happened = assert_foretold(&db, &dry, &does, ROWS_LEFT);
        assert!(happened.len() > 100, "{} cells", happened.len());
    }
    // The app moves a wallet on its own, which stays when the runs are taken back.
    db.sql("UPDATE \"Wallet\" SET \"balance\" = \"balance\" + 500.25");
    let undo: [&[&str]; 2] = [&["rollback", "--last", "--dry-run"], &["rollback", "--last", "--yes"]];
    assert_foretold(&db, undo[0], undo[1], DONE);
}

fn a_grant_foretells_what_it_gives(engine: Engine) {
    let db = AppDatabase::with_access(engine);
    app_plans::insert_plan(&db, "keanggotaan-saudagar-12-bulan");
    app_plans::insert_doors(&db);
    let member: &[(&str, &str)] = &[("expiry_date", "2099-06-01")];
    let exports = Exports::new().orders(&[&[]]).memberships(&[&[member]]);
    imported(&db, "all", exports.path(), &[], DONE);
    let plan = crate::support::texts(&db, "SELECT \"membershipId\" FROM \"UserMembership\"").swap_remove(0);
    db.sql(&format!(
        "INSERT INTO \"MembershipGroup\" (\"id\", \"membershipId\", \"groupId\") VALUES ('link', '{plan}', 'g-all')"
    ));
    let happened = assert_foretold(&db, &["grant", "--dry-run"], &["grant"], DONE);
    assert!(happened.keys().any(|(table, ..)| table == "GroupMember"), "{happened:?}");
}

fn l29_changes_name_nobody_unless_it_is_asked_for(engine: Engine) {
    let db = AppDatabase::new(engine);
    let files = fixture("clean").display().to_string();
    let file = db.path("changes.csv");
    let name = file.display().to_string();
    let dry =
        ["import", "all", &files, "--create-memberships", "--as-of", AS_OF, "--dry-run", "--diff", &name];
    let text = db.run(&dry);
    assert_eq!(text.code, DONE, "{}", text.stderr);
    let written = std::fs::read_to_string(&file).expect("the file of changes");
    let document = db.run(&[&dry[..], &["--format", "json"]].concat());
    let changes = &json(&document)["changes"];
    assert!(changes.as_array().is_some_and(|kinds| kinds.len() > 5), "{changes}");
    let sheet = Sheet::read(&fixture("clean").join("orders.csv"));
    for row in 0..sheet.len() {
        for column in ["buyer_email", "buyer_name"] {
            let whose = sheet.get(row, column);
            for said in [&text.stdout, &written, &document.stdout] {
                assert!(whose.len() < 5 || !said.contains(whose), "{column} of record {row} is shown");
            }
        }
    }
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(&file).expect("the file").permissions().mode();
    assert_eq!(mode & 0o077, 0, "others may read it");
}

#[test]
fn a_file_of_changes_needs_a_dry_run_and_a_form() {
    let db = AppDatabase::new(Engine::Sqlite);
    let files = fixture("clean").display().to_string();
    for wrong in [
        &["import", "all", &files, "--diff", "changes.csv"][..],
        &["import", "all", &files, "--dry-run", "--diff", "changes.txt"],
        &["rollback", "--last", "--yes", "--diff", "changes.csv"],
        &["grant", "--diff", "changes.csv"],
    ] {
        let refused = db.run(wrong);
        assert_eq!(refused.code, USAGE, "{wrong:?}: {}", refused.stderr);
    }
}

on_each_engine!(
    a_dry_run_foretells_every_cell_of_an_import_and_of_its_rollback,
    a_grant_foretells_what_it_gives,
    l29_changes_name_nobody_unless_it_is_asked_for,
);
