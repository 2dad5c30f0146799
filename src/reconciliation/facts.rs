//! The whole reconciliation.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::domain::money::Money;
use crate::reconciliation::affiliates::{CodeRow, CodeUsers, PersonRow, people};
use crate::reconciliation::breakdown::{MonthRow, OrderSums, ProductRow};
use crate::reconciliation::commission_sums::CreditedCommissions;
use crate::reconciliation::higher_tiers::HigherTierSums;
use crate::reconciliation::review::Review;
use crate::reconciliation::scan::OrderScan;
use crate::reconciliation::statement::ReconciliationStatement;
use crate::reconciliation::statements;
use crate::reconciliation::statements::MeasuredSums;
use crate::reconciliation::tally::Tally;
use crate::reconciliation::waiting;
use crate::reconciliation::waiting::WaitingRows;
use crate::store::queries;
use crate::store::session::store::Store;

/// The reconciliation of the whole database, whichever runs have written it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Reconciliation {
    /// The zone whose months are meant.
    pub(crate) zone: String,
    /// Gross to revenue, upper tiers to ledgers where there are any, revenue to earned, earned to wallets, conversions to
    /// requestable.
    pub(crate) statements: Vec<ReconciliationStatement>,
    /// All imported orders, by status.
    pub(crate) orders: OrderSums,
    /// By the month in which they were placed.
    pub(crate) months: Vec<MonthRow>,
    /// By product.
    pub(crate) products: Vec<ProductRow>,
    /// By the affiliate's code; the orders without one have a row, too.
    pub(crate) codes: Vec<CodeRow>,
    /// By the person who has the codes.
    pub(crate) people: Vec<PersonRow>,
    /// Rows of orders outside of the app.
    pub(crate) waiting: WaitingRows,
    /// What to look at.
    pub(crate) review: Review,
    /// Each table and statement that is held against another one, and whether it agrees.
    pub(crate) checks: Vec<Check>,
    /// Sums for whoever asks further, which are none of the documents'.
    #[serde(skip)]
    pub(crate) sums: FurtherSums,
}

/// What the same walk and the same questions have summed up for a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FurtherSums {
    /// Imported orders by the app's word for their status.
    pub(crate) statuses: BTreeMap<String, Tally>,
    /// What became of the commissions that imports have credited, by the profile's id.
    pub(crate) credited: HashMap<String, CreditedCommissions>,
    /// What is earned of tiers above the first and not paid in Sejoli, by code.
    pub(crate) unpaid_tiers: HashMap<String, Money>,
}

/// One comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    /// What is compared.
    pub(crate) key: &'static str,
    /// What the one comes to.
    pub(crate) found: Money,
    /// What the other comes to.
    pub(crate) expected: Money,
    /// Whether they agree, in counts and in amounts.
    pub(crate) holds: bool,
}

impl Reconciliation {
    /// A statement by its name.
    pub(crate) fn statement(&self, key: &str) -> Option<&ReconciliationStatement> {
        self.statements.iter().find(|statement| statement.key == key)
    }

    /// Whether every statement and every table adds up.
    pub(crate) fn adds_up(&self) -> bool {
        self.statements.iter().all(|statement| statement.adds_up)
            && self.checks.iter().all(|check| check.holds)
    }
}

