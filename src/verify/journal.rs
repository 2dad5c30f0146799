//! The journal: every row that imports have written still stands as they wrote it.
//!
//! Each change has left a fingerprint of what was written, and the cells that stood there before.
//! Read backwards from what stands there now, they tell of every column of every row whether
//! anybody has touched it, also of those that no export knows: ids, times, and the app's defaults.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::domain::ids::id_for;
use crate::store::codec::fingerprint::fingerprint;
use crate::store::codec::record::{Column, Record as _, Table};
use crate::store::codec::value::{Cell, Read, Value};
use crate::store::history::journal;
use crate::store::history::journal::Image;
use crate::store::schema::tables::{
    AffiliateProfile, AffiliateTotals, ImportJournal, JOURNALED, SourceRecord, Wallet, WebhookLog,
};
use crate::store::schema::words::RunState;
use crate::store::session::row_fingerprints::RowFingerprints;
use crate::store::session::store::Store;
use crate::verify::context::{StandingRun, VerifyContext};
use crate::verify::report::VerifyCheck;

/// Keys of one look-up.
const KEYS: usize = 512;

/// Reads the journal backwards. What other checks have `seen` standing as it was written is not read
/// again.
pub fn check(
    store: &mut Store,
    world: &VerifyContext,
    seen: &RowFingerprints,
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    let tables = JOURNALED.iter().map(|table| TableHistory::of(store, table)).collect();
    let mut reading = JournalReading { world, seen, check, tables };
    for run in world.runs.iter().rev() {
        reading.run(store, run)?;
    }
    reading.close(store)?;
    unknown_runs(store, check)
}

/// Before-images of no run: somebody has changed the journal.
fn unknown_runs(store: &mut Store, check: &mut VerifyCheck) -> anyhow::Result<()> {
    let sql = "SELECT j.\"id\" FROM \"SejoliImportJournal\" j LEFT JOIN \"SejoliImportRun\" r ON r.\"id\" = j.\"runId\" \
               WHERE r.\"id\" IS NULL LIMIT 100";
    check.values += 1;
    for cell in store.query(sql, &[])?.into_iter().flatten() {
        if let Cell::Text(id) = cell {
            check.differ(format!("SejoliImportJournal {id}: runId names no run"));
        }
    }
    Ok(())
}

/// What has been learnt of a table while reading backwards.
struct TableHistory {
    table: &'static Table,
    /// Whether the live table has every column, so that a row's fingerprint can be made again.
    is_whole: bool,
    /// What rows held before changes that have been read already, column by column.
    past: HashMap<String, Vec<(usize, Value)>>,
    /// Rows that are not as they were written, until it is known whose they are.
    doubtful: HashMap<String, String>,
    /// Rows that imports have made and not taken back.
    made: i64,
}

impl TableHistory {
    fn of(store: &Store, table: &'static Table) -> Self {
        let is_whole = table.columns.iter().all(|column| store.has_column(table, column.name));
        Self { table, is_whole, past: HashMap::new(), doubtful: HashMap::new(), made: 0 }
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.table.columns.iter().position(|column| column.name == name)
    }

    /// Reads rows as they stand now; what cannot be read stands as NULL, and is told to `bad`.
    fn load(&self, store: &mut Store, ids: &[&str], bad: &mut dyn FnMut(String)) -> anyhow::Result<Rows> {
        let mut rows = Rows::with_capacity(ids.len());
        for part in ids.chunks(KEYS) {
            let (tail, cells) = store.condition(None, "id", part);
            for row in store.read_rows(self.table, &tail, &cells)? {
                let values: Vec<Value> =
                    row.into_iter().zip(self.table.columns).map(|read| self.value(read, bad)).collect();
                if let Value::Text(id) = &values[0] {
                    rows.insert(id.clone(), values);
                }
            }
        }
        Ok(rows)
    }

    fn value(&self, (read, column): (Read, &Column), bad: &mut dyn FnMut(String)) -> Value {
        read.unwrap_or_else(|error| {
            bad(format!("{}.{}: {error}", self.table.name, column.name));
            Value::Null
        })
    }

