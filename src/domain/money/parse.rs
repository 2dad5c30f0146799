//! Reads amounts and rates as Sejoli, spreadsheets and people write them.
//!
//! Sejoli writes `150123.5`, people write `Rp 1.500.000,-`, spreadsheets write `1.5E+06`. What can be read
//! in two ways that are a factor of a thousand apart is refused, never guessed.

use thiserror::Error;

use crate::domain::money::amount::Money;
use crate::domain::money::hundredths::{ascii_digits, hundredths_from_decimals};
use crate::domain::money::rate::Rate;

/// No amount of a shop comes near this limit; more is a phone number or a shifted column.
const MAX_RUPIAH: u64 = 10_000_000_000_000;

/// Keeps the arithmetic of `1.5E+06` far from overflow.
const MAX_MANTISSA_DIGITS: usize = 20;

/// Why a cell is no amount (or no rate).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum MoneyError {
    /// The cell is empty.
    #[error("the amount is empty")]
    Empty,
    /// It has a minus sign or an accountant's parentheses.
    #[error("the amount is negative")]
    Negative,
    /// It is abbreviated and therefore rounded: `1,5 jt`, `500 rb`.
    #[error("the amount is abbreviated; write it in full")]
    Abbreviated,
    /// It has more than two decimals that are not zero.
    #[error("the amount is finer than a sen")]
    TooFine,
    /// Its digits are not grouped by thousands, or can be read in two ways.
    #[error("the digits of the amount are not grouped by thousands")]
    Shape,
    /// It is above ten trillion rupiah.
    #[error("the amount is too large to be one")]
    TooLarge,
    /// It is no number.
    #[error("this is not an amount")]
    NotANumber,
}

/// What a single dot before three digits means, if nothing else in the cell tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MoneyStyle {
    /// It separates thousands, as people write them: `899.000` is 899 thousand.
    Checklist,
    /// It is the decimal point, as in the plugin's own exports: `899.000` is 899.
    Native,
}

/// Reads an amount in rupiah as Sejoli, a spreadsheet or a person writes it.
///
/// # Errors
/// The cell is empty, holds no amount, or holds one that could only be guessed.
pub fn parse(text: &str, style: MoneyStyle) -> Result<Money, MoneyError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(MoneyError::Empty);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return amount_from_digits(text, None, "");
    }
    let written = NumberText::of(text, style)?;
    match written.body.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => parse_scientific(mantissa, exponent),
        None => parse_separated(&written),
    }
}

/// The digits and separators of a cell, freed of currency and decoration.
struct NumberText<'a> {
    body: &'a str,
    /// Whether a single dot before three digits separates thousands.
    dot_groups: bool,
}

impl<'a> NumberText<'a> {
    fn of(text: &'a str, style: MoneyStyle) -> Result<NumberText<'a>, MoneyError> {
        refuse_negative(text)?;
        let (number, currency) = strip_currency(text);
        refuse_negative(number)?;
        refuse_abbreviation(number)?;
        let (body, dash) = strip_dash(number);
        Ok(NumberText { body, dot_groups: currency || dash || style == MoneyStyle::Checklist })
    }
}

fn refuse_negative(text: &str) -> Result<(), MoneyError> {
    let signed = text.starts_with(['-', '\u{2212}']);
    let in_parentheses = text.starts_with('(') && text.ends_with(')');
    let has_digit = || text.bytes().any(|byte| byte.is_ascii_digit());
    if (signed || in_parentheses) && has_digit() {
        return Err(MoneyError::Negative);
    }
    Ok(())
}

/// Takes `Rp`, `Rp.` or `IDR` off the front, and says whether one was there.
fn strip_currency(text: &str) -> (&str, bool) {
    for name in ["rp", "idr"] {
        let Some((head, rest)) = text.split_at_checked(name.len()) else {
            continue;
        };
        if head.eq_ignore_ascii_case(name) {
            let rest = rest.strip_prefix('.').unwrap_or(rest);
            return (rest.trim_start(), true);
        }
    }
    (text, false)
}

/// Takes off the `,-` with which people end an amount, and says whether it was there.
fn strip_dash(text: &str) -> (&str, bool) {
    let bare = text.trim_end_matches('-');
    match bare.strip_suffix(',').or_else(|| bare.strip_suffix('.')) {
        Some(number) if bare.len() < text.len() => (number, true),
        _ => (text, false),
    }
}

fn refuse_abbreviation(number: &str) -> Result<(), MoneyError> {
    const WORDS: [&str; 12] =
        ["jt", "juta", "rb", "ribu", "k", "m", "mio", "mn", "miliar", "milyar", "t", "triliun"];
    let number = number.trim_end_matches('.');
    let head = number.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let word = &number[head.len()..];
    let counted = head.trim_end().ends_with(|c: char| c.is_ascii_digit());
    if counted && WORDS.iter().any(|known| known.eq_ignore_ascii_case(word)) {
        return Err(MoneyError::Abbreviated);
    }
    Ok(())
}

fn parse_separated(written: &NumberText<'_>) -> Result<Money, MoneyError> {
    let body = written.body;
    let (dots, commas) = count_separators(body)?;
    let Some(last) = body.rfind(['.', ',']) else {
        return amount_from_digits(body, None, "");
    };
    let (before, after) = (&body[..last], &body[last + 1..]);
    let last_is_dot = body.as_bytes()[last] == b'.';
    let one_thousand = after.len() == 3 && (1..=3).contains(&before.len());
    match (dots, commas) {
        (1, 0) if written.dot_groups && one_thousand => amount_from_digits(body, Some('.'), ""),
        (0, 1) if one_thousand => amount_from_digits(body, Some(','), ""),
        (1, 0) | (0, 1) => with_decimals(before, None, after),
        (_, 0) => amount_from_digits(body, Some('.'), ""),
        (0, _) => amount_from_digits(body, Some(','), ""),
        // `1.500,000`: half way between two customs, a factor of a thousand apart.
        _ if after.len() == 3 => Err(MoneyError::Shape),
        (1, _) if last_is_dot => with_decimals(before, Some(','), after),
        (_, 1) if !last_is_dot => with_decimals(before, Some('.'), after),
        _ => Err(MoneyError::Shape),
    }
}

fn count_separators(body: &str) -> Result<(usize, usize), MoneyError> {
    let (mut digits, mut dots, mut commas) = (0, 0, 0);
    for byte in body.bytes() {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'.' => dots += 1,
            b',' => commas += 1,
            _ => return Err(MoneyError::NotANumber),
        }
    }
    if digits == 0 {
        return Err(MoneyError::NotANumber);
    }
    Ok((dots, commas))
}

