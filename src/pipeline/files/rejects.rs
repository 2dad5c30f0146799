//! The rows that were not written, in the source's own columns plus code and reason: to be corrected
//! and imported again. What is written here is read back as the very same cells.

use std::fs;
use std::path::PathBuf;

use rust_xlsxwriter::{Workbook, XlsxError};

use crate::domain::date::{DAYS_TO_1904, shift_serial};
use crate::domain::finding::Code;
use crate::pipeline::files::outputs::{OutputFile, Reasons, RunFolder, unwritable};
use crate::source::formula_escape::{CODE_COLUMN, REASON_COLUMN, SURPLUS_COLUMN, escape_formula};
use crate::source::{Export, FileContainer, RowCells};

/// Writes the rows of a kind that have a reason: a file for each header that they stood under, so that
/// no column is lost.
///
/// # Errors
/// A source cannot be read again, or a file cannot be written.
pub(crate) fn write_rejects(
    folder: &RunFolder,
    kind: &str,
    exports: &[&Export],
    reasons: &Reasons,
) -> anyhow::Result<Vec<PathBuf>> {
    let has_reasons = |export: &&&Export| reasons.keys().any(|(file, _)| *file == export.file);
    let mut groups: Vec<Vec<&Export>> = Vec::new();
    for export in exports.iter().filter(has_reasons) {
        let alike = |group: &&mut Vec<&Export>| group[0].layout.columns == export.layout.columns;
        match groups.iter_mut().find(alike) {
            Some(group) => group.push(export),
            None => groups.push(vec![export]),
        }
    }
    let mut files = Vec::new();
    for (at, group) in groups.iter().enumerate() {
        let name = match at {
            0 => format!("rejected-{kind}"),
            _ => format!("rejected-{kind}-{}", at + 1),
        };
        files.extend(write_group(folder, &name, group, reasons)?);
    }
    Ok(files)
}

/// Writes the rows of files with one header.
fn write_group(
    folder: &RunFolder,
    name: &str,
    exports: &[&Export],
    reasons: &Reasons,
) -> anyhow::Result<Vec<PathBuf>> {
    let has_sheet = exports.iter().any(|export| matches!(export.container, FileContainer::Sheet(_)));
    let csv = folder.csv(&format!("{name}.csv"))?;
    let sheet = has_sheet.then(Workbook::new);
    let mut output = RejectsFile { csv, sheet, rows: 0, surplus: has_surplus(exports, reasons) };
    let columns = exports.first().map_or(&[][..], |export| &export.layout.columns);
    let own = columns.iter().map(String::as_str);
    let added = [CODE_COLUMN, REASON_COLUMN, SURPLUS_COLUMN];
    let added = &added[..if output.surplus { 3 } else { 2 }];
    output.line(&own.chain(added.iter().copied()).collect::<Vec<_>>())?;
    for export in exports {
        copy_rejected(export, reasons, &mut output)?;
    }
    output.finish(folder, name)
}

/// Whether a row can have more cells than its header: one that could not be told from it.
fn has_surplus(exports: &[&Export], reasons: &Reasons) -> bool {
    const BROKEN: [Code; 4] =
        [Code::WrongCellCount, Code::QuoteUnclosed, Code::QuoteAmbiguous, Code::NotUtf8];
    let is_broken = |code: &str| BROKEN.iter().any(|broken| broken.info().code == code);
    let here = |file: &str| exports.iter().any(|export| export.file == file);
    reasons.iter().any(|((file, _), (code, _))| is_broken(code) && here(file))
}

/// The rows to correct: as CSV, and as a workbook where the source has one.
struct RejectsFile {
    csv: OutputFile,
    sheet: Option<Workbook>,
    rows: u32,
    /// Whether there is a column for cells beyond the header.
    surplus: bool,
}

impl RejectsFile {
    fn line(&mut self, cells: &[&str]) -> anyhow::Result<()> {
        self.csv.line(cells.iter().copied())?;
        if let Some(book) = &mut self.sheet {
            match write_row(book, self.rows, cells) {
                Ok(()) => {}
                // More than a sheet holds: the CSV file has all of it.
                Err(XlsxError::MaxStringLengthExceeded | XlsxError::RowColumnLimitError) => self.sheet = None,
                Err(error) => return Err(error.into()),
            }
        }
        self.rows += 1;
        Ok(())
    }

    fn finish(self, folder: &RunFolder, name: &str) -> anyhow::Result<Vec<PathBuf>> {
        let mut files = vec![self.csv.finish()?];
        if let Some(mut book) = self.sheet {
            let (whole, part, file) = folder.part(&format!("{name}.xlsx"))?;
            let saved = book.save_to_writer(file).map_err(|error| unwritable(&whole, &error));
            let placed =
                saved.and_then(|()| fs::rename(&part, &whole).map_err(|error| unwritable(&whole, &error)));
            if placed.is_err() {
                let _ = fs::remove_file(&part);
            }
            placed?;
            files.push(whole);
        }
        Ok(files)
    }
}

fn write_row(book: &mut Workbook, row: u32, cells: &[&str]) -> Result<(), XlsxError> {
    if row == 0 {
        book.add_worksheet();
    }
    let sheet = book.worksheet_from_index(0)?;
    for (column, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
        sheet.write_string(row, column, escape_formula(cell))?;
    }
    Ok(())
}

