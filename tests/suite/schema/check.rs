//! `schema check` names what is there, missing or in the way, and writes nothing.

use super::{Change, SchemaDatabase, state_of};
use crate::support::exit_code::{DATABASE, DONE};
use crate::support::{Engine, drop_index, on_each_engine, tool};

#[test]
fn a_missing_file_is_said_to_be_missing_and_not_made() {
    let db = SchemaDatabase::none(Engine::Sqlite);
    let (code, _, stderr) = db.schema_command(&["check"]);
    assert_eq!(code, DATABASE);
    assert!(stderr.contains("schema apply"), "{stderr}");
    assert!(!db.file().exists());
}

fn a_check_writes_nothing(engine: Engine) {
    let db = SchemaDatabase::of_the_app(engine);
    let before = (db.schema(), std::fs::read(db.file()).ok());
    db.expect("needs_apply");
    db.schema_command(&["status"]);
    assert!((db.schema(), std::fs::read(db.file()).ok()) == before, "the database has changed");
}

fn a_required_column_that_the_tool_does_not_fill_stops(engine: Engine) {
    let db = SchemaDatabase::changed(
        engine,
        &Change {
            sqlite: ("\"username\" TEXT,", "\"username\" TEXT,\n    \"tenant\" TEXT NOT NULL,"),
            postgres: "ALTER TABLE \"User\" ADD COLUMN \"tenant\" TEXT NOT NULL",
            mysql: "ALTER TABLE \"User\" ADD COLUMN \"tenant\" VARCHAR(20) NOT NULL",
        },
    );
    let document = db.expect("incompatible");
    assert_eq!(state_of(&document, "User", "tenant"), ["incompatible"]);
    db.expect_apply_refused("User.tenant");
}

fn further_columns_with_a_default_or_nullable_stop_nothing(engine: Engine) {
    let db = SchemaDatabase::of_the_app(engine);
    db.run("ALTER TABLE \"User\" ADD COLUMN \"tenant\" VARCHAR(20) NOT NULL DEFAULT 'x'");
    db.run("ALTER TABLE \"Transaction\" ADD COLUMN \"remark\" TEXT");
    db.apply();
    let document = db.expect("ready");
    assert_eq!(state_of(&document, "User", "tenant"), ["note"]);
}

fn a_missing_core_column_stops(engine: Engine) {
    let db = SchemaDatabase::of_the_app(engine);
    db.run("ALTER TABLE \"Transaction\" DROP COLUMN \"affiliateShare\"");
    let document = db.expect("incompatible");
    assert_eq!(state_of(&document, "Transaction", "affiliateShare"), ["incompatible"]);
    db.expect_apply_refused("Transaction.affiliateShare");
}

fn a_missing_core_table_stops(engine: Engine) {
    let db = SchemaDatabase::of_the_app(engine);
    db.run("DROP TABLE \"WalletTransaction\"; DROP TABLE \"Wallet\"");
    db.expect("incompatible");
    db.expect_apply_refused("table Wallet");
}

fn a_column_of_another_type_stops(engine: Engine) {
    let db = SchemaDatabase::changed(
        engine,
        &Change {
            sqlite: ("\"name\" TEXT NOT NULL", "\"name\" INTEGER NOT NULL"),
            postgres: "ALTER TABLE \"User\" ALTER COLUMN \"name\" TYPE integer USING 0",
            mysql: "ALTER TABLE \"User\" MODIFY \"name\" INTEGER NOT NULL",
        },
    );
    let document = db.expect("incompatible");
    assert_eq!(state_of(&document, "User", "name"), ["incompatible"]);
    db.expect_apply_refused("where text belongs");
}

/// An amount may be a decimal or, in an older schema, a float.
fn an_amount_may_be_a_float(engine: Engine) {
    let db = SchemaDatabase::changed(
        engine,
        &Change {
            sqlite: ("\"balance\" DECIMAL", "\"balance\" REAL"),
            postgres: "ALTER TABLE \"Wallet\" ALTER COLUMN \"balance\" TYPE double precision",
            mysql: "ALTER TABLE \"Wallet\" MODIFY \"balance\" DOUBLE NOT NULL DEFAULT 0",
        },
    );
    db.apply();
    db.expect("ready");
}

fn a_column_that_may_not_stay_empty_stops(engine: Engine) {
    let db = SchemaDatabase::changed(
        engine,
        &Change {
            sqlite: ("\"password\" TEXT,", "\"password\" TEXT NOT NULL,"),
            postgres: "ALTER TABLE \"User\" ALTER COLUMN \"password\" SET NOT NULL",
            mysql: "ALTER TABLE \"User\" MODIFY \"password\" VARCHAR(191) NOT NULL",
        },
    );
    db.expect("incompatible");
}

fn a_checklist_table_of_another_shape_stops(engine: Engine) {
    let db = SchemaDatabase::of_the_app(engine);
    db.run(
        "CREATE TABLE \"SejoliWebhookLog\" (\"id\" VARCHAR(99) NOT NULL PRIMARY KEY, \"orderId\" VARCHAR(99) NOT NULL)",
    );
    let document = db.expect("incompatible");
    assert_eq!(state_of(&document, "SejoliWebhookLog", "webhookPayload"), ["incompatible"]);
}

fn a_database_as_loose_as_the_live_one_is_ready(engine: Engine) {
    let db = SchemaDatabase::of_the_app(engine);
    for index in ["Transaction_externalId_key", "Transaction_invoiceNumber_key"] {
        db.run(&drop_index(engine, "Transaction", index));
    }
    db.run("DROP TABLE \"UserProduct\"; DROP TABLE \"UserRole\"");
    db.apply();
    let document = db.expect("ready");
    assert_eq!(state_of(&document, "UserRole", "UserRole"), ["note"]);
    assert_eq!(state_of(&document, "Transaction", "Transaction_externalId_key"), ["note"]);
}

