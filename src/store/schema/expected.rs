//! What an import expects of the app's tables. Databases differ from the app's schema; each difference with
//! which an import still works is listed here.

use crate::store::codec::record::{Record as _, Table};
use crate::store::schema::tables;

/// A table of the app that the tool reads or writes.
pub(crate) struct ExpectedTable {
    /// The table and the columns of it that the tool knows.
    pub table: &'static Table,
    /// For a table that may be missing, what its absence means.
    pub optional: Option<&'static str>,
    /// Whether the tool writes to it.
    pub written: bool,
}

const fn core(table: &'static Table) -> ExpectedTable {
    ExpectedTable { table, optional: None, written: true }
}

/// The app's tables, parents before children.
pub(crate) const EXPECTED: &[ExpectedTable] = &[
    core(tables::User::TABLE),
    core(tables::AffiliateProfile::TABLE),
    core(tables::Membership::TABLE),
    core(tables::Transaction::TABLE),
    core(tables::UserMembership::TABLE),
    core(tables::AffiliateConversion::TABLE),
    core(tables::Wallet::TABLE),
    core(tables::WalletTransaction::TABLE),
    ExpectedTable {
        table: tables::UserRole::TABLE,
        optional: Some("no table: further roles are not written, User.role is"),
        written: true,
    },
    ExpectedTable {
        table: tables::UserProduct::TABLE,
        optional: Some("no table: who owns which product is not written"),
        written: true,
    },
    ExpectedTable {
        table: tables::Product::TABLE,
        optional: Some("no table: transactions do not name a product"),
        written: false,
    },
];

/// Columns that may be missing, because the same row holds their content elsewhere.
pub(crate) const DISPENSABLE: &[(&str, &str)] = &[
    ("User", "username"),
    ("User", "whatsapp"),
    ("AffiliateProfile", "whatsapp"),
    ("Transaction", "customerWhatsapp"),
    ("Transaction", "description"),
    ("Product", "name"),
    ("Product", "slug"),
];

/// Nullable columns that the tool fills in every row, so that a database may declare them NOT NULL.
pub(crate) const ALWAYS_FILLED: &[(&str, &str)] = &[
    ("Membership", "slug"),
    ("Transaction", "externalId"),
    ("Transaction", "invoiceNumber"),
    ("Transaction", "originalAmount"),
    ("Transaction", "paymentProvider"),
    ("Transaction", "metadata"),
];
