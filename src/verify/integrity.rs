//! Integrity: no orphan, no duplicate, one form of dates, only words that the app knows.

use crate::store::codec::value::{Cell, Kind};
use crate::store::schema::tables;
use crate::store::schema::tables::{MembershipDuration, Role, TransactionStatus, TransactionType};
use crate::store::schema::words::MappingStatus;
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::report::VerifyCheck;

/// What must find nothing: the words for it, and the query for the ids.
const NOTHING: &[(&str, &str)] = &[
    (
        "AffiliateConversion whose affiliateId is no profile's",
        "SELECT c.\"id\" FROM \"AffiliateConversion\" c LEFT JOIN \"AffiliateProfile\" p ON p.\"id\" = c.\"affiliateId\" WHERE p.\"id\" IS NULL",
    ),
    (
        "AffiliateConversion without a transaction",
        "SELECT c.\"id\" FROM \"AffiliateConversion\" c LEFT JOIN \"Transaction\" t ON t.\"id\" = c.\"transactionId\" WHERE t.\"id\" IS NULL",
    ),
    (
        "Transaction without a user",
        "SELECT t.\"id\" FROM \"Transaction\" t LEFT JOIN \"User\" u ON u.\"id\" = t.\"userId\" WHERE u.\"id\" IS NULL",
    ),
    (
        "Transaction of an import without its webhook log",
        "SELECT t.\"id\" FROM \"Transaction\" t LEFT JOIN \"SejoliWebhookLog\" l ON l.\"orderId\" = substr(t.\"externalId\", 8) \
         WHERE t.\"externalId\" {of_sejoli} AND l.\"id\" IS NULL",
    ),
    (
        "UserMembership without a user or a membership",
        "SELECT m.\"id\" FROM \"UserMembership\" m LEFT JOIN \"User\" u ON u.\"id\" = m.\"userId\" \
         LEFT JOIN \"Membership\" k ON k.\"id\" = m.\"membershipId\" WHERE u.\"id\" IS NULL OR k.\"id\" IS NULL",
    ),
    (
        "UserMembership whose transaction is gone",
        "SELECT m.\"id\" FROM \"UserMembership\" m LEFT JOIN \"Transaction\" t ON t.\"id\" = m.\"transactionId\" \
         WHERE m.\"transactionId\" IS NOT NULL AND t.\"id\" IS NULL",
    ),
    (
        "Wallet without a user",
        "SELECT w.\"id\" FROM \"Wallet\" w LEFT JOIN \"User\" u ON u.\"id\" = w.\"userId\" WHERE u.\"id\" IS NULL",
    ),
    (
        "WalletTransaction without a wallet",
        "SELECT e.\"id\" FROM \"WalletTransaction\" e LEFT JOIN \"Wallet\" w ON w.\"id\" = e.\"walletId\" WHERE w.\"id\" IS NULL",
    ),
    (
        "AffiliateProfile without a user",
        "SELECT p.\"id\" FROM \"AffiliateProfile\" p LEFT JOIN \"User\" u ON u.\"id\" = p.\"userId\" WHERE u.\"id\" IS NULL",
    ),
    (
        "verified affiliate without a profile",
        "SELECT m.\"id\" FROM \"SejoliAffiliateMapping\" m LEFT JOIN \"AffiliateProfile\" p ON p.\"userId\" = m.\"eksporyukUserId\" \
         WHERE m.\"mappingStatus\" = 'VERIFIED' AND p.\"id\" IS NULL",
    ),
    (
        "Sejoli order in several transactions",
        "SELECT min(\"id\") FROM \"Transaction\" WHERE \"externalId\" {of_sejoli} GROUP BY \"externalId\" HAVING count(*) > 1",
    ),
    (
        "invoice number of several transactions",
        "SELECT min(\"id\") FROM \"Transaction\" WHERE \"invoiceNumber\" IS NOT NULL GROUP BY \"invoiceNumber\" HAVING count(*) > 1",
    ),
    (
        "order in several webhook logs",
        "SELECT min(\"id\") FROM \"SejoliWebhookLog\" GROUP BY \"orderId\" HAVING count(*) > 1",
    ),
    (
        "e-mail address of several users, whatever the case",
        "SELECT min(\"id\") FROM \"User\" GROUP BY lower(\"email\") HAVING count(*) > 1",
    ),
    (
        "conversion twice for one transaction",
        "SELECT min(\"id\") FROM \"AffiliateConversion\" GROUP BY \"transactionId\" HAVING count(*) > 1",
    ),
    (
        "negative amount",
        "SELECT \"id\" FROM \"Transaction\" WHERE \"externalId\" {of_sejoli} AND (\"amount\" < 0 OR \"originalAmount\" < 0 OR \"affiliateShare\" < 0)",
    ),
    (
        "negative commission",
        "SELECT \"id\" FROM \"AffiliateConversion\" WHERE \"commissionAmount\" < 0 OR \"commissionRate\" < 0",
    ),
];

