//! What all imported orders come to. Whoever walks over them tells of them, some at a time, so that a shop of a million is
//! never in memory.

use std::sync::{Mutex, PoisonError};

use crate::domain::date::SourceZone;
use crate::reconciliation::affiliates::{CodeSums, CodeUsers};
use crate::reconciliation::breakdown::Breakdowns;
use crate::reconciliation::commission_sums::CommissionSums;
use crate::reconciliation::review::Review;
use crate::store::queries::reconciliation::OrderFacts;
use crate::store::session::store::Store;

/// The orders' part of a reconciliation while they are read, by whichever thread and in whatever order.
#[derive(Debug)]
pub(crate) struct OrderScan {
    /// The zone whose months are meant.
    pub(super) zone: SourceZone,
    /// None before the first order.
    scanned: Mutex<Option<ScannedOrders>>,
}

/// What the orders that were told so far come to.
#[derive(Debug)]
pub(super) struct ScannedOrders {
    pub(super) sellers: CodeUsers,
    pub(super) breakdowns: Breakdowns,
    pub(super) commission: CommissionSums,
    pub(super) codes: CodeSums,
    pub(super) review: Review,
}

impl OrderScan {
    /// A scan that was told of no order.
    pub(crate) fn new(zone: SourceZone) -> Self {
        Self { zone, scanned: Mutex::new(None) }
    }

    /// Adds orders, each of which is told once.
    ///
    /// # Errors
    /// The database's, when it is asked first for the affiliates.
    pub(crate) fn add(&self, store: &mut Store, orders: &[OrderFacts]) -> anyhow::Result<()> {
        let mut scanned = self.scanned.lock().unwrap_or_else(PoisonError::into_inner);
        let sums = match &mut *scanned {
            Some(sums) => sums,
            none => none.insert(ScannedOrders::none(store)?),
        };
        orders.iter().for_each(|order| sums.add(order, self.zone));
        Ok(())
    }

    /// What all orders come to. Afterwards there are none.
    pub(super) fn take(&self, store: &mut Store) -> anyhow::Result<ScannedOrders> {
        let scanned = self.scanned.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut scanned = scanned.map_or_else(|| ScannedOrders::none(store), Ok)?;
        scanned.review.cut();
        Ok(scanned)
    }
}

impl ScannedOrders {
    fn none(store: &mut Store) -> anyhow::Result<Self> {
        Ok(Self {
            sellers: CodeUsers::load(store)?,
            breakdowns: Breakdowns::default(),
            commission: CommissionSums::default(),
            codes: CodeSums::default(),
            review: Review::new(),
        })
    }

    fn add(&mut self, order: &OrderFacts, zone: SourceZone) {
        self.breakdowns.add(order, zone);
        self.commission.add_order(order, &self.sellers);
        self.codes.add_order(order, &self.sellers);
        self.review.add(order);
        for (at, conversion) in order.conversions.iter().enumerate() {
            self.breakdowns.add_conversion(conversion.earned_at, conversion.commission, zone);
            self.commission.add_conversion(order, conversion, at > 0, &self.sellers);
            self.codes.add_conversion(order, conversion.commission);
        }
    }
}
