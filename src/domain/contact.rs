//! E-mail addresses and phone numbers: what people are recognised by.
//!
//! Two spellings of one address have made two users of one person, and an address lost on the way
//! has parked orders on a stranger. So both are normalised here, once, and what cannot be trusted
//! is refused with its reason instead of being repaired by guessing. Their debug form is masked:
//! a log never shows whom it is about.

use std::fmt;

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use validator::ValidateEmail;

/// Prisma's String is VARCHAR(191) on MySQL; a longer address could not be stored there.
const MAX_EMAIL_BYTES: usize = 191;

/// RFC 5321, 4.5.3.1.1.
const MAX_LOCAL_BYTES: usize = 64;

/// RFC 1035, 2.3.4.
const MAX_LABEL_BYTES: usize = 63;

/// A normalised address: trimmed, lower-cased, without `mailto:` and brackets.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Email(String);

/// Why a cell is no e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum EmailError {
    /// Nothing in the cell.
    #[error("the e-mail address is empty")]
    Empty,
    /// Not of the form name@domain.
    #[error("this is not an e-mail address")]
    Malformed,
    /// More than 191 bytes.
    #[error("the e-mail address is longer than 191 bytes")]
    TooLong,
}

impl Email {
    /// The address as it is stored and compared.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads an address as shops and spreadsheets write it.
    pub fn parse(text: &str) -> Result<Email, EmailError> {
        let bare = unwrap_address(text);
        if bare.is_empty() || bare == "-" {
            return Err(EmailError::Empty);
        }
        let (address, plausible) = if bare.is_ascii() {
            (bare.to_ascii_lowercase(), is_ascii_address(bare))
        } else {
            normalize_international(bare)
        };
        match plausible {
            false => Err(EmailError::Malformed),
            true if address.len() > MAX_EMAIL_BYTES => Err(EmailError::TooLong),
            true => Ok(Email(address)),
        }
    }

    /// For logs: `r***@example.org`.
    pub fn masked(&self) -> String {
        let (local, domain) = self.parts();
        let first = local.chars().next().unwrap_or('*');
        format!("{first}***@{domain}")
    }

    fn parts(&self) -> (&str, &str) {
        self.0.split_once('@').unwrap_or((&self.0, ""))
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Email({})", self.masked())
    }
}

/// Takes off what surrounds an address, in whatever order it was wrapped.
fn unwrap_address(text: &str) -> &str {
    if has_no_wrapping(text.as_bytes()) {
        return text;
    }
    let mut bare = text;
    loop {
        let unwrapped = bare.trim_matches(|c: char| {
            c.is_whitespace() || is_invisible(c) || matches!(c, '\'' | '"' | '<' | '>')
        });
        let unwrapped = without_mailto(unwrapped);
        if unwrapped.len() == bare.len() {
            return bare;
        }
        bare = unwrapped;
    }
}

/// Most addresses begin and end with a letter or digit, and hold no scheme: nothing to take off.
fn has_no_wrapping(text: &[u8]) -> bool {
    let plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    plain(text.first()) && plain(text.last()) && !text.contains(&b':')
}

fn without_mailto(text: &str) -> &str {
    const SCHEME: &str = "mailto:";
    match text.split_at_checked(SCHEME.len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(SCHEME) => rest,
        _ => text,
    }
}

/// Marks that copying from a chat or a web page leaves behind; they would make two of one person.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

/// Beyond ASCII: wide letters become plain ones; a domain may stay normalize_international, a name may not.
fn normalize_international(bare: &str) -> (String, bool) {
    let visible = bare.chars().filter(|c| !is_invisible(*c));
    let folded: String = visible.nfkc().collect();
    let address: String = folded.to_lowercase().nfkc().collect();
    let plausible =
        if address.is_ascii() { is_ascii_address(&address) } else { is_international_address(&address) };
    (address, plausible)
}

fn is_international_address(address: &str) -> bool {
    let Some((local, domain)) = address.split_once('@') else {
        return false;
    };
    let dotted = domain.contains('.') && domain.split('.').all(|label| !label.is_empty());
    let spaced = address.contains(|c: char| c.is_whitespace() || c.is_control());
    dotted && !spaced && is_local_part(local) && address.validate_email()
}

