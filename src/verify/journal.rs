//! The journal: every row that imports have written is still as they wrote it.
//!
//! Each change has left a fingerprint of what was written, and the cells that were there before. Read
//! backwards from what is there now, they show for every column of every row whether anybody has changed
//! it, also for those that no export knows: ids, times, and the app's defaults.

use crate::domain::ids::id_for;
use crate::store::codec::fingerprint::fingerprint;
use crate::store::codec::record::{Record as _, Table};
use crate::store::codec::value::Value;
use crate::store::history::journal;
use crate::store::history::journal::Image;
use crate::store::queries;
use crate::store::queries::before_images::{BeforeCells, id_before};
use crate::store::schema::tables::{
    AffiliateProfile, AffiliateTotals, ImportJournal, JOURNALED, SourceRecord, UserMembership, Wallet,
    WebhookLog,
};
use crate::store::schema::words::RunState;
use crate::store::session::row_fingerprints::RowFingerprints;
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::report::VerifyCheck;
use crate::verify::standing_runs::StandingRun;
use crate::verify::table_history::{Rows, TableHistory};
use std::collections::HashSet;
use std::fmt;

/// Reads the journal backwards. Rows that other checks have `seen` as they were written are not read again.
///
/// # Errors
/// Those of the database.
pub(crate) fn check(
    store: &mut Store,
    context: &VerifyContext,
    seen: &RowFingerprints,
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    let tables = JOURNALED.iter().map(|table| TableHistory::new(store, table)).collect();
    let mut reading = JournalReading {
        context,
        seen,
        check,
        tables,
        gone_memberships: HashSet::new(),
        restored: HashSet::new(),
    };
    for run in context.runs.iter().rev() {
        reading.run(store, run)?;
    }
    reading.close(store)?;
    compare_owners(store, check)
}

/// Before-images that belong to no run: somebody has changed the journal.
fn compare_owners(store: &mut Store, check: &mut VerifyCheck) -> anyhow::Result<()> {
    check.values += 1;
    for id in queries::journal::entries_without_run(store)? {
        check.differ(format!("SejoliImportJournal {id}: runId is no run's id"));
    }
    Ok(())
}

/// In what a row differs from what was written into it.
enum RowDifference {
    /// The row is not there.
    Gone,
    /// A column holds something else; the text names those that it may be, if not all of them.
    Edited(String),
}

impl fmt::Display for RowDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RowDifference::Gone => f.write_str("is gone"),
            RowDifference::Edited(columns) => write!(f, "is not as it was written{columns}"),
        }
    }
}

struct JournalReading<'a> {
    context: &'a VerifyContext,
    seen: &'a RowFingerprints,
    check: &'a mut VerifyCheck,
    /// In the journal's own order.
    tables: Vec<TableHistory>,
    /// The ids of memberships that imports have written and that are gone: the app has deleted them.
    gone_memberships: HashSet<String>,
    /// The rows that runs have written again after the app had deleted them, by table and id.
    restored: HashSet<(usize, String)>,
}

