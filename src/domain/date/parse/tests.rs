use chrono::{DateTime, Datelike, NaiveDate};
use proptest::prelude::*;

use super::*;
use crate::domain::date::calendar::civil_from_days;
use crate::domain::date::millis::FOREVER;
use crate::domain::date::serial::shift_serial;

const DAY_FIRST: DateRules =
    DateRules { zone: SourceZone::JAKARTA, order: DateOrder::DayFirst, epoch_1904: false };
const MONTH_FIRST: DateRules =
    DateRules { zone: SourceZone::JAKARTA, order: DateOrder::MonthFirst, epoch_1904: false };

fn read(text: &str) -> Moment {
    parse(text, DAY_FIRST)
        .unwrap_or_else(|error| panic!("{text:?}: {error}"))
        .unwrap_or_else(|| panic!("{text:?} is a date"))
}

fn assert_reads(text: &str, utc: &str, date_only: bool) {
    let moment = read(text);
    assert_eq!(moment.at.to_string(), utc, "{text:?}");
    assert_eq!(moment.date_only, date_only, "{text:?}");
}

#[test]
fn a_date_without_a_time_starts_its_day_in_jakarta() {
    for text in [
        "2025-12-09",
        " 2025-12-09\u{a0}",
        "2025/12/09",
        "2025-12-9",
        "09/12/2025",
        "9-12-2025",
        "09.12.2025",
        "09 Desember 2025",
        "9 Des 2025",
        "9-Des-2025",
        "9 Des. 2025",
        "9\u{a0}DEC\u{a0}2025",
        "December 9, 2025",
        "Dec 9 2025",
        "46000",
        "46000.0",
    ] {
        assert_reads(text, "2025-12-08T17:00:00.000Z", true);
    }
}

#[test]
fn a_time_without_an_offset_is_jakartas() {
    for text in [
        "2025-12-09 14:05:00",
        "2025-12-09T14:05:00",
        "2025-12-09 14:05",
        "2025-12-09 14:05:00.000",
        "2025/12/09 14:05",
        "09/12/2025 14:05",
        "09-12-2025 14:05:00",
        "9/12/2025 14.05",
        "9/12/2025 2:05 PM",
        "9 Des 2025 14:05",
        "9 Desember 2025, 14.05",
        "09 Desember 2025 pukul 14.05 WIB",
        "9 Desember 2025 pukul 14.05.00",
        "December 9, 2025 2:05 pm",
        "December 9, 2025 at 14:05",
        "2025-12-09T07:05:00Z",
        "2025-12-09T07:05:00.000Z",
        "2025-12-09 15:05:00+08:00",
        "2025-12-09 16:05 WIT",
        "2025-12-09 07:05:00+00",
        "2025-12-09T02:35:00-0430",
        "46000.586806",
    ] {
        assert_reads(text, "2025-12-09T07:05:00.000Z", false);
    }
    assert_reads("2025-12-09 14:05:59.1239", "2025-12-09T07:05:59.123Z", false);
    assert_reads("12/9/2025 12:05 AM", "2025-09-11T17:05:00.000Z", false);
}

#[test]
fn every_month_has_its_indonesian_and_english_names() {
    for (index, names) in MONTHS.iter().enumerate() {
        let expected = read(&format!("2024-{:02}-07", index + 1));
        for name in *names {
            assert_eq!(read(&format!("7 {name} 2024")), expected, "{name}");
            let english = format!("{} 7, 2024", name.to_uppercase());
            assert_eq!(read(&english), expected, "{english}");
        }
    }
}

#[test]
fn an_excel_serial_is_read_to_the_nearest_second() {
    assert_reads("44701.608310", "2022-05-20T07:35:58.000Z", false);
    assert_reads("44701,608310", "2022-05-20T07:35:58.000Z", false);
    assert_reads("44701", "2022-05-19T17:00:00.000Z", true);
    assert_reads("44701.999999999999999999999", "2022-05-20T17:00:00.000Z", true);
    assert_eq!(parse("20000", DAY_FIRST), Err(DateError::OutOfRange));
    for other in ["19999", "80001", "899000", "1", "44701.", "44701.5.1"] {
        assert_eq!(parse(other, DAY_FIRST), Err(DateError::Unknown), "{other}");
    }
}

