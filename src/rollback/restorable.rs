//! What a row needs to be restored: the rows that it refers to are there, and nobody has the values that only one row can
//! have.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::language::tr;
use crate::rollback::conflicts::{ConflictCause, ConflictSearch};
use crate::rollback::row_history::RowsById;
use crate::store::codec::value::Value;
use crate::store::history::journal::Image;
use crate::store::queries::before_images::{BeforeCells, text_before};
use crate::store::schema::tables::JOURNALED;
use crate::store::session::columns::KeyFilter;
use crate::store::session::store::Store;
use crate::store::session::stored_rows::LockMode;

/// The ids of rows by what they held in some columns.
type WantedBack<'i> = HashMap<Vec<String>, &'i str>;

impl ConflictSearch {
    /// Enters the rows of a batch that cannot be restored.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) fn unrestorable(
        &mut self,
        store: &mut Store,
        images: &[Image],
        now: &[RowsById],
    ) -> anyhow::Result<()> {
        // A parent that cannot be brought back leaves its children without one.
        self.taken(store, images, now)?;
        self.orphans(store, images)
    }

    /// Enters rows whose former cells refer to rows that are not there any more: a foreign key does not let them back.
    /// What this rollback has brought back so far is there.
    fn orphans(&mut self, store: &mut Store, images: &[Image]) -> anyhow::Result<()> {
        let mut parents: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        let referring: Vec<(&Image, usize, String)> = images
            .iter()
            .rev()
            .filter(|image| !self.conflicts.contains(image))
            .flat_map(|image| self.references_before(image))
            .collect();
        for (_, table, id) in &referring {
            parents.entry(*table).or_default().insert(id.clone());
        }
        let mut present: HashSet<(usize, String)> = HashSet::new();
        for (table, ids) in parents {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            present.extend(store.present_ids(JOURNALED[table], &ids)?.into_iter().map(|id| (table, id)));
        }
        for (image, table, id) in referring {
            let parent = (table, id);
            let is_back = self.brought_back.contains(&parent) && !self.conflicts.has(&parent);
            if !present.contains(&parent) && !is_back {
                let why = tr!("referred to {} {}, which was deleted since", JOURNALED[table].name, parent.1);
                self.conflicts.add(image.table(), image.id(), ConflictCause::Orphaned, why);
            }
        }
        for image in images.iter().filter(|image| !self.conflicts.contains(image)) {
            if let Image::Deleted { .. } = image {
                self.brought_back.insert((image.table(), image.id().to_owned()));
            }
        }
        Ok(())
    }

    /// The rows that the former cells of an image refer to by its foreign keys, each with its table.
    fn references_before<'i>(&self, image: &'i Image) -> Vec<(&'i Image, usize, String)> {
        let Some(before) = before_of(image) else { return Vec::new() };
        let shape = self.catalogue.get(JOURNALED[image.table()].name);
        let keys = shape.into_iter().flat_map(|shape| &shape.foreign_keys);
        let referred = keys.filter_map(|(column, parent)| {
            // The mapping refers to the profile by its user.
            let by_id = column != "eksporyukUserId";
            let table = JOURNALED.iter().position(|known| known.name == parent).filter(|_| by_id)?;
            Some((image, table, text_before(before, column)?.to_owned()))
        });
        referred.collect()
    }

    /// Enters rows whose former values another row has that keeps them.
    fn taken(&mut self, store: &mut Store, images: &[Image], now: &[RowsById]) -> anyhow::Result<()> {
        let mut wanted: BTreeMap<(usize, Vec<usize>), WantedBack<'_>> = BTreeMap::new();
        for image in images.iter().filter(|image| !self.conflicts.contains(image)) {
            for (columns, values) in self.unique_before(image, &now[image.table()]) {
                wanted.entry((image.table(), columns)).or_default().insert(values, image.id());
            }
        }
        for ((table, columns), rows) in wanted {
            let names: Vec<&str> = columns.iter().map(|at| JOURNALED[table].columns[*at].name).collect();
            let values: Vec<&str> = rows.keys().map(|values| values[0].as_str()).collect();
            let among = KeyFilter::keys(names[0], &values);
            let holders: Vec<(String,)> = store.columns(JOURNALED[table], &["id"], among)?;
            let ids: Vec<&str> = holders.iter().map(|(id,)| id.as_str()).collect();
            let holders = store.stored_values(JOURNALED[table], &ids, LockMode::Unlocked)?;
            for holder in ids {
                let kept = self.kept_row(table, holder, &holders).and_then(|row| texts_of(&row, &columns));
                let Some(id) = kept.and_then(|values| rows.get(&values)).filter(|id| **id != holder) else {
                    continue;
                };
                let names = names.join(" and ");
                let why = tr!("had the {names} that {} {holder} has now", JOURNALED[table].name);
                self.conflicts.add(table, id, ConflictCause::Taken, why);
            }
        }
        Ok(())
    }

    /// A row as it will be once the changes that have been read are undone; none where it will not be there.
    fn kept_row(&self, table: usize, id: &str, now: &RowsById) -> Option<Vec<Value>> {
        let row = (table, id.to_owned());
        if self.deleted.contains(&row) {
            return None;
        }
        if self.conflicts.has(&row) { now.get(id).cloned() } else { self.histories[table].row(now, id) }
    }

    /// The former texts of an image's row in columns that only one row can have, or of which only one row can have all;
    /// columns by their position. NULL collides with nothing.
    fn unique_before(&self, image: &Image, now: &RowsById) -> Vec<(Vec<usize>, Vec<String>)> {
        let Some(before) = before_of(image) else { return Vec::new() };
        let Some(row) = self.histories[image.table()].row(now, image.id()) else { return Vec::new() };
        let table = JOURNALED[image.table()];
        let shape = self.catalogue.get(table.name);
        let indexes = shape.into_iter().flat_map(|shape| &shape.indexes).filter(|index| index.unique);
        let restored = indexes.filter(|index| {
            index.columns.iter().any(|column| before.iter().any(|(name, _)| name == column))
                && index.columns.iter().all(|column| column != "id")
        });
        let positions = restored.filter_map(|index| {
            let position = |column: &String| table.columns.iter().position(|known| known.name == column);
            index.columns.iter().map(position).collect::<Option<Vec<usize>>>()
        });
        positions.filter_map(|columns| Some((columns.clone(), texts_of(&row, &columns)?))).collect()
    }
}

/// The texts of some columns of a row; none where one of them is no text.
fn texts_of(row: &[Value], columns: &[usize]) -> Option<Vec<String>> {
    let texts = columns.iter().map(|at| match &row[*at] {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    });
    texts.collect()
}

/// The former cells of a row that a rollback restores or brings back.
fn before_of(image: &Image) -> Option<&BeforeCells> {
    match image {
        Image::Updated { before, .. } | Image::Deleted { before, .. } => Some(before),
        Image::Inserted { .. } | Image::Moved { .. } => None,
    }
}
