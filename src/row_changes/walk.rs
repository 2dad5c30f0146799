//! Walks through a run's journal, batch by batch, and tells of each row what the run does to it.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::ids::KeyHash;
use crate::row_changes::change::{ChangeAction, ChangeSink, ColumnChange, RowChange};
use crate::row_changes::subject::Subjects;
use crate::row_changes::touched::{TouchedRows, row_of};
use crate::store::codec::record::{Record as _, Table};
use crate::store::codec::value::Value;
use crate::store::history::journal;
use crate::store::history::journal::Image;
use crate::store::queries;
use crate::store::queries::before_images::columns_before;
use crate::store::schema::tables::{Identity, JOURNALED, SourceRecord};
use crate::store::session::store::Store;
use crate::store::session::stored_rows::LockMode;

/// Which way the run is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// What it has done.
    Done,
    /// What undoing it would do.
    Undone,
}

/// Columns that say when or by what a row was written, and nothing of what it is about.
const BOOKKEEPING: [&str; 2] = ["updatedAt", "webhookPayload"];

/// Tells of every row of the app that a run has changed; rows of which `stays` is true are left out.
///
/// # Errors
/// A journal that cannot be read; the database's errors; those of the sink.
pub(crate) fn of_run(
    store: &mut Store,
    run: &str,
    direction: Direction,
    stays: &dyn Fn(&Image) -> bool,
    sink: &mut dyn ChangeSink,
) -> anyhow::Result<()> {
    sink.begin()?;
    let newest_first = queries::journal::entry_ids(store, run)?;
    let mut touched = TouchedRows::default();
    for entry in &newest_first {
        images(store, entry)?.iter().rev().for_each(|image| touched.look_at(image));
    }
    let mut walk = JournalWalk { touched, direction, told: HashSet::new() };
    for entry in newest_first.iter().rev() {
        let mut by_table: BTreeMap<usize, Vec<Image>> = BTreeMap::new();
        let of_app =
            |image: &Image| ![SourceRecord::TABLE, Identity::TABLE].contains(&JOURNALED[image.table()]);
        for image in images(store, entry)?.into_iter().filter(|image| of_app(image) && !stays(image)) {
            by_table.entry(image.table()).or_default().push(image);
        }
        for (table, images) in by_table {
            walk.batch(store, JOURNALED[table], images, sink)?;
        }
    }
    Ok(())
}

fn images(store: &mut Store, entry: &str) -> anyhow::Result<Vec<Image>> {
    let entry = queries::journal::entry(store, entry)?;
    entry.map_or_else(|| Ok(Vec::new()), |entry| journal::decode(&entry.images))
}

/// What is known while the journal is gone through from its first entry on.
struct JournalWalk {
    touched: TouchedRows,
    direction: Direction,
    /// The columns of rows that are changed several times and were told of: the first of their values is the one before.
    told: HashSet<(KeyHash, usize)>,
}

/// The rows of a table as they stand, by id.
type Standing = HashMap<String, Vec<Value>>;

impl JournalWalk {
    /// The images of one batch and one table.
    fn batch(
        &mut self,
        store: &mut Store,
        table: &'static Table,
        mut images: Vec<Image>,
        sink: &mut dyn ChangeSink,
    ) -> anyhow::Result<()> {
        images
            .retain(|image| matches!(image, Image::Inserted { .. }) || !self.touched.is_made(row_of(image)));
        let (wanted, counted): (Vec<Image>, Vec<Image>) =
            images.into_iter().partition(|image| sink.wants(table.name, self.action(image)));
        for image in &counted {
            let is_again = self.touched.is_changed_often(row_of(image))
                && !self.told.insert((row_of(image), usize::MAX));
            if !is_again {
                sink.count(table.name, self.action(image));
            }
        }
        let ids: Vec<&str> = wanted.iter().map(Image::id).collect();
        let standing = store.stored_values(table, &ids, LockMode::Unlocked)?;
        let rows: Vec<(String, ChangeAction, Vec<Value>, Vec<ColumnChange>)> =
            wanted.into_iter().filter_map(|image| self.row(store, table, image, &standing)).collect();
        let subjects =
            Subjects::of(store, table, &rows.iter().map(|(_, _, row, _)| row).collect::<Vec<_>>())?;
        for (id, action, row, columns) in rows {
            if !sink.wants(table.name, action) {
                sink.count(table.name, action);
                continue;
            }
            let subject = subjects.of_row(&id, &row);
            sink.tell(RowChange { table: table.name, action, id, subject, columns })?;
        }
        Ok(())
    }

