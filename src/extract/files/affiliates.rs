//! `affiliates.csv`: the users that orders, commissions, coupons or other users name as theirs.

use std::collections::BTreeMap;

use crate::domain::money::Money;
use crate::extract::files::out_folder::CsvFile;
use crate::extract::files::totals::Totals;
use crate::extract::kept_rows::Id;
use crate::extract::listed::{ListedRow, ListedRows, ListingReason};
use crate::extract::order_rules::Payment;
use crate::extract::view::ShopView;

const HEADER: [&str; 12] = [
    "affiliate_code",
    "affiliate_name",
    "affiliate_email",
    "affiliate_phone",
    "commission_rate",
    "total_referrals",
    "total_commissions",
    "total_paid",
    "join_date",
    "bank_info",
    "upline_code",
    "paid_but_cancelled",
];

/// What an affiliate has earned.
#[derive(Debug, Default)]
struct EarnedBalance {
    has_rows: bool,
    referrals: u64,
    added: Money,
    paid: Money,
    paid_but_not_added: Money,
}

/// Writes the affiliates.
pub(crate) fn write(
    view: &ShopView<'_>,
    file: &mut CsvFile,
    list: &mut ListedRows,
    totals: &mut Totals,
) -> anyhow::Result<()> {
    file.line(HEADER)?;
    for (id, position) in positions(view) {
        let Some(user) = view.user(id) else {
            if position.has_rows {
                let owed = position.added - position.paid;
                let reason = ListingReason::AffiliateDeleted;
                let table = "users";
                list.add(ListedRow {
                    table,
                    id,
                    order: None,
                    affiliate: Some(id),
                    amount: Some(owed),
                    reason,
                });
                totals.affiliates.deleted += 1;
            }
            continue;
        };
        totals.affiliates.rows += 1;
        let fields = view.shop.rows.user_fields.get(&id);
        let joined = user.registered.and_then(|at| at.utc_by_site_clock(view.shop.zone));
        file.line([
            id.to_string(),
            user.name.to_string(),
            user.email.to_string(),
            view.phone(id).unwrap_or_default().to_owned(),
            String::new(),
            position.referrals.to_string(),
            position.added.plain(),
            position.paid.plain(),
            joined.map(|at| at.day()).unwrap_or_default(),
            fields.and_then(|fields| fields.bank_info.as_deref()).unwrap_or_default().to_owned(),
            fields.and_then(|fields| fields.upline).map(|id| id.to_string()).unwrap_or_default(),
            position.paid_but_not_added.plain(),
        ])?;
    }
    Ok(())
}

fn positions(view: &ShopView<'_>) -> BTreeMap<Id, EarnedBalance> {
    let mut positions: BTreeMap<Id, EarnedBalance> = BTreeMap::new();
    for order in view.orders().filter(|order| order.affiliate > 0) {
        let position = positions.entry(order.affiliate).or_default();
        position.has_rows = true;
        position.referrals += u64::from(Payment::of_status(view.word(order.status)) == Payment::Paid);
    }
    for row in view.commissions().filter(|row| row.affiliate > 0) {
        let position = positions.entry(row.affiliate).or_default();
        let amount = row.amount.nearest();
        position.has_rows = true;
        match (view.word(row.status), row.paid) {
            ("added", paid) => {
                position.added = position.added + amount;
                position.paid = position.paid + if paid { amount } else { Money::ZERO };
            }
            (_, true) => position.paid_but_not_added = position.paid_but_not_added + amount,
            _ => {}
        }
    }
    let rows = &view.shop.rows;
    let of_coupons = rows.coupons.values().filter(|coupon| coupon.parent > 0).map(|coupon| coupon.user);
    let uplines = rows.user_fields.iter().filter(|(user, _)| rows.users.contains_key(user));
    let uplines = uplines.filter_map(|(_, fields)| fields.upline);
    for id in of_coupons.chain(uplines).filter(|id| *id > 0) {
        positions.entry(id).or_default();
    }
    positions
}
