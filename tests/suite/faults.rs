//! The plug is pulled, two come at once, somebody presses Ctrl-C: the end is the same.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::import::{Compared, Exports, assert_same, count, dump, imported};
use crate::support::{AS_OF, Engine, Shop, on_each_engine};

const DONE: i32 = 0;
const ROWS_LEFT: i32 = 3;
const REFUSED: i32 = 5;

/// How often the plug is pulled in each test.
const KILLS: u64 = 20;

/// The binary at work on a shop, in the background.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(shop: &Shop, args: &[&str]) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_sejoli-migrate"))
            .args(["--database-url", &shop.url()])
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        Self(child)
    }

    pub(crate) fn import(shop: &Shop, exports: &Path, batch_size: &str) -> Self {
        let (path, out) = (exports.display().to_string(), shop.path("out").display().to_string());
        let options = ["--as-of", AS_OF, "--create-memberships", "--batch-size", batch_size];
        Self::start(shop, &[&["import", "all", &path, "--out", &out], options.as_slice()].concat())
    }

    /// Whether it is still at it.
    pub(crate) fn lives(&mut self) -> bool {
        self.0.try_wait().expect("the process is ours").is_none()
    }

    #[track_caller]
    pub(crate) fn must_live(&mut self) {
        if let Some(status) = self.0.try_wait().expect("the process is ours") {
            let mut said = String::new();
            let _ = self.0.stderr.take().map(|mut stderr| stderr.read_to_string(&mut said));
            panic!("it was over too soon: {status}\n{said}");
        }
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.0.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits until a transaction has begun to write, or the process has ended.
    pub(crate) fn until_it_writes(&mut self, shop: &Shop) {
        let journal = shop.path("shop.db-journal");
        while !journal.exists() && self.lives() {}
    }

    /// Waits until a number of transactions have begun to write; the process must live until then.
    /// SQLite's journal comes and goes with each of them, and to look at it disturbs nobody.
    #[track_caller]
    fn writes(&mut self, shop: &Shop, transactions: u64) {
        let journal = shop.path("shop.db-journal");
        let (mut seen, mut was_there) = (0, false);
        while seen < transactions {
            let is_there = journal.exists();
            seen += u64::from(is_there && !was_there);
            was_there = is_there;
            if !is_there {
                self.must_live();
            }
        }
    }

    pub(crate) fn end(self) -> (i32, String) {
        let output = self.0.wait_with_output().expect("the process ends");
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
mod servers {
    use sejoli_migrate::store::value::Cell;
    use sejoli_migrate::store::{Mode, Store};

    use super::*;

    impl Running {
        /// Waits until a server has committed a number of batches; the process must live until then.
        #[track_caller]
        fn batches(&mut self, look: &mut Store, batches: i64) {
            let number = |look: &mut Store| match &look
                .query("SELECT count(*) FROM \"DataImportLog\"", &[])
                .expect("a count")[0][0]
            {
                Cell::Int(number) => *number,
                other => panic!("{other:?}"),
            };
            while number(look) < batches {
                self.must_live();
            }
        }
    }

    /// Ends every connection to the database but our own.
    fn cut(engine: Engine, look: &mut Store) {
        let (others, end) = match engine {
            #[cfg(feature = "postgres")]
            Engine::Postgres => (
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
                "SELECT pg_terminate_backend(",
            ),
            #[cfg(feature = "mysql")]
            Engine::Mysql => (
                "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()",
                "KILL (",
            ),
            Engine::Sqlite => panic!("a file has no connection"),
        };
        for row in look.query(others, &[]).expect("the connections") {
            if let Cell::Int(connection) = row[0] {
                // Whoever has gone by himself needs no cutting.
                let _ = look.run_script(&format!("{end}{connection})"));
            }
        }
    }

    fn l25_a_lost_connection_is_met_by_another_attempt(engine: Engine) {
        let (exports, _) = Exports::generated(600);
        let undisturbed = Shop::new(engine);
        imported(&undisturbed, "all", exports.path(), &["--batch-size", "5"], DONE);
        let shop = Shop::new(engine);
        let mut look = shop.store(Mode::Write);
        let mut running = Running::import(&shop, exports.path(), "5");
        for batches in [1, 15, 40, 90, 130] {
            running.batches(&mut look, batches);
            cut(engine, &mut look);
        }
        let (code, stderr) = running.end();
        assert_eq!(code, DONE, "{stderr}");
        assert!(stderr.matches("trying again").count() >= 5, "{stderr}");
        assert_same(
            &dump(&undisturbed, Compared::Content),
            &dump(&shop, Compared::Content),
            "after the cuts",
        );
        assert_eq!(count(&shop, "SejoliImportRun", "1"), 1);
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn l25_a_lost_connection_is_met_by_another_attempt_postgres() {
        l25_a_lost_connection_is_met_by_another_attempt(Engine::Postgres);
    }

    #[cfg(feature = "mysql")]
    #[test]
    fn l25_a_lost_connection_is_met_by_another_attempt_mysql() {
        l25_a_lost_connection_is_met_by_another_attempt(Engine::Mysql);
    }
}

/// Numbers that look random and are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    /// Lets a moment pass, so that the kill falls anywhere in a batch.
    fn moment(&mut self) {
        for _ in 0..self.below(400_000) {
            std::hint::spin_loop();
        }
    }
}

#[test]
fn l25_an_import_that_is_killed_twenty_times_ends_like_an_undisturbed_one() {
    let (exports, _) = Exports::generated(900);
    let undisturbed = Shop::new(Engine::Sqlite);
    imported(&undisturbed, "all", exports.path(), &["--batch-size", "5"], DONE);
    let shop = Shop::new(Engine::Sqlite);
    let mut chance = Chance(25);
    for _ in 0..KILLS {
        let mut running = Running::import(&shop, exports.path(), "5");
        running.writes(&shop, 1 + chance.below(6));
        chance.moment();
        running.signal("-KILL");
        running.end();
    }
    let (code, stderr) = Running::import(&shop, exports.path(), "5").end();
    assert_eq!(code, DONE, "{stderr}");
    let compared = Compared::Content;
    assert_same(&dump(&undisturbed, compared), &dump(&shop, compared), "after the kills");
    assert_eq!(count(&shop, "SejoliImportRun", "1"), 1, "one run, however often it was begun");
    let verified = shop.run(&["verify", &exports.path().display().to_string()]);
    assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
}

#[test]
fn a_rollback_that_is_killed_twenty_times_leaves_the_database_as_it_was() {
    let (exports, _) = Exports::generated(900);
    let shop = Shop::new(Engine::Sqlite);
    let before = dump(&shop, Compared::Rows);
    imported(&shop, "all", exports.path(), &["--batch-size", "5"], DONE);
    let run = shop.query("SELECT \"id\" FROM \"SejoliImportRun\"")[0][0].clone().into_text().expect("a run");
    let rollback = ["rollback", run.as_str(), "--yes"];
    let mut chance = Chance(26);
    for _ in 0..KILLS {
        let mut running = Running::start(&shop, &rollback);
        running.writes(&shop, 1 + chance.below(6));
        chance.moment();
        running.signal("-KILL");
        running.end();
    }
    let (code, stderr) = Running::start(&shop, &rollback).end();
    assert_eq!(code, DONE, "{stderr}");
    assert_same(&before, &dump(&shop, Compared::Rows), "after the kills");
    assert_eq!(count(&shop, "SejoliImportRun", "\"state\" = 'ROLLED_BACK'"), 1);
    assert_eq!((count(&shop, "DataImportLog", "1"), count(&shop, "SejoliImportJournal", "1")), (0, 0));
}

#[test]
fn a_signal_ends_an_import_between_two_batches_and_the_same_command_goes_on() {
    let (exports, _) = Exports::generated(400);
    let undisturbed = Shop::new(Engine::Sqlite);
    imported(&undisturbed, "all", exports.path(), &["--batch-size", "5"], DONE);
    let shop = Shop::new(Engine::Sqlite);
    for (signal, code, transactions) in [("-INT", 130, 5), ("-TERM", 143, 20)] {
        let mut running = Running::import(&shop, exports.path(), "5");
        running.writes(&shop, transactions);
        running.signal(signal);
        let (ended, stderr) = running.end();
        assert_eq!(ended, code, "{stderr}");
        assert!(stderr.contains("the same command goes on"), "{stderr}");
        assert_eq!(count(&shop, "SejoliImportLock", "1"), 0, "the lock is given back");
        let status = shop.run(&["status"]);
        assert!(status.stdout.contains("interrupted"), "{}", status.stdout);
    }
    let (code, stderr) = Running::import(&shop, exports.path(), "5").end();
    assert_eq!(code, DONE, "{stderr}");
    assert_same(&dump(&undisturbed, Compared::Content), &dump(&shop, Compared::Content), "after the signals");
}

#[test]
fn a_second_writer_is_refused_by_name_and_readers_are_not() {
    let (exports, _) = Exports::generated(6_000);
    let shop = Shop::new(Engine::Sqlite);
    let mut first = Running::import(&shop, exports.path(), "500");
    first.writes(&shop, 3);
    let path = exports.path().display().to_string();
    for args in [
        vec!["import", "all", path.as_str()],
        vec!["rollback", "--last", "--yes"],
        vec!["schema", "revert", "--yes"],
        vec!["unlock", "--yes"],
    ] {
        let second = shop.run(&args);
        assert_eq!(second.code, REFUSED, "{args:?}: {second:?}");
        let process = format!("process {}", first.0.id());
        assert!(second.stderr.contains(&process), "{args:?}: {}", second.stderr);
        assert!(second.stderr.contains("import all on "), "{args:?}: {}", second.stderr);
    }
    for args in [vec!["status"], vec!["report"], vec!["unlock"]] {
        let reader = shop.run(&args);
        assert_eq!(reader.code, DONE, "{args:?}: {reader:?}");
    }
    let (code, stderr) = first.end();
    assert_eq!(code, DONE, "{stderr}");
}

#[test]
fn a_dead_holders_lock_goes_by_itself_and_another_machines_by_unlock() {
    let (exports, _) = Exports::generated(60);
    let shop = Shop::new(Engine::Sqlite);
    let held = |host: &str, heartbeat: &str| {
        shop.sql(&format!(
            "INSERT INTO \"SejoliImportLock\" VALUES ('sejoli-migrate', 'import all', '{host}', 'boot', 1, 7, 0, {heartbeat})"
        ));
    };
    let hostname = std::fs::read_to_string("/proc/sys/kernel/hostname").expect("a host name");
    held(hostname.trim(), "4000000000000");
    imported(&shop, "all", exports.path(), &[], DONE);
    held("another-machine", "4000000000000");
    let refused = shop.run(&["rollback", "--last", "--yes"]);
    assert_eq!(refused.code, REFUSED, "{refused:?}");
    assert!(refused.stderr.contains("another-machine"), "{}", refused.stderr);
    assert_eq!(shop.run(&["unlock", "--yes"]).code, DONE);
    assert_eq!(shop.run(&["rollback", "--last", "--yes"]).code, DONE);
    held("another-machine", "0");
    imported(&shop, "all", exports.path(), &[], DONE);
}

/// The app has come to want something of a column that the tool cannot know.
fn l2_a_row_that_the_database_refuses_is_rejected_and_the_rest_of_its_batch_arrives(engine: Engine) {
    let (exports, figures) = Exports::generated(300);
    let mut orders = exports.sheet("orders.csv");
    for row in [40, 141, 250] {
        orders.set(row, "buyer_name", "Nama Kembar");
    }
    for row in 0..orders.len() {
        if orders.get(row, "buyer_name") != "Nama Kembar" {
            orders.set(row, "buyer_name", &format!("Pembeli {row}"));
        }
    }
    orders.write(&exports.path().join("orders.csv"));
    let shop = Shop::new(engine);
    shop.sql("CREATE UNIQUE INDEX one_name ON \"Transaction\"(\"customerName\")");
    let document = imported(&shop, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!(document["phases"]["orders"]["rejected"]["rows"], 2, "{document}");
    assert_eq!(document["total"]["findings"]["SJM-0704"], 2, "{document}");
    let arrived = count(&shop, "Transaction", "1");
    assert_eq!(arrived.unsigned_abs(), figures.orders - 2);
    let reasons =
        shop.query("SELECT \"sourceKey\", \"reason\" FROM \"SejoliImportReject\" ORDER BY \"record\"");
    let keys: Vec<&str> = [141, 250].map(|row| orders.get(row, "order_id")).to_vec();
    for (row, key) in reasons.iter().zip(keys) {
        assert_eq!(row[0].clone().into_text().as_deref(), Some(key));
    }
    assert_eq!(count(&shop, "SejoliImportRun", "1"), 1);
}

on_each_engine!(l2_a_row_that_the_database_refuses_is_rejected_and_the_rest_of_its_batch_arrives);
