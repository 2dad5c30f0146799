//! Memberships, and how renewals merge into one (lessons L22 to L24, `docs/lessons.md`).

use crate::domain::cell_reader::{CellReader, CellRules, Parsed};
use crate::domain::contact::Email;
use crate::domain::date::{FOREVER, Millis};
use crate::domain::detail::Detail;
use crate::domain::export_fields::MembershipCells;
use crate::domain::finding::Code;
use crate::domain::money::Money;
use crate::domain::status;
use crate::domain::status::MembershipStatus;
use crate::domain::text;
use crate::language::tr;

/// One row of an export of memberships: a first purchase or a renewal.
#[derive(Clone, Debug, PartialEq)]
pub struct Membership {
    /// Sejoli's number of the row.
    pub id: String,
    /// The member's e-mail address.
    pub email: Email,
    /// Sejoli's product number.
    pub product_id: String,
    /// Its beginning.
    pub start: Millis,
    /// Its end; [`FOREVER`] for a lifetime, which an empty cell and any date from 2099 on stand for (lesson L22). A
    /// date without a time is the end of that day.
    pub end: Millis,
    /// The status in the file; the end date decides which one is written.
    pub status: MembershipStatus,
    /// The price.
    pub price: Option<Money>,
    /// The order with which it was bought.
    pub order_id: Option<String>,
}

/// The status that a membership has at `now`; its end alone decides (lesson L23).
pub(crate) fn status_at(end: Millis, now: Millis) -> MembershipStatus {
    if end > now { MembershipStatus::Active } else { MembershipStatus::Expired }
}

/// Reads a membership from the cells of its row. `now` is the time for which the status is checked.
pub(crate) fn parse(cells: &MembershipCells<'_>, rules: CellRules, now: Millis) -> Parsed<Membership> {
    let mut reader = CellReader::default();
    let price = reader.amount("price", cells.price, rules.money);
    let record = read(cells, rules, now, price, &mut reader);
    let is_unreadable = price.is_none() && reader.has("price");
    let amount = (!is_unreadable).then_some(price.unwrap_or(Money::ZERO));
    Parsed { record, findings: reader.findings, amount }
}

fn read(
    cells: &MembershipCells<'_>,
    rules: CellRules,
    now: Millis,
    price: Option<Money>,
    reader: &mut CellReader,
) -> Option<Membership> {
    let id = reader.required_id("membership_id", cells.membership_id);
    let email = reader.email("user_email", cells.user_email);
    if email.is_none() && !reader.has("user_email") {
        reader.note(Code::RequiredMissing, "user_email", "");
    }
    let product_id = reader.required_id("product_id", cells.product_id);
    let start = reader.required_date("start_date", cells.start_date, rules.dates);
    let end = reader.end_date("expiry_date", cells.expiry_date, rules.dates);
    let end_read = end.is_some() || !reader.has("expiry_date");
    let status = read_status(cells.status, reader);
    let order_id = reader.optional_id("order_id", cells.order_id);
    let (email, start, status) = (email?, start?.at, status?);
    if !end_read {
        return None;
    }
    let end = end.map_or(FOREVER, |moment| moment.end_of_period(rules.dates.zone));
    if end < start {
        reader.note(Code::DatesContradict, "expiry_date", "");
    }
    let by_date = status_at(end, now);
    if by_date != status {
        let detail = Detail::said(|| tr!("file {}, by its end {}", status.as_str(), by_date.as_str()));
        reader.note(Code::StatusContradictsDates, "status", detail);
    }
    Some(Membership { id, email, product_id, start, end, status, price, order_id })
}

fn read_status(cell: &str, reader: &mut CellReader) -> Option<MembershipStatus> {
    match status::parse_membership_status(cell) {
        Ok(status) => Some(status),
        Err(status::StatusError::Empty) => {
            reader.note(Code::RequiredMissing, "status", "");
            None
        }
        Err(_) => {
            reader.note(Code::StatusUnknown, "status", text::excerpt(cell, 30));
            None
        }
    }
}

/// The part of a membership's row that merging needs. Periods are ordered by their end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    /// Its end. It is the first field, so that the latest period is the greatest.
    pub end: Millis,
    /// Its beginning.
    pub start: Millis,
    /// Sejoli's number of the row.
    pub id: String,
    /// The price.
    pub price: Option<Money>,
    /// The order with which it was bought.
    pub order_id: Option<String>,
    /// When an import first saw that this order was refunded, also where the period was over by then: its end may be
    /// corrected later. The exports do not say when it happened.
    pub refunded_at: Option<Millis>,
}

impl Period {
    /// The period as it counts: a refund ends it, and it begins no later than it ends.
    fn effective(&self) -> Self {
        let end = self.refunded_at.map_or(self.end, |refunded_at| refunded_at.min(self.end));
        Self { end, start: self.start.min(end), ..self.clone() }
    }

