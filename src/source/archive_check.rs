//! Limits of workbooks, checked before one is opened: a few kilobytes can unpack to more than a machine's
//! memory, and one repeated cell of an ODS file can stand for millions.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::ZipArchive;

use crate::language::tr;
use crate::source::xls_check;

const MAX_PARTS: usize = 10_000;
/// A sheet is streamed, so it may be large.
const MAX_SHEET_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Any other part is held in memory.
const MAX_PART_BYTES: u64 = 256 * 1024 * 1024;
/// The cells of an ODS file are held in memory.
const MAX_ODS_CELLS: u64 = 5_000_000;
const CHUNK_BYTES: usize = 64 * 1024;
/// The limit for a tag and the text behind it.
const MAX_TAG_BYTES: usize = 1024 * 1024;

/// Unpacks every part of a workbook once without keeping it, and returns the number of hidden rows.
///
/// # Errors
/// The workbook cannot be unpacked or exceeds a limit.
pub(super) fn check(path: &Path) -> anyhow::Result<u64> {
    let mut file = BufReader::new(File::open(path)?);
    let mut magic = [0; 4];
    let length = file.read(&mut magic)?;
    if !magic[..length].starts_with(b"PK") {
        return xls_check::check(path).map(|()| 0);
    }
    let mut archive = ZipArchive::new(File::open(path)?)?;
    anyhow::ensure!(archive.len() <= MAX_PARTS, tr!("the workbook has more than {MAX_PARTS} parts"));
    let mut hidden = 0;
    for at in 0..archive.len() {
        let part = archive.by_index(at)?;
        let name = part.name()?.into_owned();
        hidden += match name.as_str() {
            "content.xml" => hidden_in_ods(part, &name)?,
            _ if name.starts_with("xl/worksheets/") => hidden_in_sheet(part, &name)?,
            _ => each_tag(part, &name, MAX_PART_BYTES, |_| Ok(())).map(|()| 0)?,
        };
    }
    Ok(hidden)
}

/// Whether an archive has a part of this name.
pub(super) fn has_part(path: &Path, name: &str) -> bool {
    let archive = File::open(path).ok().and_then(|file| ZipArchive::new(file).ok());
    archive.is_some_and(|archive| archive.index_for_name(name).is_some())
}

/// The hidden rows of an XLSX sheet, as whichever program writes it.
fn hidden_in_sheet(part: impl Read, name: &str) -> anyhow::Result<u64> {
    let mut hidden = 0;
    each_tag(part, name, MAX_SHEET_BYTES, |tag| {
        hidden +=
            u64::from(tag.starts_with(b"row ") && matches!(attribute(tag, "hidden"), Some("1" | "true")));
        Ok(())
    })?;
    Ok(hidden)
}

/// The hidden rows of an ODS file's sheets, with their cells counted as they will be in memory.
fn hidden_in_ods(part: impl Read, name: &str) -> anyhow::Result<u64> {
    let mut counter = OdsCellCounter::default();
    each_tag(part, name, MAX_PART_BYTES, |tag| {
        counter.take(tag);
        anyhow::ensure!(
            counter.cells <= MAX_ODS_CELLS,
            tr!("a sheet has more than {MAX_ODS_CELLS} cells; save it as XLSX or CSV if it is an export")
        );
        Ok(())
    })?;
    Ok(counter.hidden)
}

/// The value of an attribute, quoted either way.
fn attribute<'a>(tag: &'a [u8], name: &str) -> Option<&'a str> {
    let tag = &tag[..memchr::memchr(b'>', tag).unwrap_or(tag.len())];
    let at = memchr::memmem::find(tag, [" ", name, "="].concat().as_bytes())?;
    let value = &tag[at + name.len() + 2..];
    let quote = *value.first()?;
    let end = memchr::memchr(quote, &value[1..])?;
    std::str::from_utf8(&value[1..=end]).ok()
}

/// Counts the cells and hidden rows of an ODS file, with repetitions. Empty cells at the end of a row or sheet do
/// not count, because they are not kept in memory.
#[derive(Default)]
struct OdsCellCounter {
    /// Cells up to the last one that has_part something.
    cells: u64,
    hidden: u64,
    /// Of the row that is being read: repetitions, cells so far, and those up to the last full one.
    repeats: u64,
    seen: u64,
    full: u64,
    /// Empty rows since the last full one, and the widest row.
    empty: u64,
    widest: u64,
}

