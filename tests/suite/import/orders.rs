//! Orders become transactions: status, kind and number are those of the source and never guessed.

use std::collections::BTreeSet;

use crate::support::exit_code::{DONE, ROWS_LEFT};
use crate::support::{
    AppDatabase, Edits, Engine, Exports, SOLD, count, found, imported, on_each_engine, rows, sum_minor, texts,
};

fn l10_an_unknown_status_is_held_and_never_guessed(engine: Engine) {
    let exports = Exports::new().orders(&[
        &[&[("payment_status", "kurang jelas")]],
        &[&[("order_id", "5002"), ("payment_status", "LUNAS?")]],
    ]);
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!(found(&document, "SJM-0205"), 2);
    assert_eq!(rows(&document, "orders", "held"), 2);
    assert_eq!(count(&db, "Transaction", "1"), 0);
    let codes = texts(&db, "SELECT \"disposition\" || ' ' || \"code\" FROM \"SejoliImportReject\"");
    assert_eq!(codes, ["HELD SJM-0205", "HELD SJM-0205"]);
}

fn l11_only_paid_orders_are_revenue_and_earn_commission(engine: Engine) {
    let of = |id: &'static str, status: &'static str| [("order_id", id), ("payment_status", status)];
    let exports = Exports::new().affiliates(&[&[]]).orders(&[
        &[&of("5001", "PAID"), SOLD],
        &[&of("5002", "PENDING"), SOLD],
        &[&of("5003", "EXPIRED"), SOLD],
        &[&of("5004", "REFUNDED"), SOLD],
    ]);
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    let statuses = texts(&db, "SELECT \"status\" FROM \"Transaction\" ORDER BY \"externalId\"");
    assert_eq!(statuses, ["SUCCESS", "PENDING", "FAILED", "REFUNDED"]);
    assert_eq!(sum_minor(&db, "Transaction", "amount", "\"status\" = 'SUCCESS'"), 100_000 * 100);
    assert_eq!(document["source_totals"]["orders"], 4);
    assert_eq!(count(&db, "AffiliateConversion", "1"), 1);
    assert_eq!(sum_minor(&db, "Wallet", "totalEarnings", "1"), 30_000 * 100);
    assert_eq!(sum_minor(&db, "AffiliateProfile", "totalSales", "1"), 100_000 * 100);
}

fn l12_an_unmapped_product_is_listed_and_its_membership_held(engine: Engine) {
    let product = [("product_id", "999"), ("product_name", "Keanggotaan Premium Seumur Hidup")];
    let exports = Exports::new().orders(&[&[&product]]).memberships(&[&[&product, &[("order_id", "5001")]]]);
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!(texts(&db, "SELECT \"type\" FROM \"Transaction\""), ["PRODUCT"]);
    assert_eq!(texts(&db, "SELECT \"code\" FROM \"SejoliImportReject\""), ["SJM-0502"]);
    assert_eq!(rows(&document, "memberships", "held"), 1);
    assert_eq!(document["unmapped_products"][0][0], "999");
    assert_eq!(count(&db, "UserMembership", "1"), 0);
    assert_eq!(count(&db, "User", "\"role\" <> 'MEMBER_FREE'"), 0);
}

fn l12_the_kind_comes_from_the_map_and_never_from_the_title(engine: Engine) {
    let of = |id: &'static str, product: &'static str| [("order_id", id), ("product_id", product)];
    let title = [("product_name", "Keanggotaan Event Kelas Produk")];
    let exports = Exports::new().orders(&[
        &[&of("5001", "102"), &title],
        &[&of("5002", "201"), &title],
        &[&of("5003", "202"), &title],
        &[&of("5004", "204"), &title],
    ]);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let kinds = texts(&db, "SELECT \"type\" FROM \"Transaction\" ORDER BY \"externalId\"");
    assert_eq!(kinds, ["MEMBERSHIP", "PRODUCT", "EVENT", "COURSE"]);
}

fn l14_two_equal_orders_within_a_minute_both_arrive(engine: Engine) {
    let exports = Exports::new().orders(&[
        &[],
        &[&[("order_id", "5002"), ("order_date", "2024-05-06 10:00:20")]],
        &[&[("order_id", "5003")]],
    ]);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(count(&db, "Transaction", "\"amount\" = 100000 AND \"status\" = 'SUCCESS'"), 3);
    assert_eq!(count(&db, "User", "1"), 1);
}

