//! The statuses of orders and memberships, as closed tables.
//!
//! An unknown word is an error and never a default: a migration in which unknown statuses became "pending"
//! or "failed" has lost money unnoticed (lesson L10, `docs/lessons.md`).

use thiserror::Error;

/// The status of an order's payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderStatus {
    /// Paid and completed. It is the only status that counts as revenue (lesson L11, `docs/lessons.md`).
    Paid,
    /// Not completed yet; Sejoli has several steps on the way, all of which are this status.
    Pending,
    /// Cancelled, or never paid.
    Expired,
    /// Paid and refunded.
    Refunded,
}

/// The status of a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MembershipStatus {
    /// It runs.
    Active,
    /// It has ended.
    Expired,
}

/// Why a cell is no status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub(crate) enum StatusError {
    /// The cell is empty.
    #[error("the status is empty")]
    Empty,
    /// The word is in no table.
    #[error("the status is not a known one")]
    Unknown,
    /// `Menunggu Pembayaran` with a capital P, which the plugin prints for a status that it does not know.
    #[error("the shop printed this status because it did not know the real one")]
    Doubtful,
}

/// The label that the plugin prints for `on-hold`; with a capital P it is its fallback.
const WAITING: &str = "Menunggu pembayaran";

/// Checklist words, then the plugin's slugs, Indonesian and English labels.
const ORDER_WORDS: [(&str, OrderStatus); 24] = [
    ("paid", OrderStatus::Paid),
    ("pending", OrderStatus::Pending),
    ("expired", OrderStatus::Expired),
    ("refunded", OrderStatus::Refunded),
    ("completed", OrderStatus::Paid),
    ("cancelled", OrderStatus::Expired),
    ("on-hold", OrderStatus::Pending),
    ("payment-confirm", OrderStatus::Pending),
    ("in-progress", OrderStatus::Pending),
    ("shipping", OrderStatus::Pending),
    ("selesai", OrderStatus::Paid),
    ("batal", OrderStatus::Expired),
    ("pembayaran dikonfirmasi", OrderStatus::Pending),
    ("pesanan diproses", OrderStatus::Pending),
    ("proses pengiriman", OrderStatus::Pending),
    ("refund", OrderStatus::Refunded),
    ("waiting for payment", OrderStatus::Pending),
    ("payment confirmed", OrderStatus::Pending),
    ("order processed", OrderStatus::Pending),
    ("delivery process", OrderStatus::Pending),
    // Spelled with one l or an underscore by add-ons and by hand.
    ("canceled", OrderStatus::Expired),
    ("on_hold", OrderStatus::Pending),
    ("payment_confirm", OrderStatus::Pending),
    ("in_progress", OrderStatus::Pending),
];

const MEMBERSHIP_WORDS: [(&str, MembershipStatus); 5] = [
    ("active", MembershipStatus::Active),
    ("expired", MembershipStatus::Expired),
    ("aktif", MembershipStatus::Active),
    ("kedaluwarsa", MembershipStatus::Expired),
    ("kadaluarsa", MembershipStatus::Expired),
];

impl OrderStatus {
    /// The checklist's word: `PAID`. The app's webhook log stores the same.
    pub const fn as_str(self) -> &'static str {
        match self {
            OrderStatus::Paid => "PAID",
            OrderStatus::Pending => "PENDING",
            OrderStatus::Expired => "EXPIRED",
            OrderStatus::Refunded => "REFUNDED",
        }
    }
}

impl MembershipStatus {
    /// The word that the app stores: `ACTIVE`.
    pub const fn as_str(self) -> &'static str {
        match self {
            MembershipStatus::Active => "ACTIVE",
            MembershipStatus::Expired => "EXPIRED",
        }
    }
}

/// Reads an order's status: a word of the checklist, or a slug or label (Indonesian or English) of the
/// plugin, in any case.
///
/// # Errors
/// The cell is empty, or its word is unknown or not to be trusted.
pub(crate) fn parse_order_status(text: &str) -> Result<OrderStatus, StatusError> {
    let text = text.trim();
    if text.eq_ignore_ascii_case(WAITING) {
        return waiting(text);
    }
    look_up(text, &ORDER_WORDS)
}

/// The plugin's label for `on-hold` differs from its fallback for unknown statuses in this letter only.
fn waiting(text: &str) -> Result<OrderStatus, StatusError> {
    if text.contains(" p") { Ok(OrderStatus::Pending) } else { Err(StatusError::Doubtful) }
}

/// Reads a membership's status in English or Indonesian, in any case.
///
/// # Errors
/// The cell is empty, or its word is unknown.
pub(crate) fn parse_membership_status(text: &str) -> Result<MembershipStatus, StatusError> {
    look_up(text.trim(), &MEMBERSHIP_WORDS)
}

fn look_up<T: Copy>(text: &str, table: &[(&str, T)]) -> Result<T, StatusError> {
    if text.is_empty() {
        return Err(StatusError::Empty);
    }
    table
        .iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(text))
        .map(|(_, status)| *status)
        .ok_or(StatusError::Unknown)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_word_of_the_tables_is_read_in_any_case() {
        for (word, status) in ORDER_WORDS {
            assert_eq!(parse_order_status(word), Ok(status));
            let shouted = format!("  {}\u{a0}", word.to_uppercase());
            assert_eq!(parse_order_status(&shouted), Ok(status));
        }
        for (word, status) in MEMBERSHIP_WORDS {
            assert_eq!(parse_membership_status(&word.to_uppercase()), Ok(status));
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        use OrderStatus::{Expired, Paid, Pending, Refunded};
        for status in [Paid, Pending, Expired, Refunded] {
            assert_eq!(parse_order_status(status.as_str()), Ok(status));
        }
        for status in [MembershipStatus::Active, MembershipStatus::Expired] {
            assert_eq!(parse_membership_status(status.as_str()), Ok(status));
        }
    }

    #[test]
    fn a_status_the_plugin_did_not_know_is_not_believed() {
        assert_eq!(parse_order_status("Menunggu pembayaran"), Ok(OrderStatus::Pending));
        for doubtful in ["Menunggu Pembayaran", " Menunggu Pembayaran ", "MENUNGGU PEMBAYARAN"] {
            assert_eq!(parse_order_status(doubtful), Err(StatusError::Doubtful));
        }
    }

    /// L10: unknown statuses fell back to PENDING or FAILED.
    #[test]
    fn l10_an_unknown_status_is_never_guessed() {
        for unknown in ["COMPLETE", "lunas", "paid?", "-", "0", "active"] {
            assert_eq!(parse_order_status(unknown), Err(StatusError::Unknown));
        }
        assert_eq!(parse_order_status("  "), Err(StatusError::Empty));
        assert_eq!(parse_membership_status(""), Err(StatusError::Empty));
        assert_eq!(parse_membership_status("paid"), Err(StatusError::Unknown));
    }

    /// L11: cancelled and unpaid orders counted as revenue.
    #[test]
    fn l11_nothing_but_a_completed_order_is_paid() {
        let paid: Vec<_> = ORDER_WORDS
            .iter()
            .filter(|(_, status)| *status == OrderStatus::Paid)
            .map(|(word, _)| *word)
            .collect();
        assert_eq!(paid, ["paid", "completed", "selesai"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in "\\PC{0,24}") {
            let _ = (parse_order_status(&text), parse_membership_status(&text));
        }
    }
}
