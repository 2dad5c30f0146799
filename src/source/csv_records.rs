//! Splits delimited text into records, in RFC 4180 and in PHP's dialect of it.
//!
//! PHP's `fputcsv` does not double a quote after a backslash, so `\"` can be part of a cell or end it. Every
//! record is read in each way that its quotes allow. The right way gives it the header's number of cells and
//! lets the next line begin a record; if two ways do, the record is marked as ambiguous. An unclosed quote
//! costs its own line only (lesson L4, `docs/lessons.md`).

use std::io::{self, Read};

use csv::ByteRecord;
use memchr::{memchr, memchr2};

use crate::source::file_options::CsvDialect;

/// Longer records are refused. A cell of a spreadsheet has at most 32,767 characters.
const MAX_RECORD_BYTES: usize = 256 * 1024;

/// Bytes in memory: a record and the next one.
const LOOK_AHEAD_BYTES: usize = 2 * MAX_RECORD_BYTES;

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

/// A record of a CSV file.
#[derive(Clone, Debug)]
pub(super) struct CsvRecord {
    /// The physical line on which it begins, counted from 1.
    pub line: u64,
    /// The physical line on which it ends.
    pub last_line: u64,
    /// Its cells; if a quote is unclosed, the first line split at the delimiters.
    pub cells: ByteRecord,
    /// Why its cells cannot be trusted; `None` if they can.
    pub quote_error: Option<QuoteError>,
    /// Whether zero bytes were removed from its cells.
    pub had_nul: bool,
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

/// Reads the records of a CSV file in order, in bounded memory.
#[allow(missing_debug_implementations)]
pub(super) struct CsvRecords<R> {
    input: R,
    buffer: Vec<u8>,
    at: usize,
    ended: bool,
    line: u64,
    terminator: Option<u8>,
    syntax: CsvSyntax,
}

impl<R: Read> CsvRecords<R> {
    /// Reads `input`, which must be UTF-8 or compatible with ASCII.
    pub(super) fn new(input: R, syntax: CsvSyntax) -> Self {
        Self { input, buffer: Vec::new(), at: 0, ended: false, line: 1, terminator: None, syntax }
    }

    /// Sets the number of cells that the following records have.
    pub(super) fn set_width(&mut self, width: usize) {
        self.syntax.width = Some(width);
    }

    /// The next record; `None` at the end. An empty line is a record of one empty cell.
    ///
    /// # Errors
    /// The input cannot be read.
    pub(super) fn next_record(&mut self) -> io::Result<Option<CsvRecord>> {
        let Some((record, length)) = self.read()? else { return Ok(None) };
        self.advance(length);
        Ok(Some(record))
    }

    /// The record that begins on the next line, of which only that line is consumed: an unclosed quote before the
    /// header must not swallow the header.
    ///
    /// # Errors
    /// The input cannot be read.
    pub(super) fn record_at_line(&mut self) -> io::Result<Option<CsvRecord>> {
        let Some((record, _)) = self.read()? else { return Ok(None) };
        self.skip_line()?;
        Ok(Some(record))
    }

    /// Skips a physical line.
    ///
    /// # Errors
    /// The input cannot be read.
    pub(super) fn skip_line(&mut self) -> io::Result<()> {
        let Some(terminator) = self.begin()? else { return Ok(()) };
        let rest = &self.buffer[self.at..];
        self.advance(memchr(terminator, rest).map_or(rest.len(), |end| end + 1));
        Ok(())
    }

    /// What ends a line, with the next record in memory; none at the end.
    fn begin(&mut self) -> io::Result<Option<u8>> {
        self.look_ahead()?;
        let text = &self.buffer[self.at..];
        if text.is_empty() {
            return Ok(None);
        }
        let found = || if memchr(b'\n', text).is_none() { b'\r' } else { b'\n' };
        Ok(Some(*self.terminator.get_or_insert_with(found)))
    }

    /// The record that begins here, and its length in bytes.
    fn read(&mut self) -> io::Result<Option<(CsvRecord, usize)>> {
        let Some(terminator) = self.begin()? else { return Ok(None) };
        let text = &self.buffer[self.at..];
        let interpretation = RecordText { bytes: text, terminator, syntax: self.syntax }.read_record();
        let inside = &text[..interpretation.length];
        let inside = inside.strip_suffix(&[terminator]).unwrap_or(inside);
        let last_line = self.line + memchr::memchr_iter(terminator, inside).count() as u64;
        let had_nul = memchr(0, interpretation.cells.as_slice()).is_some();
        let cells = if had_nul { without_nul_bytes(&interpretation.cells) } else { interpretation.cells };
        let record =
            CsvRecord { line: self.line, last_line, cells, quote_error: interpretation.quote_error, had_nul };
        Ok(Some((record, interpretation.length)))
    }

