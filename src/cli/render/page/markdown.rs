//! The page as Markdown, with tables as GitHub and most editors show them.

use crate::cli::render::page::model::{Block, ColumnKind, PageCell, PageRow, PageTable, ReportPage, Tone};
use crate::language::Language;

/// The page.
pub(crate) fn page(page: &ReportPage) -> String {
    let mut text = format!("# {}\n\n", escaped(&page.title));
    for line in &page.subtitle {
        text.push_str(&format!("- {}\n", escaped(line)));
    }
    text.push_str(&format!("\n**{}**\n", escaped(&page.answer)));
    for section in &page.sections {
        text.push_str(&format!("\n## {}\n", escaped(&section.title)));
        for block in &section.blocks {
            match block {
                Block::Text(words) => text.push_str(&format!("\n{}\n", escaped(words))),
                // Its numbers are in the tables.
                Block::Chart(_) => {}
                Block::Table(table) => push_table(&mut text, table, page.language),
            }
        }
    }
    text
}

fn push_table(text: &mut String, table: &PageTable, language: Language) {
    text.push_str(&format!("\n### {}\n", escaped(&table.title)));
    if !table.note.is_empty() {
        text.push_str(&format!("\n{}\n", escaped(&table.note)));
    }
    if table.rows.is_empty() {
        text.push_str(&format!("\n{}\n", language.of("Nothing.", "Tidak ada.")));
    } else {
        let titles: Vec<String> = table.columns.iter().map(|column| escaped(&column.title)).collect();
        let rules: Vec<&str> = table
            .columns
            .iter()
            .map(|column| if column.kind == ColumnKind::Text { "---" } else { "---:" })
            .collect();
        text.push_str(&format!("\n| {} |\n| {} |\n", titles.join(" | "), rules.join(" | ")));
        for row in table.rows.iter().take(table.shown) {
            push_row(text, row, language);
        }
        if let Some((count, mut cells)) = table.rest() {
            let count = language.number(i64::try_from(count).unwrap_or(i64::MAX));
            let words = match language {
                Language::En => format!("… and {count} more; the rest in the XLSX"),
                Language::Id => format!("… dan {count} lagi; selebihnya di XLSX"),
            };
            cells[0] = PageCell::Text(words);
            push_row(text, &PageRow { cells, ..PageRow::default() }, language);
        }
        if let Some(total) = &table.total {
            push_row(text, total, language);
        }
    }
    for check in &table.checks {
        let mark = if check.holds { "✓" } else { "**✗**" };
        text.push_str(&format!("\n{mark} {}\n", escaped(&check.text)));
    }
}

fn push_row(text: &mut String, row: &PageRow, language: Language) {
    let strong = row.is_total || row.tone == Tone::Bad;
    let cell = |cell: &PageCell| {
        let shown = escaped(&cell.shown(language));
        match cell {
            _ if shown.is_empty() => shown,
            PageCell::Code(code) if !strong && !code.contains('`') => {
                format!("`{}`", code.replace('|', "\\|"))
            }
            _ if strong => format!("**{shown}**"),
            _ => shown,
        }
    };
    let cells: Vec<String> = row.cells.iter().map(cell).collect();
    text.push_str(&format!("| {} |\n", cells.join(" | ")));
}

/// What Markdown would read as something else.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '|' | '*' | '_' | '<' | '[' | ']' | '\\' => {
                shown.push('\\');
                shown.push(letter);
            }
            '\n' | '\r' => shown.push(' '),
            letter => shown.push(letter),
        }
    }
    shown
}
