//! Money and rates, because a shop's revenue must come out to the rupiah.
//!
//! Sejoli writes `150123.5`, people write `Rp 1.500.000,-`, spreadsheets write `1.5E+06`: all of
//! them become whole sen here, by integer arithmetic only. What can be read in two ways a factor
//! of a thousand apart is refused rather than guessed.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Sen in a rupiah.
const SEN: i64 = 100;

/// No order, commission or total of a shop comes near this; more is a shifted column or a phone number.
const MAX_RUPIAH: u64 = 10_000_000_000_000;

/// A mantissa longer than this is no amount, and stays far from overflow.
const MAX_MANTISSA_DIGITS: usize = 20;

/// Rupiah in sen (1/100 rupiah), exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i64);

/// Why a cell is no amount (or no rate).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum MoneyError {
    /// Nothing in the cell.
    #[error("the amount is empty")]
    Empty,
    /// A minus sign, or an accountant's parentheses.
    #[error("the amount is negative")]
    Negative,
    /// `1,5 jt`, `500 rb`: rounded by a person.
    #[error("the amount is abbreviated; write it in full")]
    Abbreviated,
    /// More than two decimals that matter.
    #[error("the amount is finer than a sen")]
    TooFine,
    /// Thousands grouped in a way that no amount is.
    #[error("the digits of the amount are not grouped by thousands")]
    Shape,
    /// More than ten trillion rupiah.
    #[error("the amount is too large to be one")]
    TooLarge,
    /// Anything else.
    #[error("this is not an amount")]
    NotANumber,
}

/// Which reading a single dot has when nothing else tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MoneyStyle {
    /// Files that a person has prepared: `899.000` is 899 thousand.
    Checklist,
    /// The plugin's own exports: a single dot is the decimal point, so `899.000` is 899.
    Native,
}

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money(0);

    /// An amount in sen.
    pub const fn from_minor(sen: i64) -> Money {
        Money(sen)
    }

    /// The amount in sen.
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// An amount in whole rupiah.
    ///
    /// # Panics
    /// When the amount in sen does not fit 64 bits.
    pub const fn rupiah(rupiah: i64) -> Money {
        match rupiah.checked_mul(SEN) {
            Some(sen) => Money(sen),
            None => panic!("an amount of money fits 64 bits of sen"),
        }
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether it is more than nothing.
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// The sum, unless it overflows.
    pub fn checked_add(self, other: Money) -> Option<Money> {
        self.0.checked_add(other.0).map(Money)
    }

    /// The difference, unless it overflows.
    pub fn checked_sub(self, other: Money) -> Option<Money> {
        self.0.checked_sub(other.0).map(Money)
    }

    /// How far apart two amounts are; saturates at the largest amount.
    pub fn abs_diff(self, other: Money) -> Money {
        Money(i64::try_from(self.0.abs_diff(other.0)).unwrap_or(i64::MAX))
    }

    /// The canonical decimal: `150123.5`, `899000`, `-12.05`.
    pub fn plain(self) -> String {
        HundredthsDisplay(self.0).to_string()
    }

    /// Reads what [`Money::plain`] writes, and more zeros behind the point; `None` if finer than a sen.
    pub fn from_plain(text: &str) -> Option<Money> {
        let (unsigned, sign) = match text.strip_prefix('-') {
            Some(rest) => (rest, -1),
            None => (text, 1),
        };
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((whole, fraction)) => (whole, all_digits(fraction)?),
            None => (unsigned, ""),
        };
        let rupiah: i128 = all_digits(whole)?.parse().ok()?;
        let sen = rupiah.checked_mul(SEN.into())?.checked_add(sen_of(fraction).ok()?.into())?;
        i64::try_from(sen * sign).ok().map(Money)
    }
}

/// Hundredths of a whole, written as the shortest decimal: the form of amounts and rates alike.
struct HundredthsDisplay(i64);

impl fmt::Display for HundredthsDisplay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        match rest {
            0 => write!(f, "{sign}{whole}"),
            _ if rest.is_multiple_of(10) => write!(f, "{sign}{whole}.{}", rest / 10),
            _ => write!(f, "{sign}{whole}.{rest:02}"),
        }
    }
}

impl fmt::Display for Money {
    /// For people: `Rp 1,598,000`, `Rp 150,123.50`, `-Rp 5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let sen = self.0.unsigned_abs() % SEN.unsigned_abs();
        write!(f, "{sign}Rp ")?;
        write_grouped(f, self.0.unsigned_abs() / SEN.unsigned_abs())?;
        if sen == 0 { Ok(()) } else { write!(f, ".{sen:02}") }
    }
}

fn write_grouped(f: &mut fmt::Formatter<'_>, number: u64) -> fmt::Result {
    if number < 1000 {
        return write!(f, "{number}");
    }
    write_grouped(f, number / 1000)?;
    write!(f, ",{:03}", number % 1000)
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&HundredthsDisplay(self.0))
    }
}