    fn advance(&mut self, length: usize) {
        let passed = &self.buffer[self.at..self.at + length];
        let terminator = self.terminator.unwrap_or(b'\n');
        self.line += memchr::memchr_iter(terminator, passed).count() as u64;
        self.at += length;
    }

    /// Makes sure that a record and the one behind it are in memory.
    fn look_ahead(&mut self) -> io::Result<()> {
        if self.ended || self.buffer.len() - self.at >= LOOK_AHEAD_BYTES {
            return Ok(());
        }
        self.buffer.drain(..self.at);
        self.at = 0;
        let wanted = 3 * LOOK_AHEAD_BYTES - self.buffer.len();
        let got = self.input.by_ref().take(wanted as u64).read_to_end(&mut self.buffer)?;
        self.ended = got < wanted;
        Ok(())
    }
}

/// Whether a cell is a number as keys are.
fn is_key(cell: &[u8]) -> bool {
    !cell.is_empty() && cell.iter().all(u8::is_ascii_digit)
}

fn without_nul_bytes(cells: &ByteRecord) -> ByteRecord {
    cells.iter().map(|cell| cell.iter().copied().filter(|byte| *byte != 0).collect::<Vec<u8>>()).collect()
}

/// A record as it was read in one way.
struct Interpretation {
    cells: ByteRecord,
    /// Its bytes, line end included.
    length: usize,
    quote_error: Option<QuoteError>,
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
struct RecordText<'a> {
    bytes: &'a [u8],
    terminator: u8,
    syntax: CsvSyntax,
}

impl<'a> RecordText<'a> {
    fn read_record(self) -> Interpretation {
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

    fn split(self, line: &[u8]) -> ByteRecord {
        line.split(|byte| *byte == self.syntax.delimiter).collect()
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
        let (mut cells, mut cell, mut at) = (ByteRecord::new(), Vec::new(), 0);
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
            let escape_formula = cell.last() == Some(&b'\\') && quote > from;
            let closes = self.ends_cell(quote + 1);
            let doubled = self.bytes.get(quote + 1) == Some(&b'"');
            let backslash_quote_role = match (escape_formula, self.syntax.dialect) {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, dialect: CsvDialect, width: usize) -> Vec<(u64, Vec<String>, Option<QuoteError>)> {
        let syntax = CsvSyntax { delimiter: b',', dialect, width: Some(width) };
        let mut records = CsvRecords::new(text.as_bytes(), syntax);
        let mut all = Vec::new();
        while let Some(record) = records.next_record().expect("memory can be read") {
            let cells = record.cells.iter().map(|cell| String::from_utf8_lossy(cell).into_owned());
            all.push((record.line, cells.collect(), record.quote_error));
        }
        all
    }

    #[track_caller]
    fn assert_cells(text: &str, dialect: CsvDialect, expected: &[&[&str]]) {
        let read = read(text, dialect, expected[0].len());
        let cells: Vec<Vec<&str>> =
            read.iter().map(|(_, cells, _)| cells.iter().map(String::as_str).collect()).collect();
        assert_eq!(cells, expected, "{text:?}");
        assert!(read.iter().all(|(_, _, quote_error)| quote_error.is_none()), "{read:?}");
    }

    #[test]
    fn plain_and_quoted_cells_are_read() {
        for end in ["\n", "\r\n"] {
            let text = ["a,b,c", "\"1,2\",\"say \"\"hi\"\"\",", ",,\"x\ny\"", "\"\",5\" disk,z"].join(end);
            let rows: [&[&str]; 4] =
                [&["a", "b", "c"], &["1,2", "say \"hi\"", ""], &["", "", "x\ny"], &["", "5\" disk", "z"]];
            for dialect in [CsvDialect::Auto, CsvDialect::Rfc4180, CsvDialect::Php] {
                assert_cells(&text, dialect, &rows);
                assert_cells(&format!("{text}{end}"), dialect, &rows);
            }
        }
        assert_cells("a,b\rc,d\r", CsvDialect::Auto, &[&["a", "b"], &["c", "d"]]);
    }

    #[test]
    fn a_quote_behind_a_backslash_is_read_by_the_shape_of_the_record() {
        let auto = |text: &str, rows: &[&[&str]]| assert_cells(text, CsvDialect::Auto, rows);
        auto("1,\"say \\\"hi\\\"\",x\n2,b,c\n", &[&["1", "say \\\"hi\\\"", "x"], &["2", "b", "c"]]);
        auto("1,\"C:\\\",x\n2,b,c\n", &[&["1", "C:\\", "x"], &["2", "b", "c"]]);
        auto("1,\"C:\\\",\"D:\\\"\n2,\"b\",c\n", &[&["1", "C:\\", "D:\\"], &["2", "b", "c"]]);
        auto("1,x,\"C:\\\"\n2,b,c\n", &[&["1", "x", "C:\\"], &["2", "b", "c"]]);
        auto("1,x,\"a \\\"b\\\"\nc\"\n2,b,c\n", &[&["1", "x", "a \\\"b\\\"\nc"], &["2", "b", "c"]]);
    }

    #[test]
    fn a_dialect_that_was_given_is_believed() {
        assert_cells("1,\"C:\\\",x\n", CsvDialect::Rfc4180, &[&["1", "C:\\", "x"]]);
        assert_cells("1,\"a\\\"\"b\",x\n", CsvDialect::Rfc4180, &[&["1", "a\\\"b", "x"]]);
        assert_cells("1,\"a\\\"\"\"b\",x\n", CsvDialect::Php, &[&["1", "a\\\"\"b", "x"]]);
    }

    #[test]
    fn a_record_with_two_readings_is_marked_not_guessed() {
        let read = read("1,\"a\\\",\"b\"\n", CsvDialect::Auto, 3);
        assert_eq!(read[0].2, None, "only one interpretation has three cells: {read:?}");
        let read = self::read("1,\"a\\\"\"b\",x\n2,3,4\n", CsvDialect::Auto, 3);
        assert_eq!(read[0].2, None, "a quote before a letter closes nothing: {read:?}");
        let read = self::read("\"a\\\"\"\"\",x\n2,3\n", CsvDialect::Auto, 2);
        assert_eq!(read.last().map(|record| record.1.len()), Some(2), "{read:?}");
    }

    #[test]
    fn l4_an_open_quote_costs_its_own_line_and_no_other() {
        let text = "a,b,c\n1,\"x,y\n2,x,y\n3,\"x, z\",y\n4,x,y\n";
        let read = read(text, CsvDialect::Auto, 3);
        let flaws: Vec<(u64, bool)> =
            read.iter().map(|(line, _, quote_error)| (*line, quote_error.is_some())).collect();
        assert_eq!(flaws, [(1, false), (2, true), (3, false), (4, false), (5, false)]);
        assert_eq!(read[1].1, ["1", "\"x", "y"]);
        let at_the_end = self::read("a,b,c\n1,x,\"open\n2,x,y\n3,x,5\"\n", CsvDialect::Auto, 3);
        assert_eq!(at_the_end.len(), 4, "{at_the_end:?}");
    }

    #[test]
    fn l4_an_open_quote_that_a_later_row_closes_swallows_no_row() {
        for (text, rows) in [
            // The quote of a cell that begins with the delimiter closes the open one.
            ("1,\"y,x\n2,x,\",5 kg\"\n3,x,y\n", 3),
            ("1,\"y,x\n2,\"a, b\",z\n3,\"\",\"c\"\n", 3),
            ("1,x,\"y\n2,\"a, b\",\"\"\n3,\"a\",\"b\"\n4,x,y\n", 4),
        ] {
            let read = read(text, CsvDialect::Auto, 3);
            let lines: Vec<u64> = read.iter().map(|record| record.0).collect();
            assert_eq!(lines, (1..=rows).collect::<Vec<u64>>(), "{text:?}: {read:?}");
            let flaws: Vec<bool> = read.iter().map(|record| record.2.is_some()).collect();
            assert!(flaws[0] && !flaws[1..].contains(&true), "{text:?}: {read:?}");
        }
    }

    #[test]
    fn a_line_of_an_address_is_no_row_whatever_its_commas() {
        let text = "1,\"Jl. Melati 5, RT 1\nKudus, Jawa Tengah, 59311\nIndonesia\",y\n2,x,y\n";
        let read = read(text, CsvDialect::Auto, 3);
        assert_eq!(read.len(), 2, "{read:?}");
        assert!(read.iter().all(|record| record.2.is_none()), "{read:?}");
    }

    #[test]
    fn a_record_says_on_which_lines_it_stands() {
        let syntax = CsvSyntax { delimiter: b',', dialect: CsvDialect::Auto, width: Some(2) };
        let mut records = CsvRecords::new(&b"a,b\n1,\"x\n\ny\"\r\n2,\"z\nz\""[..], syntax);
        let mut lines = Vec::new();
        while let Some(record) = records.next_record().expect("memory can be read") {
            lines.push((record.line, record.last_line));
        }
        assert_eq!(lines, [(1, 1), (2, 4), (5, 6)]);
    }

    #[test]
    fn lines_are_counted_through_cells_with_line_breaks() {
        let read = read("a,b\n1,\"x\n\ny\"\n\n2,z\n", CsvDialect::Auto, 2);
        let lines: Vec<u64> = read.iter().map(|record| record.0).collect();
        assert_eq!(lines, [1, 2, 5, 6]);
    }

    #[test]
    fn zero_bytes_are_left_out_and_said() {
        let mut records = CsvRecords::new(
            &b"a\0b,c\n"[..],
            CsvSyntax { delimiter: b',', dialect: CsvDialect::Auto, width: Some(2) },
        );
        let record = records.next_record().expect("memory can be read").expect("a record");
        assert!(record.had_nul);
        assert_eq!(record.cells, vec!["ab", "c"]);
    }

    #[test]
    fn a_file_larger_than_the_memory_comes_out_whole() {
        let row = format!("{},\"{}\"\n", "x".repeat(500), "y\n".repeat(250));
        let rows = 3 * LOOK_AHEAD_BYTES / row.len() * 3;
        let text = row.repeat(rows);
        assert_eq!(read(&text, CsvDialect::Auto, 2).len(), rows);
    }

    /// As PHP's fputcsv writes a cell.
    fn php(cell: &str) -> String {
        let mut out = String::from("\"");
        let mut escape_formula = false;
        for letter in cell.chars() {
            if letter == '\\' {
                escape_formula = true;
            } else if !escape_formula && letter == '"' {
                out.push('"');
            } else {
                escape_formula = false;
            }
            out.push(letter);
        }
        out + "\""
    }

    fn rfc(cell: &str) -> String {
        format!("\"{}\"", cell.replace('"', "\"\""))
    }

    fn rows() -> impl Strategy<Value = Vec<Vec<String>>> {
        prop::collection::vec(prop::collection::vec("[a,\"\\\\\n ]{0,6}", 4), 1..5)
    }

    proptest! {
        #[test]
        fn what_rfc_4180_writes_is_read_back(rows in rows()) {
            let lines: Vec<String> =
                rows.iter().map(|row| row.iter().map(|cell| rfc(cell)).collect::<Vec<_>>().join(",")).collect();
            let read = read(&lines.join("\n"), CsvDialect::Rfc4180, 4);
            prop_assume!(read.iter().all(|record| record.2.is_none()));
            prop_assert_eq!(read.into_iter().map(|record| record.1).collect::<Vec<_>>(), rows);
        }

        #[test]
        fn what_php_writes_is_read_back_or_marked(rows in rows()) {
            let line = |row: &Vec<String>| row.iter().map(|cell| php(cell)).collect::<Vec<_>>().join(",");
            let lines: Vec<String> = rows.iter().map(line).collect();
            for dialect in [CsvDialect::Php, CsvDialect::Auto] {
                let read = read(&lines.join("\n"), dialect, 4);
                prop_assume!(read.len() == rows.len() && read.iter().all(|record| record.2.is_none()));
                prop_assert_eq!(read.into_iter().map(|record| record.1).collect::<Vec<_>>(), rows.clone());
            }
        }

        #[test]
        fn any_bytes_are_read_to_their_end(bytes in prop::collection::vec(any::<u8>(), 0..400), width in 1_usize..6) {
            let syntax = CsvSyntax { delimiter: b',', dialect: CsvDialect::Auto, width: Some(width) };
            let mut records = CsvRecords::new(bytes.as_slice(), syntax);
            let mut count = 0;
            while records.next_record().expect("memory can be read").is_some() {
                count += 1;
            }
            prop_assert!(count <= bytes.len());
        }
    }
}