/// The rule by hand, for a million addresses: one `@`, a name of allowed characters, a dotted domain.
fn is_ascii_address(address: &str) -> bool {
    match address.split_once('@') {
        Some((local, domain)) => is_local_part(local) && is_domain(domain),
        None => false,
    }
}

fn is_local_part(local: &str) -> bool {
    let sized = (1..=MAX_LOCAL_BYTES).contains(&local.len());
    let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    sized && !dots && local.bytes().all(is_local_byte)
}

fn is_local_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte)
}

fn is_domain(domain: &str) -> bool {
    let Some((_, top)) = domain.rsplit_once('.') else {
        return false;
    };
    let top_is_name = top.len() >= 2 && !top.bytes().all(|byte| byte.is_ascii_digit());
    top_is_name && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let hyphened = label.starts_with('-') || label.ends_with('-');
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=MAX_LABEL_BYTES).contains(&label.len()) && !hyphened && label.bytes().all(allowed)
}

/// Well-known domains, and how they are mistyped. A domain that exists for others stays out.
const MISTYPED_DOMAINS: [(&str, &[&str]); 5] = [
    (
        "gmail.com",
        &[
            "gmial.com",
            "gmai.com",
            "gmail.co",
            "gmail.con",
            "gmail.cm",
            "gmail.om",
            "gmail.cim",
            "gmail.comm",
            "gmail.coom",
            "gmail.vom",
            "gmail.xom",
            "gmail.id",
            "gmail.co.id",
            "gmail.net",
            "gmal.com",
            "gmil.com",
            "gamil.com",
            "gmaill.com",
            "gmaul.com",
            "gmsil.com",
            "gnail.com",
            "gmaik.com",
            "gmali.com",
            "gemail.com",
            "gimail.com",
            "ggmail.com",
            "gmailcom.com",
            "gmaio.com",
            "gmaol.com",
        ],
    ),
    (
        "yahoo.com",
        &[
            "yaho.com",
            "yahoo.co",
            "yahoo.con",
            "yahoo.cm",
            "yahooo.com",
            "yhoo.com",
            "yahho.com",
            "yaoo.com",
            "yahoo.comm",
            "yhaoo.com",
            "tahoo.com",
            "yahoo.cim",
        ],
    ),
    ("yahoo.co.id", &["yaho.co.id", "yahooo.co.id", "yahoo.coid", "yahoo.co.ud"]),
    (
        "hotmail.com",
        &[
            "hotmial.com",
            "hotmai.com",
            "hotmal.com",
            "hotmail.co",
            "hotmail.con",
            "hotmil.com",
            "hotmaill.com",
            "homail.com",
        ],
    ),
    ("outlook.com", &["outlok.com", "outlook.co", "outlook.con", "outloook.com", "oulook.com"]),
];

/// The address that was probably meant, where its domain is a known slip. Only ever a hint.
pub fn suggested_address(email: &Email) -> Option<String> {
    let (local, domain) = email.parts();
    let meant = MISTYPED_DOMAINS.iter().find(|(_, slips)| slips.contains(&domain))?;
    Some(format!("{local}@{}", meant.0))
}

/// Indonesia's country code, the default of a number without one.
const INDONESIA_CODE: &str = "62";

/// Digits of a number within Indonesia, without the leading zero.
const NATIONAL_DIGITS: std::ops::RangeInclusive<usize> = 8..=13;

/// Digits of a foreign number with its country code (E.164).
const FOREIGN_DIGITS: std::ops::RangeInclusive<usize> = 8..=15;

/// From this many digits on a number could carry a country code that nobody marked.
const MIN_UNMARKED_DIGITS: usize = 10;

/// More digits than any prefix and number together; what is longer is not collected.
const MAX_CELL_DIGITS: usize = 24;

/// A number in E.164: at most fifteen digits, the first of them no zero. It is stored and shown as
/// `+628…`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phone(u64);

impl Phone {
    /// The digits of a text in the app that the rules cannot read: for one to compare, not to write.
    pub fn from_digits_lossy(text: &str) -> Self {
        Self(number(text.bytes().filter(u8::is_ascii_digit)))
    }

