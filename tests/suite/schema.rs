//! `schema`, through the binary: what it finds, adds, refuses and takes away.

use sejoli_migrate::domain::date::Millis;
use sejoli_migrate::store::codec::value::JsonText;
use sejoli_migrate::store::engines::mode::Mode;
use sejoli_migrate::store::schema::catalogue::Catalogue;
use sejoli_migrate::store::schema::tables::{ImportRun, Role, User};
use sejoli_migrate::store::schema::words::RunState;
use serde_json::Value;

use crate::support::{self, Engine, on_each_engine, tool};

const DONE: i32 = 0;
const REFUSED: i32 = 5;
const DATABASE: i32 = 7;

/// A migration of an engine.
macro_rules! migration {
    ($engine:expr, $name:literal) => {
        match $engine {
            Engine::Sqlite => include_str!(concat!("../../migrations/sqlite/", $name, "/up.sql")),
            #[cfg(feature = "postgres")]
            Engine::Postgres => include_str!(concat!("../../migrations/postgres/", $name, "/up.sql")),
            #[cfg(feature = "mysql")]
            Engine::Mysql => include_str!(concat!("../../migrations/mysql/", $name, "/up.sql")),
        }
    };
}

/// The app's database as Prisma makes it.
fn app(engine: Engine) -> &'static str {
    migration!(engine, "20251201000000_app")
}

/// The checklist's tables and columns, as the team may have added them with Prisma.
fn checklist(engine: Engine) -> &'static str {
    migration!(engine, "20251201000100_checklist")
}

/// A way in which the live database differs from the app's schema.
#[cfg_attr(not(all(feature = "postgres", feature = "mysql")), allow(dead_code))]
struct Change {
    /// SQLite alters little: another text in the script.
    sqlite: (&'static str, &'static str),
    postgres: &'static str,
    mysql: &'static str,
}

/// A database and what is asked of it.
struct Shop(support::Shop);

impl Shop {
    /// Nothing yet; on SQLite not even a file.
    fn none(engine: Engine) -> Self {
        Self(support::Shop::bare(engine))
    }

    /// A database made by `sql`.
    fn with(engine: Engine, sql: &str) -> Self {
        let shop = Self::none(engine);
        shop.run(sql);
        shop
    }

    /// The app's database.
    fn of_the_app(engine: Engine) -> Self {
        Self::with(engine, app(engine))
    }

    /// The app's database with a difference.
    fn changed(engine: Engine, change: &Change) -> Self {
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        let altered = |alter: &str| {
            let shop = Self::of_the_app(engine);
            shop.run(alter);
            shop
        };
        match engine {
            Engine::Sqlite => {
                let (from, to) = change.sqlite;
                let script = app(engine).replace(from, to);
                assert_ne!(script, app(engine), "{from}");
                Self::with(engine, &script)
            }
            #[cfg(feature = "postgres")]
            Engine::Postgres => altered(change.postgres),
            #[cfg(feature = "mysql")]
            Engine::Mysql => altered(change.mysql),
        }
    }

    fn run(&self, sql: &str) {
        self.0.store(Mode::Create).run_script(sql).unwrap_or_else(|error| panic!("{sql}: {error:#}"));
    }

    /// Everything that the engine's own catalogue says.
    fn schema(&self) -> Catalogue {
        self.0.store(Mode::Create).catalogue().expect("the schema is read")
    }

    /// The file of an SQLite database.
    fn file(&self) -> std::path::PathBuf {
        self.0.path("shop.db")
    }