/// Out of the form in which it is serialised.
impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse(&text, MoneyStyle::Native).map_err(serde::de::Error::custom)
    }
}

impl Add for Money {
    type Output = Money;

    fn add(self, other: Money) -> Money {
        self.checked_add(other).expect("sums of money fit 64 bits of sen")
    }
}

impl Sub for Money {
    type Output = Money;

    fn sub(self, other: Money) -> Money {
        self.checked_sub(other).expect("differences of money fit 64 bits of sen")
    }
}

impl Neg for Money {
    type Output = Money;

    fn neg(self) -> Money {
        Money(self.0.checked_neg().expect("negated money fits 64 bits of sen"))
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Money {
        amounts.fold(Money::ZERO, Add::add)
    }
}

/// Reads an amount as Sejoli, a spreadsheet or a person writes it.
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

/// Takes the `,-` off the end with which people close an amount, and says whether it was there.
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

/// Reads digits with dots and commas between them, whichever means what.
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
    within_limit(u128::from(rupiah) * 100 + u128::from(sen_of(decimals)?))
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

/// The two decimals that count; those behind must be zeros.
fn sen_of(decimals: &str) -> Result<u8, MoneyError> {
    let (near, far) = decimals.as_bytes().split_at(decimals.len().min(2));
    if far.iter().any(|digit| *digit != b'0') {
        return Err(MoneyError::TooFine);
    }
    Ok(match near {
        [tens, ones] => (tens - b'0') * 10 + (ones - b'0'),
        [tens] => (tens - b'0') * 10,
        _ => 0,
    })
}

fn within_limit(sen: u128) -> Result<Money, MoneyError> {
    if sen > u128::from(MAX_RUPIAH) * 100 {
        return Err(MoneyError::TooLarge);
    }
    i64::try_from(sen).map(Money).map_err(|_| MoneyError::TooLarge)
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
    all_digits(text).ok_or(MoneyError::NotANumber)
}

fn all_digits(text: &str) -> Option<&str> {
    let only_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    only_digits.then_some(text)
}

/// A commission rate in hundredths of a percent: `12.5 %` is 1250.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(i64);

impl Rate {
    /// A rate in hundredths of a percent.
    pub const fn from_hundredths(hundredths: i64) -> Rate {
        Rate(hundredths)
    }

    /// The rate in hundredths of a percent.
    pub const fn hundredths(self) -> i64 {
        self.0
    }

    /// The canonical decimal in percent: `30`, `12.5`.
    pub fn plain(self) -> String {
        HundredthsDisplay(self.0).to_string()
    }

    /// This share of an amount, rounded half up to the sen; `None` if it overflows.
    pub fn of(self, amount: Money) -> Option<Money> {
        const WHOLE: i128 = 100 * 100;
        let product = i128::from(amount.0) * i128::from(self.0);
        i64::try_from((product + WHOLE / 2).div_euclid(WHOLE)).ok().map(Money)
    }

    /// More than the whole price: most likely an amount that stands in the wrong column.
    pub fn is_over_hundred(self) -> bool {
        self.0 > 100 * 100
    }
}

impl fmt::Display for Rate {
    /// For people: `12.5 %`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", HundredthsDisplay(self.0))
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&HundredthsDisplay(self.0))
    }
}

