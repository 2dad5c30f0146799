//! `schema`, through the binary: what it finds, adds, refuses and takes away.

use std::path::PathBuf;

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::Text;
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection};
use serde_json::Value;

use crate::support::{tool, workspace};

/// The app's database as Prisma makes it.
const APP: &str = include_str!("../../migrations/sqlite/20251201000000_app/up.sql");
/// The checklist's tables and columns, as the team may have added them with Prisma.
const CHECKLIST: &str = include_str!("../../migrations/sqlite/20251201000100_checklist/up.sql");
const DONE: i32 = 0;
const REFUSED: i32 = 5;
const DATABASE: i32 = 7;

/// A database file in a folder of its own.
struct Shop {
    _folder: tempfile::TempDir,
    file: PathBuf,
}

impl Shop {
    /// No file yet.
    fn none() -> Self {
        let folder = workspace();
        let file = folder.path().join("shop.db");
        Self { _folder: folder, file }
    }

    /// A database made by `sql`.
    fn with(sql: &str) -> Self {
        let shop = Self::none();
        shop.run(sql);
        shop
    }

    fn connection(&self) -> SqliteConnection {
        SqliteConnection::establish(&self.file.to_string_lossy()).expect("the database opens")
    }

    fn run(&self, sql: &str) {
        self.connection().batch_execute(sql).expect("the statement runs");
    }

    /// Everything that `sqlite_master` says, sorted.
    fn schema(&self) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Line {
            #[diesel(sql_type = Text)]
            line: String,
        }
        let sql = "SELECT type || '|' || name || '|' || tbl_name || '|' || coalesce(sql, '') AS line \
                   FROM sqlite_master ORDER BY 1";
        let lines: Vec<Line> =
            diesel::sql_query(sql).load(&mut self.connection()).expect("the schema is read");
        lines.into_iter().map(|line| line.line).collect()
    }

    /// Runs `schema …` and returns its code, its document and its talk.
    fn schema_command(&self, arguments: &[&str]) -> (i32, Value, String) {
        let url = format!("file:{}", self.file.display());
        let mut all = vec!["--database-url", &url, "--format", "json", "schema"];
        all.extend(arguments);
        let run = tool(&all);
        let document = serde_json::from_str(&run.stdout).unwrap_or(Value::Null);
        (run.code, document, run.stderr)
    }

    /// Applies the schema and expects that to work; returns the number of objects made.
    fn apply(&self) -> usize {
        let (code, document, stderr) = self.schema_command(&["apply"]);
        assert_eq!(code, DONE, "{stderr}");
        document["created"].as_array().map_or(0, Vec::len)
    }

    /// Expects a verdict, with exit code 0 only for `ready`; returns the document.
    fn expect(&self, verdict: &str) -> Value {
        let (code, document, stderr) = self.schema_command(&["check"]);
        assert_eq!(document["verdict"], verdict, "{document:#} {stderr}");
        assert_eq!(code, if verdict == "ready" { DONE } else { DATABASE }, "{stderr}");
        assert_eq!(document["schema_version"], 1);
        document
    }

    /// Expects that nothing is added, for the reason that `word` stands in.
    fn expect_apply_refused(&self, word: &str) {
        let before = self.schema();
        let (code, document, stderr) = self.schema_command(&["apply"]);
        assert_eq!((code, document), (DATABASE, Value::Null), "{stderr}");
        assert!(stderr.contains(word), "{stderr}");
        assert_eq!(self.schema(), before);
    }

    /// Records a run of the tool.
    fn add_run(&self, state: &str) {
        self.run(&format!(
            "INSERT INTO \"SejoliImportRun\" VALUES ('r', 'import all', '{state}', 'c', '{{}}', '{{}}', '0', 1, NULL, 1)"
        ));
    }
}

/// The state of one object in a check's document.
fn state_of<'a>(document: &'a Value, table: &str, name: &str) -> Vec<&'a str> {
    let findings = document["findings"].as_array().expect("findings");
    let about = findings.iter().filter(|finding| finding["table"] == table && finding["name"] == name);
    about.filter_map(|finding| finding["state"].as_str()).collect()
}

