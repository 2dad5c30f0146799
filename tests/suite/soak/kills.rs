//! `kill -9` at any moment, and the same command again.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::thread;
use std::time::Duration;

use super::{DONE, ROLLBACK, ROWS_LEFT, Scenario, SeededRandom, setting};
use crate::support::library::{DatabaseUse, RunState, runs};
use crate::support::{Engine, on_each_engine};

/// How many kills have to land in an import, and how many in a rollback: 20 each over the engines, or
/// as many as a long soak asks for on SQLite, and a quarter of that on the servers.
fn wanted(engine: Engine) -> u64 {
    match (setting("SEJOLI_SOAK_KILLS"), engine) {
        (Some(kills), Engine::Sqlite) => kills,
        (Some(kills), _) => kills.div_ceil(4),
        (None, Engine::Sqlite) => 10,
        (None, _) => 5,
    }
}

/// What a kill has met.
#[derive(Default)]
struct KillCounts {
    /// Kills that found the command at work.
    landed: u64,
    /// By what it was at.
    by_phase: BTreeMap<String, u64>,
    /// Those before which it had committed a batch or more since it was started.
    after_batches: u64,
    /// Those that found it ended, or the last commit made: they count for nothing.
    too_late: u64,
}

impl KillCounts {
    fn report(&self, what: &str, rounds: u64) {
        println!(
            "{what}: {} kills landed in {rounds} rounds ({} after new batches), {} came too late; at {:?}",
            self.landed, self.after_batches, self.too_late, self.by_phase
        );
    }
}

/// How far a command has come, by the books.
struct Progress {
    phase: String,
    /// Commits that only move one way.
    steps: i64,
    done: bool,
}

/// How far an import has come.
fn import_progress(scenario: &Scenario) -> Progress {
    let Some(run) = scenario.run() else {
        return Progress { phase: "reading".to_owned(), steps: 0, done: false };
    };
    let checkpoint = runs::checkpoint(&run).expect("a checkpoint");
    let begun = checkpoint.phase.unwrap_or_else(|| "begun".to_owned());
    Progress { phase: begun, steps: checkpoint.batches, done: run.state == RunState::Completed }
}

/// A rollback's standing.
fn rollback_progress(scenario: &Scenario) -> Progress {
    let left =
        scenario.db.store(DatabaseUse::Read).query("SELECT count(*) FROM \"SejoliImportJournal\"", &[]);
    let crate::support::library::Cell::Int(left) = left.expect("a count")[0][0] else { panic!("no count") };
    match scenario.run() {
        None => Progress { phase: "rolled back".to_owned(), steps: 0, done: true },
        Some(run) if run.state == RunState::Completed => {
            Progress { phase: "looking".to_owned(), steps: -left, done: false }
        }
        Some(_) => Progress { phase: "undoing".to_owned(), steps: -left, done: false },
    }
}

/// Starts a command again and again and kills it each time, until it is done or enough kills landed;
/// then it may end.
fn disturbed(
    scenario: &Scenario,
    command: &[String],
    code: i32,
    took: &mut Duration,
    standing: fn(&Scenario) -> Progress,
    random: &mut SeededRandom,
    (tally, wanted): (&mut KillCounts, u64),
) {
    let mut steps = standing(scenario).steps;
    for attempt in 0.. {
        if tally.landed >= wanted {
            break;
        }
        let moment = random.moment(*took);
        let running = scenario.start(command);
        thread::sleep(moment);
        let (status, stderr) = running.kill();
        let now = standing(scenario);
        if status.signal().is_none() || now.done {
            assert!(status.signal().is_some() || status.code() == Some(code), "{status}: {stderr}");
            assert!(now.done, "it ended and is not done");
            tally.too_late += 1;
            // The machine has become faster since it was measured.
            *took = if attempt == 0 { moment } else { *took };
            // Nobody comes after it who would find its holder dead.
            assert_eq!(scenario.db.run(&["unlock", "--yes"]).code, DONE);
            return;
        }
        tally.landed += 1;
        tally.after_batches += u64::from(now.steps > steps);
        // Or slower: a kill that meets nothing but the beginning tells little.
        *took += if now.steps > steps { Duration::ZERO } else { *took / 8 };
        *tally.by_phase.entry(now.phase).or_default() += 1;
        steps = now.steps;
    }
    scenario.expect(scenario.start(command), code);
}

fn l25_kills_at_any_moment_of_an_import_and_of_a_rollback_change_nothing_in_the_end(engine: Engine) {
    let scenario = Scenario::new(engine);
    let mut random = SeededRandom::new(&format!("kills on {engine:?}"));
    let wanted = wanted(engine);
    let (mut imports, mut rollbacks, mut rounds) = (KillCounts::default(), KillCounts::default(), 0);
    let (import, rollback) = (scenario.import(), ROLLBACK.map(str::to_owned));
    let mut took = scenario.took;
    while imports.landed.min(rollbacks.landed) < wanted {
        rounds += 1;
        let tally = (&mut imports, wanted);
        disturbed(&scenario, &import, ROWS_LEFT, &mut took[0], import_progress, &mut random, tally);
        scenario.assert_imported(&format!("round {rounds}, after the kills"));
        let tally = (&mut rollbacks, wanted);
        disturbed(&scenario, &rollback, DONE, &mut took[1], rollback_progress, &mut random, tally);
        scenario.assert_untouched(&format!("round {rounds}, after the kills of the rollback"));
        println!("{rounds} rounds, {} and {} kills landed", imports.landed, rollbacks.landed);
    }
    imports.report(&format!("{engine:?}, import"), rounds);
    rollbacks.report(&format!("{engine:?}, rollback"), rounds);
}

on_each_engine!(l25_kills_at_any_moment_of_an_import_and_of_a_rollback_change_nothing_in_the_end);
