//! From the shop's database to the app's: what an extraction writes is validated, imported and verified with its own
//! control totals.

use std::collections::BTreeSet;
use std::path::Path;

use super::extracted;
use crate::support::wordpress::forms::Dump;
use crate::support::wordpress::{Shop, Value, small_shop};
use crate::support::{AS_OF, AppDatabase, Engine, Sheet, assert_sound, imported, on_each_engine, sum_minor};

/// The small shop without the rows that an import has to hold or reject.
fn importable() -> Shop {
    let mut shop = small_shop();
    let mut without = |table: &str, keys: &[i64]| {
        shop.table(table).rows.retain(|row| keys.iter().all(|key| row[0] != Value::from(*key)));
    };
    without("sejolisa_orders", &[6, 7, 8, 12]);
    without("sejolisa_affiliates", &[5, 8]);
    without("sejolisa_subscriptions", &[3, 6]);
    shop
}

/// Every affiliate is owed what Sejoli has added and not paid, of all tiers.
#[track_caller]
fn assert_owed(db: &AppDatabase, out: &Path) {
    let (affiliates, commissions) =
        (Sheet::read(&out.join("affiliates.csv")), Sheet::read(&out.join("commissions.csv")));
    let (mut tiers, mut owing) = (BTreeSet::new(), 0);
    for affiliate in 0..affiliates.len() {
        let code = affiliates.get(affiliate, "affiliate_code");
        let is_owed = |row: &usize| {
            let cell = |column| commissions.get(*row, column);
            (cell("affiliate_code"), cell("status"), cell("paid")) == (code, "added", "0")
        };
        let rows: Vec<usize> = (0..commissions.len()).filter(is_owed).collect();
        tiers.extend(rows.iter().map(|row| commissions.get(*row, "tier").to_owned()));
        let expected: i64 = rows.iter().map(|row| sen(commissions.get(*row, "amount"))).sum();
        let of_code = format!("\"affiliateCode\" = '{code}'");
        assert_eq!(sum_minor(db, "SejoliAffiliateTotals", "settledBalance", &of_code), expected, "{code}");
        owing += expected;
    }
    assert_eq!(tiers.len(), 2, "the shop owes something on two tiers");
    assert_eq!(sum_minor(db, "Wallet", "balance", "1=1"), owing);
}

/// An amount of rupiah with up to two decimals, in sen.
fn sen(amount: &str) -> i64 {
    let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
    format!("{whole}{part:0<2}").parse().expect("an amount")
}

fn an_extraction_is_validated_imported_and_verified(engine: Engine) {
    let db = AppDatabase::new(engine);
    let (outcome, out) = extracted(db.folder.path(), importable().dump(Dump::default()), &[]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let mut products = Sheet::read(&out.join("products.csv"));
    for row in 0..products.len() {
        if products.get(row, "kind").is_empty() {
            products.set(row, "kind", "PRODUCT");
        } else {
            let slug = format!("kelas-{}", products.get(row, "product_id"));
            products.set(row, "membership", &slug);
        }
    }
    products.write(&out.join("products.csv"));
    let (folder, totals) = (out.display().to_string(), out.join("totals.json").display().to_string());
    let runs = db.path("out").display().to_string();
    let validated = db.run(&[
        "validate",
        &folder,
        "--expect",
        &totals,
        "--as-of",
        AS_OF,
        "--create-memberships",
        "--out",
        &runs,
    ]);
    assert_eq!(validated.code, 0, "{validated:?}");
    assert!(validated.stdout.contains("Control total revenue: holds"), "{validated:?}");
    imported(&db, "all", &out, &[], 0);
    assert_sound(&db);
    assert_owed(&db, &out);
    let verified = db.run(&["verify", &folder, "--expect", &totals]);
    assert_eq!(verified.code, 0, "{verified:?}");
    assert!(verified.stdout.contains("Control total commission: holds"), "{verified:?}");
    let wrong = db.run(&["verify", &folder, "--expect", &totals, "--expect-orders", "1"]);
    assert_eq!(wrong.code, 4, "an option of its own goes before the file: {wrong:?}");
    let none = db.run(&["verify", &folder, "--expect", &out.join("orders.csv").display().to_string()]);
    assert_eq!(none.code, 6, "{none:?}");
}

on_each_engine!(an_extraction_is_validated_imported_and_verified);
