//! What prevents a rollback: rows that were edited since the run, and rows that others have come to depend
//! on.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use crate::domain::date::Millis;
use crate::language::tr;
use crate::rollback::row_history::{RowHistory, RowsById};
use crate::store::codec::fingerprint::fingerprint;
use crate::store::codec::record::{Record as _, Table};
use crate::store::codec::value::Value;
use crate::store::history::journal::Image;
use crate::store::queries::before_images::{BeforeCells, text_before};
use crate::store::schema::catalogue::Catalogue;
use crate::store::schema::tables::{AffiliateConversion, JOURNALED, SourceRecord, Wallet, WalletTransaction};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::columns::KeyFilter;
use crate::store::session::references::Reference;
use crate::store::session::store::Store;
use crate::store::session::stored_rows::LockMode;

/// Why a rollback has to leave a row alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ConflictCause {
    /// It was edited since.
    Edited,
    /// It was deleted since.
    Gone,
    /// It was deleted by the run, and another row has its id now.
    Replaced,
    /// A row that stays refers to it by a foreign key.
    Needed,
    /// It would refer to a row that is not there any more.
    Orphaned,
    /// Another row that stays has a value that only one row can have.
    Taken,
    /// The wallet's balance would fall below zero: the app has paid out what the run put in.
    Overdrawn,
    /// It says what a wallet consists of that keeps the run's sums.
    Explains,
}

/// A row that a rollback has to leave alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Conflict {
    /// The table's name.
    pub(crate) table: &'static str,
    /// The row's id.
    pub(crate) id: String,
    /// Why it is left alone.
    pub(crate) cause: ConflictCause,
    /// The same as a message.
    pub(crate) why: String,
}

/// The rows in conflict by the position of their table in [`JOURNALED`] and their id: the cause, and its
/// message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conflicts(BTreeMap<(usize, String), (ConflictCause, String)>);

impl Conflicts {
    /// Whether there is no conflict.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rows in conflict, table by table.
    pub(crate) fn list(&self) -> Vec<Conflict> {
        let conflict = |((table, id), (cause, why)): (&(usize, String), &(ConflictCause, String))| Conflict {
            table: JOURNALED[*table].name,
            id: id.clone(),
            cause: *cause,
            why: why.clone(),
        };
        self.0.iter().map(conflict).collect()
    }

    /// Whether the row of an image is in conflict, and so is left alone. Sums are moved back in a row that the app
    /// has edited, too, unless the wallet does not bear it.
    pub(super) fn contains(&self, image: &Image) -> bool {
        let conflict = self.0.get(&(image.table(), image.id().to_owned()));
        match image {
            Image::Moved { .. } => conflict.is_some_and(|(cause, _)| {
                matches!(cause, ConflictCause::Overdrawn | ConflictCause::Explains | ConflictCause::Gone)
            }),
            _ => conflict.is_some(),
        }
    }

    /// Whether a row is in conflict.
    pub(super) fn has(&self, row: &(usize, String)) -> bool {
        self.0.contains_key(row)
    }

    pub(super) fn add(&mut self, table: usize, id: &str, cause: ConflictCause, why: String) {
        self.0.entry((table, id.to_owned())).or_insert((cause, why));
    }
}

/// A search for conflicts in a run's batches, the newest first.
#[derive(Debug)]
pub(super) struct ConflictSearch {
    pub(super) catalogue: Catalogue,
    /// When the run began, which is the `updatedAt` of all that it wrote.
    written_at: Millis,
    /// The history of each table in [`JOURNALED`].
    pub(super) histories: Vec<RowHistory>,
    /// The rows that the rollback would have deleted so far.
    pub(super) deleted: HashSet<(usize, String)>,
    /// The rows that the rollback would have brought back so far.
    pub(super) brought_back: HashSet<(usize, String)>,
    /// The ids of wallets that keep the run's sums.
    overdrawn: HashSet<String>,
    /// The conversions of the batches that were looked at that imports have said to be paid out.
    marked: HashSet<String>,
    pub(super) conflicts: Conflicts,
}

impl ConflictSearch {
    /// A search in a run that began at `written_at`.
    pub(super) fn new(catalogue: Catalogue, written_at: Millis) -> Self {
        let histories = JOURNALED.iter().map(|table| RowHistory::new(table)).collect();
        Self {
            catalogue,
            written_at,
            histories,
            deleted: HashSet::new(),
            brought_back: HashSet::new(),
            overdrawn: HashSet::new(),
            marked: HashSet::new(),
            conflicts: Conflicts::default(),
        }
    }

