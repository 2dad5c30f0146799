//! Phone numbers.

use std::fmt;

use thiserror::Error;

use crate::domain::contact::invisible::is_invisible;

/// Indonesia's country code, the default of a number without one.
const INDONESIA_CODE: &str = "62";

/// Digits of a number within Indonesia, without the leading zero.
const NATIONAL_DIGITS: std::ops::RangeInclusive<usize> = 8..=13;

/// Digits of a foreign number with its country code (E.164).
const FOREIGN_DIGITS: std::ops::RangeInclusive<usize> = 8..=15;

/// A number with this many digits could begin with a country code.
const MIN_UNMARKED_DIGITS: usize = 10;

/// More digits than any prefix and number have together.
const MAX_CELL_DIGITS: usize = 24;

/// A phone number in E.164: at most fifteen digits, the first of them no zero. It is stored and shown as
/// `+628…`. Its `Debug` form is masked (lesson L29, `docs/lessons.md`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phone(u64);

impl Phone {
    /// The digits of any text, without regard to country or form; too many give the largest number. It serves to
    /// compare an unreadable number of the app and must not be written.
    pub fn from_digits_lossy(text: &str) -> Self {
        Self(number(text.bytes().filter(u8::is_ascii_digit)))
    }

    /// The number for a log: `+62***985`.
    pub fn masked(self) -> String {
        let shown = self.to_string();
        let head = shown.get(..3).unwrap_or_default();
        let tail = shown.get(shown.len().saturating_sub(3)..);
        format!("{head}***{}", tail.unwrap_or_default())
    }
}

fn number(digits: impl Iterator<Item = u8>) -> u64 {
    digits.fold(0_u64, |number, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

/// The one or two numbers of a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phones {
    /// The first number; `None` for an empty cell.
    pub first: Option<Phone>,
    /// The second number, if it differs from the first.
    pub second: Option<Phone>,
}

/// Why a cell is no phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum PhoneError {
    /// It has too few digits.
    #[error("the phone number has too few digits")]
    TooShort,
    /// It has too many digits, or the cell has more than two numbers.
    #[error("the phone number has too many digits")]
    TooLong,
    /// The cell contains letters.
    #[error("the phone number contains letters")]
    Letters,
    /// `6.28123E+12`: a spreadsheet has rounded it, and the last digits are lost.
    #[error("a spreadsheet has rounded the phone number; its last digits are lost")]
    Rounded,
    /// Its country is not recognisable, or it contains characters that no number has.
    #[error("the phone number has no recognisable country or form")]
    Unknown,
}

/// Reads the numbers of a cell; none for an empty cell or `-`. A number without a country code is Indonesian.
///
/// # Errors
/// One of the numbers cannot be read, or there are more than two.
pub fn parse_phones(text: &str) -> Result<Phones, PhoneError> {
    let mut phones = Phones::default();
    if let Some(first) = parse_plain_digits(text) {
        phones.first = first?;
        return Ok(phones);
    }
    if is_rounded(text) {
        return Err(PhoneError::Rounded);
    }
    let mut rest = Some(text);
    while let Some(cell) = rest {
        let (number, after) = split_number(cell);
        match parse_phone(number) {
            Ok(phone) => phones.add(phone)?,
            Err(error) => {
                let two = split_by_space(number).ok_or(error)?;
                two.into_iter().try_for_each(|phone| phones.add(Some(phone)))?;
            }
        }
        rest = after;
    }
    Ok(phones)
}

/// Splits two numbers with only spaces between them, if exactly one split gives two numbers.
fn split_by_space(text: &str) -> Option<[Phone; 2]> {
    let begins = |part: &str| part.starts_with(['0', '+', '6', '8', '(']);
    let number = |part: &str| parse_phone(part).ok().flatten().filter(|_| begins(part));
    let gaps = text
        .char_indices()
        .filter(|(at, letter)| letter.is_whitespace() && !text[..*at].ends_with(char::is_whitespace));
    let mut ways = gaps.filter_map(|(at, _)| {
        let (first, second) = text.split_at(at);
        Some([number(first.trim())?, number(second.trim())?])
    });
    let way = ways.next()?;
    ways.next().is_none().then_some(way)
}

/// The quick way for nearly every cell of an export: digits only, with or without a `+`.
fn parse_plain_digits(text: &str) -> Option<Result<Option<Phone>, PhoneError>> {
    let (digits, read): (_, fn(&str) -> _) = match text.strip_prefix('+') {
        Some(digits) => (digits, with_country_code),
        None => (text, without_country_mark),
    };
    let bare = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    bare.then(|| read(digits))
}

impl Phones {
    /// A third number is an error, because it would be lost.
    fn add(&mut self, phone: Option<Phone>) -> Result<(), PhoneError> {
        let known = phone.is_none() || phone == self.first || phone == self.second;
        match (known, &self.first, &self.second) {
            (true, _, _) => {}
            (_, None, _) => self.first = phone,
            (_, _, None) => self.second = phone,
            _ => return Err(PhoneError::TooLong),
        }
        Ok(())
    }
}

/// `6.28123E+12`, with either decimal point.
fn is_rounded(text: &str) -> bool {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\'');
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return false;
    };
    let numeric = |text: &str, signs: &[u8]| {
        text.bytes().any(|byte| byte.is_ascii_digit())
            && text.bytes().all(|byte| byte.is_ascii_digit() || signs.contains(&byte))
    };
    numeric(mantissa, b".,+") && numeric(exponent, b"+")
}

