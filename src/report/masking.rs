//! Masks what a report says of people, unless it was asked for (L29).

use crate::domain::redaction::{redact_cell, redact_message};
use crate::reconciliation::Reconciliation;
use crate::report::findings::FindingRow;

/// Masks names, addresses and quoted cells.
pub(super) fn mask(reconciliation: &mut Reconciliation, findings: &mut [FindingRow]) {
    for code in &mut reconciliation.codes {
        code.name = redact_cell("affiliate_name", &code.name, false);
        code.notes = without_numbers(&redact_message(&code.notes));
    }
    for high in &mut reconciliation.review.high {
        high.buyer = redact_cell("buyer_email", &high.buyer, false);
    }
    for place in findings.iter_mut().flat_map(|row| &mut row.places) {
        place.reason = without_numbers(&redact_message(&place.reason));
    }
}

/// Hides what may be a phone number in national form: ten digits and more in a row.
fn without_numbers(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut digits = String::new();
    let flush = |digits: &mut String, shown: &mut String| {
        shown.push_str(if digits.len() >= 10 { "***" } else { digits.as_str() });
        digits.clear();
    };
    for letter in text.chars() {
        if letter.is_ascii_digit() {
            digits.push(letter);
        } else {
            flush(&mut digits, &mut shown);
            shown.push(letter);
        }
    }
    flush(&mut digits, &mut shown);
    shown
}

#[cfg(test)]
mod tests {
    use super::without_numbers;

    #[test]
    fn l29_a_phone_number_in_national_form_is_hidden_and_an_order_number_is_not() {
        assert_eq!(without_numbers("081234567890 has order 10153"), "*** has order 10153");
    }
}
