//! Rows that contradict each other, dates and words in a form that the app does not know.

use crate::store::codec::record::{Record as _, Table};
use crate::store::codec::value::Kind;
use crate::store::queries::answers::texts;
use crate::store::schema::tables::{AffiliateConversion, Transaction, WebhookLog};
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;

/// A kind of rows that no sound database has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inconsistency {
    /// An `AffiliateConversion` whose `affiliateId` is no profile's id.
    ConversionWithoutProfile,
    /// An `AffiliateConversion` whose transaction is not there.
    ConversionWithoutTransaction,
    /// A `Transaction` whose user is not there.
    TransactionWithoutUser,
    /// A `UserMembership` whose user or whose `Membership` is not there.
    MembershipWithoutUserOrPlan,
    /// A `UserMembership` that names a transaction which is not there.
    MembershipWithoutTransaction,
    /// A `Wallet` whose user is not there.
    WalletWithoutUser,
    /// A `WalletTransaction` whose wallet is not there.
    LedgerEntryWithoutWallet,
    /// An `AffiliateProfile` whose user is not there.
    ProfileWithoutUser,
    /// A verified mapping whose user has no profile.
    VerifiedMappingWithoutProfile,
    /// One of several transactions of the same Sejoli order.
    RepeatedOrder,
    /// One of several transactions with the same invoice number.
    RepeatedInvoiceNumber,
    /// One of several webhook logs of the same order.
    RepeatedLog,
    /// One of several users with the same e-mail address, whatever its case.
    RepeatedEmail,
    /// One of several conversions of the same transaction.
    RepeatedConversion,
    /// An imported transaction with a negative amount.
    NegativeAmount,
    /// A conversion with a negative commission or rate.
    NegativeCommission,
}

impl Inconsistency {
    /// All kinds, in the order in which they are reported.
    pub(crate) const ALL: [Self; 16] = [
        Self::ConversionWithoutProfile,
        Self::ConversionWithoutTransaction,
        Self::TransactionWithoutUser,
        Self::MembershipWithoutUserOrPlan,
        Self::MembershipWithoutTransaction,
        Self::WalletWithoutUser,
        Self::LedgerEntryWithoutWallet,
        Self::ProfileWithoutUser,
        Self::VerifiedMappingWithoutProfile,
        Self::RepeatedOrder,
        Self::RepeatedInvoiceNumber,
        Self::RepeatedLog,
        Self::RepeatedEmail,
        Self::RepeatedConversion,
        Self::NegativeAmount,
        Self::NegativeCommission,
    ];

    /// The column whose repeated values make rows of this kind.
    fn repeated_column(self) -> Option<(&'static Table, &'static str)> {
        match self {
            Self::RepeatedOrder => Some((Transaction::TABLE, "externalId")),
            Self::RepeatedInvoiceNumber => Some((Transaction::TABLE, "invoiceNumber")),
            Self::RepeatedLog => Some((WebhookLog::TABLE, "orderId")),
            Self::RepeatedConversion => Some((AffiliateConversion::TABLE, "transactionId")),
            _ => None,
        }
    }

