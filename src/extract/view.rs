//! The shop as the files see it: rows found by number, and what is asked of all of them.

use std::collections::HashSet;

use crate::domain::date::Millis;
use crate::extract::kept_rows::{Id, KeptCommissionRow, OrderRow, SubscriptionRow, UserRow};
use crate::extract::order_rules::is_good;
use crate::extract::shop::{ByOrder, Shop};
use crate::extract::site_time::SiteTime;
use crate::extract::words::Word;

/// The shop at a point in time.
pub(crate) struct ShopView<'s> {
    /// The shop.
    pub(crate) shop: &'s Shop,
    /// The time that stands for now, by the site's clock.
    pub(crate) now: Option<SiteTime>,
    /// Whether rows that are marked as deleted come along.
    pub(crate) include_deleted: bool,
    commissions: ByOrder,
    subscriptions: ByOrder,
    access: HashSet<Id>,
}

impl<'s> ShopView<'s> {
    /// The shop at a point in time.
    pub(crate) fn new(shop: &'s Shop, as_of: Millis, include_deleted: bool) -> Self {
        let rows = &shop.rows;
        let posts: HashSet<Id> = rows.access_posts.iter().copied().collect();
        let named = rows.associations.iter().filter(|(post, _)| posts.contains(post));
        Self {
            shop,
            now: SiteTime::of_instant(as_of, shop.zone),
            include_deleted,
            commissions: ByOrder::new(rows.commissions.iter().map(|row| row.order)),
            subscriptions: ByOrder::new(rows.subscriptions.iter().map(|row| row.order)),
            access: named.map(|(_, product)| *product).collect(),
        }
    }

    /// A word that repeats.
    pub(crate) fn word(&self, word: Word) -> &'s str {
        self.shop.words.get(word)
    }

    /// Whether a row with this mark comes along.
    pub(crate) fn comes_along(&self, deleted: Option<SiteTime>) -> bool {
        self.include_deleted || deleted.is_none()
    }

    /// The orders that come along.
    pub(crate) fn orders(&self) -> impl Iterator<Item = &'s OrderRow> + '_ {
        self.shop.rows.orders.iter().filter(|order| self.comes_along(order.deleted))
    }

    /// The commission rows that come along.
    pub(crate) fn commissions(&self) -> impl Iterator<Item = &'s KeptCommissionRow> + '_ {
        self.shop.rows.commissions.iter().filter(|row| self.comes_along(row.deleted))
    }

    /// An order that comes along.
    pub(crate) fn order(&self, id: Id) -> Option<&'s OrderRow> {
        let orders = &self.shop.rows.orders;
        let at = orders.binary_search_by_key(&id, |order| order.id).ok()?;
        Some(&orders[at]).filter(|order| self.comes_along(order.deleted))
    }

    /// The commission rows of an order that come along.
    pub(crate) fn commissions_of(&self, order: Id) -> impl Iterator<Item = &'s KeptCommissionRow> + '_ {
        let rows = self.commissions.of(order).map(|at| &self.shop.rows.commissions[at]);
        rows.filter(|row| self.comes_along(row.deleted))
    }

    /// The subscriptions of an order that come along.
    pub(crate) fn subscriptions_of(&self, order: Id) -> impl Iterator<Item = &'s SubscriptionRow> + '_ {
        let rows = self.subscriptions.of(order).map(|at| &self.shop.rows.subscriptions[at]);
        rows.filter(|row| self.comes_along(row.deleted))
    }

    /// A user.
    pub(crate) fn user(&self, id: Id) -> Option<&'s UserRow> {
        self.shop.rows.users.get(&id)
    }

    /// A user's phone number.
    pub(crate) fn phone(&self, user: Id) -> Option<&'s str> {
        self.shop.rows.user_fields.get(&user)?.phone.as_deref()
    }

    /// A product's title.
    pub(crate) fn title(&self, product: Id) -> Option<&'s str> {
        self.shop.rows.products.get(&product).map(|title| &**title)
    }

    /// Whether a product opens members' pages.
    pub(crate) fn gives_access(&self, product: Id) -> bool {
        self.access.contains(&product)
    }

    /// Whether an order is a membership of its own, without an end: paid once, of a product that opens pages.
    pub(crate) fn is_lifetime(&self, order: &OrderRow) -> bool {
        self.word(order.kind) == "regular"
            && self.gives_access(order.product)
            && is_good(self.word(order.status), "")
    }
}
