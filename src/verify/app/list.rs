//! The list of the app's reads, each with what it needs of the schema. People, affiliates and orders are read once.

use crate::language::tr;
use crate::store::queries::app_screens_affiliates::{PaidOrder, PaidOrdersByCode};
use crate::store::queries::{app_screens_orders, app_screens_people};
use crate::store::session::store::Store;
use crate::verify::app::admin::{self, AdminCommissionTotals, AdminOrderTotals, MemberTotals};
use crate::verify::app::affiliates::{self, AppAffiliate};
use crate::verify::app::facts::AppFacts;
use crate::verify::app::orders::{self, AppSale};
use crate::verify::app::people::{self, AppPerson};
use crate::verify::app::{
    access, affiliate_pages, invoices, log_in, membership_pages, money_pages, sales_pages,
};
use crate::verify::context::VerifyContext;
use crate::verify::difference::Subject;
use crate::verify::outcome::closed;
use crate::verify::report::VerifyCheck;

/// A read of the app.
struct AppRead<T> {
    /// Its name in the report.
    name: &'static str,
    /// The tables without which the app has no such page.
    tables: &'static [&'static str],
    /// Why this app has no such read, if it has none for another reason.
    lacks: fn(&AppFacts<'_>) -> Option<String>,
    /// What is compared of one row.
    check: fn(&AppFacts<'_>, &T, &mut VerifyCheck),
}

const fn read<T>(name: &'static str, check: fn(&AppFacts<'_>, &T, &mut VerifyCheck)) -> AppRead<T> {
    AppRead { name, tables: &[], lacks: |_| None, check }
}

impl<T> AppRead<T> {
    const fn of(self, tables: &'static [&'static str]) -> Self {
        Self { tables, ..self }
    }

    const fn unless(self, lacks: fn(&AppFacts<'_>) -> Option<String>) -> Self {
        Self { lacks, ..self }
    }

    /// The check that this read begins with: one that is left out says why.
    fn begin(&self, facts: &AppFacts<'_>, unit: &'static str) -> VerifyCheck {
        let mut check = VerifyCheck::new(self.name, unit);
        check.skipped = facts.lacks(self.tables).or_else(|| (self.lacks)(facts));
        check.concerned = Some(0).filter(|_| check.skipped.is_none());
        check
    }
}

const OF_PEOPLE: [AppRead<AppPerson>; 12] = [
    read("app: log-in", log_in::check),
    read("app: members' pages", log_in::members_pages),
    read("app: one active membership", membership_pages::one_active),
    read("app: my membership", membership_pages::mine),
    read("app: membership status", membership_pages::status),
    read("app: list of memberships", membership_pages::list),
    read("app: courses of a membership", membership_pages::courses),
    read("app: my groups", access::groups).of(&["GroupMember", "Group", "MembershipGroup"]),
    read("app: my courses", access::courses).of(&["CourseEnrollment", "Course", "MembershipCourse"]),
    read("app: a course opens", access::course_opens).of(&["CourseEnrollment", "Course", "MembershipCourse"]),
    read("app: my products", access::products).of(&["UserProduct", "MembershipProduct"]),
    read("app: reminders to learn", access::reminders).of(&["UserCourseProgress"]),
];

const OF_AFFILIATES: [AppRead<AppAffiliate>; 9] = [
    read("app: affiliate door", affiliate_pages::door),
    read("app: onboarding", affiliate_pages::onboarding).unless(without_profile_flag),
    read("app: ref link", affiliate_pages::ref_link).of(&["AffiliateLink"]),
    read("app: payout gate", money_pages::gate),
    read("app: payouts page", money_pages::payouts),
    read("app: wallet page", money_pages::wallet),
    read("app: dashboard", money_pages::dashboard),
    read("app: admin pays", money_pages::admin_pay).unless(without_admin_pay),
    read("app: leaderboards", money_pages::boards),
];

const OF_ORDERS: [AppRead<AppSale>; 9] = [
    read("app: my orders", sales_pages::my_orders),
    read("app: bought products", sales_pages::bought_product).of(&["UserProduct", "Product"]),
    read("app: membership of an order", sales_pages::membership).unless(without_map),
    read("app: credited affiliate", sales_pages::credited),
    read("app: sales list", sales_pages::sales_list).unless(without_sales_list),
    read("app: admin sales row", sales_pages::sales_row),
    read("app: confirm a pending order", sales_pages::confirm).unless(without_map),
    read("app: invoice numbers", invoices::number),
    read(REVENUE, sales_pages::revenue),
];

const REVENUE: &str = "app: admin revenue";

fn without_map(facts: &AppFacts<'_>) -> Option<String> {
    facts.context.map.is_none().then(|| tr!("no product map says what the orders are").to_owned())
}

fn without_sales_list(facts: &AppFacts<'_>) -> Option<String> {
    let older = (!facts.is_newer()).then(|| tr!("the app of December 2025 has another list").to_owned());
    older.or_else(|| without_map(facts))
}

