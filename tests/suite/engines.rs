//! What holds on each engine alike: cells go back unchanged, and `verify` finds what is not right.

#[cfg(feature = "postgres")]
use crate::support::library::Store;
use crate::support::library::error::{DatabaseError, ErrorCode};

use crate::support::app_rows::app_user;
use crate::support::exit_code::{DONE, ROWS_LEFT, VERIFICATION_FAILED};
use crate::support::library::record::{Record as _, Table};
use crate::support::library::tables::{
    AffiliateConversion, JOURNALED, Role, SourceRecord, Transaction, User, UserMembership, Wallet, WebhookLog,
};
use crate::support::library::{Cell, DatabaseUse, Value};
use crate::support::{AppDatabase, Engine, Outcome, fixture, on_each_engine};

fn database_with(engine: Engine, name: &str, code: i32) -> AppDatabase {
    let db = AppDatabase::with_access(engine);
    let outcome = db.import("all", &fixture(name), &[]);
    assert_eq!(outcome.code, code, "{outcome:?}");
    db
}

fn verify(db: &AppDatabase, name: &str) -> Outcome {
    db.run(&["verify", &fixture(name).display().to_string()])
}

/// The cells of all columns of a few rows.
fn cells(db: &AppDatabase, table: &Table) -> (Vec<String>, Vec<Vec<Cell>>) {
    let mut store = db.store(DatabaseUse::Read);
    let columns = store.catalogue().expect("a catalogue")[table.name].columns.clone();
    let names: Vec<String> = columns.into_iter().map(|column| column.name).collect();
    let sql = format!("SELECT \"{}\" FROM \"{}\" ORDER BY \"id\" LIMIT 5", names.join("\", \""), table.name);
    (names, store.query(&sql, &[]).expect("rows"))
}

fn every_cell_goes_back_as_it_was(engine: Engine) {
    let db = database_with(engine, "clean", DONE);
    db.sql("UPDATE \"Wallet\" SET \"balancePending\" = 0.1, \"totalPayout\" = 123456789012.34");
    db.sql("UPDATE \"SejoliWebhookLog\" SET \"paidAmount\" = 0.1, \"affiliateRate\" = 1e-7");
    db.sql("UPDATE \"User\" SET \"name\" = 'Ömer \\\" '' 😀', \"emailVerified\" = NOT \"emailVerified\"");
    let mut seen = 0;
    for table in JOURNALED {
        let (names, rows) = cells(&db, table);
        seen += rows.len();
        let columns: Vec<&str> = names[1..].iter().map(String::as_str).collect();
        let keyed = rows.iter().map(|row| match &row[0] {
            Cell::Text(id) => (id.clone(), row[1..].to_vec()),
            other => panic!("{other:?}"),
        });
        db.store(DatabaseUse::Write).restore_rows(table, &columns, keyed.collect()).expect("cells go back");
        assert_eq!(cells(&db, table).1, rows, "{}", table.name);
    }
    assert!(seen > 40, "{seen} rows");
}

fn a_row_that_was_taken_away_comes_back_as_it_was(engine: Engine) {
    let db = database_with(engine, "clean", DONE);
    for table in [AffiliateConversion::TABLE, SourceRecord::TABLE, WebhookLog::TABLE] {
        let (names, rows) = cells(&db, table);
        let ids: Vec<String> = rows.iter().filter_map(|row| row[0].clone().into_text()).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let columns: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut store = db.store(DatabaseUse::Write);
        store.delete_rows(table, &ids).expect("rows go");
        store.reinsert_rows(table, &columns, rows.clone()).expect("rows come back");
        drop(store);
        assert_eq!(cells(&db, table).1, rows, "{}", table.name);
    }
    assert_eq!(verify(&db, "clean").code, DONE);
}

