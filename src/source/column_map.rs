//! The column map of `--columns`, which names the field of columns that are not recognised.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::export_fields::normalized_name;
use crate::failure::Failure;
use crate::language::tr;

use crate::source::export_form::ExportForm;

/// Fields by the normalised names of columns. An empty field says that a column is no field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnMap(BTreeMap<String, String>);

impl ColumnMap {
    /// Reads a map: a CSV file with the columns `column` and `field`.
    ///
    /// # Errors
    /// Exit code 6, naming the line: it cannot be read, or names a field that does not exist.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let unusable = |error: csv::Error| Failure::input(format!("{shown}: {error}"));
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(unusable)?;
        let names: Vec<String> = reader.headers().map_err(unusable)?.iter().map(normalized_name).collect();
        if names != ["column", "field"] {
            return Err(Failure::input(tr!("{shown}: the first line must read column,field")));
        }
        let mut map = Self::default();
        for record in reader.records() {
            let record = record.map_err(unusable)?;
            let (column, field) = (normalized_name(&record[0]), normalized_name(&record[1]));
            let known = field.is_empty() || ExportForm::ALL.iter().any(|form| form.has(&field));
            let line = record.position().map_or(0, csv::Position::line);
            if column.is_empty() || !known {
                let what = tr!("\"{}\" is no field of any export", &record[1]);
                return Err(Failure::input(tr!("{shown} line {line}: {what}")));
            }
            if map.0.insert(column, field).is_some() {
                let what = tr!("the column \"{}\" stands twice", &record[0]);
                return Err(Failure::input(tr!("{shown} line {line}: {what}")));
            }
        }
        Ok(map)
    }

    /// The length of the longest name of a column, in bytes.
    pub(super) fn longest_name(&self) -> usize {
        self.0.keys().map(String::len).max().unwrap_or(0)
    }

    /// The field of a column by its normalised name; `None` if the map does not have the column.
    pub fn field_of(&self, plain: &str) -> Option<&str> {
        self.0.get(plain).map(String::as_str)
    }
}
