//! Turns records of any file format into numbered rows and passes them on in batches.
//!
//! Empty lines and lines of totals are left out, and so are the columns that the tool adds to a rejects file.

use csv::{ByteRecord, StringRecord};

use crate::domain::export_fields::normalized_name;
use crate::domain::finding::{Code, Finding};
use crate::source::export::Export;
use crate::source::formula_escape::unescape_formula;
use crate::source::source_row::{FileNote, RowCells, RowConsumer, SourceRow};

/// A damaged file could have a finding for each of its lines.
const MAX_NOTES_PER_CODE: usize = 20;

/// Numbers the rows of an export and passes them on in batches.
#[allow(missing_debug_implementations)]
pub(super) struct RowBatcher<'a> {
    export: &'a Export,
    group: usize,
    take: RowConsumer<'a>,
    rows: Vec<SourceRow>,
    number: u64,
    notes: Vec<FileNote>,
}

impl<'a> RowBatcher<'a> {
    /// `take` gets `group` rows at a time.
    pub(super) fn new(export: &'a Export, group: usize, take: RowConsumer<'a>) -> Self {
        Self { export, group, take, rows: Vec::with_capacity(group), number: 0, notes: Vec::new() }
    }

    /// Adds a finding about a line, unless there are many of its code already.
    pub(super) fn note(&mut self, line: u64, code: Code) {
        if self.notes.iter().filter(|note| note.finding.code == code).count() < MAX_NOTES_PER_CODE {
            self.notes.push(FileNote { line, finding: Finding::of_row(code, "") });
        }
    }

    /// Adds a record that stands on the lines from `lines.0` to `lines.1`. Returns whether more are wanted.
    pub(super) fn add(&mut self, lines: (u64, u64), cells: ByteRecord, quote_error: Option<Code>) -> bool {
        if cells.iter().all(|cell| cell.trim_ascii().is_empty()) {
            return true;
        }
        let cells = self.cells(cells, quote_error);
        if self.is_total(&cells) {
            self.note(lines.0, Code::TotalsRow);
            return true;
        }
        self.number += 1;
        self.rows.push(SourceRow { number: self.number, line: lines.0, last_line: lines.1, cells });
        self.rows.len() < self.group || self.flush()
    }

    fn flush(&mut self) -> bool {
        (self.take)(std::mem::replace(&mut self.rows, Vec::with_capacity(self.group)))
    }

    /// Passes on the last rows and returns the findings about the file.
    pub(super) fn finish(mut self) -> Vec<FileNote> {
        if !self.rows.is_empty() {
            self.flush();
        }
        self.notes
    }

    fn cells(&self, cells: ByteRecord, quote_error: Option<Code>) -> RowCells {
        let layout = &self.export.layout;
        if let Some(code) = quote_error {
            return RowCells::Broken(code, cells);
        }
        if cells.len() != layout.width {
            return RowCells::Broken(Code::WrongCellCount, cells);
        }
        let text = match StringRecord::from_byte_record(cells) {
            Ok(text) => text,
            Err(error) => return RowCells::Broken(Code::NotUtf8, error.into_byte_record()),
        };
        if layout.columns.len() == layout.width {
            return RowCells::Whole(text);
        }
        RowCells::Whole(text.iter().take(layout.columns.len()).map(unescape_formula).collect())
    }

    /// A line of totals can be shorter than the header.
    fn is_total(&self, cells: &RowCells) -> bool {
        match cells {
            RowCells::Whole(cells) => self.closes_table(cells),
            RowCells::Broken(Code::WrongCellCount, cells) if cells.len() < self.export.layout.width => {
                StringRecord::from_byte_record(cells.clone()).is_ok_and(|cells| self.closes_table(&cells))
            }
            RowCells::Broken(..) => false,
        }
    }

    /// Such a line has a word such as "Total", numbers, and hardly any field that a row requires.
    fn closes_table(&self, cells: &StringRecord) -> bool {
        let layout = &self.export.layout;
        let required =
            self.export.form().fields.iter().zip(&layout.positions).filter(|(field, _)| field.required);
        let empty = |at: usize| cells.get(at).unwrap_or("").trim().is_empty();
        if required.filter(|(_, at)| at.is_some_and(empty)).count() < 2 {
            return false;
        }
        let (words, others): (Vec<&str>, Vec<&str>) =
            cells.iter().filter(|cell| !cell.trim().is_empty()).partition(|cell| is_word_of_totals(cell));
        !words.is_empty() && others.into_iter().all(is_sum)
    }
}

fn is_word_of_totals(cell: &str) -> bool {
    const WORDS: [&str; 5] = ["total", "grand_total", "subtotal", "jumlah", "sum"];
    let plain = normalized_name(cell);
    let begins =
        |word: &&str| plain.strip_prefix(*word).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    WORDS.iter().any(begins)
}

fn is_sum(cell: &str) -> bool {
    let cell = cell.trim().trim_start_matches(['R', 'r', 'p', 'P', '.', ' ']);
    cell.starts_with(|c: char| c.is_ascii_digit())
        && cell.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | ' '))
}
