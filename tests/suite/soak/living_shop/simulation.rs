//! Lives a shop's days on one database, with a second one beside it in which nothing is ever imported.

use std::collections::BTreeSet;

use super::super::SeededRandom;
use super::app::{Effect, Event, furnish};
use super::app_day::AppDay;
use super::kinds::{Kind, Kinds};
use super::model::{Expectation, Model};
use super::read::Handles;
use super::rows::{RowKey, rows, touched};
use super::shop::as_of;
use super::source_day::Sejoli;
use super::state::{Handle, Ids, State};
use super::{difference, undo};
use crate::support::exit_code::{DONE, ROWS_LEFT};
use crate::support::library::{DatabaseUse, Millis, Store};
use crate::support::{AppDatabase, BackgroundTool, Engine, workspace};

const ORDERS: u32 = 30;
const MEMBERSHIPS: u32 = 10;
/// Events of a day in Sejoli, and in the app.
const SOURCE_EVENTS: u64 = 6;
const APP_EVENTS: u64 = 3;

/// A shop and an app that live.
pub(super) struct Life {
    pub(super) engine: Engine,
    pub(super) seed: u64,
    pub(super) db: AppDatabase,
    /// The same app without any import.
    pub(super) alone: AppDatabase,
    exports: tempfile::TempDir,
    pub(super) random: SeededRandom,
    pub(super) kinds: Kinds,
    sejoli: Sejoli,
    pub(super) model: Model,
    pub(super) handles: Handles,
    /// Rows that the app has written since the first import.
    pub(super) touched: BTreeSet<RowKey>,
    /// Rows that it has written only where something was imported.
    pub(super) only_here: BTreeSet<RowKey>,
    /// The accounts of which somebody has decided something.
    pub(super) decided: BTreeSet<Handle>,
    /// How many commands have carried out a decision.
    pub(super) decisions: usize,
    serial: u64,
    /// What happened, day by day.
    pub(super) story: Vec<String>,
}

/// Lives so many days and takes all imports back.
pub(super) fn live(engine: Engine, seed: u64, days: usize) {
    let mut life = Life::new(engine, seed);
    for day in 0..days {
        life.day(day);
    }
    life.story.push("the same export once more".to_owned());
    life.import_and_compare(days - 1, false);
    undo::take_back(&life, days + 1 + life.decisions);
}

