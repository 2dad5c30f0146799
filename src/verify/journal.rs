//! The journal: every row that imports have written is still as they wrote it.
//!
//! Each change has left a fingerprint of what was written, and the cells that were there before. Read
//! backwards from what is there now, they show for every column of every row whether anybody has changed
//! it, also for those that no export knows: ids, times, and the app's defaults.

use crate::domain::date::Millis;
use crate::domain::ids::id_for;
use crate::domain::money::Money;
use crate::language::tr;
use crate::store::codec::fingerprint::fingerprint;
use crate::store::codec::record::{Record as _, Table};
use crate::store::codec::value::Value;
use crate::store::history::journal;
use crate::store::history::journal::Image;
use crate::store::queries;
use crate::store::queries::before_images::{BeforeCells, columns_before, id_before};
use crate::store::schema::tables::{
    AffiliateConversion, AffiliateMapping, AffiliateProfile, AffiliateTotals, CourseEnrollment, GroupMember,
    Identity, ImportJournal, JOURNALED, SourceRecord, UserMembership, Wallet, WebhookLog,
};
use crate::store::schema::words::{MappingStatus, RunState};
use crate::store::session::deferred::{DeferredQuery, FoundRows};
use crate::store::session::row_fingerprints::RowFingerprints;
use crate::store::session::store::Store;
use crate::verify::changed_rows::{ChangedBy, ChangedRow, ChangedRows, RowState, RunName};
use crate::verify::context::VerifyContext;
use crate::verify::difference::Subject;
use crate::verify::report::VerifyCheck;
use crate::verify::standing_runs::StandingRun;
use crate::verify::table_history::{Rows, TableHistory};
use std::collections::HashSet;
use std::fmt;

/// The entries of the journal that are read at once.
const ENTRIES: usize = 8;

/// The command of runs that put back what earlier runs have written.
pub(crate) const REPAIRED: &str = "repair";

/// Reads the journal backwards. Rows that other checks have `seen` as they were written are not read again.
///
/// # Errors
/// Those of the database.
pub(crate) fn check(
    store: &mut Store,
    context: &VerifyContext,
    seen: &RowFingerprints,
    check: &mut VerifyCheck,
) -> anyhow::Result<ChangedRows> {
    let tables = JOURNALED.iter().map(|table| TableHistory::new(store, table)).collect();
    let (gone_memberships, changed) = (HashSet::new(), Vec::new());
    let mut reading = JournalReading { context, seen, check, tables, gone_memberships, changed };
    for run in context.runs.iter().rev() {
        reading.run(store, run)?;
    }
    reading.close(store)?;
    let changed = ChangedRows::new(context, std::mem::take(&mut reading.changed));
    compare_owners(store, check)?;
    Ok(changed)
}

/// Before-images that belong to no run: somebody has changed the journal.
fn compare_owners(store: &mut Store, check: &mut VerifyCheck) -> anyhow::Result<()> {
    check.values += 1;
    for id in queries::journal::entries_without_run(store)? {
        check.differ(tr!("SejoliImportJournal {id}: runId is no run's id"));
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
            RowDifference::Gone => f.write_str(tr!("is gone")),
            RowDifference::Edited(columns) => write!(f, "{}", tr!("is not as it was written{columns}")),
        }
    }
}

/// What has become of a row that is not as it was written.
#[derive(Clone, Copy)]
struct RowDeviation {
    is_gone: bool,
    /// Whether it is a difference: what the app's people may do is none.
    is_difference: bool,
}

/// The tables that nobody but imports fills.
const OF_IMPORTS_ALONE: [&Table; 5] = [
    AffiliateMapping::TABLE,
    WebhookLog::TABLE,
    SourceRecord::TABLE,
    AffiliateTotals::TABLE,
    Identity::TABLE,
];

/// The tables by which people get into groups and courses. The app takes them away when a membership is over, and keeps
/// in them how far somebody has come: that is what they are there for.
const OPENS_DOORS: [&Table; 2] = [GroupMember::TABLE, CourseEnrollment::TABLE];

