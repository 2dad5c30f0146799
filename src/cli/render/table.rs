//! Tables on a terminal: the first column to the left, numbers to the right.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};

/// Lays out rows under their headings, two spaces between columns.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(headings.iter().copied()).add_rows(rows);
    for (at, column) in table.column_iter_mut().enumerate() {
        let (alignment, gap) = if at == 0 { (CellAlignment::Left, 0) } else { (CellAlignment::Right, 2) };
        column.set_cell_alignment(alignment);
        column.set_padding((gap, 0));
    }
    format!("{}\n", table.trim_fmt())
}

/// A number with its thousands set apart.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
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
    fn a_line_ends_with_its_last_cell() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let text = table(&["", "buyer", "code"], &[row(["a", "Rina  Dewi", ""]), row(["b", "", "x"])]);
        assert_eq!(text, "        buyer  code\na  Rina  Dewi\nb                 x\n");
        assert_eq!(table(&["run", "state"], &[]), "run  state\n");
    }
}
