//! Takes the changes of a batch back, the newest first. Changes that follow each other and set the same columns of one table
//! are taken back together: a far server takes as long for one row as for five hundred.

use std::collections::{BTreeMap, HashSet};

use anyhow::Context as _;

use crate::domain::date::Millis;
use crate::failure::Failure;
use crate::language::tr;
use crate::rollback::conflicts::{Conflicts, is_mark};
use crate::store::codec::record::{Record as _, Table};
use crate::store::codec::value::Value;
use crate::store::history::journal;
use crate::store::history::journal::Image;
use crate::store::queries::before_images::BeforeCells;
use crate::store::schema::catalogue::Catalogue;
use crate::store::schema::tables::{AffiliateConversion, JOURNALED};
use crate::store::session::references::Reference;
use crate::store::session::store::Store;
use crate::store::session::stored_rows::LockMode;

/// What holds for every batch of the run that is undone.
pub(super) struct UndoContext<'r> {
    /// What refers to what.
    pub(super) catalogue: &'r Catalogue,
    /// The rows that stay as they are.
    pub(super) conflicts: &'r Conflicts,
    /// When the run began, which is the `updatedAt` of all that it wrote.
    pub(super) written_at: Millis,
}

/// Undoes the changes of a batch in the reverse order, without those in conflict. Inserted rows are deleted together,
/// table by table, before a deleted row takes its place again.
///
/// # Errors
/// Exit code 5 when a row has come to depend on an inserted one since the rollback was planned; the database's errors.
pub(super) fn undo_images(store: &mut Store, undo: &UndoContext<'_>, images: &[Image]) -> anyhow::Result<()> {
    let mut inserted: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    let marks: Vec<&str> = images.iter().filter(|image| is_mark(image)).map(Image::id).collect();
    let present = store.present_ids(AffiliateConversion::TABLE, &marks)?;
    let is_left =
        |image: &&Image| undo.conflicts.contains(image) || (is_mark(image) && !present.contains(image.id()));
    for group in groups(images.iter().rev().filter(|image| !is_left(image))) {
        match group[0] {
            Image::Inserted { table, .. } => {
                inserted.entry(usize::from(*table)).or_default().extend(group.iter().map(|image| image.id()));
            }
            Image::Updated { .. } => restore(store, &group)?,
            Image::Moved { .. } => move_back(store, undo.written_at, &group)?,
            Image::Deleted { before, .. } => {
                delete_inserted(store, undo.catalogue, std::mem::take(&mut inserted))?;
                store.reinsert_row(JOURNALED[group[0].table()], before)?;
            }
        }
    }
    delete_inserted(store, undo.catalogue, inserted)
}

/// Images that follow each other and are taken back together. Of each row a group has one.
fn groups<'i>(images: impl Iterator<Item = &'i Image>) -> Vec<Vec<&'i Image>> {
    let mut groups: Vec<Vec<&Image>> = Vec::new();
    let mut rows: HashSet<&str> = HashSet::new();
    for image in images {
        match groups.last_mut().filter(|group| goes_with(group[0], image) && !rows.contains(image.id())) {
            Some(group) => group.push(image),
            None => {
                groups.push(vec![image]);
                rows.clear();
            }
        }
        rows.insert(image.id());
    }
    groups
}

/// Whether two images are of the same kind, of the same table, and of the same columns.
fn goes_with(one: &Image, other: &Image) -> bool {
    let same_columns = |before: &BeforeCells, then: &BeforeCells| {
        before.iter().map(|(column, _)| column).eq(then.iter().map(|(column, _)| column))
    };
    one.table() == other.table()
        && match (one, other) {
            (Image::Inserted { .. }, Image::Inserted { .. }) => true,
            (Image::Updated { before, .. }, Image::Updated { before: then, .. }) => {
                same_columns(before, then)
            }
            (Image::Moved { by, .. }, Image::Moved { by: then, .. }) => {
                by.iter().map(|(column, _)| column).eq(then.iter().map(|(column, _)| column))
            }
            _ => false,
        }
}

/// Sets the columns to what was stored in them.
fn restore(store: &mut Store, group: &[&Image]) -> anyhow::Result<()> {
    let (mut columns, mut rows) = (Vec::new(), Vec::with_capacity(group.len()));
    for image in group {
        let Image::Updated { id, before, .. } = image else { continue };
        columns = before.iter().map(|(column, _)| column.as_str()).collect();
        rows.push((id.clone(), before.iter().map(|(_, cell)| cell.clone()).collect()));
    }
    store.restore_rows(JOURNALED[group[0].table()], &columns, rows)
}

/// Takes the differences away from the sums as they stand now, and restores the time of writing unless the app has
/// written the row since.
fn move_back(store: &mut Store, written_at: Millis, group: &[&Image]) -> anyhow::Result<()> {
    let of = JOURNALED[group[0].table()];
    let ids: Vec<&str> = group.iter().map(|image| image.id()).collect();
    let mut stored = store.stored_values(of, &ids, LockMode::ForUpdate)?;
    let (mut columns, mut rows, mut times) = (Vec::new(), Vec::with_capacity(group.len()), Vec::new());
    for image in group {
        let Image::Moved { id, before, by, .. } = image else { continue };
        let row = stored.remove(id).with_context(|| tr!("{} {id} no longer exists", of.name))?;
        columns = by.iter().map(|(column, _)| column.as_str()).collect();
        let moved = by.iter().map(|(column, difference)| {
            let sum = row[of.position(column)].clone();
            journal::moved_by(sum, -difference).with_context(|| tr!("{} is no sum", of.name))
        });
        rows.push((id.clone(), moved.collect::<anyhow::Result<Vec<_>>>()?));
        let was_written_by_run = row[of.position(UPDATED_AT)] == Value::Time(written_at);
        if let Some((_, time)) = before.iter().find(|(name, _)| was_written_by_run && name == UPDATED_AT) {
            times.push((id.clone(), vec![time.clone()]));
        }
    }
    store.update_rows(of, &columns, rows)?;
    store.restore_rows(of, &[UPDATED_AT], times)
}

/// The column with the time of writing.
const UPDATED_AT: &str = "updatedAt";

fn delete_inserted(
    store: &mut Store,
    catalogue: &Catalogue,
    inserted: BTreeMap<usize, Vec<&str>>,
) -> anyhow::Result<()> {
    let rows: Vec<(&Table, Vec<&str>)> =
        inserted.into_iter().rev().map(|(table, ids)| (JOURNALED[table], ids)).collect();
    let parents: Vec<(&Table, &[&str])> = rows.iter().map(|(table, ids)| (*table, ids.as_slice())).collect();
    let found = store.references_of_all(catalogue, &parents)?;
    // What refers to a row may be one that goes before it.
    let mut gone: HashSet<(&str, &str)> = HashSet::new();
    for ((table, ids), found) in rows.iter().zip(found) {
        let stays = |found: &Reference| {
            let id = found.id.as_deref().unwrap_or_default();
            !gone.contains(&(found.table.as_str(), id))
        };
        if let Some(found) = found.into_iter().find(stays) {
            return Err(Failure::refused(tr!(
                "{} {} has come to depend on {} {} since it was looked at; run the same command again",
                found.table,
                found.id.unwrap_or_default(),
                table.name,
                found.parent
            )));
        }
        store.delete_rows(table, ids)?;
        gone.extend(ids.iter().map(|id| (table.name, *id)));
    }
    Ok(())
}
