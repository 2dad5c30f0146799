//! Checks the kinds of a validation against each other. An import has no use for them: its planners know the app, too.

use std::collections::HashSet;

use crate::domain::finding::{Code, Finding};
use crate::domain::identity::People;
use crate::domain::membership::Membership;
use crate::domain::order::Order;
use crate::domain::product_map::ProductMap;
use crate::pipeline::read::completeness::Completeness;
use crate::pipeline::read::duplicates::Duplicates;

/// What else there is to hold the files against.
#[allow(missing_debug_implementations)]
pub(crate) struct CrossChecks {
    /// Whether the affiliates are among the files, so that their codes are known.
    pub codes: bool,
    /// Whether the orders are among the files, so that their numbers are known.
    pub orders: bool,
    /// The product map, if there is one.
    pub products: Option<ProductMap>,
    /// The orders as a set.
    pub completeness: Completeness,
}

impl CrossChecks {
    /// Whether an order's affiliate is among the affiliates.
    pub(super) fn check_order(&self, order: &Order, affiliate_codes: &HashSet<String>) -> Option<Finding> {
        let code = order.affiliate_code.as_deref().filter(|_| self.codes)?;
        (!affiliate_codes.contains(code)).then(|| Finding::at(Code::AffiliateUnknown, "affiliate_code", code))
    }

    /// Whether a membership's product, order and member are known.
    pub(super) fn check_membership(
        &self,
        membership: &Membership,
        orders: &Duplicates,
        people: &People,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        if let Some(map) = &self.products
            && map.membership_of(&membership.product_id).is_none()
        {
            let product_id = membership.product_id.clone();
            findings.push(Finding::at(Code::MembershipProductUnmapped, "product_id", product_id));
        }
        if !self.orders {
            return findings;
        }
        match membership.order_id.as_deref() {
            Some(order_id) if !orders.contains(order_id) => {
                findings.push(Finding::at(Code::MembershipOrderUnknown, "order_id", order_id));
            }
            _ if people.find(&membership.email).is_none() => {
                findings.push(Finding::at(Code::MemberWithoutOrder, "user_email", ""));
            }
            _ => {}
        }
        findings
    }
}
