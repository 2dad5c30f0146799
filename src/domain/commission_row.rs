//! A row of Sejoli's commissions: an order may have several, one for each tier. The first tier is the order's own
//! affiliate's; those above it are the uplines', and have no other place.

use crate::domain::cell_reader::{CellReader, CellRules, Parsed};
use crate::domain::commission_status::CommissionStatus;
use crate::domain::date::Millis;
use crate::domain::detail::Detail;
use crate::domain::export_fields::CommissionCells;
use crate::domain::finding::Code;
use crate::domain::ledger_reference::LedgerReference;
use crate::domain::money::Money;
use crate::domain::text;
use crate::language::tr;

/// A commission with typed values, not yet matched with an order or an affiliate of the app.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CommissionRow {
    /// Sejoli's number of the row.
    pub id: String,
    /// What it says.
    pub commission: Commission,
    /// When it was made.
    pub created_at: Option<Millis>,
    /// When its status was changed last.
    pub updated_at: Option<Millis>,
}

/// What a row of commissions says; it is kept of each row, since the settlement works from it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Commission {
    /// Sejoli's number of the order.
    pub order_id: String,
    /// Sejoli's code of the affiliate.
    pub affiliate_code: String,
    /// The tier, from 1.
    pub tier: u32,
    /// The commission; never negative.
    pub amount: Money,
    /// Where it stands.
    pub status: CommissionStatus,
    /// Whether it was paid out.
    pub paid: bool,
}

impl Commission {
    /// Whether it is one of the order's own affiliate.
    pub(crate) const fn is_first_tier(&self) -> bool {
        self.tier == 1
    }

    /// How its entry in the ledger of a wallet is named; `id` is Sejoli's number of the row.
    pub(crate) fn ledger_reference<'a>(&'a self, id: &'a str) -> LedgerReference<'a> {
        let above = (!self.is_first_tier()).then_some((self.tier, id));
        LedgerReference { order_id: &self.order_id, above }
    }
}

/// Reads a commission from its cells.
pub(crate) fn parse(cells: &CommissionCells<'_>, rules: CellRules) -> Parsed<CommissionRow> {
    let mut reader = CellReader::default();
    let id = reader.required_id("id", cells.id);
    let order_id = reader.required_id("order_id", cells.order_id);
    let affiliate_code = reader.required_id("affiliate_code", cells.affiliate_code);
    let tier = read_tier(cells.tier, &mut reader);
    let amount = read_amount(cells.amount, rules, &mut reader);
    let stated = reader.stated_commission(("status", cells.status), ("paid", cells.paid));
    for (column, is_missing, cell) in
        [("status", stated.status.is_none(), cells.status), ("paid", stated.paid.is_none(), cells.paid)]
    {
        if is_missing && cell.trim().is_empty() {
            reader.note(Code::RequiredMissing, column, "");
        }
    }
    let created_at = reader.date("created", cells.created, rules.dates).map(|moment| moment.at);
    let updated_at = reader.date("updated", cells.updated, rules.dates).map(|moment| moment.at);
    if stated.paid == Some(true) && !stated.may_be_earned() {
        let word = stated.status.map_or("", CommissionStatus::as_str);
        let detail = Detail::said(|| {
            let paid = amount.map(|amount| amount.to_string()).unwrap_or_default();
            tr!("{paid}, {word}, order {order_id}")
        });
        reader.note(Code::PaidNotEarned, "paid", detail);
    }
    let record = match (tier, amount, stated.status, stated.paid) {
        (Some(tier), Some(amount), Some(status), Some(paid)) => {
            let commission = Commission { order_id, affiliate_code, tier, amount, status, paid };
            Some(CommissionRow { id, commission, created_at, updated_at })
        }
        _ => None,
    };
    Parsed { record, findings: reader.findings, amount }
}

fn read_tier(cell: &str, reader: &mut CellReader) -> Option<u32> {
    if cell.trim().is_empty() {
        reader.note(Code::RequiredMissing, "tier", "");
        return None;
    }
    let tier = cell.trim().parse().ok().filter(|tier| *tier > 0);
    if tier.is_none() {
        reader.note(Code::TierUnreadable, "tier", text::excerpt(cell, 30));
    }
    tier
}

/// The amount of a row, which is never left out and never below zero.
fn read_amount(cell: &str, rules: CellRules, reader: &mut CellReader) -> Option<Money> {
    let amount = reader.amount("amount", cell, rules.money);
    match amount {
        None if !reader.has("amount") => reader.note(Code::RequiredMissing, "amount", ""),
        Some(amount) if amount < Money::ZERO => {
            reader.note(
                Code::AmountUnreadable,
                "amount",
                Detail::said(|| tr!("{amount}: a commission is not below zero")),
            );
            return None;
        }
        _ => {}
    }
    amount
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::date::{DateOrder, DateRules, SourceZone};
    use crate::domain::finding::Finding;
    use crate::domain::money::MoneyStyle;

    const CELLS: CommissionCells<'static> = CommissionCells {
        id: "17",
        order_id: "5001",
        affiliate_code: "12",
        tier: "2",
        amount: "15000.50",
        status: "added",
        paid: "0",
        created: "2024-05-06 10:00:00",
        updated: "",
    };

    fn read(cells: &CommissionCells<'_>) -> Parsed<CommissionRow> {
        let dates = DateRules { zone: SourceZone::JAKARTA, order: DateOrder::DayFirst, epoch_1904: false };
        parse(cells, CellRules { dates, money: MoneyStyle::Checklist })
    }

    #[test]
    fn a_row_of_an_upline_is_read() {
        let Parsed { record, findings, amount } = read(&CELLS);
        let row = record.expect("a row");
        assert_eq!(
            (row.id.as_str(), row.commission.tier, amount),
            ("17", 2, Some(Money::from_minor(1_500_050)))
        );
        assert!(!row.commission.is_first_tier() && !row.commission.paid && findings.is_empty());
    }

    #[test]
    fn l10_nothing_of_a_row_is_guessed() {
        for (cells, code) in [
            (CommissionCells { tier: "0", ..CELLS }, Code::TierUnreadable),
            (CommissionCells { tier: "first", ..CELLS }, Code::TierUnreadable),
            (CommissionCells { status: "waiting", ..CELLS }, Code::StatusUnknown),
            (CommissionCells { paid: "", ..CELLS }, Code::RequiredMissing),
            (CommissionCells { amount: "-1", ..CELLS }, Code::AmountUnreadable),
            (CommissionCells { affiliate_code: "", ..CELLS }, Code::RequiredMissing),
        ] {
            let codes: Vec<Code> = read(&cells).findings.iter().map(|Finding { code, .. }| *code).collect();
            assert_eq!(codes, [code], "{cells:?}");
        }
    }

    #[test]
    fn money_that_is_gone_is_said() {
        let read = read(&CommissionCells { status: "cancelled", paid: "1", ..CELLS });
        assert!(read.record.is_some());
        assert_eq!(read.findings[0].code, Code::PaidNotEarned);
    }
}