fn l15_the_sejoli_number_is_kept_as_it_is(engine: Engine) {
    let numbers = ["00042", "INV-7/2024", "100000000000000000000001", "42"];
    let ids: Vec<[(&str, &str); 1]> = numbers.iter().map(|number| [("order_id", *number)]).collect();
    let edits: Vec<[Edits<'_>; 1]> = ids.iter().map(|id| [id.as_slice()]).collect();
    let orders: Vec<&[Edits<'_>]> = edits.iter().map(|edits| edits.as_slice()).collect();
    let exports = Exports::new().orders(&orders);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let kept: BTreeSet<String> =
        texts(&db, "SELECT \"invoiceNumber\" FROM \"Transaction\"").into_iter().collect();
    let expected = ["INV00042", "INV-7/2024", "INV100000000000000000000001", "INV42"];
    assert_eq!(kept, expected.map(str::to_owned).into());
    assert_eq!(count(&db, "Transaction", "typeof(\"invoiceNumber\") = 'text'"), 4);
    let known: BTreeSet<String> =
        texts(&db, "SELECT \"externalId\" FROM \"Transaction\"").into_iter().collect();
    assert_eq!(known, numbers.iter().map(|number| format!("sejoli-{number}")).collect());
}

fn l15_the_same_shop_with_decimal_numbers_is_no_second_one(engine: Engine) {
    let shop = |code: &str, order: &str, product: &str, membership: &str| {
        let (code, order) = ([("affiliate_code", code)], [("order_id", order)]);
        let (product, membership) = ([("product_id", product)], [("membership_id", membership)]);
        Exports::new().affiliates(&[&[&code]]).orders(&[&[SOLD, &code, &order, &product]]).memberships(&[&[
            &order,
            &product,
            &membership,
        ]])
    };
    let (whole, decimal) = (shop("17", "5001", "102", "9"), shop("17.0", "5001.0", "102.0", "9.0"));
    let db = AppDatabase::new(engine);
    imported(&db, "all", whole.path(), &[], DONE);
    let tables = [
        "User",
        "Transaction",
        "AffiliateConversion",
        "AffiliateProfile",
        "SejoliAffiliateMapping",
        "SejoliWebhookLog",
        "SejoliSourceRecord",
        "UserMembership",
    ];
    let counts = || tables.map(|table| count(&db, table, "1"));
    let before = counts();
    assert_eq!(before[1..3], [1, 1]);
    let document = imported(&db, "all", decimal.path(), &[], DONE);
    assert_eq!(counts(), before);
    assert_eq!(found(&document, "SJM-0210"), 3, "once a row");
    assert_eq!(count(&db, "UserMembership", "\"transactionId\" IS NOT NULL"), 1);
    assert_eq!(sum_minor(&db, "Wallet", "balance", "1"), 30_000 * 100);
    let verified = db.run(&["verify", &decimal.path().display().to_string()]);
    assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
}

fn an_order_of_the_future_is_held_as_one_of_the_past_is(engine: Engine) {
    let exports = Exports::new().orders(&[
        &[&[("order_date", "2121-05-06 10:00:00"), ("paid_date", "")]],
        &[&[("order_id", "5002"), ("paid_date", "2124-05-07 08:00:00")]],
        &[&[("order_id", "5003"), ("order_date", "2026-01-01 22:00:00"), ("paid_date", "")]],
    ]);
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!((found(&document, "SJM-0209"), count(&db, "Transaction", "1")), (2, 1));
    let files = exports.path().display().to_string();
    let verified = db.run(&["verify", &files]);
    assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
    let earlier = db.run(&["verify", &files, "--as-of", "2025-01-01T00:00:00+07:00"]);
    assert!(
        earlier.stdout.contains("order 5003: was imported although its date lies ahead"),
        "{}",
        earlier.stdout
    );
}

fn l17_a_doubtful_commission_waits_and_a_recorded_one_stands_without_its_rate(engine: Engine) {
    let order = |id: &'static str, paid: &'static str, rate: &'static str, amount: &'static str| {
        [
            ("order_id", id),
            ("paid_amount", paid),
            ("affiliate_commission_rate", rate),
            ("affiliate_commission_amount", amount),
        ]
    };
    let exports = Exports::new()
        .affiliates(&[
            &[],
            &[&[
                ("affiliate_code", "MITRA02"),
                ("affiliate_email", "dua@example.org"),
                ("commission_rate", "0.3"),
            ]],
        ])
        .orders(&[
            &[SOLD, &order("5001", "20000", "30", "30000")],
            &[SOLD, &order("5002", "0", "30", "30000")],
            &[SOLD, &order("5003", "100000", "33.333", "33333")],
            &[SOLD, &order("5004", "100000", "0.3", "30000")],
            &[SOLD, &order("5005", "100000", "0.3", "")],
        ]);
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!((found(&document, "SJM-0310"), found(&document, "SJM-0311")), (2, 1));
    assert_eq!((found(&document, "SJM-0312"), found(&document, "SJM-0313")), (1, 2));
    assert_eq!((rows(&document, "orders", "held"), rows(&document, "affiliates", "held")), (3, 1));
    assert_eq!(sum_minor(&db, "AffiliateConversion", "commissionAmount", "1"), 63_333 * 100);
    let verified = db.run(&["verify", &exports.path().display().to_string()]);
    assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
}

on_each_engine!(
    l15_the_same_shop_with_decimal_numbers_is_no_second_one,
    l17_a_doubtful_commission_waits_and_a_recorded_one_stands_without_its_rate,
    an_order_of_the_future_is_held_as_one_of_the_past_is,
    l10_an_unknown_status_is_held_and_never_guessed,
    l11_only_paid_orders_are_revenue_and_earn_commission,
    l12_an_unmapped_product_is_listed_and_its_membership_held,
    l12_the_kind_comes_from_the_map_and_never_from_the_title,
    l14_two_equal_orders_within_a_minute_both_arrive,
    l15_the_sejoli_number_is_kept_as_it_is,
);
