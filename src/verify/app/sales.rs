//! What the app's pages show of affiliates and of orders. What the source says of an affiliate is what it says of the orders,
//! which are looked at once for both.

use crate::language::tr;
use crate::store::queries;
use crate::store::queries::app_screens_affiliates::{PaidOrder, PaidOrdersByCode};
use crate::store::session::store::Store;
use crate::verify::app::admin::{self, AdminCommissionTotals, AdminOrderTotals};
use crate::verify::app::affiliates;
use crate::verify::app::facts::AppFacts;
use crate::verify::app::family_pass::{FamilyPass, Unreadable};
use crate::verify::app::invoices;
use crate::verify::app::list::{OF_AFFILIATES, OF_ORDERS, REVENUE};
use crate::verify::app::orders::{self, AppSale, OrderPages};
use crate::verify::app::sales_pages;
use crate::verify::known_people::KnownPeople;
use crate::verify::orders_without_log::OrdersWithoutLog;
use crate::verify::outcome::bad_cell;
use crate::verify::report::VerifyCheck;
use crate::verify::stored_orders::{CHUNK, StoredOrders};

/// What the pages show of some of the orders.
pub(in crate::verify) struct SalesPart {
    reading: FamilyPass<'static, OrderPages>,
    totals: AdminOrderTotals,
    paid_orders: PaidOrdersByCode,
    /// Why an order could not be looked at.
    unreadable: Option<Unreadable>,
}

impl SalesPart {
    /// None of them yet.
    pub(in crate::verify) fn begin(facts: &AppFacts<'_>) -> Self {
        Self {
            reading: FamilyPass::begin(&OF_ORDERS, facts, "orders"),
            totals: AdminOrderTotals::default(),
            paid_orders: PaidOrdersByCode::new(),
            unreadable: None,
        }
    }

    /// Looks at stored orders, those for which `is_wanted` holds by their numbers.
    pub(in crate::verify) fn look_at(
        &mut self,
        facts: &AppFacts<'_>,
        known: (&KnownPeople, &OrdersWithoutLog),
        stored: &StoredOrders,
        is_wanted: impl Fn(&str) -> bool,
    ) {
        for sale in orders::sales(facts, known, stored, is_wanted) {
            self.totals.add(facts, &sale);
            self.reading.look_at(facts, &sale);
            add_if_paid(&mut self.paid_orders, &sale);
        }
    }

    /// Notes why an order cannot be looked at.
    pub(in crate::verify) fn leave_out(&mut self, unreadable: Unreadable) {
        self.unreadable.get_or_insert(unreadable);
    }

    /// Adds what the pages show of other orders.
    pub(in crate::verify) fn join(&mut self, other: Self) {
        self.reading.join(other.reading);
        self.totals.join(other.totals);
        for (code, orders) in other.paid_orders {
            self.paid_orders.entry(code).or_default().extend(orders);
        }
        self.unreadable = self.unreadable.take().or(other.unreadable);
    }

    /// The checks of the pages of affiliates and of orders, when all orders have been looked at.
    ///
    /// # Errors
    /// Those of the database; a difference is none.
    pub(in crate::verify) fn close(
        self,
        store: &mut Store,
        facts: &AppFacts<'_>,
    ) -> anyhow::Result<Vec<VerifyCheck>> {
        let Self { reading, totals, paid_orders, unreadable } = self;
        let paid_orders = unreadable.is_none().then_some(paid_orders);
        let of_orders = order_checks(store, facts, reading, totals, unreadable)?;
        let mut checks = affiliate_checks(store, facts, paid_orders)?;
        checks.extend(of_orders);
        Ok(checks)
    }
}

/// The checks of the orders' pages, with those that look at the whole.
fn order_checks(
    store: &mut Store,
    facts: &AppFacts<'_>,
    mut reading: FamilyPass<'static, OrderPages>,
    totals: AdminOrderTotals,
    mut unreadable: Option<Unreadable>,
) -> anyhow::Result<Vec<VerifyCheck>> {
    let mut jobs = VerifyCheck::new("app: payment jobs", "questions");
    let mut next = VerifyCheck::new("app: next invoice number", "numbers");
    if let (None, Some(revenue)) = (&unreadable, reading.check(REVENUE)) {
        let done = admin::revenue(store, totals, revenue)
            .and_then(|()| admin::payment_jobs(store, totals, &mut jobs))
            .and_then(|()| invoices::next(store, facts, totals.greatest, &mut next));
        unreadable = done.err().map(unknown).transpose()?;
    }
    Ok(reading.close(vec![jobs, next], unreadable))
}

/// The stored value that an error is about.
fn unknown(error: anyhow::Error) -> anyhow::Result<Unreadable> {
    bad_cell(error).map(Unreadable::of_unknown)
}

/// The pages of affiliates. Without the paid orders, which could not be read, nothing can be said of them.
fn affiliate_checks(
    store: &mut Store,
    facts: &AppFacts<'_>,
    paid_orders: Option<PaidOrdersByCode>,
) -> anyhow::Result<Vec<VerifyCheck>> {
    let mut reading = FamilyPass::begin(&OF_AFFILIATES, facts, "affiliates");
    let mut commissions = VerifyCheck::new("app: admin commissions", "totals");
    let Some(paid_orders) = paid_orders else {
        let why = tr!("a stored value of an order could not be read");
        reading.skip(why);
        commissions.skipped = Some(why.to_owned());
        return Ok(reading.close(vec![commissions], None));
    };
    let mut totals = AdminCommissionTotals::default();
    let done = affiliates::read_all(store, facts, &paid_orders, |affiliate| {
        totals.add(affiliate);
        reading.look_at(facts, affiliate);
    });
    totals.close(&mut commissions);
    Ok(reading.close(vec![commissions], done.err().map(unknown).transpose()?))
}

/// Reads Sejoli's orders. Those among them that Sejoli had as paid are the answer, for whoever is credited by them.
///
/// # Errors
/// Those of the database.
pub(super) fn read_orders(
    store: &mut Store,
    facts: &AppFacts<'_>,
    mut each: impl FnMut(&AppSale<'_>),
) -> anyhow::Result<PaidOrdersByCode> {
    let known = (facts.context.people(store)?, facts.context.orders_without_log(store)?);
    let mut paid_orders = PaidOrdersByCode::new();
    let mut after = Some(String::new());
    while let Some(last) = after {
        let page = store.answer(queries::orders::numbers_after(store, &last))?;
        for numbers in page.rows.chunks(CHUNK) {
            let stored = StoredOrders::load(store, numbers)?;
            for sale in orders::sales(facts, known, &stored, |_| true) {
                each(&sale);
                add_if_paid(&mut paid_orders, &sale);
            }
        }
        after = page.next;
    }
    Ok(paid_orders)
}

/// Adds an order that is paid by the source and credits an affiliate. One with two conversions comes twice, one after the other.
fn add_if_paid(paid_orders: &mut PaidOrdersByCode, sale: &AppSale<'_>) {
    let is_credited = sale.seller.is_some() && sales_pages::is_paid(sale);
    let Some(code) = sale.order.source_code.filter(|_| is_credited) else { return };
    let of_code = match paid_orders.get_mut(code) {
        Some(of_code) => of_code,
        None => paid_orders.entry(code.to_owned()).or_default(),
    };
    if of_code.last().is_none_or(|last| *last.order_id != *sale.order.order_id) {
        of_code.push(PaidOrder {
            order_id: sale.order.order_id.into(),
            commission: sale.order.source_commission.unwrap_or_default(),
            stated: sale.order.source_commission_paid,
        });
    }
}