#[test]
fn a_missing_file_is_said_to_be_missing_and_not_made() {
    let shop = Shop::none();
    let (code, _, stderr) = shop.schema_command(&["check"]);
    assert_eq!(code, DATABASE);
    assert!(stderr.contains("schema apply"), "{stderr}");
    assert!(!shop.file.exists());
}

#[test]
fn an_empty_database_gets_the_apps_tables_too() {
    let shop = Shop::with("");
    std::fs::write(&shop.file, "").unwrap();
    shop.expect("empty");
    shop.apply();
    let document = shop.expect("ready");
    assert_eq!(state_of(&document, "User", "User"), ["present"]);
}

#[test]
fn a_file_is_made_where_there_is_none() {
    let shop = Shop::none();
    shop.apply();
    shop.expect("ready");
}

#[test]
fn a_folder_that_is_not_there_is_not_made() {
    let run = tool(&["--database-url", "file:./no/such/folder/shop.db", "schema", "apply"]);
    assert_eq!(run.code, DATABASE, "{}", run.stderr);
}

#[test]
fn the_apps_database_gets_what_is_missing() {
    let shop = Shop::with(APP);
    let document = shop.expect("needs_apply");
    assert_eq!(state_of(&document, "SejoliWebhookLog", "SejoliWebhookLog"), ["missing"]);
    assert_eq!(state_of(&document, "User", "importSource"), ["missing"]);
    shop.apply();
    shop.expect("ready");
    let (_, status, _) = shop.schema_command(&["status"]);
    let states: Vec<_> =
        status["migrations"].as_array().unwrap().iter().map(|one| one["state"].as_str()).collect();
    assert_eq!(states, [Some("not_needed"), Some("applied"), Some("applied"), Some("applied")]);
}

#[test]
fn a_check_writes_nothing() {
    let shop = Shop::with(APP);
    let before = std::fs::read(&shop.file).unwrap();
    shop.expect("needs_apply");
    shop.schema_command(&["status"]);
    assert!(std::fs::read(&shop.file).unwrap() == before, "the file has changed");
}

#[test]
fn a_second_apply_changes_nothing() {
    let shop = Shop::with(APP);
    shop.apply();
    let before = std::fs::read(&shop.file).unwrap();
    assert_eq!(shop.apply(), 0);
    assert!(std::fs::read(&shop.file).unwrap() == before, "the file has changed");
}

#[test]
fn an_apply_touches_no_column_that_is_there() {
    let shop = Shop::with(APP);
    let before = shop.schema();
    shop.apply();
    let after = shop.schema();
    let changed: Vec<_> = before.iter().filter(|line| !after.contains(line)).collect();
    let names: Vec<_> = changed.iter().filter_map(|line| line.split('|').nth(1)).collect();
    assert_eq!(names, ["AffiliateProfile", "UserMembership", "User"]);
}

#[test]
fn what_prisma_has_added_already_is_accepted_and_stays() {
    let shop = Shop::with(APP);
    shop.run(CHECKLIST);
    let before = shop.schema();
    shop.apply();
    shop.expect("ready");
    let (code, _, stderr) = shop.schema_command(&["revert"]);
    assert_eq!(code, DONE, "{stderr}");
    assert_eq!(shop.schema(), before);
}

#[test]
fn a_half_applied_schema_is_finished() {
    let shop = Shop::with(APP);
    shop.run("ALTER TABLE \"User\" ADD COLUMN \"importSource\" TEXT");
    shop.apply();
    shop.expect("ready");
}

#[test]
fn a_table_that_was_dropped_since_is_made_again() {
    let shop = Shop::with(APP);
    let before = shop.schema();
    shop.apply();
    shop.run("DROP TABLE \"SejoliImportReject\"; DROP INDEX \"UserMembership_externalId_idx\"");
    shop.expect("needs_apply");
    assert_eq!(shop.apply(), 4);
    shop.expect("ready");
    shop.schema_command(&["revert"]);
    assert_eq!(shop.schema(), before);
}

