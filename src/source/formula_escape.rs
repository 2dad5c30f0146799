//! Escapes cells that a spreadsheet would run as a formula, and undoes it in files that the tool has written.

use std::borrow::Cow;

/// The column of a rejects file for the finding's code. A file that has it was written by the tool.
pub(crate) const CODE_COLUMN: &str = "sejoli_migrate_code";
/// The column of a rejects file for the finding's reason.
pub(crate) const REASON_COLUMN: &str = "sejoli_migrate_reason";

/// The column of a rejects file for cells beyond the header, as a JSON array.
pub(crate) const SURPLUS_COLUMN: &str = "sejoli_migrate_surplus";

/// Apostrophes in front do not count, so that an escaped cell can be escaped again and be restored.
fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// Puts an apostrophe in front of a cell that a spreadsheet would run as a formula.
pub(crate) fn escape_formula(cell: &str) -> Cow<'_, str> {
    if is_formula(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// Undoes [`escape_formula`].
pub(crate) fn unescape_formula(cell: &str) -> &str {
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
