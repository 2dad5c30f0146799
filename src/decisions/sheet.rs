//! A file of cases with a column in which people decide: CSV, or XLSX with a drop-down list. What is read back are texts by
//! the names of their columns; everything else in the file is there to be read by people.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use calamine::{Data, Reader as _, open_workbook_auto};
use rust_xlsxwriter::{DataValidation, DataValidationErrorStyle, Format, Workbook};

use crate::domain::export_fields::normalized_name;
use crate::domain::money::Money;
use crate::failure::Failure;
use crate::language::tr;
use crate::source::formula_escape::{escape_formula, unescape_formula};

/// Excel takes a list of this many characters at most.
const LONGEST_LIST: usize = 255;

/// A cell that is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SheetCell {
    /// A text.
    Text(String),
    /// A count.
    Count(i64),
    /// An amount.
    Amount(Money),
}

/// A row that is written.
#[derive(Clone, Debug)]
pub(crate) struct SheetRow {
    /// The cells, one a column.
    pub(crate) cells: Vec<SheetCell>,
    /// What the drop-down list of the deciding column offers; anything else may be typed as well.
    pub(crate) choices: Vec<String>,
}

/// A sheet that is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SheetForm {
    /// Its name.
    pub(crate) title: &'static str,
    /// The names of its columns, with their widths in characters.
    pub(crate) columns: &'static [(&'static str, f64)],
    /// The column in which people decide.
    pub(crate) deciding: &'static str,
}

