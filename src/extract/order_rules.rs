//! What an order's status means, and when it was paid.

use crate::extract::kept_rows::{OrderRow, SiteRows};
use crate::extract::order_meta::StatusChange;
use crate::extract::site_time::SiteTime;
use crate::extract::words::Words;

/// The status of an order in the checklist's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Payment {
    /// It is completed.
    Paid,
    /// It is on its way, or waits for money.
    Pending,
    /// It was cancelled.
    Expired,
    /// Its money went back.
    Refunded,
    /// A status that Sejoli does not have: its word is passed on.
    Unknown,
}

impl Payment {
    /// The payment of a status of Sejoli.
    pub(crate) fn of_status(slug: &str) -> Self {
        match slug {
            "completed" => Self::Paid,
            "on-hold" | "payment-confirm" | "in-progress" | "shipping" => Self::Pending,
            "cancelled" => Self::Expired,
            "refunded" => Self::Refunded,
            _ => Self::Unknown,
        }
    }

    /// The word of the checklist.
    pub(crate) fn word(self, slug: &str) -> &str {
        match self {
            Self::Paid => "PAID",
            Self::Pending => "PENDING",
            Self::Expired => "EXPIRED",
            Self::Refunded => "REFUNDED",
            Self::Unknown => slug,
        }
    }

    /// Whether the money was there once.
    pub(crate) fn was_paid(self) -> bool {
        matches!(self, Self::Paid | Self::Refunded)
    }
}

/// Whether an order of this status counts as paid. An order that is paid on delivery is in progress before.
pub(crate) fn is_good(slug: &str, gateway: &str) -> bool {
    slug == "completed" || gateway != "cod" && matches!(slug, "in-progress" | "shipping")
}

/// When an order was paid: where the spell of good statuses that stands has begun.
pub(crate) fn paid_date(order: &OrderRow, rows: &SiteRows, words: &Words) -> Option<SiteTime> {
    let (status, gateway) = (words.get(order.status), words.get(order.gateway));
    let moves = &rows.moves[order.moves.0 as usize..order.moves.1 as usize];
    let good = |slug| is_good(words.get(slug), gateway);
    let enters = |step: &&StatusChange| good(step.to) && !good(step.from);
    let stands = status == "refunded" || moves.last().is_some_and(|last| good(last.to));
    let entry = moves.iter().rposition(|step| enters(&step)).filter(|_| stands);
    if let Some(at) = entry {
        let leads_here = at + 1 == moves.len() && words.get(moves[at].to) == status;
        // The plugin writes the log seconds later, after its mails.
        return if leads_here { order.updated.or(moves[at].at) } else { moves[at].at };
    }
    if status == "refunded" { None } else { order.updated.or(order.created) }
}

/// Whether a buyer's form has set an order back that had been good: anybody can send it, for any order.
pub(crate) fn was_set_back(order: &OrderRow, rows: &SiteRows, words: &Words) -> bool {
    let gateway = words.get(order.gateway);
    let moves = &rows.moves[order.moves.0 as usize..order.moves.1 as usize];
    words.get(order.status) == "payment-confirm"
        && moves.last().is_some_and(|last| is_good(words.get(last.from), gateway))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Money;
    use crate::domain::status::parse_order_status;
    use crate::extract::amount::Amount;
    use crate::extract::order_meta::MetaState;

    /// A slug means the same in an export of the plugin as in the shop's database.
    #[test]
    fn slugs_mean_what_the_exports_words_mean() {
        let slugs =
            ["completed", "on-hold", "payment-confirm", "in-progress", "shipping", "cancelled", "refunded"];
        for slug in slugs {
            let word = Payment::of_status(slug).word(slug);
            assert_ne!(word, slug, "a slug that is known");
            assert_eq!(parse_order_status(word), parse_order_status(slug), "{slug}");
        }
    }

    const CREATED: &[u8] = b"2025-01-01 08:00:00";
    const UPDATED: &[u8] = b"2025-01-09 09:00:00";

    /// The paid date of an order with this status, gateway and log; day of January and statuses of each move.
    fn paid(status: &str, gateway: &str, log: &[(u32, &str, &str)]) -> String {
        let mut words = Words::default();
        let mut rows = SiteRows::default();
        for (day, from, to) in log {
            let at = SiteTime::of_log(format!("{day:02}-01-2025 09:00:05").as_bytes());
            rows.moves.push(StatusChange { at, from: words.of(from), to: words.of(to) });
        }
        let order = OrderRow {
            id: 1,
            created: SiteTime::of_datetime(CREATED),
            updated: SiteTime::of_datetime(UPDATED),
            deleted: None,
            parent: 0,
            product: 1,
            user: 1,
            affiliate: 0,
            coupon: 0,
            gateway: words.of(gateway),
            total: Amount::Exact(Money::ZERO),
            quantity: 1,
            kind: words.of("regular"),
            status: words.of(status),
            state: MetaState::Whole,
            moves: (0, rows.moves.len() as u32),
            unique_code: None,
            wallet: None,
            delivery_phone: None,
            coupon_code: None,
        };
        crate::extract::site_time::cell(paid_date(&order, &rows, &words))
    }

    #[test]
    fn the_spell_that_stands_begins_where_good_was_last_entered() {
        let undone =
            [(2, "on-hold", "completed"), (3, "completed", "on-hold"), (5, "on-hold", "in-progress")];
        let log = [&undone[..], &[(9, "in-progress", "completed")]].concat();
        assert_eq!(paid("completed", "manual", &log), "2025-01-05 09:00:05");
        assert_eq!(
            paid("refunded", "manual", &[(2, "on-hold", "completed"), (9, "completed", "refunded")]),
            "2025-01-02 09:00:05"
        );
    }

    #[test]
    fn an_entry_that_leads_to_the_present_is_dated_by_the_order_itself() {
        let log = [(2, "on-hold", "payment-confirm"), (9, "payment-confirm", "completed")];
        assert_eq!(paid("completed", "manual", &log), "2025-01-09 09:00:00");
    }

    #[test]
    fn paid_on_delivery_means_completed() {
        let log =
            [(2, "in-progress", "shipping"), (7, "shipping", "completed"), (8, "completed", "refunded")];
        assert_eq!(paid("refunded", "cod", &log), "2025-01-07 09:00:05");
        assert_eq!(paid("refunded", "manual", &log), "", "its log does not say when it became good");
    }

    #[test]
    fn without_a_log_a_completed_order_has_its_last_change_and_a_refunded_one_nothing() {
        assert_eq!(paid("completed", "manual", &[]), "2025-01-09 09:00:00");
        assert_eq!(paid("refunded", "manual", &[]), "");
        assert_eq!(paid("completed", "manual", &[(2, "on-hold", "cancelled")]), "2025-01-09 09:00:00");
    }

    #[test]
    fn a_word_that_sejoli_does_not_have_is_passed_on() {
        assert_eq!(Payment::of_status("menunggu-review").word("menunggu-review"), "menunggu-review");
        assert_eq!(Payment::of_status("shipping").word("shipping"), "PENDING");
    }
}