fn copy_rejected(export: &Export, reasons: &Reasons, output: &mut RejectsFile) -> anyhow::Result<()> {
    let mut failed = None;
    let width = export.layout.columns.len();
    crate::source::read(export, 1_024, |rows| {
        let written = rows.iter().try_for_each(|row| {
            let Some((code, reason)) = reasons.get(&(export.file.clone(), row.number)) else {
                return Ok(());
            };
            let mut cells = row_cells(&row.cells);
            let more = cells.split_off(cells.len().min(width));
            cells.resize(width, String::new());
            count_from_1900(export, &mut cells);
            let surplus = if more.is_empty() { String::new() } else { serde_json::to_string(&more)? };
            let own = cells.iter().map(String::as_str);
            let surplus = output.surplus.then_some(surplus.as_str());
            output.line(&own.chain([code.as_str(), reason.as_str()]).chain(surplus).collect::<Vec<_>>())
        });
        failed = written.err();
        failed.is_none()
    })?;
    failed.map_or(Ok(()), Err)
}

/// Days that are counted from 1904 in their workbook are counted from 1900 in what is written here.
fn count_from_1900(export: &Export, cells: &mut [String]) {
    if !matches!(&export.container, FileContainer::Sheet(sheet) if sheet.epoch_1904) {
        return;
    }
    let dates =
        export.form().fields.iter().zip(&export.layout.positions).filter(|(field, _)| field.is_date());
    for at in dates.filter_map(|(_, at)| *at) {
        if let Some(cell) = cells.get_mut(at)
            && let Some(shifted) = shift_serial(cell, DAYS_TO_1904)
        {
            *cell = shifted;
        }
    }
}

/// The cells of a row whatever is the matter with it. Bytes that are no UTF-8 are shown as the letters
/// that they are in Windows-1252: nearly always those that were meant, and never fewer.
fn row_cells(cells: &RowCells) -> Vec<String> {
    let text = |cell: &[u8]| match std::str::from_utf8(cell) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(cell).0.into_owned(),
    };
    match cells {
        RowCells::Whole(record) => record.iter().map(str::to_owned).collect(),
        RowCells::Broken(_, record) => record.iter().map(text).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::file_options::FileOptions;

    const HEADER: [&str; 8] =
        ["order_id", "order_date", "product_id", "buyer_email", "amount", "payment_status", "notes", "more"];

    /// The rows of a file.
    fn read(path: &std::path::Path) -> Vec<Vec<String>> {
        let export = crate::source::open(path, &FileOptions::default()).expect("an export").remove(0);
        let mut all = Vec::new();
        crate::source::read(&export, 10, |rows| {
            all.extend(rows.iter().map(|row| row_cells(&row.cells)));
            true
        })
        .expect("the file is read");
        all
    }

    /// Writes rows to correct, and reads them back from both of the files.
    fn assert_comes_back(rows: &[Vec<String>]) {
        let base = tempfile::tempdir().expect("a folder");
        let folder = RunFolder::create(base.path(), "run").expect("a folder");
        let csv = folder.csv("rejected.csv").expect("a file");
        let mut output = RejectsFile { csv, sheet: Some(Workbook::new()), rows: 0, surplus: true };
        let header = HEADER.iter().copied().chain([CODE_COLUMN, REASON_COLUMN, SURPLUS_COLUMN]);
        output.line(&header.collect::<Vec<_>>()).expect("the header is written");
        for row in rows {
            let cells = row.iter().map(String::as_str).chain(["SJM-0202", "a reason", ""]);
            output.line(&cells.collect::<Vec<_>>()).expect("a row is written");
        }
        for file in output.finish(&folder, "rejected").expect("the files are written") {
            assert_eq!(read(&file), rows, "{}", file.display());
        }
    }

    /// A row that is neither empty nor taken for totals, around any cells.
    fn row(cells: Vec<String>) -> Vec<String> {
        ["1", "2024-01-02", "7", "a@example.org", "x", "PENDING"]
            .map(str::to_owned)
            .into_iter()
            .chain(cells)
            .collect()
    }

    #[test]
    fn what_spreadsheets_and_csv_readers_change_comes_back_the_same() {
        for cell in [
            "=cmd|' /C calc'!A0",
            "+62",
            "-",
            "@x",
            "\tx",
            "\rx",
            "'",
            "''=",
            "C:\\",
            "say \\\"hi\\\"",
            "\\\"",
            "a\\\",b",
            "_x0041_",
            "_x000D_",
            " x ",
            "a\r\nb",
            "a\rb",
            "\n",
            "x\u{b}y",
            "\u{1f}",
            "\u{fffe}",
            "\u{fffd}",
            "é",
            "😀",
            "007",
            "1e5",
            "2024-12-31",
            "TRUE",
            "#REF!",
            "\u{feff}x",
            "\u{85}",
        ] {
            assert_comes_back(&[row(vec![cell.to_owned(), cell.to_owned()])]);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn any_cell_that_is_written_is_read_back_the_same(
            cells in prop::collection::vec(prop::collection::vec("(\\PC|[\\t\\r\\n=+@'\"\\\\,;_x0-]){0,12}", 2), 1..6),
        ) {
            let rows: Vec<Vec<String>> = cells.into_iter().map(row).collect();
            assert_comes_back(&rows);
        }
    }
}