    /// The conflicts that have been found so far.
    pub(super) fn conflicts(&self) -> &Conflicts {
        &self.conflicts
    }

    /// Reads the rows of some batches, which are searched next, as they are now.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) fn look_at(
        &mut self,
        store: &mut Store,
        batches: &[Vec<Image>],
    ) -> anyhow::Result<Vec<RowsById>> {
        let images: Vec<&Image> = batches.iter().flatten().collect();
        self.marked = marked_conversions(store, &images)?;
        rows_now(store, &images, LockMode::Unlocked)
    }

    /// Searches a batch, whose rows were looked at.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) fn batch(
        &mut self,
        store: &mut Store,
        now: &[RowsById],
        images: &[Image],
    ) -> anyhow::Result<()> {
        let mut inserted: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for image in images.iter().rev() {
            let why = self.conflict_of(store, &now[image.table()], image);
            match (image, why) {
                (_, Some((cause, why))) => self.conflicts.add(image.table(), image.id(), cause, why),
                (Image::Inserted { id, .. }, None) if !self.conflicts.contains(image) => {
                    self.deleted.insert((image.table(), id.clone()));
                    inserted.entry(image.table()).or_default().push(id);
                }
                _ => {}
            }
        }
        self.unrestorable(store, images, now)?;
        self.references(store, inserted)
    }

    /// Enters the rows of some tables, which are to be deleted, that other rows refer to; children first.
    fn references(&mut self, store: &mut Store, rows: BTreeMap<usize, Vec<&str>>) -> anyhow::Result<()> {
        let rows: Vec<(usize, Vec<&str>)> = rows.into_iter().rev().collect();
        let parents: Vec<(&Table, &[&str])> =
            rows.iter().map(|(table, ids)| (JOURNALED[*table], ids.as_slice())).collect();
        let found = store.references_of_all(&self.catalogue, &parents)?;
        for ((table, _), found) in rows.iter().zip(found) {
            found.into_iter().for_each(|found| self.reference(*table, found));
        }
        Ok(())
    }

    /// Ends the search and returns the conflicts that it has found. A row that is left alone since an older batch may
    /// refer to one that a newer batch has inserted, so the references are asked for until none is new.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) fn finish(mut self, store: &mut Store) -> anyhow::Result<Conflicts> {
        let mut known = 0;
        while self.conflicts.0.len() > known {
            known = self.conflicts.0.len();
            let rows = self.deleted.clone();
            let mut deleted: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
            for (table, id) in &rows {
                deleted.entry(*table).or_default().push(id);
            }
            self.references(store, deleted)?;
        }
        Ok(self.conflicts)
    }

    /// Locks the rows of a batch that is about to be undone, and returns the first conflict that is not
    /// `known`: somebody may have edited a row since the search.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) fn recheck(
        mut self,
        store: &mut Store,
        images: &[Image],
        known: &Conflicts,
    ) -> anyhow::Result<Option<Conflict>> {
        let all: Vec<&Image> = images.iter().collect();
        let now = rows_now(store, &all, LockMode::ForUpdate)?;
        // One that is as the run has left it was not marked, which need not be asked for.
        let differs = |image: &&Image| match image {
            Image::Inserted { table, id, after } => {
                let row = now[usize::from(*table)].get(id);
                row.is_none_or(|row| JOURNALED[usize::from(*table)].fingerprint(row) != *after)
            }
            _ => false,
        };
        let differing: Vec<&Image> = images.iter().filter(differs).collect();
        self.marked = marked_conversions(store, &differing)?;
        for image in images.iter().rev() {
            match self.conflict_of(store, &now[image.table()], image) {
                Some((cause, why)) if !known.contains(image) => {
                    self.conflicts.add(image.table(), image.id(), cause, why);
                }
                None if matches!(image, Image::Inserted { .. }) && !known.contains(image) => {
                    self.deleted.insert((image.table(), image.id().to_owned()));
                }
                _ => {}
            }
        }
        self.conflicts.0.retain(|row, _| !known.0.contains_key(row));
        Ok(self.conflicts.list().into_iter().next())
    }

    /// Enters a row that is to be deleted and that another row refers to, unless the other row is deleted,
    /// too, or will refer to another one again.
    fn reference(&mut self, table: usize, found: Reference) {
        let child = JOURNALED.iter().position(|known| known.name == found.table).zip(found.id.clone());
        if let Some(child) = &child {
            let before = self.histories[child.0].value(&child.1, &found.column);
            let will_refer_elsewhere =
                before.is_some_and(|before| *before != Value::Text(found.parent.clone()));
            if self.deleted.contains(child) || (will_refer_elsewhere && !self.conflicts.0.contains_key(child))
            {
                return;
            }
        }
        self.deleted.remove(&(table, found.parent.clone()));
        let id = found.id.map(|id| format!(" {id}")).unwrap_or_default();
        let why = tr!("{}{id} depends on it ({})", found.table, found.column);
        self.conflicts.add(table, &found.parent, ConflictCause::Needed, why);
    }

    /// The conflict of a row that is not as the run has left it.
    fn conflict_of(
        &mut self,
        store: &Store,
        now: &RowsById,
        image: &Image,
    ) -> Option<(ConflictCause, String)> {
        if let Image::Moved { table, id, before, by, explained_by, .. } = image {
            return self.conflict_of_sums(store, now, (usize::from(*table), id), before, by, explained_by);
        }
        let conflict = self.conflict_of_row(store, now, image);
        self.explains_kept_wallet(now, image).or_else(|| self.marks_kept_conversion(image)).or(conflict)
    }

    /// The conflict of a mark that would come back beside a conversion that is left alone: the app has paid it out since,
    /// and the mark would say that Sejoli has.
    fn marks_kept_conversion(&self, image: &Image) -> Option<(ConflictCause, String)> {
        let Image::Deleted { before, .. } = image else { return None };
        if *JOURNALED[image.table()] != *SourceRecord::TABLE {
            return None;
        }
        let conversion = text_before(before, "targetId")?;
        let table = JOURNALED.iter().position(|known| **known == *AffiliateConversion::TABLE)?;
        let is_kept = self.conflicts.has(&(table, conversion.to_owned()));
        is_kept.then(|| {
            (
                ConflictCause::Explains,
                tr!("says that {} {conversion} is paid", AffiliateConversion::TABLE.name),
            )
        })
    }

    /// The conflict of a row whose sums the run has moved: what the app has moved since is none, unless a wallet
    /// would fall below zero.
    fn conflict_of_sums(
        &mut self,
        store: &Store,
        now: &RowsById,
        (table, id): (usize, &str),
        before: &BeforeCells,
        by: &[(String, i64)],
        explained_by: &[(u8, String)],
    ) -> Option<(ConflictCause, String)> {
        let history = &mut self.histories[table];
        let Some(row) = history.row(now, id) else {
            history.remember(store, id, before);
            return Some((ConflictCause::Gone, tr!("was deleted since").to_owned()));
        };
        let why = history.move_back(store, id, &row, by, before, self.written_at).map(|overdrawn| {
            tr!(
                "holds {}, and the run put {} into it: {} are missing, which the app has paid out",
                overdrawn.balance,
                overdrawn.moved,
                overdrawn.missing
            )
        })?;
        for (explaining, explaining_id) in explained_by {
            let why = tr!("says what stands in {} {id}", JOURNALED[table].name);
            self.conflicts.add(usize::from(*explaining), explaining_id, ConflictCause::Explains, why);
        }
        self.overdrawn.insert(id.to_owned());
        Some((ConflictCause::Overdrawn, why))
    }

    /// The conflict of a ledger entry of a wallet that keeps the run's sums.
    fn explains_kept_wallet(&self, now: &RowsById, image: &Image) -> Option<(ConflictCause, String)> {
        if self.overdrawn.is_empty() || *JOURNALED[image.table()] != *WalletTransaction::TABLE {
            return None;
        }
        let wallet = match image {
            Image::Deleted { before, .. } => text_before(before, "walletId"),
            _ => {
                let at = self.histories[image.table()].column("walletId")?;
                now.get(image.id()).and_then(|row| text(&row[at]))
            }
        };
        let wallet = wallet.filter(|wallet| self.overdrawn.contains(*wallet))?;
        Some((ConflictCause::Explains, tr!("says what stands in {} {wallet}", Wallet::TABLE.name)))
    }

    fn conflict_of_row(
        &mut self,
        store: &Store,
        now: &RowsById,
        image: &Image,
    ) -> Option<(ConflictCause, String)> {
        // The run itself may have made the row again, which the rollback takes back first.
        let is_taken_back = self.deleted.contains(&(image.table(), image.id().to_owned()));
        let history = &mut self.histories[image.table()];
        let row = history.row(now, image.id());
        let gone = || Some((ConflictCause::Gone, tr!("was deleted since").to_owned()));
        match image {
            Image::Inserted { id, after, .. } => {
                history.forget(id);
                let Some(row) = row else { return gone() };
                let same = if store.has_whole_rows(JOURNALED[image.table()]) {
                    JOURNALED[image.table()].fingerprint(&row) == *after
                } else {
                    self.was_written_by_run(image.table(), &row)
                };
                let differs = !same && !self.is_marked_since(image.table(), id, row, *after);
                differs.then(|| (ConflictCause::Edited, tr!("was edited since").to_owned()))
            }
            Image::Updated { id, before, after, .. } => {
                let columns: Vec<usize> =
                    before.iter().filter_map(|(name, _)| history.column(name)).collect();
                history.remember(store, id, before);
                let Some(row) = row else { return if is_mark(image) { None } else { gone() } };
                let same = fingerprint(columns.iter().map(|&at| &row[at])) == *after;
                let names = || before.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
                (!same).then(|| (ConflictCause::Edited, tr!("was edited since (one of {})", names())))
            }
            Image::Moved { .. } => None,
            Image::Deleted { before, .. } => {
                history.remember(store, image.id(), before);
                let replaced = row.filter(|_| !is_taken_back);
                replaced.map(|_| (ConflictCause::Replaced, tr!("another row has taken its place").to_owned()))
            }
        }
    }

    /// Whether a row is a conversion that was written like this, and that another import has said to be paid out since: of
    /// several parts of a shared import one settles what the others have written.
    fn is_marked_since(&self, table: usize, id: &str, mut row: Vec<Value>, after: u64) -> bool {
        let table = JOURNALED[table];
        if *table != *AffiliateConversion::TABLE || !self.marked.contains(id) {
            return false;
        }
        row[table.position(PAID_OUT)] = Value::Bool(false);
        table.fingerprint(&row) == after
    }

    /// Whether a row was last written by the run. Where the live table lacks a column, no fingerprint can be
    /// made again, and the time of writing has to do.
    fn was_written_by_run(&self, table: usize, row: &[Value]) -> bool {
        let at = self.histories[table].column("updatedAt");
        at.is_none_or(|at| row[at] == Value::Time(self.written_at))
    }
}

