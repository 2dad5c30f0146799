//! Checks the kinds of a validation against each other. An import has no use for them: its planners know the app, too.

use std::collections::{BTreeSet, HashSet};

use crate::domain::commission_row::Commission;
use crate::domain::finding::{Code, Finding};
use crate::domain::identity::PeopleIndex;
use crate::domain::membership::Membership;
use crate::domain::order::Order;
use crate::domain::product_map::ProductMap;
use crate::pipeline::read::completeness::Completeness;
use crate::pipeline::read::duplicates::Duplicates;

/// What the rows of a validation are checked against.
#[allow(missing_debug_implementations)]
pub(crate) struct CrossChecks {
    /// Whether the files have affiliates, so that codes can be checked.
    pub codes: bool,
    /// Whether the files have orders, so that order numbers can be checked.
    pub orders: bool,
    /// The product map; without one, no product is in it.
    pub products: ProductMap,
    /// The memberships that the product map names and the app lacks; empty where the app was not asked.
    pub not_in_app: BTreeSet<String>,
    /// Statistics that tell a partial export.
    pub completeness: Completeness,
}

impl CrossChecks {
    /// The finding of an order whose affiliate code is unknown.
    pub(super) fn check_order(&self, order: &Order, affiliate_codes: &HashSet<String>) -> Option<Finding> {
        let code = order.affiliate_code.as_deref().filter(|_| self.codes)?;
        (!affiliate_codes.contains(code)).then(|| Finding::at(Code::AffiliateUnknown, "affiliate_code", code))
    }

    /// The findings of a commission whose order or affiliate is unknown.
    pub(super) fn check_commission(
        &self,
        commission: &Commission,
        orders: &Duplicates,
        affiliate_codes: &HashSet<String>,
    ) -> Vec<Finding> {
        let Commission { order_id, affiliate_code, .. } = commission;
        let mut findings = Vec::new();
        if self.codes && !affiliate_codes.contains(affiliate_code) {
            findings.push(Finding::at(Code::AffiliateUnknown, "affiliate_code", affiliate_code.clone()));
        }
        if self.orders && !orders.contains(order_id) {
            findings.push(Finding::at(Code::CommissionOrderUnknown, "order_id", order_id.clone()));
        }
        findings
    }

    /// The findings of a membership whose product, order or member is unknown.
    pub(super) fn check_membership(
        &self,
        membership: &Membership,
        orders: &Duplicates,
        people: &PeopleIndex,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        match self.products.membership_of(&membership.product_id) {
            None => {
                let product_id = membership.product_id.clone();
                findings.push(Finding::at(Code::MembershipProductUnmapped, "product_id", product_id));
            }
            Some(slug) if self.not_in_app.contains(slug) => {
                findings.push(Finding::at(Code::MembershipNotInApp, "product_id", slug));
            }
            Some(_) => {}
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
