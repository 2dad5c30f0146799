//! Where the rows come from: files on the disk, recognised by their header, read in order.
//!
//! This room knows files and nothing of databases. It hands out rows with their places; what the
//! cells mean is the domain's business.

pub mod archive;
pub mod columns;
pub mod csv;
pub mod discover;
pub mod encoding;
pub mod header;
pub mod location;
pub mod options;
pub mod products;
pub mod records;
pub mod rows;
pub mod safe;
pub mod workbook;
mod xls;

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

pub use crate::source::rows::{FileNote, RowCells, SourceRow};

use crate::domain::date::DateRules;
use crate::domain::fields::FieldSpec;
use crate::domain::finding::{Code, Finding};
use crate::domain::money::MoneyStyle;
use crate::domain::order::CellRules;
use crate::failure::Failure;
use crate::source::options::FileOptions;

/// What an export holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    /// Affiliates; imported first, since orders name them.
    Affiliates,
    /// Orders.
    Orders,
    /// Memberships; imported last, since they name orders.
    Memberships,
    /// The product map.
    Products,
}

impl SourceKind {
    /// The kinds that are imported, in the order of their import.
    pub const IMPORTED: [SourceKind; 3] =
        [SourceKind::Affiliates, SourceKind::Orders, SourceKind::Memberships];

    /// The kind as a word.
    pub const fn name(self) -> &'static str {
        match self {
            SourceKind::Affiliates => "affiliates",
            SourceKind::Orders => "orders",
            SourceKind::Memberships => "memberships",
            SourceKind::Products => "products",
        }
    }

    /// The columns that exports of this kind can have, of whatever profile.
    pub fn fields(self) -> impl Iterator<Item = &'static FieldSpec> {
        header::ExportForm::ALL.into_iter().filter(move |form| form.kind == self).flat_map(|form| form.fields)
    }
}

/// Who wrote an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportProfile {
    /// Somebody who followed the migration's checklist.
    Checklist,
    /// The plugin's own export button.
    Native,
}

impl ExportProfile {
    /// The profile as a word.
    pub const fn name(self) -> &'static str {
        match self {
            ExportProfile::Checklist => "checklist",
            ExportProfile::Native => "native",
        }
    }
}

/// What a file is physically.
#[derive(Clone, Debug)]
pub enum FileContainer {
    /// Delimited text.
    Csv(csv::Csv),
    /// A sheet of a workbook.
    Sheet(workbook::Sheet),
}

/// A file whose header has been read.
#[derive(Clone, Debug)]
pub struct Export {
    /// Where it is.
    pub path: PathBuf,
    /// Its name, for places and payloads; of a workbook with its sheet.
    pub file: String,
    /// What it holds.
    pub kind: SourceKind,
    /// Who wrote it.
    pub profile: ExportProfile,
    /// Its columns.
    pub layout: header::HeaderLayout,
    /// How it is read.
    pub container: FileContainer,
    /// What there is to say about it already.
    pub notes: Vec<FileNote>,
}

impl Export {
    fn new(path: &Path, file: String, recognised: header::Recognised, container: FileContainer) -> Self {
        let header::Recognised { form, layout } = recognised;
        let unknown: Vec<&str> = layout.unknown().collect();
        let mut notes = Vec::new();
        if !unknown.is_empty() {
            let detail = crate::domain::text::excerpt(&unknown.join(", "), 400);
            notes.push(FileNote::file(Finding::of_row(Code::ColumnsUnknown, detail)));
        }
        if form.profile == ExportProfile::Native {
            notes.push(FileNote::file(Finding::of_row(Code::NativeExport, layout.lacking(form))));
        }
        Self { path: path.to_owned(), file, kind: form.kind, profile: form.profile, layout, container, notes }
    }

    /// How its cells are read: as the run says, but for what only this file can say.
    pub fn rules(&self, run: CellRules) -> CellRules {
        let epoch_1904 = matches!(&self.container, FileContainer::Sheet(sheet) if sheet.epoch_1904);
        let money = match self.profile {
            ExportProfile::Checklist => run.money,
            ExportProfile::Native => MoneyStyle::Native,
        };
        CellRules { dates: DateRules { epoch_1904, ..run.dates }, money }
    }

    /// Where the column of a field stands.
    pub fn position_of(&self, field: &str) -> Option<usize> {
        let at = self.form().fields.iter().position(|spec| spec.name == field)?;
        *self.layout.positions.get(at)?
    }

    /// What the file itself calls the column of a field.
    pub fn header_of(&self, field: &str) -> Option<&str> {
        self.layout.columns.get(self.position_of(field)?).map(String::as_str)
    }

    /// The form of its columns.
    pub fn form(&self) -> header::ExportForm {
        header::ExportForm::of(self.kind, self.profile)
    }
}

/// Reads the headers of a file: one export, or as many as a workbook has.
///
/// # Errors
/// Exit code 6 with the file's name: it is missing, empty, a folder, or no export.
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
    if about.is_file() { Ok(()) } else { Err(Failure::input(format!("{shown}: not a file"))) }
}

/// Hands out the rows of a file in order, `group` at a time, until `take` says stop (false). Returns
/// what there is to say about the file.
///
/// # Errors
/// The file cannot be read to its end.
pub fn read(
    export: &Export,
    group: usize,
    mut take: impl FnMut(Vec<SourceRow>) -> bool,
) -> anyhow::Result<Vec<FileNote>> {
    tracing::info!(file = export.file, kind = export.kind.name(), "file opened");
    match &export.container {
        FileContainer::Csv(csv) => csv::read(export, *csv, group, &mut take),
        FileContainer::Sheet(sheet) => workbook::read(export, sheet, group, &mut take),
    }
}