/// L5: zero dates became "now", and the machine's zone moved dates.
#[test]
fn l5_a_zero_date_is_none() {
    for text in [
        "",
        "  ",
        "-",
        "0000-00-00",
        "0000-00-00 00:00:00",
        "0000-00-00T00:00:00",
        "00/00/0000",
        "0000/00/00 00:00",
        "-0001-11-30 00:00:00",
    ] {
        assert_eq!(parse(text, DAY_FIRST), Ok(None), "{text:?}");
    }
}

#[test]
fn the_order_of_day_and_month_is_a_rule_and_doubt_is_told() {
    assert_eq!(read("03/04/2025").at, read("2025-04-03").at);
    let american = parse("03/04/2025", MONTH_FIRST).unwrap().unwrap();
    assert_eq!(american.at, read("2025-03-04").at);
    assert!(american.ambiguous && read("03/04/2025").ambiguous);
    for certain in ["04/04/2025", "31/12/2024", "2025-03-04", "3 April 2025"] {
        assert!(!read(certain).ambiguous, "{certain}");
    }
    assert_eq!(parse("12/31/2024", DAY_FIRST), Err(DateError::Impossible));
    assert_eq!(parse("31/12/2024", MONTH_FIRST), Err(DateError::Impossible));
}

#[test]
fn a_day_that_does_not_exist_is_refused() {
    for text in [
        "31/02/2024",
        "2023-02-29",
        "2100-02-29",
        "2024-13-01",
        "2024-00-10",
        "2024-01-00",
        "31 April 2024",
        "2024-01-01 24:00:00",
        "2024-01-01 10:60",
    ] {
        assert_eq!(parse(text, DAY_FIRST), Err(DateError::Impossible), "{text}");
    }
    assert!(parse("2024-02-29", DAY_FIRST).is_ok());
}

#[test]
fn years_outside_two_centuries_are_refused() {
    for text in ["1999-12-31", "1970-01-01 00:00:00", "2201-01-01", "31/12/9999"] {
        assert_eq!(parse(text, DAY_FIRST), Err(DateError::OutOfRange), "{text}");
    }
    assert_eq!(read("2099-12-31").end_of_day().to_string(), "2099-12-31T16:59:59.999Z");
    assert!(parse("2200-12-31", DAY_FIRST).is_ok());
}

#[test]
fn l22_every_far_end_is_the_one_lifetime() {
    let end = |text: &str| parse_end(text, DAY_FIRST).unwrap().unwrap().end_of_period(DAY_FIRST.zone);
    for text in [
        "2099-12-31",
        "2099-12-31 23:59:59",
        "2099-12-31T23:59:59.999Z",
        "2099-01-01",
        "31/12/9999",
        "9999-12-31 23:59:59",
        "2124-05-06 10:00:00",
        "73050",
    ] {
        assert_eq!(end(text), FOREVER, "{text}");
    }
    assert_eq!(end("2098-12-31").to_string(), "2098-12-31T16:59:59.999Z");
    assert_eq!(end("2098-12-31 23:59:59").to_string(), "2098-12-31T16:59:59.000Z");
    assert_eq!(parse_end("1999-12-31", DAY_FIRST), Err(DateError::OutOfRange));
}

#[test]
fn what_is_no_date_is_unknown() {
    for text in [
        "yesterday",
        "9 Des 25",
        "31/12/24",
        "Foo 9, 2025",
        "2024-12",
        "20241231",
        "2024-12/31",
        "2024-12-31x",
        "2024-12-3114:05",
        "2024-12-31 14",
        "2024-12-31 14:5",
        "2024-12-31 14:05 MEZ",
        "2024-12-31 14:05:00+25:00",
        "2024-12-31 14:05 PM",
        "Desember 2025",
        "２０２４-１２-３１",
    ] {
        assert_eq!(parse(text, DAY_FIRST), Err(DateError::Unknown), "{text:?}");
    }
}

/// L23: a date-only expiry is the end of that day in Jakarta.
#[test]
fn l23_a_day_ends_at_its_last_millisecond_in_jakarta() {
    let day = read("2025-12-09");
    assert_eq!(day.end_of_day().to_string(), "2025-12-09T16:59:59.999Z");
    let timed = read("2025-12-09 08:00:00");
    assert_eq!(timed.end_of_day(), timed.at);
}

/// L22: lifetime had five representations side by side.
#[test]
fn l22_forever_has_one_representation() {
    assert_eq!(FOREVER.to_string(), "2099-12-31T23:59:59.999Z");
    assert_eq!(Millis::parse_rfc3339("2099-12-31T23:59:59.999Z"), Some(FOREVER));
}

