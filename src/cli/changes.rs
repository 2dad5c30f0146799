//! The changes of a dry run: the first rows of each kind are kept for the screen, all of them go to the file that --diff
//! names.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::{Map, Value as Json, json};
use tempfile::NamedTempFile;

use crate::cli::context::Context;
use crate::cli::render::changed_value::{shown_subject, shown_value};
use crate::failure::Failure;
use crate::language::tr;
use crate::row_changes::{ChangeAction, ChangeSink, RowChange};
use crate::source::formula_escape::escape_formula;

/// Rows of each kind that are kept for the screen.
pub(crate) const KEPT: usize = 10;

/// The rows of one table that are created, changed or deleted.
#[derive(Debug, Default)]
pub(crate) struct ChangesOfKind {
    /// How many.
    pub(crate) rows: u64,
    /// The first of them.
    pub(crate) first: Vec<RowChange>,
}

/// The changes of a dry run.
#[derive(Debug)]
pub(crate) struct ChangeList {
    /// By table and action, in the order of their names.
    pub(crate) kinds: BTreeMap<(&'static str, ChangeAction), ChangesOfKind>,
    /// Whether personal data is shown.
    pub(crate) show_pii: bool,
    file: Option<DiffFile>,
}

impl ChangeList {
    /// A list that is also written to a file, if one is named.
    ///
    /// # Errors
    /// Exit code 2: the file's name ends in neither .csv nor .jsonl; 5: it cannot be written.
    pub(crate) fn new(diff: Option<&Path>, context: &Context) -> anyhow::Result<Self> {
        let file = diff.map(|path| DiffFile::create(path, context.show_pii)).transpose()?;
        Ok(Self { kinds: BTreeMap::new(), show_pii: context.show_pii, file })
    }

    /// Puts the file in its place, and says where it is.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn finish(&mut self) -> anyhow::Result<Option<PathBuf>> {
        self.file.take().map(DiffFile::finish).transpose()
    }
}

impl ChangeSink for ChangeList {
    fn begin(&mut self) -> anyhow::Result<()> {
        self.kinds.clear();
        match &mut self.file {
            Some(file) => file.begin(),
            None => Ok(()),
        }
    }

    fn wants(&self, table: &'static str, action: ChangeAction) -> bool {
        self.file.is_some() || self.kinds.get(&(table, action)).is_none_or(|kind| kind.first.len() < KEPT)
    }

    fn count(&mut self, table: &'static str, action: ChangeAction) {
        self.kinds.entry((table, action)).or_default().rows += 1;
    }

    fn tell(&mut self, change: RowChange) -> anyhow::Result<()> {
        if let Some(file) = &mut self.file {
            file.write(&change)?;
        }
        let kind = self.kinds.entry((change.table, change.action)).or_default();
        kind.rows += 1;
        if kind.first.len() < KEPT {
            kind.first.push(change);
        }
        Ok(())
    }
}

/// The form of a file of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DiffForm {
    /// A record a column.
    Csv,
    /// An object a row.
    JsonLines,
}

/// A file of changes, which only its owner may read. It takes its place when it is whole.
#[derive(Debug)]
struct DiffFile {
    path: PathBuf,
    form: DiffForm,
    show_pii: bool,
    writer: BufWriter<NamedTempFile>,
}

/// The columns of a CSV file of changes.
const COLUMNS: [&str; 8] = ["action", "table", "id", "what", "whose", "column", "from", "to"];

impl DiffFile {
    fn create(path: &Path, show_pii: bool) -> anyhow::Result<Self> {
        let form = match path.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => DiffForm::Csv,
            Some("jsonl") => DiffForm::JsonLines,
            _ => {
                return Err(Failure::usage(tr!(
                    "{}: name the file of changes .csv or .jsonl",
                    path.display()
                )));
            }
        };
        Ok(Self { path: path.to_owned(), form, show_pii, writer: beside(path)? })
    }

    fn begin(&mut self) -> anyhow::Result<()> {
        self.writer = beside(&self.path)?;
        match self.form {
            DiffForm::Csv => self.record(&COLUMNS),
            DiffForm::JsonLines => Ok(()),
        }
    }

    fn write(&mut self, change: &RowChange) -> anyhow::Result<()> {
        let show_pii = self.show_pii;
        let whose = shown_subject(&change.subject, show_pii);
        let row = [change.action.as_str(), change.table, &change.id, change.subject.what, &whose];
        let values = change.columns.iter().map(|column| {
            let value = |value| shown_value(change.table, column.column, value, show_pii);
            (column.column, value(&column.from), value(&column.to))
        });
        match self.form {
            DiffForm::Csv => {
                for (column, from, to) in values {
                    let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
                    let cells = [&row[..], &[column, &from, &to]].concat();
                    self.record(&cells)?;
                }
                Ok(())
            }
            DiffForm::JsonLines => {
                let columns: Map<String, Json> = values
                    .map(|(column, from, to)| (column.to_owned(), json!({ "from": from, "to": to })))
                    .collect();
                let [action, table, id, what, whose] = row;
                let line = json!({
                    "action": action, "table": table, "id": id, "what": what, "whose": whose, "columns": columns,
                });
                self.line(&line.to_string())
            }
        }
    }

    fn record(&mut self, cells: &[&str]) -> anyhow::Result<()> {
        let mut record = csv::Writer::from_writer(Vec::new());
        record.write_record(cells.iter().map(|cell| without_formula(cell)))?;
        let record = record.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?;
        self.line(String::from_utf8_lossy(&record).trim_end_matches('\n'))
    }

    fn line(&mut self, line: &str) -> anyhow::Result<()> {
        writeln!(self.writer, "{line}").map_err(|error| unwritable(&self.path, error))
    }

    fn finish(self) -> anyhow::Result<PathBuf> {
        let Self { path, writer, .. } = self;
        let file = writer.into_inner().map_err(|error| unwritable(&path, error.into_error()))?;
        file.persist(&path).map_err(|error| unwritable(&path, error.error))?;
        Ok(path)
    }
}

/// A cell that a spreadsheet does not take for a formula; a number is none.
fn without_formula(cell: &str) -> String {
    match cell.parse::<f64>() {
        Ok(_) => cell.to_owned(),
        Err(_) => escape_formula(cell).into_owned(),
    }
}

fn beside(path: &Path) -> anyhow::Result<BufWriter<NamedTempFile>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = NamedTempFile::new_in(folder);
    Ok(BufWriter::new(file.map_err(|error| unwritable(path, error)).context(tr!("the file of changes"))?))
}

fn unwritable(path: &Path, error: std::io::Error) -> anyhow::Error {
    Failure::refused(tr!("{} cannot be written: {error}; nothing was changed", path.display()))
}
