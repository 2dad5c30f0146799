//! The files that a run leaves for people: rows to correct, findings, products to map.
//!
//! They lie under one folder of the run, readable by the operator alone, and are written whole or
//! not at all. Cells that a spreadsheet would run as a formula are made harmless.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rust_xlsxwriter::Workbook;

use super::survey::ProductSeen;
use crate::domain::finding::{Finding, Severity};
use crate::domain::product::ProductMap;
use crate::exit_code::Failure;
use crate::source::safe::{CODE_COLUMN, REASON_COLUMN, escaped};
use crate::source::{Cells, Container, Export, Note};

/// Why rows of one kind are not written: by file and record, code and reason.
pub type Reasons = HashMap<(String, u64), (String, String)>;

/// The folder of a run.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes the folder of a run under `base`.
    ///
    /// # Errors
    /// Exit code 5 when it cannot be made or is not a folder.
    pub fn create(base: &Path, run: &str) -> anyhow::Result<Self> {
        let path = base.join(run);
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .map_err(|error| unwritable(&path, &error))?;
        // The folder of a run that goes on was there before: it must still be one, ours, and ours alone.
        let about = fs::symlink_metadata(&path).map_err(|error| unwritable(&path, &error))?;
        if !about.is_dir() {
            return Err(unwritable(&path, &"a link, which is not followed"));
        }
        if about.permissions().mode() & 0o777 != 0o700 {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700))
                .map_err(|error| unwritable(&path, &error))?;
        }
        Ok(Self { path })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins a CSV file.
    pub fn csv(&self, name: &str) -> anyhow::Result<Output> {
        let (whole, part, file) = self.part(name)?;
        Ok(Output { writer: Some(::csv::Writer::from_writer(BufWriter::new(file))), part, whole })
    }

    /// Opens a file that is not yet in its place: where it will be, where it is, and itself.
    fn part(&self, name: &str) -> anyhow::Result<(PathBuf, PathBuf, File)> {
        let whole = self.path.join(name);
        let part = self.path.join(format!("{name}.part"));
        let _ = fs::remove_file(&part);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&part)
            .map_err(|error| unwritable(&part, &error))?;
        Ok((whole, part, file))
    }
}

/// Why a file of the run cannot be written: nothing of it is left, and the run is not complete.
fn unwritable(path: &Path, why: &dyn std::fmt::Display) -> anyhow::Error {
    Failure::refused(format!("{} cannot be written: {why}", path.display()))
}

/// A file that appears when it is finished.
#[allow(missing_debug_implementations)]
pub struct Output {
    writer: Option<::csv::Writer<BufWriter<File>>>,
    part: PathBuf,
    whole: PathBuf,
}

impl Output {
    /// Writes a line, its cells harmless for spreadsheets.
    pub fn line<'c>(&mut self, cells: impl IntoIterator<Item = &'c str>) -> anyhow::Result<()> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let write = || {
            for cell in cells {
                writer.write_field(escaped(cell).as_ref())?;
            }
            writer.write_record(None::<&[u8]>)
        };
        write().map_err(|error| unwritable(&self.whole, &error))
    }

    /// Puts the file in its place.
    pub fn finish(mut self) -> anyhow::Result<PathBuf> {
        if let Some(writer) = self.writer.take() {
            let mut buffered =
                writer.into_inner().map_err(|error| unwritable(&self.whole, &error.error()))?;
            buffered.flush().map_err(|error| unwritable(&self.whole, &error))?;
        }
        fs::rename(&self.part, &self.whole).map_err(|error| unwritable(&self.whole, &error))?;
        Ok(self.whole.clone())
    }
}

/// What was not finished leaves nothing behind.
impl Drop for Output {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.part);
    }
}

/// The findings of a run, a line each.
#[allow(missing_debug_implementations)]
pub struct FindingsFile {
    output: Output,
    lines: u64,
}

impl FindingsFile {
    /// Begins the file.
    pub fn create(folder: &Folder) -> anyhow::Result<Self> {
        let mut output = folder.csv("findings.csv")?;
        output.line(["severity", "code", "name", "file", "record", "line", "column", "reason", "advice"])?;
        Ok(Self { output, lines: 0 })
    }

    /// Adds the findings about one row.
    pub fn add(&mut self, file: &str, record: u64, line: u64, findings: &[Finding]) -> anyhow::Result<()> {
        for finding in findings {
            let info = finding.code.info();
            self.output.line([
                info.severity.to_string().as_str(),
                info.code,
                info.name,
                file,
                &record.to_string(),
                &line.to_string(),
                finding.column.unwrap_or(""),
                &finding.reason(),
                info.advice,
            ])?;
            self.lines += 1;
        }
        Ok(())
    }

    /// Adds what there is to say about a file.
    pub fn add_notes(&mut self, file: &str, notes: &[Note]) -> anyhow::Result<()> {
        notes.iter().try_for_each(|note| self.add(file, 0, note.line, std::slice::from_ref(&note.finding)))
    }

    /// Finishes the file; none is left where nothing was found.
    pub fn finish(self) -> anyhow::Result<Option<PathBuf>> {
        if self.lines == 0 {
            return Ok(None);
        }
        self.output.finish().map(Some)
    }
}

