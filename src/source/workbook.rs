//! Workbooks: XLSX (streamed), XLS and ODS. Sheets that are exports are recognised by their content, and every
//! cell is read as the text that a CSV file would have.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _};
use std::path::Path;

use calamine::{Data, DataRef, ExcelDateTime, Ods, Reader as _, Sheets, Style, Xls, Xlsx, XlsxCellReader};
use csv::ByteRecord;

use crate::domain::date::Millis;
use crate::domain::detail::Detail;
use crate::domain::finding::{Code, Finding};
use crate::failure::Failure;
use crate::language::tr;
use crate::source::archive_check;
use crate::source::container::{FileContainer, Sheet};
use crate::source::export::Export;
use crate::source::file_options::FileOptions;
use crate::source::header::{MAX_HEADER_LINES, header_score, recognise};
use crate::source::row_batcher::RowBatcher;
use crate::source::source_row::{FileNote, RowConsumer};

/// An export has a few dozen columns; cells beyond are ignored.
const MAX_COLUMNS: usize = 1_024;

/// The limit for a sheet, far beyond any export.
const MAX_CELLS: u64 = 100_000_000;

type Book = Sheets<BufReader<File>>;

/// Opens a workbook and recognises the exports among its sheets.
///
/// # Errors
/// Exit code 6 with the file's name: it cannot be read, unpacks to more than an export can be, or no
/// sheet (or several of one kind) is an export.
pub fn open(path: &Path, options: &FileOptions) -> anyhow::Result<Vec<Export>> {
    let shown = path.display();
    let unusable = |error: &dyn std::fmt::Display| Failure::input(format!("{shown}: {error}"));
    let hidden = archive_check::check(path).map_err(|error| unusable(&error))?;
    let mut workbook = workbook(path)?;
    let all = workbook.sheet_names();
    if let Some(name) = options.sheets.iter().find(|name| !all.contains(name)) {
        return Err(unusable(&tr!("there is no sheet \"{name}\" (there are: {})", all.join(", "))));
    }
    let wanted = all.iter().filter(|name| options.sheets.is_empty() || options.sheets.contains(name));
    let (mut exports, mut problem) = (Vec::new(), None);
    for name in wanted {
        match open_sheet(path, &mut workbook, name, options) {
            Ok(export) => exports.extend(export),
            Err(error) if Failure::is_foreign_file(&error) => problem = problem.or(Some(error)),
            // A sheet that was meant to be an export is not left out in silence.
            Err(error) => return Err(error),
        }
    }
    if exports.is_empty() {
        return Err(problem.unwrap_or_else(|| unusable(&tr!("the workbook is empty"))));
    }
    if hidden > 0
        && let Some(first) = exports.first_mut()
    {
        let detail = Detail::said(|| tr!("{hidden} in the workbook"));
        first.notes.push(FileNote::file(Finding::of_row(Code::HiddenRows, detail)));
    }
    refuse_sheets_of_one_kind(path, &exports)?;
    Ok(exports)
}

/// Two sheets of one kind may be a copy or different years; the operator must choose.
fn refuse_sheets_of_one_kind(path: &Path, exports: &[Export]) -> anyhow::Result<()> {
    for (at, export) in exports.iter().enumerate() {
        if let Some(other) = exports[..at].iter().find(|other| other.kind == export.kind) {
            return Err(Failure::input(tr!(
                "{}: {} and {} both hold {}; choose with --sheet",
                path.display(),
                other.file,
                export.file,
                export.kind.name()
            )));
        }
    }
    Ok(())
}

