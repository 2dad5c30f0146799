//! Removes personal data from what is logged, printed or written to a report (lesson L29, `docs/lessons.md`).
//!
//! [`redact_message`] works on free text, such as an error of a database; [`redact_cell`] works on one cell,
//! whose column tells what it may hold.

use crate::domain::text::excerpt;

/// Replaces e-mail addresses, phone numbers in international form and the values that a database quotes
/// in its errors by `***`.
pub fn redact_message(message: &str) -> String {
    if !message.contains(['@', '+', '\'', '"']) {
        return message.to_owned();
    }
    let mut text = message.to_owned();
    for (before, quote) in QUOTED_VALUES {
        text = without_value(&text, before, quote);
    }
    let mut shown = String::with_capacity(text.len());
    for word in text.split_inclusive(is_word_boundary) {
        let bare = word.trim_end_matches(is_word_boundary);
        // `user@host` in a URL is no e-mail address.
        let in_url = shown.ends_with("//");
        let hidden = if !in_url && is_address(bare) || is_phone(bare) { "***" } else { bare };
        shown.push_str(hidden);
        shown.push_str(&word[bare.len()..]);
    }
    shown
}

/// The words with which the databases introduce a quoted value, and the quote.
const QUOTED_VALUES: [(&str, char); 6] = [
    ("entry ", '\''),
    ("value: ", '\''),
    ("value ", '\''),
    ("type uuid: ", '"'),
    ("type integer: ", '"'),
    ("type numeric: ", '"'),
];

fn without_value(text: &str, before: &str, quote: char) -> String {
    let start = format!("{before}{quote}");
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once(&start) {
        // The databases do not escape the quotes in a value: it ends where the last one is followed by words.
        let end = tail.rfind(&format!("{quote} for ")).or_else(|| tail.find(quote)).unwrap_or(tail.len());
        shown.push_str(head);
        shown.push_str(&start);
        shown.push_str("***");
        rest = &tail[end..];
    }
    shown.push_str(rest);
    shown
}

fn is_word_boundary(sign: char) -> bool {
    sign.is_whitespace()
        || matches!(sign, '"' | '\'' | '<' | '>' | '(' | ')' | ',' | ';' | ':' | '=' | '/' | '`')
}

fn is_address(word: &str) -> bool {
    word.split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !local.contains('*'))
}