#[test]
fn a_revert_restores_the_schema_exactly() {
    let shop = Shop::with(APP);
    let before = shop.schema();
    let made = shop.apply();
    let (code, document, stderr) = shop.schema_command(&["revert"]);
    assert_eq!(code, DONE, "{stderr}");
    assert_eq!(document["taken"].as_array().map(Vec::len), Some(made));
    assert_eq!(shop.schema(), before);
    let (code, document, _) = shop.schema_command(&["revert"]);
    assert_eq!((code, document["taken"].as_array().map(Vec::len)), (DONE, Some(0)));
}

#[test]
fn l26_a_revert_leaves_the_apps_tables_in_a_database_of_its_own_making() {
    let shop = Shop::none();
    shop.apply();
    let (code, _, stderr) = shop.schema_command(&["revert"]);
    assert_eq!(code, DONE, "{stderr}");
    assert_eq!(shop.schema(), Shop::with(APP).schema());
}

#[test]
fn a_revert_is_refused_while_a_run_stands() {
    let shop = Shop::with(APP);
    shop.apply();
    shop.add_run("COMPLETED");
    let before = shop.schema();
    let (code, _, stderr) = shop.schema_command(&["revert"]);
    assert_eq!(code, REFUSED, "{stderr}");
    assert!(stderr.contains("1 run"), "{stderr}");
    assert_eq!(shop.schema(), before);
    assert_eq!(shop.schema_command(&["revert", "--yes"]).0, DONE);
}

#[test]
fn a_run_that_is_rolled_back_does_not_hinder_a_revert() {
    let shop = Shop::with(APP);
    shop.apply();
    shop.add_run("ROLLED_BACK");
    let (code, _, stderr) = shop.schema_command(&["revert"]);
    assert_eq!(code, DONE, "{stderr}");
}

#[test]
fn a_revert_is_refused_while_a_column_that_goes_holds_something() {
    let shop = Shop::with(APP);
    shop.apply();
    shop.run("INSERT INTO \"User\" (id, email, name, updatedAt, importSource) VALUES ('u', 'a@b.id', 'A', 1, 'APP')");
    let (code, _, stderr) = shop.schema_command(&["revert"]);
    assert_eq!(code, REFUSED, "{stderr}");
    assert!(stderr.contains("User.importSource"), "{stderr}");
    assert_eq!(shop.schema_command(&["revert", "--yes"]).0, DONE);
}

#[test]
fn a_required_column_that_the_tool_does_not_fill_stops() {
    let ddl = APP.replace("\"username\" TEXT,", "\"username\" TEXT,\n    \"tenant\" TEXT NOT NULL,");
    let shop = Shop::with(&ddl);
    let document = shop.expect("incompatible");
    assert_eq!(state_of(&document, "User", "tenant"), ["incompatible"]);
    shop.expect_apply_refused("User.tenant");
}

#[test]
fn further_columns_with_a_default_or_nullable_stop_nothing() {
    let shop = Shop::with(APP);
    shop.run("ALTER TABLE \"User\" ADD COLUMN \"tenant\" TEXT NOT NULL DEFAULT 'x'");
    shop.run("ALTER TABLE \"Transaction\" ADD COLUMN \"remark\" TEXT");
    shop.apply();
    let document = shop.expect("ready");
    assert_eq!(state_of(&document, "User", "tenant"), ["note"]);
}

#[test]
fn a_missing_core_column_stops() {
    let shop = Shop::with(&APP.replace("    \"affiliateShare\" DECIMAL,\n", ""));
    let document = shop.expect("incompatible");
    assert_eq!(state_of(&document, "Transaction", "affiliateShare"), ["incompatible"]);
    shop.expect_apply_refused("Transaction.affiliateShare");
}

#[test]
fn a_missing_core_table_stops() {
    let shop = Shop::with(APP);
    shop.run("DROP TABLE \"WalletTransaction\"; DROP TABLE \"Wallet\"");
    shop.expect("incompatible");
    shop.expect_apply_refused("table Wallet");
}

#[test]
fn a_column_of_another_type_stops() {
    let shop = Shop::with(&APP.replace("\"email\" TEXT NOT NULL", "\"email\" INTEGER NOT NULL"));
    let document = shop.expect("incompatible");
    assert_eq!(state_of(&document, "User", "email"), ["incompatible"]);
    shop.expect_apply_refused("INTEGER where text belongs");
}

