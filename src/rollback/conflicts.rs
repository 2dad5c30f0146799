//! What stands in the way of a rollback: rows that were edited since, and rows on which others have
//! come to depend.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use crate::domain::date::Millis;
use crate::rollback::past::{RowHistory, RowsById};
use crate::store::codec::fingerprint::fingerprint;
use crate::store::codec::value::Value;
use crate::store::history::journal::Image;
use crate::store::schema::catalogue::Catalogue;
use crate::store::schema::tables::JOURNALED;
use crate::store::session::references::Reference;
use crate::store::session::store::Store;
use crate::store::session::stored_rows::LockMode;

/// Why a rollback has to leave a row alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// Somebody has edited it since.
    Edited,
    /// Somebody has deleted it since.
    Gone,
    /// It was deleted by the run, and another row has its id now.
    Replaced,
    /// A row that stays points at it.
    Needed,
}

/// A row that a rollback has to leave alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// Its table.
    pub table: &'static str,
    /// Its id.
    pub id: String,
    /// Why.
    pub cause: Cause,
    /// Why, in words.
    pub why: String,
}

/// The rows in conflict, by their table's number in the journal and their id.
#[derive(Clone, Debug, Default)]
pub struct Conflicts(BTreeMap<(usize, String), (Cause, String)>);

impl Conflicts {
    /// Whether nothing stands in the way.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many rows stay.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The rows, table by table.
    pub fn list(&self) -> Vec<Conflict> {
        let conflict = |((table, id), (cause, why)): (&(usize, String), &(Cause, String))| Conflict {
            table: JOURNALED[*table].name,
            id: id.clone(),
            cause: *cause,
            why: why.clone(),
        };
        self.0.iter().map(conflict).collect()
    }

    /// Whether what an image tells of is left as it is.
    pub fn keeps(&self, image: &Image) -> bool {
        self.0.contains_key(&(image.table(), image.id().to_owned()))
    }

    fn add(&mut self, table: usize, id: &str, cause: Cause, why: String) {
        self.0.entry((table, id.to_owned())).or_insert((cause, why));
    }
}

/// Goes through a run's batches, the newest first.
#[derive(Debug)]
pub struct Looking {
    catalogue: Catalogue,
    written_at: Millis,
    past: Vec<RowHistory>,
    /// Rows that would be gone by now.
    gone: HashSet<(usize, String)>,
    conflicts: Conflicts,
}

impl Looking {
    /// Begins with a run that wrote everything at one time.
    pub fn new(catalogue: Catalogue, written_at: Millis) -> Self {
        let past = JOURNALED.iter().map(|table| RowHistory::new(table)).collect();
        Self { catalogue, written_at, past, gone: HashSet::new(), conflicts: Conflicts::default() }
    }

    /// What has been found so far.
    pub fn conflicts(&self) -> &Conflicts {
        &self.conflicts
    }

    /// What has been found.
    pub fn into_conflicts(self) -> Conflicts {
        self.conflicts
    }

    /// Looks at a batch.
    pub fn batch(&mut self, store: &mut Store, images: &[Image]) -> anyhow::Result<()> {
        let now = standing(store, images, LockMode::Unlocked)?;
        let mut made: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for image in images.iter().rev() {
            let why = self.doubt(store, &now[image.table()], image);
            match (image, why) {
                (_, Some((cause, why))) => self.conflicts.add(image.table(), image.id(), cause, why),
                (Image::Inserted { id, .. }, None) if !self.conflicts.keeps(image) => {
                    self.gone.insert((image.table(), id.clone()));
                    made.entry(image.table()).or_default().push(id);
                }
                _ => {}
            }
        }
        for (table, ids) in made.into_iter().rev() {
            for found in store.references(&self.catalogue, JOURNALED[table], &ids)? {
                self.reference(table, found);
            }
        }
        Ok(())
    }

