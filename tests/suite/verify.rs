//! `verify`: it holds after an import, and it finds whatever is not as it should be.

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection};

use crate::support::exit_code::{DATABASE, DONE, INPUT, ROWS_LEFT, VERIFICATION_FAILED};
use crate::support::library::verify::{VerifyCheck, VerifyReport, VerifyRequest, run};
use crate::support::library::{DatabaseUse, Store};
use crate::support::{AS_OF, Outcome, tool, workspace};

/// Columns of which nobody can tell a change, and why: none. What no export knows (ids, times of
/// writing, the app's defaults) is in the journal's fingerprints, and the books are written twice.
/// What stays unknowable is less than a column: the remark in brackets of a reject's reason where it
/// comes from the whole of the files, the codes in DataImportLog.errors, and changes of several
/// cells that agree with each other.
const UNKNOWABLE: &[(&str, &str, &str)] = &[];

/// A database with an import in it.
struct ImportedDatabase {
    folder: tempfile::TempDir,
    file: PathBuf,
}

fn fixture_text(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name).display().to_string()
}

impl ImportedDatabase {
    fn empty() -> Self {
        let folder = workspace();
        let file = folder.path().join("shop.db");
        let db = Self { folder, file };
        let outcome = db.tool(&["schema", "apply"]);
        assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
        db
    }

    fn imported(name: &str) -> Self {
        let db = Self::empty();
        let outcome = db.import(&fixture_text(name));
        let expected = if name == "clean" { DONE } else { ROWS_LEFT };
        assert_eq!(outcome.code, expected, "{}{}", outcome.stdout, outcome.stderr);
        db
    }

    fn import(&self, path: &str) -> Outcome {
        let out = self.folder.path().join("out").display().to_string();
        self.tool(&["import", "all", path, "--create-memberships", "--as-of", AS_OF, "--out", &out])
    }

    fn url(&self) -> String {
        format!("file:{}", self.file.display())
    }

    fn tool(&self, args: &[&str]) -> Outcome {
        let url = self.url();
        let mut all = vec!["--database-url", url.as_str()];
        all.extend(args);
        tool(&all)
    }

    fn connection(&self) -> SqliteConnection {
        SqliteConnection::establish(&self.file.to_string_lossy()).expect("the database opens")
    }

    /// Runs SQL as somebody would who knows nothing of foreign keys.
    fn sql(&self, sql: &str) {
        let sql = format!("PRAGMA foreign_keys = OFF; {sql}");
        self.connection().batch_execute(&sql).expect("the statement runs");
    }

    fn verify(&self, paths: &[PathBuf]) -> VerifyReport {
        let open = || Store::open(&self.url(), DatabaseUse::Read);
        let request = VerifyRequest { paths: paths.to_vec(), ..VerifyRequest::default() };
        let mut store = open().expect("the database opens");
        run(&mut store, open, &request).expect("the verification runs")
    }

    /// A check of a verification that looks at the app's pages, too, as the command does.
    fn check_with_pages(&self, name: &str) -> VerifyCheck {
        let open = || Store::open(&self.url(), DatabaseUse::Read);
        let request = VerifyRequest { replays_app: true, ..VerifyRequest::default() };
        let mut store = open().expect("the database opens");
        let report = run(&mut store, open, &request).expect("the verification runs");
        report.checks.into_iter().find(|check| check.name == name).expect("the check was made")
    }

    /// The check that fails after `sql`, by its name and first example.
    fn failing(&self, sql: &str) -> String {
        self.sql(sql);
        let report = self.verify(&[PathBuf::from(fixture_text("clean"))]);
        assert!(!report.holds(), "nothing was found after: {sql}");
        let failed = report.checks.iter().filter(|check| !check.holds());
        failed.map(|check| format!("{}: {}\n", check.name, messages(check).join("\n"))).collect()
    }
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Text)]
    column: String,
    #[diesel(sql_type = Text)]
    declared: String,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    rowid: i64,
}

