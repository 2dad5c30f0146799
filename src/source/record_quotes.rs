//! What the quotes of a record mean, in RFC 4180 and in PHP's dialect of it.
//!
//! PHP's `fputcsv` does not double a quote after a backslash, so `\"` can be part of a cell or end it. Every
//! record is read in each way that its quotes allow. The right way gives it the header's number of cells and
//! lets the next line begin a record; if two ways do, the record is marked as ambiguous. An unclosed quote
//! costs its own line only (lesson L4, `docs/lessons.md`).

use csv::ByteRecord;
use memchr::{memchr, memchr2};

use crate::source::file_options::CsvDialect;

/// Longer records are refused. A cell of a spreadsheet has at most 32,767 characters.
pub(super) const MAX_RECORD_BYTES: usize = 256 * 1024;

/// Interpretations of one record that are tried.
const MAX_INTERPRETATIONS: usize = 64;

/// Why the quotes of a record cannot be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QuoteError {
    /// A quote opens a cell and is not closed at the end of one.
    Unclosed,
    /// The quotes can be interpreted in several ways.
    Ambiguous,
}

/// The syntax of a CSV file.
#[derive(Clone, Copy, Debug)]
pub(super) struct CsvSyntax {
    /// The byte between two cells.
    pub delimiter: u8,
    /// How quotes within quoted cells are written.
    pub dialect: CsvDialect,
    /// The number of cells of a record; `None` until the header is read.
    pub width: Option<usize>,
}

/// A record as it was read in one way.
pub(super) struct Interpretation {
    pub cells: ByteRecord,
    /// Its bytes, line end included.
    pub length: usize,
    pub quote_error: Option<QuoteError>,
    /// Whether a quote stands in a cell that has none around it.
    stray: bool,
}

/// What `\"` in a quoted cell can be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum QuoteRole {
    /// A backslash and a quote of the cell.
    Literal,
    /// A backslash, then the end of the cell.
    Close,
    /// A backslash, then a doubled quote.
    Doubled,
}

/// Enumerates the interpretations of a record: an entry for each `\"` that can be read in several ways.
#[derive(Default)]
struct Backtracker {
    taken: Vec<(usize, usize)>,
    next: usize,
}

impl Backtracker {
    fn choose(&mut self, options: &[QuoteRole]) -> QuoteRole {
        if self.next == self.taken.len() {
            self.taken.push((0, options.len()));
        }
        self.next += 1;
        options[self.taken[self.next - 1].0]
    }

    /// Goes on to the next way; false when all were tried.
    fn advance(&mut self) -> bool {
        self.next = 0;
        while let Some((choice, options)) = self.taken.pop() {
            if choice + 1 < options {
                self.taken.push((choice + 1, options));
                return true;
            }
        }
        false
    }
}

/// Text from the beginning of a record on.
#[derive(Clone, Copy)]
pub(super) struct RecordText<'a> {
    pub bytes: &'a [u8],
    /// The byte that ends a line.
    pub terminator: u8,
    pub syntax: CsvSyntax,
}

impl<'a> RecordText<'a> {
    /// The record that begins the text, as its quotes are to be read.
    pub(super) fn read_record(self) -> Interpretation {
        let (line, length) = self.first_line();
        if memchr(b'"', line).is_none() {
            return Interpretation { cells: self.split(line), length, quote_error: None, stray: false };
        }
        let mut interpretations = self.interpretations();
        if interpretations.len() > 1 {
            interpretations.retain(|interpretation| self.can_be_followed(interpretation.length));
        }
        // Whoever quotes a cell with a quote in it leaves none outside of quotes.
        if interpretations.iter().any(|interpretation| !interpretation.stray) {
            interpretations.retain(|interpretation| !interpretation.stray);
        }
        let interpretation = match interpretations.len() {
            0 => self.parse_with(&mut Backtracker::default()),
            1 => Some(interpretations.remove(0)),
            _ => {
                Some(Interpretation { quote_error: Some(QuoteError::Ambiguous), ..interpretations.remove(0) })
            }
        };
        interpretation.filter(|interpretation| !self.swallows_records(interpretation)).unwrap_or_else(|| {
            Interpretation {
                cells: self.split(line),
                length,
                quote_error: Some(QuoteError::Unclosed),
                stray: true,
            }
        })
    }

