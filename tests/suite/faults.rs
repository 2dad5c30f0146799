//! The plug is pulled, two come at once, somebody presses Ctrl-C: the end is the same.

use crate::support::exit_code::{DONE, REFUSED, ROWS_LEFT};
use crate::support::library::{Cell, DatabaseUse};
use crate::support::{
    AppDatabase, BackgroundTool, Compared, Edits, Engine, Exports, assert_same, count, dump, imported, json,
    on_each_engine,
};

#[cfg(any(feature = "postgres", feature = "mysql"))]
mod servers {
    use std::process::Command;

    use crate::support::library::Cell;
    use crate::support::library::Store;
    use crate::support::sessions::{end_session, other_sessions};

    use super::*;
    use crate::support::{AS_OF, on_each_server, tool};

    impl BackgroundTool {
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
                self.assert_running();
            }
        }
    }

    /// Ends every connection to the database but our own.
    fn cut(engine: Engine, look: &mut Store) {
        for session in other_sessions(engine, look) {
            end_session(engine, look, session);
        }
    }

    fn l25_a_lost_connection_is_met_by_another_attempt(engine: Engine) {
        let (exports, _) = Exports::generated(600);
        let undisturbed = AppDatabase::new(engine);
        imported(&undisturbed, "all", exports.path(), &["--batch-size", "5"], DONE);
        let db = AppDatabase::new(engine);
        let mut look = db.store(DatabaseUse::Write);
        let (path, out) = (exports.path().display().to_string(), db.path("out").display().to_string());
        let log = db.path("import.jsonl").display().to_string();
        let options = ["--as-of", AS_OF, "--create-memberships", "--batch-size", "5", "--log-file", &log];
        let import = [&["import", "all", &path, "--out", &out], options.as_slice()].concat();
        let mut running = BackgroundTool::start(&db, &import);
        for batches in [1, 15, 40, 90, 130] {
            running.batches(&mut look, batches);
            cut(engine, &mut look);
        }
        let (code, stderr) = running.end();
        assert_eq!(code, DONE, "{stderr}");
        assert!(stderr.matches("trying again").count() >= 5, "{stderr}");
        let log = std::fs::read_to_string(&log).expect("the log");
        let events = |message: &str| log.matches(&format!("\"message\":\"{message}\"")).count();
        assert!(events("trying again") >= 5 && events("connected again") >= 5, "{log}");
        assert!(log.contains("\"attempt\":1") && log.contains("\"wait_ms\":"), "{log}");
        assert_same(&dump(&undisturbed, Compared::Content), &dump(&db, Compared::Content), "after the cuts");
        assert_eq!(count(&db, "SejoliImportRun", "1"), 1);
    }

    /// `more` goes to the end of the URL, for the first and for the second.
    fn a_second_writer_on_a_server_is_refused_by_name_and_readers_are_not(engine: Engine, more: &str) {
        let (exports, _) = Exports::generated(1_500);
        let db = AppDatabase::new(engine);
        let (url, path) = (format!("{}{more}", db.url()), exports.path().display().to_string());
        let out = db.path("out").display().to_string();
        let import = ["import", "all", &path, "--out", &out, "--batch-size", "5"];
        let mut look = db.store(DatabaseUse::Write);
        let mut first =
            BackgroundTool::spawn(Command::new(env!("CARGO_BIN_EXE_sejoli-migrate")), &url, &import);
        first.batches(&mut look, 2);
        for args in [
            import.as_slice(),
            &["rollback", "--last", "--yes"],
            &["purge", "--older-than", "0", "--yes"],
            &["schema", "revert", "--yes"],
            &["unlock", "--yes"],
        ] {
            let second = tool(&at(&url, args));
            assert_eq!(second.code, REFUSED, "{args:?}: {second:?}");
            let process = format!("import all on {} (process {}) since 20", hostname(), first.0.id());
            assert!(second.stderr.contains(&process), "{args:?}: {}", second.stderr);
        }
        for args in [vec!["status"], vec!["report"], vec!["unlock"]] {
            let reader = tool(&at(&url, &args));
            assert_eq!(reader.code, DONE, "{args:?}: {reader:?}");
        }
        first.assert_running();
        first.signal("-KILL");
        first.end();
        let next = tool(&at(&url, &import));
        assert_eq!(next.code, ROWS_LEFT, "a dead holder's lock goes by itself: {next:?}");
        assert!(next.stderr.contains("going on with run"), "{next:?}");
    }

    fn at<'a>(url: &'a str, args: &[&'a str]) -> Vec<&'a str> {
        [&["--database-url", url], args].concat()
    }

    fn hostname() -> String {
        let name = std::fs::read_to_string("/proc/sys/kernel/hostname").expect("a host name");
        name.trim().to_owned()
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn a_second_writer_is_refused_by_name_postgres() {
        a_second_writer_on_a_server_is_refused_by_name_and_readers_are_not(Engine::Postgres, "");
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn a_second_writer_is_refused_by_name_through_a_pooler() {
        a_second_writer_on_a_server_is_refused_by_name_and_readers_are_not(
            Engine::Postgres,
            "pgbouncer=true",
        );
    }

    #[cfg(feature = "mysql")]
    #[test]
    fn a_second_writer_is_refused_by_name_mysql() {
        a_second_writer_on_a_server_is_refused_by_name_and_readers_are_not(Engine::Mysql, "");
    }

    on_each_server!(l25_a_lost_connection_is_met_by_another_attempt);
}

#[test]
fn a_signal_ends_an_import_between_two_batches_and_the_same_command_goes_on() {
    let (exports, _) = Exports::generated(400);
    let undisturbed = AppDatabase::new(Engine::Sqlite);
    imported(&undisturbed, "all", exports.path(), &["--batch-size", "5"], DONE);
    let db = AppDatabase::new(Engine::Sqlite);
    for (signal, code, transactions) in [("-INT", 130, 5), ("-TERM", 143, 20)] {
        let mut running = BackgroundTool::import(&db, exports.path(), "5");
        running.wait_for_writes(&db, transactions);
        running.signal(signal);
        let (ended, stderr) = running.end();
        assert_eq!(ended, code, "{stderr}");
        assert!(stderr.contains("finishing this batch; once more to stop at once"), "{stderr}");
        let said = stderr.rsplit_once("This goes on from here: sejoli-migrate ").expect("a command").1;
        assert!(said.contains("shop.db") && said.contains(" import all "), "{stderr}");
        assert_eq!(count(&db, "SejoliImportLock", "1"), 0, "the lock is given back");
        let status = db.run(&["status"]);
        assert!(status.stdout.contains("interrupted"), "{}", status.stdout);
    }
    let (code, stderr) = BackgroundTool::import(&db, exports.path(), "5").end();
    assert_eq!(code, DONE, "{stderr}");
    assert_same(&dump(&undisturbed, Compared::Content), &dump(&db, Compared::Content), "after the signals");
}

/// Somebody else keeps the file from the batch at work, so that both signals come while there is one. There are batches enough
/// for somebody who is slow to come.
#[test]
fn a_second_signal_stops_at_once_and_the_same_command_goes_on() {
    let (exports, _) = Exports::generated(800);
    let undisturbed = AppDatabase::new(Engine::Sqlite);
    imported(&undisturbed, "all", exports.path(), &["--batch-size", "5"], DONE);
    let db = AppDatabase::new(Engine::Sqlite);
    let mut other = db.store(DatabaseUse::Write);
    let mut running = BackgroundTool::import(&db, exports.path(), "5");
    running.wait_for_writes(&db, 5);
    other.run_script("BEGIN IMMEDIATE").expect("the file is ours");
    running.signal("-INT");
    running.wait_for_message("finishing this batch; once more to stop at once");
    running.signal("-INT");
    let (code, stderr) = running.end();
    assert_eq!(code, 130, "{stderr}");
    assert!(
        stderr.contains("the batch at work is undone by the database. This goes on from here: "),
        "{stderr}"
    );
    other.run_script("ROLLBACK").expect("the file is free");
    let (code, stderr) = BackgroundTool::import(&db, exports.path(), "5").end();
    assert_eq!(code, DONE, "{stderr}");
    assert_same(&dump(&undisturbed, Compared::Content), &dump(&db, Compared::Content), "after two signals");
}

#[test]
fn a_second_writer_is_refused_by_name_and_readers_are_not() {
    let (exports, _) = Exports::generated(6_000);
    let db = AppDatabase::new(Engine::Sqlite);
    let mut first = BackgroundTool::import(&db, exports.path(), "500");
    first.wait_for_writes(&db, 3);
    let path = exports.path().display().to_string();
    for args in [
        vec!["import", "all", path.as_str()],
        vec!["rollback", "--last", "--yes"],
        vec!["schema", "revert", "--yes"],
        vec!["unlock", "--yes"],
    ] {
        let second = db.run(&args);
        assert_eq!(second.code, REFUSED, "{args:?}: {second:?}");
        let process = format!("process {}", first.id());
        assert!(second.stderr.contains(&process), "{args:?}: {}", second.stderr);
        assert!(second.stderr.contains("import all on "), "{args:?}: {}", second.stderr);
    }
    for args in [vec!["status"], vec!["report"], vec!["unlock"]] {
        let reader = db.run(&args);
        assert_eq!(reader.code, DONE, "{args:?}: {reader:?}");
    }
    let (code, stderr) = first.end();
    assert_eq!(code, DONE, "{stderr}");
}

#[test]
fn the_journal_mode_of_the_app_stays_and_no_journal_is_left_behind() {
    for mode in ["delete", "wal"] {
        let (exports, _) = Exports::generated(20);
        let db = AppDatabase::new(Engine::Sqlite);
        db.sql(&format!("PRAGMA journal_mode = {mode}"));
        let import = db.import("all", exports.path(), &[]);
        assert_eq!(import.code, DONE, "{import:?}");
        assert!(!db.path("shop.db-journal").exists(), "{mode}");
        assert_eq!(db.query("PRAGMA journal_mode"), [[Cell::Text(mode.to_owned())]]);
    }
}

#[test]
fn a_dead_holders_lock_goes_by_itself_and_another_machines_by_unlock() {
    let (exports, _) = Exports::generated(60);
    let db = AppDatabase::new(Engine::Sqlite);
    let held = |host: &str, heartbeat: &str| {
        db.sql(&format!(
            "INSERT INTO \"SejoliImportLock\" VALUES ('sejoli-migrate', 'import all', '{host}', 'boot', 1, 7, 0, {heartbeat})"
        ));
    };
    let hostname = std::fs::read_to_string("/proc/sys/kernel/hostname").expect("a host name");
    // Started another time: dead at once, but for the first minute.
    held(hostname.trim(), "0");
    imported(&db, "all", exports.path(), &[], DONE);
    held("another-machine", "4000000000000");
    let refused = db.run(&["rollback", "--last", "--yes"]);
    assert_eq!(refused.code, REFUSED, "{refused:?}");
    assert!(refused.stderr.contains("another-machine"), "{}", refused.stderr);
    assert_eq!(db.run(&["unlock", "--yes"]).code, DONE);
    assert_eq!(db.run(&["rollback", "--last", "--yes"]).code, DONE);
    held("another-machine", "0");
    imported(&db, "all", exports.path(), &[], DONE);
}

#[test]
fn unlock_visits_every_holder_and_refuses_at_the_end_if_one_is_at_work() {
    let db = AppDatabase::new(Engine::Sqlite);
    let read = |path: &str| std::fs::read_to_string(path).expect("a file of the kernel's").trim().to_owned();
    let (host, boot) = (read("/proc/sys/kernel/hostname"), read("/proc/sys/kernel/random/boot_id"));
    let own = read(&format!("/proc/{}/stat", std::process::id()));
    let start =
        own.rsplit_once(')').expect("a name").1.split_whitespace().nth(19).expect("a time").to_owned();
    let held = |part: u8, host: &str, boot: &str| {
        let (pid, command) = (std::process::id(), format!("import all, part {part}/3"));
        db.sql(&format!(
            "INSERT INTO \"SejoliImportLock\" VALUES \
             ('sejoli-migrate group {part}/3', '{command}', '{host}', '{boot}', {pid}, {start}, 0, 4000000000000)"
        ));
    };
    held(1, &host, &boot);
    held(2, "another-machine", "boot");
    held(3, "a-third-machine", "boot");
    let looked = json(&db.run(&["unlock", "--format", "json"]));
    let states: Vec<&str> = looked["holders"]
        .as_array()
        .expect("holders")
        .iter()
        .filter_map(|one| one["state"].as_str())
        .collect();
    assert_eq!(states, ["running", "elsewhere", "elsewhere"]);
    let outcome = db.run(&["unlock", "--yes", "--format", "json"]);
    assert_eq!(outcome.code, REFUSED, "{outcome:?}");
    assert!(outcome.stderr.contains("part 1/3"), "{}", outcome.stderr);
    let removed = json(&outcome)["holders"].as_array().expect("holders").clone();
    assert_eq!(removed.iter().map(|one| one["removed"] == true).collect::<Vec<_>>(), [false, true, true]);
    assert_eq!(count(&db, "SejoliImportLock", "1"), 1);
}

/// A membership of the app's own and a new one, each with two rows, and the interruption between them.
#[test]
fn l24_a_renewal_is_counted_the_same_whether_it_comes_before_or_after_an_interruption() {
    let renewal: Edits = &[("membership_id", "M2"), ("product_id", "104"), ("expiry_date", "2027-06-01")];
    let exports = Exports::new().orders(&[&[]]).memberships(&[&[&[]], &[renewal]]);
    for owned in [false, true] {
        let [undisturbed, db] = [(); 2].map(|()| AppDatabase::new(Engine::Sqlite));
        let one_by_one = ["--batch-size", "1"];
        for db in [&undisturbed, &db] {
            imported(db, "orders", exports.path(), &[], DONE);
            if owned {
                imported(db, "memberships", exports.path(), &one_by_one, DONE);
                db.sql(
                    "DELETE FROM \"SejoliSourceRecord\"; UPDATE \"UserMembership\" SET \"status\" = 'PAUSED'",
                );
            }
        }
        let whole = imported(&undisturbed, "memberships", exports.path(), &one_by_one, DONE);
        db.sql(
            "CREATE TRIGGER \"stop\" BEFORE INSERT ON \"SejoliSourceRecord\" WHEN NEW.\"sourceKey\" = 'M2' \
             BEGIN SELECT RAISE(ABORT, 'stop here'); END",
        );
        let stopped = db.import("memberships", exports.path(), &one_by_one);
        assert!(stopped.code == 1 && stopped.stderr.contains("stop here"), "{stopped:?}");
        db.sql("DROP TRIGGER \"stop\"");
        let resumed = imported(&db, "memberships", exports.path(), &one_by_one, DONE);
        assert!(resumed["resumed"] == true && resumed["phases"] == whole["phases"], "{resumed}\n{whole}");
        let compared = Compared::Content;
        assert_same(&dump(&undisturbed, compared), &dump(&db, compared), "after the interruption");
    }
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
    let db = AppDatabase::new(engine);
    db.sql("CREATE UNIQUE INDEX one_name ON \"Transaction\"(\"customerName\")");
    let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!(document["phases"]["orders"]["rejected"]["rows"], 2, "{document}");
    assert_eq!(document["total"]["findings"]["SJM-0704"], 2, "{document}");
    let arrived = count(&db, "Transaction", "1");
    assert_eq!(arrived.unsigned_abs(), figures.orders - 2);
    let reasons =
        db.query("SELECT \"sourceKey\", \"reason\" FROM \"SejoliImportReject\" ORDER BY \"record\"");
    let keys: Vec<&str> = [141, 250].map(|row| orders.get(row, "order_id")).to_vec();
    for (row, key) in reasons.iter().zip(keys) {
        assert_eq!(row[0].clone().into_text().as_deref(), Some(key));
    }
    assert_eq!(count(&db, "SejoliImportRun", "1"), 1);
}

on_each_engine!(l2_a_row_that_the_database_refuses_is_rejected_and_the_rest_of_its_batch_arrives);