fn missing_foreign_keys_are_a_note(engine: Engine) {
    let key = "    CONSTRAINT \"AffiliateConversion_transactionId_fkey\" FOREIGN KEY (\"transactionId\") \
               REFERENCES \"Transaction\" (\"id\") ON DELETE CASCADE ON UPDATE CASCADE,\n";
    let db = SchemaDatabase::changed(
        engine,
        &Change {
            sqlite: (key, ""),
            postgres: "ALTER TABLE \"AffiliateConversion\" DROP CONSTRAINT \"AffiliateConversion_transactionId_fkey\"",
            mysql: "ALTER TABLE \"AffiliateConversion\" DROP FOREIGN KEY \"AffiliateConversion_transactionId_fkey\"",
        },
    );
    db.apply();
    let document = db.expect("ready");
    let keys =
        document["findings"].as_array().unwrap().iter().filter(|finding| finding["kind"] == "foreign_key");
    let notes: Vec<_> = keys.filter(|finding| finding["state"] == "note").collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert_eq!(notes[0]["name"], "transactionId");
}

fn another_database_is_left_alone(engine: Engine) {
    let db = SchemaDatabase::with(
        engine,
        "CREATE TABLE wp_posts (id INTEGER PRIMARY KEY); CREATE TABLE wp_users (id INTEGER)",
    );
    db.expect("not_ours");
    db.expect_apply_refused("not the app's database");
}

#[test]
fn a_text_file_is_no_database() {
    let db = SchemaDatabase::none(Engine::Sqlite);
    std::fs::write(db.file(), "order_id,amount\n1,150000\n".repeat(100)).unwrap();
    for command in ["check", "apply", "status", "revert"] {
        let (code, _, stderr) = db.schema_command(&[command]);
        assert_eq!(code, DATABASE, "{command}: {stderr}");
    }
    assert!(std::fs::read_to_string(db.file()).unwrap().starts_with("order_id"));
}

/// A user of the database who may only read is told so before anything else.
#[cfg(feature = "postgres")]
#[test]
fn a_user_who_may_only_read_is_told_so() {
    let db = SchemaDatabase::of_the_app(Engine::Postgres);
    db.apply();
    let role = format!("reader_{}", std::process::id());
    db.run(&format!("CREATE ROLE {role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"));
    let url = db.0.url();
    let (_, host) =
        url.split_once("://").and_then(|(_, rest)| rest.split_once('@')).expect("a URL with a user");
    let outcome = tool(&["--database-url", &format!("postgresql://{role}@{host}"), "schema", "check"]);
    db.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    assert_eq!(outcome.code, DATABASE, "{outcome:?}");
    assert!(outcome.prose().contains("may not insert, update and delete"), "{}", outcome.stdout);
}

/// The same on MySQL, where only the grants tell.
#[cfg(feature = "mysql")]
#[test]
fn a_user_who_may_only_read_is_told_so_on_mysql() {
    let db = SchemaDatabase::of_the_app(Engine::Mysql);
    db.apply();
    let user = format!("reader_{}", std::process::id());
    let url = db.0.url();
    let (_, host) =
        url.split_once("://").and_then(|(_, rest)| rest.split_once('@')).expect("a URL with a user");
    let database = host.split(['/', '?']).nth(1).expect("a database");
    db.run(&format!(
        "CREATE USER {user} IDENTIFIED BY 'p@ss'; GRANT SELECT ON {database}.* TO {user}; \
         GRANT INSERT, UPDATE, DELETE ON {database}.\"User\" TO {user}"
    ));
    let own = format!("mysql://{user}:p%40ss@{host}");
    let outcome = tool(&["--database-url", &own, "schema", "check"]);
    let doctor = tool(&["--database-url", &own, "doctor"]);
    db.run(&format!("DROP USER {user}"));
    assert_eq!((outcome.code, doctor.code), (DATABASE, DATABASE), "{outcome:?} {doctor:?}");
    let said = outcome.prose();
    let refused = |table: &str| {
        said.contains(&format!("table {table} this user of the database may not insert, update and delete"))
    };
    assert!(refused("Wallet") && !refused("User"), "{}", outcome.stdout);
    assert!(doctor.prose().contains("read-only"), "{}", doctor.stdout);
}

/// The app's tables may lie in another schema than the first one.
#[cfg(feature = "postgres")]
#[test]
fn another_schema_is_the_only_one_that_is_looked_at() {
    let db = SchemaDatabase::of_the_app(Engine::Postgres);
    db.run("CREATE SCHEMA \"toko Budi\"");
    let url = format!("{}schema=toko%20Budi&connection_limit=1", db.0.url());
    let run = |args: &[&str]| {
        let mut all = vec!["--database-url", url.as_str(), "schema"];
        all.extend(args);
        tool(&all)
    };
    let before = db.schema();
    let empty = run(&["check"]);
    assert!(empty.prose().contains("the app's tables are in the schema \"public\""), "{}", empty.stdout);
    assert_eq!(run(&["apply"]).code, DONE);
    assert_eq!(run(&["check"]).code, DONE);
    assert_eq!(db.schema(), before, "public is not touched");
    assert_eq!(run(&["revert"]).code, DONE);
    let missing = tool(&["--database-url", &url.replace("Budi", "Ani"), "schema", "check"]);
    assert_eq!(missing.code, DATABASE, "{missing:?}");
    assert!(missing.stderr.contains("toko Ani"), "{}", missing.stderr);
}

on_each_engine!(
    a_check_writes_nothing,
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
);
