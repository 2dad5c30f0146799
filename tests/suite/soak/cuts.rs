//! Connections that are cut between the tool and the server: it goes on by itself, and says so.

use super::proxy::{Cut, Proxy, address};
use super::{Chance, DATABASE, DONE, ROLLBACK, ROWS_LEFT, Work, setting, words};
use crate::running::Running;
use crate::support::{Engine, on_each_server};

/// Cuts in an import, and in a rollback: as many as a long soak asks for kills of a server.
fn wanted() -> u64 {
    setting("SEJOLI_SOAK_KILLS").map_or(2, |kills| kills.div_ceil(4))
}

/// Cuts that are far enough apart for the tool to commit something between most of them: what fails
/// six times without a commit is given up. Every other one loses the answer to a COMMIT, where the
/// proxy can see it.
fn cuts(chance: &mut Chance, (bytes, commits): (u64, u64), most: u64, encrypted: bool) -> Vec<Cut> {
    let cut = |number| match number % 2 == 0 || encrypted {
        true => Cut::After(chance.below(bytes / 3)),
        false => Cut::Commit(1 + chance.below(commits / 3)),
    };
    (0..most.min(4)).map(cut).collect()
}

/// A command by way of the proxy, which cuts again and again; how often it did.
fn disturbed(
    work: &Work,
    proxy: &Proxy,
    command: &[String],
    measure: (u64, u64),
    code: i32,
    chance: &mut Chance,
    (left, encrypted): (u64, bool),
) -> u64 {
    let drawn = cuts(chance, measure, left, encrypted);
    proxy.cut(drawn.clone());
    let url = proxy.url(&work.shop.url(), encrypted);
    let run = || Running::spawn(super::binary(), &url, &words(command)).end();
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
fn measured(work: &Work, proxy: &Proxy) -> [(u64, u64); 2] {
    let (import, rollback) = (work.import(), ROLLBACK.map(str::to_owned));
    [(import.as_slice(), ROWS_LEFT), (&rollback, DONE)].map(|(command, code)| {
        proxy.cut([]);
        let url = proxy.url(&work.shop.url(), false);
        work.expect(Running::spawn(super::binary(), &url, &words(command)), code);
        let (bytes, commits, _) = proxy.passed();
        (bytes, commits)
    })
}

fn l25_connections_that_are_cut_at_any_byte_change_nothing_in_the_end(engine: Engine) {
    let work = Work::new(engine);
    let proxy = Proxy::before(address(&work.shop.url()));
    let mut chance = Chance::new(&format!("cuts on {engine:?}"));
    let [import, rollback] = measured(&work, &proxy);
    println!("{engine:?}: {} bytes and {} COMMITs an import", import.0, import.1);
    let (mut in_imports, mut in_rollbacks, mut rounds) = (0, 0, 0);
    while in_imports.min(in_rollbacks) < wanted() {
        rounds += 1;
        // A server without TLS is reached without it then, too.
        let encrypted = rounds % 3 == 2;
        let left = (wanted().saturating_sub(in_imports), encrypted);
        in_imports += disturbed(&work, &proxy, &work.import(), import, ROWS_LEFT, &mut chance, left);
        work.must_be_imported(&format!("round {rounds}, after the cuts"));
        let left = (wanted().saturating_sub(in_rollbacks), encrypted);
        let command = ROLLBACK.map(str::to_owned);
        in_rollbacks += disturbed(&work, &proxy, &command, rollback, DONE, &mut chance, left);
        work.must_be_untouched(&format!("round {rounds}, after the cuts of the rollback"));
    }
    println!("{engine:?}: {in_imports} cuts in imports, {in_rollbacks} in rollbacks, {rounds} rounds");
}

on_each_server!(l25_connections_that_are_cut_at_any_byte_change_nothing_in_the_end);