/// The column that says whether a conversion counts as paid out.
const PAID_OUT: &str = "paidOut";

/// Whether an image is of a conversion of which only that was set. Where the conversion is gone, nothing is left to undo of
/// it: the run that has made it says whether it may be.
pub(super) fn is_mark(image: &Image) -> bool {
    let Image::Updated { before, .. } = image else { return false };
    *JOURNALED[image.table()] == *AffiliateConversion::TABLE
        && before.iter().all(|(name, _)| name == PAID_OUT)
}

/// Those of some batches' new conversions that imports have said to be paid out.
fn marked_conversions(store: &mut Store, images: &[&Image]) -> anyhow::Result<HashSet<String>> {
    let is_new = |image: &&&Image| {
        matches!(image, Image::Inserted { .. }) && *JOURNALED[image.table()] == *AffiliateConversion::TABLE
    };
    let ids: Vec<&str> = images.iter().filter(is_new).map(|image| image.id()).collect();
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let of_kind = Some(("kind", SourceRecordKind::PaidCommission.as_str()));
    let among = KeyFilter { narrowed: of_kind, ..KeyFilter::keys("targetId", &ids) };
    let rows: Vec<(String,)> = store.columns(SourceRecord::TABLE, &["targetId"], among)?;
    Ok(rows.into_iter().map(|(conversion,)| conversion).collect())
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// The rows of some batches as they are now, table by table in the order of [`JOURNALED`].
fn rows_now(store: &mut Store, images: &[&Image], lock: LockMode) -> anyhow::Result<Vec<RowsById>> {
    let mut ids: Vec<Vec<&str>> = vec![Vec::new(); JOURNALED.len()];
    for image in images {
        ids[image.table()].push(image.id());
    }
    for ids in &mut ids {
        ids.sort_unstable();
        ids.dedup();
    }
    let wanted: Vec<(&'static Table, &[&str])> =
        JOURNALED.iter().zip(&ids).map(|(table, ids)| (*table, ids.as_slice())).collect();
    store.stored_values_of_all(&wanted, lock)
}
