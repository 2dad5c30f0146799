//! What Sejoli says of a commission besides its amount: where it stands, and whether it was paid out. Both are closed
//! tables (L10): a word of none of them is never guessed.

use crate::domain::status::StatusError;

/// Where a commission stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CommissionStatus {
    /// Earned: the only one that anybody is owed.
    Added,
    /// Waits for its order to be completed.
    Pending,
    /// Its order was cancelled or refunded.
    Cancelled,
}

const WORDS: [(&str, CommissionStatus); 4] = [
    ("added", CommissionStatus::Added),
    ("pending", CommissionStatus::Pending),
    ("cancelled", CommissionStatus::Cancelled),
    ("canceled", CommissionStatus::Cancelled),
];

const PAID_WORDS: [(&str, bool); 8] = [
    ("1", true),
    ("0", false),
    ("yes", true),
    ("no", false),
    ("true", true),
    ("false", false),
    ("paid", true),
    ("unpaid", false),
];

impl CommissionStatus {
    /// Sejoli's word: `added`.
    pub const fn as_str(self) -> &'static str {
        match self {
            CommissionStatus::Added => "added",
            CommissionStatus::Pending => "pending",
            CommissionStatus::Cancelled => "cancelled",
        }
    }

    /// Reads Sejoli's word, in any case.
    ///
    /// # Errors
    /// The cell is empty, or its word is unknown.
    pub(crate) fn parse(cell: &str) -> Result<Self, StatusError> {
        look_up(cell, &WORDS)
    }
}

/// Reads whether a commission was paid out: Sejoli's `1` and `0`, or a plain word, in any case.
///
/// # Errors
/// The cell is empty, or its word is unknown.
pub(crate) fn parse_paid(cell: &str) -> Result<bool, StatusError> {
    look_up(cell, &PAID_WORDS)
}

fn look_up<T: Copy>(cell: &str, table: &[(&str, T)]) -> Result<T, StatusError> {
    let cell = cell.trim();
    if cell.is_empty() {
        return Err(StatusError::Empty);
    }
    let found = table.iter().find(|(word, _)| word.eq_ignore_ascii_case(cell));
    found.map(|(_, meaning)| *meaning).ok_or(StatusError::Unknown)
}

/// What an order's row states of its commission; nothing where it has no columns for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StatedCommission {
    /// Where it stands.
    pub status: Option<CommissionStatus>,
    /// Whether it was paid out.
    pub paid: Option<bool>,
}

impl StatedCommission {
    /// Whether nothing speaks against its being earned.
    pub const fn may_be_earned(self) -> bool {
        matches!(self.status, None | Some(CommissionStatus::Added))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_in_any_case() {
        for (word, status) in WORDS {
            assert_eq!(CommissionStatus::parse(&format!(" {} ", word.to_uppercase())), Ok(status));
            assert_eq!(CommissionStatus::parse(status.as_str()), Ok(status));
        }
        assert_eq!(["1", "0", "Yes", " unpaid "].map(parse_paid), [Ok(true), Ok(false), Ok(true), Ok(false)]);
    }

    #[test]
    fn l10_an_unknown_word_is_never_guessed() {
        for unknown in ["paid?", "completed", "2", "-"] {
            assert_eq!(CommissionStatus::parse(unknown), Err(StatusError::Unknown));
        }
        assert_eq!(parse_paid("added"), Err(StatusError::Unknown));
        assert_eq!(
            (CommissionStatus::parse(" "), parse_paid("")),
            (Err(StatusError::Empty), Err(StatusError::Empty))
        );
    }
}