/// Every column of every table that holds something and is not the schema's own.
fn columns(connection: &mut SqliteConnection) -> Vec<Column> {
    let sql = "SELECT m.name AS \"table\", c.name AS \"column\", c.type AS declared \
               FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' \
               AND m.name NOT LIKE 'sqlite%' AND m.name NOT IN ('__diesel_schema_migrations', 'SejoliSchemaObject') \
               ORDER BY m.name, c.cid";
    diesel::sql_query(sql).load(connection).expect("the catalogue is read")
}

/// The rows whose cell is corrupted: the last one, and one in the middle where the cell is not empty.
fn victims(connection: &mut SqliteConnection, table: &str, column: &str) -> Vec<i64> {
    let mut found: Vec<i64> = ["", "WHERE \"#\" IS NOT NULL"]
        .iter()
        .filter_map(|filter| {
            let filter = filter.replace('#', column);
            let sql = format!("SELECT rowid FROM \"{table}\" {filter} ORDER BY rowid DESC LIMIT 1");
            let rows: Vec<Row> = diesel::sql_query(sql).load(connection).expect("a row is found");
            rows.first().map(|row| row.rowid)
        })
        .collect();
    found.dedup();
    found
}

/// Another value of the same kind.
fn corrupted(column: &Column) -> String {
    let name = &column.column;
    match column.declared.as_str() {
        "DATETIME" => format!("coalesce(\"{name}\", 1600000000000) + 1000"),
        "BOOLEAN" => format!("1 - \"{name}\""),
        "DECIMAL" | "REAL" | "INTEGER" => format!("coalesce(\"{name}\", 0) + 1"),
        "JSONB" => format!("replace(replace(coalesce(\"{name}\", '[]'), '[]', '[3]'), '1', '2')"),
        "BLOB" => format!("CAST(replace(CAST(\"{name}\" AS TEXT), 'c', 'd') AS BLOB)"),
        _ => match (column.table.as_str(), name.as_str()) {
            ("User", "role") => {
                "CASE \"role\" WHEN 'AFFILIATE' THEN 'MEMBER_FREE' ELSE 'AFFILIATE' END".to_owned()
            }
            ("UserRole", "role") => "'MENTOR'".to_owned(),
            ("Transaction", "type") => {
                "CASE \"type\" WHEN 'COURSE' THEN 'EVENT' ELSE 'COURSE' END".to_owned()
            }
            ("Transaction", "status") => {
                "CASE \"status\" WHEN 'FAILED' THEN 'PENDING' ELSE 'FAILED' END".to_owned()
            }
            ("Membership", "duration") => {
                "CASE \"duration\" WHEN 'LIFETIME' THEN 'ONE_MONTH' ELSE 'LIFETIME' END".to_owned()
            }
            ("Membership", "commissionType") => "'FLAT'".to_owned(),
            _ => format!("coalesce(\"{name}\", '') || 'x'"),
        },
    }
}

/// The messages of the differences of a check.
fn messages(check: &VerifyCheck) -> Vec<&str> {
    check.found.iter().map(|found| found.what.as_str()).collect()
}

/// What a verification has found, as one text.
fn findings_of(report: &VerifyReport) -> String {
    report
        .checks
        .iter()
        .map(|check| format!("{} {} {:?}\n", check.name, check.differences, messages(check)))
        .collect()
}

/// Corrupts one cell after another; returns those that were not found.
fn unnoticed(db: &ImportedDatabase, paths: &[PathBuf]) -> (Vec<String>, usize) {
    let mut connection = db.connection();
    connection
        .batch_execute("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF")
        .expect("the session is set");
    let before = findings_of(&db.verify(paths));
    let (mut unnoticed, mut tried) = (Vec::new(), 0);
    for column in columns(&mut connection) {
        let known = crate::support::library::tables::JOURNALED
            .iter()
            .chain(crate::support::library::tables::BOOKKEEPING)
            .any(|table| {
                table.name == column.table && table.columns.iter().any(|known| known.name == column.column)
            });
        if !known {
            continue;
        }
        for rowid in victims(&mut connection, &column.table, &column.column) {
            let (table, name) = (&column.table, &column.column);
            connection
                .batch_execute(&format!(
                    "CREATE TEMP TABLE kept AS SELECT \"{name}\" AS cell FROM \"{table}\" WHERE rowid = {rowid}; \
                     UPDATE \"{table}\" SET \"{name}\" = {} WHERE rowid = {rowid}",
                    corrupted(&column)
                ))
                .unwrap_or_else(|error| panic!("{table}.{name}: {error}"));
            tried += 1;
            if findings_of(&db.verify(paths)) == before {
                unnoticed.push(format!("{table}.{name} of row {rowid}"));
            }
            connection
                .batch_execute(&format!(
                    "UPDATE \"{table}\" SET \"{name}\" = (SELECT cell FROM kept) WHERE rowid = {rowid}; DROP TABLE kept"
                ))
                .expect("the cell is put back");
        }
    }
    (unnoticed, tried)
}