/// As many people as go in bulk, each with another letter in the middle of the name.
fn crowd() -> Vec<Vec<Value>> {
    let letters = (1..=600).filter_map(char::from_u32);
    let letters = letters.chain(['\u{2028}', '😀', '\u{10ffff}']);
    let crowd = letters.enumerate().map(|(at, letter)| {
        let name = format!("\\N{letter}\\.\\{letter}';--");
        app_user(&format!("u{at:04}"), &format!("u{at}@example.org"), &name, Role::MemberFree).into_row()
    });
    crowd.collect()
}

fn any_letter_goes_in_by_the_hundred_and_comes_back(engine: Engine) {
    let db = AppDatabase::new(engine);
    let mut store = db.store(DatabaseUse::Write);
    let crowd = crowd();
    store.insert_rows(User::TABLE, crowd.clone()).expect("rows go in");
    let found: Vec<User> = store.select("ORDER BY \"id\"", &[]).expect("rows");
    let found: Vec<Vec<Value>> = found.into_iter().map(User::into_row).collect();
    assert_eq!(found, crowd);
}

/// What a refused row is searched by: the kind of the error, and a connection that goes on.
fn rows_that_are_refused_in_bulk_say_why_and_can_be_taken_back(engine: Engine) {
    let db = AppDatabase::new(engine);
    let mut store = db.store(DatabaseUse::Write);
    let mut crowd = crowd();
    store.begin().expect("a transaction");
    store.insert_rows(User::TABLE, vec![crowd.remove(0)]).expect("a row");
    let mut refused = |rows: Vec<Vec<Value>>| {
        let error =
            store.transaction(|store| store.insert_rows(User::TABLE, rows)).expect_err("it is refused");
        let error = error.downcast::<DatabaseError>().expect("an error of the database's");
        assert!(error.blames_row(), "{error:?}");
        error.code
    };
    let (unique, not_null) = match engine {
        Engine::Sqlite => (ErrorCode::Sqlite(19), ErrorCode::Sqlite(19)),
        #[cfg(feature = "postgres")]
        Engine::Postgres => (ErrorCode::sqlstate("23505"), ErrorCode::sqlstate("23502")),
        #[cfg(feature = "mysql")]
        Engine::Mysql => (ErrorCode::Mysql(1062), ErrorCode::Mysql(1048)),
    };
    let twice = [crowd.as_slice(), &crowd[300..301]].concat();
    assert_eq!(refused(twice), unique);
    let mut nameless = crowd.clone();
    nameless[400][User::TABLE.position("name")] = Value::Null;
    assert_eq!(refused(nameless), not_null);
    store.insert_rows(User::TABLE, crowd).expect("all but what was refused");
    let found: Vec<User> = store.select("", &[]).expect("rows");
    assert_eq!(found.len(), 603);
    store.rollback().expect("all is taken back");
    assert!(!store.has_row::<User>("", &[]).expect("rows"));
}

/// COPY refuses a table with policies for its rows.
#[cfg(feature = "postgres")]
#[test]
fn rows_go_in_by_the_hundred_where_policies_watch_over_them() {
    let db = AppDatabase::new(Engine::Postgres);
    let role = format!("watched_{}", std::process::id());
    db.sql(&format!("CREATE ROLE {role} LOGIN"));
    db.sql(&format!("GRANT SELECT, INSERT ON \"User\" TO {role}"));
    db.sql("ALTER TABLE \"User\" ENABLE ROW LEVEL SECURITY");
    db.sql("CREATE POLICY anybody ON \"User\" USING (true) WITH CHECK (\"name\" <> '')");
    let mut url = url::Url::parse(&db.url()).expect("a URL");
    url.set_username(&role).expect("a user");
    let mut store = Store::open(url.as_str(), DatabaseUse::Write).expect("a store");
    let inserted = store.insert_rows(User::TABLE, crowd());
    drop(store);
    db.sql(&format!("DROP OWNED BY {role}"));
    db.sql(&format!("DROP ROLE {role}"));
    inserted.expect("rows go in");
    assert_eq!(db.query("SELECT \"id\" FROM \"User\"").len(), 603);
}

