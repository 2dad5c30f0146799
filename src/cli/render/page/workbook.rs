//! The tables as a workbook: one sheet a table, its header frozen, with filters, and numbers that are numbers.

use std::path::Path;

use anyhow::Context as _;
use rust_xlsxwriter::{Color, Format, FormatAlign, Workbook, Worksheet};

use crate::cli::render::page::csv_files::titles;
use crate::cli::render::page::model::{ColumnKind, PageCell, PageRow, PageTable, ReportPage, Tone};
use crate::language::Language;

/// Writes the workbook.
///
/// # Errors
/// A file that cannot be written.
pub(crate) fn write(page: &ReportPage, path: &Path) -> anyhow::Result<()> {
    let mut workbook = Workbook::new();
    let formats = Formats::new();
    let mut names: Vec<String> = Vec::new();
    for (section, table) in page.tables() {
        let sheet = workbook.add_worksheet();
        let name = sheet_name(&table.title, &section.title, &names);
        sheet.set_name(&name)?;
        names.push(name);
        fill(sheet, table, page.language, &formats)?;
    }
    workbook.save(path).with_context(|| format!("writing {}", path.display()))
}

struct Formats {
    title: Format,
    note: Format,
    header: Format,
    text: Format,
    count: Format,
    money: Format,
    sum: [Format; 3],
    good: Format,
    bad: Format,
}

/// Negative amounts keep their sign, and sen are shown only where there are some.
const MONEY: &str = "\"Rp\" #,##0.00;-\"Rp\" #,##0.00";

impl Formats {
    fn new() -> Self {
        let bold = || Format::new().set_bold();
        let sum = || bold().set_border_top(rust_xlsxwriter::FormatBorder::Thin);
        let band = Color::RGB(0x00E4_EAF2);
        Self {
            title: bold().set_font_size(14),
            note: Format::new().set_font_color(Color::RGB(0x0055_6070)),
            header: bold().set_background_color(band).set_text_wrap().set_align(FormatAlign::Bottom),
            text: Format::new().set_align(FormatAlign::Top),
            count: Format::new().set_num_format("#,##0"),
            money: Format::new().set_num_format(MONEY),
            sum: [sum(), sum().set_num_format("#,##0"), sum().set_num_format(MONEY)],
            good: Format::new().set_font_color(Color::RGB(0x001D_6B3C)),
            bad: bold().set_font_color(Color::RGB(0x00A3_201C)),
        }
    }
}

/// A sheet's name has at most 31 characters, none of `[]:*?/\`, and is there once.
fn sheet_name(title: &str, section: &str, taken: &[String]) -> String {
    let short = |text: &str, most: usize| -> String {
        let text: String = text.chars().filter(|letter| !"[]:*?/\\".contains(*letter)).take(most).collect();
        text.trim().trim_matches('\'').to_owned()
    };
    let title = short(title.split(':').next().unwrap_or(title), 31);
    if !taken.contains(&title) {
        return title;
    }
    let named = short(&format!("{section}, {title}"), 31);
    if !taken.contains(&named) {
        return named;
    }
    format!("{} {}", short(&named, 27), taken.len())
}

/// Rows above the table: its title and its note.
const ABOVE: u32 = 3;

fn fill(
    sheet: &mut Worksheet,
    table: &PageTable,
    language: Language,
    formats: &Formats,
) -> anyhow::Result<()> {
    sheet.write_with_format(0, 0, &table.title, &formats.title)?;
    sheet.write_with_format(1, 0, &table.note, &formats.note)?;
    let titles = titles(table, language);
    for (column, title) in (0_u16..).zip(&titles) {
        sheet.write_with_format(ABOVE, column, title, &formats.header)?;
    }
    let mut at = ABOVE + 1;
    for row in &table.rows {
        write_row(sheet, at, row, table, formats)?;
        at += 1;
    }
    let last_column = u16::try_from(titles.len().saturating_sub(1))?;
    sheet.set_freeze_panes(ABOVE + 1, 0)?;
    if !table.rows.is_empty() {
        sheet.autofilter(ABOVE, 0, at - 1, last_column)?;
    }
    if let Some(total) = &table.total {
        write_row(sheet, at, total, table, formats)?;
        at += 1;
    }
    at += 1;
    for check in &table.checks {
        let format = if check.holds { &formats.good } else { &formats.bad };
        let mark = if check.holds { "✓" } else { "✗" };
        sheet.write_with_format(at, 0, format!("{mark} {}", check.text), format)?;
        at += 1;
    }
    set_widths(sheet, table, &titles)?;
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    sheet.set_repeat_rows(ABOVE, ABOVE)?;
    Ok(())
}

fn write_row(
    sheet: &mut Worksheet,
    at: u32,
    row: &PageRow,
    table: &PageTable,
    formats: &Formats,
) -> anyhow::Result<()> {
    let is_sum = row.is_total;
    let [text, count, money] = match is_sum {
        true => [&formats.sum[0], &formats.sum[1], &formats.sum[2]],
        false => [&formats.text, &formats.count, &formats.money],
    };
    let text = if row.tone == Tone::Bad { &formats.bad } else { text };
    let mut column = 0;
    for (kind, cell) in table.columns.iter().map(|column| column.kind).zip(&row.cells) {
        match cell {
            PageCell::Text(words) | PageCell::Code(words) => {
                sheet.write_string_with_format(at, column, words, text)?;
            }
            PageCell::Count(number) => {
                sheet.write_number_with_format(at, column, *number as f64, count)?;
            }
            PageCell::Money(amount) => {
                sheet.write_number_with_format(at, column, rupiah(amount.minor()), money)?;
            }
            PageCell::Tally(tally) => {
                sheet.write_number_with_format(at, column, tally.count as f64, count)?;
                sheet.write_number_with_format(at, column + 1, rupiah(tally.amount.minor()), money)?;
            }
            PageCell::Empty if is_sum => {
                sheet.write_blank(at, column, text)?;
            }
            PageCell::Empty => {}
        }
        column += if kind == ColumnKind::Tally { 2 } else { 1 };
    }
    Ok(())
}

/// Rupiah as a workbook's number, which is a float of 53 bits: exact to the sen below 90 trillion rupiah.
fn rupiah(minor: i64) -> f64 {
    minor as f64 / 100.0
}

fn set_widths(sheet: &mut Worksheet, table: &PageTable, titles: &[String]) -> anyhow::Result<()> {
    let mut column = 0_u16;
    for (at, kind) in table.columns.iter().map(|column| column.kind).enumerate() {
        let widest = |of: fn(&PageCell) -> usize| {
            table.rows.iter().take(500).filter_map(|row| row.cells.get(at)).map(of).max().unwrap_or(0)
        };
        let words = widest(|cell| match cell {
            PageCell::Text(text) | PageCell::Code(text) => text.chars().count(),
            _ => 0,
        });
        if kind == ColumnKind::Text {
            let title = titles[usize::from(column)].chars().count();
            sheet.set_column_width(column, words.max(title).clamp(8, 70) as f64 + 2.0)?;
            column += 1;
        } else {
            sheet.set_column_width(column, if kind == ColumnKind::Tally { 11.0 } else { 20.0 })?;
            column += 1;
            if kind == ColumnKind::Tally {
                sheet.set_column_width(column, 20.0)?;
                column += 1;
            }
        }
    }
    Ok(())
}
