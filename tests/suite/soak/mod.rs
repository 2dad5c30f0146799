//! The soak: an import and a rollback are disturbed in every way that a night of work can bring, and
//! each time the database has to end as that of an undisturbed run, cell by cell.
//!
//! The suite runs it in a short form. `make soak KILLS=200 SEEDS=100 SEED=7` runs it at length and prints what
//! happened; the seed that it prints draws the same moments again.

mod contention;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod cuts;
mod disk;
mod kills;
mod living_shop;
mod normalized_dump;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod proxy;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod restarts;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server;

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::exit_code::{DATABASE, DONE, REFUSED, ROWS_LEFT};
use crate::support::generator::GeneratedShop;
use crate::support::library::tables::ImportRun;
use crate::support::library::{DatabaseUse, RunState, runs};
use crate::support::{
    AS_OF, AppDatabase, BackgroundTool, Engine, Outcome, assert_same, insert_app_user, workspace,
};
use normalized_dump::NormalizedDump;

/// Orders of the shop that is imported, about 15 % of them damaged, so that there are rejects, too.
const ORDERS: u32 = 120;
/// Records in a batch: many commits, so that the moments between them are met.
const BATCH_SIZE: &str = "4";

/// A number that is set for a long soak.
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().filter(|text| !text.is_empty()).map(|text| text.parse().expect(name))
}

/// Numbers that look random; the same seed draws the same ones.
struct SeededRandom(u64);

impl SeededRandom {
    /// Of `SEJOLI_SOAK_SEED`, and different for each scenario.
    fn new(scenario: &str) -> Self {
        let seed = setting("SEJOLI_SOAK_SEED").unwrap_or(25);
        println!("{scenario}: seed {seed}");
        Self::of(seed, scenario)
    }

    /// Of a seed, and different for each scenario.
    fn of(seed: u64, scenario: &str) -> Self {
        let mixed = scenario.bytes().fold(seed, |mixed, byte| mixed.wrapping_mul(31) ^ u64::from(byte));
        let mut random = Self(mixed);
        for _ in 0..8 {
            random.below(2);
        }
        random
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound.max(1)
    }

    /// Anywhere before this time is over; rather later than sooner, since every start begins with reading.
    fn moment(&mut self, within: Duration) -> Duration {
        let micros = within.as_micros().try_into().unwrap_or(u64::MAX);
        Duration::from_micros(self.below(micros).max(self.below(micros)))
    }
}

/// An app with people of its own, the exports to import, and what an undisturbed import makes of them.
struct Scenario {
    db: AppDatabase,
    exports: tempfile::TempDir,
    before: NormalizedDump,
    after: NormalizedDump,
    /// How long the undisturbed import and its rollback took.
    took: [Duration; 2],
}

impl Scenario {
    fn new(engine: Engine) -> Self {
        Self::on(AppDatabase::new(engine), ORDERS)
    }

    /// Imports once undisturbed and takes it back, so that everything that follows has a measure.
    fn on(db: AppDatabase, orders: u32) -> Self {
        let exports = workspace();
        GeneratedShop::new(orders).write_messy(exports.path()).expect("the shop is written");
        let orders = std::fs::read_to_string(exports.path().join("orders.csv")).expect("the orders");
        let emails = orders.split([',', '\n', '\r']).filter(|cell| cell.contains('@')).map(str::to_lowercase);
        let emails: BTreeSet<String> = emails.collect();
        for (number, email) in emails.iter().step_by(20).enumerate() {
            insert_app_user(&db, &format!("u-{number}"), email, "", "MEMBER_FREE");
        }
        let before = NormalizedDump::of(&db);
        let mut scenario = Self { db, exports, after: before.clone(), before, took: [Duration::ZERO; 2] };
        let began = Instant::now();
        scenario.expect(Self::start(&scenario, &scenario.import()), ROWS_LEFT);
        scenario.took[0] = began.elapsed();
        scenario.after = NormalizedDump::of(&scenario.db);
        let began = Instant::now();
        scenario.expect(Self::start(&scenario, &ROLLBACK.map(str::to_owned)), DONE);
        scenario.took[1] = began.elapsed();
        scenario.assert_untouched("after an undisturbed rollback");
        scenario
    }

    /// The command that imports everything.
    fn import(&self) -> Vec<String> {
        let out = self.db.path("out").display().to_string();
        let path = self.exports.path().display().to_string();
        let options = ["--create-memberships", "--as-of", AS_OF, "--batch-size", BATCH_SIZE, "--out", &out];
        ["import", "all", &path].iter().chain(&options).map(|&word| word.to_owned()).collect()
    }

    fn start(&self, command: &[String]) -> BackgroundTool {
        BackgroundTool::start(&self.db, &as_strs(command))
    }

    #[track_caller]
    fn expect(&self, running: BackgroundTool, code: i32) -> String {
        let (ended, stderr) = running.end();
        assert_eq!(ended, code, "{stderr}");
        stderr
    }

    /// The newest run, if there is one that stands.
    fn run(&self) -> Option<ImportRun> {
        let newest = runs::find(&mut self.db.store(DatabaseUse::Read), None).expect("the runs are read");
        newest.filter(|run| run.state != RunState::RolledBack)
    }

    /// The database is that of an undisturbed import, and its books agree with it and each other.
    #[track_caller]
    fn assert_imported(&self, what: &str) {
        assert_same(&self.after.0, &NormalizedDump::of(&self.db).0, what);
        let path = self.exports.path().display().to_string();
        let Outcome { code, stdout, stderr } = self.db.run(&["verify", &path]);
        assert_eq!(code, DONE, "{what}: {stdout}{stderr}");
    }

    /// The database is the one before any import.
    #[track_caller]
    fn assert_untouched(&self, what: &str) {
        assert_same(&self.before.0, &NormalizedDump::of(&self.db).0, what);
    }

    /// Takes away what the runs have written for people.
    fn remove_outputs(&self) {
        let out = self.db.path("out");
        if out.exists() {
            std::fs::remove_dir_all(out).expect("the files go");
        }
    }
}

const ROLLBACK: [&str; 3] = ["rollback", "--last", "--yes"];

fn as_strs(command: &[String]) -> Vec<&str> {
    command.iter().map(String::as_str).collect()
}

fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_sejoli-migrate"))
}
