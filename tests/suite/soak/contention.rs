//! Others at the same rows: deadlocks, transactions that cannot be put in an order, a busy file, and
//! a second run.

use std::time::{Duration, Instant};

use super::{DATABASE, DONE, ORDERS, REFUSED, ROLLBACK, ROWS_LEFT, Scenario, as_strs};
use crate::support::library::{Cell, DatabaseUse, Store};
use crate::support::{AppDatabase, BackgroundTool, Engine, on_each_engine};

fn number(store: &mut Store, sql: &str) -> i64 {
    match store.query(sql, &[]).unwrap_or_else(|error| panic!("{sql}: {error:#}"))[0][0] {
        Cell::Int(number) => number,
        ref other => panic!("{sql}: {other:?}"),
    }
}

/// Waits until so many batches are committed; the process must live until then.
#[track_caller]
fn batches(running: &mut BackgroundTool, look: &mut Store, batches: i64) {
    while number(look, "SELECT count(*) FROM \"DataImportLog\"") < batches {
        running.assert_running();
    }
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
mod rows {
    use super::*;
    use crate::support::row_locks::{until_one_waits, waiting};

    /// Takes the row that every batch touches last: who waits for it has written all of its batch, and will have to give that
    /// up.
    const IN_THE_WAY: &str = "UPDATE \"SejoliImportLock\" SET \"command\" = \"command\"";

    /// Waits until the tool has noticed that the row is free: what it is seen to wait for later is the next one's.
    fn until_it_goes_on(engine: Engine, running: &mut BackgroundTool, look: &mut Store) {
        while waiting(engine, look) > 0 {
            running.assert_running();
        }
    }

    /// The one who has to give up is the tool: the one who asks first on PostgreSQL, and the one who
    /// has written less elsewhere.
    fn a_deadlock_is_met_by_another_attempt(engine: Engine) {
        let scenario = Scenario::new(engine);
        let (mut look, mut other) =
            (scenario.db.store(DatabaseUse::Write), scenario.db.store(DatabaseUse::Write));
        let (before, write_more, after) = match engine.is_postgres() {
            true => ("SET deadlock_timeout = '10min'", "SELECT 1", "RESET deadlock_timeout"),
            false => (
                "CREATE TABLE ballast (number INT)",
                "INSERT INTO ballast SELECT 1 FROM information_schema.columns",
                "DROP TABLE ballast",
            ),
        };
        other.run_script(before).expect("a session");
        let mut running = scenario.start(&scenario.import());
        for committed in [2, 12, 25] {
            batches(&mut running, &mut look, committed);
            for step in ["BEGIN", IN_THE_WAY, write_more] {
                other.run_script(step).expect("a transaction that has the row");
            }
            until_one_waits(engine, &mut look, &mut running);
            // The tool has this row and waits for the other one.
            let cross = "UPDATE \"SejoliImportRun\" SET \"command\" = \"command\"";
            other.run_script(cross).expect("the tool gives up, not we");
            other.run_script("ROLLBACK").expect("an end");
        }
        let said = scenario.expect(running, ROWS_LEFT);
        assert!(said.to_lowercase().matches("deadlock").count() >= 3, "{said}");
        other.run_script(after).expect("all as it was");
        scenario.assert_imported("after the deadlocks");
    }

    crate::support::on_each_server!(a_deadlock_is_met_by_another_attempt);

    /// Every session of the database is serializable, as the app's team may have set it.
    #[cfg(feature = "postgres")]
    #[test]
    fn a_transaction_that_cannot_be_put_in_an_order_is_met_by_another_attempt() {
        let engine = Engine::Postgres;
        let scenario = Scenario::new(engine);
        let (mut look, mut other) =
            (scenario.db.store(DatabaseUse::Write), scenario.db.store(DatabaseUse::Write));
        let all = "DO $$ BEGIN EXECUTE format(\
                   'ALTER DATABASE %I SET default_transaction_isolation = serializable', current_database()); END $$";
        other.run_script(all).expect("a setting");
        for (command, code, steps) in [
            (scenario.import(), ROWS_LEFT, [2, 12, 25]),
            (ROLLBACK.map(str::to_owned).to_vec(), DONE, [0, 0, 0]),
        ] {
            let mut running = scenario.start(&command);
            for after in steps {
                batches(&mut running, &mut look, after);
                // It has begun to write, or there is no row to take.
                while number(&mut look, "SELECT count(*) FROM \"SejoliImportLock\"") == 0 {
                    running.assert_running();
                }
                for step in ["BEGIN", IN_THE_WAY] {
                    other.run_script(step).expect("a transaction that has the row");
                }
                until_one_waits(engine, &mut look, &mut running);
                other.run_script("COMMIT").expect("an end");
                until_it_goes_on(engine, &mut running, &mut look);
            }
            let said = scenario.expect(running, code);
            assert!(said.matches("could not serialize access").count() >= 3, "{said}");
            match code {
                ROWS_LEFT => scenario.assert_imported("after the failed transactions"),
                _ => scenario.assert_untouched("after the failed transactions of the rollback"),
            }
        }
    }
}

/// A writer who does not let go, then a reader who keeps a batch from its commit for a while.
#[test]
fn a_busy_file_is_waited_for_and_one_that_stays_busy_is_said() {
    let scenario = Scenario::new(Engine::Sqlite);
    let mut other = scenario.db.store(DatabaseUse::Write);
    let import = scenario.import();
    let impatient: Vec<String> =
        import.iter().cloned().chain(["--retries", "0"].map(str::to_owned)).collect();
    other.run_script("BEGIN IMMEDIATE").expect("the file is ours");
    let said = scenario.expect(scenario.start(&impatient), DATABASE);
    assert!(said.contains("database is locked") && said.contains("the same command goes on"), "{said}");
    other.run_script("ROLLBACK").expect("the file is free");
    let mut running = scenario.start(&import);
    running.wait_for_writes(&scenario.db, 3);
    other.run_script("BEGIN").expect("a transaction");
    assert!(number(&mut other, "SELECT count(*) FROM \"User\"") > 0, "somebody reads");
    let said = running.wait_for_message("trying again");
    assert!(said.contains("database is locked"), "{said}");
    other.run_script("ROLLBACK").expect("the file is free");
    scenario.expect(running, ROWS_LEFT);
    scenario.assert_imported("after the file was busy");
}

/// Seconds are tried until one of them was refused within a second; on a loaded machine the first, too,
/// takes longer, so that there is time for more of them.
fn l25_a_second_run_is_refused_within_a_second_and_the_first_goes_on(engine: Engine) {
    // A file is written faster than a server is; the first must be at it until two more have come.
    let orders = if engine == Engine::Sqlite { 20 * ORDERS } else { 4 * ORDERS };
    let scenario = Scenario::on(AppDatabase::new(engine), orders);
    let mut look = scenario.db.store(DatabaseUse::Read);
    let commands = [scenario.import(), ROLLBACK.map(str::to_owned).to_vec()];
    let mut first = scenario.start(&commands[0]);
    batches(&mut first, &mut look, 2);
    drop(look);
    let (mut refused, mut fastest) = (0, Duration::MAX);
    while refused < commands.len() || fastest > Duration::from_secs(1) {
        let began = Instant::now();
        let second = BackgroundTool::start(&scenario.db, &as_strs(&commands[refused % commands.len()]));
        let (code, said) = second.end();
        fastest = fastest.min(began.elapsed());
        first.assert_running();
        assert_eq!(code, REFUSED, "{said}");
        assert!(said.contains(&format!("process {}", first.id())), "{said}");
        refused += 1;
    }
    scenario.expect(first, ROWS_LEFT);
    println!("{engine:?}: {refused} refused, the fastest after {fastest:?}");
    scenario.assert_imported("beside a second run");
}

on_each_engine!(l25_a_second_run_is_refused_within_a_second_and_the_first_goes_on);
