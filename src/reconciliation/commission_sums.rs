//! What became of each recorded commission, order by order: exactly one of the steps takes it.

use std::collections::HashMap;

use crate::domain::ids::is_id_of;
use crate::domain::money::Money;
use crate::domain::status::OrderStatus;
use crate::reconciliation::affiliates::{CodeState, CodeUsers};
use crate::reconciliation::breakdown::{is_paid, recorded};
use crate::reconciliation::tally::Tally;
use crate::store::codec::record::Record as _;
use crate::store::queries::reconciliation::{ConversionFacts, OrderFacts};
use crate::store::schema::tables::AffiliateConversion;

/// What became of the commissions that imports have credited to one profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CreditedCommissions {
    /// What the app has paid out of them.
    pub(crate) paid_by_app: Money,
    /// Those that do not count as paid out: the app lets the affiliate ask for them.
    pub(crate) requestable: Money,
}

impl CreditedCommissions {
    fn add(&mut self, conversion: &ConversionFacts) {
        if !conversion.is_paid_out {
            self.requestable = self.requestable + conversion.commission;
        } else if !conversion.is_marked {
            self.paid_by_app = self.paid_by_app + conversion.commission;
        }
    }
}

/// The sums of the steps between revenue and what was earned.
#[derive(Clone, Debug, Default)]
pub(super) struct CommissionSums {
    /// Paid orders that have recorded no commission: their revenue.
    pub(super) orders_without: Tally,
    /// The part of the other paid orders that is no commission.
    pub(super) shops_part: Money,
    /// Recorded on an order that names no affiliate.
    pub(super) without_code: Tally,
    /// The affiliate was never imported.
    pub(super) unknown: Tally,
    /// Somebody has to decide who the affiliate is.
    pub(super) pending: Tally,
    /// The app's people have refused the affiliate.
    pub(super) refused: Tally,
    /// The affiliate is known, and the order has no conversion.
    pub(super) uncredited: Tally,
    /// What the orders have recorded whose conversion says another amount.
    pub(super) changed_from: Tally,
    /// What those conversions say, and those of orders that have recorded nothing.
    pub(super) changed_to: Tally,
    /// Conversions of orders that are not paid.
    pub(super) of_unpaid: Tally,
    /// All conversions of imported orders.
    pub(super) conversions: Tally,
    /// Those that the app has made and credited itself, by confirming a payment.
    pub(super) by_app: Tally,
    /// Those of a profile that no verified affiliate has.
    pub(super) of_nobody: Tally,
    /// What became of those that imports have credited, by the profile's id.
    pub(super) credited: HashMap<String, CreditedCommissions>,
}

impl CommissionSums {
    /// Adds an order, once.
    pub(super) fn add_order(&mut self, order: &OrderFacts, sellers: &CodeUsers) {
        if !is_paid(order) {
            return;
        }
        let Some(share) = recorded(order) else {
            self.orders_without.add_one(order.amount);
            return;
        };
        self.shops_part = self.shops_part + (order.amount - share);
        if !order.conversions.is_empty() {
            return;
        }
        let code = order.log.as_ref().and_then(|log| log.code.as_deref());
        let step = match code.map(|code| sellers.state(code)) {
            None => &mut self.without_code,
            Some(CodeState::Unknown) => &mut self.unknown,
            Some(CodeState::Pending) => &mut self.pending,
            Some(CodeState::Refused) => &mut self.refused,
            Some(CodeState::Verified) => &mut self.uncredited,
        };
        step.add_one(share);
    }

    /// Adds a conversion. `is_second` tells that the order had one already.
    pub(super) fn add_conversion(
        &mut self,
        order: &OrderFacts,
        conversion: &ConversionFacts,
        is_second: bool,
        sellers: &CodeUsers,
    ) {
        self.conversions.add_one(conversion.commission);
        if !is_paid(order) {
            self.of_unpaid.add_one(conversion.commission);
            return;
        }
        let share = recorded(order).filter(|_| !is_second);
        if share != Some(conversion.commission) {
            self.changed_to.add_one(conversion.commission);
            if let Some(share) = share {
                self.changed_from.add_one(share);
            }
        }
        if !counts_as_imported(order, conversion) {
            self.by_app.add_one(conversion.commission);
            return;
        }
        if !sellers.has_account(&conversion.profile_id) {
            self.of_nobody.add_one(conversion.commission);
        }
        self.credited.entry(conversion.profile_id.clone()).or_default().add(conversion);
    }
}

/// Whether a conversion is an import's: it was written by one, or the order was paid in Sejoli already. Where the app
/// has confirmed a payment itself, it has credited the wallet, too.
fn counts_as_imported(order: &OrderFacts, conversion: &ConversionFacts) -> bool {
    let number = order.external_id.strip_prefix("sejoli-").unwrap_or(&order.external_id);
    is_id_of(&conversion.id, AffiliateConversion::TABLE.name, number)
        || order.log.as_ref().is_some_and(|log| log.order_status == OrderStatus::Paid.as_str())
}
