//! Affiliates: by code, by person, and what each may ask for.

use super::super::database::{UPPER_TIERS, enter, named, numbers, orders, tally};
use super::super::figures::Figures;
use super::orders::{COLUMNS, sums};
use crate::support::AppDatabase;

/// The people whose codes are verified and settled (`p`): codes, profile, wallet, what is owed and what the wallet holds.
pub(super) const PEOPLE: &str = r#"p AS (
    SELECT group_concat(s.code, ', ') AS codes, s."user", SUM(s.owed) AS owed, SUM(s.earned) AS settled,
        SUM(s.paid) AS paid_in_source, MAX(s.is_verified) AS is_verified,
        (SELECT f."id" FROM "AffiliateProfile" f WHERE f."userId" = s."user") AS profile,
        (SELECT w."id" FROM "Wallet" w WHERE w."userId" = s."user") AS wallet,
        (SELECT CAST(ROUND(w."balance" * 100) AS INTEGER) FROM "Wallet" w WHERE w."userId" = s."user") AS holds
    FROM (SELECT t."affiliateCode" AS code, m."eksporyukUserId" AS "user", m."mappingStatus" = 'VERIFIED' AS is_verified,
            CAST(ROUND(t."settledBalance" * 100) AS INTEGER) AS owed,
            CAST(ROUND(t."settledEarnings" * 100) AS INTEGER) AS earned,
            CAST(ROUND(t."settledPayout" * 100) AS INTEGER) AS paid
        FROM "SejoliAffiliateTotals" t
        JOIN "SejoliAffiliateMapping" m ON m."sejoliAffiliateCode" = t."affiliateCode"
        WHERE m."eksporyukUserId" IS NOT NULL ORDER BY t."affiliateCode") s
    GROUP BY s."user")"#;

pub(super) fn enter_all(db: &AppDatabase, figures: &mut Figures) {
    codes(db, figures);
    people(db, figures);
    commissions(db, figures);
    top(db, figures);
}

fn codes(db: &AppDatabase, figures: &mut Figures) {
    let sen = |column: &str| format!("COALESCE(CAST(ROUND(a.\"{column}\" * 100) AS INTEGER), 0)");
    let (earned, paid, owed) = (sen("settledEarnings"), sen("settledPayout"), sen("settledBalance"));
    let select = format!(
        ", {UPPER_TIERS}, n AS (SELECT code FROM o UNION SELECT code FROM u WHERE {TIER_WAITS} UNION SELECT \"sejoliAffiliateCode\" FROM \"SejoliAffiliateMapping\" \
         UNION SELECT \"affiliateCode\" FROM \"SejoliAffiliateTotals\") \
         SELECT n.code, {}, {}, {}, {earned}, {paid}, {owed} - ({earned} - {paid}), {owed}, {} - {paid} FROM n \
         LEFT JOIN (SELECT * FROM o) o ON o.code = n.code \
         LEFT JOIN \"SejoliAffiliateTotals\" a ON a.\"affiliateCode\" = n.code GROUP BY n.code",
        sums().replace("SUM(1)", "COUNT(o.\"id\")"),
        waiting("is_paid AND share <> 0 AND conversion IS NULL AND o.state NOT IN ('NONE', 'VERIFIED')"),
        tally("conversion IS NOT NULL", "commission"),
        sen("reportedPaid"),
    );
    let more = [
        "waiting.count",
        "waiting.amount",
        "conversions.count",
        "conversions.amount",
        "earned",
        "paid_out",
        "paid_too_much",
        "owed",
        "paid_unsettled",
    ];
    let columns = [&COLUMNS[..], &more].concat();
    for (code, sums) in orders(db, &select) {
        enter(figures, &format!("reconciliation.codes[{code}]"), &columns, &sums);
    }
}

/// What holds of a commission above the first tier that waits for its affiliate.
const TIER_WAITS: &str = "u.is_earned AND NOT u.is_credited AND u.state <> 'VERIFIED'";

/// What a code has in commissions that wait for their affiliate: those of orders of which something holds, and upper tiers.
fn waiting(of_orders: &str) -> String {
    let tiers =
        |sum: &str| format!("(SELECT COALESCE({sum}, 0) FROM u WHERE u.code = n.code AND {TIER_WAITS})");
    let orders = tally(of_orders, "share");
    let (count, amount) = orders.split_once(", COALESCE(").expect("a number and an amount");
    format!("{count} + {}, COALESCE({amount} + {}", tiers("COUNT(*)"), tiers("SUM(u.amount)"))
}

/// What each person has in a list of amounts, by their wallet.
fn of_wallet(table: &str, condition: &str) -> String {
    format!(
        "(SELECT COUNT(*) FROM \"{table}\" x WHERE x.\"walletId\" = wallet AND {condition}), \
         (SELECT COALESCE(SUM(CAST(ROUND(x.\"amount\" * 100) AS INTEGER)), 0) FROM \"{table}\" x \
          WHERE x.\"walletId\" = wallet AND {condition})"
    )
}

