//! In which state a database is: what a plan and a bundle of proof have seen of it, and what has changed since.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::language::tr;
use crate::store::queries;
use crate::store::queries::state::TableState;
use crate::store::session::store::Store;

/// In which state a database was.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DatabaseState {
    /// Which one it is.
    name: String,
    /// A hash of its tables, columns, indexes and foreign keys.
    schema: String,
    /// The runs with their states, the oldest first.
    runs: Vec<(String, String)>,
    /// What its tables hold.
    tables: Vec<TableState>,
}

impl DatabaseState {
    /// Reads it.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn read(store: &mut Store) -> anyhow::Result<Self> {
        crate::store::migration::check::ensure_ready(store)?;
        let runs = queries::runs::oldest_first(store)?;
        Ok(Self {
            name: store.describe(),
            schema: queries::state::schema(store)?,
            runs: runs.into_iter().map(|run| (run.id, run.state.as_str().to_owned())).collect(),
            tables: queries::state::tables(store)?,
        })
    }

    /// What is another way than then, each in a few words.
    pub(crate) fn differences(&self, now: &Self) -> Vec<String> {
        if self.name != now.name {
            return vec![tr!("the database was {}, now {}", self.name, now.name)];
        }
        let mut found = Vec::new();
        if self.schema != now.schema {
            found.push(tr!("the database has another schema").to_owned());
        }
        let then: BTreeMap<&str, &str> =
            self.runs.iter().map(|(id, state)| (id.as_str(), state.as_str())).collect();
        for (id, state) in &now.runs {
            match then.get(id.as_str()) {
                None => found.push(tr!("run {id} was not there")),
                Some(before) if before != state => found.push(tr!("run {id} was {before}, now {state}")),
                Some(_) => {}
            }
        }
        for table in &now.tables {
            let Some(before) = self.tables.iter().find(|before| before.table == table.table) else {
                continue;
            };
            if before.rows != table.rows {
                found.push(tr!("{} had {} rows, now {}", table.table, before.rows, table.rows));
            } else if before.is_other_than(table) {
                found.push(tr!("rows of {} have been written since", table.table));
            }
        }
        found
    }
}