    /// The line's bytes without its end, and the length with it.
    fn first_line(self) -> (&'a [u8], usize) {
        let end = memchr(self.terminator, self.bytes);
        let line = &self.bytes[..end.unwrap_or(self.bytes.len())];
        (line.strip_suffix(b"\r").unwrap_or(line), end.map_or(self.bytes.len(), |end| end + 1))
    }

    /// A record with room for a line: every row of a file is one, and to grow costs more than to fill it.
    fn empty_record(self, bytes: usize) -> ByteRecord {
        ByteRecord::with_capacity(bytes, self.syntax.width.unwrap_or(0))
    }

    fn split(self, line: &[u8]) -> ByteRecord {
        let mut cells = self.empty_record(line.len());
        cells.extend(line.split(|byte| *byte == self.syntax.delimiter));
        cells
    }

    /// The ways to read the record that give it as many cells as the header has, all different.
    fn interpretations(self) -> Vec<Interpretation> {
        let mut backtracker = Backtracker::default();
        let mut interpretations: Vec<Interpretation> = Vec::new();
        for _ in 0..MAX_INTERPRETATIONS {
            let interpretation = self.parse_with(&mut backtracker);
            let fits = |interpretation: &Interpretation| {
                self.syntax.width.is_none_or(|width| width == interpretation.cells.len())
            };
            let same = |interpretation: &Interpretation| {
                interpretations.iter().any(|other| other.cells == interpretation.cells)
            };
            if let Some(interpretation) =
                interpretation.filter(|interpretation| fits(interpretation) && !same(interpretation))
            {
                interpretations.push(interpretation);
            }
            if !backtracker.advance() {
                break;
            }
        }
        interpretations
    }

    /// Whether what stands behind a record can be the next one.
    fn can_be_followed(self, length: usize) -> bool {
        let rest = RecordText { bytes: &self.bytes[length..], ..self };
        let (line, _) = rest.first_line();
        let plain = || memchr(b'"', line).is_none() && self.is_whole(&self.split(line));
        line.is_empty() || plain() || (memchr(b'"', line).is_some() && !rest.interpretations().is_empty())
    }

    fn is_whole(self, cells: &ByteRecord) -> bool {
        self.syntax.width == Some(cells.len())
    }

