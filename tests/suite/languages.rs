//! Servers that speak another language: what goes away by itself is known by its number, since a user
//! without rights of his own cannot ask a server to speak English.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::exit_code::DONE;
use crate::support::library::{Cell, DatabaseUse, Store};
use crate::support::server::{Server, as_user, give, program, run};
use crate::support::{
    AppDatabase, BackgroundTool, Compared, Engine, Exports, assert_same, dump, free_port, imported, script,
    workspace,
};

const ORDERS: u32 = 600;

/// What takes the row that every batch of the tool touches last.
const IN_THE_WAY: &str = "UPDATE \"SejoliImportLock\" SET \"command\" = \"command\"";
/// What takes the row that it touches before, and so waits for it while it waits for the other.
const CROSS: &str = "UPDATE \"SejoliImportRun\" SET \"command\" = \"command\"";

/// A server whose messages are German, and its database `postgres` as a superuser.
fn postgres(folder: &Path) -> (Server, u16) {
    let locales = folder.join("locales");
    std::fs::create_dir(&locales).expect("a folder");
    let german = locales.join("de_DE.UTF-8");
    let made = Command::new(program("localedef", "libc-bin"))
        .args(["-i", "de_DE", "-f", "UTF-8"])
        .arg(&german)
        .output()
        .expect("localedef runs");
    let missing = "the test needs the definition of the locale de_DE: install the package locales";
    assert!(made.status.success() || german.is_dir(), "{missing}");
    give("postgres", folder);
    let (data, port) = (folder.join("data").display().to_string(), free_port());
    let new = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-D", &data];
    run(as_user("postgres", &program("initdb", "postgresql")).args(new));
    let mut command = as_user("postgres", &program("postgres", "postgresql"));
    command.env("LOCPATH", &locales).args(["-D", &data, "-p", &port.to_string()]);
    for setting in
        ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "lc_messages=de_DE.UTF-8"]
    {
        command.args(["-c", setting]);
    }
    let url = format!("postgresql://postgres@127.0.0.1:{port}/postgres");
    let server =
        Server::start(&mut command, &folder.join("log"), || Store::open(&url, DatabaseUse::Read).is_ok());
    (server, port)
}

/// The same of MariaDB, which has its translations built in.
fn mariadb(folder: &Path) -> (Server, String) {
    give("mysql", folder);
    let (data, port) = (folder.join("data").display().to_string(), free_port());
    run(&mut script(&["init", "mysql", &data]));
    let mut command = script(&["serve", "mysql", &data, &port.to_string(), "--lc-messages=de_DE"]);
    let url = format!("mysql://root@127.0.0.1:{port}/mysql");
    let answers = || Store::open(&url, DatabaseUse::Read).is_ok();
    (Server::start(&mut command, &folder.join("log"), answers), url)
}

fn number(store: &mut Store, sql: &str) -> i64 {
    match store.query(sql, &[]).unwrap_or_else(|error| panic!("{sql}: {error:#}"))[0][0] {
        Cell::Int(number) => number,
        ref other => panic!("{sql}: {other:?}"),
    }
}

