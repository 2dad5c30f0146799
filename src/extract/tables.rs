//! The tables and columns that a shop is read from. Nothing else of a database is kept, and no password, key or
//! session ever is.

#[cfg(feature = "mysql")]
use crate::store::wordpress::ChosenRows;

/// A table, whatever its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum SiteTable {
    /// Orders.
    Orders,
    /// Commission rows; the plugin calls them affiliates.
    Commissions,
    /// Subscriptions.
    Subscriptions,
    /// Coupons.
    Coupons,
    /// The users of the site or of its network.
    Users,
    /// What is known of users besides.
    UserMeta,
    /// Products and access posts.
    Posts,
    /// The fields of products and access posts.
    PostMeta,
    /// The settings of the site.
    Options,
}

/// A column that is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SiteColumn {
    /// Its name.
    pub(crate) name: &'static str,
    /// Whether the table is useless without it.
    pub(crate) required: bool,
}

macro_rules! columns {
    ($($name:literal $(($optional:ident))?),+ $(,)?) => {
        &[$(SiteColumn { name: $name, required: columns!(@ $($optional)?) }),+]
    };
    (@ optional) => { false };
    (@) => { true };
}

/// The end of the name of the table that makes a database one of a shop.
pub(crate) const ORDERS_SUFFIX: &str = "sejolisa_orders";

impl SiteTable {
    /// All tables that are read.
    pub(crate) const ALL: [SiteTable; 9] = [
        SiteTable::Orders,
        SiteTable::Commissions,
        SiteTable::Subscriptions,
        SiteTable::Coupons,
        SiteTable::Users,
        SiteTable::UserMeta,
        SiteTable::Posts,
        SiteTable::PostMeta,
        SiteTable::Options,
    ];

    /// The name without its prefix.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            SiteTable::Orders => ORDERS_SUFFIX,
            SiteTable::Commissions => "sejolisa_affiliates",
            SiteTable::Subscriptions => "sejolisa_subscriptions",
            SiteTable::Coupons => "sejolisa_coupons",
            SiteTable::Users => "users",
            SiteTable::UserMeta => "usermeta",
            SiteTable::Posts => "posts",
            SiteTable::PostMeta => "postmeta",
            SiteTable::Options => "options",
        }
    }

    /// Whether a network of sites has one table of it, with the network's own prefix.
    pub(crate) fn is_shared(self) -> bool {
        matches!(self, SiteTable::Users | SiteTable::UserMeta)
    }

    /// The prefix and the table of a name.
    pub(crate) fn of_name(name: &str) -> Option<(&str, SiteTable)> {
        Self::ALL.into_iter().find_map(|table| {
            let at = name.len().checked_sub(table.suffix().len())?;
            let (prefix, suffix) = (name.get(..at)?, name.get(at..)?);
            let own =
                suffix.eq_ignore_ascii_case(table.suffix()) && (prefix.is_empty() || prefix.ends_with('_'));
            own.then_some((prefix, table))
        })
    }

    /// The columns that are read, in the order in which a row holds them. The first one is the key.
    pub(crate) fn columns(self) -> &'static [SiteColumn] {
        match self {
            SiteTable::Orders => columns![
                "ID",
                "created_at",
                "updated_at",
                "deleted_at"(optional),
                "order_parent_id"(optional),
                "product_id",
                "user_id",
                "affiliate_id",
                "coupon_id"(optional),
                "payment_gateway"(optional),
                "grand_total",
                "quantity"(optional),
                "type",
                "status",
                "meta_data",
            ],
            SiteTable::Commissions => columns![
                "ID",
                "created_at",
                "updated_at",
                "deleted_at"(optional),
                "order_id",
                "affiliate_id",
                "product_id"(optional),
                "tier",
                "commission",
                "status",
                "paid_status",
            ],
            SiteTable::Subscriptions => columns![
                "ID",
                "created_at",
                "updated_at",
                "deleted_at"(optional),
                "order_id",
                "user_id",
                "product_id",
                "end_date",
                "status",
            ],
            SiteTable::Coupons => columns!["ID", "user_id", "coupon_parent_id", "code"],
            SiteTable::Users => columns!["ID", "user_email", "user_registered", "display_name"],
            SiteTable::UserMeta => columns!["umeta_id"(optional), "user_id", "meta_key", "meta_value"],
            SiteTable::Posts => columns!["ID", "post_title", "post_type"],
            SiteTable::PostMeta => columns!["meta_id"(optional), "post_id", "meta_key", "meta_value"],
            SiteTable::Options => columns!["option_id"(optional), "option_name", "option_value"],
        }
    }

    /// Which rows matter; `None` where all do.
    #[cfg(feature = "mysql")]
    pub(crate) fn chosen(self) -> Option<ChosenRows> {
        let chosen =
            |column, words: &'static [&'static str], beginning| Some(ChosenRows { column, words, beginning });
        match self {
            SiteTable::UserMeta => chosen("meta_key", &USER_KEYS, None),
            SiteTable::Posts => chosen("post_type", &POST_TYPES, None),
            SiteTable::PostMeta => chosen("meta_key", &PRODUCT_KEYS, Some(ASSOCIATION)),
            SiteTable::Options => chosen("option_name", &OPTIONS, None),
            _ => None,
        }
    }
}

/// What is read of a user besides his row: phone, bank account, and who has brought him.
pub(crate) const USER_KEYS: [&str; 3] = ["_phone", "_bank_info", "_affiliate_id"];
/// The posts that matter.
pub(crate) const POST_TYPES: [&str; 2] = ["sejoli-product", "sejoli-access"];
/// The fields of a product that its draft is made of.
pub(crate) const PRODUCT_KEYS: [&str; 4] =
    ["_price", "_payment_type", "_subscription_duration", "_subscription_period"];
/// The beginning of the fields by which an access post names products.
pub(crate) const ASSOCIATION: &str = "_product_association|||";
/// The settings that matter.
pub(crate) const OPTIONS: [&str; 4] = ["siteurl", "timezone_string", "gmt_offset", "_sejoli_currency_type"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_known_by_the_end_of_its_name() {
        assert_eq!(SiteTable::of_name("wp_2_sejolisa_orders"), Some(("wp_2_", SiteTable::Orders)));
        assert_eq!(SiteTable::of_name("SERVMASK_PREFIX_users"), Some(("SERVMASK_PREFIX_", SiteTable::Users)));
        assert_eq!(SiteTable::of_name("users"), Some(("", SiteTable::Users)));
        for other in ["wp_sejolisa_wallet", "wp_sejolisa_acquisition_order", "wp_comments", "superusers", ""]
        {
            assert_eq!(SiteTable::of_name(other), None, "{other}");
        }
    }

    #[test]
    fn no_secret_is_among_the_columns() {
        let names: Vec<&str> =
            SiteTable::ALL.iter().flat_map(|table| table.columns()).map(|column| column.name).collect();
        for secret in ["user_pass", "user_activation_key", "user_login"] {
            assert!(!names.contains(&secret));
        }
        assert!(!USER_KEYS.contains(&"session_tokens"));
    }
}
