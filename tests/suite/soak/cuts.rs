//! Connections that are cut between the tool and the server: it goes on by itself, and says so.

use super::proxy::{Cut, Proxy, address};
use super::{DATABASE, DONE, ROLLBACK, ROWS_LEFT, Scenario, SeededRandom, as_strs, setting};
use crate::support::{BackgroundTool, Engine, on_each_server};

/// Cuts in an import, and in a rollback: as many as a long soak asks for kills of a server.
fn wanted() -> u64 {
    setting("SEJOLI_SOAK_KILLS").map_or(2, |kills| kills.div_ceil(4))
}

/// Cuts that are far enough apart for the tool to commit something between most of them: what fails
/// six times without a commit is given up. Every other one loses the answer to a COMMIT, where the
/// proxy can see it.
fn cuts(random: &mut SeededRandom, (bytes, commits): (u64, u64), most: u64, encrypted: bool) -> Vec<Cut> {
    let cut = |number| match number % 2 == 0 || encrypted {
        true => Cut::After(random.below(bytes / 3)),
        false => Cut::Commit(1 + random.below(commits / 3)),
    };
    (0..most.min(4)).map(cut).collect()
}

/// A command by way of the proxy, which cuts again and again; how often it did.
fn disturbed(
    scenario: &Scenario,
    proxy: &Proxy,
    command: &[String],
    measure: (u64, u64),
    code: i32,
    random: &mut SeededRandom,
    (left, encrypted): (u64, bool),
) -> u64 {
    let drawn = cuts(random, measure, left, encrypted);
    proxy.cut(drawn.clone());
    let url = proxy.url(&scenario.db.url(), encrypted);
    let run = || BackgroundTool::spawn(super::binary(), &url, &as_strs(command)).end();
    let (mut ended, mut stderr) = run();
    let opening = ended == DATABASE && proxy.passed().2 == 1 && !stderr.contains("trying again");
    if opening {
        // Cut while it opened the database: it says so and ends, having done nothing.
        (ended, stderr) = run();
    }
    let made = proxy.passed().2;
    assert_eq!(ended, code, "{drawn:?}, {made} made: {stderr}");
    // The last cut may fall on the tool's farewell.
    let met = stderr.matches("trying again").count() + usize::from(opening) + 1;
    assert!(met >= made, "{drawn:?}, {made} made, and it says nothing of some: {stderr}");
    let lost = drawn[..made].iter().filter(|cut| matches!(cut, Cut::Commit(_))).count();
    println!("{made} cuts, {lost} of them behind a COMMIT");
    made as u64
}

/// What passes in an undisturbed import and in its rollback.
fn measured(scenario: &Scenario, proxy: &Proxy) -> [(u64, u64); 2] {
    let (import, rollback) = (scenario.import(), ROLLBACK.map(str::to_owned));
    [(import.as_slice(), ROWS_LEFT), (&rollback, DONE)].map(|(command, code)| {
        proxy.cut([]);
        let url = proxy.url(&scenario.db.url(), false);
        scenario.expect(BackgroundTool::spawn(super::binary(), &url, &as_strs(command)), code);
        let (bytes, commits, _) = proxy.passed();
        (bytes, commits)
    })
}

fn l25_connections_that_are_cut_at_any_byte_change_nothing_in_the_end(engine: Engine) {
    let scenario = Scenario::new(engine);
    let proxy = Proxy::before(address(&scenario.db.url()));
    let mut random = SeededRandom::new(&format!("cuts on {engine:?}"));
    let [import, rollback] = measured(&scenario, &proxy);
    println!("{engine:?}: {} bytes and {} COMMITs an import", import.0, import.1);
    let (mut in_imports, mut in_rollbacks, mut rounds) = (0, 0, 0);
    while in_imports.min(in_rollbacks) < wanted() {
        rounds += 1;
        // A server without TLS is reached without it then, too.
        let encrypted = rounds % 3 == 2;
        let left = (wanted().saturating_sub(in_imports), encrypted);
        in_imports += disturbed(&scenario, &proxy, &scenario.import(), import, ROWS_LEFT, &mut random, left);
        scenario.assert_imported(&format!("round {rounds}, after the cuts"));
        let left = (wanted().saturating_sub(in_rollbacks), encrypted);
        let command = ROLLBACK.map(str::to_owned);
        in_rollbacks += disturbed(&scenario, &proxy, &command, rollback, DONE, &mut random, left);
        scenario.assert_untouched(&format!("round {rounds}, after the cuts of the rollback"));
    }
    println!("{engine:?}: {in_imports} cuts in imports, {in_rollbacks} in rollbacks, {rounds} rounds");
}

on_each_server!(l25_connections_that_are_cut_at_any_byte_change_nothing_in_the_end);