    /// A row as it stood before the changes that have been read already.
    fn before<'r>(&self, now: &'r Rows, id: &str) -> Option<Cow<'r, [Value]>> {
        let Some(past) = self.past.get(id) else {
            return now.get(id).map(|row| Cow::Borrowed(row.as_slice()));
        };
        let deleted = past.iter().any(|(at, _)| *at == 0);
        let mut row = match now.get(id) {
            Some(row) => row.clone(),
            None if deleted => vec![Value::Null; self.table.columns.len()],
            None => return None,
        };
        for (at, value) in past {
            row[*at] = value.clone();
        }
        Some(Cow::Owned(row))
    }

    fn remember(&mut self, store: &Store, id: String, before: Vec<(String, Cell)>) -> anyhow::Result<()> {
        let table = self.table;
        let past = self.past.entry(id).or_default();
        for (name, cell) in before {
            let Some(at) = table.columns.iter().position(|column| column.name == name) else { continue };
            let value = store.decode(cell, table.columns[at].kind)?;
            match past.iter_mut().find(|(known, _)| *known == at) {
                Some(known) => known.1 = value,
                None => past.push((at, value)),
            }
        }
        Ok(())
    }
}

/// Rows of one table as they stand now, by id.
type Rows = HashMap<String, Vec<Value>>;

struct JournalReading<'a> {
    world: &'a VerifyContext,
    seen: &'a RowFingerprints,
    check: &'a mut VerifyCheck,
    /// In the journal's own order.
    tables: Vec<TableHistory>,
}