fn without_admin_pay(facts: &AppFacts<'_>) -> Option<String> {
    (!facts.is_newer()).then(|| tr!("the app of December 2025 pays no whole conversions").to_owned())
}

fn without_profile_flag(facts: &AppFacts<'_>) -> Option<String> {
    let blind = facts.is_newer() && !facts.has_profile_flag;
    blind.then(|| tr!("no column AffiliateProfile.profileCompleted").to_owned())
}

/// What pages show: a person, an affiliate, an order.
trait ScreenSubject {
    /// What a difference is about.
    fn subject(&self) -> Subject;
}

impl ScreenSubject for AppPerson {
    fn subject(&self) -> Subject {
        Subject::User(self.user.id.clone())
    }
}

impl ScreenSubject for AppAffiliate {
    fn subject(&self) -> Subject {
        Subject::User(self.user.id.clone())
    }
}

impl ScreenSubject for AppSale {
    fn subject(&self) -> Subject {
        Subject::Order(self.order.order_id.clone())
    }
}

/// The reads of a family while its rows are read.
struct FamilyPass<'l, T> {
    reads: &'l [AppRead<T>],
    checks: Vec<VerifyCheck>,
}

impl<'l, T: ScreenSubject> FamilyPass<'l, T> {
    fn begin(reads: &'l [AppRead<T>], facts: &AppFacts<'_>, unit: &'static str) -> Self {
        Self { checks: reads.iter().map(|read| read.begin(facts, unit)).collect(), reads }
    }

    fn look_at(&mut self, facts: &AppFacts<'_>, row: &T) {
        for (read, check) in
            self.reads.iter().zip(&mut self.checks).filter(|(_, check)| check.skipped.is_none())
        {
            let (values, differences) = (check.values, check.differences);
            check.turn_to(row.subject());
            (read.check)(facts, row, check);
            check.rows += u64::from(check.values > values);
            let differs = u64::from(check.differences > differences);
            check.concerned = check.concerned.map(|concerned| concerned + differs);
        }
    }

    /// Looks at nothing, and says why.
    fn skip(&mut self, why: &str) {
        self.checks.iter_mut().for_each(|check| check.skipped = Some(why.to_owned()));
    }

    /// The checks of the family, with those that look at the whole. A stored cell that cannot be read ends all of them.
    fn close(self, whole: Vec<VerifyCheck>, done: anyhow::Result<()>) -> anyhow::Result<Vec<VerifyCheck>> {
        let mut checks: Vec<VerifyCheck> = self.checks.into_iter().chain(whole).collect();
        if done.is_err() {
            for check in checks.iter_mut().skip(1) {
                check.skipped = Some(
                    tr!("a stored value could not be read, which the family's first check names").to_owned(),
                );
            }
            let first = checks.remove(0);
            checks.insert(0, closed(first, done)?);
        }
        Ok(checks)
    }
}

/// What the pages show otherwise than the source says of one person: the check and the difference.
pub(super) fn differences_of(
    facts: &AppFacts<'_>,
    person: &AppPerson,
    affiliate: Option<&AppAffiliate>,
    sales: &[AppSale],
) -> Vec<(&'static str, String)> {
    let mut people = FamilyPass::begin(&OF_PEOPLE, facts, "people");
    people.look_at(facts, person);
    let mut affiliates = FamilyPass::begin(&OF_AFFILIATES, facts, "affiliates");
    affiliate.into_iter().for_each(|affiliate| affiliates.look_at(facts, affiliate));
    let mut orders = FamilyPass::begin(&OF_ORDERS, facts, "orders");
    sales.iter().for_each(|sale| orders.look_at(facts, sale));
    let checks = people.checks.into_iter().chain(affiliates.checks).chain(orders.checks);
    let all = checks.flat_map(|check| check.found.into_iter().map(move |found| (check.name, found.what)));
    all.collect()
}

/// The pages of people.
///
/// # Errors
/// Those of the database; a difference is none.
pub(in crate::verify) fn people_checks(
    store: &mut Store,
    context: &VerifyContext,
) -> anyhow::Result<Vec<VerifyCheck>> {
    let facts = AppFacts::load(store, context)?;
    let mut reading = FamilyPass::begin(&OF_PEOPLE, &facts, "people");
    let mut totals = MemberTotals::default();
    let done = read_people(store, &facts, |person| {
        totals.add(person);
        reading.look_at(&facts, person);
    });
    if let Some(first) = reading.checks.first_mut() {
        let page = log_in::reset_page(&facts);
        first.facts.insert(0, tr!("{}: passwords are reset at {page}", facts.generation.as_str()));
    }
    let mut members = VerifyCheck::new("app: admin memberships", "totals");
    totals.close(&mut members);
    reading.close(vec![members], done)
}

