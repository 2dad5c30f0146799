//! A server that is stopped in the middle, as it is or by a crash, and started again.

use std::thread;

use super::server::SoakServer;
use super::{DATABASE, DONE, ORDERS, ROLLBACK, ROWS_LEFT, Scenario, SeededRandom, setting};
use crate::support::{AppDatabase, Engine, on_each_server};

/// Restarts that have to be met in imports, and in rollbacks.
fn wanted() -> usize {
    setting("SEJOLI_SOAK_KILLS").map_or(1, |kills| usize::try_from(kills.div_ceil(20)).unwrap_or(1))
}

/// How a server is stopped, in turn: crashed, then by its own quick way.
fn signals(engine: Engine) -> [&'static str; 2] {
    if engine.is_postgres() { ["-KILL", "-QUIT"] } else { ["-KILL", "-TERM"] }
}

/// Runs a command and restarts its server in the middle; whether the command has met it.
fn disturbed(
    scenario: &Scenario,
    server: &mut SoakServer,
    signal: &str,
    command: &[String],
    code: i32,
    moment: std::time::Duration,
) -> bool {
    let mut running = scenario.start(command);
    thread::sleep(moment);
    let at_work = running.ended().is_none();
    server.stop(signal);
    server.start();
    let (ended, stderr) = running.end();
    let met = at_work && stderr.contains("trying again");
    if ended == DATABASE {
        // Stopped while it opened the database, or away for longer than it waits: the same command goes on.
        scenario.expect(scenario.start(command), code);
    } else {
        assert_eq!(ended, code, "{signal}: {stderr}");
    }
    met
}

fn l25_a_server_that_is_restarted_in_the_middle_changes_nothing_in_the_end(engine: Engine) {
    let mut server = SoakServer::new(engine);
    let scenario = Scenario::on(AppDatabase::on_server(engine, &server.url()), ORDERS);
    let mut random = SeededRandom::new(&format!("restarts on {engine:?}"));
    let import: Vec<String> =
        scenario.import().into_iter().chain(["--retries", "12"].map(str::to_owned)).collect();
    let (mut imports, mut rollbacks, mut rounds) = (0, 0, 0);
    while imports.min(rollbacks) < wanted() {
        let signal = signals(engine)[rounds % 2];
        rounds += 1;
        assert!(rounds <= 20 * wanted(), "the restarts come too late");
        let moment = random.moment(scenario.took[0]);
        imports += usize::from(disturbed(&scenario, &mut server, signal, &import, ROWS_LEFT, moment));
        scenario.assert_imported(&format!("round {rounds}, after {signal}"));
        let moment = random.moment(scenario.took[1]);
        let command = ROLLBACK.map(str::to_owned);
        rollbacks += usize::from(disturbed(&scenario, &mut server, signal, &command, DONE, moment));
        scenario.assert_untouched(&format!("round {rounds}, after {signal} in the rollback"));
    }
    println!("{engine:?}: {imports} restarts met in imports, {rollbacks} in rollbacks, {rounds} rounds");
}

on_each_server!(l25_a_server_that_is_restarted_in_the_middle_changes_nothing_in_the_end);
