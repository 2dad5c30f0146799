//! Orders of the source with all that the app's pages read of them.

use crate::domain::contact::{Email, parse_phones};
use crate::language::tr;
use crate::store::session::store::Store;
use crate::verify::app::facts::AppFacts;
use crate::verify::app::family_pass::PageFamily;
use crate::verify::app::screen_order::{ScreenOrder, screen_orders};
use crate::verify::context::VerifiedAffiliate;
use crate::verify::difference::Subject;
use crate::verify::identities::decision_id;
use crate::verify::known_people::KnownPeople;
use crate::verify::order_metadata::OrderMetadata;
use crate::verify::orders_without_log::OrdersWithoutLog;
use crate::verify::stored_orders::StoredOrders;

/// Whom a page names as an order's affiliate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ShownAffiliate {
    /// A user, by id.
    User(String),
    /// A name that stands in the order's metadata.
    Text(String),
    /// Nobody.
    Nobody,
}

/// An order, as the pages see one.
#[derive(Debug)]
pub(super) struct AppSale<'o> {
    /// What Sejoli said, and the payment.
    pub(super) order: ScreenOrder<'o>,
    /// The payment's metadata; nothing where there is none.
    metadata: OrderMetadata<'o>,
    /// Whom the order credits by the source, if it is known who of the app that is.
    pub(super) seller: Option<&'o VerifiedAffiliate>,
    /// Whom the admin's list of sales names.
    pub(super) named: ShownAffiliate,
    /// Whether `Transaction.affiliateId` is the id of a user with a wallet.
    pub(super) credits_a_wallet: bool,
    /// Whether the buyer is a user.
    pub(super) has_buyer: bool,
    /// Whom an import has decided the buyer to be.
    pub(super) decided: Option<String>,
    /// Whether the buyer sees the product that the order's product is.
    pub(super) owns_product: bool,
    /// Whether an order of the app's own has the number that this one would have in the app's form.
    pub(super) number_is_taken: bool,
}

/// The pages of orders.
pub(super) struct OrderPages;

impl PageFamily for OrderPages {
    type Shown<'r> = AppSale<'r>;

    fn subject(shown: &AppSale<'_>) -> Subject {
        Subject::Order(shown.order.order_id.to_owned())
    }
}

impl AppSale<'_> {
    /// A member of the payment's metadata, if it is a text.
    pub(super) fn meta(&self, name: &str) -> Option<&str> {
        self.metadata.text(name)
    }

    /// How the order is called in a difference.
    pub(super) fn who(&self) -> String {
        let user = self.order.transaction.map_or("nobody", |row| row.user_id.as_str());
        tr!("order {} (user {user})", self.order.order_id)
    }
}

/// Whom stored orders name, where they are few.
///
/// # Errors
/// Those of the database.
pub(super) fn people_of(store: &mut Store, stored: &StoredOrders) -> anyhow::Result<KnownPeople> {
    let orders: Vec<ScreenOrder<'_>> =
        stored.logs.iter().flat_map(|log| screen_orders(log, stored)).collect();
    let metadata: Vec<OrderMetadata<'_>> = orders.iter().map(metadata_of).collect();
    let rows = || orders.iter().filter_map(|order| order.transaction);
    let users = orders
        .iter()
        .filter_map(|order| order.conversion_of)
        .chain(rows().map(|row| row.user_id.as_str()))
        .chain(rows().filter_map(|row| row.affiliate_id.as_deref()))
        .chain(metadata.iter().filter_map(|metadata| metadata.text("affiliateId")));
    let decisions: Vec<String> = orders.iter().filter_map(decision_of).collect();
    KnownPeople::among(store, &distinct(users), &distinct(decisions.iter().map(String::as_str)))
}

/// The stored orders that an import has kept a word of, as the pages see them, of those for which `is_wanted` holds by their
/// numbers. The people are all whom they name. An order with two payments or two conversions comes twice, one after the other.
pub(super) fn sales<'a, 'p>(
    facts: &'a AppFacts<'_>,
    known: (&'p KnownPeople, &'p OrdersWithoutLog),
    stored: &'a StoredOrders,
    is_wanted: impl Fn(&str) -> bool + 'p,
) -> impl Iterator<Item = AppSale<'a>> + 'p
where
    'a: 'p,
{
    let logs = stored.logs.iter().filter(move |log| is_wanted(&log.order_id));
    logs.flat_map(|log| screen_orders(log, stored)).map(move |order| sale(facts, known, stored, order))
}

fn sale<'a>(
    facts: &'a AppFacts<'_>,
    (people, without_log): (&KnownPeople, &OrdersWithoutLog),
    stored: &StoredOrders,
    order: ScreenOrder<'a>,
) -> AppSale<'a> {
    let metadata = metadata_of(&order);
    let seller = order.source_code.and_then(|code| facts.context.sellers.get(code));
    let row = order.transaction;
    let credited = row.and_then(|row| row.affiliate_id.as_deref());
    let buyer = row.map_or("", |row| row.user_id.as_str());
    let product = facts.product_of(order.source_product).map(str::to_owned);
    let is_shown = |product| stored.shown_products.contains(&(buyer.to_owned(), product));
    AppSale {
        named: named(facts, people, &order, &metadata),
        credits_a_wallet: credited.is_some_and(|id| people.has_wallet(id)),
        has_buyer: people.is_user(buyer),
        decided: decision_of(&order).and_then(|decision| people.decided(&decision)),
        owns_product: product.is_some_and(is_shown),
        number_is_taken: without_log.invoices.contains(&facts.invoice_of(order.order_id)),
        seller,
        metadata,
        order,
    }
}

/// The payment's metadata; nothing where there is none.
fn metadata_of<'o>(order: &ScreenOrder<'o>) -> OrderMetadata<'o> {
    order.transaction.map(OrderMetadata::of).unwrap_or_default()
}

fn distinct<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut ids: Vec<&str> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn decision_of(order: &ScreenOrder<'_>) -> Option<String> {
    let email = Email::parse(order.source_email).ok();
    let number = order.source_number.and_then(|text| parse_phones(text).ok()?.first);
    decision_id(email.as_ref(), number)
}

/// Whom the admin's list names: the first of these that is a user's id, at last a name. The app of December 2025 goes from
/// the conversion to the profile to the user.
fn named(
    facts: &AppFacts<'_>,
    people: &KnownPeople,
    order: &ScreenOrder<'_>,
    metadata: &OrderMetadata<'_>,
) -> ShownAffiliate {
    if !facts.is_newer() {
        let seller = order.conversion_of.and_then(|profile| facts.context.sellers.of_profile(profile));
        return seller.map_or(ShownAffiliate::Nobody, |seller| ShownAffiliate::User(seller.user_id.clone()));
    }
    let text = |name: &str| metadata.text(name);
    let credited = order.transaction.and_then(|row| row.affiliate_id.as_deref());
    let ids = [order.conversion_of, credited, text("affiliateId")];
    match (ids.into_iter().flatten().find(|id| people.is_user(id)), text("affiliateName")) {
        (Some(id), _) => ShownAffiliate::User(id.to_owned()),
        (None, Some(name)) => ShownAffiliate::Text(name.to_owned()),
        (None, None) => ShownAffiliate::Nobody,
    }
}
