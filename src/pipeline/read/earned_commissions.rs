//! What affiliates have earned by the files. It is known before anything is written, so that a commission that Sejoli has
//! paid can be marked as paid when it is first written (L21, L30).

use std::collections::HashMap;

use crate::domain::commission;
use crate::domain::commission_row::Commission;
use crate::domain::commission_status::CommissionStatus;
use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::domain::order::Order;
use crate::domain::paid_record::PaidFlag;
use crate::pipeline::read::duplicates::key_hash;

/// The commission of a paid order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EarnedCommission {
    /// The time to which it belongs (L20).
    pub(crate) earned_at: Millis,
    /// The hash of the order's number.
    pub(crate) order: u64,
    /// What was earned.
    pub(crate) amount: Money,
    /// Whether Sejoli has paid it, where that is stated.
    pub(crate) stated: Option<bool>,
}

/// What one affiliate's code has earned.
#[derive(Debug, Default)]
pub(crate) struct CodeCommissions {
    /// With its own sales, in the files' order.
    pub(crate) first_tier: Vec<EarnedCommission>,
    /// With the sales of affiliates below it.
    pub(crate) higher_tiers: Vec<PaidFlag>,
}

/// What all codes have earned.
#[derive(Debug, Default)]
pub(crate) struct EarnedCommissions {
    by_code: HashMap<String, CodeCommissions>,
    /// Whether an order itself may say whether its commission was paid.
    pub(crate) orders_state_payment: bool,
    /// What rows of commissions say of the first tier, by the hash of the order's number.
    flags: HashMap<u64, bool>,
}

impl EarnedCommissions {
    /// Adds what an order has earned, if anything.
    pub(super) fn add_order(&mut self, order: &Order) {
        let stated = order.stated_commission.paid;
        self.orders_state_payment |= stated.is_some();
        let Some((code, amount)) = order.affiliate_code.as_deref().zip(commission::earned(order)) else {
            return;
        };
        let (order, earned_at) = (key_hash(&order.id), order.earned_at());
        let earned = EarnedCommission { earned_at, order, amount, stated };
        self.code(code).first_tier.push(earned);
    }

    /// Adds what a row of commissions says.
    pub(super) fn add_row(&mut self, row: &Commission) {
        if row.is_first_tier() {
            self.flags.insert(key_hash(&row.order_id), row.paid);
        } else if row.status == CommissionStatus::Added && row.amount.is_positive() {
            let flag = PaidFlag { amount: row.amount, stated: Some(row.paid), is_paid_by_app: false };
            self.code(&row.affiliate_code).higher_tiers.push(flag);
        }
    }

    /// Takes out what a code has earned; an order's own flag comes before that of its commission's row.
    pub(crate) fn take(&mut self, code: &str) -> CodeCommissions {
        let mut earned = self.by_code.remove(code).unwrap_or_default();
        for one in &mut earned.first_tier {
            one.stated = one.stated.or_else(|| self.flags.get(&one.order).copied());
        }
        earned
    }

    fn code(&mut self, code: &str) -> &mut CodeCommissions {
        self.by_code.entry(code.to_owned()).or_default()
    }
}
