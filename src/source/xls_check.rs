//! Limits of XLS files, checked before one is opened: a reader allocates all cells between the first and the
//! last used one, and as much memory as a sheet's header asks for.

use crate::language::tr;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// The file is held in memory.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;
const MAX_SHEETS: usize = 255;
/// Cells in the used ranges of all sheets; they are held in memory.
const MAX_CELLS: u64 = 5_000_000;
/// The format's own limits.
const MAX_ROWS: u32 = 65_536;
const MAX_COLUMNS: u32 = 256;

/// The types of records that matter here (MS-XLS, 2.3.2).
mod kind {
    pub(super) const BEGIN: u16 = 0x0809;
    pub(super) const END: u16 = 0x000a;
    pub(super) const SHEET: u16 = 0x0085;
    pub(super) const DIMENSIONS: u16 = 0x0200;
    pub(super) const SEVERAL_NUMBERS: u16 = 0x00bd;
    /// Formula, number, label, error, compact number, shared string, rich string.
    pub(super) const CELLS: [u16; 7] = [0x0006, 0x0203, 0x0204, 0x0205, 0x027e, 0x00fd, 0x00d6];
}

/// Checks the sheets of an XLS file against the limits.
///
/// # Errors
/// The file is damaged or exceeds a limit.
pub(super) fn check(path: &Path) -> anyhow::Result<()> {
    let size = std::fs::metadata(path)?.len();
    anyhow::ensure!(size <= MAX_FILE_BYTES, "the workbook is larger than {} MB", MAX_FILE_BYTES >> 20);
    let mut packed = cfb::CompoundFile::open(File::open(path)?)?;
    let name = ["Workbook", "Book"].into_iter().find(|name| packed.is_stream(name));
    let Some(name) = name else { anyhow::bail!(tr!("it holds no workbook, or is locked with a password")) };
    let mut book = Vec::new();
    packed.open_stream(name)?.take(MAX_FILE_BYTES).read_to_end(&mut book)?;
    let sheets: Vec<usize> =
        XlsRecords(&book).filter(|(kind, _)| *kind == kind::SHEET).filter_map(sheet_offset).collect();
    anyhow::ensure!(sheets.len() <= MAX_SHEETS, tr!("the workbook has more than {MAX_SHEETS} sheets"));
    let mut cells = 0;
    for start in sheets {
        cells += used_cells(book.get(start..).unwrap_or_default())?;
        anyhow::ensure!(
            cells <= MAX_CELLS,
            tr!("its sheets have more than {MAX_CELLS} cells; save it as XLSX or CSV")
        );
    }
    Ok(())
}

fn sheet_offset((_, data): (u16, &[u8])) -> Option<usize> {
    let bytes: [u8; 4] = data.get(..4)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(bytes)).ok()
}

/// The number of cells in a sheet's used range.
fn used_cells(sheet: &[u8]) -> anyhow::Result<u64> {
    let mut used_range: Option<UsedRange> = None;
    let mut depth = 0_u32;
    for (kind, data) in XlsRecords(sheet) {
        match kind {
            kind::BEGIN => depth += 1,
            kind::END if depth <= 1 => break,
            kind::END => depth -= 1,
            _ if depth > 1 => {}
            kind::DIMENSIONS => check_dimensions(data)?,
            _ => {
                let cells = UsedRange::of(kind, data);
                used_range = used_range.map_or(cells, |used_range| Some(used_range.with(cells)));
            }
        }
    }
    Ok(used_range.map_or(0, UsedRange::cells))
}

/// The first and the last row and column with a value.
#[derive(Clone, Copy)]
struct UsedRange {
    rows: (u16, u16),
    columns: (u16, u16),
}

