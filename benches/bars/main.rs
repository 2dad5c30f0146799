//! The bar of speed: an import beside what the engine itself needs for the finished rows.
//!
//! `make bench ORDERS=18600 ENGINES="sqlite postgres mysql"`; `SHOP=access` measures an app with groups, courses and
//! links, whose rows the other side loads as well. A ratio of two times taken alternately on one machine means something
//! on any machine; a time alone does not. `FAR=far` puts the servers fifteen milliseconds away in each direction, and
//! `FAR="far pooled"` PostgreSQL behind a pooler in transaction mode there.
//!
//! The other side knows everything beforehand: no parsing, no look-ups, no journal, no checkpoint. What it shares with the
//! import is the schema with all indexes and foreign keys. It commits every 500 orders, as the bar says, and the import
//! less often, as it chooses: on SQLite a bare program with cached statements (`synchronous=FULL`), on PostgreSQL `psql`
//! with COPY, on MariaDB its client with INSERTs of many rows. Making the rows ready is not counted.

mod access;
#[allow(dead_code, reason = "the app is measured in its strict form alone")]
#[path = "../../tests/suite/support/access_schema.rs"]
mod access_schema;
mod database;
mod far;
#[path = "../../tests/suite/support/far_proxy.rs"]
mod far_proxy;
#[path = "../../tests/suite/support/generator/mod.rs"]
mod generator;
#[path = "../../tests/suite/support/pgbouncer.rs"]
mod pgbouncer;
mod pooler;
#[allow(dead_code, reason = "nothing of what stands there for other servers is started")]
#[path = "../../tests/suite/support/programs.rs"]
mod programs;
#[path = "../shared/ran.rs"]
mod ran;
mod rows;
mod script;
mod sqlite;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use database::{Database, Engine};
use far::Way;
use ran::{Ran, run};
use script::Script;
use sqlite::{Bare, Connection};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Orders of the shop when no number is given.
const DEFAULT_ORDERS: u32 = 18_600;
/// The SQLite database with the finished rows.
const FINISHED: &str = "finished";
/// Up to this many orders, everything is measured three times.
const REPEATED_UP_TO: u32 = 100_000;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return Ok(()); // built or listed by a test runner
    }
    let orders = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(DEFAULT_ORDERS);
    let named = Engine::ALL.into_iter().filter(|engine| arguments.iter().any(|word| word == engine.name()));
    let mut engines: Vec<Engine> = named.collect();
    if engines.is_empty() {
        engines.extend(Engine::ALL);
    }
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    let with_access = arguments.iter().any(|word| word == "access");
    let bench = Bench { dir: home.join(format!("shop-{orders}")), home, orders, with_access };
    fs::create_dir_all(&bench.dir)?;
    generator::GeneratedShop::new(orders).write_clean(&bench.dir)?;
    if arguments.iter().any(|word| word == "far") {
        let way = if arguments.iter().any(|word| word == "pooled") { Way::Pooled } else { Way::Direct };
        return far::measure(&bench, &engines, way);
    }
    bench.measure(&engines)
}

struct Bench {
    home: PathBuf,
    dir: PathBuf,
    orders: u32,
    /// Whether the app has groups, courses and links.
    with_access: bool,
}

/// The times of one engine, round by round.
#[derive(Default)]
struct Times {
    import: Vec<Duration>,
    bare: Vec<Duration>,
    verify: Vec<Duration>,
}

impl Bench {
    fn measure(&self, engines: &[Engine]) -> Result<()> {
        let rounds = if self.orders > REPEATED_UP_TO { 1 } else { 3 };
        let app = if self.with_access { ", with groups, courses and links" } else { "" };
        println!("{} orders, {rounds} round(s){app}", self.orders);
        if !engines.contains(&Engine::Sqlite) {
            self.finished_rows()?;
        }
        let mut times: Vec<Times> = engines.iter().map(|_| Times::default()).collect();
        let mut checks = Vec::new();
        for round in 1..=rounds {
            let check = self.validate()?;
            println!("round {round}: validate {}", check.shown());
            checks.push(check.time);
            for (engine, times) in engines.iter().zip(&mut times) {
                self.round(*engine, times)?;
            }
        }
        println!("\nmedians: validate {:.2} s", median(&checks));
        for (engine, times) in engines.iter().zip(&times) {
            let (import, bare, verify) = (median(&times.import), median(&times.bare), median(&times.verify));
            println!(
                "{:<9} import {import:.2} s / bare {bare:.2} s = {:.2}   verify {verify:.2} s / import = {:.2}   \
                 {:.0} orders a second",
                engine.name(),
                import / bare,
                verify / import,
                f64::from(self.orders) / import
            );
        }
        Ok(())
    }

