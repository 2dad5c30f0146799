use proptest::prelude::*;

use super::*;

fn shown(phone: Option<Phone>) -> Option<String> {
    phone.map(|phone| phone.to_string())
}

fn assert_phones(text: &str, first: &str, second: Option<&str>) {
    let phones = parse_phones(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    assert_eq!(shown(phones.first).as_deref(), Some(first), "{text:?}");
    assert_eq!(shown(phones.second).as_deref(), second, "{text:?}");
}

/// L29: customer data stood in logs.
#[test]
fn l29_a_masked_or_debugged_number_does_not_tell_who_it_is() {
    let phone = parse_phones("081200000985").unwrap().first.unwrap();
    assert_eq!(phone.masked(), "+62***985");
    assert_eq!(format!("{phone:?}"), "Phone(+62***985)");
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
        let _ = parse_phones(&text);
    }

    #[test]
    fn anything_like_a_number_is_read_or_refused_without_a_panic(
        text in "[-+0-9 ()./,;&'eE]{0,30}( atau | or )?[-+0-9 ]{0,20}",
    ) {
        let _ = parse_phones(&text);
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
