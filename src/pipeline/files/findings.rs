//! The findings of a run with their locations, for a spreadsheet, a machine and a terminal alike: one
//! set of columns, whose names do not change.

use std::collections::HashMap;
use std::path::PathBuf;

use serde::Serialize;

use crate::domain::finding::{Code, Finding, Severity};
use crate::language::tr;
use crate::pipeline::files::outputs::{OutputFile, RunFolder};
use crate::source::discover::Exports;
use crate::source::row_location::RowLocation;
use crate::source::{Export, FileContainer, FileNote};

/// The columns of `findings.csv`; JSON has the same keys.
const COLUMNS: [&str; 14] = [
    "severity",
    "code",
    "name",
    "file",
    "sheet",
    "record",
    "first_line",
    "last_line",
    "row",
    "column",
    "header",
    "value",
    "reason",
    "suggestion",
];

/// Findings of one code that are kept in memory; the file has all of them.
const LISTED: u64 = 100;

/// One finding and its location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct LocatedFinding {
    /// The severity, which decides the row's outcome.
    pub severity: Severity,
    /// The stable code.
    pub code: &'static str,
    /// Its stable name.
    pub name: &'static str,
    /// The file.
    pub file: String,
    /// The sheet, of a workbook.
    pub sheet: Option<String>,
    /// The data record, counted from 1; none for a whole file.
    pub record: Option<u64>,
    /// The line on which the record begins, of a text file.
    pub first_line: Option<u64>,
    /// The line on which it ends.
    pub last_line: Option<u64>,
    /// The row, of a sheet.
    pub row: Option<u64>,
    /// The column, by the tool's name for it.
    pub column: Option<&'static str>,
    /// The column, by the file's own name for it.
    pub header: Option<String>,
    /// The cell, personal data masked.
    pub value: Option<String>,
    /// The reason, as a sentence.
    pub reason: String,
    /// The suggested remedy.
    pub suggestion: &'static str,
}

impl LocatedFinding {
    /// Locates a finding in an export.
    pub(crate) fn new(export: &Export, location: RowLocation, finding: &Finding) -> Self {
        let lines = (location.line > 0).then(|| (location.line, location.last_line()));
        let sheet = match &export.container {
            FileContainer::Sheet(sheet) => Some(sheet.name.clone()),
            FileContainer::Csv(_) => None,
        };
        let of_text = lines.filter(|_| sheet.is_none());
        Self {
            file: export.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            record: (location.record > 0).then_some(location.record),
            first_line: of_text.map(|lines| lines.0),
            last_line: of_text.map(|lines| lines.1),
            row: lines.filter(|_| sheet.is_some()).map(|lines| lines.0),
            sheet,
            header: finding.column.and_then(|column| export.header_of(column)).map(str::to_owned),
            ..Self::without_place(finding)
        }
    }

    /// A finding that is about no row and no file, but about what is in the database after the import.
    fn without_place(finding: &Finding) -> Self {
        let info = finding.code.info();
        Self {
            severity: info.severity,
            code: info.code,
            name: info.name,
            file: String::new(),
            sheet: None,
            record: None,
            first_line: None,
            last_line: None,
            row: None,
            column: finding.column,
            header: None,
            value: (!finding.value.is_empty()).then(|| finding.value.clone()),
            reason: finding.spoken(),
            suggestion: info.spoken_advice(),
        }
    }

    fn cells(&self) -> [String; COLUMNS.len()] {
        let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        [
            self.severity.to_string(),
            self.code.to_owned(),
            self.name.to_owned(),
            self.file.clone(),
            text(&self.sheet),
            number(self.record),
            number(self.first_line),
            number(self.last_line),
            number(self.row),
            self.column.unwrap_or_default().to_owned(),
            text(&self.header),
            text(&self.value),
            self.reason.clone(),
            self.suggestion.to_owned(),
        ]
    }

    /// The location in words: `orders.csv, record 3, lines 4–6, column amount: "1,5 jt"`.
    pub(crate) fn describe_location(&self) -> String {
        let mut place = self.file.clone();
        if let Some(sheet) = &self.sheet {
            place.push_str(&format!(" [{sheet}]"));
        }
        if let Some(record) = self.record {
            place.push_str(&tr!(", record {record}"));
        }
        match (self.row, self.first_line, self.last_line) {
            (Some(row), _, _) => place.push_str(&tr!(", row {row}")),
            (_, Some(first), Some(last)) if first < last => place.push_str(&tr!(", lines {first}–{last}")),
            (_, Some(line), _) => place.push_str(&tr!(", line {line}")),
            _ => {}
        }
        if let Some(column) = self.header.as_deref().or(self.column) {
            place.push_str(&tr!(", column {column}"));
        }
        if let Some(value) = &self.value {
            place.push_str(&format!(": \"{value}\""));
        }
        place
    }
}

/// The findings of a run, a line each.
#[allow(missing_debug_implementations)]
pub(crate) struct FindingsFile {
    output: OutputFile,
    lines: u64,
    counts: HashMap<Code, u64>,
    listed: Vec<LocatedFinding>,
}

/// The summary of a finished findings file.
#[derive(Debug, Default)]
pub(crate) struct FindingsSummary {
    /// The file; none where nothing was found.
    pub file: Option<PathBuf>,
    /// The first ones of each code, in the order in which they were found.
    pub listed: Vec<LocatedFinding>,
    /// The number of findings.
    pub total: u64,
}

impl FindingsFile {
    /// Begins the file.
    pub(crate) fn create(folder: &RunFolder) -> anyhow::Result<Self> {
        let mut output = folder.csv("findings.csv")?;
        output.line(COLUMNS)?;
        Ok(Self { output, lines: 0, counts: HashMap::new(), listed: Vec::new() })
    }

    /// Adds the findings about one row.
    pub(crate) fn add(
        &mut self,
        export: &Export,
        location: RowLocation,
        findings: &[Finding],
    ) -> anyhow::Result<()> {
        findings.iter().try_for_each(|finding| {
            self.add_one(finding.code, LocatedFinding::new(export, location, finding))
        })
    }

    /// Adds what there is to say about whole files, by their names.
    pub(crate) fn add_notes(
        &mut self,
        exports: &Exports,
        notes: &[(String, FileNote)],
    ) -> anyhow::Result<()> {
        for (file, note) in notes {
            let location = RowLocation { file: 0, record: 0, line: note.line, more_lines: 0 };
            if let Some(export) = exports.exports.iter().find(|export| export.file == *file) {
                self.add_one(note.finding.code, LocatedFinding::new(export, location, &note.finding))?;
            }
        }
        Ok(())
    }

    /// Adds what there is to say of affiliates and plans, which stand in no row.
    pub(crate) fn add_without_place(&mut self, findings: &[Finding]) -> anyhow::Result<()> {
        findings.iter().try_for_each(|one| self.add_one(one.code, LocatedFinding::without_place(one)))
    }

    fn add_one(&mut self, code: Code, located: LocatedFinding) -> anyhow::Result<()> {
        self.output.line(located.cells().iter().map(String::as_str))?;
        self.lines += 1;
        let count = self.counts.entry(code).or_default();
        *count += 1;
        if *count <= LISTED {
            self.listed.push(located);
        }
        Ok(())
    }

    /// Finishes the file; none is left where nothing was found.
    pub(crate) fn finish(self) -> anyhow::Result<FindingsSummary> {
        let (listed, total) = (self.listed, self.lines);
        let file = if total == 0 { None } else { Some(self.output.finish()?) };
        Ok(FindingsSummary { file, listed, total })
    }
}