#[test]
fn a_zone_is_a_name_or_an_offset() {
    for (text, shown) in [
        ("Asia/Jakarta", "Asia/Jakarta"),
        ("asia/pontianak", "Asia/Jakarta"),
        ("Asia/Makassar", "Asia/Makassar"),
        ("Asia/Jayapura", "Asia/Jayapura"),
        ("UTC", "UTC"),
        ("+07:00", "Asia/Jakarta"),
        ("-03:30", "-03:30"),
    ] {
        let zone: SourceZone = text.parse().unwrap();
        assert_eq!(zone.to_string(), shown);
    }
    for refused in ["", "Europe/Berlin", "7", "+7:00", "+99:00", "+07:00x"] {
        let error = refused.parse::<SourceZone>().unwrap_err();
        assert!(error.to_string().contains("Asia/Jakarta"), "{error}");
    }
}

#[test]
fn the_zone_of_the_rules_places_a_local_time() {
    let rules = DateRules { zone: "Asia/Jayapura".parse().unwrap(), ..DateRules::default() };
    let moment = parse("2025-12-09 09:00:00", rules).unwrap().unwrap();
    assert_eq!(moment.at.to_string(), "2025-12-09T00:00:00.000Z");
}

#[test]
fn milliseconds_are_serialised_as_rfc_3339() {
    let json = serde_json::to_string(&Millis(1_611_308_058_000)).unwrap();
    assert_eq!(json, r#""2021-01-22T09:34:18.000Z""#);
    assert_eq!(Millis(-1).to_string(), "1969-12-31T23:59:59.999Z");
}

#[test]
fn a_day_number_of_one_epoch_is_written_in_the_other() {
    assert_eq!(shift_serial(" 44195.5 ", DAYS_TO_1904).as_deref(), Some("45657.5"));
    for cell in ["", "2024-12-31", "441955", "x"] {
        assert_eq!(shift_serial(cell, DAYS_TO_1904), None, "{cell}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_without_a_panic(text in "\\PC{0,32}") {
        let _ = (parse(&text, DAY_FIRST), parse(&text, MONTH_FIRST), text.parse::<SourceZone>());
    }

    #[test]
    fn anything_like_a_date_is_read_or_refused_without_a_panic(
        text in "[0-9]{1,5}[-/. ,]([0-9]{1,3}|Des|Mei)[-/. ,][0-9]{1,5}[ T,é]?[0-9]{0,2}[:.]?[0-9]{0,3}[-+Z:.0-9a-z ]{0,9}"
    ) {
        let _ = (parse(&text, DAY_FIRST), parse(&text, MONTH_FIRST));
    }

    #[test]
    fn days_are_counted_as_the_calendar_does(days in -200_000_i32..200_000) {
        let date = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + chrono::Duration::days(days.into());
        let (year, month, day) = (date.year().into(), date.month().into(), date.day().into());
        prop_assert_eq!(days_from_civil(year, month, day), Some(days.into()));
        prop_assert_eq!(civil_from_days(days.into()), Some((year, month, day)));
    }

    #[test]
    fn a_moment_is_the_same_in_every_form(seconds in 946_684_800_i64..7_258_000_000) {
        let local = DateTime::from_timestamp(seconds, 0).unwrap().naive_utc();
        let at = Millis((seconds - 7 * 3600) * 1000);
        for form in ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M:%S", "%d-%m-%Y %H.%M.%S",
            "%Y/%m/%d %H:%M:%S", "%-d %B %Y %H:%M:%S", "%b %-d, %Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S.000+07:00",
            "%d/%m/%Y %I:%M:%S %p"] {
            let text = local.format(form).to_string();
            let moment = parse(&text, DAY_FIRST).unwrap().unwrap();
            prop_assert_eq!(moment.at, at, "{}", text);
            prop_assert!(!moment.date_only);
        }
    }

    #[test]
    fn rfc_3339_comes_back_as_it_was(ms in -62_135_596_800_000_i64..253_402_300_800_000) {
        prop_assert_eq!(Millis::parse_rfc3339(&Millis(ms).to_string()), Some(Millis(ms)));
    }

    #[test]
    fn the_two_forms_of_the_exports_agree_with_the_calendar(year in 2000_i32..=2200, month in 0_u32..14, day in 0_u32..33) {
        let read = parse(&format!("{year}-{month:02}-{day:02}"), DAY_FIRST);
        prop_assert_eq!(read.is_ok(), NaiveDate::from_ymd_opt(year, month, day).is_some());
    }
}