fn workbook(path: &Path) -> anyhow::Result<Book> {
    let unusable = |error: &dyn std::fmt::Display| Failure::input(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(|error| unusable(&error))?;
    let (mut file, mut magic) = (BufReader::new(file), [0; 2]);
    file.read_exact(&mut magic).and_then(|()| file.rewind()).map_err(|error| unusable(&error))?;
    if magic != *b"PK" {
        let workbook = catch_panic(|| Xls::new(file)).map_err(|error| unusable(&error))?;
        return workbook.map(Sheets::Xls).map_err(|error| unusable(&error));
    }
    if archive_check::has_part(path, "content.xml") {
        let workbook = catch_panic(|| Ods::new(file)).map_err(|error| unusable(&error))?;
        return workbook.map(Sheets::Ods).map_err(|error| unusable(&error));
    }
    let workbook = catch_panic(|| Xlsx::new(file)).map_err(|error| unusable(&error))?;
    workbook.map(Sheets::Xlsx).map_err(|error| unusable(&error))
}

/// `calamine` can panic on a damaged file.
fn catch_panic<T>(read: impl FnOnce() -> T) -> anyhow::Result<T> {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read));
    caught.map_err(|_| anyhow::anyhow!("the workbook is damaged"))
}

/// `calamine` tells the epoch of XLSX files only and applies it itself in the others.
fn has_1904_epoch(workbook: &Book) -> bool {
    matches!(workbook, Sheets::Xlsx(workbook) if workbook.has_1904_epoch())
}

/// The export of a sheet; `None` if the sheet is empty.
fn open_sheet(
    path: &Path,
    workbook: &mut Book,
    name: &str,
    options: &FileOptions,
) -> anyhow::Result<Option<Export>> {
    let unusable = |error: anyhow::Error| Failure::in_file(format!("{} [{name}]", path.display()), &error);
    let epoch_1904 = has_1904_epoch(workbook);
    let mut best: Option<(Vec<String>, u64, (bool, usize))> = None;
    let mut looked_at = 0;
    each_row(workbook, name, |row, cells| {
        let columns = header_cells(&cells);
        let header_score = header_score(&columns, &options.columns);
        if best.as_ref().is_none_or(|(_, _, best)| header_score > *best) {
            best = Some((columns, row, header_score));
        }
        looked_at += 1;
        looked_at < MAX_HEADER_LINES && !header_score.0
    })
    .map_err(unusable)?;
    let Some((columns, header, _)) = best else { return Ok(None) };
    let recognised = recognise(&columns, &options.columns).map_err(unusable)?;
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let sheet = Sheet { name: name.to_owned(), header, epoch_1904 };
    let mut export = Export::new(path, format!("{file} [{name}]"), recognised, FileContainer::Sheet(sheet));
    if header > 1 {
        let detail = Detail::said(|| tr!("the header stands in row {header}"));
        export.notes.push(FileNote { line: 1, finding: Finding::of_row(Code::TextBeforeHeader, detail) });
    }
    Ok(Some(export))
}

fn header_cells(cells: &ByteRecord) -> Vec<String> {
    let mut columns: Vec<String> =
        cells.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
    while columns.last().is_some_and(|column| column.trim().is_empty()) {
        columns.pop();
    }
    columns
}

/// Reads the rows of a sheet in order and passes them to `take`, `group` rows at a time, until it returns
/// false. Returns findings about the file.
///
/// # Errors
/// The file cannot be read to its end.
pub fn read(
    export: &Export,
    sheet: &Sheet,
    group: usize,
    take: RowConsumer<'_>,
) -> anyhow::Result<Vec<FileNote>> {
    let mut workbook = workbook(&export.path)?;
    let width = export.layout.width;
    let mut batcher = RowBatcher::new(export, group, take);
    each_row(&mut workbook, &sheet.name, |row, cells| {
        row <= sheet.header || batcher.add((row, row), fit_to_width(cells, width), None)
    })
    .map_err(|error| Failure::input(format!("{} [{}]: {error}", export.path.display(), sheet.name)))?;
    Ok(batcher.finish())
}

/// Empty cells at the end of a row may or may not be stored.
fn fit_to_width(mut cells: ByteRecord, width: usize) -> ByteRecord {
    let used = cells.iter().rposition(|cell| !cell.trim_ascii().is_empty()).map_or(0, |at| at + 1);
    cells.truncate(used.max(width));
    while cells.len() < width {
        cells.push_field(b"");
    }
    cells
}