    /// A shop that is imported: where the other side gets its rows from. A round of SQLite makes it anyway.
    fn finished_rows(&self) -> Result<()> {
        let database = self.fresh(Engine::Sqlite, FINISHED)?;
        self.import(&database).map(|_| ())
    }

    fn round(&self, engine: Engine, times: &mut Times) -> Result<()> {
        let database = self.fresh(engine, if engine == Engine::Sqlite { FINISHED } else { "import" })?;
        let import = self.import(&database)?;
        let verify = run(self.tool(&database.url, &["verify", &self.shop()]))?;
        drop(database);
        let (bare, rows) = self.bare(engine)?;
        println!(
            "  {:<9} import {}; bare {:.2} s, {rows} rows; verify {}",
            engine.name(),
            import.shown(),
            bare.as_secs_f64(),
            verify.shown()
        );
        times.import.push(import.time);
        times.bare.push(bare);
        times.verify.push(verify.time);
        Ok(())
    }

    fn shop(&self) -> String {
        self.dir.display().to_string()
    }

    fn validate(&self) -> Result<Ran> {
        run(self.tool("file:unused.db", &["validate", &self.shop(), "--out", &self.out()]))
    }

    fn import(&self, database: &Database) -> Result<Ran> {
        let arguments = ["import", "all", &self.shop(), "--create-memberships", "--out", &self.out()];
        run(self.tool(&database.url, &arguments))
    }

    fn out(&self) -> String {
        self.home.join("out").display().to_string()
    }

    /// A new database with the schema, made by the tool itself, and what the app's team has made besides.
    fn fresh(&self, engine: Engine, name: &str) -> Result<Database> {
        let database = Database::new(engine, &self.home, name)?;
        run(self.tool(&database.url, &["schema", "apply"]))?;
        if self.with_access {
            database.execute(&access::script(engine, &self.dir.join("products.csv"))?)?;
        }
        Ok(database)
    }

    fn tool(&self, url: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sejoli-migrate"));
        command.env("DATABASE_URL", url).arg("--quiet").args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    /// The finished rows into a fresh database: the time that it took, and how many they were.
    fn bare(&self, engine: Engine) -> Result<(Duration, u64)> {
        let from = Connection::open(&self.home.join(format!("{FINISHED}.db")))?;
        let database = self.fresh(engine, "bare")?;
        if engine != Engine::Sqlite {
            return self.by_client(&from, &database);
        }
        let into = Connection::open(&self.home.join("bare.db"))?;
        let mut bare = Bare::new(&into)?;
        rows::copy(&from, &mut bare)?;
        let (spent, rows) = (bare.spent, bare.rows);
        drop(bare);
        for table in rows::TABLES {
            let known = format!("SELECT count(*) FROM sqlite_master WHERE name = '{table}'");
            let count = format!("SELECT count(*) FROM \"{table}\"");
            if from.number(&known)? > 0 && from.number(&count)? != into.number(&count)? {
                return Err(format!("the bare program has not written all of {table}").into());
            }
        }
        Ok((spent, rows))
    }

    fn by_client(&self, from: &Connection, database: &Database) -> Result<(Duration, u64)> {
        let path = self.home.join("bare.sql");
        let mut script = Script::create(database.client(), &path)?;
        rows::copy(from, &mut script)?;
        let rows = script.finish()?;
        let command = database.run(&path)?;
        let began = Instant::now();
        database::succeed(command)?;
        Ok((began.elapsed(), rows))
    }
}

fn median(times: &[Duration]) -> f64 {
    let mut times = times.to_vec();
    times.sort();
    times[times.len() / 2].as_secs_f64()
}
