//! How each language writes numbers.

use crate::language::choice::Language;

impl Language {
    /// The sign between thousands, and the one before what is less than one.
    pub(crate) const fn separators(self) -> (char, char) {
        match self {
            Self::En => (',', '.'),
            Self::Id => ('.', ','),
        }
    }

    /// A number with its thousands set apart.
    pub(crate) fn number(self, number: i64) -> String {
        let sign = if number < 0 { "-" } else { "" };
        format!("{sign}{}", self.grouped(number.unsigned_abs()))
    }

    /// A count with its thousands set apart.
    pub(crate) fn grouped(self, number: u64) -> String {
        let (thousands, _) = self.separators();
        let digits = number.to_string();
        let mut text = String::with_capacity(digits.len() * 2);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(thousands);
            }
            text.push(digit);
        }
        text
    }

    /// A number of tenths: `12.3`, `12,3`.
    pub(crate) fn tenths(self, tenths: i64) -> String {
        let (_, decimal) = self.separators();
        let sign = if tenths < 0 { "-" } else { "" };
        format!("{sign}{}{decimal}{}", self.grouped(tenths.unsigned_abs() / 10), tenths.unsigned_abs() % 10)
    }
}
