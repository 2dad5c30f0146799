//! The folder of a run and the files in it; the contents of the larger ones have modules of their own.
//!
//! They are under one folder of the run, readable by the operator alone, and are written whole or
//! not at all. Cells that a spreadsheet would run as a formula are escaped.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::domain::finding::{Finding, Severity, decisive_finding};
use crate::domain::product_map::ProductMap;
use crate::failure::Failure;
use crate::language::tr;
use crate::pipeline::read::first_pass_counts::ProductSeen;
use crate::source::formula_escape::escape_formula;

/// Why rows of one kind are not written: by file and record, code and reason.
pub type Reasons = HashMap<(String, u64), (String, String)>;

/// The folder of a run.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
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
            return Err(unwritable(&path, &tr!("a link, which is not followed")));
        }
        if about.permissions().mode() & 0o777 != 0o700 {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700))
                .map_err(|error| unwritable(&path, &error))?;
        }
        Ok(Self { path })
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins a CSV file.
    pub fn csv(&self, name: &str) -> anyhow::Result<OutputFile> {
        let (whole, part, file) = self.part(name)?;
        Ok(OutputFile { writer: Some(::csv::Writer::from_writer(BufWriter::new(file))), part, whole })
    }

    /// Opens a temporary file. Returns its final path, its temporary path and the file.
    pub(super) fn part(&self, name: &str) -> anyhow::Result<(PathBuf, PathBuf, File)> {
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

/// The refusal (exit code 5) for a file of the run that cannot be written.
pub(super) fn unwritable(path: &Path, why: &dyn std::fmt::Display) -> anyhow::Error {
    Failure::refused(tr!("{} cannot be written: {why}", path.display()))
}

/// A file that appears when it is finished.
#[allow(missing_debug_implementations)]
pub struct OutputFile {
    writer: Option<::csv::Writer<BufWriter<File>>>,
    part: PathBuf,
    whole: PathBuf,
}

impl OutputFile {
    /// Writes a line, its cells harmless for spreadsheets.
    pub fn line<'c>(&mut self, cells: impl IntoIterator<Item = &'c str>) -> anyhow::Result<()> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let write = || {
            for cell in cells {
                writer.write_field(escape_formula(cell).as_ref())?;
            }
            writer.write_record(None::<&[u8]>)
        };
        write().map_err(|error| unwritable(&self.whole, &error))
    }

    /// Writes a line of cells that are harmless already.
    fn raw_line(&mut self, cells: &[String]) -> anyhow::Result<()> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        writer.write_record(cells).map_err(|error| unwritable(&self.whole, &error))
    }

    /// Finishes the file and renames it to its final path.
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

/// An unfinished file is removed.
impl Drop for OutputFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.part);
    }
}

/// Code and reason of the worst of a row's findings; `say` says one finding as it is kept, or as a person reads it.
pub(crate) fn reason_of(findings: &[Finding], say: fn(&Finding) -> String) -> Option<(String, String)> {
    let worst = decisive_finding(findings)?;
    let bad = findings.iter().filter(|finding| finding.severity() >= Severity::Held);
    let reasons: Vec<String> = bad
        .map(|finding| match finding.column {
            Some(column) => format!("{column}: {}", say(finding)),
            None => say(finding),
        })
        .collect();
    Some((worst.code.info().code.to_owned(), reasons.join(" ")))
}

/// A product map to fill in, as rows of cells: its header, and the products that the map lacks. Cells
/// that a spreadsheet would run are made harmless.
pub fn template_rows(seen: &BTreeMap<String, ProductSeen>, map: &ProductMap) -> Vec<Vec<String>> {
    let header = ["product_id", "product_name", "kind", "membership", "duration", "price", "product"];
    let missing =
        seen.iter().filter(|(product_id, _)| map.get(product_id).is_none()).map(|(key, product)| {
            let product_id = if product.has_id { key.as_str() } else { "" };
            [product_id, &product.name, "", "", "", "", ""]
        });
    let row = |cells: [&str; 7]| cells.into_iter().map(|cell| escape_formula(cell).into_owned()).collect();
    std::iter::once(header).chain(missing).map(row).collect()
}

/// Writes a product map to fill in, if a product of the files is missing from the map.
pub fn write_product_template(
    folder: &RunFolder,
    seen: &BTreeMap<String, ProductSeen>,
    map: &ProductMap,
) -> anyhow::Result<Option<PathBuf>> {
    if seen.keys().all(|product_id| map.get(product_id).is_some()) {
        return Ok(None);
    }
    let mut output = folder.csv("products-template.csv")?;
    for row in template_rows(seen, map) {
        output.raw_line(&row)?;
    }
    output.finish().map(Some)
}