impl JournalReading<'_> {
    fn run(&mut self, store: &mut Store, run: &StandingRun) -> anyhow::Result<()> {
        let id = Cell::Text(run.row.id.clone());
        let sql = "SELECT \"id\" FROM \"SejoliImportJournal\" WHERE \"runId\" = ? ORDER BY \"batch\" DESC";
        let mut changes = 0;
        for cell in store.query(sql, &[id])?.into_iter().flatten() {
            let Cell::Text(id) = cell else { continue };
            for entry in store.select_in::<ImportJournal>("id", &[id.as_str()])? {
                changes += entry.changes;
                self.entry(store, run, &entry)?;
            }
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
        let stand: Vec<bool> = images.iter().map(|image| self.was_seen(image)).collect();
        let now = self.load(store, &images, &stand)?;
        for (image, stands) in images.into_iter().zip(stand).rev() {
            self.image(store, &now, image, stands)?;
        }
        Ok(())
    }

    /// The rows of a batch as they stand now, table by table; those that were seen to stand as their only
    /// change has written them are left out.
    fn load(&mut self, store: &mut Store, images: &[Image], stand: &[bool]) -> anyhow::Result<Vec<Rows>> {
        let mut ids: Vec<Vec<&str>> = vec![Vec::new(); self.tables.len()];
        for (image, _) in images.iter().zip(stand).filter(|(_, stands)| !**stands) {
            if let Image::Inserted { table, id, .. } | Image::Updated { table, id, .. } = image
                && let Some(ids) = ids.get_mut(usize::from(*table))
            {
                ids.push(id);
            }
        }
        let check = &mut *self.check;
        let rows = self.tables.iter().zip(ids).map(|(known, mut ids)| {
            ids.sort_unstable();
            ids.dedup();
            known.load(store, &ids, &mut |bad| check.differ(bad))
        });
        rows.collect()
    }

    /// Whether a new row was seen to stand as it was written, and no later batch has changed it.
    fn was_seen(&self, image: &Image) -> bool {
        let Image::Inserted { table, id, after } = image else { return false };
        let changed = self.tables.get(usize::from(*table)).is_none_or(|known| known.past.contains_key(id));
        !changed && self.seen.contains(*table, id, *after)
    }

    fn image(&mut self, store: &mut Store, now: &[Rows], image: Image, stands: bool) -> anyhow::Result<()> {
        self.check.rows += 1;
        match image {
            Image::Inserted { table, id, after } => {
                self.inserted(store, now, usize::from(table), &id, after, stands)
            }
            Image::Updated { table, id, before, after } => {
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
        stands: bool,
    ) -> anyhow::Result<()> {
        let Some(known) = self.tables.get_mut(number) else { return Ok(()) };
        known.made += 1;
        let why = match known.before(&now[number], id) {
            _ if stands && !known.past.contains_key(id) => None,
            None => Some("is gone"),
            Some(row) if known.is_whole && fingerprint(row.iter()) != after => {
                Some("is not as it was written")
            }
            Some(_) => None,
        };
        known.past.remove(id);
        self.check.values += known.table.columns.len() as u64;
        let doubt = known.doubtful.remove(id);
        match why.map(str::to_owned).or(doubt) {
            Some(why) => self.own(store, number, id, &why),
            None => Ok(()),
        }
    }

    fn updated(
        &mut self,
        store: &Store,
        now: &[Rows],
        number: usize,
        id: String,
        before: Vec<(String, Cell)>,
        after: u64,
    ) -> anyhow::Result<()> {
        let Some(known) = self.tables.get_mut(number) else { return Ok(()) };
        let columns: Vec<usize> = before.iter().filter_map(|(name, _)| known.column(name)).collect();
        self.check.values += columns.len() as u64;
        let row = known.before(&now[number], &id);
        let stands = row.is_some_and(|row| fingerprint(columns.iter().map(|&at| &row[at])) == after);
        if !stands {
            let names: Vec<&str> = before.iter().map(|(name, _)| name.as_str()).collect();
            let why = format!("is not as it was written (one of {})", names.join(", "));
            known.doubtful.insert(id.clone(), why);
        }
        known.remember(store, id, before)
    }

    fn deleted(&mut self, store: &Store, number: usize, before: Vec<(String, Cell)>) -> anyhow::Result<()> {
        let Some(known) = self.tables.get_mut(number) else { return Ok(()) };
        known.made -= 1;
        let id = before.iter().find(|(name, _)| name == "id").map(|(_, cell)| cell.clone());
        match id {
            Some(Cell::Text(id)) => known.remember(store, id, before),
            _ => Ok(()),
        }
    }

    /// A row of an import that differs; what the app has moved in an account itself is its business.
    fn own(&mut self, store: &mut Store, number: usize, id: &str, why: &str) -> anyhow::Result<()> {
        let table = self.tables[number].table;
        if why != "is gone" && has_moved(store, table, id)? {
            self.check.facts.push(format!("{} {id}: moved by the app since", table.name));
        } else {
            self.check.differ(format!("{} {id}: {why}", table.name));
        }
        Ok(())
    }

    /// Rows of the app that imports have only filled in: whoever edits them leaves a time of writing.
    fn close(&mut self, store: &mut Store) -> anyhow::Result<()> {
        for number in 0..self.tables.len() {
            for (id, why) in std::mem::take(&mut self.tables[number].doubtful) {
                if self.is_edited(store, number, &id)? {
                    let table = self.tables[number].table.name;
                    self.check.facts.push(format!("{table} {id}: edited in the app since"));
                } else {
                    self.own(store, number, &id, &why)?;
                }
            }
        }
        let purged = self.world.runs.iter().any(|run| run.row.purged_at.is_some());
        for known in self.tables.iter().filter(|_| !purged) {
            let table = known.table.name;
            if ![WebhookLog::TABLE.name, SourceRecord::TABLE.name, AffiliateTotals::TABLE.name]
                .contains(&table)
            {
                continue;
            }
            let count = format!("SELECT count(*) FROM \"{table}\"");
            let rows = store.over_whole_tables(|store| store.query(&count, &[]))?;
            let same = rows.first().and_then(|row| row.first()) == Some(&Cell::Int(known.made));
            let made = known.made;
            self.check
                .compare(same, || format!("{table}: imports have made {made} rows, another number is there"));
        }
        Ok(())
    }

    fn is_edited(&self, store: &mut Store, number: usize, id: &str) -> anyhow::Result<bool> {
        let known = &self.tables[number];
        let row = known.load(store, &[id], &mut |_| ())?.remove(id);
        let written = row.zip(known.column("updatedAt")).map(|(row, at)| row[at].clone());
        Ok(matches!(written, Some(Value::Time(time)) if !self.world.is_run_time(time)))
    }
}

/// Whether a wallet, or a profile's wallet, has entries of the app's own.
fn has_moved(store: &mut Store, table: &'static Table, id: &str) -> anyhow::Result<bool> {
    let of = if table.name == Wallet::TABLE.name {
        "w.\"id\" = ?"
    } else if table.name == AffiliateProfile::TABLE.name {
        "w.\"userId\" = (SELECT \"userId\" FROM \"AffiliateProfile\" WHERE \"id\" = ?)"
    } else {
        return Ok(false);
    };
    let of_sejoli = store.of_sejoli();
    let sql = format!(
        "SELECT count(*) FROM \"WalletTransaction\" e JOIN \"Wallet\" w ON w.\"id\" = e.\"walletId\" \
         WHERE {of} AND (e.\"reference\" IS NULL OR e.\"reference\" NOT {of_sejoli})"
    );
    let rows = store.query(&sql, &[Cell::Text(id.to_owned())])?;
    Ok(rows.first().and_then(|row| row.first()).is_some_and(|count| *count != Cell::Int(0)))
}
