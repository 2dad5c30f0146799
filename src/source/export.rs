//! A file, or a sheet of a workbook, that was recognised as an export.

use std::path::{Path, PathBuf};

use crate::domain::cell_reader::CellRules;
use crate::domain::date::DateRules;
use crate::domain::finding::{Code, Finding};
use crate::domain::money::MoneyStyle;
use crate::domain::source_kind::{ExportProfile, SourceKind};
use crate::domain::text::excerpt;
use crate::source::container::FileContainer;
use crate::source::export_form::ExportForm;
use crate::source::header::{HeaderLayout, RecognisedHeader};
use crate::source::source_row::FileNote;

/// An export: a file, or a sheet of a workbook, whose header was recognised.
#[derive(Clone, Debug)]
pub struct Export {
    /// The path of the file.
    pub path: PathBuf,
    /// The file's name without its folder, as it stands in reports and payloads: `orders.csv`, `shop.xlsx [Orders]`.
    pub file: String,
    /// What its rows are.
    pub kind: SourceKind,
    /// Who wrote it.
    pub profile: ExportProfile,
    /// Its columns, and which field each of them is.
    pub layout: HeaderLayout,
    /// The physical format.
    pub container: FileContainer,
    /// Findings about the header.
    pub notes: Vec<FileNote>,
}

impl Export {
    pub(crate) fn new(
        path: &Path,
        file: String,
        recognised: RecognisedHeader,
        container: FileContainer,
    ) -> Self {
        let RecognisedHeader { form, layout } = recognised;
        let unknown: Vec<&str> = layout.unknown().collect();
        let mut notes = Vec::new();
        if !unknown.is_empty() {
            let detail = excerpt(&unknown.join(", "), 400);
            notes.push(FileNote::file(Finding::of_row(Code::ColumnsUnknown, detail)));
        }
        if form.profile == ExportProfile::Native {
            notes.push(FileNote::file(Finding::of_row(Code::NativeExport, layout.missing_fields(form))));
        }
        Self { path: path.to_owned(), file, kind: form.kind, profile: form.profile, layout, container, notes }
    }

    /// The rules for its cells: those of the run, except for what the file itself decides.
    pub fn rules(&self, run: CellRules) -> CellRules {
        let epoch_1904 = matches!(&self.container, FileContainer::Sheet(sheet) if sheet.epoch_1904);
        let money = match self.profile {
            ExportProfile::Checklist => run.money,
            ExportProfile::Native => MoneyStyle::Native,
        };
        CellRules { dates: DateRules { epoch_1904, ..run.dates }, money }
    }

    /// The position of a field's column, counted from 0; `None` if the file has no such column.
    pub fn position_of(&self, field: &str) -> Option<usize> {
        let at = self.form().fields.iter().position(|spec| spec.name == field)?;
        *self.layout.positions.get(at)?
    }

    /// The file's own name of a field's column.
    pub fn header_of(&self, field: &str) -> Option<&str> {
        self.layout.columns.get(self.position_of(field)?).map(String::as_str)
    }

    /// The form that its kind and profile have.
    pub fn form(&self) -> ExportForm {
        ExportForm::of(self.kind, self.profile)
    }
}