fn with_decimals(whole: &str, group: Option<char>, decimals: &str) -> Result<Money, MoneyError> {
    if whole.is_empty() || decimals.is_empty() {
        return Err(MoneyError::Shape);
    }
    amount_from_digits(whole, group, decimals)
}

/// Puts an amount together from its whole rupiah (grouped by `group`, if any) and its decimals.
fn amount_from_digits(whole: &str, group: Option<char>, decimals: &str) -> Result<Money, MoneyError> {
    let rupiah = whole
        .bytes()
        .filter(u8::is_ascii_digit)
        .fold(0_u64, |sum, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    if let Some(group) = group {
        check_groups(whole, group, rupiah)?;
    }
    within_limit(
        u128::from(rupiah) * 100 + u128::from(hundredths_from_decimals(decimals).ok_or(MoneyError::TooFine)?),
    )
}

/// One to three digits, then threes; and nobody writes `0.500` for five hundred.
fn check_groups(whole: &str, group: char, rupiah: u64) -> Result<(), MoneyError> {
    let mut groups = whole.split(group);
    let first = groups.next().unwrap_or_default();
    let leads = (1..=3).contains(&first.len()) && (rupiah == 0 || !first.starts_with('0'));
    if leads && groups.all(|rest| rest.len() == 3) {
        return Ok(());
    }
    Err(MoneyError::Shape)
}

fn within_limit(sen: u128) -> Result<Money, MoneyError> {
    if sen > u128::from(MAX_RUPIAH) * 100 {
        return Err(MoneyError::TooLarge);
    }
    i64::try_from(sen).map(Money::from_minor).map_err(|_| MoneyError::TooLarge)
}

/// Reads `1.5E+06`: the digits shifted by the exponent, exactly or not at all.
fn parse_scientific(mantissa: &str, exponent: &str) -> Result<Money, MoneyError> {
    let (whole, fraction) = match mantissa.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, digits_or_refuse(fraction)?),
        None => (mantissa, ""),
    };
    let digits = [digits_or_refuse(whole)?, fraction].concat();
    if digits.len() > MAX_MANTISSA_DIGITS {
        return Err(MoneyError::TooFine);
    }
    let mantissa: u128 = digits.parse().map_err(|_| MoneyError::NotANumber)?;
    let shift = signed_exponent(exponent)? - fraction.len() as i32 + 2;
    let power = 10_u128.checked_pow(shift.unsigned_abs());
    match (mantissa, shift >= 0, power) {
        (0, _, _) => Ok(Money::ZERO),
        (_, true, None) => Err(MoneyError::TooLarge),
        (_, true, Some(power)) => {
            mantissa.checked_mul(power).ok_or(MoneyError::TooLarge).and_then(within_limit)
        }
        (_, false, Some(power)) if mantissa.is_multiple_of(power) => within_limit(mantissa / power),
        (_, false, _) => Err(MoneyError::TooFine),
    }
}

fn signed_exponent(text: &str) -> Result<i32, MoneyError> {
    let (digits, sign) = match text.strip_prefix('-') {
        Some(digits) => (digits, -1),
        None => (text.strip_prefix('+').unwrap_or(text), 1),
    };
    let digits = digits_or_refuse(digits)?;
    if digits.len() > 4 {
        return Err(MoneyError::NotANumber);
    }
    digits.parse::<i32>().map(|exponent| exponent * sign).map_err(|_| MoneyError::NotANumber)
}

fn digits_or_refuse(text: &str) -> Result<&str, MoneyError> {
    ascii_digits(text).ok_or(MoneyError::NotANumber)
}

/// Reads a rate in percent: `30`, `30%`, `12.5`, `12,5 %`.
///
/// # Errors
/// The cell is empty or holds no rate. `50.000` is refused as [`MoneyError::Shape`]: it may be a flat fee of
/// fifty thousand rupiah (lesson L17, `docs/lessons.md`).
pub fn parse_rate(text: &str) -> Result<Rate, MoneyError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(MoneyError::Empty);
    }
    refuse_negative(text)?;
    let number = text.strip_suffix('%').unwrap_or(text).trim_end();
    let (dots, commas) = count_separators(number)?;
    let hundredths = match number.split_once(['.', ',']) {
        None => amount_from_digits(number, None, ""),
        Some((_, decimals)) if dots + commas > 1 || decimals.len() == 3 => Err(MoneyError::Shape),
        Some((whole, decimals)) => with_decimals(whole, None, decimals),
    }?;
    Ok(Rate::from_hundredths(hundredths.minor()))
}

#[cfg(test)]
mod tests;