#[test]
fn a_column_that_may_not_stay_empty_stops() {
    let shop = Shop::with(&APP.replace("\"password\" TEXT,", "\"password\" TEXT NOT NULL,"));
    shop.expect("incompatible");
}

#[test]
fn a_checklist_table_of_another_shape_stops() {
    let shop = Shop::with(APP);
    shop.run(
        "CREATE TABLE \"SejoliWebhookLog\" (\"id\" TEXT NOT NULL PRIMARY KEY, \"orderId\" TEXT NOT NULL)",
    );
    let document = shop.expect("incompatible");
    assert_eq!(state_of(&document, "SejoliWebhookLog", "webhookPayload"), ["incompatible"]);
}

#[test]
fn a_database_as_loose_as_the_live_one_is_ready() {
    let loose = APP
        .replace(
            "CREATE UNIQUE INDEX \"Transaction_externalId_key\"",
            "CREATE INDEX \"Transaction_externalId_idx\"",
        )
        .replace(
            "CREATE UNIQUE INDEX \"Transaction_invoiceNumber_key\"",
            "CREATE INDEX \"Transaction_invoice_idx\"",
        );
    let shop = Shop::with(&loose);
    shop.run("DROP TABLE \"UserProduct\"; DROP TABLE \"UserRole\"");
    shop.apply();
    let document = shop.expect("ready");
    assert_eq!(state_of(&document, "UserRole", "UserRole"), ["note"]);
    assert_eq!(state_of(&document, "Transaction", "Transaction_externalId_key"), ["note"]);
}

#[test]
fn missing_foreign_keys_are_a_note() {
    let without: Vec<&str> =
        APP.lines().filter(|line| !line.contains("AffiliateConversion_transactionId_fkey")).collect();
    let shop = Shop::with(&without.join("\n"));
    shop.apply();
    let document = shop.expect("ready");
    let keys =
        document["findings"].as_array().unwrap().iter().filter(|finding| finding["kind"] == "foreign_key");
    let notes: Vec<_> = keys.filter(|finding| finding["state"] == "note").collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert_eq!(notes[0]["name"], "transactionId");
}

#[test]
fn another_database_is_left_alone() {
    let shop =
        Shop::with("CREATE TABLE wp_posts (id INTEGER PRIMARY KEY); CREATE TABLE wp_users (id INTEGER)");
    shop.expect("not_ours");
    shop.expect_apply_refused("not the app's database");
}

#[test]
fn a_text_file_is_no_database() {
    let shop = Shop::none();
    std::fs::write(&shop.file, "order_id,amount\n1,150000\n".repeat(100)).unwrap();
    for command in ["check", "apply", "status", "revert"] {
        let (code, _, stderr) = shop.schema_command(&[command]);
        assert_eq!(code, DATABASE, "{command}: {stderr}");
    }
    assert!(std::fs::read_to_string(&shop.file).unwrap().starts_with("order_id"));
}

#[test]
fn everything_that_is_added_is_printed_for_prisma() {
    let shop = Shop::with(APP);
    shop.schema_command(&["apply"]);
    let (_, status, _) = shop.schema_command(&["status"]);
    let printed = tool(&["schema", "print", "--format", "prisma"]);
    assert_eq!(printed.code, DONE, "{}", printed.stderr);
    for object in status["added"].as_array().expect("objects") {
        let (table, name) = (object["table"].as_str().unwrap(), object["name"].as_str().unwrap());
        let line = match object["kind"].as_str() {
            Some("table") if name.starts_with("__") => format!("@@map(\"{name}\")"),
            Some("column") => format!("//   {name} "),
            _ => format!("model {table} {{"),
        };
        assert!(printed.stdout.contains(&line), "{line}");
    }
}

#[test]
fn the_sql_that_is_printed_makes_what_apply_makes() {
    let printed = tool(&["schema", "print", "--format", "sql"]);
    let shop = Shop::with(&printed.stdout);
    let document = shop.expect("needs_apply");
    let missing =
        document["findings"].as_array().unwrap().iter().filter(|finding| finding["state"] == "missing");
    let names: Vec<_> = missing.filter_map(|finding| finding["name"].as_str()).collect();
    assert_eq!(names, ["__diesel_schema_migrations"]);
    assert_eq!(shop.apply(), 1);
}
