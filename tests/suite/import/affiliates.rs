//! Affiliates, and the commissions that the source recorded: none is assumed, and each is credited to a profile.

use crate::support::exit_code::{DONE, ROWS_LEFT};
use crate::support::{
    AppDatabase, Engine, Exports, SOLD, assert_sound, count, findings, fixture, found, imported,
    insert_app_user, on_each_engine, rows, sum_minor, texts,
};

fn l16_a_self_referral_is_flagged_and_kept_with_its_commission(engine: Engine) {
    let exports = Exports::new().affiliates(&[&[]]).orders(&[
        &[SOLD, &[("buyer_email", "MITRA@example.org")]],
        &[SOLD, &[("order_id", "5002"), ("buyer_name", "Mitra Contoh")]],
    ]);
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0306"), 1, "by identity, not by name");
    assert!(findings(&db).contains(&("orders.csv".to_owned(), 1, "SJM-0306".to_owned())));
    assert_eq!((count(&db, "Transaction", "1"), count(&db, "AffiliateConversion", "1")), (2, 2));
}

fn l17_where_no_commission_is_recorded_none_is_assumed(engine: Engine) {
    let exports = Exports::new().affiliates(&[&[&[("total_commissions", "0")]]]).orders(&[
        &[SOLD, &[("affiliate_commission_amount", "")]],
        &[SOLD, &[("order_id", "5002"), ("affiliate_commission_amount", "0")]],
    ]);
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0305"), 1);
    assert_eq!((count(&db, "Transaction", "1"), count(&db, "AffiliateConversion", "1")), (2, 0));
    assert_eq!(sum_minor(&db, "Wallet", "balance", "1"), 0);
}

fn l17_a_rate_above_a_hundred_or_a_commission_above_the_price_is_held(engine: Engine) {
    let exports = Exports::new().affiliates(&[&[]]).orders(&[
        &[SOLD, &[("affiliate_commission_rate", "150")]],
        &[SOLD, &[("order_id", "5002"), ("affiliate_commission_amount", "100001")]],
        &[SOLD, &[("order_id", "5003")]],
    ]);
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!((found(&document, "SJM-0302"), found(&document, "SJM-0301")), (1, 1));
    assert_eq!(rows(&document, "orders", "held"), 2);
    assert_eq!(texts(&db, "SELECT \"externalId\" FROM \"Transaction\""), ["sejoli-5003"]);
    assert_eq!(sum_minor(&db, "AffiliateConversion", "commissionAmount", "1"), 30_000 * 100);
}

fn l17_the_recorded_amount_counts_and_not_todays_rate(engine: Engine) {
    let exports = Exports::new()
        .affiliates(&[&[&[("commission_rate", "50"), ("total_commissions", "12345")]]])
        .orders(&[&[SOLD, &[("affiliate_commission_amount", "12345")]]]);
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0303"), 1);
    assert_eq!(sum_minor(&db, "AffiliateConversion", "commissionAmount", "1"), 12_345 * 100);
    assert_eq!(sum_minor(&db, "AffiliateConversion", "commissionRate", "1"), 30 * 100);
}

fn l19_a_conversion_names_a_profile_and_never_a_user(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", &fixture("clean"), &[], DONE);
    let named = |table: &str| {
        count(&db, "AffiliateConversion", &format!("\"affiliateId\" IN (SELECT \"id\" FROM \"{table}\")"))
    };
    let all = count(&db, "AffiliateConversion", "1");
    assert!(all > 0);
    assert_eq!(named("AffiliateProfile"), all);
    // A profile of the app's own has another id than its user: the conversion names the profile all the same.
    let db = AppDatabase::new(engine);
    insert_app_user(&db, "u-seller", "mitra@example.org", "Penjual", "AFFILIATE");
    db.sql(
        "INSERT INTO \"AffiliateProfile\" (\"id\", \"userId\", \"affiliateCode\", \"shortLink\", \"commissionRate\", \
         \"applicationStatus\", \"createdAt\", \"updatedAt\") SELECT 'p-seller', 'u-seller', 'OWN01', 'own01', 10, \
         'APPROVED', \"createdAt\", \"updatedAt\" FROM \"User\"",
    );
    imported(&db, "all", Exports::new().affiliates(&[&[]]).orders(&[&[SOLD]]).path(), &[], DONE);
    assert_eq!(texts(&db, "SELECT \"affiliateId\" FROM \"AffiliateConversion\""), ["p-seller"]);
}

