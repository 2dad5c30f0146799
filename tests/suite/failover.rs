//! A PostgreSQL server goes down in the middle, and its standby takes over, which may not have heard of the last commits.

use crate::support::exit_code::{DATABASE, DONE, REFUSED};
use crate::support::library::{Cell, DatabaseUse, Store};
use crate::support::postgres_pair::PostgresPair;
use crate::support::{
    AS_OF, AppDatabase, BackgroundTool, Compared, Dump, Engine, Exports, Outcome, assert_same, count, dump,
    imported, tool,
};

/// A shop, the pair of servers that it is imported into, and what an undisturbed import leaves there.
struct Shop {
    exports: Exports,
    undisturbed: Dump,
    runs: i64,
    /// The database that is disturbed, by way of both servers. It ends before its servers.
    db: AppDatabase,
    servers: PostgresPair,
}

impl Shop {
    fn new() -> Self {
        let (exports, _) = Exports::generated(200);
        let servers = PostgresPair::start();
        let alone = AppDatabase::on_server(Engine::Postgres, &servers.url(&[0], "postgres"));
        imported(&alone, "all", exports.path(), &["--batch-size", "5"], DONE);
        let undisturbed = dump(&alone, Compared::Content);
        let runs = count(&alone, "DataImportLog", "1");
        drop(alone);
        // The standby is named first: what writes passes it over as long as it is one.
        let db = AppDatabase::on_server(Engine::Postgres, &servers.url(&[1, 0], "postgres"));
        Self { exports, undisturbed, runs, db, servers }
    }

    fn start(&self, command: &[&str]) -> BackgroundTool {
        BackgroundTool::start(&self.db, &[&["-v"], command].concat())
    }

    fn import(&self) -> BackgroundTool {
        let (path, out) =
            (self.exports.path().display().to_string(), self.db.path("out").display().to_string());
        let options =
            ["--as-of", AS_OF, "--create-memberships", "--batch-size", "5", "--retries", "12", "--out", &out];
        self.start(&[&["import", "all", &path], options.as_slice()].concat())
    }

    /// Has the standby hear of what was done until a message, and not of some batches that are done after it, and fails over.
    fn lose_some_batches(&mut self, running: &mut BackgroundTool, message: &str) {
        running.wait_for_message(message);
        running.signal("-STOP");
        self.servers.wait_for_standby();
        self.servers.cut_off();
        let heard_of = batches(&mut self.store_at(1));
        let mut primary = self.store_at(0);
        running.signal("-CONT");
        while batches(&mut primary).abs_diff(heard_of) < 5 {
            running.assert_running();
        }
        running.signal("-STOP");
        drop(primary);
        self.servers.fail_over();
        running.signal("-CONT");
    }

    /// The database as one of the servers has it.
    fn store_at(&self, server: usize) -> Store {
        let url = self.servers.url(&[server], &database_name(&self.db));
        Store::open(&url, DatabaseUse::Read).expect("a server")
    }

    #[track_caller]
    fn assert_imported(&self) {
        self.db.refresh();
        assert_same(&self.undisturbed, &dump(&self.db, Compared::Content), "after the fail-over");
        assert_eq!(count(&self.db, "DataImportLog", "1"), self.runs, "each batch is there once");
        let verified = self.verify();
        assert_eq!(verified.code, DONE, "{verified:?}");
    }

    fn verify(&self) -> Outcome {
        self.db.run(&["verify", &self.exports.path().display().to_string()])
    }
}

/// How many batches a server knows of.
fn batches(store: &mut Store) -> i64 {
    match store.query("SELECT count(*) FROM \"DataImportLog\"", &[]).expect("a number")[0][0] {
        Cell::Int(batches) => batches,
        ref other => panic!("{other:?}"),
    }
}

fn database_name(db: &AppDatabase) -> String {
    let url = db.url();
    url.rsplit_once('/').expect("a database").1.trim_end_matches('?').to_owned()
}

#[test]
fn l25_an_import_goes_on_at_the_standby_that_took_over() {
    let mut shop = Shop::new();
    let mut running = shop.import();
    running.wait_for_message("batch=3 ");
    running.signal("-STOP");
    shop.servers.wait_for_standby();
    shop.servers.fail_over();
    running.signal("-CONT");
    let (code, said) = running.end();
    assert_eq!(code, DONE, "{said}");
    assert!(said.contains("trying again") && said.contains("going on with run"), "{said}");
    assert!(!said.contains("are gone"), "{said}");
    shop.assert_imported();
}