    /// For logs: `+62***985`.
    pub fn masked(self) -> String {
        let shown = self.to_string();
        let head = shown.get(..3).unwrap_or_default();
        let tail = shown.get(shown.len().saturating_sub(3)..);
        format!("{head}***{}", tail.unwrap_or_default())
    }
}

/// What digits come to; more than any number has come to the largest one.
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

/// The numbers of one cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phones {
    /// The first, if the cell holds any.
    pub first: Option<Phone>,
    /// Another one, if it differs.
    pub second: Option<Phone>,
}

/// Why a cell is no phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum PhoneError {
    /// Digits are missing.
    #[error("the phone number has too few digits")]
    TooShort,
    /// Too many digits, or too many numbers.
    #[error("the phone number has too many digits")]
    TooLong,
    /// Words in the cell.
    #[error("the phone number contains letters")]
    Letters,
    /// `6.28123E+12`: a spreadsheet threw the last digits away, and nothing brings them back.
    #[error("a spreadsheet has rounded the phone number; its last digits are lost")]
    Rounded,
    /// No country can be told from it, or signs that no number has.
    #[error("the phone number has no recognisable country or form")]
    Unknown,
}

/// Reads the one or two numbers of a cell; none for an empty cell or `-`.
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

/// Two numbers with nothing but spaces between them: only where they are none together, and where one
/// place alone parts them into two that begin as numbers do.
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

/// Digits alone, with or without a `+`, need no tidying: nearly every cell of an export.
fn parse_plain_digits(text: &str) -> Option<Result<Option<Phone>, PhoneError>> {
    let (digits, read): (_, fn(&str) -> _) = match text.strip_prefix('+') {
        Some(digits) => (digits, with_country_code),
        None => (text, without_country_mark),
    };
    let bare = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    bare.then(|| read(digits))
}

impl Phones {
    /// Takes in another number; a third one finds no place, and is not dropped silently.
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

/// The digits of a number without what people put between them.
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

/// Behind a `+` (or what was phone_digits for one) stands a country code.
fn with_country_code(digits: &str) -> Result<Option<Phone>, PhoneError> {
    match digits.strip_prefix(INDONESIA_CODE) {
        Some(national) => indonesian_number(national),
        None if digits.starts_with('0') => Err(PhoneError::Unknown),
        None => check_length("", digits, FOREIGN_DIGITS),
    }
}

/// Without a `+` a number is Indonesian, unless it dials out of the country.
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

/// `00` dials out, and so does `001` in Indonesia; a `1` that begins a North American number stays.
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn email(text: &str) -> Email {
        Email::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
    }

    fn shown(phone: Option<Phone>) -> Option<String> {
        phone.map(|phone| phone.to_string())
    }