/// Calls `take` with the number and the cells of each row that has some, until it says stop (false).
fn each_row(
    workbook: &mut Book,
    name: &str,
    mut take: impl FnMut(u64, ByteRecord) -> bool,
) -> anyhow::Result<()> {
    if let Sheets::Xlsx(workbook) = workbook {
        return each_streamed_row(workbook, name, take);
    }
    let epoch_1904 = has_1904_epoch(workbook);
    let range = workbook.worksheet_range(name)?;
    let first = range.start().map_or((0, 0), |(row, column)| (u64::from(row), column as usize));
    for (at, row) in range.rows().enumerate() {
        let mut cells: ByteRecord = std::iter::repeat_n("", first.1).collect();
        row.iter()
            .take(MAX_COLUMNS)
            .for_each(|cell| cells.push_field(text(&as_data_ref(cell), epoch_1904).as_bytes()));
        if !take(first.0 + at as u64 + 1, cells) {
            break;
        }
    }
    Ok(())
}

fn each_streamed_row(
    workbook: &mut Xlsx<BufReader<File>>,
    name: &str,
    mut take: impl FnMut(u64, ByteRecord) -> bool,
) -> anyhow::Result<()> {
    let epoch_1904 = workbook.has_1904_epoch();
    let mut cells: XlsxCellReader<'_, _> = workbook.worksheet_cells_reader(name)?;
    let code =
        |style: &Style| style.number_format.as_ref().is_some_and(|format| shows_percent(&format.format_code));
    let percent: Vec<bool> = cells.styles().iter().map(code).collect();
    let (mut row, mut record, mut count) = (0, ByteRecord::new(), 0);
    while let Some((cell, style)) = cells.next_cell_with_style_id()? {
        count += 1;
        anyhow::ensure!(count <= MAX_CELLS, tr!("the sheet has more cells than an export can have"));
        let (at, column) = (u64::from(cell.get_position().0) + 1, cell.get_position().1 as usize);
        anyhow::ensure!(at >= row, tr!("the rows of the sheet are out of order"));
        if at > row {
            if !record.is_empty() && !take(row, std::mem::take(&mut record)) {
                return Ok(());
            }
            (row, record) = (at, ByteRecord::new());
        }
        if column >= MAX_COLUMNS {
            continue;
        }
        anyhow::ensure!(column >= record.len(), tr!("the cells of row {at} are out of order"));
        while record.len() < column {
            record.push_field(b"");
        }
        let shown = match cell.get_value() {
            DataRef::Int(number) if percent.get(style) == Some(&true) => percent_text(*number as f64),
            DataRef::Float(number) if percent.get(style) == Some(&true) => percent_text(*number),
            value => text(value, epoch_1904),
        };
        record.push_field(shown.as_bytes());
    }
    if !record.is_empty() {
        take(row, record);
    }
    Ok(())
}

fn as_data_ref(cell: &Data) -> DataRef<'_> {
    match cell {
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(truth) => DataRef::Bool(*truth),
        Data::DateTime(time) => DataRef::DateTime(*time),
        Data::DateTimeIso(text) | Data::DurationIso(text) => DataRef::SharedString(text),
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::Empty => DataRef::Empty,
    }
}

/// The text that a CSV file would have for a cell.
fn text(cell: &DataRef<'_>, epoch_1904: bool) -> String {
    match cell {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(truth) => truth.to_string().to_uppercase(),
        DataRef::DateTime(time) => time_text(*time, epoch_1904),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

/// Digits without an exponent. Three decimals get a zero, so that `899.125` is not read as 899 thousand.
fn number_text(number: f64) -> String {
    let digits = number.to_string();
    match digits.split_once('.') {
        Some((_, decimals)) if decimals.len() == 3 => digits + "0",
        _ => digits,
    }
}

/// Whether a number format shows a number in percent: `0%`, `0.00 %`, but not `0" %"` or `0\%`.
fn shows_percent(format_code: &str) -> bool {
    let mut quoted = false;
    let mut letters = format_code.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => quoted = !quoted,
            '\\' | '_' | '*' if !quoted => drop(letters.next()),
            '%' if !quoted => return true,
            _ => {}
        }
    }
    false
}