/// Writes a sheet, whole or not at all, for nobody else to read (0600).
///
/// # Errors
/// Exit code 2: neither `.csv` nor `.xlsx`; 5: the file is there already and is not to be replaced, or cannot be written.
pub(crate) fn write(path: &Path, form: SheetForm, rows: &[SheetRow], replaces: bool) -> anyhow::Result<()> {
    if path.exists() && !replaces {
        return Err(Failure::refused(tr!(
            "{} is there already and may hold decisions: name another file, or give --replace",
            path.display()
        )));
    }
    let bytes = match FileKind::of(path)? {
        FileKind::Csv => csv_bytes(form, rows)?,
        FileKind::Xlsx => xlsx_bytes(form, rows)?,
    };
    let part = PathBuf::from(format!("{}.part", path.display()));
    let unwritable = |error: std::io::Error| Failure::refused(format!("{}: {error}", path.display()));
    let written = write_private(&part, &bytes).and_then(|()| std::fs::rename(&part, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    written.map_err(unwritable)
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A row that was read back.
#[derive(Clone, Debug)]
pub(crate) struct ReadRow {
    /// Its line in the file; the header is line 1.
    pub(crate) line: usize,
    cells: HashMap<String, String>,
}

impl ReadRow {
    /// The cell of a column, without spaces around it; empty where there is none.
    pub(crate) fn cell(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }
}

/// Reads a sheet back.
///
/// # Errors
/// Exit code 6: the file cannot be read, or lacks one of the columns that must be there.
pub(crate) fn read(path: &Path, required: &[&str]) -> anyhow::Result<Vec<ReadRow>> {
    let shown = path.display();
    let lines = match FileKind::of(path)? {
        FileKind::Csv => csv_lines(path),
        FileKind::Xlsx => xlsx_lines(path),
    };
    let lines = lines.map_err(|error| Failure::input(format!("{shown}: {error:#}")))?;
    let mut lines = lines.into_iter().enumerate();
    let header = lines.next().map(|(_, cells)| cells).unwrap_or_default();
    let names: Vec<String> = header.iter().map(|name| normalized_name(name)).collect();
    if let Some(missing) = required.iter().find(|column| !names.iter().any(|name| name == *column)) {
        return Err(Failure::input(tr!("{shown}: no column {missing}; is this the file that was exported?")));
    }
    let row = |(at, cells): (usize, Vec<String>)| {
        let cells = cells.iter().map(|cell| unescape_formula(cell.trim()).to_owned());
        ReadRow { line: at + 1, cells: names.iter().cloned().zip(cells).collect() }
    };
    Ok(lines.map(row).filter(|row| row.cells.values().any(|cell| !cell.is_empty())).collect())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FileKind {
    Csv,
    Xlsx,
}

impl FileKind {
    fn of(path: &Path) -> anyhow::Result<Self> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        match extension.to_lowercase().as_str() {
            "csv" => Ok(Self::Csv),
            "xlsx" => Ok(Self::Xlsx),
            _ => Err(Failure::usage(tr!("{}: a file of decisions ends in .csv or .xlsx", path.display()))),
        }
    }
}

fn csv_bytes(form: SheetForm, rows: &[SheetRow]) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(form.columns.iter().map(|(name, _)| *name))?;
    for row in rows {
        let text = |cell: &SheetCell| match cell {
            SheetCell::Text(text) => escape_formula(text).into_owned(),
            SheetCell::Count(count) => count.to_string(),
            SheetCell::Amount(amount) => amount.plain(),
        };
        writer.write_record(row.cells.iter().map(text))?;
    }
    writer.into_inner().context(tr!("writing CSV"))
}

fn xlsx_bytes(form: SheetForm, rows: &[SheetRow]) -> anyhow::Result<Vec<u8>> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(form.title)?;
    let (bold, amount) = (Format::new().set_bold(), Format::new().set_num_format("#,##0.##"));
    let deciding = form.columns.iter().position(|(name, _)| *name == form.deciding).unwrap_or(0) as u16;
    for (at, (name, width)) in (0..).zip(form.columns) {
        sheet.write_with_format(0, at, *name, &bold)?;
        sheet.set_column_width(at, *width)?;
    }
    for (line, row) in (1..).zip(rows) {
        for (at, cell) in (0..).zip(&row.cells) {
            match cell {
                SheetCell::Text(text) => sheet.write_string(line, at, text)?,
                SheetCell::Count(count) => sheet.write_number(line, at, *count as f64)?,
                // To be looked at only: amounts are never read back.
                SheetCell::Amount(money) => {
                    sheet.write_number_with_format(line, at, money.minor() as f64 / 100.0, &amount)?
                }
            };
        }
        let choices = fitting(&row.choices);
        if !choices.is_empty() {
            let list = DataValidation::new().allow_list_strings(&choices)?;
            let list = list.set_error_style(DataValidationErrorStyle::Information);
            let list =
                list.set_input_title("Decide")?.set_input_message(tr!("Choose, or type an address"))?;
            sheet.add_data_validation(line, deciding, line, deciding, &list)?;
        }
    }
    sheet.set_freeze_panes(1, 1)?;
    Ok(workbook.save_to_buffer()?)
}

/// As many choices as a list holds; they may not have a comma. The last ones are words that apply to every row.
fn fitting(choices: &[String]) -> Vec<&str> {
    let mut length = 0;
    let fits = |choice: &&String| {
        length += choice.chars().count() + 1;
        length <= LONGEST_LIST && !choice.contains(',')
    };
    choices.iter().filter(fits).map(String::as_str).collect()
}

fn csv_lines(path: &Path) -> anyhow::Result<Vec<Vec<String>>> {
    let text = std::fs::read_to_string(path)?;
    let text = text.trim_start_matches('\u{feff}');
    // A spreadsheet of another language saves its CSV with semicolons.
    let header = text.lines().next().unwrap_or_default();
    let delimiter = if header.contains(';') && !header.contains(',') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new();
    let mut reader =
        reader.has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    reader.records().map(|record| Ok(record?.iter().map(str::to_owned).collect())).collect()
}

fn xlsx_lines(path: &Path) -> anyhow::Result<Vec<Vec<String>>> {
    let mut workbook = open_workbook_auto(path)?;
    let range = workbook.worksheet_range_at(0).context(tr!("a workbook without a sheet"))??;
    let text = |cell: &Data| match cell {
        Data::Empty => String::new(),
        cell => cell.to_string(),
    };
    Ok(range.rows().map(|row| row.iter().map(text).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: SheetForm = SheetForm {
        title: "Cases",
        columns: &[("code", 10.0), ("phone", 12.0), ("owed", 12.0), ("decision", 20.0)],
        deciding: "decision",
    };

    fn row(code: &str, decision: &str) -> SheetRow {
        let text = |text: &str| SheetCell::Text(text.to_owned());
        SheetRow {
            cells: vec![text(code), text("+6281"), SheetCell::Amount(Money::rupiah(5)), text(decision)],
            choices: vec!["REJECT".to_owned()],
        }
    }

    #[test]
    fn what_is_written_is_read_back_in_both_forms() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["cases.csv", "cases.xlsx"] {
            let path = folder.path().join(name);
            write(&path, FORM, &[row("=A1", ""), row("B2", "REJECT")], false).expect("written");
            let rows = read(&path, &["code", "decision"]).expect("read");
            let cells: Vec<_> =
                rows.iter().map(|row| [row.cell("code"), row.cell("phone"), row.cell("decision")]).collect();
            assert_eq!(cells, [["=A1", "+6281", ""], ["B2", "+6281", "REJECT"]], "{name}");
            assert_eq!(rows[1].line, 3);
            assert!(write(&path, FORM, &[], false).is_err(), "decisions are not overwritten");
            assert!(read(&path, &["why"]).expect_err("no column").to_string().contains("no column why"));
        }
    }

    #[test]
    fn a_list_is_as_long_as_a_spreadsheet_takes() {
        let choices: Vec<String> = (0..40).map(|number| format!("person{number}@example.org")).collect();
        let fitted = fitting(&choices);
        assert!(fitted.join(",").len() <= LONGEST_LIST && fitted.len() > 5);
        assert_eq!(fitting(&["a,b".to_owned(), "c".to_owned()]), ["c"]);
    }
}