    /// The query for the rows' ids. `{of_sejoli}` stands for the condition of imported rows.
    const fn sql(self) -> &'static str {
        match self {
            Self::ConversionWithoutProfile => {
                "SELECT c.\"id\" FROM \"AffiliateConversion\" c LEFT JOIN \"AffiliateProfile\" p ON p.\"id\" = c.\"affiliateId\" WHERE p.\"id\" IS NULL"
            }
            Self::ConversionWithoutTransaction => {
                "SELECT c.\"id\" FROM \"AffiliateConversion\" c LEFT JOIN \"Transaction\" t ON t.\"id\" = c.\"transactionId\" WHERE t.\"id\" IS NULL"
            }
            Self::TransactionWithoutUser => {
                "SELECT t.\"id\" FROM \"Transaction\" t LEFT JOIN \"User\" u ON u.\"id\" = t.\"userId\" WHERE u.\"id\" IS NULL"
            }
            Self::MembershipWithoutUserOrPlan => {
                "SELECT m.\"id\" FROM \"UserMembership\" m LEFT JOIN \"User\" u ON u.\"id\" = m.\"userId\" \
         LEFT JOIN \"Membership\" k ON k.\"id\" = m.\"membershipId\" WHERE u.\"id\" IS NULL OR k.\"id\" IS NULL"
            }
            Self::MembershipWithoutTransaction => {
                "SELECT m.\"id\" FROM \"UserMembership\" m LEFT JOIN \"Transaction\" t ON t.\"id\" = m.\"transactionId\" \
         WHERE m.\"transactionId\" IS NOT NULL AND t.\"id\" IS NULL"
            }
            Self::WalletWithoutUser => {
                "SELECT w.\"id\" FROM \"Wallet\" w LEFT JOIN \"User\" u ON u.\"id\" = w.\"userId\" WHERE u.\"id\" IS NULL"
            }
            Self::LedgerEntryWithoutWallet => {
                "SELECT e.\"id\" FROM \"WalletTransaction\" e LEFT JOIN \"Wallet\" w ON w.\"id\" = e.\"walletId\" WHERE w.\"id\" IS NULL"
            }
            Self::ProfileWithoutUser => {
                "SELECT p.\"id\" FROM \"AffiliateProfile\" p LEFT JOIN \"User\" u ON u.\"id\" = p.\"userId\" WHERE u.\"id\" IS NULL"
            }
            Self::VerifiedMappingWithoutProfile => {
                "SELECT m.\"id\" FROM \"SejoliAffiliateMapping\" m LEFT JOIN \"AffiliateProfile\" p ON p.\"userId\" = m.\"eksporyukUserId\" \
         WHERE m.\"mappingStatus\" = 'VERIFIED' AND p.\"id\" IS NULL"
            }
            Self::RepeatedOrder => {
                "SELECT min(\"id\") FROM \"Transaction\" WHERE \"externalId\" {of_sejoli} GROUP BY \"externalId\" HAVING count(*) > 1"
            }
            Self::RepeatedInvoiceNumber => {
                "SELECT min(\"id\") FROM \"Transaction\" WHERE \"invoiceNumber\" IS NOT NULL GROUP BY \"invoiceNumber\" HAVING count(*) > 1"
            }
            Self::RepeatedLog => {
                "SELECT min(\"id\") FROM \"SejoliWebhookLog\" GROUP BY \"orderId\" HAVING count(*) > 1"
            }
            Self::RepeatedEmail => {
                "SELECT min(\"id\") FROM \"User\" GROUP BY lower(\"email\") HAVING count(*) > 1"
            }
            Self::RepeatedConversion => {
                "SELECT min(\"id\") FROM \"AffiliateConversion\" GROUP BY \"transactionId\" HAVING count(*) > 1"
            }
            Self::NegativeAmount => {
                "SELECT \"id\" FROM \"Transaction\" WHERE \"externalId\" {of_sejoli} AND (\"amount\" < 0 OR \"originalAmount\" < 0 OR \"affiliateShare\" < 0)"
            }
            Self::NegativeCommission => {
                "SELECT \"id\" FROM \"AffiliateConversion\" WHERE \"commissionAmount\" < 0 OR \"commissionRate\" < 0"
            }
        }
    }
}

/// The ids of up to 100 rows of a kind that should not be there; `None` for an id that is no text. What a unique index
/// keeps out is not looked for.
pub(crate) fn rows_of(store: &Store, kind: Inconsistency) -> DeferredQuery<'static, Vec<Option<String>>> {
    if kind.repeated_column().is_some_and(|(table, column)| store.keeps_unique(table, column)) {
        return DeferredQuery::known(Vec::new());
    }
    let sql = kind.sql().replace("{of_sejoli}", &store.of_sejoli());
    store.texts_or_none("what contradicts itself", format!("{sql} LIMIT 100"), Vec::new())
}

/// The storage classes that the times of a table have in a SQLite database, `null` among them;
/// `None` where the table has no times, and on engines that have a type for them.
pub(crate) fn time_storage_classes(
    store: &mut Store,
    table: &'static Table,
) -> anyhow::Result<Option<Vec<String>>> {
    if store.has_time_type() {
        return Ok(None);
    }
    let columns = table.columns.iter();
    let times = columns.filter(|column| column.kind == Kind::Time && store.has_column(table, column.name));
    let classes: Vec<String> = times.map(|column| format!("typeof(\"{}\")", column.name)).collect();
    if classes.is_empty() {
        return Ok(None);
    }
    let sql = format!("SELECT DISTINCT {} FROM \"{}\"", classes.join(", "), table.name);
    Ok(Some(texts(store.query(&sql, &[])?).collect()))
}

/// The different words of a column; `None` for NULL and whatever else is no text.
pub(crate) fn distinct_words(
    store: &Store,
    table: &'static Table,
    column: &str,
) -> DeferredQuery<'static, Vec<Option<String>>> {
    let sql = format!("SELECT DISTINCT \"{column}\" FROM \"{}\"", table.name);
    store.texts_or_none(table.name, sql, Vec::new())
}
