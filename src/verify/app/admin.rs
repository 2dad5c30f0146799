//! What an admin's pages add up over everybody, and what the app's jobs would do tonight.

use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::language::tr;
use crate::store::queries::app_screens;
use crate::store::schema::tables::TransactionStatus;
use crate::store::session::store::Store;
use crate::verify::app::affiliates::AppAffiliate;
use crate::verify::app::facts::AppFacts;
use crate::verify::app::orders::AppSale;
use crate::verify::app::people::AppPerson;
use crate::verify::app::sales_pages::{is_paid, source_charged};
use crate::verify::held_memberships::HeldMembership;
use crate::verify::report::VerifyCheck;

/// What is added up while the orders are read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AdminOrderTotals {
    paid: u64,
    revenue: Money,
    /// The greatest of Sejoli's numbers.
    pub(super) greatest: u64,
    followed_up: u64,
}

/// How long the app follows up an order that is not paid, by its own default.
const FOLLOW_UP_MS: i64 = 72 * 3_600_000;

impl AdminOrderTotals {
    /// Counts an order.
    pub(super) fn add(&mut self, facts: &AppFacts<'_>, sale: &AppSale<'_>) {
        self.greatest = self.greatest.max(sale.order.order_id.parse().unwrap_or(0));
        if is_paid(sale) {
            self.paid += 1;
            self.revenue = self.revenue + source_charged(sale);
        }
        let pending = |status: TransactionStatus, created: Millis| {
            status == TransactionStatus::Pending && created.0 > facts.now.0 - FOLLOW_UP_MS
        };
        let chased = sale.order.transaction.is_some_and(|row| pending(row.status, row.created_at));
        self.followed_up += u64::from(chased);
    }

    /// Adds other orders.
    pub(super) fn join(&mut self, other: Self) {
        self.paid += other.paid;
        self.revenue = self.revenue + other.revenue;
        self.greatest = self.greatest.max(other.greatest);
        self.followed_up += other.followed_up;
    }
}

/// What the admin's pages add up as revenue.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ShownRevenue {
    /// All paid orders, whatever was sold.
    pub(super) all: Money,
    /// How many they are.
    pub(super) orders: i64,
    imported: Money,
    imported_orders: i64,
    commissions: Money,
}

/// Reads it.
///
/// # Errors
/// Those of the database.
pub(super) fn shown_revenue(store: &mut Store) -> anyhow::Result<ShownRevenue> {
    let mut shown = ShownRevenue::default();
    for group in store.over_whole_tables(app_screens::revenue)? {
        let sum = Money::from_minor(group.amount.minor() * group.orders);
        (shown.all, shown.orders) = (shown.all + sum, shown.orders + group.orders);
        if group.is_imported {
            shown.imported = shown.imported + sum;
            shown.imported_orders += group.orders;
        }
        if group.kind == "COMMISSION" {
            shown.commissions = shown.commissions + sum;
        }
    }
    Ok(shown)
}

/// The revenue of the admin's pages: all paid orders, whatever was sold.
pub(super) fn revenue(
    store: &mut Store,
    totals: AdminOrderTotals,
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    let ShownRevenue { all, imported, imported_orders, commissions, .. } = shown_revenue(store)?;
    let orders = u64::try_from(imported_orders)?;
    check.facts.push(tr!("the app shows {all}: {imported} imported, {} of its own", all - imported));
    if commissions.is_positive() {
        check.facts.push(tr!("of these {commissions} are commissions, which the app counts as revenue"));
    }
    check.add_figure("paid orders", orders, totals.paid);
    check.add_figure("imported revenue", imported, totals.revenue);
    check.compare(orders == totals.paid, || {
        tr!("{orders} imported orders are paid, the source says {}", totals.paid)
    });
    check.compare(imported == totals.revenue, || {
        tr!("the imported orders come to {imported}, the source says {}", totals.revenue)
    });
    Ok(())
}

/// What the jobs for unpaid orders would take up: the old ones are left alone, and nothing is asked of a payment provider.
pub(super) fn payment_jobs(
    store: &mut Store,
    totals: AdminOrderTotals,
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    check
        .facts
        .push(tr!("{} imported orders of the last three days would be followed up", totals.followed_up));
    let named = app_screens::pending_with_reference(store)?;
    check.values += 1;
    for id in named.unwrap_or_default() {
        check.differ(tr!("transaction {id}: is not paid and has a reference: a job would ask Xendit for it"));
    }
    Ok(())
}

/// What is added up while people are read: memberships that the admin's page counts, and those that run by the source.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MemberTotals {
    shown: u64,
    expected: u64,
}

impl MemberTotals {
    /// Counts a person.
    pub(super) fn add(&mut self, person: &AppPerson) {
        let is_shown = |held: &&HeldMembership| held.row.status == "ACTIVE" && held.row.end_date > held.as_of;
        self.shown += person.memberships.iter().filter(is_shown).count() as u64;
        let chosen = person.chosen();
        let others = person.memberships.iter().filter(|held| {
            held.source.is_none()
                && is_shown(held)
                && chosen.is_some_and(|chosen| chosen.row.id != held.row.id)
        });
        self.expected += u64::from(chosen.is_some()) + others.count() as u64;
    }

    /// How many memberships of imported people the app takes for running.
    pub(super) fn shown(self) -> u64 {
        self.shown
    }

    /// The number of members on the admin's page.
    pub(super) fn close(self, check: &mut VerifyCheck) {
        check.facts.push(tr!("{} memberships of imported people run", self.expected));
        check.add_figure("running memberships", self.shown, self.expected);
        check.compare(self.shown == self.expected, || {
            tr!("the app counts {} running memberships, the source says {}", self.shown, self.expected)
        });
    }
}

/// What is added up while affiliates are read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AdminCommissionTotals {
    shown: Money,
    expected: Money,
    requestable: Money,
    owed: Money,
}

impl AdminCommissionTotals {
    /// Counts an affiliate.
    pub(super) fn add(&mut self, affiliate: &AppAffiliate) {
        self.shown = self.shown + affiliate.all().all;
        self.expected = self.expected + affiliate.source.earned + affiliate.of_app().all;
        self.requestable = self.requestable + affiliate.all().unpaid() - affiliate.open_payouts;
        self.owed =
            self.owed + affiliate.source.owed() + affiliate.of_app().unpaid() - affiliate.open_payouts;
    }

    /// The commissions that the app adds up.
    pub(super) fn shown(self) -> Money {
        self.shown
    }

    /// The commissions on the admin's page, and what all affiliates together can ask for.
    pub(super) fn close(self, check: &mut VerifyCheck) {
        let Self { shown, expected, requestable, owed } = self;
        check.facts.push(tr!("all affiliates are owed {owed} and can request {requestable}"));
        check.add_figure("commissions", shown, expected);
        check.compare(shown == expected, || {
            tr!("the commissions come to {shown}, the source says {expected}")
        });
    }
}
