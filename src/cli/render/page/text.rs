//! The page as plain text, and what of it a terminal shows after the run's own report.

use crate::cli::render::page::model::{
    Block, ColumnKind, PageCell, PageRow, PageTable, ReportPage, SIGN, Section,
};
use crate::cli::render::table::table as laid_out;
use crate::language::Language;
use crate::terminal::wrapped;

/// The whole page.
pub(crate) fn page(page: &ReportPage) -> String {
    let mut text = format!("{}\n", page.title);
    for line in &page.subtitle {
        text.push_str(&format!("{line}\n"));
    }
    text.push_str(&format!("\n{}\n", page.answer));
    for section in &page.sections {
        push_section(&mut text, section, page.language);
    }
    text
}

/// The reconciliation and the verdict alone.
pub(crate) fn conclusion(page: &ReportPage) -> String {
    let mut text = String::new();
    for id in ["reconciliation", "verdict"] {
        for section in page.sections.iter().filter(|section| section.id == id) {
            push_section(&mut text, section, page.language);
        }
    }
    text.push_str(&format!("\n{}\n", page.answer));
    text
}

fn push_section(text: &mut String, section: &Section, language: Language) {
    text.push_str(&format!("\n{}\n", section.title.to_uppercase()));
    for block in &section.blocks {
        match block {
            Block::Text(words) => text.push_str(&wrapped("", "  ", words)),
            Block::Chart(_) => {}
            Block::Table(table) => push_table(text, table, language),
        }
    }
}

fn push_table(text: &mut String, table: &PageTable, language: Language) {
    text.push_str(&format!("\n{}\n", table.title));
    if table.rows.is_empty() {
        text.push_str(&format!("  {}\n", language.of("Nothing.", "Tidak ada.")));
    } else {
        match is_wordy(table) {
            false => text.push_str(&columns(table, language)),
            true => push_list(text, table, language),
        }
    }
    for check in &table.checks {
        let sign = if check.holds { "✓" } else { "✗" };
        text.push_str(&wrapped("", "  ", &format!("{sign} {}", check.text)));
    }
}

/// Whether a table has more words than numbers: columns of them would be wider than a terminal.
fn is_wordy(table: &PageTable) -> bool {
    let words = table.columns.iter().filter(|column| column.kind == ColumnKind::Text).count();
    words > 2 || words == table.columns.len()
}

/// A table in columns.
fn columns(table: &PageTable, language: Language) -> String {
    // A sign stands before the words of its row.
    let signed = usize::from(table.columns.first().is_some_and(|column| column.title == SIGN));
    let headings: Vec<&str> = table.columns.iter().skip(signed).map(|column| column.title.as_str()).collect();
    let shown = |row: &PageRow| {
        let mut cells: Vec<String> = row.cells.iter().map(|cell| cell.shown(language)).collect();
        if signed == 1 {
            let sign = cells.remove(0);
            cells[0] = format!("{sign:<1} {}", cells[0]);
        }
        cells
    };
    let mut rows: Vec<Vec<String>> = table.rows.iter().take(table.shown).map(shown).collect();
    if let Some((count, cells)) = table.rest() {
        let mut cells: Vec<String> = cells.iter().map(|cell| cell.shown(language)).collect();
        cells[0] = format!("… +{count}");
        rows.push(cells);
    }
    rows.extend(table.total.as_ref().map(shown));
    laid_out(&headings, &rows)
}

/// A table with much text: a paragraph a row.
fn push_list(text: &mut String, table: &PageTable, language: Language) {
    for row in table.rows.iter().take(table.shown).chain(&table.total) {
        let cells = row.cells.iter().filter(|cell| !matches!(cell, PageCell::Empty));
        let cells: Vec<String> =
            cells.map(|cell| cell.shown(language)).filter(|shown| !shown.is_empty()).collect();
        let joint = if table.columns.len() == 2 { ": " } else { "; " };
        text.push_str(&wrapped("- ", "  ", &cells.join(joint)));
    }
    if let Some((count, _)) = table.rest() {
        text.push_str(&format!("… +{count}\n"));
    }
}