/// The moment of a day as the tool is told it.
pub(super) fn as_of_text(day: usize) -> String {
    let time = chrono::DateTime::from_timestamp_millis(as_of(day)).expect("a time");
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl Life {
    fn new(engine: Engine, seed: u64) -> Self {
        let mut random = SeededRandom::of(seed, "living shop");
        let [db, alone] = [(); 2].map(|()| AppDatabase::new(engine));
        furnish(&db);
        furnish(&alone);
        let sejoli = Sejoli::new(&mut random, ORDERS, MEMBERSHIPS);
        Self {
            engine,
            seed,
            db,
            alone,
            exports: workspace(),
            random,
            kinds: Kinds::switched_on(),
            sejoli,
            model: Model::default(),
            handles: Handles::default(),
            touched: BTreeSet::new(),
            only_here: BTreeSet::new(),
            decided: BTreeSet::new(),
            decisions: 0,
            serial: 0,
            story: Vec::new(),
        }
    }

    fn day(&mut self, day: usize) {
        self.story.push(format!("day {day}"));
        if day > 0 {
            let said = self.sejoli.day(&mut self.random, day, &self.kinds, SOURCE_EVENTS);
            self.story.extend(said);
            self.app_events(day);
            self.decide(day);
        }
        self.sejoli.shop.write(self.exports.path());
        self.import_and_compare(day, day > 0 && self.kinds.has(Kind::WritesMeanwhile));
    }

    /// Imports a day's export and holds what stands against what the model expects.
    fn import_and_compare(&mut self, day: usize, meanwhile: bool) {
        let (before, ids) = self.handles.read(&self.db);
        let Expectation { mut state, held } = self.model.import(&before, &self.sejoli.shop, as_of(day));
        let (code, said) = if meanwhile {
            self.import_meanwhile(day, &before, &ids, &mut state)
        } else {
            let command = self.import(day);
            let outcome = self.db.run(&as_strs(&command));
            (outcome.code, outcome.stdout + &outcome.stderr)
        };
        let wanted = if held.is_empty() { DONE } else { ROWS_LEFT };
        if code != wanted {
            self.fail(day, &format!("exit code {code} instead of {wanted}, held: {held:?}\n{said}"));
        }
        let (found, _) = self.handles.read(&self.db);
        if let Some(difference) = difference::smallest(&state, &found) {
            self.fail(day, &difference);
        }
    }

    /// Fails with all that is needed to see it again.
    pub(super) fn fail(&self, day: usize, what: &str) -> ! {
        let story: Vec<&str> = self.story.iter().map(String::as_str).collect();
        panic!(
            "{:?}, seed {}, day {day}: {what}\n\nWhat happened:\n{}",
            self.engine,
            self.seed,
            story.join("\n")
        )
    }

    fn import(&mut self, day: usize) -> Vec<String> {
        let (path, out) =
            (self.exports.path().display().to_string(), self.db.path("out").display().to_string());
        let size = ["3", "11", "500"][self.random.below(3) as usize];
        let as_of = as_of_text(day);
        let words = ["import", "all", &path, "--out", &out, "--as-of", &as_of, "--batch-size", size];
        words.map(str::to_owned).to_vec()
    }

    fn app_day<'a>(&'a mut self, day: usize, state: &'a State, ids: &'a Ids) -> AppDay<'a> {
        self.serial += 1;
        let now = Millis(as_of(day) - 3_600_000);
        AppDay { random: &mut self.random, kinds: &self.kinds, state, ids, now, serial: self.serial * 10 }
    }

    /// The app's events between two imports, here and in the app that is alone.
    fn app_events(&mut self, day: usize) {
        let before = rows(&self.db);
        let [mut here, mut alone] = [&self.db, &self.alone].map(|db| db.store(DatabaseUse::Write));
        for _ in 0..APP_EVENTS {
            let (state, ids) = self.handles.read_from(&mut here);
            let Some(event) = self.app_day(day, &state, &ids).event() else { continue };
            self.story.push(event.what.clone());
            if let Err(error) = event.write(&mut here) {
                self.fail(day, &format!("the app cannot write {event:?}: {error:#}"));
            }
            self.happened(day, &event, &mut alone);
        }
        drop((here, alone));
        self.touched.extend(touched(&before, &rows(&self.db)));
    }

    /// Notes what an event has touched, and lets it happen in the app that is alone if it can.
    fn happened(&mut self, day: usize, event: &Event, alone: &mut Store) {
        let rows = event.writes.iter().map(|write| write.row());
        let rows: Vec<RowKey> = rows.map(|(table, id)| (table.to_owned(), id)).collect();
        self.touched.extend(rows.iter().cloned());
        if event.needs_import {
            self.only_here.extend(rows);
        } else if let Err(error) = event.write(alone) {
            self.fail(day, &format!("the app alone cannot write {event:?}: {error:#}"));
        }
    }

    /// Imports while the app goes on writing; what it writes is added to what is expected.
    fn import_meanwhile(
        &mut self,
        day: usize,
        before: &State,
        ids: &Ids,
        expected: &mut State,
    ) -> (i32, String) {
        let command = self.import(day);
        let mut running = BackgroundTool::start(&self.db, &as_strs(&command));
        let mut store = self.db.store(DatabaseUse::Write);
        let event = self.app_day(day, before, ids).event_meanwhile();
        if let Some(event) = event {
            self.story.push(format!("meanwhile: {}", event.what));
            if self.engine == Engine::Sqlite {
                running.wait_for_write(&self.db);
            }
            // A busy file and a deadlock are the app's to try again; the import ends at some time.
            while let Err(error) = event.write(&mut store) {
                if !running.is_running()
                    && let Err(again) = event.write(&mut store)
                {
                    self.fail(day, &format!("the app cannot write {event:?}: {error:#}, {again:#}"));
                }
            }
            self.happened(day, &event, &mut self.alone.store(DatabaseUse::Write));
            event.effects.iter().for_each(|effect| apply(effect, expected));
        }
        drop(store);
        running.end()
    }
}

fn apply(effect: &Effect, expected: &mut State) {
    match effect.clone() {
        Effect::Person(handle, person) => drop(expected.people.insert(handle, person)),
        Effect::Own(key, row) => drop(expected.own.insert(key, row)),
        Effect::Wallet(handle, by) => {
            let wallet = expected.wallets.get_mut(&handle).expect("the wallet");
            wallet.balance += by.balance;
            wallet.earnings += by.earnings;
            wallet.payout += by.payout;
        }
    }
}

fn as_strs(command: &[String]) -> Vec<&str> {
    command.iter().map(String::as_str).collect()
}