/// Conversions and wallets by what the shop itself calls them.
fn settled(db: &AppDatabase) -> Vec<String> {
    let conversions = "SELECT 'conversion ' || t.\"externalId\" || ' ' || p.\"affiliateCode\" || ' ' || \
         c.\"commissionAmount\" || ' ' || c.\"commissionRate\" || ' ' || c.\"createdAt\" || ' ' || \
         (t.\"affiliateId\" = p.\"id\") FROM \"AffiliateConversion\" c \
         JOIN \"Transaction\" t ON t.\"id\" = c.\"transactionId\" \
         JOIN \"AffiliateProfile\" p ON p.\"id\" = c.\"affiliateId\" ORDER BY 1";
    let wallets = "SELECT 'wallet ' || m.\"sejoliAffiliateCode\" || ' ' || w.\"balance\" || ' ' || \
         w.\"totalEarnings\" || ' ' || w.\"totalPayout\" || ' ' || p.\"totalConversions\" || ' ' || \
         p.\"totalSales\" || ' ' || p.\"totalEarnings\" FROM \"SejoliAffiliateMapping\" m \
         JOIN \"Wallet\" w ON w.\"userId\" = m.\"eksporyukUserId\" \
         JOIN \"AffiliateProfile\" p ON p.\"userId\" = m.\"eksporyukUserId\" ORDER BY 1";
    let entries = "SELECT 'entry ' || \"reference\" || ' ' || \"type\" || ' ' || \"amount\" || ' ' || \"createdAt\" \
         FROM \"WalletTransaction\" ORDER BY 1";
    [conversions, wallets, entries].iter().flat_map(|sql| texts(db, sql)).collect()
}

fn affiliates_that_come_after_their_orders_get_the_same_conversions_and_wallets(engine: Engine) {
    let (exports, figures) = Exports::generated(120);
    let (usual, late) = (AppDatabase::new(engine), AppDatabase::new(engine));
    imported(&usual, "all", exports.path(), &[], DONE);
    let document = imported(&late, "orders", exports.path(), &[], DONE);
    assert!(found(&document, "SJM-0304") > 0);
    assert_eq!(count(&late, "AffiliateConversion", "1"), 0);
    imported(&late, "affiliates", exports.path(), &[], DONE);
    let (expected, got) = (settled(&usual), settled(&late));
    assert_eq!(count(&usual, "AffiliateConversion", "1"), figures.conversions as i64);
    let missing: Vec<&String> = expected.iter().filter(|line| !got.contains(line)).collect();
    let extra: Vec<&String> = got.iter().filter(|line| !expected.contains(line)).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing {missing:?}\nextra {extra:?}");
    assert_sound(&late);
    let document = imported(&late, "orders", exports.path(), &[], DONE);
    assert_eq!(rows(&document, "orders", "unchanged"), 120, "L13: the orders are there already");
    assert_eq!(document["total"]["tables"], serde_json::json!({}));
}

fn two_affiliates_with_one_address_wait_for_a_person_and_their_orders_arrive(engine: Engine) {
    let exports = Exports::new()
        .affiliates(&[&[], &[&[("affiliate_code", "MITRA02"), ("affiliate_email", "MITRA@example.org")]]])
        .orders(&[&[SOLD], &[SOLD, &[("order_id", "5002"), ("affiliate_code", "MITRA02")]]]);
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!((found(&document, "SJM-0601"), found(&document, "SJM-0307")), (2, 2));
    let noted = "\"mappingStatus\" = 'PENDING' AND \"eksporyukUserId\" IS NULL AND length(\"notes\") > 0";
    assert_eq!(count(&db, "SejoliAffiliateMapping", noted), 2);
    assert_eq!((count(&db, "Transaction", "1"), count(&db, "AffiliateConversion", "1")), (2, 0));
    assert_eq!((count(&db, "AffiliateProfile", "1"), count(&db, "Wallet", "1")), (0, 0));
    let kept = sum_minor(&db, "Transaction", "affiliateShare", "\"affiliateId\" IS NULL");
    assert_eq!(kept, 60_000 * 100, "the commission is remembered");
}

fn l18_a_conversion_belongs_to_its_order_and_not_to_one_of_the_same_amount(engine: Engine) {
    let exports = Exports::new().affiliates(&[&[]]).orders(&[
        &[SOLD, &[("affiliate_code", ""), ("affiliate_commission_amount", "")]],
        &[SOLD, &[("order_id", "5002"), ("affiliate_commission_amount", "20000")]],
        &[SOLD, &[("order_id", "5003"), ("affiliate_commission_amount", "30000")]],
    ]);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(
        db.number("SELECT COUNT(DISTINCT \"amount\") FROM \"Transaction\""),
        1,
        "amounts tell nothing"
    );
    let earned = "SELECT t.\"externalId\" || ' ' || CAST(c.\"commissionAmount\" AS INTEGER) FROM \"AffiliateConversion\" c \
                  JOIN \"Transaction\" t ON t.\"id\" = c.\"transactionId\" ORDER BY t.\"externalId\"";
    assert_eq!(texts(&db, earned), ["sejoli-5002 20000", "sejoli-5003 30000"]);
}

on_each_engine!(
    l16_a_self_referral_is_flagged_and_kept_with_its_commission,
    l17_where_no_commission_is_recorded_none_is_assumed,
    l17_a_rate_above_a_hundred_or_a_commission_above_the_price_is_held,
    l17_the_recorded_amount_counts_and_not_todays_rate,
    l18_a_conversion_belongs_to_its_order_and_not_to_one_of_the_same_amount,
    l19_a_conversion_names_a_profile_and_never_a_user,
    affiliates_that_come_after_their_orders_get_the_same_conversions_and_wallets,
    two_affiliates_with_one_address_wait_for_a_person_and_their_orders_arrive,
);
