//! The tables as CSV files, one a table, for whoever goes on computing: amounts are plain decimals in rupiah, and a
//! number of rows and their amount are two columns.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cli::render::page::model::{ColumnKind, PageCell, PageRow, PageTable, ReportPage};
use crate::language::Language;

/// Writes the files into a folder, which is made where it is not there, and names them.
///
/// # Errors
/// A file that cannot be written.
pub(crate) fn write(page: &ReportPage, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let mut files = Vec::new();
    for (_, table) in page.tables() {
        let path = folder.join(format!("{}.csv", table.id));
        std::fs::write(&path, contents(table, page.language)?)
            .with_context(|| format!("writing {}", path.display()))?;
        files.push(path);
    }
    Ok(files)
}

fn contents(table: &PageTable, language: Language) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(titles(table, language))?;
    for row in &table.rows {
        writer.write_record(cells(row, table))?;
    }
    writer.into_inner().map_err(|error| anyhow::anyhow!("{error}"))
}

/// The titles of the columns, with two for a number of rows and their amount.
pub(super) fn titles(table: &PageTable, language: Language) -> Vec<String> {
    let mut titles = Vec::new();
    for column in &table.columns {
        if column.kind == ColumnKind::Tally {
            titles.push(format!("{} ({})", column.title, language.of("number", "jumlah")));
            titles.push(format!("{} (Rp)", column.title));
        } else {
            titles.push(column.title.clone());
        }
    }
    titles
}

fn cells(row: &PageRow, table: &PageTable) -> Vec<String> {
    let mut texts = Vec::new();
    for (column, cell) in table.columns.iter().zip(&row.cells) {
        match cell {
            PageCell::Tally(tally) => texts.extend([tally.count.to_string(), tally.amount.plain()]),
            _ => {
                texts.push(match cell {
                    PageCell::Text(text) | PageCell::Code(text) => unformulated(text),
                    PageCell::Count(count) => count.to_string(),
                    PageCell::Money(amount) => amount.plain(),
                    PageCell::Tally(_) | PageCell::Empty => String::new(),
                });
                if column.kind == ColumnKind::Tally {
                    texts.push(String::new());
                }
            }
        }
    }
    texts
}

/// A text that a spreadsheet does not take for a formula.
fn unformulated(text: &str) -> String {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') if text.chars().count() > 1 => format!("'{text}"),
        _ => text.to_owned(),
    }
}