/// What Sejoli has not paid of the tiers above the first of a person's codes.
const HIGHER_TIERS: &str = "(SELECT COALESCE(SUM(u.amount), 0) FROM u WHERE u.is_earned AND NOT u.is_paid_in_source \
    AND ', ' || codes || ', ' LIKE '%, ' || u.code || ', %')";

/// How many conversions of a profile there are of which something holds, and what they come to.
fn of_profile(condition: &str) -> String {
    format!(
        "(SELECT COUNT(*) FROM \"AffiliateConversion\" x WHERE x.\"affiliateId\" = profile AND {condition}), \
         (SELECT COALESCE(SUM(CAST(ROUND(x.\"commissionAmount\" * 100) AS INTEGER)), 0) FROM \"AffiliateConversion\" x \
          WHERE x.\"affiliateId\" = profile AND {condition})"
    )
}

fn people(db: &AppDatabase, figures: &mut Figures) {
    let app = of_wallet("WalletTransaction", "COALESCE(x.\"reference\", '') NOT LIKE 'sejoli-%'");
    let asked = of_wallet("Payout", "x.\"status\" IN ('PENDING', 'APPROVED')");
    let sql = format!(
        "WITH {UPPER_TIERS}, {PEOPLE} SELECT codes, owed, holds, {app}, {asked}, {}, {}, {HIGHER_TIERS} FROM p WHERE is_verified",
        of_profile("1"),
        of_profile("x.\"paidOut\"")
    );
    for (codes, row) in named(db, &sql) {
        let [owed, holds, _, app, asked, asked_amount, all, all_amount, marked, marked_amount, tiers] =
            row.try_into().expect("eleven columns");
        let left = all_amount - marked_amount - asked_amount;
        let requestable = left.max(0);
        let columns = [
            ("owed", owed),
            ("app_entries", app),
            ("without_entry", holds - owed - app),
            ("wallet", holds),
            ("conversions.count", all),
            ("conversions.amount", all_amount),
            ("marked_paid.count", marked),
            ("marked_paid.amount", marked_amount),
            ("asked.count", asked),
            ("asked.amount", asked_amount),
            ("overdrawn", requestable - left),
            ("requestable", requestable),
            ("higher_tiers", tiers.min(owed)),
            ("beyond_wallet", (requestable - holds.max(0)).max(0)),
        ];
        let (names, numbers): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        enter(figures, &format!("reconciliation.people[{codes}]"), &names, &numbers);
    }
}

/// What each may ask for of the commissions that imports have credited: those of paid orders, unless the app has
/// confirmed the payment and credited the wallet itself.
fn commissions(db: &AppDatabase, figures: &mut Figures) {
    let credited =
        "o.profile = p.profile AND is_paid AND (conversion NOT LIKE 'app-%' OR source_status = 'PAID')";
    let mark = "EXISTS (SELECT 1 FROM \"SejoliSourceRecord\" k WHERE k.\"kind\" = 'paid-commission' AND k.\"targetId\" = conversion)";
    let select = format!(
        ", {UPPER_TIERS}, {PEOPLE} SELECT codes, settled, paid_in_source, \
         (SELECT COALESCE(SUM(commission), 0) FROM o WHERE {credited} AND is_paid_out AND NOT {mark}), \
         (SELECT COALESCE(SUM(commission), 0) FROM o WHERE {credited} AND NOT is_paid_out), {HIGHER_TIERS} FROM p"
    );
    let mut total = [0; 7];
    let columns = ["earned", "paid", "paid_in_app", "owed", "requestable", "higher_tiers", "difference"];
    for (codes, row) in orders(db, &select) {
        let [earned, paid, in_app, requestable, tiers] = row.try_into().expect("five columns");
        let owed = (earned - paid - in_app).max(0);
        let row = [earned, paid, in_app, owed, requestable, tiers.min(owed), owed - requestable];
        enter(figures, &format!("commissions.affiliates[{codes}]"), &columns, &row);
        for (sum, number) in total.iter_mut().zip(row) {
            *sum += number;
        }
    }
    enter(figures, "commissions.total", &columns, &total);
}

fn top(db: &AppDatabase, figures: &mut Figures) {
    let sen = |column: &str| format!("CAST(ROUND(\"{column}\" * 100) AS INTEGER)");
    let (earned, paid, owed) = (sen("settledEarnings"), sen("settledPayout"), sen("settledBalance"));
    let from = "FROM \"SejoliAffiliateTotals\"";
    let totals: [i64; 4] =
        numbers(db, &format!("SELECT COUNT(*), SUM({earned}), SUM({paid}), SUM({owed}) {from}"));
    enter(figures, "affiliates", &["affiliates", "earned", "paid", "owed"], &totals);
    let sql = format!(
        "SELECT \"affiliateCode\", {earned}, {paid}, {owed} {from} WHERE {earned} > 0 \
         ORDER BY {earned} DESC, \"affiliateCode\" LIMIT 10"
    );
    for (code, row) in named(db, &sql) {
        for (at, number) in row.into_iter().enumerate() {
            figures.insert(format!("affiliates.top[{code}][{}]", at + 1), number);
        }
    }
}
