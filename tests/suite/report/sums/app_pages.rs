//! The app's pages. How many rows of each were looked at, and how many it shows wrongly, `verify` says by itself; what the
//! pages add up is added up here, by the statements that the app itself would send.

use serde_json::Value;

use super::super::database::numbers;
use super::super::figures::{Figures, collect};
use crate::support::{AppDatabase, json};

pub(super) fn enter_all(db: &AppDatabase, figures: &mut Figures) {
    let verified = json(&db.run(&["verify", "--format", "json"]));
    let number = |check: &Value, name: &str| check[name].as_i64();
    for check in verified["checks"].as_array().expect("checks") {
        let Some(page) = check["name"].as_str().expect("a name").strip_prefix("app: ") else { continue };
        let place = format!("app_pages[{page}]");
        for name in ["rows", "differences", "concerned"] {
            figures.extend(number(check, name).map(|number| (format!("{place}.{name}"), number)));
        }
    }
    shown(db, figures);
    expected(db, &verified, figures);
}

/// The affiliates whose pages are looked at: those in whose wallet something was settled, or who are verified.
const AFFILIATES: &str = r#"(SELECT DISTINCT "eksporyukUserId" AS "user" FROM "SejoliAffiliateMapping"
    WHERE "eksporyukUserId" IS NOT NULL)"#;

/// What the pages of the app of January 2026 add up.
fn shown(db: &AppDatabase, figures: &mut Figures) {
    let sen = |column: &str| format!("COALESCE(SUM(CAST(ROUND({column} * 100) AS INTEGER)), 0)");
    let wallets = |column: &str| -> i64 {
        let sum = sen(&format!("w.\"{column}\""));
        let [sum] = numbers(
            db,
            &format!("SELECT {sum} FROM \"Wallet\" w JOIN {AFFILIATES} a ON a.\"user\" = w.\"userId\""),
        );
        sum
    };
    let conversions = |condition: &str| -> [i64; 2] {
        numbers(
            db,
            &format!(
                "SELECT {}, COUNT(*) FROM \"AffiliateConversion\" c JOIN \"AffiliateProfile\" p ON p.\"id\" = c.\"affiliateId\" \
                 JOIN {AFFILIATES} a ON a.\"user\" = p.\"userId\" WHERE {condition}",
                sen("c.\"commissionAmount\"")
            ),
        )
    };
    let [asked]: [i64; 1] = numbers(
        db,
        &format!(
            "SELECT {} FROM \"Payout\" x JOIN \"Wallet\" w ON w.\"id\" = x.\"walletId\" \
             JOIN {AFFILIATES} a ON a.\"user\" = w.\"userId\" WHERE x.\"status\" IN ('PENDING', 'APPROVED')",
            sen("x.\"amount\"")
        ),
    );
    let ([all, sales], [unpaid, _]) = (conversions("1"), conversions("NOT c.\"paidOut\""));
    let [paid_orders, revenue]: [i64; 2] = numbers(
        db,
        &format!(
            "SELECT COUNT(*), {} FROM \"Transaction\" t WHERE t.\"status\" = 'SUCCESS' AND t.\"externalId\" LIKE 'sejoli-%'",
            sen("t.\"amount\"")
        ),
    );
    let [running]: [i64; 1] = numbers(
        db,
        &format!(
            "SELECT COUNT(*) FROM \"UserMembership\" WHERE \"status\" = 'ACTIVE' AND \"endDate\" > {}",
            crate::support::millis(crate::support::AS_OF)
        ),
    );
    let balance = wallets("balance");
    for (place, figure) in [
        ("payout gate].figures[can be requested", unpaid - asked),
        ("payouts page].figures[to be paid", balance - asked),
        ("wallet page].figures[balance", unpaid),
        ("wallet page].figures[earned", all),
        ("wallet page].figures[paid", all - unpaid),
        ("dashboard].figures[earned", wallets("totalEarnings")),
        ("dashboard].figures[balance", balance),
        ("dashboard].figures[sales", sales),
        ("leaderboards].figures[on the boards", all),
        ("admin commissions].figures[commissions", all),
        ("admin revenue].figures[paid orders", paid_orders),
        ("admin revenue].figures[imported revenue", revenue),
        ("admin memberships].figures[running memberships", running),
    ] {
        figures.insert(format!("app_pages[{place}].shown"), figure);
    }
}

/// What the source says of the same: what the pages show, before anybody has changed anything. Later only `verify` knows
/// it, which works it out from the source's rows.
fn expected(db: &AppDatabase, verified: &Value, figures: &mut Figures) {
    if db.number("SELECT COUNT(*) FROM \"Payout\"") == 0 {
        let shown = figures.iter().filter_map(|(place, figure)| {
            let place = place.strip_suffix(".shown").filter(|place| place.starts_with("app_pages["))?;
            Some((format!("{place}.expected"), *figure))
        });
        let expected: Vec<(String, i64)> = shown.collect();
        return figures.extend(expected);
    }
    for check in
        verified["checks"].as_array().expect("checks").iter().filter(|check| check["figures"].is_array())
    {
        let page = check["name"].as_str().expect("a name").trim_start_matches("app: ");
        let mut of_page = Figures::new();
        collect(&check["figures"], &format!("app_pages[{page}].figures"), &mut of_page);
        figures.extend(of_page.into_iter().filter(|(place, _)| place.ends_with(".expected")));
    }
}