/// A number as its cell shows it in percent: 0.3 is `30%`. What is finer than a cell can show comes of the arithmetic.
fn percent_text(number: f64) -> String {
    let shown = format!("{:.10}", number * 100.0);
    let shown = shown.trim_end_matches('0').trim_end_matches('.');
    format!("{shown}%")
}

/// A date in the form of the exports, to the second, without the time if it is midnight.
fn time_text(time: ExcelDateTime, epoch_1904: bool) -> String {
    const DAYS_TO_1904: f64 = 1_462.0;
    const DAYS_TO_1970: i64 = 25_569;
    const DAY_SECONDS: i64 = 86_400;
    /// A larger number is no date, even if the cell is formatted as one.
    const MOST_DAYS: f64 = 10_000_000.0;
    if !time.is_datetime() || !matches!(time.as_f64().abs(), 0.0..=MOST_DAYS) {
        return number_text(time.as_f64());
    }
    let days = time.as_f64() + if epoch_1904 { DAYS_TO_1904 } else { 0.0 };
    let seconds = (days * DAY_SECONDS as f64).round() as i64 - DAYS_TO_1970 * DAY_SECONDS;
    let shown = Millis(seconds.saturating_mul(1000)).to_string();
    match shown.split_once('T') {
        Some((day, time)) if time.starts_with("00:00:00") => day.to_owned(),
        Some((day, time)) => format!("{day} {}", time.get(..8).unwrap_or(time)),
        None => shown,
    }
}

#[cfg(test)]
mod tests {
    use calamine::ExcelDateTimeType;

    use super::*;

    #[test]
    fn numbers_are_digits_and_never_pass_for_thousands() {
        for (number, text) in [
            (999_000.0, "999000"),
            (150_123.5, "150123.5"),
            (6_281_234_567_890.0, "6281234567890"),
            (899.125, "899.1250"),
            (1.5e6, "1500000"),
            (0.0, "0"),
        ] {
            assert_eq!(number_text(number), text);
        }
    }

    #[test]
    fn a_number_in_percent_is_what_its_cell_shows() {
        for (number, text) in [
            (0.3, "30%"),
            (0.07, "7%"),
            (0.29, "29%"),
            (0.125, "12.5%"),
            (0.1 + 0.2, "30%"),
            (0.003, "0.3%"),
            (1.0, "100%"),
            (0.0, "0%"),
        ] {
            assert_eq!(percent_text(number), text);
        }
        for code in ["0%", "0.00%", "0.0 %", "[Red]0%", "0%;-0%", "\"Rp\" 0%"] {
            assert!(shows_percent(code), "{code}");
        }
        for code in ["General", "0", "0\\%", "0\" %\"", "yyyy-mm-dd", ""] {
            assert!(!shows_percent(code), "{code}");
        }
    }

    #[test]
    fn dates_of_both_epochs_are_to_the_second() {
        let date = |value| ExcelDateTime::new(value, ExcelDateTimeType::DateTime, false);
        assert_eq!(time_text(date(45_657.0), false), "2024-12-31");
        assert_eq!(time_text(date(45_657.0 - 1_462.0), true), "2024-12-31");
        assert_eq!(time_text(date(45_657.586_805_555_6), false), "2024-12-31 14:05:00");
        assert_eq!(time_text(date(44_218.999_988_425_92), false), "2021-01-22 23:59:59");
        for no_day in [-1e300, 1e18, f64::NAN, f64::INFINITY] {
            assert_eq!(time_text(date(no_day), true), number_text(no_day));
        }
    }
}
