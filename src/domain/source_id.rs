//! Sejoli's numbers of orders, memberships, products and affiliates. A spreadsheet or a script that takes one for a
//! decimal number writes it as `10001.0` or `1.0001E+04`; it is the same number still (lesson L15, `docs/lessons.md`).

use std::borrow::Cow;

/// What a cell with one of Sejoli's numbers says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SourceId<'a> {
    /// The number as it is written.
    AsWritten(&'a str),
    /// The whole number that was written as a decimal one.
    Restored(Cow<'a, str>),
    /// A number in scientific notation that lacks its last digits.
    Rounded,
}

/// A double holds no more digits than these exactly.
const EXACT_DIGITS: usize = 15;

/// Reads one of Sejoli's numbers from the text of a cell.
pub(crate) fn read(text: &str) -> SourceId<'_> {
    let Some((whole, fraction, exponent)) = decimal(text) else { return SourceId::AsWritten(text) };
    let Some(exponent) = exponent else {
        let is_whole = !fraction.is_empty() && fraction.bytes().all(|digit| digit == b'0');
        return match is_whole && is_plain(whole) {
            true => SourceId::Restored(Cow::Borrowed(whole)),
            false => SourceId::AsWritten(text),
        };
    };
    // Digits that are not written, as the zeros of 1E+04, may have been others before they were rounded.
    let Some((moved, rest)) = fraction.split_at_checked(exponent) else { return SourceId::Rounded };
    let digits = [whole, moved].concat();
    match rest.bytes().all(|digit| digit == b'0') && is_plain(&digits) {
        true => SourceId::Restored(Cow::Owned(digits)),
        false => SourceId::Rounded,
    }
}

/// One of Sejoli's numbers in the form by which rows are found and compared; any other text comes back as it is.
pub(crate) fn key(text: &str) -> Cow<'_, str> {
    match read(text) {
        SourceId::Restored(number) => number,
        SourceId::AsWritten(_) | SourceId::Rounded => Cow::Borrowed(text),
    }
}

/// The whole digits, decimals and exponent of a number in the form that spreadsheets write: `10001.0`, `10001,0`,
/// `1.0001E+04`. Codes such as `2E10` have no sign and no point, and are none.
fn decimal(text: &str) -> Option<(&str, &str, Option<usize>)> {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let exponent = match exponent {
        None => None,
        Some(signed) => {
            let digits = signed.strip_prefix('+');
            let is_scientific = digits.is_some() || mantissa.len() > whole.len();
            let digits = digits.unwrap_or(signed);
            let is_exponent = is_scientific && (1..=3).contains(&digits.len()) && is_digits(digits);
            Some(digits.parse().ok().filter(|_| is_exponent)?)
        }
    };
    Some((whole, fraction, exponent))
}

/// Whether a number of these digits can have been made a decimal one and brought back without a loss.
fn is_plain(digits: &str) -> bool {
    digits.len() <= EXACT_DIGITS && (digits == "0" || !digits.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l15_a_number_that_was_made_a_decimal_one_is_the_same_number() {
        for (text, number) in [
            ("10001.0", "10001"),
            ("10001.00", "10001"),
            ("10001,0", "10001"),
            ("0.0", "0"),
            ("1.0001E+04", "10001"),
            ("1.0001e+4", "10001"),
            ("1.0001e4", "10001"),
            ("1.000100000000000000e+04", "10001"),
        ] {
            assert_eq!(read(text), SourceId::Restored(number.into()), "{text}");
            assert_eq!(key(text), number);
        }
    }

    #[test]
    fn l15_anything_else_stays_as_it_is_written() {
        for text in [
            "10001",
            "",
            "-",
            "MITRA01",
            "0123",
            "0123.0",
            "10001.5",
            "10.001",
            "10001.",
            "2E10",
            "1E5",
            ".0",
            "INV-1.0",
            "1234567890123456.0",
            "1.2.0",
            "1e",
            "E+04",
        ] {
            assert_eq!(read(text), SourceId::AsWritten(text), "{text}");
        }
    }

    #[test]
    fn l15_a_rounded_number_is_none() {
        for text in ["1E+04", "6.28123E+12", "1.0001E+03", "1.234567890123456789E+18"] {
            assert_eq!(read(text), SourceId::Rounded, "{text}");
            assert_eq!(key(text), text);
        }
    }
}
