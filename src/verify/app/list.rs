//! The list of the app's reads, each with what it needs of the schema.

use crate::language::tr;
use crate::store::queries::app_screens_people;
use crate::store::session::store::Store;
use crate::verify::app::admin::MemberTotals;
use crate::verify::app::affiliates::{AffiliatePages, AppAffiliate};
use crate::verify::app::facts::AppFacts;
use crate::verify::app::family_pass::{AppRead, FamilyPass, Unreadable};
use crate::verify::app::orders::{AppSale, OrderPages};
use crate::verify::app::people::{self, AppPerson, PersonPages};
use crate::verify::app::{
    access, affiliate_pages, invoices, log_in, membership_pages, money_pages, sales_pages,
};
use crate::verify::report::VerifyCheck;

type PersonRead = AppRead<PersonPages>;
type AffiliateRead = AppRead<AffiliatePages>;
type OrderRead = AppRead<OrderPages>;

const LOG_IN: &str = "app: log-in";

/// The tables without which nobody is enrolled in a course by a membership.
const OF_COURSES: [&str; 3] = ["CourseEnrollment", "Course", "MembershipCourse"];

const OF_PEOPLE: [PersonRead; 12] = [
    PersonRead::new(LOG_IN, log_in::check),
    PersonRead::new("app: members' pages", log_in::members_pages),
    PersonRead::new("app: one active membership", membership_pages::one_active),
    PersonRead::new("app: my membership", membership_pages::mine),
    PersonRead::new("app: membership status", membership_pages::status),
    PersonRead::new("app: list of memberships", membership_pages::list),
    PersonRead::new("app: courses of a membership", membership_pages::courses),
    PersonRead::new("app: my groups", access::groups).of(&["GroupMember", "Group", "MembershipGroup"]),
    PersonRead::new("app: my courses", access::courses).of(&OF_COURSES),
    PersonRead::new("app: a course opens", access::course_opens).of(&OF_COURSES),
    PersonRead::new("app: my products", access::products).of(&["UserProduct", "MembershipProduct"]),
    PersonRead::new("app: reminders to learn", access::reminders).of(&["UserCourseProgress"]),
];

/// The pages of affiliates.
pub(super) const OF_AFFILIATES: [AffiliateRead; 9] = [
    AffiliateRead::new("app: affiliate door", affiliate_pages::door),
    AffiliateRead::new("app: onboarding", affiliate_pages::onboarding).unless(without_profile_flag),
    AffiliateRead::new("app: ref link", affiliate_pages::ref_link).of(&["AffiliateLink"]),
    AffiliateRead::new("app: payout gate", money_pages::gate),
    AffiliateRead::new("app: payouts page", money_pages::payouts),
    AffiliateRead::new("app: wallet page", money_pages::wallet),
    AffiliateRead::new("app: dashboard", money_pages::dashboard),
    AffiliateRead::new("app: admin pays", money_pages::admin_pay).unless(without_admin_pay),
    AffiliateRead::new("app: leaderboards", money_pages::boards),
];

/// The pages of orders.
pub(super) const OF_ORDERS: [OrderRead; 9] = [
    OrderRead::new("app: my orders", sales_pages::my_orders),
    OrderRead::new("app: bought products", sales_pages::bought_product).of(&["UserProduct", "Product"]),
    OrderRead::new("app: membership of an order", sales_pages::membership).unless(without_map),
    OrderRead::new("app: credited affiliate", sales_pages::credited),
    OrderRead::new("app: sales list", sales_pages::sales_list).unless(without_sales_list),
    OrderRead::new("app: admin sales row", sales_pages::sales_row),
    OrderRead::new("app: confirm a pending order", sales_pages::confirm).unless(without_map),
    OrderRead::new("app: invoice numbers", invoices::number),
    OrderRead::new(REVENUE, sales_pages::revenue),
];

/// The read with which the admin's totals are compared.
pub(super) const REVENUE: &str = "app: admin revenue";

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

/// What the pages show otherwise than the source says of one person: the check and the difference.
pub(super) fn differences_of(
    facts: &AppFacts<'_>,
    person: &AppPerson,
    affiliate: Option<&AppAffiliate>,
    sales: &[AppSale<'_>],
) -> Vec<(&'static str, String)> {
    let mut people = FamilyPass::begin(&OF_PEOPLE, facts, "people");
    people.look_at(facts, person);
    let mut affiliates = FamilyPass::begin(&OF_AFFILIATES, facts, "affiliates");
    affiliate.into_iter().for_each(|affiliate| affiliates.look_at(facts, affiliate));
    let mut orders = FamilyPass::begin(&OF_ORDERS, facts, "orders");
    sales.iter().for_each(|sale| orders.look_at(facts, sale));
    let checks = [people.into_checks(), affiliates.into_checks(), orders.into_checks()].into_iter().flatten();
    let all = checks.flat_map(|check| check.found.into_iter().map(move |found| (check.name, found.what)));
    all.collect()
}

/// What the pages show of people, while they are looked at.
pub(in crate::verify) struct PeoplePages<'a> {
    facts: &'a AppFacts<'a>,
    reading: FamilyPass<'static, PersonPages>,
    totals: MemberTotals,
}

impl<'a> PeoplePages<'a> {
    /// Nobody was looked at yet.
    pub(in crate::verify) fn begin(facts: &'a AppFacts<'a>) -> Self {
        let reading = FamilyPass::begin(&OF_PEOPLE, facts, "people");
        Self { facts, reading, totals: MemberTotals::default() }
    }

    /// Looks at one of them.
    pub(in crate::verify) fn look_at(&mut self, person: &AppPerson) {
        self.totals.add(person);
        self.reading.look_at(self.facts, person);
    }

    /// The checks, which a stored value that is `unreadable` has ended early.
    pub(in crate::verify) fn close(self, unreadable: Option<Unreadable>) -> Vec<VerifyCheck> {
        let Self { facts, mut reading, totals } = self;
        if let Some(first) = reading.check(LOG_IN) {
            let page = log_in::reset_page(facts);
            first.facts.insert(0, tr!("{}: passwords are reset at {page}", facts.generation.as_str()));
        }
        let mut members = VerifyCheck::new("app: admin memberships", "totals");
        totals.close(&mut members);
        reading.close(vec![members], unreadable)
    }
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
        let (people, following) =
            people::with_rows(store, (facts.context, Some(facts)), users.rows, following)?;
        people.iter().for_each(&mut each);
        page = following?;
    }
    Ok(())
}
