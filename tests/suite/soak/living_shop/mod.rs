//! A shop that lives on in Sejoli while its people use the app: export after export is imported, and the app edits,
//! pays out, merges, deletes and sells between the imports and during them. After each import the app's rows are those
//! that a model expects, and at the end rollbacks bring back what the app alone would have.
//!
//! The suite lives a few days of one seed. `make soak SEED=7 SEEDS=100` lives twenty days of each seed; a failure prints
//! its seed and its day. `SEJOLI_SOAK_ONLY=Refunds,PaysOut` leaves only these kinds of events on (`kinds.rs`).

mod app;
mod app_day;
mod app_money;
mod corrections;
mod decisions;
mod difference;
mod kinds;
mod model;
mod property;
mod read;
mod rows;
mod shop;
mod simulation;
mod source_day;
mod state;
mod undo;

use super::setting;
use crate::support::{Engine, on_each_engine};

/// Days of the suite's short form, and of a long soak.
const DAYS: [usize; 2] = [5, 20];

/// Whether it is a long soak.
fn is_long() -> bool {
    setting("SEJOLI_SOAK_SEEDS").is_some()
}

/// The seeds of a scenario: as many as are asked for, else one.
fn seeds() -> impl Iterator<Item = u64> {
    let first = setting("SEJOLI_SOAK_SEED").unwrap_or(25);
    (0..setting("SEJOLI_SOAK_SEEDS").unwrap_or(1)).map(move |more| first.wrapping_add(more))
}

fn l37_a_living_shop_is_imported_day_by_day_and_taken_back(engine: Engine) {
    for seed in seeds() {
        simulation::live(engine, seed, DAYS[usize::from(is_long())]);
    }
}

fn l37_two_exports_one_after_the_other_come_to_the_same_as_the_second_alone(engine: Engine) {
    for seed in seeds() {
        property::second_export_decides(engine, seed);
    }
}

on_each_engine!(
    l37_a_living_shop_is_imported_day_by_day_and_taken_back,
    l37_two_exports_one_after_the_other_come_to_the_same_as_the_second_alone,
);