/// Reads a rate in percent: `30`, `30%`, `12.5`, `12,5 %`.
///
/// `50.000` is refused ([`MoneyError::Shape`]): as a flat fee it is fifty thousand rupiah, as a
/// rate fifty percent, and taking the one for the other has cost a fortune before.
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
    Ok(Rate(hundredths.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::money::MoneyStyle::{Checklist, Native};

    const BOTH: [MoneyStyle; 2] = [Checklist, Native];

    fn assert_reads(text: &str, style: MoneyStyle, plain: &str) {
        let read = parse(text, style).map(Money::plain);
        assert_eq!(read.as_deref(), Ok(plain), "{text:?} as {style:?}");
    }

    fn assert_refuses(text: &str, error: MoneyError) {
        for style in BOTH {
            assert_eq!(parse(text, style), Err(error), "{text:?} as {style:?}");
        }
    }

    #[test]
    fn every_form_of_the_exports_is_read_to_the_sen() {
        for (text, plain) in [
            ("999000", "999000"),
            ("999000.00", "999000"),
            ("150123.5", "150123.5"),
            ("150123,50", "150123.5"),
            ("Rp 99.000", "99000"),
            ("rp\u{a0}99.000", "99000"),
            ("\u{a0}Rp. 1.500.000 ", "1500000"),
            ("Rp 1.500.000,00", "1500000"),
            ("Rp1.500.000,-", "1500000"),
            ("1500000,-", "1500000"),
            ("IDR 5000", "5000"),
            ("1.500.000", "1500000"),
            ("1,500,000.00", "1500000"),
            ("1.500.000,25", "1500000.25"),
            ("899,000.00", "899000"),
            ("99,000", "99000"),
            ("1.5E+06", "1500000"),
            ("1,5e6", "1500000"),
            ("15E-1", "1.5"),
            ("0", "0"),
            ("0.00", "0"),
            ("Rp 0", "0"),
            ("12.3400", "12.34"),
        ] {
            for style in BOTH {
                assert_reads(text, style, plain);
            }
        }
    }

    #[test]
    fn a_lone_dot_separates_thousands_for_people_and_decimals_for_the_plugin() {
        assert_reads("899.000", Checklist, "899000");
        assert_reads("899.000", Native, "899");
        assert_reads("Rp 899.000", Native, "899000");
        assert_reads("1234.500", Checklist, "1234.5");
    }

    #[test]
    fn what_is_no_amount_is_refused_with_its_reason() {
        for (text, error) in [
            ("", MoneyError::Empty),
            (" \u{a0} ", MoneyError::Empty),
            ("-5000", MoneyError::Negative),
            ("Rp -5.000", MoneyError::Negative),
            ("-Rp 5.000", MoneyError::Negative),
            ("(5.000)", MoneyError::Negative),
            ("1,5 jt", MoneyError::Abbreviated),
            ("Rp 500rb", MoneyError::Abbreviated),
            ("2 Juta", MoneyError::Abbreviated),
            ("99 ribu.", MoneyError::Abbreviated),
            ("150123.505", MoneyError::TooFine),
            ("1.23456E-3", MoneyError::TooFine),
            ("1.50.000", MoneyError::Shape),
            ("1,2,3", MoneyError::Shape),
            ("1500.000.000", MoneyError::Shape),
            ("1.500,000", MoneyError::Shape),
            ("Rp 0.500", MoneyError::Shape),
            ("5.", MoneyError::Shape),
            (".5", MoneyError::Shape),
            ("10000000000001", MoneyError::TooLarge),
            ("99999999999999999999999999999", MoneyError::TooLarge),
            ("9E+99", MoneyError::TooLarge),
            ("-", MoneyError::NotANumber),
            ("Rp", MoneyError::NotANumber),
            ("free", MoneyError::NotANumber),
            ("1 500 000", MoneyError::NotANumber),
            ("2024-01-01", MoneyError::NotANumber),
            ("1E", MoneyError::NotANumber),
            ("E5", MoneyError::NotANumber),
            ("٣٤", MoneyError::NotANumber),
        ] {
            assert_refuses(text, error);
        }
    }

    #[test]
    fn ten_trillion_rupiah_is_the_last_amount() {
        assert_reads("10000000000000", Native, "10000000000000");
        assert_refuses("10000000000000.01", MoneyError::TooLarge);
    }

    #[test]
    fn people_read_grouped_rupiah_and_sen_only_where_there_are_some() {
        assert_eq!(Money::rupiah(1_598_000).to_string(), "Rp 1,598,000");
        assert_eq!(Money::from_minor(15_012_350).to_string(), "Rp 150,123.50");
        assert_eq!(Money::rupiah(-5).to_string(), "-Rp 5");
        assert_eq!(Money::ZERO.to_string(), "Rp 0");
        assert_eq!(Money::rupiah(1_000_005).to_string(), "Rp 1,000,005");
    }

    #[test]
    fn the_plain_form_is_canonical_and_its_reader_forgives_zeros() {
        assert_eq!(Money::from_minor(-1205).plain(), "-12.05");
        assert_eq!(Money::from_plain("899000.0000"), Some(Money::rupiah(899_000)));
        let enormous = format!("{}.99", i128::MAX / 100);
        for refused in ["", "-", "1.", ".5", "1.234", "+1", "1,5", " 1", "--1", &enormous] {
            assert_eq!(Money::from_plain(refused), None, "{refused:?}");
        }
    }

    #[test]
    fn money_is_serialised_as_exact_text() {
        let json = serde_json::to_string(&Money::from_minor(15_012_350)).unwrap();
        assert_eq!(json, r#""150123.5""#);
    }

    #[test]
    fn sums_and_differences_are_exact() {
        let sum: Money = [Money::from_minor(10), Money::from_minor(20)].into_iter().sum();
        assert_eq!(sum, Money::from_minor(30));
        assert_eq!(-sum + sum - sum, Money::from_minor(-30));
        assert_eq!(Money::from_minor(i64::MAX).checked_add(sum), None);
        assert_eq!(Money::rupiah(2).abs_diff(Money::rupiah(5)), Money::rupiah(3));
    }

    #[test]
    fn a_rate_is_read_in_percent() {
        for (text, hundredths) in
            [("30", 3000), ("30%", 3000), ("12.5", 1250), ("12,5 %", 1250), ("30.00", 3000), ("0", 0)]
        {
            assert_eq!(parse_rate(text), Ok(Rate(hundredths)), "{text:?}");
        }
        assert_eq!(Rate(3000).plain(), "30");
        assert_eq!(Rate(1250).plain(), "12.5");
    }

    /// L17: a flat amount that was read as a percentage credited one sale with 1.6 bn.
    #[test]
    fn l17_a_flat_amount_never_passes_for_a_rate() {
        assert_eq!(parse_rate("50.000"), Err(MoneyError::Shape));
        assert_eq!(parse_rate("Rp 50.000"), Err(MoneyError::NotANumber));
        assert_eq!(parse_rate("1.500.000"), Err(MoneyError::Shape));
        assert!(parse_rate("325000").unwrap().is_over_hundred());
        assert!(!parse_rate("100").unwrap().is_over_hundred());
        assert_eq!(parse_rate(""), Err(MoneyError::Empty));
        assert_eq!(parse_rate("-5"), Err(MoneyError::Negative));
        assert_eq!(parse_rate("12.345"), Err(MoneyError::Shape));
        assert_eq!(parse_rate("12.3456"), Err(MoneyError::TooFine));
    }

    #[test]
    fn a_share_is_rounded_half_up_to_the_sen() {
        let half = Rate::from_hundredths(5000);
        assert_eq!(half.of(Money::from_minor(1)), Some(Money::from_minor(1)));
        assert_eq!(Rate::from_hundredths(3000).of(Money::rupiah(999_000)), Some(Money::rupiah(299_700)));
        let absurd = Rate::from_hundredths(i64::MAX);
        assert_eq!(absurd.of(Money::from_minor(i64::MAX)), None);
    }

    /// The digits of `rupiah` grouped by `separator`.
    fn grouped(rupiah: i64, separator: &str) -> String {
        let english = Money::rupiah(rupiah).to_string();
        english.trim_start_matches("Rp ").replace(',', separator)
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in "\\PC{0,24}") {
            let _ = (parse(&text, Checklist), parse(&text, Native), parse_rate(&text), Money::from_plain(&text));
        }

        #[test]
        fn anything_like_a_number_is_read_or_refused_without_a_panic(text in "[-+Rp0-9., eE%]{0,40}") {
            let _ = (parse(&text, Checklist), parse(&text, Native), parse_rate(&text), Money::from_plain(&text));
        }

        #[test]
        fn an_amount_is_the_same_in_every_form(rupiah in 0_i64..=9_999_999_999_999, sen in 0_i64..100) {
            let amount = Money::from_minor(rupiah * 100 + sen);
            let (dotted, comma) = (grouped(rupiah, "."), grouped(rupiah, ","));
            let forms = [
                amount.plain(),
                amount.to_string(),
                format!("{rupiah}.{sen:02}"),
                format!("{rupiah},{sen:02}"),
                format!("{dotted},{sen:02}"),
                format!("Rp. {dotted},{sen:02}"),
                format!("Rp\u{a0}{dotted},{sen:02}"),
                format!("IDR {comma}.{sen:02}"),
                format!("{}E-2", rupiah * 100 + sen),
            ];
            for form in forms {
                for style in BOTH {
                    prop_assert_eq!(parse(&form, style), Ok(amount), "{}", form);
                }
            }
        }

        #[test]
        fn whole_rupiah_are_the_same_in_every_form(rupiah in 0_i64..=9_999_999_999_999) {
            let dotted = grouped(rupiah, ".");
            let forms = [
                rupiah.to_string(),
                format!("Rp {dotted}"),
                format!("rp{dotted},-"),
                format!("IDR{rupiah}"),
                grouped(rupiah, ","),
                format!("{rupiah}E+00"),
            ];
            for form in forms {
                for style in BOTH {
                    prop_assert_eq!(parse(&form, style), Ok(Money::rupiah(rupiah)), "{}", form);
                }
            }
            prop_assert_eq!(parse(&dotted, Checklist), Ok(Money::rupiah(rupiah)));
        }

        #[test]
        fn the_plain_form_comes_back_as_it_was(sen in any::<i64>()) {
            let amount = Money::from_minor(sen);
            prop_assert_eq!(Money::from_plain(&amount.plain()), Some(amount));
        }

        #[test]
        fn a_rate_comes_back_as_it_was(hundredths in 0_i64..=1_000_000) {
            let rate = Rate::from_hundredths(hundredths);
            prop_assert_eq!(parse_rate(&rate.plain()), Ok(rate));
            prop_assert_eq!(parse_rate(&rate.to_string()), Ok(rate));
        }
    }
}