fn is_unknowable(cell: &str) -> bool {
    UNKNOWABLE.iter().any(|(table, column, _)| cell.starts_with(&format!("{table}.{column} ")))
}

#[test]
fn a_clean_import_is_verified_to_the_last_field() {
    let db = ImportedDatabase::imported("clean");
    let outcome = db.tool(&["verify", &fixture_text("clean")]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    assert!(outcome.stdout.contains("verified: "), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("no difference"), "{}", outcome.stdout);
}

#[test]
fn without_files_the_database_is_held_against_itself() {
    let db = ImportedDatabase::imported("clean");
    let outcome = db.tool(&["verify"]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
}

#[test]
fn rows_that_wait_are_accounted_for() {
    let db = ImportedDatabase::imported("messy");
    let outcome = db.tool(&["verify", &fixture_text("messy")]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    assert!(outcome.stdout.contains(" held, Rp "), "{}", outcome.stdout);
    assert!(outcome.stdout.contains(" rejected, Rp "), "{}", outcome.stdout);
}

#[test]
fn an_import_repeated_is_still_verified() {
    let db = ImportedDatabase::imported("clean");
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    assert_eq!(db.import(&fixture_text("clean")).code, DONE);
    let outcome = db.tool(&["verify", &fixture_text("clean")]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
}

#[test]
fn l27_any_corrupted_field_is_found() {
    let db = ImportedDatabase::imported("clean");
    let paths = [PathBuf::from(fixture_text("clean"))];
    let (unnoticed, tried) = unnoticed(&db, &paths);
    assert!(tried > 200, "only {tried} cells were tried");
    let (known, wrong): (Vec<_>, Vec<_>) = unnoticed.into_iter().partition(|cell| is_unknowable(cell));
    assert!(wrong.is_empty(), "not found:\n{}", wrong.join("\n"));
    for (table, column, why) in UNKNOWABLE {
        let cell = format!("{table}.{column} ");
        assert!(known.iter().any(|known| known.starts_with(&cell)), "{cell}can be known ({why})");
    }
    assert!(db.verify(&paths).holds(), "every cell was put back");
}

#[test]
fn l27_any_corrupted_field_of_a_reject_is_found() {
    let db = ImportedDatabase::imported("messy");
    let paths = [PathBuf::from(fixture_text("messy"))];
    let (unnoticed, tried) = unnoticed(&db, &paths);
    assert!(tried > 200, "only {tried} cells were tried");
    let wrong: Vec<_> = unnoticed.into_iter().filter(|cell| !is_unknowable(cell)).collect();
    assert!(wrong.is_empty(), "not found:\n{}", wrong.join("\n"));
}

#[test]
fn l27_nothing_compared_is_a_failure() {
    let db = ImportedDatabase::empty();
    for args in [vec!["verify"], vec!["verify", &fixture_text("clean")]] {
        let outcome = db.tool(&args);
        assert_eq!(outcome.code, VERIFICATION_FAILED, "{}{}", outcome.stdout, outcome.stderr);
        assert!(outcome.stdout.contains("nothing has been imported"), "{}", outcome.stdout);
    }
    let db = ImportedDatabase::imported("clean");
    let file = db.folder.path().join("empty.csv");
    let header = "order_id,order_date,product_id,buyer_email,amount,payment_status\n";
    std::fs::write(&file, header).expect("a file is written");
    let outcome = db.tool(&["verify", &file.display().to_string()]);
    assert_eq!(outcome.code, VERIFICATION_FAILED, "{}{}", outcome.stdout, outcome.stderr);
}

#[test]
fn a_lost_order_and_an_invented_one_are_found() {
    let db = ImportedDatabase::imported("clean");
    let lost = db.failing("DELETE FROM \"SejoliWebhookLog\" WHERE \"orderId\" = '10002'");
    assert!(lost.contains("orders: order 10002"), "{lost}");
}

#[test]
fn an_order_whose_log_is_gone_counts_once_whether_a_file_has_it_or_not() {
    let db = ImportedDatabase::imported("clean");
    let clean = [PathBuf::from(fixture_text("clean"))];
    let sums = |db: &ImportedDatabase| {
        let report = db.verify(&clean);
        let sums = report.checks.iter().find(|check| check.name == "sums").expect("the sums were checked");
        sums.facts.iter().filter(|fact| fact.contains(" orders, ")).cloned().collect::<Vec<_>>()
    };
    let before = sums(&db);
    assert!(before.len() > 2, "{before:?}");
    db.sql("DELETE FROM \"SejoliWebhookLog\" WHERE \"orderId\" = '10002'");
    assert_eq!(sums(&db), before);
    let told = db.tool(&["verify"]).stdout + &db.tool(&["verify", &fixture_text("clean")]).stdout;
    assert!(!told.contains("reconciliation does not add up"), "{told}");
}

#[test]
fn orders_with_a_cell_that_cannot_be_read_are_named_and_all_others_compared() {
    let db = ImportedDatabase::imported("clean");
    let clean = [PathBuf::from(fixture_text("clean"))];
    let named = |report: &VerifyReport, name: &str| {
        report.checks.iter().find(|check| check.name == name).cloned().expect("the check was made")
    };
    let before = named(&db.verify(&clean), "orders");
    db.sql("UPDATE \"Transaction\" SET \"paidAt\" = 'soon' WHERE \"externalId\" IN ('sejoli-10002', 'sejoli-10004')");
    let report = db.verify(&clean);
    let orders = named(&report, "orders");
    assert_eq!(orders.rows, before.rows);
    let found = messages(&orders);
    assert!(found[0].starts_with("order 10002: "), "{found:?}");
    assert!(found[1].starts_with("order 10004: "), "{found:?}");
    assert_eq!(found.len(), 2, "{found:?}");
    let per_order = before.values / before.rows;
    assert!(orders.values > before.values - 3 * per_order, "{} of {}", orders.values, before.values);
    // Whoever sees the pages learns what is behind it, and that nobody has added up what the affiliates are owed.
    let pages = db.check_with_pages("app: my orders");
    assert_eq!(messages(&pages).len(), 1, "{:?}", messages(&pages));
    let behind = pages.found[0].explanation.as_ref().expect("an explanation");
    assert!(behind.why.starts_with("somebody has changed Transaction"), "{}", behind.why);
    assert!(db.check_with_pages("app: admin commissions").skipped.is_some());
    // Where a column is broken, it is not looked for in each order of a million.
    db.sql("UPDATE \"Transaction\" SET \"paidAt\" = 'soon' WHERE \"externalId\" LIKE 'sejoli-%'");
    let orders = named(&db.verify(&clean), "orders");
    assert_eq!((orders.rows, orders.differences), (before.rows, 101));
}

#[test]
fn memberships_of_which_no_imported_person_is_known_are_compared_with_what_is_kept() {
    let db = ImportedDatabase::imported("clean");
    let before = db.check_with_pages("periods").rows;
    db.sql(
        "CREATE TEMP TABLE \"chosen\" AS SELECT \"id\", \"userId\" FROM \"UserMembership\" WHERE \"externalId\" <> '' LIMIT 2;
         DELETE FROM \"SejoliIdentity\" WHERE \"userId\" IN (SELECT \"userId\" FROM \"chosen\");
         UPDATE \"User\" SET \"importSource\" = NULL WHERE \"id\" IN (SELECT \"userId\" FROM \"chosen\");
         UPDATE \"UserMembership\" SET \"price\" = 1 WHERE \"id\" IN (SELECT min(\"id\") FROM \"chosen\");
         DELETE FROM \"UserMembership\" WHERE \"id\" IN (SELECT max(\"id\") FROM \"chosen\");",
    );
    let periods = db.check_with_pages("periods");
    assert_eq!(periods.rows, before);
    assert!(messages(&periods).iter().any(|found| found.contains("price")), "{:?}", messages(&periods));
}

#[test]
fn a_person_who_cannot_be_read_leaves_the_memberships_and_what_is_held_the_people() {
    let db = ImportedDatabase::imported("clean");
    let checks = |db: &ImportedDatabase| ["periods", "roles"].map(|name| db.check_with_pages(name));
    let [periods, roles] = checks(&db);
    db.sql("UPDATE \"UserMembership\" SET \"endDate\" = 'soon' WHERE \"id\" = (SELECT max(\"id\") FROM \"UserMembership\")");
    let [broken, whole] = checks(&db);
    assert!(messages(&broken)[0].contains("the rest of this check was left out"), "{:?}", messages(&broken));
    assert_eq!((whole.rows, whole.differences), (roles.rows, 0), "{:?}", messages(&whole));
    let pages = db.check_with_pages("app: members' pages");
    assert!(pages.skipped.is_some(), "{pages:?}");

    let db = ImportedDatabase::imported("clean");
    db.sql("UPDATE \"User\" SET \"isSuspended\" = 'soon' WHERE \"id\" = (SELECT max(\"userId\") FROM \"UserMembership\")");
    let [whole, broken] = checks(&db);
    assert_eq!((whole.rows, whole.differences), (periods.rows, 0), "{:?}", messages(&whole));
    assert!(messages(&broken)[0].contains("the rest of this check was left out"), "{:?}", messages(&broken));
}

#[test]
fn a_changed_source_is_found() {
    let db = ImportedDatabase::imported("clean");
    let changed = db.folder.path().join("orders.csv");
    let text = std::fs::read_to_string(format!("{}/orders.csv", fixture_text("clean")))
        .expect("the fixture is read");
    std::fs::write(&changed, text.replace(",2750000,", ",2750001,")).expect("a file is written");
    let report = db.verify(&[changed]);
    let orders = report.checks.iter().find(|check| check.name == "orders").expect("orders were checked");
    assert!(!orders.holds());
    assert!(orders.found[0].what.contains("differs"), "{:?}", orders.found);
}

#[test]
fn l9_a_corrected_order_is_verified_though_its_user_keeps_the_name() {
    let db = ImportedDatabase::imported("clean");
    let folder = db.folder.path().join("corrected");
    std::fs::create_dir(&folder).expect("a folder is made");
    for file in ["affiliates.csv", "memberships.csv", "orders.csv", "products.csv"] {
        let text = std::fs::read_to_string(format!("{}/{file}", fixture_text("clean")))
            .expect("the fixture is read");
        std::fs::write(folder.join(file), text.replace("Pareyat Kelumo,", "Pareyat Kelumoo,"))
            .expect("a file is written");
    }
    let corrected = folder.display().to_string();
    assert!(!db.verify(&[folder]).holds(), "not imported yet");
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    assert_eq!(db.import(&corrected).code, DONE);
    let outcome = db.tool(&["verify", &corrected]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
}

#[test]
fn l19_a_users_id_in_a_conversion_is_found() {
    let db = ImportedDatabase::imported("clean");
    let found = db.failing(
        "UPDATE \"AffiliateConversion\" SET \"affiliateId\" = (SELECT \"id\" FROM \"User\" \
         WHERE \"id\" NOT IN (SELECT \"userId\" FROM \"AffiliateProfile\") LIMIT 1) WHERE rowid = 1",
    );
    assert!(found.contains("affiliateId is no profile's"), "{found}");
}

#[test]
fn l20_a_conversion_dated_by_the_import_is_found() {
    let db = ImportedDatabase::imported("clean");
    let found =
        db.failing("UPDATE \"AffiliateConversion\" SET \"createdAt\" = 1700000000000 WHERE rowid = 2");
    assert!(found.contains("AffiliateConversion: createdAt"), "{found}");
}

#[test]
fn l21_a_balance_that_the_ledger_does_not_explain_is_found() {
    let db = ImportedDatabase::imported("clean");
    let found = db.failing("UPDATE \"Wallet\" SET \"balance\" = \"balance\" + 1000 WHERE rowid = 3");
    assert!(found.contains("Wallet: balance (Rp "), "{found}");
}

#[test]
fn l22_another_representation_of_a_lifetime_is_found() {
    let db = ImportedDatabase::imported("clean");
    let found = db.failing(
        "UPDATE \"UserMembership\" SET \"endDate\" = 4102444800000 WHERE \"endDate\" = 4102444799999",
    );
    assert!(found.contains("UserMembership: endDate"), "{found}");
}

/// However much differs: ten of a kind on the screen, all of it in the document, the verdict and a command at the end.
#[test]
fn a_screen_lists_ten_of_a_kind_in_lines_that_fit_and_ends_with_the_command_to_type() {
    let db = ImportedDatabase::imported("clean");
    let told = db.tool(&["verify", &fixture_text("clean")]);
    let fits = |text: &str| {
        let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{wide:#?}");
    };
    fits(&told.stdout);
    assert_eq!(told.stdout.lines().last(), Some("Next: sejoli-migrate report"));
    db.sql("UPDATE \"User\" SET \"isSuspended\" = 1 WHERE \"importSource\" = 'SEJOLI'");
    let told = db.tool(&["verify", &fixture_text("clean")]);
    assert_eq!(told.code, VERIFICATION_FAILED);
    fits(&told.stdout);
    let of_log_in = told.stdout.split_once("the log-in refuses the account").expect("the log-in").1;
    let listed = of_log_in.lines().skip(1).take_while(|line| line.trim_start().starts_with("user ")).count();
    assert_eq!(listed, 10, "{}", told.stdout);
    let document: serde_json::Value =
        serde_json::from_str(&db.tool(&["verify", "--format", "json"]).stdout).expect("one JSON document");
    let checks = document["checks"].as_array().expect("checks");
    let log_in = checks.iter().find(|check| check["name"] == "app: log-in").expect("the log-in");
    let found = log_in["found"].as_array().expect("differences");
    assert_eq!(Some(found.len() as u64), log_in["differences"].as_u64());
    assert!(
        found.len() > listed && found.iter().all(|found| found["about"]["user"].is_string()),
        "{found:?}"
    );
    let end: Vec<&str> = told.stdout.lines().rev().take(1).collect();
    assert!(end[0].starts_with("Next: sejoli-migrate "), "{end:?}");
}

#[test]
fn messages_tell_no_personal_data() {
    let db = ImportedDatabase::imported("clean");
    db.sql("UPDATE \"User\" SET \"email\" = 'x' || \"email\", \"name\" = 'Xy' || \"name\", \"phone\" = '+62811' WHERE rowid < 9");
    db.sql("UPDATE \"Transaction\" SET \"customerEmail\" = 'someone@else.org', \"customerName\" = 'Xyz'");
    let outcome = db.tool(&["verify", &fixture_text("clean")]);
    assert_eq!(outcome.code, VERIFICATION_FAILED);
    for personal in ["@", "Xy", "+62"] {
        assert!(!outcome.stdout.contains(personal), "{personal}: {}", outcome.stdout);
    }
}

#[test]
fn the_document_has_a_version_and_the_same_verdict() {
    let db = ImportedDatabase::imported("clean");
    let outcome = db.tool(&["--format", "json", "verify", &fixture_text("clean")]);
    let document: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("one JSON document");
    assert_eq!(document["schema_version"], 1);
    assert_eq!(document["holds"], true);
    db.sql("UPDATE \"User\" SET \"role\" = 'ADMIN' WHERE rowid = 5");
    let outcome = db.tool(&["--format", "json", "verify"]);
    let document: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("one JSON document");
    assert_eq!((outcome.code, &document["holds"]), (VERIFICATION_FAILED, &serde_json::Value::Bool(false)));
}

#[test]
fn what_cannot_be_read_is_no_difference() {
    let db = ImportedDatabase::empty();
    let missing = db.folder.path().join("nowhere.csv").display().to_string();
    assert_eq!(db.tool(&["verify", &missing]).code, INPUT);
    let elsewhere = format!("file:{}", db.folder.path().join("nowhere.db").display());
    assert_eq!(tool(&["--database-url", &elsewhere, "verify"]).code, DATABASE);
}
