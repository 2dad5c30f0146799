//! Which imported conversions count as paid out: those that Sejoli has paid (L30). The app sums up the others, and lets
//! affiliates ask for them.
//!
//! A conversion that an import has set as paid has a mark beside it, in `SejoliSourceRecord`. So one that is paid and has
//! no mark was paid by the app: it is never set back, and it is none of those that Sejoli has paid.

use crate::domain::commission_choice::Basis;
use crate::domain::commission_figures::CommissionFigures;
use crate::domain::date::Millis;
use crate::domain::detail::Detail;
use crate::domain::finding::{Code, Finding};
use crate::domain::money::Money;
use crate::domain::paid_allocation::{KnownAllocation, PayableCommission, allocate, oldest_first};
use crate::domain::source_payload::SourcePayload;
use crate::language::tr;
use crate::pipeline::plan::affiliate_position::{Earning, Earnings};
use crate::pipeline::plan::affiliate_sums::AffiliatePosition;
use crate::pipeline::plan::source_records::source_record;
use crate::store::codec::value::Value;
use crate::store::history::journal::Change;
use crate::store::schema::tables::{AffiliateConversion, SourceRecord};
use crate::store::schema::words::SourceRecordKind;

/// What becomes of the marks of one affiliate's conversions.
#[derive(Debug)]
pub(super) struct PaidCommissions {
    /// The changes: of each conversion that of its mark and its own, one after the other.
    pub(super) changes: Vec<Change>,
    /// The figures once the changes are made.
    pub(super) figures: CommissionFigures,
    /// The figures as they stand before.
    pub(super) standing: CommissionFigures,
    basis: Basis,
}

impl PaidCommissions {
    /// Decides which of an affiliate's conversions Sejoli has paid.
    pub(super) fn plan(
        earnings: &Earnings,
        position: &AffiliatePosition,
        foreseen: Option<&KnownAllocation>,
        written_at: Millis,
    ) -> Self {
        let of_tiers = |is_paid: bool| -> Money {
            let tiers = earnings.higher_tiers.iter().filter(|one| one.commission.paid == is_paid);
            tiers.map(|one| one.commission.amount).sum()
        };
        let (paid_tiers, unpaid_tiers) = (of_tiers(true), of_tiers(false));
        let earnings = earnings.conversions.as_slice();
        let mut open: Vec<&Earning> =
            earnings.iter().filter(|earning| earning.is_own && !earning.is_paid_by_app).collect();
        open.sort_by(|a, b| oldest_first((a.earned_at, a.order_id()), (b.earned_at, b.order_id())));
        let commissions: Vec<PayableCommission> = open
            .iter()
            .map(|earning| PayableCommission { amount: earning.amount, stated: earning.stated })
            .collect();
        // What was paid of commissions whose conversions are not the import's to mark is none of these.
        let elsewhere: Money = earnings
            .iter()
            .filter(|earning| !earning.is_own && !earning.is_paid_by_app && earning.stated == Some(true))
            .map(|earning| earning.amount)
            .sum();
        let paid = position.payout - elsewhere - paid_tiers;
        let foreseen = foreseen.and_then(|known| known.of(&commissions, paid));
        let allocation = foreseen.cloned().unwrap_or_else(|| allocate(&commissions, paid));
        let (mut changes, mut moved) = (Vec::new(), Money::ZERO);
        for (earning, is_paid) in open.iter().zip(&allocation.is_paid) {
            changes.extend(changes_of(earning, *is_paid, written_at));
            let amount = |counts: bool| if counts { earning.amount } else { Money::ZERO };
            moved = moved + amount(earning.is_paid_out) - amount(*is_paid);
        }
        let sum = |counts: &dyn Fn(&Earning) -> bool| -> Money {
            earnings.iter().filter(|earning| counts(earning)).map(|earning| earning.amount).sum()
        };
        let requestable = sum(&|earning| !earning.is_paid_out);
        let by_app = sum(&|earning| earning.is_paid_by_app);
        let figures = |requestable| {
            let all = CommissionFigures::new(position.earnings, position.payout, by_app, requestable);
            all.with_higher_tiers(unpaid_tiers)
        };
        Self {
            changes,
            figures: figures(requestable + moved),
            standing: figures(requestable),
            basis: allocation.basis,
        }
    }

    /// What there is to say where what was paid is no sum of whole commissions.
    pub(super) fn note(&self, affiliate: &str) -> Option<Finding> {
        let CommissionFigures { paid, owed, requestable, .. } = self.figures;
        let detail =
            Detail::said(|| tr!("{affiliate}: paid {paid}, owed {owed}, can be requested {requestable}"));
        (self.basis == Basis::Above).then(|| Finding::at(Code::PaidNotWhole, "total_paid", detail))
    }
}

/// The changes of a conversion: it has a mark as long as an import says that it is paid. Of two changes the one comes first
/// after which it is not taken for one that the app has paid.
fn changes_of(earning: &Earning, is_paid: bool, written_at: Millis) -> impl Iterator<Item = Change> + use<> {
    let conversion = (earning.is_paid_out != is_paid).then(|| {
        let set = vec![("paidOut", Value::Bool(is_paid))];
        let change = Change::update::<AffiliateConversion>(&earning.conversion_id, set);
        change.if_unchanged("paidOut", Value::Bool(earning.is_paid_out))
    });
    let mark = match &earning.mark {
        None if is_paid => {
            Some(Change::insert(paid_mark(earning.order_id(), &earning.conversion_id, written_at)))
        }
        Some(mark) if !is_paid => Some(Change::delete::<SourceRecord>(mark)),
        _ => None,
    };
    let changes = if is_paid { [mark, conversion] } else { [conversion, mark] };
    changes.into_iter().flatten()
}

/// What says of an order's conversion that Sejoli has paid it.
pub(super) fn paid_mark(order_id: &str, conversion_id: &str, written_at: Millis) -> SourceRecord {
    let payload = SourcePayload { content: None, ..SourcePayload::new("", "", 0, 0) };
    let (kind, target) = (SourceRecordKind::PaidCommission, conversion_id.to_owned());
    source_record(kind, order_id, target, &payload, String::new(), written_at)
}
