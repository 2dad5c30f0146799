//! Where an affiliate's account stands by Sejoli's figures: what was earned, paid out and is still owed (L21).

use std::collections::HashMap;

use crate::domain::date::Millis;
use crate::domain::detail::Detail;
use crate::domain::finding::{Code, Finding};
use crate::domain::money::Money;
use crate::domain::paid_record::{PaidFlag, PaidRecord};
use crate::language::tr;
use crate::pipeline::plan::affiliate_account::{AccountCode, AffiliateAccount};
use crate::pipeline::plan::affiliate_sums::{AffiliatePosition, owed};
use crate::store::queries;
use crate::store::queries::affiliates::CreditedConversion;
use crate::store::queries::commissions::{HigherTier, KeptCommissions, kept_of_codes};
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
    /// The id of the mark that an import has beside it.
    pub(super) mark: Option<String>,
    /// Whether the app has paid it out.
    pub(super) is_paid_by_app: bool,
    /// Whether Sejoli has paid it out, where that is stated.
    pub(super) stated: Option<bool>,
}

/// What an affiliate has earned.
#[derive(Default)]
pub(super) struct Earnings {
    /// On the first tier: the conversions of the app.
    pub(super) conversions: Vec<Earning>,
    /// On the tiers above it, which the app has no conversions for.
    pub(super) higher_tiers: Vec<HigherTier>,
}

/// The prefix of the external ids of imported orders (L13).
const OF_SEJOLI: &str = "sejoli-";

impl Earning {
    /// Sejoli's number of the order.
    pub(super) fn order_id(&self) -> &str {
        self.external_id.strip_prefix(OF_SEJOLI).unwrap_or(&self.external_id)
    }

    fn paid_flag(&self) -> PaidFlag {
        PaidFlag { amount: self.amount, stated: self.stated, is_paid_by_app: self.is_paid_by_app }
    }
}

/// What the affiliates have earned with paid Sejoli orders, by profile. An order's code is told where a person has
/// several.
pub(super) fn earnings(
    store: &mut Store,
    group: &[AffiliateAccount],
    orders_state_payment: bool,
) -> anyhow::Result<HashMap<String, Earnings>> {
    let mut earnings = conversions(store, group, orders_state_payment)?;
    let profile_of: HashMap<&str, &str> = group
        .iter()
        .flat_map(|account| account.credited().map(|code| (code.code.as_str(), account.profile.id.as_str())))
        .collect();
    let codes: Vec<&str> = profile_of.keys().copied().collect();
    let KeptCommissions { first_tier, higher_tiers } = kept_of_codes(store, &codes)?;
    for earning in earnings.values_mut().flat_map(|earnings| &mut earnings.conversions) {
        earning.stated = earning.stated.or_else(|| first_tier.get(earning.order_id()).copied());
    }
    for one in higher_tiers {
        let Some(profile) = profile_of.get(one.commission.affiliate_code.as_str()) else { continue };
        earnings.entry((*profile).to_owned()).or_default().higher_tiers.push(one);
    }
    Ok(earnings)
}

