//! `commissions.csv`: every commission row. The tiers above the first have no other place: without this file, the
//! money of the affiliates' uplines would be lost.

use crate::extract::files::orders::is_inexact;
use crate::extract::files::out_folder::CsvFile;
use crate::extract::files::totals::Totals;
use crate::extract::kept_rows::KeptCommissionRow;
use crate::extract::listed::{ListedRow, ListedRows, ListingReason};
use crate::extract::order_rules::Payment;
use crate::extract::site_time::cell;
use crate::extract::view::ShopView;

const HEADER: [&str; 9] =
    ["id", "order_id", "affiliate_code", "tier", "amount", "status", "paid", "created", "updated"];

/// Writes the commission rows.
pub(crate) fn write(
    view: &ShopView<'_>,
    file: &mut CsvFile,
    list: &mut ListedRows,
    totals: &mut Totals,
) -> anyhow::Result<()> {
    file.line(HEADER)?;
    for row in &view.shop.rows.commissions {
        let status = view.word(row.status);
        totals.tile_of_commission(status, &row.amount);
        totals.commission_rows.read(&row.amount);
        if !view.comes_along(row.deleted) {
            totals.commission_rows.left_out(&row.amount);
            list.add(listed(row, ListingReason::SoftDeleted));
            continue;
        }
        totals.commission_rows.written(&row.amount);
        totals.commission(status, row);
        for reason in doubts(view, row) {
            list.add(listed(row, reason));
        }
        file.line([
            row.id.to_string(),
            row.order.to_string(),
            row.affiliate.to_string(),
            row.tier.to_string(),
            row.amount.cell(),
            status.to_owned(),
            u8::from(row.paid).to_string(),
            cell(row.created),
            cell(row.updated),
        ])?;
    }
    Ok(())
}

fn listed(row: &KeptCommissionRow, reason: ListingReason) -> ListedRow {
    ListedRow {
        table: "sejolisa_affiliates",
        id: row.id,
        order: Some(row.order),
        affiliate: Some(row.affiliate),
        amount: Some(row.amount.nearest()),
        reason,
    }
}

fn doubts(view: &ShopView<'_>, row: &KeptCommissionRow) -> Vec<ListingReason> {
    let status = view.word(row.status);
    let column = view.shop.rows.commission_type.as_deref().unwrap_or_default();
    let order = view.order(row.order);
    let is_paid = order.is_some_and(|order| Payment::of_status(view.word(order.status)) == Payment::Paid);
    let all = [
        (row.deleted.is_some(), ListingReason::IncludedDeleted),
        (order.is_none(), ListingReason::OrderMissing),
        (is_paid && status == "pending", ListingReason::CommissionPending),
        (!matches!(status, "added" | "pending" | "cancelled"), ListingReason::CommissionStatus),
        (row.paid && status != "added" && row.amount.nearest().is_positive(), ListingReason::PaidNotAdded),
        (is_inexact(column, row.amount.nearest()), ListingReason::InexactColumn),
        (!row.amount.is_exact(), ListingReason::OddAmount),
    ];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, reason)| reason).collect()
}
