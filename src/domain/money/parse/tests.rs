use proptest::prelude::*;

use super::MoneyStyle::{Checklist, Native};
use super::*;

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
        assert_eq!(parse_rate(text), Ok(Rate::from_hundredths(hundredths)), "{text:?}");
    }
    assert_eq!(Rate::from_hundredths(3000).plain(), "30");
    assert_eq!(Rate::from_hundredths(1250).plain(), "12.5");
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
