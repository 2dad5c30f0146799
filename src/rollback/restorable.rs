//! What a row needs to be restored: the rows that it refers to are there, and nobody has the values that only one row can
//! have.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::rollback::conflicts::{Cause, ConflictSearch};
use crate::store::codec::value::Value;
use crate::store::history::journal::Image;
use crate::store::queries::before_images::{BeforeCells, text_before};
use crate::store::schema::tables::JOURNALED;
use crate::store::session::columns::KeyFilter;
use crate::store::session::store::Store;

impl ConflictSearch {
    /// Enters the rows of a batch that cannot be restored.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) fn unrestorable(&mut self, store: &mut Store, images: &[Image]) -> anyhow::Result<()> {
        self.orphans(store, images)?;
        self.taken(store, images)
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
            if !present.contains(&parent) && !self.brought_back.contains(&parent) {
                let why =
                    format!("referred to {} {}, which was deleted since", JOURNALED[table].name, parent.1);
                self.conflicts.add(image.table(), image.id(), Cause::Orphaned, why);
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
    fn taken(&mut self, store: &mut Store, images: &[Image]) -> anyhow::Result<()> {
        let mut wanted: BTreeMap<(usize, String), BTreeMap<String, &str>> = BTreeMap::new();
        for image in images.iter().filter(|image| !self.conflicts.contains(image)) {
            for (column, value) in self.unique_before(image) {
                wanted.entry((image.table(), column)).or_default().insert(value, image.id());
            }
        }
        for ((table, column), rows) in wanted {
            let values: Vec<&str> = rows.keys().map(String::as_str).collect();
            let among = KeyFilter::keys(&column, &values);
            let holders: Vec<(String, Option<String>)> =
                store.columns(JOURNALED[table], &["id", column.as_str()], among)?;
            for (holder, value) in holders {
                let Some(id) = value.as_ref().and_then(|value| rows.get(value)) else { continue };
                if *id != holder && self.keeps(table, &holder, &column, value.as_deref()) {
                    let why = format!("had the {column} that {} {holder} has now", JOURNALED[table].name);
                    self.conflicts.add(table, id, Cause::Taken, why);
                }
            }
        }
        Ok(())
    }

    /// Whether a row still has this value once the changes that have been read are undone.
    fn keeps(&self, table: usize, id: &str, column: &str, value: Option<&str>) -> bool {
        let row = (table, id.to_owned());
        if self.deleted.contains(&row) {
            return false;
        }
        let before = self.histories[table].value(id, column);
        let is_restored = !self.conflicts.has(&row);
        !is_restored
            || before.is_none_or(|before| *before == Value::Text(value.unwrap_or_default().to_owned()))
    }

    /// The former texts of an image in columns that only one row can have.
    fn unique_before(&self, image: &Image) -> Vec<(String, String)> {
        let Some(before) = before_of(image) else { return Vec::new() };
        let shape = self.catalogue.get(JOURNALED[image.table()].name);
        let indexes = shape.into_iter().flat_map(|shape| &shape.indexes);
        let unique =
            indexes.filter(|index| index.unique).filter_map(|index| match index.columns.as_slice() {
                [column] if column != "id" => Some(column),
                _ => None,
            });
        let known = |column: &&String| {
            JOURNALED[image.table()].columns.iter().any(|known| known.name == column.as_str())
        };
        unique
            .filter(known)
            .filter_map(|column| Some((column.clone(), text_before(before, column)?.to_owned())))
            .collect()
    }
}

/// The former cells of a row that a rollback restores or brings back.
fn before_of(image: &Image) -> Option<&BeforeCells> {
    match image {
        Image::Updated { before, .. } | Image::Deleted { before, .. } => Some(before),
        Image::Inserted { .. } | Image::Moved { .. } => None,
    }
}
