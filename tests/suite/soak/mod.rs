//! The soak: an import and a rollback are disturbed in every way that a night of work can bring, and
//! each time the database has to end as that of an undisturbed run, cell by cell.
//!
//! The suite runs it in a short form. `make soak KILLS=200 SEED=7` runs it at length and prints what
//! happened; the seed that it prints draws the same moments again.

mod contention;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod cuts;
mod disk;
mod image;
mod kills;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod proxy;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod restarts;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server;

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use sejoli_migrate::store::engines::mode::Mode;
use sejoli_migrate::store::history::runs;
use sejoli_migrate::store::schema::tables::ImportRun;
use sejoli_migrate::store::schema::words::RunState;

use crate::import::{app_user, assert_same};
use crate::running::Running;
use crate::shop;
use crate::support::{AS_OF, Engine, Outcome, Shop, workspace};
use image::Image;

const DONE: i32 = 0;
const ROWS_LEFT: i32 = 3;
const REFUSED: i32 = 5;
const DATABASE: i32 = 7;

/// Orders of the shop that is imported, about 15 % of them spoilt, so that there are rejects, too.
const ORDERS: u32 = 120;
/// Records in a batch: many commits, so that the moments between them are met.
const BATCH_SIZE: &str = "4";

/// A number that is set for a long soak.
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().filter(|text| !text.is_empty()).map(|text| text.parse().expect(name))
}

/// Numbers that look random; the same seed draws the same ones.
struct Chance(u64);

impl Chance {
    /// Of `SEJOLI_SOAK_SEED`, and different for each scenario.
    fn new(scenario: &str) -> Self {
        let seed = setting("SEJOLI_SOAK_SEED").unwrap_or(25);
        println!("{scenario}: seed {seed}");
        let mixed = scenario.bytes().fold(seed, |mixed, byte| mixed.wrapping_mul(31) ^ u64::from(byte));
        let mut chance = Self(mixed);
        for _ in 0..8 {
            chance.below(2);
        }
        chance
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

/// A shop whose app has people of its own, the exports to import, and what an undisturbed import
/// makes of them.
struct Work {
    shop: Shop,
    exports: tempfile::TempDir,
    before: Image,
    after: Image,
    /// How long the undisturbed import and its rollback took.
    took: [Duration; 2],
}

impl Work {
    fn new(engine: Engine) -> Self {
        Self::on(Shop::new(engine), ORDERS)
    }

    /// Imports once undisturbed and takes it back, so that everything that follows has a measure.
    fn on(shop: Shop, orders: u32) -> Self {
        let exports = workspace();
        shop::Shop::new(orders).write_messy(exports.path()).expect("the shop is written");
        let orders = std::fs::read_to_string(exports.path().join("orders.csv")).expect("the orders");
        let emails = orders.split([',', '\n', '\r']).filter(|cell| cell.contains('@')).map(str::to_lowercase);
        let emails: BTreeSet<String> = emails.collect();
        for (number, email) in emails.iter().step_by(20).enumerate() {
            app_user(&shop, &format!("u-{number}"), email, "", "MEMBER_FREE");
        }
        let before = Image::of(&shop);
        let mut work = Self { shop, exports, after: before.clone(), before, took: [Duration::ZERO; 2] };
        let began = Instant::now();
        work.expect(Self::start(&work, &work.import()), ROWS_LEFT);
        work.took[0] = began.elapsed();
        work.after = Image::of(&work.shop);
        let began = Instant::now();
        work.expect(Self::start(&work, &ROLLBACK.map(str::to_owned)), DONE);
        work.took[1] = began.elapsed();
        work.must_be_untouched("after an undisturbed rollback");
        work
    }

    /// The command that imports everything.
    fn import(&self) -> Vec<String> {
        let out = self.shop.path("out").display().to_string();
        let path = self.exports.path().display().to_string();
        let options = ["--create-memberships", "--as-of", AS_OF, "--batch-size", BATCH_SIZE, "--out", &out];
        ["import", "all", &path].iter().chain(&options).map(|&word| word.to_owned()).collect()
    }

    fn start(&self, command: &[String]) -> Running {
        Running::start(&self.shop, &words(command))
    }

    #[track_caller]
    fn expect(&self, running: Running, code: i32) -> String {
        let (ended, stderr) = running.end();
        assert_eq!(ended, code, "{stderr}");
        stderr
    }

    /// The newest run, if there is one that stands.
    fn run(&self) -> Option<ImportRun> {
        let newest = runs::find(&mut self.shop.store(Mode::Read), None).expect("the runs are read");
        newest.filter(|run| run.state != RunState::RolledBack)
    }

    /// The database is that of an undisturbed import, and its books agree with it and each other.
    #[track_caller]
    fn must_be_imported(&self, what: &str) {
        assert_same(&self.after.0, &Image::of(&self.shop).0, what);
        let path = self.exports.path().display().to_string();
        let Outcome { code, stdout, stderr } = self.shop.run(&["verify", &path]);
        assert_eq!(code, DONE, "{what}: {stdout}{stderr}");
    }

    /// The database is the one before any import.
    #[track_caller]
    fn must_be_untouched(&self, what: &str) {
        assert_same(&self.before.0, &Image::of(&self.shop).0, what);
    }

    /// Takes away what the runs have written for people.
    fn forget_files(&self) {
        let out = self.shop.path("out");
        if out.exists() {
            std::fs::remove_dir_all(out).expect("the files go");
        }
    }
}

const ROLLBACK: [&str; 3] = ["rollback", "--last", "--yes"];

fn words(command: &[String]) -> Vec<&str> {
    command.iter().map(String::as_str).collect()
}

fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_sejoli-migrate"))
}
