//! What an import expects of the app's tables. Databases differ from the app's schema; each difference with
//! which an import still works is listed here.

use crate::language::{msg, said, tr};
use crate::store::codec::record::{Column, Record as _, Table};
use crate::store::schema::catalogue::{ColumnShape, RowPlace, TableShape};
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

impl ExpectedTable {
    /// Why the tool cannot work with an optional table as it is, if it cannot: it is left out then, as if it were missing.
    pub(crate) fn unusable(&self, shape: &TableShape) -> Option<String> {
        self.optional?;
        if shape.place == RowPlace::Elsewhere {
            return Some(said(ROWS_ELSEWHERE).to_owned());
        }
        let lacks = |column: &&Column| shape.column(column.name).is_none() && !self.may_lack(column);
        if let Some(column) = self.table.columns.iter().find(lacks) {
            return Some(tr!("no column {}", column.name));
        }
        let unknown = |live: &&ColumnShape| !self.table.columns.iter().any(|known| known.name == live.name);
        let mut unknown = shape.columns.iter().filter(unknown);
        let needed = unknown.find(|live| self.written && live.must_be_filled())?;
        Some(tr!("{} is NOT NULL without a default, and the tool does not fill it", needed.name))
    }

    fn may_lack(&self, column: &Column) -> bool {
        DISPENSABLE.contains(&(self.table.name, column.name))
    }
}

/// What is expected of one of the app's tables; nothing for a table that is not the app's.
pub(crate) fn expected(table: &str) -> Option<&'static ExpectedTable> {
    EXPECTED.iter().find(|expected| expected.table.name == table)
}

const fn core(table: &'static Table) -> ExpectedTable {
    ExpectedTable { table, optional: None, written: true }
}

const fn optional(table: &'static Table, meaning: &'static str) -> ExpectedTable {
    ExpectedTable { table, optional: Some(meaning), written: true }
}

const fn only_read(table: &'static Table, meaning: &'static str) -> ExpectedTable {
    ExpectedTable { table, optional: Some(meaning), written: false }
}

/// Why no row is written by way of a foreign table.
pub(crate) const ROWS_ELSEWHERE: &str = msg!(
    "a foreign table: its rows are in another database, which keeps no keys for this one and commits by itself"
);

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
    optional(tables::UserRole::TABLE, msg!("no table: further roles are not written, User.role is")),
    optional(tables::UserProduct::TABLE, msg!("no table: who owns which product is not written")),
    only_read(tables::Product::TABLE, msg!("no table: transactions do not name a product")),
    optional(tables::AffiliateLink::TABLE, msg!("no table: no links are made for affiliates")),
    only_read(tables::Payout::TABLE, msg!("no table: the app's payout requests are not counted")),
    only_read(tables::Group::TABLE, msg!("no table: no groups are opened")),
    optional(tables::GroupMember::TABLE, msg!("no table: nobody is entered in a group")),
    only_read(tables::Course::TABLE, msg!("no table: no courses are opened")),
    optional(tables::CourseEnrollment::TABLE, msg!("no table: nobody is enrolled in a course")),
    only_read(tables::MembershipGroup::TABLE, msg!("no table: memberships open no groups")),
    only_read(tables::MembershipCourse::TABLE, msg!("no table: memberships open no courses")),
    only_read(tables::MembershipProduct::TABLE, msg!("no table: memberships bring no products")),
    only_read(tables::ProductCourse::TABLE, msg!("no table: products bring no courses")),
    only_read(
        tables::UserCourseProgress::TABLE,
        msg!("no table: the reminders to learn have nothing to go by"),
    ),
];

/// Columns that may be missing, because the same row holds their content elsewhere or the app's version has none.
pub(crate) const DISPENSABLE: &[(&str, &str)] = &[
    ("User", "username"),
    ("User", "whatsapp"),
    ("User", "affiliateMenuEnabled"),
    ("AffiliateProfile", "whatsapp"),
    ("AffiliateProfile", "profileCompleted"),
    ("AffiliateProfile", "profileCompletedAt"),
    ("AffiliateProfile", "bankName"),
    ("AffiliateProfile", "bankAccountName"),
    ("AffiliateProfile", "bankAccountNumber"),
    ("Transaction", "customerWhatsapp"),
    ("Transaction", "description"),
    ("Transaction", "membershipId"),
    ("AffiliateLink", "fullUrl"),
    ("AffiliateLink", "isArchived"),
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
