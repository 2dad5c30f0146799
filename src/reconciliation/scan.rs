//! One walk over all imported orders, page by page, so that a shop of a million is never in memory.

use crate::domain::date::SourceZone;
use crate::reconciliation::affiliates::{CodeSums, CodeUsers};
use crate::reconciliation::breakdown::Breakdowns;
use crate::reconciliation::commission_sums::CommissionSums;
use crate::reconciliation::review::Review;
use crate::store::queries;
use crate::store::session::store::Store;

/// What the walk has gathered.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) breakdowns: Breakdowns,
    pub(super) commission: CommissionSums,
    pub(super) codes: CodeSums,
    pub(super) review: Review,
}

impl Scan {
    /// Walks over the orders.
    pub(super) fn of(store: &mut Store, sellers: &CodeUsers, zone: SourceZone) -> anyhow::Result<Self> {
        let mut scan = Self {
            breakdowns: Breakdowns::default(),
            commission: CommissionSums::default(),
            codes: CodeSums::default(),
            review: Review::new(),
        };
        let (mut before, mut next) = (String::new(), Some(String::new()));
        while let Some(last) = next {
            let page = store.answer(queries::reconciliation::orders_after(store, &last))?;
            for order in &page.rows {
                let is_second = order.id == before;
                if !is_second {
                    scan.breakdowns.add(order, zone);
                    scan.commission.add_order(order, sellers);
                    scan.codes.add_order(order, sellers);
                    scan.review.add(order);
                }
                if let Some(conversion) = &order.conversion {
                    scan.breakdowns.add_conversion(conversion.earned_at, conversion.commission, zone);
                    scan.commission.add_conversion(order, conversion, is_second, sellers);
                    scan.codes.add_conversion(order, conversion.commission);
                }
                before.clone_from(&order.id);
            }
            next = page.next;
        }
        scan.review.cut();
        Ok(scan)
    }
}
