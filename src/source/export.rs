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
    pub layout: HeaderLayout,
    /// How it is read.
    pub container: FileContainer,
    /// What there is to say about it already.
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
    pub fn form(&self) -> ExportForm {
        ExportForm::of(self.kind, self.profile)
    }
}
