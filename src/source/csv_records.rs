//! Reads the records of delimited text one after the other, in bounded memory, with the lines on which they stand. What
//! the quotes of a record mean is decided in [`record_quotes`](crate::source::record_quotes).

use std::io::{self, Read};

use csv::ByteRecord;
use memchr::memchr;

use crate::source::record_quotes::{CsvSyntax, MAX_RECORD_BYTES, QuoteError, RecordText};

/// Bytes in memory: a record and the next one.
const LOOK_AHEAD_BYTES: usize = 2 * MAX_RECORD_BYTES;

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

fn without_nul_bytes(cells: &ByteRecord) -> ByteRecord {
    cells.iter().map(|cell| cell.iter().copied().filter(|byte| *byte != 0).collect::<Vec<u8>>()).collect()
}
#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::file_options::CsvDialect;

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
        let mut is_escaped = false;
        for letter in cell.chars() {
            if letter == '\\' {
                is_escaped = true;
            } else if !is_escaped && letter == '"' {
                out.push('"');
            } else {
                is_escaped = false;
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
