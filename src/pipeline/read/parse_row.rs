//! A row becomes an examined record: read by the domain's rules, with its findings.

use crate::domain::detail::Detail;
use crate::domain::redaction::redact_cell;
use crate::domain::source_id;
use crate::domain::source_kind::ExportProfile;
use crate::language::tr;
use crate::source::row_location::RowLocation;
use ::csv::{ByteRecord, StringRecord};

use crate::domain::cell_reader::Parsed;
use crate::domain::comparable::Comparable;
use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding, Severity, worst_severity};
use crate::domain::money::Money;
use crate::domain::source_payload::{CellsJson, SourcePayload};
use crate::pipeline::read::options::ParseOptions;
use crate::source::source_row::content_hash;
use crate::source::{Export, RowCells, SourceRow};

/// A parsed row with its findings.
#[derive(Debug)]
pub(crate) struct ParsedRow<T> {
    /// The row's location.
    pub location: RowLocation,
    /// The source's own key, as [`source_id::key`] reads it; empty if the row has none.
    pub key: String,
    /// Hash of what the row says, however its cells are written; of the cells, if there is no record.
    pub meaning: u64,
    /// The latest date of the record.
    pub latest_date: Option<Millis>,
    /// The record, if it could be read.
    pub record: Option<T>,
    /// The findings about the row.
    pub findings: Vec<Finding>,
    /// Its amount; `None` if it cannot be read.
    pub amount: Option<Money>,
    /// The payload to store with the record, if it was asked for.
    pub payload: Option<SourcePayload<'static>>,
}

impl<T> ParsedRow<T> {
    /// The worst severity among the findings, which decides the row's outcome.
    pub(crate) fn severity(&self) -> Severity {
        worst_severity(&self.findings)
    }
}

/// Parses one row and finds the cells that the database could not hold.
pub(crate) fn parse_row<T: Comparable>(
    file: usize,
    export: &Export,
    row: SourceRow,
    with_payload: bool,
    parse_options: &ParseOptions,
    parse: impl Fn(&dyn Fn(usize) -> usize, &StringRecord) -> Parsed<T>,
) -> ParsedRow<T> {
    let more_lines = u32::try_from(row.last_line.saturating_sub(row.line)).unwrap_or(u32::MAX);
    let file = u32::try_from(file).unwrap_or(u32::MAX);
    let location = RowLocation { file, more_lines, record: row.number, line: row.line };
    let record = match row.cells {
        RowCells::Whole(record) => record,
        RowCells::Broken(Code::WrongCellCount, record) => {
            let (found, expected) = (record.len(), export.layout.width);
            let detail = Detail::said(|| tr!("{found} cells, the header has {expected}"));
            return broken(location, Code::WrongCellCount, detail);
        }
        RowCells::Broken(Code::QuoteUnclosed, record) => {
            return broken(location, Code::QuoteUnclosed, open_cell(export, &record));
        }
        RowCells::Broken(code, _) => return broken(location, code, Detail::default()),
    };
    let position = |field: usize| export.layout.positions[field].unwrap_or(usize::MAX);
    let mut parsed = parse(&position, &record);
    if let Some(longest) = parse_options.longest {
        parsed.findings.extend(too_long(export, &record, longest));
    }
    for finding in &mut parsed.findings {
        let cell = finding.column.and_then(|field| export.position_of(field)).and_then(|at| record.get(at));
        if let (Some(field), Some(cell)) = (finding.column, cell) {
            finding.value = redact_cell(field, cell, parse_options.show_pii);
        }
    }
    let content = content_hash(&record);
    ParsedRow {
        location,
        key: source_id::key(record.get(position(0)).unwrap_or("").trim()).into_owned(),
        meaning: meaning(&parsed, content),
        latest_date: parsed.record.as_ref().and_then(Comparable::latest_date),
        payload: with_payload.then(|| payload(export, location.record, &record, content)),
        record: parsed.record,
        findings: parsed.findings,
        amount: parsed.amount,
    }
}

/// A row that is held for what it says is never the same as one that is not.
fn meaning<T: Comparable>(parsed: &Parsed<T>, content: u64) -> u64 {
    let waits = worst_severity(&parsed.findings) >= Severity::Held;
    parsed.record.as_ref().map_or(content, Comparable::meaning) ^ u64::from(waits)
}

/// Describes the cell in which an unclosed quote opens.
fn open_cell(export: &Export, cells: &ByteRecord) -> Detail {
    let at = cells.iter().position(|cell| cell.first() == Some(&b'"')).unwrap_or(0);
    let column = export.layout.columns.get(at).map_or("", String::as_str);
    Detail::said(|| tr!("it opens in cell {}, {column}", at + 1))
}

/// The findings about cells that the database could not hold; they are never truncated.
fn too_long(export: &Export, record: &StringRecord, longest: usize) -> Vec<Finding> {
    let fields = export.form().fields.iter().zip(&export.layout.positions);
    // What the checklist does not ask for stands in no text column of the app as it is.
    let long = fields.filter(|(field, position)| {
        if field.beyond_checklist {
            return false;
        }
        let cell = position.and_then(|at| record.get(at)).unwrap_or("").trim();
        cell.len() > longest && cell.chars().count() > longest
    });
    long.map(|(field, _)| {
        let detail = Detail::said(|| tr!("more than {longest} characters"));
        Finding::at(Code::TextTooLong, field.name, detail)
    })
    .collect()
}

fn broken<T>(location: RowLocation, code: Code, detail: Detail) -> ParsedRow<T> {
    let findings = vec![Finding::of_row(code, detail)];
    ParsedRow {
        location,
        key: String::new(),
        meaning: 0,
        latest_date: None,
        record: None,
        findings,
        amount: None,
        payload: None,
    }
}

/// The payload's mark of a native export, which has no date of payment: the order's date is used instead.
const PAID_DATE_OF_ORDER: &str = "of the order";

/// The payload of a row, before it is planned.
fn payload(export: &Export, record: u64, cells: &StringRecord, content: u64) -> SourcePayload<'static> {
    let columns = export.layout.columns.iter().map(String::as_str);
    SourcePayload {
        paid_date: (export.profile == ExportProfile::Native).then_some(PAID_DATE_OF_ORDER.into()),
        cells: Some(CellsJson::new(columns.zip(cells), cells.as_slice().len() * 3)),
        ..SourcePayload::new(export.profile.name(), export.file.clone(), record, content)
    }
}
