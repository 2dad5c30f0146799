//! What is kept of the rows while an input is read: a dump lists orders long before the users who have made them.
//!
//! This is the index that bounds the memory, some two hundred bytes an order: texts that repeat are kept once, and of
//! an order's data only what is written.

use std::collections::{BTreeMap, HashMap};

use crate::extract::amount::Amount;
use crate::extract::order_meta::{MetaState, StatusChange};
use crate::extract::site_time::SiteTime;
use crate::extract::tables::SiteTable;
use crate::extract::words::Word;

/// A row's number.
pub(crate) type Id = u64;

/// An order.
#[derive(Debug)]
pub(crate) struct OrderRow {
    pub(crate) id: Id,
    pub(crate) created: Option<SiteTime>,
    /// Its last change of status.
    pub(crate) updated: Option<SiteTime>,
    /// Set by somebody's hand alone: the plugin deletes no order.
    pub(crate) deleted: Option<SiteTime>,
    /// The first order, of a renewal; else 0.
    pub(crate) parent: Id,
    pub(crate) product: Id,
    pub(crate) user: Id,
    /// 0: none.
    pub(crate) affiliate: Id,
    /// 0: none.
    pub(crate) coupon: Id,
    pub(crate) gateway: Word,
    pub(crate) total: Amount,
    pub(crate) quantity: i64,
    pub(crate) kind: Word,
    pub(crate) status: Word,
    pub(crate) state: MetaState,
    /// Its moves, in [`SiteRows::moves`].
    pub(crate) moves: (u32, u32),
    pub(crate) unique_code: Option<Box<str>>,
    pub(crate) wallet: Option<Box<str>>,
    pub(crate) delivery_phone: Option<Box<str>>,
    pub(crate) coupon_code: Option<Box<str>>,
}

/// A commission row.
#[derive(Debug)]
pub(crate) struct KeptCommissionRow {
    pub(crate) id: Id,
    pub(crate) created: Option<SiteTime>,
    pub(crate) updated: Option<SiteTime>,
    pub(crate) deleted: Option<SiteTime>,
    pub(crate) order: Id,
    pub(crate) affiliate: Id,
    pub(crate) tier: i64,
    pub(crate) amount: Amount,
    pub(crate) status: Word,
    pub(crate) paid: bool,
}

/// A subscription.
#[derive(Debug)]
pub(crate) struct SubscriptionRow {
    pub(crate) id: Id,
    pub(crate) created: Option<SiteTime>,
    pub(crate) updated: Option<SiteTime>,
    pub(crate) deleted: Option<SiteTime>,
    pub(crate) order: Id,
    pub(crate) user: Id,
    pub(crate) product: Id,
    pub(crate) end: Option<SiteTime>,
    pub(crate) status: Word,
}

/// A coupon; a deleted one still names old orders.
#[derive(Debug)]
pub(crate) struct CouponRow {
    pub(crate) user: Id,
    /// Above 0: an affiliate's copy.
    pub(crate) parent: Id,
    pub(crate) code: Box<str>,
}

/// A user.
#[derive(Debug)]
pub(crate) struct UserRow {
    pub(crate) email: Box<str>,
    /// Without HTML entities.
    pub(crate) name: Box<str>,
    /// By UTC.
    pub(crate) registered: Option<SiteTime>,
}

/// What is known of a user besides.
#[derive(Debug, Default)]
pub(crate) struct UserFields {
    pub(crate) phone: Option<Box<str>>,
    /// Free text; it is written into `affiliates.csv` and shown nowhere.
    pub(crate) bank_info: Option<Box<str>>,
    /// Who has brought him.
    pub(crate) upline: Option<Id>,
}

/// The fields of a product by which its draft is made.
#[derive(Debug, Default)]
pub(crate) struct ProductFields {
    pub(crate) price: Option<Box<str>>,
    pub(crate) payment_type: Option<Box<str>>,
    pub(crate) duration: Option<Box<str>>,
    pub(crate) period: Option<Box<str>>,
}

/// The rows of all tables of one prefix.
#[derive(Debug, Default)]
pub(crate) struct SiteRows {
    /// The tables that were met, and how many rows each had that matter.
    pub(crate) tables: BTreeMap<SiteTable, u64>,
    pub(crate) orders: Vec<OrderRow>,
    pub(crate) moves: Vec<StatusChange>,
    pub(crate) commissions: Vec<KeptCommissionRow>,
    pub(crate) subscriptions: Vec<SubscriptionRow>,
    pub(crate) coupons: HashMap<Id, CouponRow>,
    pub(crate) users: HashMap<Id, UserRow>,
    pub(crate) user_fields: HashMap<Id, UserFields>,
    /// Titles, without HTML entities.
    pub(crate) products: BTreeMap<Id, Box<str>>,
    pub(crate) product_fields: HashMap<Id, ProductFields>,
    /// Posts that give access.
    pub(crate) access_posts: Vec<Id>,
    /// Post and product, of what may be an access post.
    pub(crate) associations: Vec<(Id, Id)>,
    pub(crate) options: BTreeMap<String, String>,
    /// The type of the orders' column of money, where the input says it.
    pub(crate) total_type: Option<String>,
    /// The type of the commissions' column of money, where the input says it.
    pub(crate) commission_type: Option<String>,
}
