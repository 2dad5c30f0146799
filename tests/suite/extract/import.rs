//! From the shop's database to the app's: what an extraction writes is validated, imported and verified with its own
//! control totals.

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

/// What a wallet holds for a code, in sen.
fn owed(db: &AppDatabase, code: &str) -> i64 {
    sum_minor(db, "SejoliAffiliateTotals", "settledBalance", &format!("\"affiliateCode\" = '{code}'"))
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
    assert_eq!(owed(&db, "11"), 53_940_50, "added and unpaid, of the second tier");
    assert_eq!(owed(&db, "10"), 499_500_00, "added and unpaid, of the first tier");
    let verified = db.run(&["verify", &folder, "--expect", &totals]);
    assert_eq!(verified.code, 0, "{verified:?}");
    assert!(verified.stdout.contains("Control total commission: holds"), "{verified:?}");
    let wrong = db.run(&["verify", &folder, "--expect", &totals, "--expect-orders", "1"]);
    assert_eq!(wrong.code, 4, "an option of its own goes before the file: {wrong:?}");
    let none = db.run(&["verify", &folder, "--expect", &out.join("orders.csv").display().to_string()]);
    assert_eq!(none.code, 6, "{none:?}");
}

on_each_engine!(an_extraction_is_validated_imported_and_verified);
