//! A server that is stopped in the middle, as it is or by a crash, and started again.

use std::thread;

use super::server::Server;
use super::{Chance, DATABASE, DONE, ORDERS, ROLLBACK, ROWS_LEFT, Work, setting};
use crate::support::{Engine, Shop, on_each_server};

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
    work: &Work,
    server: &mut Server,
    signal: &str,
    command: &[String],
    code: i32,
    moment: std::time::Duration,
) -> bool {
    let mut running = work.start(command);
    thread::sleep(moment);
    let at_work = running.ended().is_none();
    server.stop(signal);
    server.start();
    let (ended, stderr) = running.end();
    let met = at_work && stderr.contains("trying again");
    if ended == DATABASE {
        // Stopped while it opened the database, or away for longer than it waits: the same command goes on.
        work.expect(work.start(command), code);
    } else {
        assert_eq!(ended, code, "{signal}: {stderr}");
    }
    met
}

fn l25_a_server_that_is_restarted_in_the_middle_changes_nothing_in_the_end(engine: Engine) {
    let mut server = Server::new(engine);
    let work = Work::on(Shop::on_server(engine, &server.url()), ORDERS);
    let mut chance = Chance::new(&format!("restarts on {engine:?}"));
    let import: Vec<String> =
        work.import().into_iter().chain(["--retries", "12"].map(str::to_owned)).collect();
    let (mut imports, mut rollbacks, mut rounds) = (0, 0, 0);
    while imports.min(rollbacks) < wanted() {
        let signal = signals(engine)[rounds % 2];
        rounds += 1;
        assert!(rounds <= 20 * wanted(), "the restarts come too late");
        let moment = chance.moment(work.took[0]);
        imports += usize::from(disturbed(&work, &mut server, signal, &import, ROWS_LEFT, moment));
        work.must_be_imported(&format!("round {rounds}, after {signal}"));
        let moment = chance.moment(work.took[1]);
        let command = ROLLBACK.map(str::to_owned);
        rollbacks += usize::from(disturbed(&work, &mut server, signal, &command, DONE, moment));
        work.must_be_untouched(&format!("round {rounds}, after {signal} in the rollback"));
    }
    println!("{engine:?}: {imports} restarts met in imports, {rollbacks} in rollbacks, {rounds} rounds");
}

on_each_server!(l25_a_server_that_is_restarted_in_the_middle_changes_nothing_in_the_end);
