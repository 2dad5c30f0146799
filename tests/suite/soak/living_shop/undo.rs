//! The end of a living shop: all imports are taken back, the newest first, and what is left is what the app alone would
//! have, cell by cell, and those rows that the tool has named because the app had edited or come to need them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::rows::{RowKey, rows};
use super::simulation::Life;
use crate::support::exit_code::{DONE, REFUSED, USAGE};
use crate::support::json;

/// Takes back so many runs, of imports and of decisions; those that have written nothing may be passed over.
pub(super) fn take_back(life: &Life, days: usize) {
    let mut kept = BTreeSet::new();
    for day in (0..days).rev() {
        let back = ["rollback", "--last", "--yes", "--format", "json"];
        let outcome = life.db.run(&back);
        match outcome.code {
            DONE => continue,
            USAGE if outcome.stderr.contains("no import stands") => break,
            REFUSED => {}
            code => life.fail(day, &format!("its rollback ended with {code}: {}", outcome.stderr)),
        }
        let document = json(&outcome);
        let conflicts = document["conflicts"].as_array().expect("conflicts");
        let named: BTreeSet<RowKey> = conflicts.iter().map(key).collect();
        if let Some(unexplained) =
            conflicts.iter().find(|conflict| !is_explained(life, conflict, &named, &kept))
        {
            life.fail(
                day,
                &format!("its rollback is refused, although nobody has touched that row: {unexplained}"),
            );
        }
        kept.extend(named);
        let outcome = life.db.run(&[&back[..], &["--keep-edited"]].concat());
        if outcome.code != DONE {
            life.fail(day, &format!("--keep-edited ended with {}: {}", outcome.code, outcome.stderr));
        }
    }
    assert_alone(life, &kept);
}

fn key(conflict: &Value) -> RowKey {
    let text = |name: &str| conflict[name].as_str().unwrap_or_default().to_owned();
    (text("table"), text("id"))
}

/// Whether the app has given a reason to leave a row: it has written the row, a row that stays refers to it, or the
/// rollback of a newer run has left it already.
fn is_explained(life: &Life, conflict: &Value, named: &BTreeSet<RowKey>, kept: &BTreeSet<RowKey>) -> bool {
    let key = key(conflict);
    if life.touched.contains(&key) || kept.contains(&key) {
        return true;
    }
    match conflict["cause"].as_str().unwrap_or_default() {
        "needed" => {
            let own = rows(&life.alone);
            let stays = |row: &RowKey| {
                *row != key
                    && (life.touched.contains(row)
                        || own.contains_key(row)
                        || named.contains(row)
                        || kept.contains(row))
            };
            let id = format!("\"{}\"", key.1);
            rows(&life.db)
                .iter()
                .any(|(row, cells)| stays(row) && cells.values().any(|cell| cell.contains(&id)))
        }
        "orphaned" => {
            let why = conflict["why"].as_str().unwrap_or_default();
            let mut words = why.trim_start_matches("referred to ").split([' ', ',']);
            let mut word = || words.next().unwrap_or_default().to_owned();
            let parent = (word(), word());
            !rows(&life.db).contains_key(&parent)
        }
        // What another row has now that stays.
        "taken" => {
            let why = conflict["why"].as_str().unwrap_or_default();
            let holder = why.split(" that ").nth(1).unwrap_or_default();
            let mut words = holder.split(' ');
            let mut word = || words.next().unwrap_or_default().to_owned();
            let holder = (word(), word());
            life.touched.contains(&holder) || named.contains(&holder) || kept.contains(&holder)
        }
        "explains" => named.iter().any(|(table, _)| table == "Wallet" || table == "AffiliateConversion"),
        _ => false,
    }
}

/// The database is that of the app alone, apart from rows that had to stay.
fn assert_alone(life: &Life, kept: &BTreeSet<RowKey>) {
    let (here, alone) = (rows(&life.db), rows(&life.alone));
    let exempt = |key: &RowKey| kept.contains(key) || life.only_here.contains(key);
    let mut differences = Vec::new();
    for (key, row) in &here {
        match alone.get(key) {
            _ if exempt(key) => {}
            None => differences.push(format!("{} {} is left, and nothing named it", key.0, key.1)),
            Some(other) => {
                let cells = row.iter().filter(|(column, cell)| other[*column] != **cell);
                differences.extend(cells.map(|(column, cell)| {
                    format!("{} {}: {column} is {cell}, in the app alone {}", key.0, key.1, other[column])
                }));
            }
        }
    }
    let missing = alone.keys().filter(|key| !here.contains_key(*key) && !exempt(key));
    differences.extend(missing.map(|key| format!("{} {} of the app's own is missing", key.0, key.1)));
    if let Some(smallest) = differences.iter().min_by_key(|difference| difference.len()) {
        life.fail(0, &format!("after all rollbacks: {smallest}\n({} differences)", differences.len()));
    }
}
