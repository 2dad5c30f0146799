//! The figures of the app's pages for everybody who was imported, without a word on whether they are right: what another
//! program that asks the same questions, such as the app's own Prisma client, has to answer, too.

use serde::Serialize;

use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::store::schema::tables::Role;
use crate::store::session::store::Store;
use crate::verify::app::admin::{self, AdminCommissionTotals, MemberTotals};
use crate::verify::app::affiliate_pages;
use crate::verify::app::affiliates::{self, AppAffiliate};
use crate::verify::app::facts::AppFacts;
use crate::verify::app::list::read_people;
use crate::verify::app::membership_pages::MembershipPage;
use crate::verify::app::orders::{AppSale, ShownAffiliate};
use crate::verify::app::people::AppPerson;
use crate::verify::app::sales::read_orders;
use crate::verify::app::{access, invoices, log_in, money_pages};
use crate::verify::context::VerifyContext;

/// What the pages show. Amounts are whole sen, times milliseconds since 1970 UTC, everything else ids.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AppFigures {
    /// Whether it is the app of January 2026; else it is the one of December 2025.
    pub(crate) is_newer: bool,
    /// The time by which memberships are over.
    pub(crate) now: i64,
    /// Everybody who was imported, or recognised by an import, by id.
    pub(crate) people: Vec<PersonFigures>,
    /// Those of them whom orders credit.
    pub(crate) affiliates: Vec<AffiliateFigures>,
    /// Sejoli's orders.
    pub(crate) orders: Vec<OrderFigures>,
    /// What an admin sees.
    pub(crate) admin: AdminFigures,
}

/// What one person meets.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PersonFigures {
    user: String,
    reset_finds_address: bool,
    account_is_open: bool,
    is_sent_to_upgrade: bool,
    /// The memberships that the four pages show.
    my_membership: Option<String>,
    membership_status: Option<String>,
    list_of_memberships: Option<String>,
    courses_of_a_membership: Option<String>,
    my_groups: Vec<String>,
    opening_courses: Vec<String>,
    my_products: Vec<String>,
}

/// What one affiliate sees.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AffiliateFigures {
    user: String,
    profile: String,
    is_let_in: bool,
    is_onboarded: bool,
    /// The user for whom the advertised link sells.
    link_sells_for: Option<String>,
    payout_gate: i64,
    payouts_page: i64,
    wallet_balance: i64,
    wallet_earned: i64,
    wallet_paid: i64,
    dashboard_earned: i64,
    dashboard_sales: u64,
    dashboard_balance: i64,
    listed_to_be_paid: i64,
    on_boards: i64,
}

/// What the lists show of one order.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct OrderFigures {
    order: String,
    buyer: Option<String>,
    /// Whose sale the admin's list says it is: a user's id.
    affiliate: Option<String>,
    /// Or a name that stands in the order's metadata.
    affiliate_name: Option<String>,
    /// The product's id, else the membership's, in the affiliate's list.
    item: Option<String>,
    invoice: Option<String>,
}

/// What an admin's pages add up.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AdminFigures {
    revenue: i64,
    paid_orders: i64,
    running_memberships: u64,
    commissions: i64,
    /// What the next order would get; none where the app takes the clock's digits.
    next_invoice: Option<String>,
}

/// Reads all of it.
///
/// # Errors
/// Those of the database, a stored cell that cannot be read among them.
pub(in crate::verify) fn figures(store: &mut Store, context: &VerifyContext) -> anyhow::Result<AppFigures> {
    let facts = AppFacts::load(store, context)?;
    let (mut people, mut members) = (Vec::new(), MemberTotals::default());
    read_people(store, &facts, |person| {
        members.add(person);
        people.push(of_person(&facts, person));
    })?;
    let mut orders = Vec::new();
    let paid_orders = read_orders(store, &facts, |sale| orders.push(of_order(sale)))?;
    let (mut affiliates, mut commissions) = (Vec::new(), AdminCommissionTotals::default());
    affiliates::read_all(store, &facts, &paid_orders, |affiliate| {
        commissions.add(affiliate);
        affiliates.push(of_affiliate(&facts, affiliate));
    })?;
    let revenue = admin::shown_revenue(store)?;
    Ok(AppFigures {
        is_newer: facts.is_newer(),
        now: facts.now.0,
        people,
        affiliates,
        orders,
        admin: AdminFigures {
            revenue: revenue.all.minor(),
            paid_orders: revenue.orders,
            running_memberships: members.shown(),
            commissions: commissions.shown().minor(),
            next_invoice: invoices::next_number(store, &facts)?,
        },
    })
}