/// How many rows the server takes a table to have; -1 where it was never looked at.
#[cfg(feature = "postgres")]
fn estimated_rows(db: &AppDatabase, table: &Table) -> Vec<Vec<Cell>> {
    let sql = "SELECT CAST(reltuples AS integer) FROM pg_class WHERE oid = CAST(? AS regclass)";
    let name = Cell::Text(format!("\"{}\"", table.name));
    db.store(DatabaseUse::Read).query(sql, &[name]).expect("an estimate")
}

#[cfg(feature = "postgres")]
#[test]
fn a_server_counts_the_rows_of_its_own_tables_and_passes_over_others() {
    let db = AppDatabase::new(Engine::Postgres);
    db.store(DatabaseUse::Write).insert_rows(User::TABLE, crowd()).expect("rows go in");
    let role = format!("guest_{}", std::process::id());
    db.sql(&format!("CREATE ROLE {role} LOGIN"));
    db.sql(&format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"));
    let mut url = url::Url::parse(&db.url()).expect("a URL");
    url.set_username(&role).expect("a user");
    let guest = Store::open(url.as_str(), DatabaseUse::Write).expect("a store").refresh_statistics();
    let unseen = estimated_rows(&db, User::TABLE);
    db.sql(&format!("DROP OWNED BY {role}"));
    db.sql(&format!("DROP ROLE {role}"));
    guest.expect("tables of somebody else's are passed over");
    assert_eq!(unseen, [[Cell::Int(-1)]]);
    let mut store = db.store(DatabaseUse::Write);
    let setting = "SELECT current_setting('default_statistics_target')";
    let before = store.query(setting, &[]).expect("a setting");
    store.refresh_statistics().expect("the rows are counted");
    assert_eq!(
        store.query(setting, &[]).expect("a setting"),
        before,
        "how much is looked at is said for once"
    );
    assert_eq!(estimated_rows(&db, User::TABLE), [[Cell::Int(603)]]);
    let looked_at = "SELECT CAST(attname AS text) FROM pg_stats WHERE tablename = ? ORDER BY 1";
    let columns = db.store(DatabaseUse::Read).query(looked_at, &[Cell::Text("User".to_owned())]);
    let found: Vec<Cell> = columns.expect("statistics").into_iter().flatten().collect();
    assert_eq!(
        found,
        ["email", "id", "role", "username"].map(|name| Cell::Text(name.to_owned())),
        "its keys"
    );
}

/// What is set for one transaction goes with it. Behind a pooler, which hides a crash, every transaction waits.
#[cfg(feature = "postgres")]
#[test]
fn only_transactions_that_may_lag_do_not_wait_for_the_disk() {
    let db = AppDatabase::new(Engine::Postgres);
    for (more, waits_while_allowed) in [("", false), ("pgbouncer=true", true)] {
        let mut store = Store::open(&format!("{}{more}", db.url()), DatabaseUse::Write).expect("a store");
        // Servers for tests alone need not survive a power failure, and wait for nothing by themselves.
        store.run_script("SET synchronous_commit TO on").expect("a setting");
        let mut waits = |lag: Option<bool>| {
            lag.into_iter().for_each(|allowed| store.let_commits_lag(allowed));
            let asked = store.transaction(|store| store.query("SHOW synchronous_commit", &[]));
            asked.expect("a setting") == [[Cell::Text("on".to_owned())]]
        };
        let found = [None, Some(true), None, Some(false)].map(&mut waits);
        assert_eq!(found, [true, waits_while_allowed, waits_while_allowed, true], "{more}");
    }
}

/// Texts that would be SQL, if they were not kept apart from it.
const HOSTILE: [&str; 7] = [
    "'; DROP TABLE \"User\"; --",
    "\\'; DROP TABLE \"User\"; --",
    "\\\\' \\\" \\n \\0 \\% \\",
    "''\"\"``?:1$1",
    "\u{1a}\r\n\t\u{8}",
    "😀 \u{10ffff} \u{301} \u{feff}",
    "/*! DROP TABLE */ #",
];

/// What a server is told of quotes and backslashes decides what a literal means.
#[cfg(feature = "mysql")]
#[test]
fn hostile_texts_and_bytes_stay_what_they_are_whatever_a_backslash_means() {
    for mode in
        ["ANSI_QUOTES", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES", "ANSI_QUOTES,PIPES_AS_CONCAT,STRICT_ALL_TABLES"]
    {
        let db = AppDatabase::new(Engine::Mysql);
        let mut store = db.store(DatabaseUse::Write);
        store.run_script(&format!("SET SESSION sql_mode = '{mode}'")).expect("a mode");
        store
            .run_script("CREATE TABLE \"kept\" (\"id\" int, \"text\" text, \"bytes\" blob)")
            .expect("a table");
        for (at, text) in HOSTILE.into_iter().enumerate() {
            let bytes: Vec<u8> = text.bytes().chain(0..=255).collect();
            let cells = [Cell::Int(at as i64), Cell::Text(text.to_owned()), Cell::Blob(bytes.clone())];
            store.execute("INSERT INTO \"kept\" VALUES (?, ?, ?)", &cells).expect("a row goes in");
            let kept = "SELECT \"text\", \"bytes\" FROM \"kept\" WHERE \"text\" = ? AND \"bytes\" = ?";
            let found = store.query(kept, &cells[1..]).expect("a row");
            assert_eq!(found, [vec![Cell::Text(text.to_owned()), Cell::Blob(bytes)]], "{mode}: {text:?}");
        }
    }
}

fn hostile_texts_go_ahead_of_a_commit_as_what_they_are(engine: Engine) {
    let db = AppDatabase::new(engine);
    let people = HOSTILE.into_iter().enumerate().map(|(at, text)| {
        app_user(&format!("u{at}"), &format!("u{at}@example.org"), text, Role::MemberFree).into_row()
    });
    let people: Vec<Vec<Value>> = people.collect();
    let mut store = db.store(DatabaseUse::Write);
    store.transaction(|store| store.insert_rows(User::TABLE, people.clone())).expect("rows go in");
    let found: Vec<User> = store.select("ORDER BY \"id\"", &[]).expect("rows");
    assert_eq!(found.into_iter().map(User::into_row).collect::<Vec<_>>(), people);
}

/// Nothing may be committed of a batch of which a row is gone, whatever travels together.
fn a_batch_that_finds_a_row_gone_leaves_nothing(engine: Engine) {
    let db = AppDatabase::new(engine);
    let mut store = db.store(DatabaseUse::Write);
    let person = app_user("u", "u@example.org", "Umi", Role::MemberFree).into_row();
    let done = store.transaction(|store| {
        store.insert_rows(User::TABLE, vec![person.clone()])?;
        store.restore_rows(
            User::TABLE,
            &["name"],
            vec![("nobody".to_owned(), vec![Cell::Text("Umi".to_owned())])],
        )
    });
    let said = format!("{:#}", done.expect_err("a row is gone"));
    assert!(said.contains("User") && said.contains("1 of 1 rows no longer exist"), "{said}");
    assert!(!store.has_row::<User>("", &[]).expect("rows"), "a person is left");
    store.transaction(|store| store.insert_rows(User::TABLE, vec![person])).expect("the connection goes on");
}

/// What is refused is said by the next question or the commit, and names the table.
fn a_row_that_is_refused_ahead_is_named_by_what_follows(engine: Engine) {
    let db = AppDatabase::new(engine);
    let mut store = db.store(DatabaseUse::Write);
    let person = app_user("u", "u@example.org", "Umi", Role::MemberFree).into_row();
    let refused = store.transaction(|store| {
        store.insert_rows(User::TABLE, vec![person.clone()])?;
        store.insert_rows(User::TABLE, vec![person.clone()])?;
        store.query("SELECT \"id\" FROM \"User\"", &[])
    });
    let error = refused.expect_err("twice the same");
    let cause = error.chain().find_map(|cause| cause.downcast_ref::<DatabaseError>()).expect("a cause");
    assert!(cause.blames_row(), "{error:#}");
    assert!(format!("{error:#}").contains("User"), "{error:#}");
    assert!(!store.has_row::<User>("", &[]).expect("rows"), "a person is left");
}

/// One of type FLOAT prints six digits.
#[cfg(feature = "mysql")]
#[test]
fn a_number_comes_back_to_its_last_digit() {
    let db = AppDatabase::new(Engine::Mysql);
    let mut store = db.store(DatabaseUse::Write);
    store.run_script("CREATE TABLE \"kept\" (\"single\" float, \"double\" double)").expect("a table");
    store
        .execute("INSERT INTO \"kept\" VALUES (?, ?)", &[Cell::Real(16_777_215.0), Cell::Real(0.1 + 0.2)])
        .expect("a row");
    let found = store.query("SELECT \"single\", \"double\" FROM \"kept\"", &[]).expect("a row");
    assert_eq!(found.concat(), [Cell::Text("16777215".to_owned()), Cell::Real(0.1 + 0.2)]);
}

fn an_import_is_verified_to_the_last_field(engine: Engine) {
    for (name, code) in [("clean", DONE), ("messy", ROWS_LEFT)] {
        let db = database_with(engine, name, code);
        let outcome = verify(&db, name);
        assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    }
}

fn l27_a_corrupted_cell_of_any_kind_is_found(engine: Engine) {
    let db = database_with(engine, "clean", DONE);
    let corruptions: [(&Table, &str, &str); 9] = [
        (User::TABLE, "role", "'MENTOR'"),
        (User::TABLE, "isActive", "NOT \"isActive\""),
        (Transaction::TABLE, "amount", "\"amount\" + 0.01"),
        (Transaction::TABLE, "customerName", "'Orang Lain'"),
        (Transaction::TABLE, "metadata", "'{\"product\":1}'"),
        (WebhookLog::TABLE, "amount", "\"amount\" + 1"),
        (WebhookLog::TABLE, "webhookPayload", "'{\"cells\":{}}'"),
        (Wallet::TABLE, "balance", "\"balance\" + 1000"),
        (UserMembership::TABLE, "endDate", "'2020-01-02 03:04:05.678+00:00'"),
    ];
    for (table, column, value) in corruptions {
        let (names, rows) = cells(&db, table);
        let at = names.iter().position(|name| name == column).expect("the column");
        let (id, before) = (rows[0][0].clone().into_text().expect("an id"), rows[0][at].clone());
        let value = if engine == Engine::Sqlite { value.to_owned() } else { value.replace("+00:00", "") };
        db.sql(&format!("UPDATE \"{}\" SET \"{column}\" = {value} WHERE \"id\" = '{id}'", table.name));
        let outcome = verify(&db, "clean");
        assert_eq!(outcome.code, VERIFICATION_FAILED, "{}.{column}: {}", table.name, outcome.stdout);
        let mut store = db.store(DatabaseUse::Write);
        store.restore_rows(table, &[column], vec![(id, vec![before])]).expect("the cell goes back");
    }
    let outcome = verify(&db, "clean");
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
}

on_each_engine!(
    any_letter_goes_in_by_the_hundred_and_comes_back,
    rows_that_are_refused_in_bulk_say_why_and_can_be_taken_back,
    every_cell_goes_back_as_it_was,
    a_row_that_was_taken_away_comes_back_as_it_was,
    hostile_texts_go_ahead_of_a_commit_as_what_they_are,
    a_batch_that_finds_a_row_gone_leaves_nothing,
    a_row_that_is_refused_ahead_is_named_by_what_follows,
    an_import_is_verified_to_the_last_field,
    l27_a_corrupted_cell_of_any_kind_is_found,
);
