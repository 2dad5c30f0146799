//! Cells as they may be shown: what is wrong with them stays visible, whom they are about does not (L29).

use crate::domain::privacy::impersonal;
use crate::domain::text::excerpt;

/// Characters of a cell that are shown.
const SHOWN: usize = 40;

/// Fields that say nothing about a person.
const PLAIN: [&str; 27] = [
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

/// Those of them that hold words.
const WORDS: [&str; 6] = ["product_name", "product", "membership", "kind", "status", "payment_status"];

/// A cell of a field for a file or a terminal. A field that is not known to be harmless is masked,
/// unless personal data was asked for; so is an address in any other field.
pub fn shown(field: &str, cell: &str, show_pii: bool) -> String {
    let text = excerpt(cell.trim(), SHOWN);
    if show_pii {
        return text;
    }
    if PLAIN.contains(&field) && !is_anothers(field, &text) {
        return impersonal(&text);
    }
    if field.contains("phone") || field.contains("whatsapp") { digits(&text) } else { words(&text) }
}

/// Where dates, sums and numbers belong, letters alone are another column's: a name, perhaps (L4). What
/// a spreadsheet says of a formula that failed (`#REF!`) is nobody's.
fn is_anothers(field: &str, text: &str) -> bool {
    !WORDS.contains(&field) && !text.starts_with('#') && !text.contains(|sign: char| sign.is_ascii_digit())
}

/// What is said of a cell, with what it quotes of it as it may be shown.
pub fn quoted(field: &str, detail: &str) -> String {
    if !PLAIN.contains(&field) {
        return detail.to_owned();
    }
    let shown = |(at, part): (usize, &str)| match at % 2 == 1 && is_anothers(field, part) {
        true => words(part),
        false => part.to_owned(),
    };
    detail.split('"').enumerate().map(shown).collect::<Vec<_>>().join("\"")
}

/// The first letter of each word: `s*** r*****@e******.o**`.
fn words(text: &str) -> String {
    let mut inside = false;
    let mask = |letter: char| {
        let begins = !std::mem::replace(&mut inside, letter.is_alphanumeric());
        if begins || !letter.is_alphanumeric() { letter } else { '*' }
    };
    text.chars().map(mask).collect()
}

/// The first two digits and the last two: `08********90`.
fn digits(text: &str) -> String {
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
            assert_eq!(shown(field, cell, true), cell.trim(), "{field}");
            assert_eq!(shown(field, cell, false), masked, "{field}");
        }
        assert_eq!(quoted("amount", "\"Siti Ra\": no amount"), "\"S*** R*\": no amount");
        assert_eq!(quoted("amount", "\"1,5 jt\": no amount"), "\"1,5 jt\": no amount");
        assert!(shown("amount", &"9".repeat(100), false).chars().count() <= SHOWN);
    }
}