fn of_person(facts: &AppFacts<'_>, person: &AppPerson) -> PersonFigures {
    let wanted = person.chosen().map(|held| held.row.id.as_str());
    let shown = |page: MembershipPage| page.shown(facts, person, wanted).map(|held| held.row.id.clone());
    let is_open = |id: &&String| facts.openings.open_groups.contains_key(*id);
    PersonFigures {
        user: person.user.id.clone(),
        reset_finds_address: log_in::is_found_by_reset(&person.user.email),
        account_is_open: person.user.is_active && !person.user.is_suspended,
        is_sent_to_upgrade: person.user.role == Role::MemberFree,
        my_membership: shown(MembershipPage::Mine),
        membership_status: shown(MembershipPage::Status),
        list_of_memberships: shown(MembershipPage::List),
        courses_of_a_membership: shown(MembershipPage::Courses),
        my_groups: sorted(person.groups.iter().filter(is_open).cloned()),
        opening_courses: sorted(access::opening_courses(facts, person).into_iter().map(str::to_owned)),
        my_products: sorted(person.products.iter().cloned()),
    }
}

fn sorted(ids: impl Iterator<Item = String>) -> Vec<String> {
    let mut ids: Vec<String> = ids.collect();
    ids.sort_unstable();
    ids
}

fn of_affiliate(facts: &AppFacts<'_>, affiliate: &AppAffiliate) -> AffiliateFigures {
    let wallet = money_pages::wallet_page(facts, affiliate);
    let dashboard = money_pages::dashboard_page(facts, affiliate);
    let boards = if facts.is_newer() { affiliate.on_boards } else { affiliate.all() };
    let [gate, payouts, listed] = [
        money_pages::requestable(affiliate),
        money_pages::to_be_paid(facts, affiliate),
        affiliate.all().unpaid(),
    ]
    .map(Money::minor);
    AffiliateFigures {
        user: affiliate.user.id.clone(),
        profile: affiliate.profile.id.clone(),
        is_let_in: affiliate_pages::is_let_in(facts, affiliate),
        is_onboarded: affiliate_pages::is_onboarded(facts, affiliate),
        link_sells_for: affiliate_pages::sells_for(affiliate).map(str::to_owned),
        payout_gate: gate,
        payouts_page: payouts,
        wallet_balance: wallet.balance.minor(),
        wallet_earned: wallet.earned.minor(),
        wallet_paid: wallet.paid.minor(),
        dashboard_earned: dashboard.earned.minor(),
        dashboard_sales: dashboard.sales,
        dashboard_balance: dashboard.balance.minor(),
        listed_to_be_paid: listed,
        on_boards: boards.all.minor(),
    }
}

fn of_order(sale: &AppSale<'_>) -> OrderFigures {
    let row = sale.order.transaction;
    let (affiliate, affiliate_name) = match &sale.named {
        ShownAffiliate::User(id) => (Some(id.clone()), None),
        ShownAffiliate::Text(name) => (None, Some(name.clone())),
        ShownAffiliate::Nobody => (None, None),
    };
    OrderFigures {
        order: sale.order.order_id.to_owned(),
        buyer: row.map(|row| row.user_id.clone()),
        affiliate,
        affiliate_name,
        item: row.and_then(|row| row.product_id.clone().or_else(|| row.membership_id.0.clone())),
        invoice: row.and_then(|row| row.invoice_number.clone()),
    }
}

impl AppFigures {
    /// The time by which memberships are over.
    pub(crate) fn now(&self) -> Millis {
        Millis(self.now)
    }
}