impl JournalReading<'_> {
    fn run(&mut self, store: &mut Store, run: &StandingRun) -> anyhow::Result<()> {
        let mut changes = 0;
        for id in queries::journal::entry_ids(store, &run.row.id)? {
            let Some(entry) = queries::journal::entry(store, &id)? else { continue };
            changes += entry.changes;
            self.entry(store, run, &entry)?;
        }
        if let Some(at) = run.row.purged_at {
            let who = format!("run {}", run.row.id);
            self.check.compare(changes == 0, || format!("{who}: was purged, and has before-images"));
            self.check
                .facts
                .push(format!("{who}: was purged {at}: nothing to hold its rows against, and no rollback"));
            return Ok(());
        }
        let Ok(checkpoint) = crate::store::history::runs::checkpoint(&run.row) else { return Ok(()) };
        let tallies = checkpoint.books.iter().flat_map(|(_, books)| books.tables.values());
        let booked: u64 = tallies.map(|tally| tally.created + tally.updated + tally.deleted).sum();
        let same = i64::try_from(booked) == Ok(changes) || run.row.state != RunState::Completed;
        self.check.compare(same, || {
            format!("run {}: {changes} changes in the journal, {booked} in the books", run.row.id)
        });
        Ok(())
    }

    fn entry(&mut self, store: &mut Store, run: &StandingRun, entry: &ImportJournal) -> anyhow::Result<()> {
        let who = format!("run {} batch {}: SejoliImportJournal", run.row.id, entry.batch);
        let id =
            id_for("SejoliImportJournal", &format!("{}/{}", run.row.id, entry.batch), run.row.started_at);
        self.check.compare(entry.id == id, || format!("{who}: id, run and batch do not belong together"));
        let same = entry.created_at == run.row.started_at;
        self.check.compare(same, || format!("{who}: createdAt ({}) is not the run's time", entry.created_at));
        let Ok(images) = journal::decode(&entry.images) else {
            self.check.differ(format!("{who}: images cannot be read"));
            return Ok(());
        };
        let same = i64::try_from(images.len()) == Ok(entry.changes);
        self.check.compare(same, || format!("{who}: {} images, {} changes", images.len(), entry.changes));
        let unchanged: Vec<bool> = images.iter().map(|image| self.is_unchanged(image)).collect();
        let now = self.load(store, &images, &unchanged)?;
        for (image, unchanged) in images.into_iter().zip(unchanged).rev() {
            self.image(store, run, &now, image, unchanged)?;
        }
        Ok(())
    }

    /// The rows of a batch as they are now, table by table, without those that are known to be unchanged.
    fn load(&mut self, store: &mut Store, images: &[Image], unchanged: &[bool]) -> anyhow::Result<Vec<Rows>> {
        let mut ids: Vec<Vec<&str>> = vec![Vec::new(); self.tables.len()];
        for (image, _) in images.iter().zip(unchanged).filter(|(_, unchanged)| !**unchanged) {
            if let Image::Inserted { table, id, .. }
            | Image::Updated { table, id, .. }
            | Image::Moved { table, id, .. } = image
                && let Some(ids) = ids.get_mut(usize::from(*table))
            {
                ids.push(id);
            }
        }
        let check = &mut *self.check;
        let rows = self.tables.iter().zip(ids).map(|(known, mut ids)| {
            ids.sort_unstable();
            ids.dedup();
            known.load(store, &ids, &mut |message| check.differ(message))
        });
        rows.collect()
    }

    /// Whether an inserted row was seen as it was written, and no later batch has changed it.
    fn is_unchanged(&self, image: &Image) -> bool {
        let Image::Inserted { table, id, after } = image else { return false };
        let changed = self.tables.get(usize::from(*table)).is_none_or(|known| known.has_changed(id));
        !changed && self.seen.contains(*table, id, *after)
    }

    fn image(
        &mut self,
        store: &mut Store,
        run: &StandingRun,
        now: &[Rows],
        image: Image,
        unchanged: bool,
    ) -> anyhow::Result<()> {
        self.check.rows += 1;
        match image {
            Image::Inserted { table, id, after } => {
                let number = usize::from(table);
                if self.restored.contains(&(number, id.clone())) {
                    self.deleted_by_app(number, &id);
                    return Ok(());
                }
                if run.options["restore_deleted"] == true {
                    self.restored.insert((number, id.clone()));
                }
                self.inserted(store, now, number, &id, after, unchanged)
            }
            Image::Updated { table, id, before, after } | Image::Moved { table, id, before, after, .. } => {
                self.updated(store, now, usize::from(table), id, before, after)
            }
            Image::Deleted { table, before } => self.deleted(store, usize::from(table), before),
        }
    }

    fn inserted(
        &mut self,
        store: &mut Store,
        now: &[Rows],
        number: usize,
        id: &str,
        after: u64,
        unchanged: bool,
    ) -> anyhow::Result<()> {
        let Some(known) = self.tables.get_mut(number) else { return Ok(()) };
        known.inserted += 1;
        let found = match known.before(&now[number], id) {
            _ if unchanged && !known.has_changed(id) => None,
            None => Some(RowDifference::Gone),
            Some(row) if known.is_complete && fingerprint(row.iter()) != after => {
                Some(RowDifference::Edited(String::new()))
            }
            Some(_) => None,
        };
        known.forget(id);
        self.check.values += known.table.columns.len() as u64;
        let edited = known.edited.remove(id);
        match found.or(edited.map(RowDifference::Edited)) {
            Some(found) => self.report_difference(store, number, id, &found),
            None => Ok(()),
        }
    }

    /// A row that a later run has written again: between the two, the app had deleted it.
    fn deleted_by_app(&mut self, number: usize, id: &str) {
        let Some(known) = self.tables.get_mut(number) else { return };
        known.forget(id);
        known.edited.remove(id);
        self.check.values += known.table.columns.len() as u64;
    }

    fn updated(
        &mut self,
        store: &Store,
        now: &[Rows],
        number: usize,
        id: String,
        before: BeforeCells,
        after: u64,
    ) -> anyhow::Result<()> {
        let Some(known) = self.tables.get_mut(number) else { return Ok(()) };
        let columns: Vec<usize> = before.iter().filter_map(|(name, _)| known.column(name)).collect();
        self.check.values += columns.len() as u64;
        let row = known.before(&now[number], &id);
        let same = row.is_some_and(|row| fingerprint(columns.iter().map(|&at| &row[at])) == after);
        if !same {
            let names: Vec<&str> = before.iter().map(|(name, _)| name.as_str()).collect();
            known.edited.insert(id.clone(), format!(" (one of {})", names.join(", ")));
        }
        known.remember(store, id, before)
    }

    fn deleted(&mut self, store: &Store, number: usize, before: BeforeCells) -> anyhow::Result<()> {
        let Some(known) = self.tables.get_mut(number) else { return Ok(()) };
        known.inserted -= 1;
        match id_before(&before).map(str::to_owned) {
            Some(id) => known.remember(store, id, before),
            None => Ok(()),
        }
    }

    /// Enters a row that is not as it was written. Where the app has moved money in an account itself, that
    /// is no difference.
    fn report_difference(
        &mut self,
        store: &mut Store,
        number: usize,
        id: &str,
        found: &RowDifference,
    ) -> anyhow::Result<()> {
        let table = self.tables[number].table;
        if table == UserMembership::TABLE && matches!(found, RowDifference::Gone) {
            self.check.facts.push(format!("{} {id}: deleted in the app since", table.name));
            self.gone_memberships.insert(id.to_owned());
        } else if matches!(found, RowDifference::Edited(_)) && was_moved_by_app(store, table, id)? {
            self.check.facts.push(format!("{} {id}: moved by the app since", table.name));
        } else {
            self.check.differ(format!("{} {id}: {found}", table.name));
        }
        Ok(())
    }

    /// Ends the reading. The rows whose insertion was not found are the app's own, and imports have only
    /// updated them; whoever edits them in the app leaves another time of writing.
    fn close(&mut self, store: &mut Store) -> anyhow::Result<()> {
        for number in 0..self.tables.len() {
            for (id, columns) in std::mem::take(&mut self.tables[number].edited) {
                if self.is_edited_in_app(store, number, &id)? {
                    let table = self.tables[number].table.name;
                    self.check.facts.push(format!("{table} {id}: edited in the app since"));
                } else {
                    self.report_difference(store, number, &id, &RowDifference::Edited(columns))?;
                }
            }
        }
        let purged = self.context.runs.iter().any(|run| run.row.purged_at.is_some());
        if !purged {
            self.compare_kept_memberships(store)?;
        }
        for known in self.tables.iter().filter(|_| !purged) {
            let table = known.table.name;
            if ![WebhookLog::TABLE, SourceRecord::TABLE, AffiliateTotals::TABLE].contains(&known.table) {
                continue;
            }
            let rows = store.over_whole_tables(|store| store.count_rows(known.table))?;
            let inserted = known.inserted;
            self.check.compare(i64::try_from(rows) == Ok(inserted), || {
                format!("{table}: imports have inserted {inserted} rows, and {rows} are there")
            });
        }
        Ok(())
    }

    /// Source rows are kept of memberships that imports have written: one that is gone must have been there.
    fn compare_kept_memberships(&mut self, store: &mut Store) -> anyhow::Result<()> {
        let gone = store.over_whole_tables(queries::kept_rows::deleted_memberships)?;
        for id in gone {
            let was_there = self.gone_memberships.contains(&id);
            self.check.compare(was_there, || {
                format!("UserMembership {id}: its source rows are kept, and no import has written it")
            });
        }
        Ok(())
    }

    fn is_edited_in_app(&self, store: &mut Store, number: usize, id: &str) -> anyhow::Result<bool> {
        let known = &self.tables[number];
        let row = known.load(store, &[id], &mut |_| ())?.remove(id);
        let written = row.zip(known.column("updatedAt")).map(|(row, at)| row[at].clone());
        Ok(matches!(written, Some(Value::Time(time)) if !self.context.is_run_time(time)))
    }
}

/// Whether the app has moved money in a wallet, or in the wallet of a profile's user.
fn was_moved_by_app(store: &mut Store, table: &'static Table, id: &str) -> anyhow::Result<bool> {
    if table == Wallet::TABLE {
        queries::wallets::has_entries_of_app(store, id)
    } else if table == AffiliateProfile::TABLE {
        queries::wallets::has_entries_of_app_by_profile(store, id)
    } else {
        Ok(false)
    }
}
