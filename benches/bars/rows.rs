//! The finished rows of an imported shop, in the import's own order.

use std::collections::HashSet;

use crate::sqlite::Connection;
use crate::{Result, access};

/// Orders in one transaction, as the bar has it; an import has more.
const BATCH: i64 = 500;

/// What the import writes for the app and its checklist; the tool's own books are not the bare program's. Plans are
/// the team's where the app has groups and courses.
pub const TABLES: [&str; 15] = [
    "Membership",
    "User",
    "UserRole",
    "AffiliateProfile",
    "Wallet",
    "SejoliAffiliateMapping",
    "Transaction",
    "SejoliWebhookLog",
    "AffiliateConversion",
    "WalletTransaction",
    "UserMembership",
    "AffiliateLink",
    "GroupMember",
    "CourseEnrollment",
    "UserProduct",
];

/// In the import's order: catalogue, affiliates, orders, ledger, memberships, access. Rows that the team has made stay
/// out: they are in both databases.
pub fn copy(from: &Connection, load: &mut dyn Load) -> Result<()> {
    let mut writer = Writer { load, users: HashSet::from([access::TEAM.as_bytes().to_vec()]) };
    let writer = &mut writer;
    let has =
        |table: &str| from.number(&format!("SELECT count(*) FROM sqlite_master WHERE name = '{table}'"));
    let has_access = has("GroupMember")? > 0;
    if !has_access {
        writer
            .write(vec![("Membership", from.rows("SELECT * FROM \"Membership\" ORDER BY rowid", None)?)])?;
    }
    let owner = "SELECT u.* FROM \"User\" u JOIN \"AffiliateProfile\" p ON p.\"userId\" = u.\"id\" \
                 WHERE p.rowid BETWEEN ?1 AND ?2 ORDER BY p.rowid";
    copy_parts(from, writer, "AffiliateProfile", &[("User", owner), ("AffiliateProfile", "")])?;
    for table in ["UserRole", "Wallet", "SejoliAffiliateMapping", "AffiliateLink"] {
        if has(table)? > 0 {
            copy_parts(from, writer, table, &[(table, "")])?;
        }
    }
    let joined = |what: &str, joins: &str| {
        format!(
            "SELECT {what}.* FROM \"SejoliWebhookLog\" l \
             JOIN \"Transaction\" t ON t.\"externalId\" = 'sejoli-' || l.\"orderId\" {joins} \
             WHERE l.rowid BETWEEN ?1 AND ?2 ORDER BY l.rowid"
        )
    };
    let users = joined("u", "JOIN \"User\" u ON u.\"id\" = t.\"userId\"");
    let transactions = joined("t", "");
    let conversions = joined("c", "JOIN \"AffiliateConversion\" c ON c.\"transactionId\" = t.\"id\"");
    let order = [
        ("User", users.as_str()),
        ("Transaction", &transactions),
        ("SejoliWebhookLog", ""),
        ("AffiliateConversion", &conversions),
    ];
    copy_parts(from, writer, "SejoliWebhookLog", &order)?;
    copy_parts(from, writer, "WalletTransaction", &[("WalletTransaction", "")])?;
    let member = "SELECT u.* FROM \"User\" u JOIN \"UserMembership\" m ON m.\"userId\" = u.\"id\" \
                  WHERE m.rowid BETWEEN ?1 AND ?2 ORDER BY m.rowid";
    copy_parts(from, writer, "UserMembership", &[("User", member), ("UserMembership", "")])?;
    for table in ["GroupMember", "CourseEnrollment", "UserProduct"] {
        if has(table)? > 0 {
            copy_parts(from, writer, table, &[(table, "")])?;
        }
    }
    Ok(())
}

/// One transaction for each 500 rows of `lead`; an empty query stands for the table's own rows.
fn copy_parts(
    from: &Connection,
    writer: &mut Writer<'_>,
    lead: &str,
    parts: &[(&'static str, &str)],
) -> Result<()> {
    let last = from.number(&format!("SELECT coalesce(max(rowid), 0) FROM \"{lead}\""))?;
    let mut first = 1;
    while first <= last {
        let range = (first, first + BATCH - 1);
        let mut batch = Vec::new();
        for (table, query) in parts {
            let own = format!("SELECT * FROM \"{table}\" WHERE rowid BETWEEN ?1 AND ?2 ORDER BY rowid");
            let query = if query.is_empty() { own.as_str() } else { query };
            batch.push((*table, from.rows(query, Some(range))?));
        }
        writer.write(batch)?;
        first += BATCH;
    }
    Ok(())
}

/// A stored cell.
pub enum Value {
    Null,
    Int(i64),
    Real(f64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

/// Rows of one table.
pub struct Rows {
    pub columns: Vec<String>,
    /// Their declared types.
    pub types: Vec<String>,
    pub rows: Vec<Vec<Value>>,
}

/// What takes the rows: one call is one transaction.
pub trait Load {
    fn write(&mut self, batch: &[(&'static str, Rows)]) -> Result<()>;
}

struct Writer<'a> {
    load: &'a mut dyn Load,
    users: HashSet<Vec<u8>>,
}

impl Writer<'_> {
    /// One transaction; a user is written with the first row that names him.
    fn write(&mut self, mut batch: Vec<(&'static str, Rows)>) -> Result<()> {
        for (table, rows) in &mut batch {
            if *table == "User" {
                rows.rows.retain(|row| matches!(&row[0], Value::Text(id) if self.users.insert(id.clone())));
            }
        }
        batch.retain(|(_, rows)| !rows.rows.is_empty());
        if batch.is_empty() { Ok(()) } else { self.load.write(&batch) }
    }
}