/// Waits until the query, which counts, finds something; the process must live until then.
#[track_caller]
fn wait_until(running: &mut BackgroundTool, look: &mut Store, sql: &str) {
    while number(look, sql) == 0 {
        running.assert_running();
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until this many more batches are committed: the process is then connected and at work again, whatever it has met
/// before. It must live until then.
#[track_caller]
fn wait_for_more_batches(running: &mut BackgroundTool, look: &mut Store, more: i64) {
    let committed = number(look, "SELECT count(*) FROM \"DataImportLog\"") + more;
    let sql = format!("SELECT CASE WHEN count(*) >= {committed} THEN 1 ELSE 0 END FROM \"DataImportLog\"");
    wait_until(running, look, &sql);
}

/// A language that is missing is a machine that is not set up, not a test that passes.
#[track_caller]
fn assert_speaks_german(store: &mut Store, broken: &str, german: &str, packages: &str) {
    let error = store.query(broken, &[]).expect_err("it is refused").to_string();
    assert!(
        error.contains(german),
        "the test needs the server's German messages: install {packages} ({error})"
    );
}

/// Begins a transaction that takes the row which the tool needs for every batch.
#[track_caller]
fn take_the_row(other: &mut Store) {
    for step in ["BEGIN", IN_THE_WAY] {
        other.run_script(step).expect("a transaction that has the row");
    }
}

/// Holds a row until the tool gives up waiting for it, and says how it says so.
#[track_caller]
fn let_the_tool_give_up(running: &mut BackgroundTool, other: &mut Store, words: &str) {
    take_the_row(other);
    running.wait_for_message(words);
    other.run_script("ROLLBACK").expect("an end");
}

/// The import comes through, and leaves what an undisturbed one leaves.
#[track_caller]
fn assert_comes_through(engine: Engine, running: BackgroundTool, db: &AppDatabase, exports: &Exports) {
    let (code, stderr) = running.end();
    assert_eq!(code, DONE, "{stderr}");
    let undisturbed = AppDatabase::new(engine);
    imported(&undisturbed, "all", exports.path(), &["--batch-size", "5"], DONE);
    let (expected, found) = (dump(&undisturbed, Compared::Content), dump(db, Compared::Content));
    assert_same(&expected, &found, "after what the server has said in German");
}

#[test]
fn a_postgresql_server_that_speaks_german_is_understood() {
    let folder = workspace();
    let (_server, port) = postgres(folder.path());
    let url = |user: &str, name: &str| format!("postgresql://{user}@127.0.0.1:{port}/{name}");
    let mut superuser = Store::open(&url("postgres", "postgres"), DatabaseUse::Write).expect("a connection");
    superuser.run_script("CREATE ROLE toko LOGIN CREATEDB").expect("a user");
    let db = AppDatabase::on_server(Engine::Postgres, &url("toko", "postgres"));
    let (mut look, name) = (db.store(DatabaseUse::Read), db.url());
    let packages = "the packages postgresql and locales";
    assert_speaks_german(&mut look, "SELECT 1 / 0", "Division durch Null", packages);
    let name = name.rsplit('/').next().and_then(|name| name.split('?').next()).expect("a database");
    let mut other = Store::open(&url("postgres", name), DatabaseUse::Write).expect("a connection");
    // Who asks first finds the deadlock, and has to give up.
    other.run_script("SET deadlock_timeout = '10min'").expect("a setting");

    let (exports, _) = Exports::generated(ORDERS);
    let mut running = BackgroundTool::import(&db, exports.path(), "5");
    wait_for_more_batches(&mut running, &mut look, 3);
    take_the_row(&mut other);
    let waits = "SELECT count(*) FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
    wait_until(&mut running, &mut look, waits);
    other.run_script(CROSS).expect("the tool gives up, not we");
    other.run_script("ROLLBACK").expect("an end");
    running.wait_for_message("Verklemmung (Deadlock) entdeckt; trying again");

    wait_for_more_batches(&mut running, &mut look, 3);
    let_the_tool_give_up(&mut running, &mut other, "wegen Zeitüberschreitung einer Sperre; trying again");

    wait_for_more_batches(&mut running, &mut look, 3);
    // A connection that waits for a row is there to be ended, whatever the tool would be at otherwise.
    take_the_row(&mut other);
    wait_until(&mut running, &mut look, waits);
    let ends = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                WHERE datname = current_database() AND wait_event_type = 'Lock'";
    assert!(number(&mut other, ends) > 0, "no connection was ended");
    other.run_script("ROLLBACK").expect("an end");
    running.wait_for_message("trying again");
    assert_comes_through(Engine::Postgres, running, &db, &exports);
}

#[test]
fn a_mariadb_server_that_speaks_german_is_understood() {
    let folder = workspace();
    let (_server, url) = mariadb(folder.path());
    let db = AppDatabase::on_server(Engine::Mysql, &url);
    let (mut look, mut other) = (db.store(DatabaseUse::Write), db.store(DatabaseUse::Write));
    assert_speaks_german(
        &mut look,
        "SELECT * FROM nirgends",
        "existiert nicht",
        "the package mariadb-server",
    );

    let (exports, _) = Exports::generated(ORDERS);
    let mut running = BackgroundTool::import(&db, exports.path(), "5");
    wait_for_more_batches(&mut running, &mut look, 3);
    let_the_tool_give_up(&mut running, &mut other, "neu zu starten; trying again");

    wait_for_more_batches(&mut running, &mut look, 3);
    let others =
        "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()";
    let mine = number(&mut other, "SELECT CAST(connection_id() AS SIGNED)");
    for row in look.query(others, &[]).expect("the connections") {
        if let Cell::Int(id) = row[0]
            && id != mine
        {
            let _ = look.run_script(&format!("KILL {id}"));
        }
    }
    running.wait_for_message("trying again");
    assert_comes_through(Engine::Mysql, running, &db, &exports);
}
