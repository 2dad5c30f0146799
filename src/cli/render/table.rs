//! Tables on a terminal: words to the left, numbers to the right, no line wider than the terminal.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};

use crate::language::{current, tr};
use crate::terminal::{WIDTH, folded};

/// The spaces between two columns.
const GAP: usize = 2;

/// A column of words is not made narrower than this to let a table fit.
const NARROWEST: usize = 24;

/// How far a cell's further lines are set in.
const INDENT: &str = "  ";

/// A column of a table.
struct TextColumn<'a> {
    heading: &'a str,
    cells: Vec<String>,
    has_numbers: bool,
}

impl<'a> TextColumn<'a> {
    fn new(at: usize, heading: &'a str, rows: &[Vec<String>]) -> Self {
        let cell = |row: &Vec<String>| row.get(at).cloned().unwrap_or_default();
        let cells: Vec<String> = rows.iter().map(cell).collect();
        // The first column names the rows, also by numbers.
        let has_numbers = at > 0 && are_numbers(&cells);
        Self { heading, cells, has_numbers }
    }

    fn width(&self) -> usize {
        let lines = self.cells.iter().flat_map(|cell| cell.lines());
        lines.chain([self.heading]).map(|line| line.chars().count()).max().unwrap_or(0)
    }

    /// Breaks its cells between words, so that it is no wider than this where no single word is.
    fn narrow(&mut self, width: usize) {
        let words = self.cells.iter().flat_map(|cell| cell.split_whitespace());
        let longest = words.map(|word| word.chars().count() + INDENT.len()).max().unwrap_or(0);
        let width = width.max(longest).max(NARROWEST);
        for cell in &mut self.cells {
            *cell = folded(cell, "", INDENT, width).trim_end().to_owned();
        }
    }
}

/// Whether cells hold numbers, amounts and shares, or a word for one that is not known. Where no cell says anything, there
/// are no numbers.
fn are_numbers(cells: &[String]) -> bool {
    let is_unknown = |cell: &str| ["", "-", tr!("unknown")].contains(&cell);
    let is_number = |cell: &str| {
        let signs = |letter: char| letter.is_ascii_digit() || " ,.·-%".contains(letter);
        let without_units = cell.replace("Rp ", "");
        let figure = without_units.strip_suffix(" s").unwrap_or(&without_units);
        figure.contains(|letter: char| letter.is_ascii_digit()) && figure.chars().all(signs)
    };
    cells.iter().any(|cell| is_number(cell)) && cells.iter().all(|cell| is_unknown(cell) || is_number(cell))
}

/// Lays out rows under their headings, two spaces between columns. Words are broken where the table would be wider than a
/// terminal. Where numbers make it too wide, it goes on below itself with the columns that are left, its first one again.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let mut columns: Vec<TextColumn<'_>> =
        headings.iter().enumerate().map(|(at, heading)| TextColumn::new(at, heading, rows)).collect();
    narrow_words(&mut columns);
    let parts: Vec<String> = parts(&columns).iter().map(|part| laid_out(part)).collect();
    parts.join("\n")
}

/// Narrows the columns of words, the widest first, until all columns fit or no more can be gained.
fn narrow_words(columns: &mut [TextColumn<'_>]) {
    while let Some(excess) = wide(&*columns).checked_sub(WIDTH).filter(|excess| *excess > 0) {
        let words = columns.iter_mut().filter(|column| !column.has_numbers);
        let Some(widest) = words.max_by_key(|column| column.width()) else { return };
        let width = widest.width();
        widest.narrow(width.saturating_sub(excess));
        if widest.width() >= width {
            return;
        }
    }
}

/// How wide columns are beside each other.
fn wide<'a>(columns: impl IntoIterator<Item = &'a TextColumn<'a>>) -> usize {
    columns.into_iter().map(|column| column.width() + GAP).sum::<usize>().saturating_sub(GAP)
}

/// The columns in as many parts as there must be for each to fit, the first column before each.
fn parts<'a>(columns: &'a [TextColumn<'a>]) -> Vec<Vec<&'a TextColumn<'a>>> {
    let Some((first, others)) = columns.split_first() else { return Vec::new() };
    let mut parts = vec![vec![first]];
    for column in others {
        let part = parts.last().into_iter().flatten().copied();
        if wide(part.chain([column])) > WIDTH && parts.last().is_some_and(|part| part.len() > 1) {
            parts.push(vec![first]);
        }
        parts.last_mut().into_iter().for_each(|part| part.push(column));
    }
    parts
}

fn laid_out(columns: &[&TextColumn<'_>]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(columns.iter().map(|column| column.heading));
    let rows = columns.first().map_or(0, |first| first.cells.len());
    for at in 0..rows {
        table.add_row(columns.iter().map(|column| column.cells[at].as_str()));
    }
    for (at, (laid, column)) in table.column_iter_mut().zip(columns).enumerate() {
        laid.set_cell_alignment(if column.has_numbers { CellAlignment::Right } else { CellAlignment::Left });
        laid.set_padding((if at == 0 { 0 } else { GAP as u16 }, 0));
    }
    format!("{}\n", table.trim_fmt())
}

/// A number with its thousands set apart.
pub(crate) fn number(number: u64) -> String {
    current().grouped(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_set_to_the_right() {
        let text = table(&["kind", "read"], &[vec!["orders".into(), number(1_234_567)]]);
        assert_eq!(text, "kind         read\norders  1,234,567\n");
    }

    #[test]
    fn words_are_set_to_the_left_and_what_stands_for_a_number_to_the_right() {
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        let rows = [row(["a", "Rina", "Rp 1,500", "-"]), row(["b", "Dewi Contoh", "Rp 2", "3 · Rp 10"])];
        assert_eq!(
            table(&["", "who", "owed", "paid"], &rows),
            "   who              owed       paid\na  Rina         Rp 1,500          -\nb  Dewi Contoh      Rp 2  3 · Rp 10\n"
        );
    }

    #[test]
    fn a_table_that_is_too_wide_breaks_its_words_and_goes_on_below_with_its_numbers() {
        let words = "what there is to say of it, and more than fits on one line beside numbers".to_owned();
        let text = table(&["what", "rows"], &[vec![words, number(12_345)]]);
        assert_eq!(
            text,
            "what                                                                 rows\n\
             what there is to say of it, and more than fits on one line beside  12,345\n\
             \x20 numbers\n"
        );
        let amounts = vec!["Rp 1,000,000,000.50".to_owned(); 5];
        let row = [vec!["Jan 2021".to_owned()], amounts].concat();
        let text = table(&["month", "one", "two", "three", "four", "five"], &[row]);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert_eq!(text.matches("Jan 2021").count(), 2, "{text}");
        assert_eq!(text.matches("Rp 1,000,000,000.50").count(), 5, "{text}");
    }

    #[test]
    fn a_line_ends_with_its_last_cell() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let text = table(&["", "buyer", "code"], &[row(["a", "Rina  Dewi", ""]), row(["b", "", "x"])]);
        assert_eq!(text, "   buyer       code\na  Rina  Dewi\nb              x\n");
        assert_eq!(table(&["run", "state"], &[]), "run  state\n");
    }
}