    /// Holds on to the rows of a batch that is about to be undone, and looks at them once more: somebody
    /// may have edited one since all of them were looked at. Returns the first such row.
    pub fn once_more(
        mut self,
        store: &mut Store,
        images: &[Image],
        known: &Conflicts,
    ) -> anyhow::Result<Option<Conflict>> {
        let now = standing(store, images, LockMode::ForUpdate)?;
        for image in images.iter().rev() {
            if let Some((cause, why)) = self.doubt(store, &now[image.table()], image)
                && !known.keeps(image)
            {
                self.conflicts.add(image.table(), image.id(), cause, why);
            }
        }
        Ok(self.conflicts.list().into_iter().next())
    }

    /// A row that is to go is pointed at by another one: it stays, unless that one goes, too, or
    /// will not point at it any more.
    fn reference(&mut self, table: usize, found: Reference) {
        let child = JOURNALED.iter().position(|known| known.name == found.table).zip(found.id.clone());
        if let Some(child) = &child {
            let before = self.past[child.0].value(&child.1, &found.column);
            let points_elsewhere = before.is_some_and(|before| *before != Value::Text(found.parent.clone()));
            if self.gone.contains(child) || (points_elsewhere && !self.conflicts.0.contains_key(child)) {
                return;
            }
        }
        self.gone.remove(&(table, found.parent.clone()));
        let id = found.id.map(|id| format!(" {id}")).unwrap_or_default();
        let why = format!("{}{id} depends on it ({})", found.table, found.column);
        self.conflicts.add(table, &found.parent, Cause::Needed, why);
    }

    /// Why a row is not as the run left it, if it is not.
    fn doubt(&mut self, store: &Store, now: &RowsById, image: &Image) -> Option<(Cause, String)> {
        let past = &mut self.past[image.table()];
        let row = past.row(now, image.id());
        let gone = || Some((Cause::Gone, "was deleted since".to_owned()));
        match image {
            Image::Inserted { id, after, .. } => {
                past.forget(id);
                let Some(row) = row else { return gone() };
                let same = if is_whole(store, image.table()) {
                    fingerprint(&row) == *after
                } else {
                    self.is_of_the_run(image.table(), &row)
                };
                (!same).then(|| (Cause::Edited, "was edited since".to_owned()))
            }
            Image::Updated { id, before, after, .. } => {
                let columns: Vec<usize> = before.iter().filter_map(|(name, _)| past.column(name)).collect();
                past.remember(store, id, before);
                let Some(row) = row else { return gone() };
                let same = fingerprint(columns.iter().map(|&at| &row[at])) == *after;
                let names = || before.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
                (!same).then(|| (Cause::Edited, format!("was edited since (one of {})", names())))
            }
            Image::Deleted { before, .. } => {
                past.remember(store, image.id(), before);
                row.map(|_| (Cause::Replaced, "another row has taken its place".to_owned()))
            }
        }
    }

    /// Where a column of the tool's is missing, the time of writing must do.
    fn is_of_the_run(&self, table: usize, row: &[Value]) -> bool {
        let at = self.past[table].column("updatedAt");
        at.is_none_or(|at| row[at] == Value::Time(self.written_at))
    }
}

fn is_whole(store: &Store, table: usize) -> bool {
    let table = JOURNALED[table];
    table.columns.iter().all(|column| store.has_column(table, column.name))
}

/// The rows of a batch as they stand now, table by table.
fn standing(store: &mut Store, images: &[Image], kept: LockMode) -> anyhow::Result<Vec<RowsById>> {
    let mut ids: Vec<Vec<&str>> = vec![Vec::new(); JOURNALED.len()];
    for image in images {
        ids[image.table()].push(image.id());
    }
    let read = |(table, mut ids): (&&'static _, Vec<&str>)| {
        ids.sort_unstable();
        ids.dedup();
        store.stored_values(table, &ids, kept)
    };
    JOURNALED.iter().zip(ids).map(read).collect()
}
