//! Where an affiliate's account stands by Sejoli's figures: what was earned, paid out and is still owed (L21).

use std::collections::HashMap;

use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding};
use crate::domain::money::Money;
use crate::pipeline::plan::affiliate_account::{AccountCode, AffiliateAccount};
use crate::pipeline::plan::affiliate_sums::{AffiliatePosition, owed};
use crate::store::queries;
use crate::store::queries::affiliates::CreditedConversion;
use crate::store::session::store::Store;

/// A paid order's commission.
pub(super) struct Earning {
    /// The code that the order names.
    pub(super) code: Option<String>,
    pub(super) external_id: String,
    pub(super) amount: Money,
    sale: Money,
    pub(super) earned_at: Millis,
    /// The conversion's id.
    pub(super) conversion_id: String,
    /// Whether an import has made the conversion, and not the app's people.
    pub(super) is_own: bool,
    /// Whether it counts as paid out.
    pub(super) is_paid_out: bool,
    /// Whether an import has a mark beside it.
    pub(super) is_marked: bool,
    /// Whether the app has paid it out.
    pub(super) is_paid_by_app: bool,
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
    let credited = queries::affiliates::credited_conversions(store, &profiles)?;
    let mut codes = codes_of_orders(store, group)?;
    let mut earnings: HashMap<String, Vec<Earning>> = HashMap::new();
    for credited in credited {
        let is_paid_by_app = credited.is_paid_by_app();
        let CreditedConversion { order_id, is_own, conversion } = credited;
        earnings.entry(conversion.profile_id).or_default().push(Earning {
            code: codes.remove(&order_id),
            amount: conversion.commission,
            sale: conversion.charged,
            earned_at: conversion.earned_at,
            external_id: conversion.external_id,
            conversion_id: conversion.id,
            is_own,
            is_paid_out: conversion.is_paid_out,
            is_marked: conversion.is_marked,
            is_paid_by_app,
        });
    }
    Ok(earnings)
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