impl UsedRange {
    /// The range of a record of cells; `None` for any other record.
    fn of(kind: u16, data: &[u8]) -> Option<Self> {
        let several = kind == kind::SEVERAL_NUMBERS;
        if !several && !kind::CELLS.contains(&kind) {
            return None;
        }
        let (row, first) = (u16_at(data, 0)?, u16_at(data, 2)?);
        let last = if several { u16_at(data, data.len().saturating_sub(2))? } else { first };
        Some(Self { rows: (row, row), columns: (first.min(last), first.max(last)) })
    }

    fn with(self, other: Option<Self>) -> Self {
        let Some(other) = other else { return self };
        let both = |a: (u16, u16), b: (u16, u16)| (a.0.min(b.0), a.1.max(b.1));
        Self { rows: both(self.rows, other.rows), columns: both(self.columns, other.columns) }
    }

    fn cells(self) -> u64 {
        let span = |(first, last): (u16, u16)| u64::from(last - first) + 1;
        span(self.rows) * span(self.columns)
    }
}

/// A reader allocates the size that a sheet claims to have.
fn check_dimensions(data: &[u8]) -> anyhow::Result<()> {
    let wide = |at: usize| Some(u32::from_le_bytes(data.get(at..at + 4)?.try_into().ok()?));
    let narrow = |at: usize| u16_at(data, at).map(u32::from);
    let claimed = match data.len() {
        10 => [narrow(0), narrow(2), narrow(4), narrow(6)],
        _ => [wide(0), wide(4), narrow(8), narrow(10)],
    };
    let [Some(top), Some(bottom), Some(left), Some(right)] = claimed else {
        anyhow::bail!(tr!("the size of a sheet is cut off"))
    };
    let fits = |from: u32, to: u32, most: u32| from <= to && to <= most;
    anyhow::ensure!(
        fits(top, bottom, MAX_ROWS) && fits(left, right, MAX_COLUMNS),
        tr!("the size of a sheet is none")
    );
    Ok(())
}

fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(data.get(at..at + 2)?.try_into().ok()?))
}

/// The records of a stream: a kind, a length, so many bytes.
struct XlsRecords<'a>(&'a [u8]);

impl<'a> Iterator for XlsRecords<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (kind, length) = (u16_at(self.0, 0)?, usize::from(u16_at(self.0, 2)?));
        let data = self.0.get(4..4 + length)?;
        self.0 = &self.0[4 + length..];
        Some((kind, data))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        [&kind.to_le_bytes()[..], &(data.len() as u16).to_le_bytes(), data].concat()
    }

    fn cell(row: u16, column: u16) -> Vec<u8> {
        record(0x0203, &[&row.to_le_bytes()[..], &column.to_le_bytes(), &[0; 10]].concat())
    }

    #[test]
    fn cells_at_the_corners_count_for_all_between_them() {
        let sheet =
            [record(kind::BEGIN, &[0; 8]), cell(0, 0), cell(65_535, 255), record(kind::END, &[])].concat();
        assert_eq!(used_cells(&sheet).expect("a sheet"), 65_536 * 256);
        let sheet =
            [record(kind::BEGIN, &[0; 8]), cell(9, 3), cell(10, 3), record(kind::END, &[]), cell(0, 0)];
        assert_eq!(
            used_cells(&sheet.concat()).expect("a sheet"),
            2,
            "what stands behind a sheet is none of it"
        );
        assert_eq!(used_cells(&[]).expect("a sheet"), 0);
    }

    #[test]
    fn a_sheet_that_claims_more_than_there_can_be_is_refused() {
        let claim = |bottom: u32, right: u16| {
            let data =
                [&0_u32.to_le_bytes()[..], &bottom.to_le_bytes(), &[0, 0], &right.to_le_bytes(), &[0, 0]];
            used_cells(&record(kind::DIMENSIONS, &data.concat()))
        };
        assert!(claim(65_536, 256).is_ok());
        assert!(claim(u32::MAX, 256).is_err() && claim(1, 257).is_err());
        assert!(used_cells(&record(kind::DIMENSIONS, &[0; 3])).is_err());
    }
}