fn conversions(
    store: &mut Store,
    group: &[AffiliateAccount],
    orders_state_payment: bool,
) -> anyhow::Result<HashMap<String, Earnings>> {
    let profiles: Vec<&str> = group.iter().map(|account| account.profile.id.as_str()).collect();
    let credited = queries::affiliates::credited_conversions(store, &profiles, orders_state_payment)?;
    let mut codes = codes_of_orders(store, group)?;
    let mut earnings: HashMap<String, Earnings> = HashMap::new();
    for credited in credited {
        let is_paid_by_app = credited.is_paid_by_app();
        let CreditedConversion { order_id, is_own, stated, conversion } = credited;
        earnings.entry(conversion.profile_id).or_default().conversions.push(Earning {
            code: codes.remove(&order_id),
            amount: conversion.commission,
            sale: conversion.charged,
            earned_at: conversion.earned_at,
            external_id: conversion.external_id,
            conversion_id: conversion.id,
            is_own,
            is_paid_out: conversion.is_paid_out,
            mark: conversion.mark,
            is_paid_by_app,
            stated,
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
    let orders = store.answer(queries::orders::of_codes(store, &codes))?;
    Ok(orders.into_iter().map(|order| (order.order_id, order.affiliate_code)).collect())
}

/// The commissions of one credited code, and what was paid of them.
pub(super) struct CodePosition {
    /// Its sums.
    pub(super) sums: AffiliatePosition,
    /// What its flagged commissions come to, where the affiliates' file says another sum.
    flagged: Option<Money>,
}

/// The position of each credited code, in their order. Together they are the person's: what was paid beyond all
/// that was earned is not owed by anybody, and the first code bears it.
pub(super) fn positions_of_codes(account: &AffiliateAccount, earnings: &Earnings) -> Vec<CodePosition> {
    let mut codes: Vec<CodeEarnings<'_>> = account.credited().map(CodeEarnings::new).collect();
    for earning in &earnings.conversions {
        let named = codes.iter().position(|of| earning.code.as_ref() == Some(&of.code.code));
        if let Some(of_code) = codes.get_mut(named.unwrap_or(0)) {
            of_code.conversions.push(earning);
        }
    }
    for one in &earnings.higher_tiers {
        let mut codes = codes.iter_mut();
        if let Some(of_code) = codes.find(|of| of.code.code == one.commission.affiliate_code) {
            of_code.higher_tiers.push(one);
        }
    }
    let mut positions: Vec<CodePosition> = codes.iter().map(CodeEarnings::position).collect();
    let all: AffiliatePosition = positions.iter().map(|code| code.sums).sum();
    if let Some(CodePosition { sums: first, .. }) = positions.first_mut() {
        first.balance = first.balance + (owed(all.earnings, all.payout) - all.balance);
    }
    positions
}

/// What one code has earned.
struct CodeEarnings<'a> {
    code: &'a AccountCode,
    conversions: Vec<&'a Earning>,
    higher_tiers: Vec<&'a HigherTier>,
}

impl<'a> CodeEarnings<'a> {
    fn new(code: &'a AccountCode) -> Self {
        Self { code, conversions: Vec::new(), higher_tiers: Vec::new() }
    }

    fn position(&self) -> CodePosition {
        let Self { code, conversions, higher_tiers } = self;
        let of_tiers = higher_tiers.iter().map(|one| paid_flag_of(one));
        let flags = conversions.iter().map(|earning| earning.paid_flag()).chain(of_tiers);
        let PaidRecord { paid, contradiction } = PaidRecord::of(flags, code.totals.reported_paid);
        let of_conversions: Money = conversions.iter().map(|earning| earning.amount).sum();
        let of_tiers: Money = higher_tiers.iter().map(|one| one.commission.amount).sum();
        let earnings = of_conversions + of_tiers;
        let sums = AffiliatePosition {
            conversions: conversions.len() as i64,
            sales: conversions.iter().map(|earning| earning.sale).sum(),
            earnings,
            payout: paid,
            balance: earnings - paid,
        };
        CodePosition { sums, flagged: contradiction }
    }
}

/// A commission above the first tier says itself whether it was paid, and the app has no mark of its own for it.
fn paid_flag_of(one: &HigherTier) -> PaidFlag {
    PaidFlag { amount: one.commission.amount, stated: Some(one.commission.paid), is_paid_by_app: false }
}

/// What there is to say of a person's position.
pub(super) fn notes(
    position: &AffiliatePosition,
    account: &AffiliateAccount,
    (codes, earnings): (&[CodePosition], &[Earning]),
) -> Vec<Finding> {
    let mut notes = Vec::new();
    if position.payout > position.earnings {
        let AffiliatePosition { earnings, payout, .. } = position;
        let detail = Detail::said(|| tr!("{}: earned {earnings}, paid {payout}", account.names()));
        notes.push(Finding::at(Code::PaidOverEarned, "total_paid", detail));
    }
    for (code, CodePosition { sums, flagged }) in account.credited().zip(codes) {
        if let Some(flagged) = flagged {
            let (code, paid) = (&code.code, code.totals.reported_paid);
            let detail = Detail::said(|| tr!("{code}: file {paid}, flagged {flagged}"));
            notes.push(Finding::at(Code::PaidFlagsDiffer, "total_paid", detail));
        }
        let reported = code.totals.reported_commissions;
        if let Some(reported) = reported.filter(|reported| *reported != sums.earnings) {
            let detail = Detail::said(|| tr!("{}: file {reported}, orders {}", code.code, sums.earnings));
            notes.push(Finding::at(Code::TotalsDiffer, "total_commissions", detail));
        }
    }
    let in_both = earnings.iter().filter(|earning| earning.is_paid_by_app && earning.stated == Some(true));
    notes.extend(in_both.map(|earning| {
        let detail =
            Detail::said(|| tr!("{}: order {}, {}", account.names(), earning.order_id(), earning.amount));
        Finding::at(Code::PaidInBoth, "affiliate_commission_paid", detail)
    }));
    notes
}