struct JournalReading<'a> {
    context: &'a VerifyContext,
    seen: &'a RowFingerprints,
    check: &'a mut VerifyCheck,
    /// In the journal's own order.
    tables: Vec<TableHistory>,
    /// The ids of memberships that imports have written and that are gone: the app has deleted them.
    gone_memberships: HashSet<String>,
    /// The rows that are not as they were written.
    changed: Vec<ChangedRow>,
}

impl JournalReading<'_> {
    fn run(&mut self, store: &mut Store, run: &StandingRun) -> anyhow::Result<()> {
        let mut changes = 0;
        let ids = queries::journal::entry_ids(store, &run.row.id)?;
        let mut pages = ids.chunks(ENTRIES);
        let mut entries = store.answer(queries::journal::entries(store, pages.next().unwrap_or_default()))?;
        while !entries.is_empty() || pages.len() > 0 {
            changes += entries.iter().map(|entry| entry.changes).sum::<i64>();
            entries = self.page(store, run, &entries, pages.next().unwrap_or_default())?;
        }
        if let Some(at) = run.row.purged_at {
            let who = tr!("run {}", run.row.id);
            self.check.compare(changes == 0, || tr!("{who}: was purged, and has before-images"));
            self.check.facts.push(tr!(
                "{who}: was purged {}: nothing to hold its rows against, and no rollback",
                at.spoken()
            ));
            return Ok(());
        }
        let Ok(checkpoint) = crate::store::history::runs::checkpoint(&run.row) else { return Ok(()) };
        let tallies = checkpoint.books.iter().flat_map(|(_, books)| books.tables.values());
        let booked: u64 = tallies.map(|tally| tally.created + tally.updated + tally.deleted).sum();
        let same = i64::try_from(booked) == Ok(changes) || run.row.state != RunState::Completed;
        self.check.compare(same, || {
            tr!("run {}: {changes} changes in the journal, {booked} in the books", run.row.id)
        });
        Ok(())
    }

    /// Reads some entries, the newest first, and returns those with the `following` ids. Their rows are looked at together,
    /// and asked for together with the entries that follow.
    fn page(
        &mut self,
        store: &mut Store,
        run: &StandingRun,
        entries: &[ImportJournal],
        following: &[String],
    ) -> anyhow::Result<Vec<ImportJournal>> {
        let images: Vec<Option<Vec<Image>>> = entries.iter().map(|entry| self.images(run, entry)).collect();
        let (read, following) = store.answer((
            self.rows_of(store, images.iter().flatten().flatten()),
            queries::journal::entries(store, following).attempted(),
        ))?;
        let check = &mut *self.check;
        let rows = self.tables.iter().zip(read);
        let now: Vec<Rows> =
            rows.map(|(known, read)| known.rows(read, &mut |message| check.differ(message))).collect();
        let restores = run.options.get("restore_deleted").and_then(serde_json::Value::as_bool) == Some(true);
        for images in images.into_iter().flatten() {
            // What a newer entry has changed is no longer as an older one has written it.
            let unchanged: Vec<bool> = images.iter().map(|image| self.is_unchanged(image)).collect();
            for (image, unchanged) in images.into_iter().zip(unchanged).rev() {
                let restored = match &image {
                    Image::Inserted { table, id, .. } if restores => Some((usize::from(*table), id.clone())),
                    _ => None,
                };
                self.image(store, run, &now, image, unchanged)?;
                if let Some((number, id)) = restored
                    && let Some(known) = self.tables.get_mut(number)
                {
                    known.restored.insert(id);
                }
            }
        }
        following
    }

    /// The images of an entry, which has to be what its run and its batch make it.
    fn images(&mut self, run: &StandingRun, entry: &ImportJournal) -> Option<Vec<Image>> {
        let who = tr!("run {} batch {}: SejoliImportJournal", run.row.id, entry.batch);
        let id =
            id_for("SejoliImportJournal", &format!("{}/{}", run.row.id, entry.batch), run.row.started_at);
        self.check.compare(entry.id == id, || tr!("{who}: id, run and batch do not belong together"));
        let same = entry.created_at == run.row.started_at;
        self.check.compare(same, || tr!("{who}: createdAt ({}) is not the run's time", entry.created_at));
        let Ok(images) = journal::decode(&entry.images) else {
            self.check.differ(tr!("{who}: images cannot be read"));
            return None;
        };
        let same = i64::try_from(images.len()) == Ok(entry.changes);
        self.check.compare(same, || tr!("{who}: {} images, {} changes", images.len(), entry.changes));
        Some(images)
    }

    /// The rows of some entries as they are now, table by table, without those that are known to be unchanged.
    fn rows_of<'i>(
        &self,
        store: &Store,
        images: impl Iterator<Item = &'i Image>,
    ) -> DeferredQuery<'static, Vec<FoundRows>> {
        let mut ids: Vec<Vec<&str>> = vec![Vec::new(); self.tables.len()];
        for image in images.filter(|image| !self.is_unchanged(image)) {
            if let Image::Inserted { table, id, .. }
            | Image::Updated { table, id, .. }
            | Image::Moved { table, id, .. } = image
                && let Some(ids) = ids.get_mut(usize::from(*table))
            {
                ids.push(id);
            }
        }
        let wanted = self.tables.iter().zip(ids).map(|(known, mut ids)| {
            ids.sort_unstable();
            ids.dedup();
            store.values_in(known.table, "id", &ids)
        });
        DeferredQuery::all(wanted)
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
        if !unchanged && let Some(known) = self.tables.get_mut(image.table()) {
            let run = RunName { id: run.row.id.clone(), began: run.row.started_at };
            known.written_by.entry(image.id().to_owned()).or_insert(run);
        }
        let restored =
            self.tables.get(image.table()).is_some_and(|known| known.restored.contains(image.id()));
        match image {
            // The app has deleted that row, and a later run has written it again.
            Image::Inserted { .. } | Image::Updated { .. } if restored => Ok(()),
            // What was put back is what earlier runs have written: with that it is compared.
            Image::Updated { .. } if run.row.command == REPAIRED => Ok(()),
            Image::Inserted { table, id, after } => {
                self.inserted(store, now, usize::from(table), &id, after, unchanged)
            }
            Image::Updated { table, id, before, after } => {
                self.updated(store, now, usize::from(table), id, before, after)
            }
            Image::Moved { table, id, before, by, after, .. } => {
                let number = usize::from(table);
                if self.tables.get(number).is_some_and(|known| known.table == Wallet::TABLE) {
                    return self.moved_wallet(store, now, run.row.started_at, (number, id), before, &by);
                }
                self.updated(store, now, number, id, before, after)
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
            Some(row) if known.is_complete && known.table.fingerprint(row.iter()) != after => {
                if is_unpaid(known.table, &row, after) {
                    self.check.facts.push(tr!("{} {id}: paid out by the app since", known.table.name));
                    None
                } else {
                    let row = row.into_owned();
                    known.keep_proof(id, &row, None, after);
                    Some(RowDifference::Edited(String::new()))
                }
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
        let same = row.as_ref().is_some_and(|row| fingerprint(columns.iter().map(|&at| &row[at])) == after);
        if !same {
            if let Some(row) = row.map(std::borrow::Cow::into_owned) {
                known.keep_proof(&id, &row, Some(&columns), after);
            }
            let names: Vec<&str> = before.iter().map(|(name, _)| name.as_str()).collect();
            known.edited.insert(id.clone(), tr!(" (one of {})", names.join(", ")));
        }
        known.remember(store, id, before)
    }

    /// A wallet holds what was there before the movement, what the movement put in, and what the app has moved since,
    /// which its ledger has to explain.
    fn moved_wallet(
        &mut self,
        store: &mut Store,
        now: &[Rows],
        started_at: Millis,
        (number, id): (usize, String),
        before: BeforeCells,
        by: &[(String, i64)],
    ) -> anyhow::Result<()> {
        let known = &mut self.tables[number];
        self.check.values += before.len() as u64;
        let row = known.before(&now[number], &id).map(std::borrow::Cow::into_owned);
        let Some(mut left) = row.clone() else {
            return known.remember(store, id, before);
        };
        for column in columns_before(store, known.table, before.clone()) {
            let name = known.table.columns[column.position].name;
            let by = by.iter().find(|(moved, _)| moved == name).map(|(_, by)| *by);
            left[column.position] = match by {
                Some(by) => journal::moved_by(column.value?, by).unwrap_or(Value::Null),
                None => Value::Time(started_at),
            };
        }
        let now = row.unwrap_or_default();
        if now != left {
            self.compare_wallet(store, (number, &id), &now, &left, started_at)?;
        }
        self.tables[number].remember(store, id, before)
    }

    /// Compares a wallet with what imports have left in it: the app's ledger has to explain what it holds besides.
    fn compare_wallet(
        &mut self,
        store: &mut Store,
        (number, id): (usize, &str),
        now: &[Value],
        left: &[Value],
        started_at: Millis,
    ) -> anyhow::Result<()> {
        let at = Wallet::TABLE.position("balance");
        let (Value::Money(balance), Value::Money(was_left)) = (&now[at], &left[at]) else {
            self.check.differ(tr!("Wallet {id}: balance cannot be read"));
            return Ok(());
        };
        let since = queries::wallets::app_amounts_since(store, id, started_at)?;
        if is_explained(*balance - *was_left, &since) && !since.is_empty() {
            self.check.facts.push(tr!("Wallet {id}: moved by the app since"));
            return Ok(());
        }
        if since.is_empty() {
            self.tables[number].keep_right_values(id, now, left);
        }
        self.note_change(store, number, id, RowDeviation { is_gone: false, is_difference: true })?;
        self.check.turn_to(Subject::row(Wallet::TABLE, id));
        self.check.differ(tr!(
            "Wallet {id}: balance is {balance}; imports have left {was_left}, and no entries of the app's ledger \
             explain the difference"
        ));
        Ok(())
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
        let edited = matches!(found, RowDifference::Edited(_));
        let differences = self.check.differences;
        let is_gone_membership = table == UserMembership::TABLE && matches!(found, RowDifference::Gone);
        if is_gone_membership && !queries::memberships::stands_under_another_id(store, id)? {
            self.check.facts.push(tr!("{} {id}: deleted in the app since", table.name));
            self.gone_memberships.insert(id.to_owned());
        } else if !edited && OPENS_DOORS.contains(&table) {
            self.check.facts.push(tr!("{} {id}: deleted in the app since", table.name));
        } else if edited && OPENS_DOORS.contains(&table) && self.is_edited_in_app(store, number, id)? {
            self.check.facts.push(tr!("{} {id}: edited in the app since", table.name));
        } else if edited && was_moved_by_app(store, table, id)? {
            self.check.facts.push(tr!("{} {id}: moved by the app since", table.name));
        } else if edited && was_decided_in_app(store, table, id)? {
            self.check.facts.push(tr!("{} {id}: decided in the app", table.name));
        } else {
            self.check.turn_to(Subject::row(table, id));
            self.check.differ(format!("{} {id}: {found}", table.name));
        }
        let is_difference = self.check.differences > differences;
        self.note_change(store, number, id, RowDeviation { is_gone: !edited, is_difference })
    }

    /// Keeps that a row is not as it was written.
    fn note_change(
        &mut self,
        store: &mut Store,
        number: usize,
        id: &str,
        RowDeviation { is_gone, is_difference }: RowDeviation,
    ) -> anyhow::Result<()> {
        let known = &mut self.tables[number];
        let (table, proofs) = (known.table, known.proofs.remove(id).unwrap_or_default());
        let Some(written_by) = known.written_by.get(id).cloned() else { return Ok(()) };
        let now = self.tables[number].load(store, id)?;
        let state = match &now {
            Some(now) if !is_gone => RowState::Edited { by: self.changed_by(table, now), proofs },
            _ => RowState::Gone,
        };
        self.changed.push(ChangedRow { table, id: id.to_owned(), state, written_by, is_difference, now });
        Ok(())
    }

    /// Who has written a row last: the app dates what it writes, and a run by its own beginning.
    fn changed_by(&self, table: &Table, now: &[Value]) -> ChangedBy {
        let at = table.columns.iter().position(|column| column.name == "updatedAt");
        match at.map(|at| &now[at]) {
            Some(Value::Time(time)) if !self.context.is_run_time(*time) => ChangedBy::App(*time),
            Some(_) => ChangedBy::SomebodyElse,
            None => ChangedBy::Unknown,
        }
    }

    /// Ends the reading. The rows whose insertion was not found are the app's own, and imports have only
    /// updated them; whoever edits them in the app leaves another time of writing.
    fn close(&mut self, store: &mut Store) -> anyhow::Result<()> {
        for number in 0..self.tables.len() {
            for (id, columns) in std::mem::take(&mut self.tables[number].edited) {
                if self.is_edited_in_app(store, number, &id)? {
                    let table = self.tables[number].table.name;
                    self.check.facts.push(tr!("{table} {id}: edited in the app since"));
                    self.note_change(
                        store,
                        number,
                        &id,
                        RowDeviation { is_gone: false, is_difference: false },
                    )?;
                } else {
                    self.report_difference(store, number, &id, &RowDifference::Edited(columns))?;
                }
            }
        }
        let purged = self.context.runs.iter().any(|run| run.row.purged_at.is_some());
        if !purged {
            self.compare_kept_memberships(store)?;
        }
        let of_imports =
            self.tables.iter().filter(|known| !purged && OF_IMPORTS_ALONE.contains(&known.table));
        let of_imports: Vec<&TableHistory> = of_imports.collect();
        let counted = store.over_whole_tables(|store| {
            let numbers: Vec<_> = of_imports.iter().map(|known| store.number_of_rows(known.table)).collect();
            store.answer(DeferredQuery::all(numbers))
        })?;
        for (known, rows) in of_imports.into_iter().zip(counted) {
            let (table, inserted) = (known.table.name, known.inserted);
            self.check.compare(i64::try_from(rows) == Ok(inserted), || {
                tr!("{table}: imports have inserted {inserted} rows, and {rows} are there")
            });
        }
        Ok(())
    }

    /// Source rows are kept of memberships that imports have written: one that is gone must have been there.
    fn compare_kept_memberships(&mut self, store: &mut Store) -> anyhow::Result<()> {
        for id in self.context.gone_memberships(store)? {
            let was_there = self.gone_memberships.contains(id);
            self.check.compare(was_there, || {
                tr!("UserMembership {id}: its source rows are kept, and no import has written it")
            });
        }
        Ok(())
    }

    fn is_edited_in_app(&self, store: &mut Store, number: usize, id: &str) -> anyhow::Result<bool> {
        let known = &self.tables[number];
        let row = known.load(store, id)?;
        let written = row.zip(known.column("updatedAt")).map(|(row, at)| row[at].clone());
        Ok(matches!(written, Some(Value::Time(time)) if !self.context.is_run_time(time)))
    }
}

/// Whether a row is a conversion that was written like this, and that counts as paid out since. Whether the app's ledger
/// explains that, the check of the wallets says.
fn is_unpaid(table: &Table, row: &[Value], after: u64) -> bool {
    if *table != *AffiliateConversion::TABLE {
        return false;
    }
    let mut unpaid = row.to_vec();
    unpaid[table.position("paidOut")] = Value::Bool(false);
    unpaid[table.position("paidOutAt")] = Value::Null;
    table.fingerprint(&unpaid) == after
}

/// Whether the app's people have decided an affiliate's mapping: that is what it is there for.
fn was_decided_in_app(store: &mut Store, table: &'static Table, id: &str) -> anyhow::Result<bool> {
    if table != AffiliateMapping::TABLE {
        return Ok(false);
    }
    let mappings: Vec<AffiliateMapping> = store.select_in("id", &[id])?;
    let by_import = |by: &str| by.starts_with("sejoli-migrate: ");
    Ok(mappings.iter().any(|mapping| {
        mapping.status == MappingStatus::Rejected.as_str()
            || mapping.verified_by.as_deref().is_some_and(|by| !by_import(by))
    }))
}

/// Whether the last of some amounts come to this difference: those before them were there when it was moved.
fn is_explained(difference: Money, amounts: &[Money]) -> bool {
    let mut sum = Money::ZERO;
    let sums = amounts.iter().rev().map(|amount| {
        sum = sum + *amount;
        sum
    });
    std::iter::once(Money::ZERO).chain(sums).any(|sum| sum == difference)
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
