//! The rows that a person should know of: those that did not come along, and those that are doubtful.

use std::collections::BTreeMap;

use crate::domain::money::Money;
use crate::extract::kept_rows::Id;
use crate::language::tr;

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $name:ident $written:literal $slug:literal $text:literal),+ $(,)?) => {
        /// Why a row is listed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum ListingReason { $($(#[doc = $doc])+ $name),+ }

        impl ListingReason {
            /// A word for programs.
            pub(crate) fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug),+ }
            }

            /// The reason as a sentence.
            pub(crate) fn text(self) -> &'static str {
                match self { $(Self::$name => tr!($text)),+ }
            }

            /// Whether such a row came along all the same.
            pub(crate) fn is_written(self) -> bool {
                match self { $(Self::$name => $written),+ }
            }
        }
    };
}

reasons! {
    /// `deleted_at` holds a date.
    SoftDeleted false "soft_deleted" "somebody has marked the row as deleted in the database; --include-deleted takes it along",
    /// A subscription whose order left completed.
    SubscriptionPending false "subscription_pending" "the subscription waits: its order is not completed any more, so it gives no access",
    /// A subscription that was ended by hand and has no date for it.
    SubscriptionInactive false "subscription_inactive" "the subscription was switched off by hand, so it gives no access",
    /// A subscription without an end, which an import would take for a lifetime.
    SubscriptionEndless false "subscription_without_end" "the subscription has no end date, so Sejoli gives no access by it",
    /// An affiliate whose user is gone.
    AffiliateDeleted false "affiliate_deleted" "the user is deleted, so nothing is known of this affiliate; the amount is what is still owed",
    /// A row that came along although it is marked as deleted.
    IncludedDeleted true "included_deleted" "somebody has marked the row as deleted in the database; it came along, as --include-deleted asks for",
    /// An order without its buyer.
    BuyerDeleted true "buyer_deleted" "the buyer's user is deleted: the order has no name and no address",
    /// An order without its product.
    ProductDeleted true "product_deleted" "the product is deleted: the order has no product name",
    /// A status of an add-on.
    UnknownStatus true "unknown_status" "Sejoli has no such status; its word is passed on, and an import holds the row",
    /// A completed order that came back to payment-confirm.
    SetBack true "set_back" "a buyer's form has set the order back to payment-confirm after it was paid; nobody has verified the form",
    /// A damaged `meta_data`.
    DamagedMeta true "damaged_meta" "the order's data is damaged: its log may be missing in part",
    /// A column of type FLOAT.
    InexactColumn true "inexact_column" "the column's type (FLOAT) may have lost rupiah or sen of this amount",
    /// An amount finer than a sen.
    OddAmount true "odd_amount" "the amount is finer than a sen; it is written as it stands",
    /// A completed order of a subscription that has none.
    SubscriptionMissing true "subscription_missing" "the order is completed and of a subscription, but there is no subscription: it gives no access",
    /// A completed order of an affiliate without a commission row.
    CommissionMissing true "commission_missing" "the order is completed and has an affiliate, but there is no commission row for him",
    /// A completed order whose commission waits.
    CommissionPending true "commission_pending" "the order is completed and the commission still pending: the shop's hourly job did not run, so it is not owed on record",
    /// Several rows of the first tier.
    CommissionAmbiguous true "commission_ambiguous" "the order has several commission rows of the first tier, or one of somebody else: see commissions.csv",
    /// Commission that was paid and is not owed any more.
    PaidNotAdded true "paid_but_not_added" "the commission was paid, and is not added any more: the money is gone, and the dashboard does not show it",
    /// A commission row of an order that does not come along.
    OrderMissing true "order_missing" "there is no order of this number among those that came along",
    /// A status that Sejoli's commissions do not have.
    CommissionStatus true "commission_status" "Sejoli's commissions have no such status; the row is written as it stands, and counts as neither earned nor owed",
    /// A subscription that was ended before its end.
    EndedByHand true "ended_by_hand" "the subscription was ended by hand before its end: its last change is written as its end",
    /// A subscription without its user.
    MemberDeleted true "member_deleted" "the user is deleted: the membership has no address",
    /// A subscription whose status is none of Sejoli's.
    SubscriptionStatus true "subscription_status" "Sejoli's subscriptions have no such status; its word is passed on",
}

/// A listed row.
#[derive(Clone, Debug)]
pub(crate) struct ListedRow {
    /// The table without its prefix, or the file, where there is no row of a table.
    pub(crate) table: &'static str,
    /// The row's number.
    pub(crate) id: Id,
    /// The order that it belongs to.
    pub(crate) order: Option<Id>,
    /// The affiliate whose money it is.
    pub(crate) affiliate: Option<Id>,
    /// The amount that it is about.
    pub(crate) amount: Option<Money>,
    /// Why.
    pub(crate) reason: ListingReason,
}

/// All listed rows.
#[derive(Debug, Default)]
pub(crate) struct ListedRows {
    /// The rows.
    pub(crate) rows: Vec<ListedRow>,
}

impl ListedRows {
    /// Lists a row.
    pub(crate) fn add(&mut self, row: ListedRow) {
        self.rows.push(row);
    }

    /// How many rows there are of each reason.
    pub(crate) fn counts(&self) -> BTreeMap<ListingReason, u64> {
        let mut counts = BTreeMap::new();
        for row in &self.rows {
            *counts.entry(row.reason).or_default() += 1;
        }
        counts
    }

    /// Puts the rows in an order that no form of input changes.
    pub(crate) fn sort(&mut self) {
        self.rows.sort_by_key(|row| (row.reason.is_written(), row.reason, row.table, row.id));
    }
}