/// A batch is answered before it is on the disk, so that the server may have forgotten the last ones.
#[test]
fn l25_an_import_and_a_rollback_go_on_at_the_server_that_has_crashed_and_is_back() {
    let mut shop = Shop::new();
    let before = dump(&shop.db, Compared::Rows);
    let crash = |shop: &mut Shop, running: &mut BackgroundTool, message: &str| {
        running.wait_for_message(message);
        running.signal("-STOP");
        shop.servers.crash_and_restart();
        running.signal("-CONT");
    };
    let mut running = shop.import();
    crash(&mut shop, &mut running, "batch=20 ");
    let (code, said) = running.end();
    assert_eq!(code, DONE, "{said}");
    assert!(said.contains("trying again"), "{said}");
    shop.assert_imported();
    let mut running = shop.start(&["rollback", "--last", "--yes"]);
    crash(&mut shop, &mut running, "batch undone");
    let (code, said) = running.end();
    assert_eq!(code, DONE, "{said}");
    shop.db.refresh();
    assert_same(&before, &dump(&shop.db, Compared::Rows), "after the rollback");
}

#[test]
fn l25_confirmed_batches_that_the_new_primary_never_saw_are_said_and_written_again() {
    let mut shop = Shop::new();
    let mut running = shop.import();
    shop.lose_some_batches(&mut running, "batch=3 ");
    let (code, said) = running.end();
    assert_eq!(code, DONE, "{said}");
    assert!(said.contains("batches are gone that the database had confirmed"), "{said}");
    shop.assert_imported();
}

#[test]
fn l25_where_even_the_lock_is_gone_the_import_stops_and_its_command_goes_on() {
    let mut shop = Shop::new();
    shop.servers.wait_for_standby();
    shop.servers.cut_off();
    let mut running = shop.import();
    running.wait_for_message("batch=3 ");
    running.signal("-STOP");
    shop.servers.fail_over();
    running.signal("-CONT");
    let (code, said) = running.end();
    assert_eq!(code, REFUSED, "{said}");
    assert!(said.contains("another server has taken over without it"), "{said}");
    let (code, said) = shop.import().end();
    assert_eq!(code, DONE, "{said}");
    shop.assert_imported();
}

#[test]
fn l25_a_rollback_undoes_again_what_the_new_primary_has_not_heard_of() {
    let mut shop = Shop::new();
    let before = dump(&shop.db, Compared::Rows);
    let (code, said) = shop.import().end();
    assert_eq!(code, DONE, "{said}");
    let mut running = shop.start(&["rollback", "--last", "--yes"]);
    shop.lose_some_batches(&mut running, "batch undone");
    let (code, said) = running.end();
    assert_eq!(code, DONE, "{said}");
    assert!(said.contains("trying again"), "{said}");
    shop.db.refresh();
    assert_same(&before, &dump(&shop.db, Compared::Rows), "after the rollback");
    for table in ["SejoliImportJournal", "DataImportLog"] {
        assert_eq!(count(&shop.db, table, "1"), 0, "{table}");
    }
}

#[test]
fn a_standby_alone_is_no_host_to_write_to_and_one_to_read_from_on_request() {
    let servers = PostgresPair::start();
    let db = AppDatabase::on_server(Engine::Postgres, &servers.url(&[1, 0], "postgres"));
    servers.wait_for_standby();
    let database = database_name(&db);
    let standby = servers.url(&[1, 1], &database);
    let refused = tool(&["--database-url", &standby, "schema", "check"]);
    assert_eq!(refused.code, DATABASE, "{refused:?}");
    assert!(refused.stderr.contains("the server is not read-write"), "{refused:?}");
    let read = tool(&["--database-url", &format!("{standby}?target_session_attrs=any"), "schema", "check"]);
    assert_eq!(read.code, DONE, "{read:?}");
    let primary = servers.url(&[1, 0], &database) + "?target_session_attrs=standby";
    let schema = tool(&["--database-url", &primary, "schema", "check"]);
    assert_eq!(schema.code, DONE, "{schema:?}");
}