    /// Runs `schema …` and returns its code, its document and its talk.
    fn schema_command(&self, arguments: &[&str]) -> (i32, Value, String) {
        let mut all = vec!["--format", "json", "schema"];
        all.extend(arguments);
        let run = self.0.run(&all);
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
    fn add_run(&self, state: RunState) {
        let run = ImportRun {
            id: "r".to_owned(),
            command: "import all".to_owned(),
            state,
            context: "c".to_owned(),
            options: JsonText("{}".to_owned()),
            checkpoint: JsonText("{}".to_owned()),
            tool_version: "0".to_owned(),
            started_at: Millis(1),
            finished_at: None,
            updated_at: Millis(1),
            parent_id: None,
            purged_at: None,
        };
        self.0.store(Mode::Write).insert(run).expect("a run");
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
    let shop = Shop::none(Engine::Sqlite);
    let (code, _, stderr) = shop.schema_command(&["check"]);
    assert_eq!(code, DATABASE);
    assert!(stderr.contains("schema apply"), "{stderr}");
    assert!(!shop.file().exists());
}

fn an_empty_database_gets_the_apps_tables_too(engine: Engine) {
    let shop = Shop::with(engine, "SELECT 1");
    shop.expect("empty");
    shop.apply();
    let document = shop.expect("ready");
    assert_eq!(state_of(&document, "User", "User"), ["present"]);
}

#[test]
fn a_file_is_made_where_there_is_none() {
    let shop = Shop::none(Engine::Sqlite);
    shop.apply();
    shop.expect("ready");
}

#[test]
fn a_folder_that_is_not_there_is_not_made() {
    let run = tool(&["--database-url", "file:./no/such/folder/shop.db", "schema", "apply"]);
    assert_eq!(run.code, DATABASE, "{}", run.stderr);
}

fn the_apps_database_gets_what_is_missing(engine: Engine) {
    let shop = Shop::of_the_app(engine);
    let document = shop.expect("needs_apply");
    assert_eq!(state_of(&document, "SejoliWebhookLog", "SejoliWebhookLog"), ["missing"]);
    assert_eq!(state_of(&document, "User", "importSource"), ["missing"]);
    shop.apply();
    shop.expect("ready");
    let (_, status, _) = shop.schema_command(&["status"]);
    let states: Vec<_> =
        status["migrations"].as_array().unwrap().iter().map(|one| one["state"].as_str()).collect();
    assert_eq!(
        states,
        [Some("not_needed"), Some("applied"), Some("applied"), Some("applied"), Some("applied")]
    );
}

fn a_check_writes_nothing(engine: Engine) {
    let shop = Shop::of_the_app(engine);
    let before = (shop.schema(), std::fs::read(shop.file()).ok());
    shop.expect("needs_apply");
    shop.schema_command(&["status"]);
    assert!((shop.schema(), std::fs::read(shop.file()).ok()) == before, "the database has changed");
}

fn a_second_apply_changes_nothing(engine: Engine) {
    let shop = Shop::of_the_app(engine);
    shop.apply();
    let before = (shop.schema(), std::fs::read(shop.file()).ok());
    assert_eq!(shop.apply(), 0);
    assert!((shop.schema(), std::fs::read(shop.file()).ok()) == before, "the database has changed");
}

fn an_apply_touches_no_column_that_is_there(engine: Engine) {
    let shop = Shop::of_the_app(engine);
    let before = shop.schema();
    shop.apply();
    let after = shop.schema();
    let changed: Vec<_> = before.iter().filter(|(name, table)| after[*name] != **table).collect();
    let mut names: Vec<_> = changed.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["AffiliateProfile", "User", "UserMembership"]);
    for (name, table) in changed {
        assert!(table.columns.iter().all(|column| after[name].columns.contains(column)), "{name}");
    }
}

/// MySQL cannot take back half of a change of its schema: whatever was broken off goes on.
fn a_half_made_schema_is_finished_and_a_half_taken_one_too(engine: Engine) {
    let whole = Shop::of_the_app(engine);
    let before = whole.schema();
    let made = whole.apply();
    let after = whole.schema();
    let objects = whole.schema_command(&["status"]).1["added"].as_array().expect("a list").clone();
    let tables = objects.iter().filter(|object| object["kind"] == "table").rev().take(3);
    for table in tables {
        whole.run(&format!("DROP TABLE \"{}\"", table["name"].as_str().expect("a name")));
    }
    whole.apply();
    assert_eq!(whole.schema(), after, "made again");
    whole.run("ALTER TABLE \"User\" DROP COLUMN \"importSource\"");
    let (code, document, stderr) = whole.schema_command(&["revert"]);
    assert_eq!(code, DONE, "{stderr}");
    assert_eq!(document["taken"].as_array().map(Vec::len), Some(made - 1));
    assert_eq!(whole.schema(), before, "taken away");
}

fn what_prisma_has_added_already_is_accepted_and_stays(engine: Engine) {
    let shop = Shop::of_the_app(engine);
    shop.run(checklist(engine));
    let before = shop.schema();
    shop.apply();
    shop.expect("ready");
    let (code, _, stderr) = shop.schema_command(&["revert"]);
    assert_eq!(code, DONE, "{stderr}");
    assert_eq!(shop.schema(), before);
}

fn a_half_applied_schema_is_finished(engine: Engine) {
    let shop = Shop::of_the_app(engine);
    shop.run("ALTER TABLE \"User\" ADD COLUMN \"importSource\" TEXT");
    shop.apply();
    shop.expect("ready");
}

fn a_table_that_was_dropped_since_is_made_again(engine: Engine) {
    let shop = Shop::of_the_app(engine);
    let before = shop.schema();
    shop.apply();
    shop.run("DROP TABLE \"SejoliImportReject\"");
    shop.run(&drop_index(engine, "UserMembership", "UserMembership_externalId_idx"));
    shop.expect("needs_apply");
    assert_eq!(shop.apply(), 4);
    shop.expect("ready");
    shop.schema_command(&["revert"]);
    assert_eq!(shop.schema(), before);
}

fn a_revert_restores_the_schema_exactly(engine: Engine) {
    let shop = Shop::of_the_app(engine);
    let before = shop.schema();
    let made = shop.apply();
    let (code, document, stderr) = shop.schema_command(&["revert"]);
    assert_eq!(code, DONE, "{stderr}");
    assert_eq!(document["taken"].as_array().map(Vec::len), Some(made));
    assert_eq!(shop.schema(), before);
    let (code, document, _) = shop.schema_command(&["revert"]);
    assert_eq!((code, document["taken"].as_array().map(Vec::len)), (DONE, Some(0)));
}

fn l26_a_revert_leaves_the_apps_tables_in_a_database_of_its_own_making(engine: Engine) {
    let shop = Shop::none(engine);
    shop.apply();
    let (code, _, stderr) = shop.schema_command(&["revert"]);
    assert_eq!(code, DONE, "{stderr}");
    assert_eq!(shop.schema(), Shop::of_the_app(engine).schema());
}

fn a_revert_is_refused_while_a_run_stands(engine: Engine) {
    let shop = Shop::of_the_app(engine);
    shop.apply();
    shop.add_run(RunState::Completed);
    let before = shop.schema();
    let (code, _, stderr) = shop.schema_command(&["revert"]);
    assert_eq!(code, REFUSED, "{stderr}");
    assert!(stderr.contains("1 run"), "{stderr}");
    assert_eq!(shop.schema(), before);
    assert_eq!(shop.schema_command(&["revert", "--yes"]).0, DONE);
}

fn a_run_that_is_rolled_back_does_not_hinder_a_revert(engine: Engine) {
    let shop = Shop::of_the_app(engine);
    shop.apply();
    shop.add_run(RunState::RolledBack);
    let (code, _, stderr) = shop.schema_command(&["revert"]);
    assert_eq!(code, DONE, "{stderr}");
}

fn a_revert_is_refused_while_a_column_that_goes_holds_something(engine: Engine) {
    let shop = Shop::of_the_app(engine);
    shop.apply();
    let user = User {
        id: "u".to_owned(),
        email: "a@b.id".to_owned(),
        username: None,
        name: "A".to_owned(),
        password: None,
        role: Role::MemberFree,
        phone: None,
        whatsapp: None,
        email_verified: false,
        is_active: true,
        is_suspended: false,
        import_source: Some("APP".to_owned()),
        created_at: Millis(1),
        updated_at: Millis(1),
    };
    shop.0.store(Mode::Write).insert(user).expect("a user");
    let (code, _, stderr) = shop.schema_command(&["revert"]);
    assert_eq!(code, REFUSED, "{stderr}");
    assert!(stderr.contains("User.importSource"), "{stderr}");
    assert_eq!(shop.schema_command(&["revert", "--yes"]).0, DONE);
}

fn a_required_column_that_the_tool_does_not_fill_stops(engine: Engine) {
    let shop = Shop::changed(
        engine,
        &Change {
            sqlite: ("\"username\" TEXT,", "\"username\" TEXT,\n    \"tenant\" TEXT NOT NULL,"),
            postgres: "ALTER TABLE \"User\" ADD COLUMN \"tenant\" TEXT NOT NULL",
            mysql: "ALTER TABLE \"User\" ADD COLUMN \"tenant\" VARCHAR(20) NOT NULL",
        },
    );
    let document = shop.expect("incompatible");
    assert_eq!(state_of(&document, "User", "tenant"), ["incompatible"]);
    shop.expect_apply_refused("User.tenant");
}

fn further_columns_with_a_default_or_nullable_stop_nothing(engine: Engine) {
    let shop = Shop::of_the_app(engine);
    shop.run("ALTER TABLE \"User\" ADD COLUMN \"tenant\" VARCHAR(20) NOT NULL DEFAULT 'x'");
    shop.run("ALTER TABLE \"Transaction\" ADD COLUMN \"remark\" TEXT");
    shop.apply();
    let document = shop.expect("ready");
    assert_eq!(state_of(&document, "User", "tenant"), ["note"]);
}

fn a_missing_core_column_stops(engine: Engine) {
    let shop = Shop::of_the_app(engine);
    shop.run("ALTER TABLE \"Transaction\" DROP COLUMN \"affiliateShare\"");
    let document = shop.expect("incompatible");
    assert_eq!(state_of(&document, "Transaction", "affiliateShare"), ["incompatible"]);
    shop.expect_apply_refused("Transaction.affiliateShare");
}

fn a_missing_core_table_stops(engine: Engine) {
    let shop = Shop::of_the_app(engine);
    shop.run("DROP TABLE \"WalletTransaction\"; DROP TABLE \"Wallet\"");
    shop.expect("incompatible");
    shop.expect_apply_refused("table Wallet");
}

fn a_column_of_another_type_stops(engine: Engine) {
    let shop = Shop::changed(
        engine,
        &Change {
            sqlite: ("\"name\" TEXT NOT NULL", "\"name\" INTEGER NOT NULL"),
            postgres: "ALTER TABLE \"User\" ALTER COLUMN \"name\" TYPE integer USING 0",
            mysql: "ALTER TABLE \"User\" MODIFY \"name\" INTEGER NOT NULL",
        },
    );
    let document = shop.expect("incompatible");
    assert_eq!(state_of(&document, "User", "name"), ["incompatible"]);
    shop.expect_apply_refused("where text belongs");
}

/// An amount may be a decimal or, in an older schema, a float.
fn an_amount_may_be_a_float(engine: Engine) {
    let shop = Shop::changed(
        engine,
        &Change {
            sqlite: ("\"balance\" DECIMAL", "\"balance\" REAL"),
            postgres: "ALTER TABLE \"Wallet\" ALTER COLUMN \"balance\" TYPE double precision",
            mysql: "ALTER TABLE \"Wallet\" MODIFY \"balance\" DOUBLE NOT NULL DEFAULT 0",
        },
    );
    shop.apply();
    shop.expect("ready");
}

fn a_column_that_may_not_stay_empty_stops(engine: Engine) {
    let shop = Shop::changed(
        engine,
        &Change {
            sqlite: ("\"password\" TEXT,", "\"password\" TEXT NOT NULL,"),
            postgres: "ALTER TABLE \"User\" ALTER COLUMN \"password\" SET NOT NULL",
            mysql: "ALTER TABLE \"User\" MODIFY \"password\" VARCHAR(191) NOT NULL",
        },
    );
    shop.expect("incompatible");
}

fn a_checklist_table_of_another_shape_stops(engine: Engine) {
    let shop = Shop::of_the_app(engine);
    shop.run(
        "CREATE TABLE \"SejoliWebhookLog\" (\"id\" VARCHAR(99) NOT NULL PRIMARY KEY, \"orderId\" VARCHAR(99) NOT NULL)",
    );
    let document = shop.expect("incompatible");
    assert_eq!(state_of(&document, "SejoliWebhookLog", "webhookPayload"), ["incompatible"]);
}

fn a_database_as_loose_as_the_live_one_is_ready(engine: Engine) {
    let shop = Shop::of_the_app(engine);
    for index in ["Transaction_externalId_key", "Transaction_invoiceNumber_key"] {
        shop.run(&drop_index(engine, "Transaction", index));
    }
    shop.run("DROP TABLE \"UserProduct\"; DROP TABLE \"UserRole\"");
    shop.apply();
    let document = shop.expect("ready");
    assert_eq!(state_of(&document, "UserRole", "UserRole"), ["note"]);
    assert_eq!(state_of(&document, "Transaction", "Transaction_externalId_key"), ["note"]);
}

fn missing_foreign_keys_are_a_note(engine: Engine) {
    let key = "    CONSTRAINT \"AffiliateConversion_transactionId_fkey\" FOREIGN KEY (\"transactionId\") \
               REFERENCES \"Transaction\" (\"id\") ON DELETE CASCADE ON UPDATE CASCADE,\n";
    let shop = Shop::changed(
        engine,
        &Change {
            sqlite: (key, ""),
            postgres: "ALTER TABLE \"AffiliateConversion\" DROP CONSTRAINT \"AffiliateConversion_transactionId_fkey\"",
            mysql: "ALTER TABLE \"AffiliateConversion\" DROP FOREIGN KEY \"AffiliateConversion_transactionId_fkey\"",
        },
    );
    shop.apply();
    let document = shop.expect("ready");
    let keys =
        document["findings"].as_array().unwrap().iter().filter(|finding| finding["kind"] == "foreign_key");
    let notes: Vec<_> = keys.filter(|finding| finding["state"] == "note").collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert_eq!(notes[0]["name"], "transactionId");
}

fn another_database_is_left_alone(engine: Engine) {
    let shop = Shop::with(
        engine,
        "CREATE TABLE wp_posts (id INTEGER PRIMARY KEY); CREATE TABLE wp_users (id INTEGER)",
    );
    shop.expect("not_ours");
    shop.expect_apply_refused("not the app's database");
}

#[test]
fn a_text_file_is_no_database() {
    let shop = Shop::none(Engine::Sqlite);
    std::fs::write(shop.file(), "order_id,amount\n1,150000\n".repeat(100)).unwrap();
    for command in ["check", "apply", "status", "revert"] {
        let (code, _, stderr) = shop.schema_command(&[command]);
        assert_eq!(code, DATABASE, "{command}: {stderr}");
    }
    assert!(std::fs::read_to_string(shop.file()).unwrap().starts_with("order_id"));
}

fn everything_that_is_added_is_printed_for_prisma(engine: Engine) {
    let shop = Shop::of_the_app(engine);
    shop.schema_command(&["apply"]);
    let (_, status, _) = shop.schema_command(&["status"]);
    let printed = shop.0.run(&["schema", "print", "--format", "prisma"]);
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

fn the_sql_that_is_printed_makes_what_apply_makes(engine: Engine) {
    let shop = Shop::with(engine, "SELECT 1");
    let printed = shop.0.run(&["schema", "print", "--format", "sql"]);
    shop.run(&printed.stdout);
    let document = shop.expect("needs_apply");
    let missing =
        document["findings"].as_array().unwrap().iter().filter(|finding| finding["state"] == "missing");
    let names: Vec<_> = missing.filter_map(|finding| finding["name"].as_str()).collect();
    assert_eq!(names, ["__diesel_schema_migrations"]);
    assert_eq!(shop.apply(), 1);
}

/// MySQL's indexes are named within their table.
pub(crate) fn drop_index(engine: Engine, table: &str, index: &str) -> String {
    match engine {
        #[cfg(feature = "mysql")]
        Engine::Mysql => format!("DROP INDEX \"{index}\" ON \"{table}\""),
        _ => {
            let _ = table;
            format!("DROP INDEX \"{index}\"")
        }
    }
}

/// A user of the database who may only read is told so before anything else.
#[cfg(feature = "postgres")]
#[test]
fn a_user_who_may_only_read_is_told_so() {
    let shop = Shop::of_the_app(Engine::Postgres);
    shop.apply();
    let role = format!("reader_{}", std::process::id());
    shop.run(&format!("CREATE ROLE {role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"));
    let url = shop.0.url();
    let (_, host) =
        url.split_once("://").and_then(|(_, rest)| rest.split_once('@')).expect("a URL with a user");
    let outcome = tool(&["--database-url", &format!("postgresql://{role}@{host}"), "schema", "check"]);
    shop.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    assert_eq!(outcome.code, DATABASE, "{outcome:?}");
    assert!(outcome.stdout.contains("may not insert, update and delete"), "{}", outcome.stdout);
}

/// The same on MySQL, where only the grants tell.
#[cfg(feature = "mysql")]
#[test]
fn a_user_who_may_only_read_is_told_so_on_mysql() {
    let shop = Shop::of_the_app(Engine::Mysql);
    shop.apply();
    let user = format!("reader_{}", std::process::id());
    let url = shop.0.url();
    let (_, host) =
        url.split_once("://").and_then(|(_, rest)| rest.split_once('@')).expect("a URL with a user");
    let database = host.split(['/', '?']).nth(1).expect("a database");
    shop.run(&format!(
        "CREATE USER {user} IDENTIFIED BY 'p@ss'; GRANT SELECT ON {database}.* TO {user}; \
         GRANT INSERT, UPDATE, DELETE ON {database}.\"User\" TO {user}"
    ));
    let own = format!("mysql://{user}:p%40ss@{host}");
    let outcome = tool(&["--database-url", &own, "schema", "check"]);
    let doctor = tool(&["--database-url", &own, "doctor"]);
    shop.run(&format!("DROP USER {user}"));
    assert_eq!((outcome.code, doctor.code), (DATABASE, DATABASE), "{outcome:?} {doctor:?}");
    let refused = |table: &str| {
        let line = format!("{table}  ");
        outcome
            .stdout
            .lines()
            .any(|found| found.contains(&line) && found.contains("may not insert, update and delete"))
    };
    assert!(refused("Wallet") && !refused("User"), "{}", outcome.stdout);
    assert!(doctor.stdout.contains("incompatible"), "{}", doctor.stdout);
}

/// The app's tables may lie in another schema than the first one.
#[cfg(feature = "postgres")]
#[test]
fn another_schema_is_the_only_one_that_is_looked_at() {
    let shop = Shop::of_the_app(Engine::Postgres);
    shop.run("CREATE SCHEMA \"toko Budi\"");
    let url = format!("{}schema=toko%20Budi&connection_limit=1", shop.0.url());
    let run = |args: &[&str]| {
        let mut all = vec!["--database-url", url.as_str(), "schema"];
        all.extend(args);
        tool(&all)
    };
    let before = shop.schema();
    let empty = run(&["check"]);
    assert!(empty.stdout.contains("the app's tables are in the schema \"public\""), "{}", empty.stdout);
    assert_eq!(run(&["apply"]).code, DONE);
    assert_eq!(run(&["check"]).code, DONE);
    assert_eq!(shop.schema(), before, "public is not touched");
    assert_eq!(run(&["revert"]).code, DONE);
    let missing = tool(&["--database-url", &url.replace("Budi", "Ani"), "schema", "check"]);
    assert_eq!(missing.code, DATABASE, "{missing:?}");
    assert!(missing.stderr.contains("toko Ani"), "{}", missing.stderr);
}

/// Ids are compared in the collation that the app's own tables have.
#[cfg(feature = "mysql")]
#[test]
fn new_tables_have_the_collation_of_the_apps_own() {
    let script = app(Engine::Mysql).replace("utf8mb4_unicode_ci", "utf8mb4_general_ci");
    let shop = Shop::with(Engine::Mysql, &script);
    shop.apply();
    let schema = shop.schema();
    let id = schema["SejoliWebhookLog"].column("id").and_then(|id| id.collation.as_deref());
    assert_eq!(id, Some("utf8mb4_general_ci"));
    shop.run("ALTER TABLE \"User\" MODIFY \"name\" VARCHAR(191) CHARACTER SET latin1 NOT NULL");
    let document = shop.expect("incompatible");
    assert_eq!(state_of(&document, "User", "name"), ["incompatible"]);
}

on_each_engine!(
    an_empty_database_gets_the_apps_tables_too,
    the_apps_database_gets_what_is_missing,
    a_check_writes_nothing,
    a_second_apply_changes_nothing,
    an_apply_touches_no_column_that_is_there,
    a_half_made_schema_is_finished_and_a_half_taken_one_too,
    what_prisma_has_added_already_is_accepted_and_stays,
    a_half_applied_schema_is_finished,
    a_table_that_was_dropped_since_is_made_again,
    a_revert_restores_the_schema_exactly,
    l26_a_revert_leaves_the_apps_tables_in_a_database_of_its_own_making,
    a_revert_is_refused_while_a_run_stands,
    a_run_that_is_rolled_back_does_not_hinder_a_revert,
    a_revert_is_refused_while_a_column_that_goes_holds_something,
    a_required_column_that_the_tool_does_not_fill_stops,
    further_columns_with_a_default_or_nullable_stop_nothing,
    a_missing_core_column_stops,
    a_missing_core_table_stops,
    a_column_of_another_type_stops,
    an_amount_may_be_a_float,
    a_column_that_may_not_stay_empty_stops,
    a_checklist_table_of_another_shape_stops,
    a_database_as_loose_as_the_live_one_is_ready,
    missing_foreign_keys_are_a_note,
    another_database_is_left_alone,
    everything_that_is_added_is_printed_for_prisma,
    the_sql_that_is_printed_makes_what_apply_makes,
);
