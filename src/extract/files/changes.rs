//! `changes.csv`: what is new, different or gone since an earlier extraction, or since a day.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::Path;

use crate::extract::files::out_folder::{CsvFile, OutFolder};
use crate::extract::site_time::SiteTime;
use crate::extract::view::ShopView;
use crate::failure::Failure;
use crate::language::tr;

/// The name of the file.
pub(crate) const CHANGES: &str = "changes.csv";

const HEADER: [&str; 5] = ["row", "id", "change", "before", "after"];

/// How many changes there are of each kind.
pub(crate) type Counts = BTreeMap<String, u64>;

/// A file whose rows are compared, and the columns in which they are.
struct ComparedFile {
    row: &'static str,
    file: &'static str,
    key: &'static str,
    columns: &'static [(&'static str, &'static str)],
}

const COMPARED: [ComparedFile; 3] = [
    ComparedFile {
        row: "order",
        file: "orders.csv",
        key: "order_id",
        columns: &[("status", "source_status"), ("amount", "amount"), ("paid date", "paid_date")],
    },
    ComparedFile {
        row: "commission",
        file: "commissions.csv",
        key: "id",
        columns: &[("status", "status"), ("amount", "amount"), ("paid", "paid")],
    },
    ComparedFile {
        row: "membership",
        file: "memberships.csv",
        key: "membership_id",
        columns: &[("status", "status"), ("end", "expiry_date")],
    },
];

/// Writes what differs from the files of an earlier extraction.
///
/// # Errors
/// Exit code 6: the folder does not hold the files of an extraction.
pub(crate) fn against(earlier: &Path, folder: &OutFolder, file: &mut CsvFile) -> anyhow::Result<Counts> {
    let mut counts = Counts::new();
    file.line(HEADER)?;
    for compared in &COMPARED {
        let mut before: HashMap<String, Vec<String>> =
            rows(&earlier.join(compared.file), compared)?.collect::<anyhow::Result<_>>()?;
        let mut say = |id: &str, change: &str, before: &str, after: &str| {
            *counts.entry(format!("{} {change}", compared.row)).or_default() += 1;
            file.line([compared.row, id, change, before, after])
        };
        for row in rows(&folder.unfinished(compared.file), compared)? {
            let (id, cells) = row?;
            let Some(known) = before.remove(&id) else {
                say(&id, "new", "", &cells[0])?;
                continue;
            };
            for ((change, _), (old, new)) in compared.columns.iter().zip(known.iter().zip(&cells)) {
                if old != new {
                    say(&id, change, old, new)?;
                }
            }
        }
        let mut gone: Vec<(String, Vec<String>)> = before.into_iter().collect();
        gone.sort_unstable_by_key(|(id, _)| (id.len(), id.clone()));
        for (id, cells) in gone {
            say(&id, "gone", &cells[0], "")?;
        }
    }
    Ok(counts)
}

type KeyAndCells = anyhow::Result<(String, Vec<String>)>;

/// The rows of a file: their keys, and the cells that are compared.
fn rows(path: &Path, compared: &ComparedFile) -> anyhow::Result<impl Iterator<Item = KeyAndCells>> {
    let shown = path.display().to_string();
    let unreadable = move |why: &dyn std::fmt::Display| Failure::input(format!("{shown}: {why}"));
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let mut reader = ::csv::Reader::from_reader(std::io::BufReader::new(file));
    let header = reader.headers().map_err(|error| unreadable(&error))?.clone();
    let position = |name: &str| {
        let found = header.iter().position(|column| column == name);
        found
            .ok_or_else(|| unreadable(&tr!("there is no column {name}: no extraction has written this file")))
    };
    let key = position(compared.key)?;
    let columns: Vec<usize> =
        compared.columns.iter().map(|(_, name)| position(name)).collect::<anyhow::Result<_>>()?;
    Ok(reader.into_records().map(move |record| {
        let record = record.map_err(|error| unreadable(&error))?;
        let cell = |at: usize| record.get(at).unwrap_or_default().to_owned();
        Ok((cell(key), columns.iter().map(|at| cell(*at)).collect()))
    }))
}

/// Writes which rows were made or have changed since a time.
pub(crate) fn since(view: &ShopView<'_>, since: SiteTime, file: &mut CsvFile) -> anyhow::Result<Counts> {
    let mut counts = Counts::new();
    file.line(HEADER)?;
    let rows = &view.shop.rows;
    let orders = rows.orders.iter().map(|row| ("order", row.id, row.created, row.updated, row.status));
    let commissions =
        rows.commissions.iter().map(|row| ("commission", row.id, row.created, row.updated, row.status));
    let subscriptions =
        rows.subscriptions.iter().map(|row| ("subscription", row.id, row.created, row.updated, row.status));
    for (row, id, created, updated, status) in orders.chain(commissions).chain(subscriptions) {
        let change = if created >= Some(since) {
            "new"
        } else if updated >= Some(since) {
            "changed"
        } else {
            continue;
        };
        *counts.entry(format!("{row} {change}")).or_default() += 1;
        file.line([row, &id.to_string(), change, "", view.word(status)])?;
    }
    Ok(counts)
}
