//! Many rows of a table go to a near MySQL or MariaDB by LOAD DATA where the server allows that. What arrives, and what is
//! said of rows that are refused, is what INSERT would have given.

use crate::support::app_rows::app_user;
use crate::support::exit_code::{DONE, UNEXPECTED};
use crate::support::library::error::{DatabaseError, ErrorCode};
use crate::support::library::record::{Record, Table};
use crate::support::library::tables::{Role, Transaction, User};
use crate::support::library::{Cell, DatabaseUse, JsonText, Millis, Money, Store, Value};
use crate::support::server::{Server, answers, init, serve, server_folder};
use crate::support::{
    AppDatabase, Compared, Engine, Exports, app_transaction, assert_same, dump, free_port, imported,
};

/// A server of the test's own: what it allows, and what it has done, is the test's own, too.
struct LoadingServer {
    _server: Server,
    url: String,
    _folder: tempfile::TempDir,
}

impl LoadingServer {
    fn start() -> Self {
        let folder = server_folder();
        let (data, port) = (folder.path().join("data"), free_port());
        let url = format!("mysql://root@127.0.0.1:{port}/mysql");
        init("mysql", &data);
        let server = serve("mysql", (&data, &url, port), &[], ("SELECT 'up'", "up"));
        Self { _server: server, url, _folder: folder }
    }

    fn set(&self, setting: &str) {
        let mut store = Store::open(&self.url, DatabaseUse::Write).expect("the server answers");
        store.run_script(&format!("SET GLOBAL {setting}")).expect("a setting");
    }

    /// How many LOAD DATAs it has done or refused.
    fn loads(&self) -> u64 {
        let loads = answers(&self.url, "SHOW GLOBAL STATUS LIKE 'Com_load'").expect("the server answers");
        loads.parse().expect("a number")
    }

    /// Does something with an empty database by each of the two ways, the LOAD DATA first.
    fn both_ways<T>(&self, work: impl Fn(&AppDatabase) -> T) -> [T; 2] {
        ["local_infile = 1", "local_infile = 0"].map(|setting| {
            self.set(setting);
            let (before, is_loaded) = (self.loads(), setting.ends_with('1'));
            let done = work(&AppDatabase::on_server(Engine::Mysql, &self.url));
            assert_eq!(self.loads() > before, is_loaded, "{setting}");
            done
        })
    }
}

/// What a text may hold that ends a cell or a row, escapes, or looks like NULL.
const WORDS: [&str; 16] = [
    "",
    " ",
    "\\N",
    "NULL",
    "\\",
    "\\\\",
    "\t",
    "a\tb\\\tc",
    "\n",
    "line\r\nline\n\n",
    "\0",
    "a\0\\0",
    "'\"`;--",
    "\u{1a}\u{8}\r",
    "Ömer 😀 \u{10ffff}",
    "trailing ",
];

/// As many people as go by LOAD DATA, each with another text in each place that takes one.
fn people() -> Vec<User> {
    let people = (0..256_usize).map(|at| {
        let (word, other) = (WORDS[at % 16], WORDS[at / 16]);
        let mut user = app_user(
            &format!("u{at:04}"),
            &format!("u{at}@example.org"),
            &format!("{word}{other}"),
            Role::MemberFree,
        );
        user.password = Some(other.to_owned()).filter(|_| at % 3 > 0);
        user.phone = Some(word.to_owned()).filter(|_| at % 5 > 0);
        user.email_verified = at % 2 == 0;
        user.created_at = Millis(1_700_000_000_000 + at as i64);
        user
    });
    people.collect()
}