/// Code and reason of the worst of a row's findings, as a rejects file shows them.
pub fn reason_of(findings: &[Finding]) -> Option<(String, String)> {
    let worst = findings.iter().max_by_key(|finding| finding.severity())?;
    let bad = findings.iter().filter(|finding| finding.severity() >= Severity::Held);
    let reasons: Vec<String> = bad
        .map(|finding| match finding.column {
            Some(column) => format!("{column}: {}", finding.reason()),
            None => finding.reason(),
        })
        .collect();
    Some((worst.code.info().code.to_owned(), reasons.join(" ")))
}

/// Writes the rows that were not written, in the source's own columns plus code and reason.
pub fn write_rejects(
    folder: &Folder,
    kind: &str,
    exports: &[&Export],
    reasons: &Reasons,
) -> anyhow::Result<Vec<PathBuf>> {
    let Some(first) = exports.first().filter(|_| !reasons.is_empty()) else {
        return Ok(Vec::new());
    };
    let has_sheet = exports.iter().any(|export| matches!(export.container, Container::Sheet(_)));
    let csv = folder.csv(&format!("rejected-{kind}.csv"))?;
    let mut output = Rejected { csv, sheet: has_sheet.then(Workbook::new), rows: 0 };
    let columns = &first.layout.columns;
    let own = columns.iter().map(String::as_str);
    output.line(&own.chain([CODE_COLUMN, REASON_COLUMN]).collect::<Vec<_>>())?;
    for export in exports {
        copy_rejected(export, columns, reasons, &mut output)?;
    }
    output.finish(folder, kind)
}

/// The rows to correct: as CSV, and as a workbook where the source has one.
struct Rejected {
    csv: Output,
    sheet: Option<Workbook>,
    rows: u32,
}

impl Rejected {
    fn line(&mut self, cells: &[&str]) -> anyhow::Result<()> {
        self.csv.line(cells.iter().copied())?;
        if let Some(book) = &mut self.sheet {
            if self.rows == 0 {
                book.add_worksheet();
            }
            let sheet = book.worksheet_from_index(0)?;
            for (column, cell) in (0..).zip(cells) {
                sheet.write_string(self.rows, column, escaped(cell))?;
            }
        }
        self.rows += 1;
        Ok(())
    }

    fn finish(self, folder: &Folder, kind: &str) -> anyhow::Result<Vec<PathBuf>> {
        let mut files = vec![self.csv.finish()?];
        if let Some(mut book) = self.sheet {
            let (whole, part, file) = folder.part(&format!("rejected-{kind}.xlsx"))?;
            let saved = book.save_to_writer(file).map_err(|error| unwritable(&whole, &error));
            let placed =
                saved.and_then(|()| fs::rename(&part, &whole).map_err(|error| unwritable(&whole, &error)));
            if placed.is_err() {
                let _ = fs::remove_file(&part);
            }
            placed?;
            files.push(whole);
        }
        Ok(files)
    }
}

fn copy_rejected(
    export: &Export,
    columns: &[String],
    reasons: &Reasons,
    output: &mut Rejected,
) -> anyhow::Result<()> {
    let places: Vec<Option<usize>> =
        columns.iter().map(|column| export.layout.columns.iter().position(|own| own == column)).collect();
    let mut failed = None;
    crate::source::read(export, 1_024, |rows| {
        let written = rows.iter().try_for_each(|row| {
            let Some((code, reason)) = reasons.get(&(export.file.clone(), row.number)) else {
                return Ok(());
            };
            let cells = row_cells(&row.cells);
            let own =
                places.iter().map(|place| place.and_then(|at| cells.get(at)).map_or("", String::as_str));
            output.line(&own.chain([code.as_str(), reason.as_str()]).collect::<Vec<_>>())
        });
        failed = written.err();
        failed.is_none()
    })?;
    failed.map_or(Ok(()), Err)
}

/// The cells of a row whatever is the matter with it; bytes that are no UTF-8 are shown as such.
fn row_cells(cells: &Cells) -> Vec<String> {
    match cells {
        Cells::Whole(record) => record.iter().map(str::to_owned).collect(),
        Cells::Broken(_, record) => {
            record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect()
        }
    }
}

/// Writes a product map to fill in, if a product of the orders is missing from the map.
pub fn write_product_template(
    folder: &Folder,
    seen: &BTreeMap<String, ProductSeen>,
    map: &ProductMap,
) -> anyhow::Result<Option<PathBuf>> {
    if seen.keys().all(|product_id| map.get(product_id).is_some()) {
        return Ok(None);
    }
    let mut output = folder.csv("products-template.csv")?;
    output.line(["product_id", "product_name", "kind", "membership", "duration", "price", "product"])?;
    for (product_id, product) in seen.iter().filter(|(product_id, _)| map.get(product_id).is_none()) {
        let product_id = if product.has_id { product_id.as_str() } else { "" };
        output.line([product_id, &product.name, "", "", "", "", ""])?;
    }
    output.finish().map(Some)
}
