//! Where an affiliate's account stands by Sejoli's figures: what was earned, paid out and is still owed (L21).

use std::collections::{HashMap, HashSet};

use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding};
use crate::domain::money::Money;
use crate::pipeline::plan::affiliate_account::{AccountCode, AffiliateAccount};
use crate::pipeline::plan::affiliate_sums::{AffiliatePosition, owed};
use crate::pipeline::plan::order_rows::is_own_conversion_id;
use crate::store::queries;
use crate::store::queries::affiliates::ConversionOfOrder;
use crate::store::schema::tables::TransactionStatus;
use crate::store::session::store::Store;

/// A paid order's commission.
pub(super) struct Earning {
    /// The code that the order names.
    pub(super) code: Option<String>,
    pub(super) external_id: String,
    pub(super) amount: Money,
    sale: Money,
    pub(super) earned_at: Millis,
}

/// The prefix of the external ids of imported orders (L13).
const OF_SEJOLI: &str = "sejoli-";

impl Earning {
    /// Sejoli's number of the order.
    pub(super) fn order_id(&self) -> &str {
        self.external_id.strip_prefix(OF_SEJOLI).unwrap_or(&self.external_id)
    }
}

/// The conversions of the affiliates' paid Sejoli orders, by profile. An order's code is told where a person has
/// several.
pub(super) fn earnings(
    store: &mut Store,
    group: &[AffiliateAccount],
) -> anyhow::Result<HashMap<String, Vec<Earning>>> {
    let profiles: Vec<&str> = group.iter().map(|account| account.profile.id.as_str()).collect();
    let conversions = queries::affiliates::conversions_of(store, &profiles)?;
    let conversions: Vec<ConversionOfOrder> = conversions.collect::<anyhow::Result<_>>()?;
    let paid_in_source = paid_in_source(store, &conversions)?;
    let mut codes = codes_of_orders(store, group)?;
    let mut earnings: HashMap<String, Vec<Earning>> = HashMap::new();
    for conversion in conversions {
        let Some(order_id) = conversion.external_id.strip_prefix(OF_SEJOLI) else { continue };
        let is_paid = conversion.status == TransactionStatus::Success.as_str();
        let is_own = is_own_conversion_id(&conversion.id, order_id);
        if is_paid && (is_own || paid_in_source.contains(order_id)) {
            let code = codes.remove(order_id);
            earnings.entry(conversion.profile_id).or_default().push(Earning {
                code,
                amount: conversion.commission,
                sale: conversion.charged,
                earned_at: conversion.earned_at,
                external_id: conversion.external_id,
            });
        }
    }
    Ok(earnings)
}

/// The orders with a conversion that the app's people have made and that were paid in Sejoli already. Where the app
/// has confirmed a payment itself, it has credited the wallet, too, and that commission is none of an import's.
fn paid_in_source(store: &mut Store, conversions: &[ConversionOfOrder]) -> anyhow::Result<HashSet<String>> {
    let orders = conversions.iter().filter_map(|conversion| {
        let order_id = conversion.external_id.strip_prefix(OF_SEJOLI)?;
        (!is_own_conversion_id(&conversion.id, order_id)).then_some(order_id)
    });
    let orders: Vec<&str> = orders.collect();
    if orders.is_empty() {
        return Ok(HashSet::new());
    }
    Ok(queries::orders::paid_in_source(store, &orders)?.into_iter().collect())
}

/// The code of each order of the persons who have several.
fn codes_of_orders(store: &mut Store, group: &[AffiliateAccount]) -> anyhow::Result<HashMap<String, String>> {
    let several = group.iter().filter(|account| account.codes.len() > 1);
    let codes: Vec<&str> =
        several.flat_map(|account| &account.codes).map(|code| code.code.as_str()).collect();
    if codes.is_empty() {
        return Ok(HashMap::new());
    }
    let orders = queries::orders::of_codes(store, &codes)?;
    Ok(orders.into_iter().map(|order| (order.order_id, order.affiliate_code)).collect())
}

/// The position of each credited code, in their order. Together they are the person's: what was paid beyond all
/// that was earned is not owed by anybody, and the first code bears it.
pub(super) fn positions_of_codes(account: &AffiliateAccount, earnings: &[Earning]) -> Vec<AffiliatePosition> {
    let mut codes: Vec<(&AccountCode, AffiliatePosition)> =
        account.credited().map(|code| (code, AffiliatePosition::default())).collect();
    for earning in earnings {
        let named = codes.iter().position(|(code, _)| earning.code.as_ref() == Some(&code.code));
        let Some((_, position)) = codes.get_mut(named.unwrap_or(0)) else { continue };
        position.conversions += 1;
        position.sales = position.sales + earning.sale;
        position.earnings = position.earnings + earning.amount;
    }
    for (code, position) in &mut codes {
        position.payout = code.totals.reported_paid;
        position.balance = position.earnings - position.payout;
    }
    let mut positions: Vec<AffiliatePosition> = codes.into_iter().map(|(_, position)| position).collect();
    let all: AffiliatePosition = positions.iter().copied().sum();
    if let Some(first) = positions.first_mut() {
        first.balance = first.balance + (owed(all.earnings, all.payout) - all.balance);
    }
    positions
}

/// What there is to say of a person's position.
pub(super) fn notes(
    position: &AffiliatePosition,
    account: &AffiliateAccount,
    codes: &[AffiliatePosition],
) -> Vec<Finding> {
    let mut notes = Vec::new();
    if position.payout > position.earnings {
        let detail = format!("{}: earned {}, paid {}", account.names(), position.earnings, position.payout);
        notes.push(Finding::at(Code::PaidOverEarned, "total_paid", detail));
    }
    for (code, sums) in account.credited().zip(codes) {
        let reported = code.totals.reported_commissions;
        if let Some(reported) = reported.filter(|reported| *reported != sums.earnings) {
            let detail = format!("{}: file {reported}, orders {}", code.code, sums.earnings);
            notes.push(Finding::at(Code::TotalsDiffer, "total_commissions", detail));
        }
    }
    notes
}