/// Splits the first number off a cell with several: `0812… / 0813…`, `0812… atau 0813…`.
fn split_number(cell: &str) -> (&str, Option<&str>) {
    let mark = cell.find(['/', '\\', '|', ',', ';', '&', '\n']);
    let word = split_word(cell);
    let (end, next) = match (mark, word) {
        (Some(mark), Some(word)) if word.0 < mark => word,
        (Some(mark), _) => (mark, mark + 1),
        (None, Some(word)) => word,
        (None, None) => return (cell, None),
    };
    (&cell[..end], Some(&cell[next..]))
}

/// Where a word such as ` atau ` stands, and where it ends.
fn split_word(cell: &str) -> Option<(usize, usize)> {
    if !cell.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    [" atau ", " or ", " dan ", " and "].iter().find_map(|word| {
        let found = |window: &[u8]| window.eq_ignore_ascii_case(word.as_bytes());
        let start = cell.as_bytes().windows(word.len()).position(found)?;
        Some((start, start + word.len()))
    })
}

fn parse_phone(text: &str) -> Result<Option<Phone>, PhoneError> {
    let phone_digits = PhoneDigits::read(without_decimals(text))?;
    let digits = phone_digits.as_str();
    match (phone_digits.plus, digits) {
        (false, "") => Ok(None),
        (true, "") => Err(PhoneError::Unknown),
        (true, _) => with_country_code(digits),
        (false, _) => without_country_mark(digits),
    }
}

/// A number cell that went through a float ends in `.0`, which would become a digit of the number.
fn without_decimals(text: &str) -> &str {
    match text.trim_end().split_once('.') {
        Some((whole, "0" | "00")) if whole.len() >= MIN_UNMARKED_DIGITS => whole,
        _ => text,
    }
}

/// The digits of a number without the separators that people write.
struct PhoneDigits {
    digits: [u8; MAX_CELL_DIGITS],
    len: usize,
    plus: bool,
}

impl PhoneDigits {
    fn read(text: &str) -> Result<PhoneDigits, PhoneError> {
        let mut phone_digits = PhoneDigits { digits: [0; MAX_CELL_DIGITS], len: 0, plus: false };
        for character in text.chars() {
            phone_digits.take(character)?;
        }
        Ok(phone_digits)
    }

    fn take(&mut self, character: char) -> Result<(), PhoneError> {
        match character {
            '0'..='9' => self.push(character as u8)?,
            '+' if self.len == 0 && !self.plus => self.plus = true,
            ' ' | '.' | '-' | '(' | ')' | '\'' | '\u{2010}'..='\u{2015}' | '\u{2212}' => {}
            _ if character.is_whitespace() || is_invisible(character) => {}
            _ if character.is_alphabetic() => return Err(PhoneError::Letters),
            _ => return Err(PhoneError::Unknown),
        }
        Ok(())
    }

    fn push(&mut self, digit: u8) -> Result<(), PhoneError> {
        *self.digits.get_mut(self.len).ok_or(PhoneError::TooLong)? = digit;
        self.len += 1;
        Ok(())
    }

    fn as_str(&self) -> &str {
        // Only ASCII digits were pushed.
        std::str::from_utf8(&self.digits[..self.len]).unwrap_or_default()
    }
}

/// Reads digits that begin with a country code: those behind a `+` or a dialling prefix such as `00`.
fn with_country_code(digits: &str) -> Result<Option<Phone>, PhoneError> {
    match digits.strip_prefix(INDONESIA_CODE) {
        Some(national) => indonesian_number(national),
        None if digits.starts_with('0') => Err(PhoneError::Unknown),
        None => check_length("", digits, FOREIGN_DIGITS),
    }
}

/// Reads digits without a `+`: Indonesian, unless they begin with `00`.
fn without_country_mark(digits: &str) -> Result<Option<Phone>, PhoneError> {
    if let Some(abroad) = digits.strip_prefix("00") {
        return with_country_code(strip_carrier_prefix(abroad));
    }
    if let Some(national) = digits.strip_prefix(INDONESIA_CODE) {
        return indonesian_number(national);
    }
    if digits.starts_with(['0', '8']) {
        return indonesian_number(digits);
    }
    match digits.len() {
        ..MIN_UNMARKED_DIGITS => Err(PhoneError::TooShort),
        len if len > *FOREIGN_DIGITS.end() => Err(PhoneError::TooLong),
        _ => Err(PhoneError::Unknown),
    }
}

/// `001` is a dialling prefix of an Indonesian carrier, unless the `1` is the code of North America.
fn strip_carrier_prefix(digits: &str) -> &str {
    match digits.strip_prefix('1') {
        Some(rest) if !is_north_american(rest) => rest,
        _ => digits,
    }
}

/// Ten digits; neither the area nor the exchange begins with 0 or 1.
fn is_north_american(digits: &str) -> bool {
    let digits = digits.as_bytes();
    digits.len() == 10 && digits[0] >= b'2' && digits[3] >= b'2'
}

/// A number within Indonesia, with or without its leading zero.
fn indonesian_number(national: &str) -> Result<Option<Phone>, PhoneError> {
    let national = national.strip_prefix('0').unwrap_or(national);
    if national.starts_with('0') {
        return Err(PhoneError::Unknown);
    }
    check_length(INDONESIA_CODE, national, NATIONAL_DIGITS)
}

fn check_length(
    country: &str,
    digits: &str,
    lengths: std::ops::RangeInclusive<usize>,
) -> Result<Option<Phone>, PhoneError> {
    if digits.len() < *lengths.start() {
        return Err(PhoneError::TooShort);
    }
    if digits.len() > *lengths.end() {
        return Err(PhoneError::TooLong);
    }
    Ok(Some(Phone(number(country.bytes().chain(digits.bytes())))))
}

#[cfg(test)]
mod tests;
