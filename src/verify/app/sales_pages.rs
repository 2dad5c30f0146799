//! What the buyer, the affiliate and the admin see of an order, and whether the app can go on with it.

use crate::domain::status::OrderStatus;
use crate::language::tr;
use crate::store::schema::tables::TransactionStatus;
use crate::verify::app::facts::AppFacts;
use crate::verify::app::orders::{AppSale, ShownAffiliate};
use crate::verify::report::VerifyCheck;
use crate::verify::sums::status_of;

/// The status that an order's payment has by the source; `None` for a word that no import writes.
fn source_status(sale: &AppSale<'_>) -> Option<TransactionStatus> {
    let statuses = [OrderStatus::Paid, OrderStatus::Pending, OrderStatus::Expired, OrderStatus::Refunded];
    statuses.into_iter().find(|status| status.as_str() == sale.order.source_status).map(status_of)
}

/// What the order has charged by the source: what was paid, where money has moved.
pub(super) fn source_charged(sale: &AppSale<'_>) -> crate::domain::money::Money {
    let moved = matches!(source_status(sale), Some(TransactionStatus::Success | TransactionStatus::Refunded));
    sale.order.source_paid.filter(|_| moved).unwrap_or(sale.order.source_amount)
}

/// Whether the source has the order as paid.
pub(super) fn is_paid(sale: &AppSale<'_>) -> bool {
    source_status(sale) == Some(TransactionStatus::Success)
}

/// The buyer's own list of orders.
pub(super) fn my_orders(_: &AppFacts<'_>, sale: &AppSale<'_>, check: &mut VerifyCheck) {
    let Some(row) = sale.order.transaction else {
        check.compare(false, || tr!("{}: is in nobody's list", sale.who()));
        return;
    };
    check.compare(sale.has_buyer, || tr!("{}: its user is not there", sale.who()));
    if let Some(decided) = &sale.decided {
        check.compare(*decided == row.user_id, || {
            tr!("{}: is in another person's list than user {decided}", sale.who())
        });
    }
}

/// What the admin's pages add up: the payment's status and amount.
pub(super) fn revenue(_: &AppFacts<'_>, sale: &AppSale<'_>, check: &mut VerifyCheck) {
    let (Some(row), Some(status)) = (sale.order.transaction, source_status(sale)) else { return };
    check.compare(row.status == status, || {
        tr!("{}: is {}, the source says {}", sale.who(), row.status.as_str(), status.as_str())
    });
    let charged = source_charged(sale);
    check.compare(row.amount == charged, || {
        tr!("{}: counts as {}, the source says {charged}", sale.who(), row.amount)
    });
}

/// The admin's list of sales: what was sold, and whose sale it was.
pub(super) fn sales_row(facts: &AppFacts<'_>, sale: &AppSale<'_>, check: &mut VerifyCheck) {
    let Some(row) = sale.order.transaction else { return };
    let title = sale.order.source_title;
    let item = row.description.as_deref().or_else(|| sale.meta("productName")).unwrap_or_default();
    check.compare(item == title, || tr!("{}: the item is not the product's title", sale.who()));
    let number = sale.meta("sejoliProductId");
    check.compare(number == Some(sale.order.source_product), || {
        tr!("{}: metadata.sejoliProductId is not the product's number", sale.who())
    });
    let own = sale.meta("productId");
    check.compare(own.is_none() || own == row.product_id.as_deref(), || {
        tr!("{}: metadata.productId is no product of the app", sale.who())
    });
    let Some(seller) = sale.seller.filter(|_| facts.is_newer() || sale.order.conversion_of.is_some()) else {
        return;
    };
    let wanted = ShownAffiliate::User(seller.user_id.clone());
    check.compare(sale.named == wanted, || {
        let shown = match &sale.named {
            ShownAffiliate::User(id) => tr!("user {id}"),
            ShownAffiliate::Text(_) => tr!("a name from the metadata").to_owned(),
            ShownAffiliate::Nobody => "nobody".to_owned(),
        };
        tr!("{}: the affiliate is {shown}, the source says user {}", sale.who(), seller.user_id)
    });
}

