//! Nothing looks green that is not (L38): what was left out, could not be checked or is half done is said where a tired
//! person looks, and in the exit code.

mod database;
mod files;
mod interrupted;
mod nothing_read;
mod product_map;
mod read_only;
mod rejects;
mod rollback;
mod verification;

use std::fs;

use crate::support::{Exports, fixture};

/// The clean shop's files of these names.
fn clean(names: &[&str]) -> Exports {
    let exports = Exports::new();
    fs::remove_file(exports.path().join("products.csv")).expect("the product map is not wanted");
    for name in names {
        fs::copy(fixture("clean").join(name), exports.path().join(name)).expect("a copy");
    }
    exports
}

/// All of the clean shop's files.
const ALL: [&str; 4] = ["affiliates.csv", "memberships.csv", "orders.csv", "products.csv"];
/// The same without the product map.
const WITHOUT_MAP: [&str; 3] = ["affiliates.csv", "memberships.csv", "orders.csv"];
