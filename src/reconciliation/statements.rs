//! The statements, from the source's gross to what may be requested.

use crate::domain::money::Money;
use crate::reconciliation::affiliates::{CodeRow, PersonRow};
use crate::reconciliation::breakdown::OrderSums;
use crate::reconciliation::commission_sums::CommissionSums;
use crate::reconciliation::higher_tiers::HigherTierSums;
use crate::reconciliation::statement::{CountUnit, ReconciliationStatement};
use crate::reconciliation::tally::Tally;
use crate::reconciliation::waiting::WaitingRows;

/// Sums that the database was asked for again, in other questions than those that the steps come from.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MeasuredSums {
    /// All imported orders.
    pub(super) imported: Tally,
    /// The paid ones.
    pub(super) paid: Tally,
    /// The commission that these have recorded.
    pub(super) recorded: Tally,
    /// The conversions of imported orders.
    pub(super) conversions: Tally,
    /// What the imports' ledgers have of tiers above the first.
    pub(super) higher_tiers: Tally,
    /// What is settled as earned, by the number of conversions.
    pub(super) earned: Tally,
    /// What the imports' entries in the ledgers come to.
    pub(super) ledger: Money,
}

/// From the source's gross to the revenue.
pub(super) fn orders(
    waiting: &WaitingRows,
    orders: &OrderSums,
    measured: &MeasuredSums,
) -> ReconciliationStatement {
    let gross = waiting.all() + orders.all;
    let mut statement = ReconciliationStatement::begin("orders", CountUnit::Orders, "gross", gross);
    statement.minus("rejected", waiting.rejected);
    statement.minus("held", waiting.held);
    let unreadable = Tally { count: waiting.unreadable, ..Tally::default() };
    statement.minus("unreadable", unreadable);
    statement.total("imported", measured.imported);
    statement.minus("pending", orders.pending);
    statement.minus("expired", orders.expired);
    statement.minus("refunded", orders.refunded);
    statement.minus_if_any("other_status", orders.other);
    statement.total("paid", measured.paid);
    statement.minus("free", Tally { count: orders.free, ..Tally::default() });
    let priced = Tally { count: measured.paid.count - orders.free, amount: measured.paid.amount };
    statement.total("revenue", priced);
    statement.mark(&["rejected", "held", "unreadable"]);
    statement
}

/// From what Sejoli lists above the first tier to what the ledgers have of it; none where there is neither.
pub(super) fn higher_tiers(
    sums: &HigherTierSums,
    measured: &MeasuredSums,
) -> Option<ReconciliationStatement> {
    if sums.all.is_zero() && measured.higher_tiers.is_zero() {
        return None;
    }
    let mut statement =
        ReconciliationStatement::begin("upper_tiers", CountUnit::Commissions, "tiers_listed", sums.all);
    statement.minus("not_added", sums.not_added);
    statement.minus("order_missing", sums.order_missing);
    statement.minus("order_unpaid", sums.order_unpaid);
    statement.minus_if_any("without_amount", sums.without_amount);
    statement.minus("unknown_affiliate", sums.unknown);
    statement.minus("pending_affiliate", sums.pending);
    statement.minus_if_any("refused_affiliate", sums.refused);
    statement.minus_if_any("uncredited", sums.uncredited);
    statement.total("tiers_above_one", measured.higher_tiers);
    statement.mark(&["order_missing", "unknown_affiliate", "pending_affiliate", "uncredited"]);
    Some(statement)
}

/// From the paid orders to what affiliates have earned.
pub(super) fn commission(sums: &CommissionSums, measured: &MeasuredSums) -> ReconciliationStatement {
    let mut statement =
        ReconciliationStatement::begin("commission", CountUnit::Commissions, "paid", measured.paid);
    statement.minus("without_commission", sums.orders_without);
    statement.minus("shops_part", Tally::amount(sums.shops_part));
    statement.total("recorded", measured.recorded);
    statement.minus("without_code", sums.without_code);
    statement.minus("unknown_affiliate", sums.unknown);
    statement.minus("pending_affiliate", sums.pending);
    statement.minus_if_any("refused_affiliate", sums.refused);
    statement.minus_if_any("uncredited", sums.uncredited);
    statement.minus_if_any("changed_from", sums.changed_from);
    statement.plus_if_any("changed_to", sums.changed_to);
    statement.plus_if_any("of_unpaid", sums.of_unpaid);
    statement.total("conversions", measured.conversions);
    statement.minus_if_any("of_unpaid", sums.of_unpaid);
    statement.minus_if_any("by_app", sums.by_app);
    statement.minus_if_any("of_nobody", sums.of_nobody);
    // They are no conversions, so that none is counted.
    statement.plus_if_any("tiers_above_one", Tally::amount(measured.higher_tiers.amount));
    statement.total("earned", measured.earned);
    statement.mark(&[
        "without_code",
        "unknown_affiliate",
        "pending_affiliate",
        "uncredited",
        "changed_to",
        "of_unpaid",
        "of_nobody",
    ]);
    statement
}

/// From what affiliates have earned to what their wallets hold.
pub(super) fn wallets(
    codes: &[CodeRow],
    people: &[PersonRow],
    measured: &MeasuredSums,
) -> ReconciliationStatement {
    let of_codes = |amount: fn(&CodeRow) -> Money| sum(codes.iter().map(amount));
    let of_people = |amount: fn(&PersonRow) -> Money| sum(people.iter().map(amount));
    let owed = of_codes(|code| code.owed);
    let mut statement = ReconciliationStatement::begin(
        "wallets",
        CountUnit::Affiliates,
        "earned",
        of_codes(|code| code.earned),
    );
    statement.minus("paid_out", of_codes(|code| code.paid_out));
    statement.plus("paid_too_much", of_codes(|code| code.paid_too_much));
    statement.total("owed", Tally { amount: measured.ledger, ..owed });
    statement.plus("app_entries", of_people(|person| person.app_entries));
    statement.plus_if_any("without_entry", of_people(|person| person.without_entry));
    statement.total("wallets", of_people(|person| person.wallet));
    statement.mark(&["paid_too_much", "without_entry"]);
    statement
}

/// From all conversions of these people to what the app lets them request.
pub(super) fn requestable(people: &[PersonRow]) -> ReconciliationStatement {
    let of_people = |tally: fn(&PersonRow) -> Tally| people.iter().map(tally).sum::<Tally>();
    let amounts = |amount: fn(&PersonRow) -> Money| Tally::amount(people.iter().map(amount).sum());
    let mut statement = ReconciliationStatement::begin(
        "requestable",
        CountUnit::Affiliates,
        "all_conversions",
        of_people(|person| person.conversions),
    );
    statement.minus("marked_paid", of_people(|person| person.marked_paid));
    statement.minus("asked", of_people(|person| person.asked));
    statement.plus_if_any("overdrawn", amounts(|person| person.overdrawn));
    statement.total("requestable", amounts(|person| person.requestable));
    statement.mark(&["overdrawn"]);
    statement
}

/// How many amounts there are besides zero, and their sum.
fn sum(amounts: impl Iterator<Item = Money>) -> Tally {
    amounts.filter(|amount| !amount.is_zero()).map(Tally::one).sum()
}
