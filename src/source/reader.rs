//! Opens a file of any kind and reads its rows.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::failure::Failure;
use crate::language::tr;
use crate::source::container::FileContainer;
use crate::source::csv;
use crate::source::export::Export;
use crate::source::file_options::FileOptions;
use crate::source::source_row::{FileNote, SourceRow};
use crate::source::workbook;

/// Opens a file and recognises its exports: one in a CSV file, one for each sheet of a workbook.
///
/// # Errors
/// Exit code 6 with the file's name: it is missing, empty, a folder or no export.
pub fn open(path: &Path, options: &FileOptions) -> anyhow::Result<Vec<Export>> {
    ensure_file(path)?;
    let mut magic = Vec::new();
    let file = File::open(path).map_err(|error| Failure::input(format!("{}: {error}", path.display())))?;
    file.take(4).read_to_end(&mut magic)?;
    match magic.as_slice() {
        b"PK\x03\x04" | b"\xd0\xcf\x11\xe0" => workbook::open(path, options),
        _ => Ok(vec![csv::open(path, options)?]),
    }
}

fn ensure_file(path: &Path) -> anyhow::Result<()> {
    let shown = path.display();
    let about = std::fs::metadata(path).map_err(|error| Failure::input(format!("{shown}: {error}")))?;
    if about.is_file() { Ok(()) } else { Err(Failure::input(tr!("{shown}: not a file"))) }
}

/// Reads the rows of an export in order and passes them to `take`, `group` rows at a time, until it returns
/// false. Returns findings about the file.
///
/// # Errors
/// The file cannot be read to its end.
pub fn read(
    export: &Export,
    group: usize,
    mut take: impl FnMut(Vec<SourceRow>) -> bool,
) -> anyhow::Result<Vec<FileNote>> {
    match &export.container {
        FileContainer::Csv(csv) => csv::read(export, *csv, group, &mut take),
        FileContainer::Sheet(sheet) => workbook::read(export, sheet, group, &mut take),
    }
}