/// Asks the database all of it.
pub fn check(store: &mut Store, _world: &VerifyContext, check: &mut VerifyCheck) -> anyhow::Result<()> {
    store.over_whole_tables(|store| ask(store, check))
}

fn ask(store: &mut Store, check: &mut VerifyCheck) -> anyhow::Result<()> {
    for (what, sql) in NOTHING {
        check.rows += 1;
        let sql = sql.replace("{of_sejoli}", &store.of_sejoli());
        let rows = store.query(&format!("{sql} LIMIT 100"), &[])?;
        check.values += 1;
        for cell in rows.into_iter().flatten() {
            let id = if let Cell::Text(id) = cell { id } else { String::new() };
            check.differ(format!("{what}: {id}"));
        }
    }
    forms(store, check)?;
    words(store, check)
}

/// The dates of a SQLite database are in one form, or every comparison of the app goes wrong; other
/// engines have a type for them.
fn forms(store: &mut Store, check: &mut VerifyCheck) -> anyhow::Result<()> {
    if store.has_time_type() {
        return Ok(());
    }
    let mut form: Option<String> = None;
    for table in tables::JOURNALED {
        let times = table
            .columns
            .iter()
            .filter(|column| column.kind == Kind::Time && store.has_column(table, column.name));
        let picked: Vec<String> = times.map(|column| format!("typeof(\"{}\")", column.name)).collect();
        if picked.is_empty() {
            continue;
        }
        check.rows += 1;
        let sql = format!("SELECT DISTINCT {} FROM \"{}\"", picked.join(", "), table.name);
        for cell in store.query(&sql, &[])?.into_iter().flatten() {
            let Cell::Text(found) = cell else { continue };
            if found == "null" {
                continue;
            }
            let first = form.get_or_insert_with(|| found.clone());
            check
                .compare(*first == found, || format!("{}: a date as {found}, others as {first}", table.name));
        }
    }
    Ok(())
}

/// Enums hold only the app's words.
fn words(store: &mut Store, check: &mut VerifyCheck) -> anyhow::Result<()> {
    let known = |table: &str, column: &str, word: &str| match (table, column) {
        ("Transaction", "type") => TransactionType::from_word(word).is_some(),
        ("Transaction", _) => TransactionStatus::from_word(word).is_some(),
        ("Membership", _) => MembershipDuration::from_word(word).is_some(),
        ("UserMembership", _) => matches!(word, "ACTIVE" | "EXPIRED" | "CANCELLED" | "PENDING"),
        ("SejoliAffiliateMapping", _) => MappingStatus::from_word(word).is_some(),
        ("SejoliWebhookLog", _) => matches!(word, "PENDING" | "PAID" | "EXPIRED" | "REFUNDED"),
        _ => Role::from_word(word).is_some(),
    };
    let columns = [
        ("Transaction", "type"),
        ("Transaction", "status"),
        ("Membership", "duration"),
        ("UserMembership", "status"),
        ("SejoliAffiliateMapping", "mappingStatus"),
        ("SejoliWebhookLog", "orderStatus"),
        ("User", "role"),
        ("UserRole", "role"),
    ];
    for (table, column) in columns {
        if !store.has_table(table) {
            continue;
        }
        check.rows += 1;
        let sql = format!("SELECT DISTINCT \"{column}\" FROM \"{table}\"");
        for cell in store.query(&sql, &[])?.into_iter().flatten() {
            let word = if let Cell::Text(word) = &cell { word.as_str() } else { "" };
            check.compare(known(table, column, word), || {
                format!("{table}.{column}: \"{word}\" is no word of the app")
            });
        }
    }
    Ok(())
}