    /// Whether quotes have swallowed lines that are records of their own: they have a record's cells,
    /// and a key where the record has one. A line of an address has its commas, too, but no key.
    fn swallows_records(self, interpretation: &Interpretation) -> bool {
        let lines = self.bytes[..interpretation.length].split(|byte| *byte == self.terminator).skip(1);
        let key = interpretation.cells.get(0).map(is_key);
        let alike = |cells: &ByteRecord| cells.get(0).map(is_key) == key;
        self.syntax.width.is_some_and(|width| width > 1)
            && lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)).any(|line| {
                let plain = self.split(line);
                let parse_with = || RecordText { bytes: line, ..self }.strictly_quoted_cells();
                self.is_whole(&plain) && alike(&plain) || parse_with().is_some_and(|cells| alike(&cells))
            })
    }

    /// The line as a record by itself, with every quote at a cell's beginning or end.
    fn strictly_quoted_cells(self) -> Option<ByteRecord> {
        memchr(b'"', self.bytes)?;
        self.interpretations()
            .into_iter()
            .find(|interpretation| !interpretation.stray)
            .map(|interpretation| interpretation.cells)
    }

    /// Reads the record in one way; none if a quote is not closed where a cell ends.
    fn parse_with(self, backtracker: &mut Backtracker) -> Option<Interpretation> {
        let (mut cells, mut cell, mut at) = (self.empty_record(0), Vec::new(), 0);
        let mut stray = false;
        loop {
            let end = match self.bytes.get(at) {
                Some(b'"') => {
                    let end = self.quoted_cell(at + 1, backtracker, &mut cell)?;
                    cells.push_field(&cell);
                    end
                }
                _ => {
                    let plain = self.plain_cell(at);
                    stray |= memchr(b'"', plain).is_some();
                    cells.push_field(plain);
                    at + plain.len()
                }
            };
            if self.bytes.get(end) == Some(&self.syntax.delimiter) {
                at = end + 1;
                continue;
            }
            let rest = &self.bytes[end..];
            let line_end = if rest.starts_with(b"\r\n") { 2 } else { rest.len().min(1) };
            return Some(Interpretation { cells, length: end + line_end, quote_error: None, stray });
        }
    }

    /// A cell without quotes around it, up to its end.
    fn plain_cell(self, at: usize) -> &'a [u8] {
        let rest = &self.bytes[at..];
        let end = memchr2(self.syntax.delimiter, self.terminator, rest).unwrap_or(rest.len());
        let ends_line = rest.get(end) != Some(&self.syntax.delimiter);
        match rest[..end].strip_suffix(b"\r") {
            Some(cell) if ends_line => cell,
            _ => &rest[..end],
        }
    }

    /// Reads a quoted cell from behind its first quote; returns where it ends.
    fn quoted_cell(self, from: usize, backtracker: &mut Backtracker, cell: &mut Vec<u8>) -> Option<usize> {
        cell.clear();
        let mut at = from;
        loop {
            let limit = self.bytes.len().min(MAX_RECORD_BYTES);
            let quote = at + memchr(b'"', self.bytes.get(at..limit)?)?;
            cell.extend_from_slice(&self.bytes[at..quote]);
            let is_behind_backslash = cell.last() == Some(&b'\\') && quote > from;
            let closes = self.ends_cell(quote + 1);
            let doubled = self.bytes.get(quote + 1) == Some(&b'"');
            let backslash_quote_role = match (is_behind_backslash, self.syntax.dialect) {
                (true, CsvDialect::Auto) => self.backslash_quote_role(closes, doubled, backtracker),
                (true, CsvDialect::Php) if closes => {
                    backtracker.choose(&[QuoteRole::Literal, QuoteRole::Close])
                }
                (true, CsvDialect::Php) => QuoteRole::Literal,
                _ if doubled => QuoteRole::Doubled,
                _ => QuoteRole::Close,
            };
            match backslash_quote_role {
                QuoteRole::Close => return closes.then_some(quote + 1),
                QuoteRole::Literal => at = quote + 1,
                QuoteRole::Doubled => at = quote + 2,
            }
            cell.push(b'"');
        }
    }

    fn backslash_quote_role(self, closes: bool, doubled: bool, backtracker: &mut Backtracker) -> QuoteRole {
        match (closes, doubled) {
            (true, _) => backtracker.choose(&[QuoteRole::Literal, QuoteRole::Close]),
            (_, true) => backtracker.choose(&[QuoteRole::Literal, QuoteRole::Doubled]),
            _ => QuoteRole::Literal,
        }
    }

    /// Whether a cell can end here: at a delimiter, a line's end or the end of the file.
    fn ends_cell(self, at: usize) -> bool {
        match self.bytes.get(at) {
            None => true,
            Some(b'\r') => self.terminator == b'\r' || matches!(self.bytes.get(at + 1), None | Some(b'\n')),
            Some(byte) => *byte == self.syntax.delimiter || *byte == self.terminator,
        }
    }
}

/// Whether a cell is a number as keys are.
fn is_key(cell: &[u8]) -> bool {
    !cell.is_empty() && cell.iter().all(u8::is_ascii_digit)
}