/// Whom an order credits when the app goes on with it: by the kind of id that the app's own orders keep.
pub(super) fn credited(facts: &AppFacts<'_>, sale: &AppSale<'_>, check: &mut VerifyCheck) {
    let (Some(row), Some(seller)) = (sale.order.transaction, sale.seller) else { return };
    let wanted = if facts.orders_name_profiles { &seller.profile_id } else { &seller.user_id };
    check.compare(row.affiliate_id.as_ref() == Some(wanted), || {
        let found = row.affiliate_id.as_deref().unwrap_or("nobody");
        tr!("{}: Transaction.affiliateId is {found} instead of {wanted}", sale.who())
    });
    let named = sale.meta("affiliateId");
    check.compare(named == Some(seller.user_id.as_str()), || {
        let found = named.unwrap_or("nobody");
        tr!("{}: metadata.affiliateId is {found} instead of {}", sale.who(), seller.user_id)
    });
}

/// The membership that an order is of: in its own column, where the app has one, and in its metadata.
pub(super) fn membership(facts: &AppFacts<'_>, sale: &AppSale<'_>, check: &mut VerifyCheck) {
    let Some(row) = sale.order.transaction else { return };
    let plan = facts.plan_of(sale.order.source_product);
    let shown = |id: Option<&str>| id.unwrap_or("none").to_owned();
    if facts.has_membership_column {
        check.compare(row.membership_id.0.as_deref() == plan, || {
            let (found, plan) = (shown(row.membership_id.0.as_deref()), shown(plan));
            tr!("{}: Transaction.membershipId is {found} instead of {plan}", sale.who())
        });
    }
    let found = sale.meta("membershipId");
    check.compare(found == plan, || {
        tr!("{}: metadata.membershipId is {} instead of {}", sale.who(), shown(found), shown(plan))
    });
}

/// An admin confirms an order that was not paid: a wallet is credited, and a membership begins.
pub(super) fn confirm(facts: &AppFacts<'_>, sale: &AppSale<'_>, check: &mut VerifyCheck) {
    let Some(row) = sale.order.transaction.filter(|row| row.status == TransactionStatus::Pending) else {
        return;
    };
    let keeps_id =
        facts.orders_name_profiles && sale.seller.is_some_and(|seller| seller.profile_id != seller.user_id);
    if keeps_id && !sale.credits_a_wallet {
        check.facts.push(tr!(
            "{}: cannot be confirmed: the app's own orders name profiles, and this one has an id of its own",
            sale.who()
        ));
    } else {
        check.compare(row.affiliate_id.is_none() || sale.credits_a_wallet, || {
            tr!("{}: cannot be confirmed: Transaction.affiliateId is no user with a wallet", sale.who())
        });
    }
    let in_column = row.membership_id.0.as_deref().filter(|_| facts.is_newer());
    let begins = in_column.or_else(|| sale.meta("membershipId"));
    if let Some(plan) = facts.plan_of(sale.order.source_product) {
        check.compare(begins == Some(plan), || {
            let begins = begins.unwrap_or("none");
            tr!("{}: confirmed, it begins membership {begins} instead of {plan}", sale.who())
        });
    }
}

/// The affiliate's list of sales: the item by its product, else its membership.
pub(super) fn sales_list(facts: &AppFacts<'_>, sale: &AppSale<'_>, check: &mut VerifyCheck) {
    let Some(row) = sale.order.transaction.filter(|_| sale.order.conversion_of.is_some()) else {
        return;
    };
    let product = sale.order.source_product;
    let wanted = facts.product_of(product).or_else(|| facts.plan_of(product));
    let shown = row.product_id.as_deref().or(row.membership_id.0.as_deref());
    check.compare(shown == wanted, || {
        let word = |id: Option<&str>| id.unwrap_or(tr!("the word \"Produk\"")).to_owned();
        tr!("{}: the item is {}, by the product map {}", sale.who(), word(shown), word(wanted))
    });
}

/// A product that was bought is among the buyer's.
pub(super) fn bought_product(facts: &AppFacts<'_>, sale: &AppSale<'_>, check: &mut VerifyCheck) {
    if let Some(product) = facts.product_of(sale.order.source_product).filter(|_| is_paid(sale)) {
        check.compare(sale.owns_product, || {
            tr!("{}: product {product} was paid for and is not shown to the buyer", sale.who())
        });
    }
}
