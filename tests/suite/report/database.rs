//! Questions to the database in SQLite's dialect, whose answers are whole numbers: counts, and amounts in sen.

use super::figures::Figures;
use crate::support::AppDatabase;
use crate::support::library::Cell;

/// The imported orders (`o`), each with its log, the state of its affiliate's code and its conversion. The app's own
/// conversions are those whose ids begin with `app-`, as the tests name them.
const ORDERS: &str = r#"WITH o AS (
    SELECT t."id", substr(t."externalId", 8) AS number, t."status", t."createdAt" AS placed,
        t."status" = 'SUCCESS' AS is_paid, COALESCE(t."paidAt", t."createdAt") AS paid,
        CAST(ROUND(t."amount" * 100) AS INTEGER) AS amount,
        CAST(ROUND(COALESCE(t."originalAmount", t."amount") * 100) AS INTEGER) AS price,
        CAST(ROUND(COALESCE(t."affiliateShare", 0) * 100) AS INTEGER) AS share,
        COALESCE(l."productId", '') AS product, COALESCE(l."affiliateCode", '') AS code,
        COALESCE(l."orderStatus", '') AS source_status, CAST(ROUND(l."affiliateRate" * 100) AS INTEGER) AS rate,
        CASE WHEN COALESCE(l."affiliateCode", '') = '' THEN 'NONE' ELSE COALESCE(m."mappingStatus", 'UNKNOWN') END AS state,
        c."id" AS conversion, c."affiliateId" AS profile, c."createdAt" AS earned,
        CAST(ROUND(c."commissionAmount" * 100) AS INTEGER) AS commission, c."paidOut" AS is_paid_out
    FROM "Transaction" t
    LEFT JOIN "SejoliWebhookLog" l ON l."orderId" = substr(t."externalId", 8)
    LEFT JOIN "SejoliAffiliateMapping" m ON m."sejoliAffiliateCode" = l."affiliateCode"
    LEFT JOIN "AffiliateConversion" c ON c."transactionId" = t."id"
    WHERE t."externalId" LIKE 'sejoli-%')"#;

/// The kept commissions of tiers above the first (`u`), each with the state of its affiliate's code and of its order, whether
/// a ledger has it (`is_credited`), and whether it is owed as soon as its affiliate has a wallet (`is_earned`).
pub(super) const UPPER_TIERS: &str = r#"u AS (
    SELECT c.*, c.is_added AND c.amount > 0 AND c.order_status = 'SUCCESS' AS is_earned, EXISTS (
            SELECT 1 FROM "WalletTransaction" e
            WHERE e."reference" = 'sejoli-' || c.number || '-tier-' || c.tier || '-' || c.id) AS is_credited
    FROM (SELECT k.id, k.number, k.code, k.tier, k.amount, k.is_added, k.is_paid_in_source,
            COALESCE(t."status", 'MISSING') AS order_status, COALESCE(m."mappingStatus", 'UNKNOWN') AS state
        FROM (SELECT s."sourceKey" AS id, json_extract(s."payload", '$.commission.order') AS number,
                json_extract(s."payload", '$.commission.affiliate') AS code,
                json_extract(s."payload", '$.commission.tier') AS tier,
                json_extract(s."payload", '$.commission.amount') AS amount,
                json_extract(s."payload", '$.commission.status') = 'added' AS is_added,
                json_extract(s."payload", '$.commission.paid') AS is_paid_in_source
            FROM "SejoliSourceRecord" s WHERE s."kind" = 'commission') k
        LEFT JOIN "Transaction" t ON t."externalId" = 'sejoli-' || k.number
        LEFT JOIN "SejoliAffiliateMapping" m ON m."sejoliAffiliateCode" = k.code WHERE k.tier > 1) c)"#;

/// The one row of numbers that a query over the upper tiers answers.
pub(super) fn of_upper_tiers<const N: usize>(db: &AppDatabase, select: &str) -> [i64; N] {
    numbers(db, &format!("WITH {UPPER_TIERS} {select}"))
}

/// A sum over orders, or over other rows: how many there are of which something holds, and what they come to.
pub(super) fn tally(condition: &str, amount: &str) -> String {
    format!("COALESCE(SUM({condition}), 0), COALESCE(SUM(CASE WHEN {condition} THEN {amount} ELSE 0 END), 0)")
}

/// Asks for the rows of a query over the orders `o`.
pub(super) fn orders(db: &AppDatabase, select: &str) -> Vec<(String, Vec<i64>)> {
    named(db, &format!("{ORDERS} {select}"))
}

/// Asks for rows whose first column names them.
pub(super) fn named(db: &AppDatabase, sql: &str) -> Vec<(String, Vec<i64>)> {
    let row = |row: Vec<Cell>| {
        let mut cells = row.into_iter();
        let name = match cells.next() {
            Some(Cell::Text(name)) => name,
            other => panic!("{sql}: {other:?} is no name"),
        };
        (name, cells.map(|cell| whole(&cell, sql)).collect())
    };
    db.query(sql).into_iter().map(row).collect()
}

/// The one row of numbers that a query over the orders answers.
pub(super) fn of_orders<const N: usize>(db: &AppDatabase, select: &str) -> [i64; N] {
    numbers(db, &format!("{ORDERS} {select}"))
}

/// The one row of numbers that a query answers.
pub(super) fn numbers<const N: usize>(db: &AppDatabase, sql: &str) -> [i64; N] {
    let rows = db.query(sql);
    let row: Vec<i64> = rows.first().expect("a row").iter().map(|cell| whole(cell, sql)).collect();
    row.try_into().unwrap_or_else(|row| panic!("{sql}: {row:?}"))
}

fn whole(cell: &Cell, sql: &str) -> i64 {
    match cell {
        Cell::Int(number) => *number,
        other => panic!("{sql}: {other:?} is no whole number"),
    }
}

/// Enters a row's numbers under the names of its columns.
pub(super) fn enter(figures: &mut Figures, place: &str, columns: &[&str], numbers: &[i64]) {
    assert_eq!(columns.len(), numbers.len(), "{place}");
    for (column, number) in columns.iter().zip(numbers) {
        let before = figures.insert(format!("{place}.{column}"), *number);
        assert_eq!(before, None, "{place}.{column} was summed twice");
    }
}