    /// What becomes of an image's row.
    fn action(&self, image: &Image) -> ChangeAction {
        match (image, self.direction) {
            (Image::Inserted { .. }, Direction::Done) | (Image::Deleted { .. }, Direction::Undone) => {
                ChangeAction::Created
            }
            (Image::Deleted { .. }, Direction::Done) | (Image::Inserted { .. }, Direction::Undone) => {
                ChangeAction::Deleted
            }
            _ => ChangeAction::Changed,
        }
    }

    /// The change of an image's row: id, action, a state of the row, and its columns. None where it comes to nothing.
    fn row(
        &mut self,
        store: &Store,
        table: &'static Table,
        image: Image,
        standing: &Standing,
    ) -> Option<(String, ChangeAction, Vec<Value>, Vec<ColumnChange>)> {
        let (id, action, hash) = (image.id().to_owned(), self.action(&image), row_of(&image));
        let row = match &image {
            Image::Deleted { before, .. } => {
                let mut row = vec![Value::Null; table.columns.len()];
                for column in columns_before(store, table, before.clone()) {
                    row[column.position] = column.value.ok()?;
                }
                row
            }
            // A row that the run has deleted again, or that somebody has deleted since, is none of its rows.
            _ => standing.get(&id)?.clone(),
        };
        let columns = match image {
            Image::Inserted { .. } | Image::Deleted { .. } => whole(table, &row, action),
            Image::Updated { before, .. } => {
                let before = columns_before(store, table, before);
                let before = before.filter(|column| self.is_first(hash, column.position));
                let changed =
                    before.filter_map(|column| Some((column.position, column.value.ok()?))).collect();
                self.changed(table, &row, changed)
            }
            Image::Moved { before, by, .. } => {
                let is_often = self.touched.is_changed_often(hash);
                let is_undone = self.direction == Direction::Undone && !is_often;
                let before = columns_before(store, table, before);
                let before = before.filter(|column| self.is_first(hash, column.position));
                let changed = before.filter_map(|column| {
                    // What the app has moved since stays when the run's difference is taken away.
                    let difference = by.iter().find(|(name, _)| *name == table.columns[column.position].name);
                    let undone = difference.filter(|_| is_undone);
                    let value = match undone {
                        Some((_, by)) => journal::moved_by(row[column.position].clone(), -by)?,
                        None => column.value.ok()?,
                    };
                    Some((column.position, value))
                });
                let changed = changed.collect();
                self.changed(table, &row, changed)
            }
        };
        (!columns.is_empty()).then_some((id, action, row, columns))
    }

    /// Whether a column's value is the one before all of the run's changes; asked once for each image.
    fn is_first(&mut self, row: KeyHash, position: usize) -> bool {
        !self.touched.is_changed_often(row) || self.told.insert((row, position))
    }

    /// The columns that differ between their values before the run and those that stand.
    fn changed(
        &self,
        table: &'static Table,
        row: &[Value],
        before: Vec<(usize, Value)>,
    ) -> Vec<ColumnChange> {
        let differs = |(at, before): &(usize, Value)| {
            *before != row[*at] && !BOOKKEEPING.contains(&table.columns[*at].name)
        };
        let column = |(at, before): (usize, Value)| {
            let (from, to) = match self.direction {
                Direction::Done => (before, row[at].clone()),
                Direction::Undone => (row[at].clone(), before),
            };
            ColumnChange { column: table.columns[at].name, from, to }
        };
        before.into_iter().filter(differs).map(column).collect()
    }
}

/// All columns of a row that is created or deleted and that hold something.
fn whole(table: &'static Table, row: &[Value], action: ChangeAction) -> Vec<ColumnChange> {
    let holds = |(column, value): &(&'static str, &Value)| {
        **value != Value::Null && *column != "id" && !BOOKKEEPING.contains(column)
    };
    let column = |(column, value): (&'static str, &Value)| match action {
        ChangeAction::Deleted => ColumnChange { column, from: value.clone(), to: Value::Null },
        _ => ColumnChange { column, from: Value::Null, to: value.clone() },
    };
    table.columns.iter().map(|column| column.name).zip(row).filter(holds).map(column).collect()
}
