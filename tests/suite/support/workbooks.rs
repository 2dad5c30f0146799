//! Workbooks as a spreadsheet would save them.

use rust_xlsxwriter::{ExcelDateTime, Format, Worksheet};

/// A cell as a spreadsheet would keep it: digits as a number, a date as a date, all else as text.
fn write_typed(sheet: &mut Worksheet, row: u32, column: u16, cell: &str) {
    let date = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    let number = cell.parse::<f64>().ok().filter(|number| number.to_string() == cell);
    let time = (cell.len() >= 10 && cell.as_bytes()[4] == b'-' && !cell.ends_with(" 00:00:00"))
        .then(|| ExcelDateTime::parse_from_str(cell).ok())
        .flatten();
    let done = match (number, time) {
        (Some(number), _) => sheet.write_number(row, column, number).map(drop),
        (_, Some(time)) => sheet.write_datetime_with_format(row, column, time, &date).map(drop),
        _ if cell.is_empty() => Ok(()),
        _ => sheet.write_string(row, column, cell).map(drop),
    };
    done.expect("the cell is written");
}

/// A CSV file's records below `title` rows of a sheet.
pub fn write_sheet(sheet: &mut Worksheet, text: &str, titles: u32) {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    for (row, record) in (titles..).zip(reader.records()) {
        for (column, cell) in (0..).zip(&record.expect("a record")) {
            write_typed(sheet, row, column, cell);
        }
    }
}