fn is_phone(word: &str) -> bool {
    let digits = word.strip_prefix('+').unwrap_or_default();
    digits.len() >= 8 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

const MAX_SHOWN_CHARS: usize = 40;

/// Fields that hold no personal data. Every other field is masked.
const IMPERSONAL_FIELDS: [&str; 38] = [
    "order_id",
    "order_date",
    "product_id",
    "product_name",
    "amount",
    "paid_amount",
    "payment_status",
    "paid_date",
    "expiry_date",
    "affiliate_code",
    "affiliate_commission_rate",
    "affiliate_commission_amount",
    "affiliate_commission_status",
    "affiliate_commission_paid",
    "id",
    "tier",
    "paid",
    "created",
    "updated",
    "coupon",
    "unique_code",
    "wallet_used",
    "payment_gateway",
    "membership_id",
    "start_date",
    "status",
    "price",
    "commission_rate",
    "total_referrals",
    "total_commissions",
    "total_paid",
    "join_date",
    "inv",
    "product",
    "created_at",
    "quantity",
    "kind",
    "membership",
];

/// The fields among [`IMPERSONAL_FIELDS`] that hold words; the others hold numbers or dates.
const WORD_FIELDS: [&str; 8] = [
    "product_name",
    "product",
    "membership",
    "kind",
    "status",
    "payment_status",
    "affiliate_commission_status",
    "affiliate_commission_paid",
];

/// The first 40 characters of a cell, masked if its field may hold personal data.
///
/// In other fields an e-mail address or a name that a shifted column has brought there is masked, too.
/// `show_pii` turns masking off.
pub fn redact_cell(field: &str, cell: &str, show_pii: bool) -> String {
    let text = excerpt(cell.trim(), MAX_SHOWN_CHARS);
    if show_pii {
        return text;
    }
    if IMPERSONAL_FIELDS.contains(&field) && !belongs_to_another_column(field, &text) {
        return redact_message(&text);
    }
    if field.contains("phone") || field.contains("whatsapp") { mask_digits(&text) } else { mask_words(&text) }
}

/// Letters where a date or a number belongs come from a shifted column (lesson L4) and may be a name. An error
/// of a spreadsheet, such as `#REF!`, is none.
fn belongs_to_another_column(field: &str, text: &str) -> bool {
    !WORD_FIELDS.contains(&field)
        && !text.starts_with('#')
        && !text.contains(|sign: char| sign.is_ascii_digit())
}

/// Masks what a message quotes of a cell of `field`, if it is not what belongs into that field.
pub fn redact_quoted_cells(field: &str, detail: &str) -> String {
    if !IMPERSONAL_FIELDS.contains(&field) {
        return detail.to_owned();
    }
    let shown = |(at, part): (usize, &str)| match at % 2 == 1 && belongs_to_another_column(field, part) {
        true => mask_words(part),
        false => part.to_owned(),
    };
    detail.split('"').enumerate().map(shown).collect::<Vec<_>>().join("\"")
}

/// Keeps the first letter of each word: `s*** r*****@e******.o**`.
fn mask_words(text: &str) -> String {
    let mut inside = false;
    let mask = |letter: char| {
        let begins = !std::mem::replace(&mut inside, letter.is_alphanumeric());
        if begins || !letter.is_alphanumeric() { letter } else { '*' }
    };
    text.chars().map(mask).collect()
}

/// Keeps the first two and the last two digits: `08********90`.
fn mask_digits(text: &str) -> String {
    let count = text.chars().filter(char::is_ascii_digit).count();
    let mut at = 0;
    let mask = |letter: char| {
        if !letter.is_ascii_digit() {
            return if letter.is_alphabetic() && letter != 'E' && letter != 'e' { '*' } else { letter };
        }
        at += 1;
        if at <= 2 || at + 2 > count { letter } else { '*' }
    };
    text.chars().map(mask).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l29_a_message_does_not_tell_whom_it_is_about() {
        for (message, shown) in [
            (
                "Duplicate entry 'rina@example.org' for key 'User_email_key'",
                "Duplicate entry '***' for key 'User_email_key'",
            ),
            ("Duplicate entry 'Nama d'Ambar' for key 'one_name'", "Duplicate entry '***' for key 'one_name'"),
            (
                "Incorrect string value: '\\xF0' for column 'name'",
                "Incorrect string value: '***' for column 'name'",
            ),
            ("sent to rina@example.org, +6281234567890 (twice)", "sent to ***, *** (twice)"),
            ("\"kemarin rina@exam…\"", "\"kemarin ***\""),
            ("mysql://shop:***@127.0.0.1:1/app: refused", "mysql://shop:***@127.0.0.1:1/app: refused"),
            ("postgresql://shop@127.0.0.1:1/app: refused", "postgresql://shop@127.0.0.1:1/app: refused"),
            (
                "run 20260101-013000123-a1b2c3, 127.0.0.1:5432",
                "run 20260101-013000123-a1b2c3, 127.0.0.1:5432",
            ),
            ("UNIQUE constraint failed: User.email", "UNIQUE constraint failed: User.email"),
        ] {
            assert_eq!(redact_message(message), shown);
        }
    }

    #[test]
    fn l29_a_masked_cell_shows_what_is_wrong_and_not_who_it_is() {
        for (field, cell, masked) in [
            ("amount", " 1,5 jt ", "1,5 jt"),
            ("order_date", "31/02/2024", "31/02/2024"),
            ("order_date", "01/02/2024 siti@example.org", "01/02/2024 ***"),
            ("order_date", "Siti Rahayu", "S*** R*****"),
            ("amount", "siti@example.org", "s***@e******.o**"),
            ("amount", "#REF!", "#REF!"),
            ("payment_status", "tunda?", "tunda?"),
            ("product_name", "Buku Saku", "Buku Saku"),
            ("buyer_email", "siti rahayu@example.org", "s*** r*****@e******.o**"),
            ("buyer_email", "siti@@gmial.com", "s***@@g****.c**"),
            ("buyer_phone", "0812-3456", "08**-**56"),
            ("buyer_phone", "6.28123E+12", "6.2****E+12"),
            ("buyer_phone", "tidak ada", "***** ***"),
            ("buyer_name", "Siti Rahayu", "S*** R*****"),
            ("bank_info", "BCA 1234567890", "B** 1*********"),
            ("buyer_email", "", ""),
        ] {
            assert_eq!(redact_cell(field, cell, true), cell.trim(), "{field}");
            assert_eq!(redact_cell(field, cell, false), masked, "{field}");
        }
        assert_eq!(redact_quoted_cells("amount", "\"Siti Ra\": no amount"), "\"S*** R*\": no amount");
        assert_eq!(redact_quoted_cells("amount", "\"1,5 jt\": no amount"), "\"1,5 jt\": no amount");
        assert!(redact_cell("amount", &"9".repeat(100), false).chars().count() <= MAX_SHOWN_CHARS);
    }
}
