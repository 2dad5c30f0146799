//! Numbers, phones and dates as Sejoli and its people write them.

use super::DAY;

/// 1970-01-01 as a serial number of Excel's 1900 epoch.
pub(super) const EXCEL_1970: i64 = 25_569;

pub(super) fn push_integer(out: &mut String, value: u64) {
    let mut digits = [0_u8; 20];
    let mut start = digits.len();
    let mut rest = value;
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend(digits[start..].iter().map(|&digit| char::from(digit)));
}

pub(super) fn push_two(out: &mut String, value: i64) {
    out.push(char::from(b'0' + (value / 10 % 10) as u8));
    out.push(char::from(b'0' + (value % 10) as u8));
}

/// `150000`, `150000.5` or `150000.05`, as the plugin prints it: no needless decimals.
pub(super) fn push_money(out: &mut String, minor: i64) {
    push_integer(out, (minor / 100) as u64);
    let sen = minor % 100;
    if sen != 0 {
        out.push('.');
        push_two(out, sen);
        if sen % 10 == 0 {
            out.pop();
        }
    }
}

/// With a separator of thousands and, if asked for, a separator and two decimals.
pub(super) fn grouped(minor: i64, thousands: char, decimals: Option<char>) -> String {
    let whole = (minor / 100).to_string();
    let mut out = String::new();
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            out.push(thousands);
        }
        out.push(digit);
    }
    if let Some(separator) = decimals {
        out.push(separator);
        push_two(&mut out, minor % 100);
    }
    out
}

/// The seven ways in which people write one number.
pub(super) fn push_phone(out: &mut String, national: u64, way: u64) {
    match way {
        0 | 5 => out.push('0'),
        1 => out.push_str("+62"),
        2 => out.push_str("+62 "),
        3 => out.push_str("62-"),
        6 => out.push_str("62"),
        _ => {}
    }
    let start = out.len();
    push_integer(out, national);
    if way == 2 || way == 5 {
        out.insert(start + 7, '-');
        out.insert(start + 3, '-');
    }
}

/// Year, month and day of a day since 1970-01-01.
pub(super) fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

pub(super) fn push_date(out: &mut String, day: i64) {
    let (year, month, day) = civil(day);
    push_integer(out, year as u64);
    out.push('-');
    push_two(out, month);
    out.push('-');
    push_two(out, day);
}

pub(super) fn push_clock(out: &mut String, at: i64, seconds: bool) {
    let second = at.rem_euclid(DAY);
    push_two(out, second / 3_600);
    out.push(':');
    push_two(out, second / 60 % 60);
    if seconds {
        out.push(':');
        push_two(out, second % 60);
    }
}

pub(super) fn push_time(out: &mut String, at: i64) {
    push_date(out, at.div_euclid(DAY));
    out.push(' ');
    push_clock(out, at, true);
}

pub(super) fn day_month_year(day: i64) -> String {
    let (year, month, day) = civil(day);
    format!("{day:02}/{month:02}/{year}")
}

/// Six decimals of a day are a tenth of a second: rounding gives the second back.
pub(super) fn date_excel_serial(at: i64) -> String {
    let day = at.div_euclid(DAY) + EXCEL_1970;
    let millionths = (at.rem_euclid(DAY) * 1_000_000 + DAY / 2) / DAY;
    format!("{day}.{millionths:06}")
}

pub(super) fn date_indonesian(at: i64) -> String {
    const MONTHS: [&str; 12] = [
        "Januari",
        "Februari",
        "Maret",
        "April",
        "Mei",
        "Juni",
        "Juli",
        "Agustus",
        "September",
        "Oktober",
        "November",
        "Desember",
    ];
    let (year, month, day) = civil(at.div_euclid(DAY));
    let mut text = format!("{day:02} {} {year} ", MONTHS[(month - 1) as usize]);
    push_clock(&mut text, at, false);
    text
}