impl OdsCellCounter {
    fn take(&mut self, tag: &[u8]) {
        let repeats = |name| attribute(tag, name).map_or(1, |text| text.parse().unwrap_or(u64::MAX));
        if tag.starts_with(b"table:table ") || tag.starts_with(b"/table:table>") {
            (self.empty, self.widest) = (0, 0);
        } else if tag.starts_with(b"table:table-row") {
            self.repeats = repeats("table:number-rows-repeated");
            (self.seen, self.full) = (0, 0);
            let shown = attribute(tag, "table:visibility");
            self.hidden += u64::from(shown.is_some_and(|shown| shown != "visible"));
        } else if tag.starts_with(b"table:table-cell") || tag.starts_with(b"table:covered-table-cell") {
            self.seen = self.seen.saturating_add(repeats("table:number-columns-repeated"));
            let has = |name| attribute(tag, name).is_some();
            if has("office:value-type") || has("table:formula") {
                self.full = self.seen;
            }
        } else if tag.starts_with(b"/table:table-row") {
            self.close_row();
        }
    }

    fn close_row(&mut self) {
        if self.full == 0 {
            self.empty = self.empty.saturating_add(self.repeats);
            return;
        }
        self.widest = self.widest.max(self.full);
        let rows = self.repeats.saturating_add(std::mem::take(&mut self.empty));
        self.cells = self.cells.saturating_add(rows.saturating_mul(self.widest));
    }
}

/// Unpacks a part and calls `take` with every tag, without its `<` and with the text behind it.
fn each_tag(
    part: impl Read,
    name: &str,
    limit: u64,
    mut take: impl FnMut(&[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut part = part.take(limit + 1);
    let mut window: Vec<u8> = Vec::new();
    let (mut bytes, mut chunk) = (0, vec![0; CHUNK_BYTES]);
    loop {
        let length = part.read(&mut chunk)?;
        bytes += length as u64;
        anyhow::ensure!(bytes <= limit, "{name} unpacks to more than {} MB; this is no export", limit >> 20);
        window.extend_from_slice(&chunk[..length]);
        // A tag can be cut by a chunk's end: what follows the last `<` waits for the rest.
        let whole = match length {
            0 => window.len(),
            _ => memchr::memrchr(b'<', &window).unwrap_or(0),
        };
        window[..whole].split(|byte| *byte == b'<').skip(1).try_for_each(&mut take)?;
        window.drain(..whole);
        if length == 0 {
            return Ok(());
        }
        if window.len() > MAX_TAG_BYTES {
            anyhow::ensure!(name != "content.xml", "a cell holds more than {} MB", MAX_TAG_BYTES >> 20);
            window.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counter(xml: &str) -> OdsCellCounter {
        let mut counter = OdsCellCounter::default();
        each_tag(xml.as_bytes(), "content.xml", 1 << 20, |tag| {
            counter.take(tag);
            Ok(())
        })
        .expect("the tags are read");
        counter
    }

    #[test]
    fn repeated_cells_and_rows_count_as_many() {
        let cell = "<table:table-cell office:value-type=\"string\" table:number-columns-repeated='3'/>";
        let row = |more: &str, cells: &str| format!("<table:table-row{more}>{cells}</table:table-row>");
        let repeated = row(" table:number-rows-repeated=\"1000000\"", cell);
        assert_eq!(counter(&repeated).cells, 3_000_000);
        let empty = "<table:table-cell table:number-columns-repeated=\"16384\"/>";
        let tail = row(" table:number-rows-repeated=\"1048000\"", empty);
        assert_eq!(
            counter(&[row("", cell), tail.clone()].concat()).cells,
            3,
            "what is empty at the end is not there"
        );
        assert_eq!(counter(&[row("", cell), tail, row("", cell)].concat()).cells, 3 + 1_048_001 * 3);
        let hidden = row(" table:visibility=\"collapse\"", cell);
        assert_eq!(counter(&[hidden, row("", cell)].concat()).hidden, 1);
    }

    #[test]
    fn hidden_rows_are_counted_as_every_program_writes_them() {
        let sheet = "<row r=\"1\" hidden=\"1\"><c/></row><row hidden=\"true\" r=\"2\"/><row hidden=\"false\" r=\"3\"/>";
        assert_eq!(hidden_in_sheet(sheet.as_bytes(), "xl/worksheets/sheet1.xml").expect("a sheet"), 2);
    }
}
