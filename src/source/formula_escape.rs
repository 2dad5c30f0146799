//! Cells that a spreadsheet would run as a formula, made harmless and read back unharmed.

use std::borrow::Cow;

/// The column that a rejects file adds for the code. Its presence says that the tool wrote the file.
pub const CODE_COLUMN: &str = "sejoli_migrate_code";
/// The column that a rejects file adds for the reason.
pub const REASON_COLUMN: &str = "sejoli_migrate_reason";

/// The column that a rejects file adds for cells beyond the header, as a JSON list.
pub const SURPLUS_COLUMN: &str = "sejoli_migrate_surplus";

/// Whether a spreadsheet would take a cell for a formula, or did before it was escape_formula.
fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// A cell as the tool writes it: with an apostrophe in front if it could be run.
pub fn escape_formula(cell: &str) -> Cow<'_, str> {
    if is_formula(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// The cell that the tool has escape_formula.
pub fn unescape_formula(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_escaped_comes_back_and_is_no_formula(cell in "['=+@\\t\\ra-]{0,6}") {
            let written = escape_formula(&cell);
            prop_assert!(!written.starts_with(['=', '+', '-', '@', '\t', '\r']));
            prop_assert_eq!(unescape_formula(&written), cell.as_str());
        }

        #[test]
        fn any_text_comes_back(cell in any::<String>()) {
            let written = escape_formula(&cell);
            prop_assert_eq!(unescape_formula(&written), cell.as_str());
        }
    }
}