/// Gathers it, when all orders have been told.
///
/// # Errors
/// The database's errors; a sum that 64 bits of sen do not hold.
pub(crate) fn gather(store: &mut Store, scan: &OrderScan) -> anyhow::Result<Reconciliation> {
    let zone = scan.zone.to_string();
    store.over_whole_tables(|store| {
        let mut scan = scan.take(store)?;
        let sellers = scan.sellers;
        let waiting = waiting::gather(store)?;
        let higher_tiers = HigherTierSums::gather(store, &sellers, &mut scan.codes)?;
        let (measured, statuses) = measured(store, &sellers)?;
        let people = people(store, &sellers, &higher_tiers.unpaid)?;
        let orders = scan.breakdowns.total;
        let (months, products) = scan.breakdowns.into_rows();
        let codes = scan.codes.into_rows(&sellers);
        let mut statements = vec![statements::orders(&waiting, &orders, &measured)];
        statements.extend(statements::higher_tiers(&higher_tiers, &measured));
        statements.extend([
            statements::commission(&scan.commission, &measured),
            statements::wallets(&codes, &people, &measured),
            statements::requestable(&people),
        ]);
        let checks = checks(&orders, &months, &products, &codes, &people, &measured);
        let (credited, unpaid_tiers) = (scan.commission.credited, higher_tiers.unpaid);
        Ok(Reconciliation {
            zone,
            statements,
            orders,
            months,
            products,
            codes,
            people,
            waiting,
            review: scan.review,
            checks,
            sums: FurtherSums { statuses, credited, unpaid_tiers },
        })
    })
}

/// What is measured, and all imported orders by their status.
fn measured(
    store: &mut Store,
    sellers: &CodeUsers,
) -> anyhow::Result<(MeasuredSums, BTreeMap<String, Tally>)> {
    let mut measured = MeasuredSums::default();
    let mut statuses: BTreeMap<String, Tally> = BTreeMap::new();
    for group in queries::orders::by_amount(store)? {
        let (orders, is_paid) = (Tally::of(group.orders, group.amount)?, group.are_paid());
        let of_status = statuses.entry(group.status).or_default();
        *of_status = *of_status + orders;
        measured.imported = measured.imported + orders;
        if !is_paid {
            continue;
        }
        measured.paid = measured.paid + orders;
        if let Some(share) = group.affiliate_share.filter(|share| !share.is_zero()) {
            measured.recorded = measured.recorded + Tally::of(group.orders, share)?;
        }
    }
    for group in queries::affiliates::conversions_by_amount(store)? {
        measured.conversions = measured.conversions + Tally::of(group.conversions, group.commission)?;
    }
    for group in queries::reconciliation::higher_tier_amounts(store)? {
        measured.higher_tiers = measured.higher_tiers + Tally::of(group.entries, group.amount)?;
    }
    measured.earned = sellers.earned();
    for group in queries::reconciliation::ledger_amounts(store, true)? {
        measured.ledger = measured.ledger + Tally::of(group.entries, group.amount)?.amount;
    }
    Ok((measured, statuses))
}

fn checks(
    orders: &OrderSums,
    months: &[MonthRow],
    products: &[ProductRow],
    codes: &[CodeRow],
    people: &[PersonRow],
    measured: &MeasuredSums,
) -> Vec<Check> {
    let check = |key, found: Tally, expected: Tally| Check {
        key,
        found: found.amount,
        expected: expected.amount,
        holds: found == expected,
    };
    let table = |key, rows: &mut dyn Iterator<Item = &OrderSums>| {
        let sum = rows.fold(OrderSums::default(), |sum, row| sum.joined(*row));
        Check { holds: sum == *orders && sum.adds_up(), ..check(key, sum.all, orders.all) }
    };
    let amount = |amount: Money| Tally::amount(amount);
    let owed: Money = codes.iter().map(|code| code.owed).sum();
    vec![
        table("months_are_all", &mut months.iter().map(|row| &row.sums)),
        check("paid_months_are_paid", months.iter().map(|row| row.paid_in).sum(), measured.paid),
        check(
            "earned_months_are_conversions",
            months.iter().map(|row| row.earned_in).sum(),
            measured.conversions,
        ),
        table("products_are_all", &mut products.iter().map(|row| &row.sums)),
        table("codes_are_all", &mut codes.iter().map(|row| &row.sums)),
        check("codes_are_conversions", codes.iter().map(|row| row.conversions).sum(), measured.conversions),
        check(
            "codes_are_earned",
            amount(codes.iter().map(|code| code.earned).sum()),
            amount(measured.earned.amount),
        ),
        check("people_are_owed", amount(people.iter().map(|person| person.owed).sum()), amount(owed)),
        check("ledgers_are_owed", amount(measured.ledger), amount(owed)),
    ]
}