    /// The period with what is known of a refund of its order: the time at which one was seen first stays.
    #[must_use]
    pub(crate) fn with_refund(self, is_refunded: bool, known_since: Option<Millis>, as_of: Millis) -> Self {
        let seen_at = known_since.unwrap_or(as_of);
        Self { refunded_at: is_refunded.then_some(seen_at), ..self }
    }
}

impl From<&Membership> for Period {
    fn from(membership: &Membership) -> Self {
        Self {
            end: membership.end,
            start: membership.start,
            id: membership.id.clone(),
            price: membership.price,
            order_id: membership.order_id.clone(),
            refunded_at: None,
        }
    }
}

/// All periods of one person's membership, merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MergedMembership {
    /// The earliest start.
    pub start: Millis,
    /// The latest end.
    pub end: Millis,
    /// The price of the last period.
    pub price: Option<Money>,
    /// Sejoli's number of the last period.
    pub id: String,
    /// The orders, the latest period's first.
    pub order_ids: Vec<String>,
}

/// Merges periods: earliest start, latest end, price of the last one (lesson L24); a refund ends a period. `None` for no
/// periods.
pub(crate) fn merge(periods: &[Period]) -> Option<MergedMembership> {
    let mut sorted: Vec<Period> = periods.iter().map(Period::effective).collect();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    let last = sorted.first()?;
    Some(MergedMembership {
        start: sorted.iter().map(|period| period.start).min()?,
        end: last.end,
        price: last.price,
        id: last.id.clone(),
        order_ids: sorted.iter().filter_map(|period| period.order_id.clone()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn period(id: &str, start: i64, end: i64) -> Period {
        Period {
            id: id.into(),
            start: Millis(start),
            end: Millis(end),
            price: Some(Money::rupiah(end)),
            order_id: Some(format!("o{id}")),
            refunded_at: None,
        }
    }

    #[test]
    fn l24_a_renewal_extends_the_membership() {
        let merged = merge(&[period("1", 10, 20), period("2", 15, 40), period("3", 12, 30)]).unwrap();
        assert_eq!((merged.start, merged.end), (Millis(10), Millis(40)));
        assert_eq!(merged.price, Some(Money::rupiah(40)));
        assert_eq!(merged.order_ids, ["o2", "o3", "o1"]);
    }

    #[test]
    fn a_refund_ends_a_period_when_it_was_seen_first() {
        let running = period("1", 10, 40);
        assert_eq!(running.clone().with_refund(false, None, Millis(20)), running);
        let refunded = running.with_refund(true, None, Millis(20));
        assert_eq!(refunded.refunded_at, Some(Millis(20)));
        let later = refunded.clone().with_refund(true, refunded.refunded_at, Millis(30));
        assert_eq!(later, refunded, "a later import leaves it at that");
        let merged = merge(&[refunded.clone(), period("2", 5, 15)]).unwrap();
        assert_eq!((merged.start, merged.end, merged.id.as_str()), (Millis(5), Millis(20), "1"));
        assert_eq!(merge(&[refunded, period("2", 5, 25)]).unwrap().id, "2");
    }

    #[test]
    fn a_refund_changes_nothing_of_a_period_that_was_over_and_voids_one_that_has_not_begun() {
        let over = period("1", 10, 20).with_refund(true, None, Millis(30));
        assert_eq!(merge(std::slice::from_ref(&over)), merge(&[period("1", 10, 20)]));
        let runs_longer = Period { end: Millis(90), ..over.clone() };
        let later = runs_longer.with_refund(true, over.refunded_at, Millis(50));
        assert_eq!(
            merge(&[later]).unwrap().end,
            Millis(30),
            "the refund was seen before the end was corrected"
        );
        let ahead = merge(&[period("1", 30, 40).with_refund(true, None, Millis(20))]).unwrap();
        assert_eq!((ahead.start, ahead.end), (Millis(20), Millis(20)));
    }

    #[test]
    fn l23_the_end_date_decides_the_status() {
        assert_eq!(status_at(Millis(10), Millis(10)), MembershipStatus::Expired);
        assert_eq!(status_at(Millis(11), Millis(10)), MembershipStatus::Active);
    }

    proptest! {
        #[test]
        fn the_order_of_the_rows_does_not_matter(ends in prop::collection::vec((0i64..99, 0i64..99), 1..8)) {
            let periods: Vec<Period> = ends.iter().enumerate()
                .map(|(at, &(start, end))| period(&at.to_string(), start, start + end)).collect();
            let mut reversed = periods.clone();
            reversed.reverse();
            prop_assert_eq!(merge(&periods), merge(&reversed));
        }
    }
}
