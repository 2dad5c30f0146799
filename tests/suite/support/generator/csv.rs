//! Writes CSV files, by its own few lines: the tool's own writer would share its faults with its reader.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// A CSV file after RFC 4180, but with LF.
pub(super) struct Csv {
    pub(super) out: BufWriter<File>,
    pub(super) line: String,
    /// Data records written.
    pub(super) records: u64,
}

impl Csv {
    pub(super) fn create(dir: &Path, name: &str, columns: &[&str]) -> io::Result<Csv> {
        let file = File::create(dir.join(name))?;
        let mut out = BufWriter::with_capacity(1 << 17, file);
        writeln!(out, "{}", columns.join(","))?;
        Ok(Csv { out, line: String::new(), records: 0 })
    }

    pub(super) fn record(&mut self, cells: &[String]) -> io::Result<()> {
        self.line.clear();
        for (position, cell) in cells.iter().enumerate() {
            if position > 0 {
                self.line.push(',');
            }
            if cell.bytes().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r')) {
                self.line.push('"');
                for (part, text) in cell.split('"').enumerate() {
                    if part > 0 {
                        self.line.push_str("\"\"");
                    }
                    self.line.push_str(text);
                }
                self.line.push('"');
            } else {
                self.line.push_str(cell);
            }
        }
        self.line.push('\n');
        self.records += 1;
        self.out.write_all(self.line.as_bytes())
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}