    fn assert_phones(text: &str, first: &str, second: Option<&str>) {
        let phones = parse_phones(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(shown(phones.first).as_deref(), Some(first), "{text:?}");
        assert_eq!(shown(phones.second).as_deref(), second, "{text:?}");
    }

    /// L7: case-sensitive look-ups made duplicates.
    #[test]
    fn l7_every_spelling_of_an_address_is_one_address() {
        for text in [
            "rina@example.org",
            "  Rina@Example.ORG\u{a0}",
            "'rina@example.org",
            "<rina@example.org>",
            "mailto:rina@example.org",
            "<MAILTO:Rina@example.org>",
            "rina@example.org\u{200b}",
            "ri\u{200d}na@example.org",
            "ｒｉｎａ@example.org",
        ] {
            assert_eq!(email(text).as_str(), "rina@example.org", "{text:?}");
        }
    }

    #[test]
    fn unusual_addresses_are_addresses() {
        for text in [
            "o'neil+kelas@mail.example.co.id",
            "628120000000@shop.example",
            "a@b.id",
            "rina@bücher.example",
            "_x-y_@1.example",
        ] {
            assert_eq!(email(text).as_str(), text);
        }
    }

    #[test]
    fn what_is_no_address_is_malformed() {
        for text in [
            "rina",
            "rina@",
            "@example.org",
            "rina@example",
            "rina@@example.org",
            "rina@a@example.org",
            "ri na@example.org",
            "rina@exam ple.org",
            "rina@example..org",
            "rina@.example.org",
            "rina@example.org.",
            "rina@-example.org",
            "rina@example.1",
            "rina@exam_ple.org",
            "rina.@example.org",
            "ri..na@example.org",
            "rina@example.org, budi@example.org",
            "rîna@example.org",
            "rina@bücher",
        ] {
            assert_eq!(Email::parse(text), Err(EmailError::Malformed), "{text:?}");
        }
        for text in ["", " ", "'", "<>", "-"] {
            assert_eq!(Email::parse(text), Err(EmailError::Empty), "{text:?}");
        }
    }

    #[test]
    fn an_address_that_no_column_holds_is_too_long() {
        let domain = format!("{0}.{0}.example", "d".repeat(59));
        let longest = format!("{}@{domain}", "n".repeat(63));
        assert_eq!(longest.len(), 191);
        assert!(Email::parse(&longest).is_ok());
        let longer = format!("n{longest}");
        assert_eq!(Email::parse(&longer), Err(EmailError::TooLong));
    }

    /// L29: customer data stood in logs.
    #[test]
    fn l29_masked_and_debug_forms_do_not_tell_who_it_is() {
        let address = email("rina@example.org");
        assert_eq!(address.masked(), "r***@example.org");
        assert_eq!(format!("{address:?}"), "Email(r***@example.org)");
        let phone = parse_phones("081200000985").unwrap().first.unwrap();
        assert_eq!(phone.masked(), "+62***985");
        assert_eq!(format!("{phone:?}"), "Phone(+62***985)");
    }

    #[test]
    fn a_mistyped_domain_gets_a_hint_and_a_right_one_none() {
        for (text, meant) in [
            ("rina@gmial.com", Some("rina@gmail.com")),
            ("rina@gmail.co", Some("rina@gmail.com")),
            ("rina@yaho.com", Some("rina@yahoo.com")),
            ("rina@hotmial.com", Some("rina@hotmail.com")),
            ("rina@gmail.com", None),
            ("rina@yahoo.co.id", None),
            ("rina@ymail.com", None),
            ("rina@mail.com", None),
        ] {
            assert_eq!(suggested_address(&email(text)).as_deref(), meant, "{text}");
        }
        for (meant, slips) in MISTYPED_DOMAINS {
            assert!(slips.iter().all(|slip| is_domain(slip) && *slip != meant));
        }
    }

    #[test]
    fn every_spelling_of_an_indonesian_number_is_one_number() {
        for text in [
            "081200000985",
            "81200000985",
            "6281200000985",
            "+6281200000985",
            "006281200000985",
            "00162 812 0000 0985",
            "'081200000985",
            "0812-0000-0985",
            "0812.0000.0985",
            "(0812) 0000 0985",
            "+62 0812 0000 0985",
            "+62 (0)812 0000 0985",
            "(+62) 812\u{a0}0000\u{a0}0985",
            "62081200000985",
            "81200000985.0",
            "\u{202a}+62 812‑0000–0985\u{202c}",
            "081200000985 /",
            "081200000985 / +62 812 0000 0985",
        ] {
            assert_phones(text, "+6281200000985", None);
        }
    }

    #[test]
    fn a_cell_can_hold_two_numbers() {
        for text in [
            "081200000985 / 081300000123",
            "081200000985,081300000123",
            "081200000985;81300000123",
            "0812 0000 0985 & 0813 0000 0123",
            "081200000985 atau 081300000123",
            "081200000985 OR +6281300000123",
            "081200000985 dan 081300000123",
            "081200000985 | 081300000123",
            "081200000985 081300000123",
            "0812-0000-0985  +62 813-0000-0123",
            "081200000985\n081300000123",
        ] {
            assert_phones(text, "+6281200000985", Some("+6281300000123"));
        }
    }

    #[test]
    fn a_foreign_number_stays_foreign() {
        for (text, number) in [
            ("+65 8000 1234", "+6580001234"),
            ("006580001234", "+6580001234"),
            ("0016501231234", "+6501231234"),
            ("001 212 555 0123", "+12125550123"),
            ("+1 (212) 555-0123", "+12125550123"),
        ] {
            assert_phones(text, number, None);
        }
    }

    #[test]
    fn an_unread_text_is_compared_by_its_digits() {
        let readable = parse_phones("081200000985").unwrap().first;
        assert_eq!(Some(Phone::from_digits_lossy("WA: +62 812 0000 0985")), readable);
        assert_eq!(Phone::from_digits_lossy("tidak ada"), Phone::from_digits_lossy("-"));
        assert_ne!(Phone::from_digits_lossy(&"9".repeat(40)), Phone::from_digits_lossy("9"));
    }

    #[test]
    fn an_empty_cell_holds_no_number() {
        for text in ["", " ", "-", "\u{a0}", "--"] {
            assert_eq!(parse_phones(text), Ok(Phones::default()), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused_with_its_reason() {
        for (text, error) in [
            ("0812345", PhoneError::TooShort),
            ("0", PhoneError::TooShort),
            ("+651234", PhoneError::TooShort),
            ("12345", PhoneError::TooShort),
            ("081200000985 / 90", PhoneError::TooShort),
            ("08120000098512345", PhoneError::TooLong),
            ("+1234567890123456", PhoneError::TooLong),
            ("1234567890123456", PhoneError::TooLong),
            ("081200000985081300000123", PhoneError::TooLong),
            ("0812000009850813000001230814", PhoneError::TooLong),
            ("081200000985/081300000123/081400000123", PhoneError::TooLong),
            ("0812abc", PhoneError::Letters),
            ("tidak ada", PhoneError::Letters),
            ("6.28123E+12", PhoneError::Rounded),
            ("6,28123E+12", PhoneError::Rounded),
            ("6e12", PhoneError::Rounded),
            ("1234567890", PhoneError::Unknown),
            ("+", PhoneError::Unknown),
            ("++6281200000985", PhoneError::Unknown),
            ("0812#0000985", PhoneError::Unknown),
            ("+081200000985", PhoneError::Unknown),
            ("620081200000985", PhoneError::Unknown),
        ] {
            assert_eq!(parse_phones(text), Err(error), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in "\\PC{0,40}") {
            let _ = (Email::parse(&text), parse_phones(&text));
        }

        #[test]
        fn anything_like_a_contact_is_read_or_refused_without_a_panic(
            mail in "[<']?(mailto:)?[a-zA-Zé.']{0,6}@[a-zA-Zé.-]{0,12}>?",
            phones in "[-+0-9 ()./,;&'eE]{0,30}( atau | or )?[-+0-9 ]{0,20}",
        ) {
            let _ = (Email::parse(&mail), parse_phones(&phones));
        }

        #[test]
        fn a_normalised_address_stays_as_it_is(mail in "[<']{0,2}[a-zA-Z0-9'+.]{1,8}@[a-zA-Zéß0-9-]{1,8}\\.[a-zA-Z]{2,4}>?") {
            if let Ok(address) = Email::parse(&mail) {
                prop_assert_eq!(Email::parse(address.as_str()), Ok(address));
            }
        }

        #[test]
        fn the_quick_check_allows_nothing_that_the_standard_refuses(mail in "[a-z.'+ ]{1,6}@[a-z0-9.@-]{1,12}") {
            if is_ascii_address(&mail) {
                prop_assert!(mail.validate_email());
            }
        }

        #[test]
        fn a_normalised_number_stays_as_it_is(text in "(\\+62|62|0062|0|8|\\+65|001)[0-9]{6,13}") {
            if let Ok(Phones { first: Some(phone), second: None }) = parse_phones(&text) {
                let again = parse_phones(&phone.to_string()).unwrap();
                prop_assert_eq!(again.first, Some(phone));
            }
        }

        #[test]
        fn an_indonesian_number_is_the_same_in_every_spelling(national in "8[1-9][0-9]{6,10}") {
            let expected = format!("+62{national}");
            for prefix in ["+62", "62", "0062", "0", "", "+62 0", "+62 (0)", "'0"] {
                let read = parse_phones(&format!("{prefix}{national}")).unwrap();
                prop_assert_eq!(shown(read.first), Some(expected.clone()));
            }
        }
    }
}