/// Their orders, with amounts and JSON.
fn orders() -> Vec<Transaction> {
    let orders = (0..256_usize).map(|at| {
        let mut order = app_transaction(&format!("t{at:04}"), &format!("u{at:04}"), None, None);
        order.amount = Money::from_minor([0, 1, -1, 99, 123_456_789_012][at % 5] + at as i64);
        order.affiliate_share = Some(Money::from_minor(at as i64)).filter(|_| at % 2 == 0);
        order.description = Some(WORDS[at % 16].to_owned());
        order.metadata =
            Some(JsonText(format!(r#"{{"at":{at},"text":"\"\\\n\u0000😀"}}"#))).filter(|_| at % 3 > 0);
        order.paid_at = Some(Millis(1_600_000_000_123)).filter(|_| at % 7 > 0);
        order
    });
    orders.collect()
}

fn rows_of<R: Record>(records: Vec<R>) -> Vec<Vec<Value>> {
    records.into_iter().map(R::into_row).collect()
}

fn in_one_transaction(store: &mut Store, parts: Parts) -> anyhow::Result<()> {
    store.transaction(|store| parts.into_iter().try_for_each(|(table, rows)| store.insert_rows(table, rows)))
}

/// All cells of people and orders, as the server has them.
fn cells(db: &AppDatabase) -> Vec<Vec<Vec<Cell>>> {
    let mut store = db.store(DatabaseUse::Read);
    let ask = |table: &&Table| store.query(&format!("SELECT * FROM \"{}\" ORDER BY \"id\"", table.name), &[]);
    [User::TABLE, Transaction::TABLE].iter().map(ask).map(|rows| rows.expect("rows")).collect()
}

#[test]
fn every_kind_of_cell_arrives_by_load_data_as_by_insert() {
    let server = LoadingServer::start();
    let [loaded, inserted] = server.both_ways(|db| {
        let mut store = db.store(DatabaseUse::Write);
        let parts = vec![(User::TABLE, rows_of(people())), (Transaction::TABLE, rows_of(orders()))];
        in_one_transaction(&mut store, parts).expect("rows go in");
        let found: Vec<User> = store.select("ORDER BY \"id\"", &[]).expect("rows");
        assert_eq!(rows_of(found), rows_of(people()));
        let found: Vec<Transaction> = store.select("ORDER BY \"id\"", &[]).expect("rows");
        assert_eq!(rows_of(found), rows_of(orders()));
        drop(store);
        cells(db)
    });
    assert_eq!(loaded, inserted);
}

/// Rows of some tables, in the order in which they go in.
type Parts = Vec<(&'static Table, Vec<Vec<Value>>)>;

/// Rows among which INSERT refuses one, and the error's number.
fn faults() -> Vec<(u16, Parts)> {
    let changed = |change: fn(&mut User)| {
        let mut people = people();
        change(&mut people[200]);
        vec![(User::TABLE, rows_of(people))]
    };
    let with = |table: &'static Table, rows: Vec<Vec<Value>>, column: &str, value: Value| {
        let mut rows = rows;
        rows[200][table.position(column)] = value;
        (table, rows)
    };
    let everybody = || (User::TABLE, rows_of(people()));
    let late = Value::Time(Millis(300_000_000_000_000));
    vec![
        (1062, changed(|user| user.email = "u7@example.org".to_owned())),
        (1062, changed(|user| user.id = "u0007".to_owned())),
        (1406, changed(|user| user.name = "x".repeat(192))),
        (1048, vec![with(User::TABLE, rows_of(people()), "name", Value::Null)]),
        (1292, vec![everybody(), with(Transaction::TABLE, rows_of(orders()), "createdAt", late)]),
        (1452, vec![(Transaction::TABLE, rows_of(orders()))]),
        // The order of one who was left out is refused, too: the first error counts.
        (
            1062,
            [
                changed(|user| user.email = "u7@example.org".to_owned()),
                vec![(Transaction::TABLE, rows_of(orders()))],
            ]
            .concat(),
        ),
    ]
}

#[test]
fn a_row_that_is_refused_gives_the_error_that_an_insert_gives_and_leaves_the_transaction_as_it_was() {
    let server = LoadingServer::start();
    let [loaded, inserted] = server.both_ways(|db| {
        let mut store = db.store(DatabaseUse::Write);
        let url = db.url();
        let (_, database) = url.rsplit_once('/').expect("a database");
        let database = database.trim_end_matches('?');
        let work = |store: &mut Store| {
            store.insert(app_user("kept", "kept@example.org", "Kept", Role::MemberFree))?;
            let refused = faults().into_iter().map(|(number, parts)| {
                let refused = in_one_transaction(store, parts).expect_err("it is refused");
                let said = format!("{refused:#}");
                let error = refused.downcast::<DatabaseError>().expect("an error of the database's");
                assert!(error.blames_row() && error.code == ErrorCode::Mysql(number), "{number}: {error:?}");
                said.replace(database, "the database")
            });
            let refused: Vec<String> = refused.collect();
            in_one_transaction(store, vec![(User::TABLE, rows_of(people()))])?;
            Ok(refused)
        };
        let refused = store.transaction(work).expect("what is right goes in");
        assert_eq!(store.select::<User>("", &[]).expect("rows").len(), 257);
        assert!(!store.has_row::<Transaction>("", &[]).expect("rows"));
        refused
    });
    assert_eq!(loaded, inserted);
}

/// What the server takes with a warning by both ways, as a column that is narrower than an amount, goes in by INSERT.
#[test]
fn what_an_insert_takes_with_a_warning_goes_in_all_the_same() {
    let server = LoadingServer::start();
    let [loaded, inserted] = server.both_ways(|db| {
        db.sql("ALTER TABLE \"Transaction\" MODIFY \"amount\" DECIMAL(20, 1) NOT NULL");
        let mut store = db.store(DatabaseUse::Write);
        for (table, rows) in [(User::TABLE, rows_of(people())), (Transaction::TABLE, rows_of(orders()))] {
            in_one_transaction(&mut store, vec![(table, rows)]).expect("rows go in");
        }
        drop(store);
        cells(db)
    });
    assert_eq!(loaded, inserted);
}

/// A server, or what stands before it, that says it allows LOAD DATA and then does not.
#[test]
fn rows_go_by_insert_once_a_load_data_is_refused() {
    let server = LoadingServer::start();
    server.set("local_infile = 1");
    let db = AppDatabase::on_server(Engine::Mysql, &server.url);
    let mut store = db.store(DatabaseUse::Write);
    server.set("local_infile = 0");
    let before = server.loads();
    for (table, rows) in [(User::TABLE, rows_of(people())), (Transaction::TABLE, rows_of(orders()))] {
        in_one_transaction(&mut store, vec![(table, rows)]).expect("rows go in");
    }
    let found: Vec<Transaction> = store.select("ORDER BY \"id\"", &[]).expect("rows");
    assert_eq!(rows_of(found), rows_of(orders()));
    assert_eq!(server.loads() - before, 1);
}

#[test]
fn an_import_leaves_the_same_rows_by_load_data_as_by_insert() {
    let server = LoadingServer::start();
    let (exports, _) = Exports::generated(600);
    let [loaded, inserted] = server.both_ways(|db| {
        imported(db, "all", exports.path(), &[], DONE);
        let doctor = db.run(&["doctor"]);
        let way = doctor.stdout.lines().find(|line| line.contains(" rows ")).expect("a line").to_owned();
        (dump(db, Compared::Content), way)
    });
    assert_same(&loaded.0, &inserted.0, "by the other way");
    assert!(loaded.1.ends_with("by LOAD DATA"), "{}", loaded.1);
    assert!(inserted.1.ends_with("by INSERT, since local_infile is off"), "{}", inserted.1);
}

#[test]
fn an_import_that_is_refused_ends_by_load_data_as_by_insert() {
    let server = LoadingServer::start();
    let (exports, _) = Exports::generated(600);
    let [loaded, inserted] = server.both_ways(|db| {
        db.sql("CREATE UNIQUE INDEX one_entry ON \"WalletTransaction\"(\"type\")");
        let outcome = db.import("all", exports.path(), &["--batch-size", "500"]);
        let why = outcome.stderr.lines().find(|line| line.contains("one_entry")).map(str::to_owned);
        ((outcome.code, why.expect("the index is named")), dump(db, Compared::Content))
    });
    assert_eq!(loaded.0, inserted.0);
    assert_eq!(loaded.0.0, UNEXPECTED);
    assert_same(&loaded.1, &inserted.1, "by the other way");
}