/// Reads everybody who was imported, by id.
///
/// # Errors
/// Those of the database.
pub(super) fn read_people(
    store: &mut Store,
    facts: &AppFacts<'_>,
    mut each: impl FnMut(&AppPerson),
) -> anyhow::Result<()> {
    let mut page = Some(store.answer(app_screens_people::people_after(store, ""))?);
    while let Some(users) = page {
        let following = users.following(|last| app_screens_people::people_after(store, last));
        let (people, following) = people::with_rows(store, facts, users.rows, following)?;
        people.iter().for_each(&mut each);
        page = following?;
    }
    Ok(())
}

/// The pages of affiliates and of orders. What the source says of an affiliate is what it says of the orders, which are read
/// once for both.
///
/// # Errors
/// Those of the database; a difference is none.
pub(in crate::verify) fn sale_checks(
    store: &mut Store,
    context: &VerifyContext,
) -> anyhow::Result<Vec<VerifyCheck>> {
    let facts = AppFacts::load(store, context)?;
    let (of_orders, paid_orders) = order_checks(store, &facts)?;
    let mut checks = affiliate_checks(store, &facts, paid_orders)?;
    checks.extend(of_orders);
    Ok(checks)
}

/// The pages of affiliates. Without the paid orders, which could not be read, nothing can be said of them.
fn affiliate_checks(
    store: &mut Store,
    facts: &AppFacts<'_>,
    paid_orders: Option<PaidOrdersByCode>,
) -> anyhow::Result<Vec<VerifyCheck>> {
    let mut reading = FamilyPass::begin(&OF_AFFILIATES, facts, "affiliates");
    let mut totals = AdminCommissionTotals::default();
    let done = match paid_orders {
        Some(paid_orders) => affiliates::read_all(store, facts, &paid_orders, |affiliate| {
            totals.add(affiliate);
            reading.look_at(facts, affiliate);
        }),
        None => {
            reading.skip(tr!("a stored value of an order could not be read"));
            Ok(())
        }
    };
    let mut commissions = VerifyCheck::new("app: admin commissions", "totals");
    totals.close(&mut commissions);
    reading.close(vec![commissions], done)
}

/// The pages of orders, and the paid ones by their affiliates' codes; none where they could not be read.
fn order_checks(
    store: &mut Store,
    facts: &AppFacts<'_>,
) -> anyhow::Result<(Vec<VerifyCheck>, Option<PaidOrdersByCode>)> {
    let mut reading = FamilyPass::begin(&OF_ORDERS, facts, "orders");
    let mut totals = AdminOrderTotals::default();
    let read = read_orders(store, facts, |sale| {
        totals.add(facts, sale);
        reading.look_at(facts, sale);
    });
    let (mut done, paid_orders) = match read {
        Ok(paid_orders) => (Ok(()), Some(paid_orders)),
        Err(error) => (Err(error), None),
    };
    let mut jobs = VerifyCheck::new("app: payment jobs", "questions");
    let mut next = VerifyCheck::new("app: next invoice number", "numbers");
    if let (Ok(()), Some(revenue)) = (&done, reading.checks.iter_mut().find(|check| check.name == REVENUE)) {
        done = admin::revenue(store, totals, revenue)
            .and_then(|()| admin::payment_jobs(store, totals, &mut jobs))
            .and_then(|()| invoices::next(store, facts, totals.greatest, &mut next));
    }
    Ok((reading.close(vec![jobs, next], done)?, paid_orders))
}

/// Reads Sejoli's orders. Those among them that Sejoli had as paid are the answer, for whoever is credited by them.
///
/// # Errors
/// Those of the database.
pub(super) fn read_orders(
    store: &mut Store,
    facts: &AppFacts<'_>,
    mut each: impl FnMut(&AppSale),
) -> anyhow::Result<PaidOrdersByCode> {
    let people = facts.context.people(store)?;
    let mut paid_orders = PaidOrdersByCode::new();
    let mut page = Some(store.answer(app_screens_orders::orders_after(store, ""))?);
    while let Some(orders) = page {
        let following = orders.following(|last| app_screens_orders::orders_after(store, last));
        let (sales, following) = orders::with_rows(store, facts, people, orders.rows, following)?;
        for sale in sales {
            each(&sale);
            add_if_paid(&mut paid_orders, sale);
        }
        page = following?;
    }
    Ok(paid_orders)
}

/// Adds an order that is paid by the source and credits an affiliate. One with two conversions comes twice, one after the other.
fn add_if_paid(paid_orders: &mut PaidOrdersByCode, sale: AppSale) {
    let is_credited = sale.seller.is_some() && sales_pages::is_paid(&sale);
    let Some(code) = sale.order.source_code.filter(|_| is_credited) else { return };
    let of_code = paid_orders.entry(code).or_default();
    if of_code.last().is_none_or(|last| *last.order_id != *sale.order.order_id) {
        of_code.push(PaidOrder {
            order_id: sale.order.order_id.into(),
            commission: sale.order.source_commission.unwrap_or_default(),
            stated: sale.order.source_commission_paid,
        });
    }
}
