//! `commissions.csv`: every commission of Sejoli's, of all tiers. Those of the first tier say which conversions are paid;
//! those above it are uplines' money, for which the app has no conversion: it goes into wallet, ledger and totals, and is
//! never taken for revenue. Each owed rupiah is there once.

use serde_json::Value;

use super::paid_commissions::{
    figure, order, paid, repeated, requestable, rolled_back, verified, written_once,
};
use crate::support::exit_code::{DONE, ROWS_LEFT, UNEXPECTED};
use crate::support::{
    AppDatabase, Compared, Edits, Engine, Exports, assert_same, count, drop_index, dump, found, imported,
    json, on_each_engine, rows, sum_minor, texts,
};

const UPLINE: Edits<'static> = &[
    ("affiliate_code", "MITRA02"),
    ("affiliate_name", "Atasan Contoh"),
    ("affiliate_email", "atasan@example.org"),
];

/// A row: number, order, code, tier, amount in rupiah, status, flag.
type Row<'a> = [&'a str; 7];

fn exports(totals: [(&str, &str); 2], sold: &[(&str, &str)], commissions: &[Row<'_>]) -> Exports {
    let orders: Vec<Vec<(&str, &str)>> =
        sold.iter().map(|(number, commission)| order(number, commission)).collect();
    let orders: Vec<[Edits<'_>; 1]> = orders.iter().map(|row| [row.as_slice()]).collect();
    let orders: Vec<&[Edits<'_>]> = orders.iter().map(<[Edits<'_>; 1]>::as_slice).collect();
    let names = ["id", "order_id", "affiliate_code", "tier", "amount", "status", "paid"];
    let cells: Vec<Vec<(&str, &str)>> =
        commissions.iter().map(|row| names.into_iter().zip(row.iter().copied()).collect()).collect();
    let cells: Vec<[Edits<'_>; 1]> = cells.iter().map(|row| [row.as_slice()]).collect();
    let cells: Vec<&[Edits<'_>]> = cells.iter().map(<[Edits<'_>; 1]>::as_slice).collect();
    let [first, second] = totals.map(|(all, paid)| [("total_commissions", all), ("total_paid", paid)]);
    Exports::new().affiliates(&[&[&first], &[UPLINE, &second]]).orders(&orders).commissions(&cells)
}

const SOLD: &[(&str, &str)] = &[("998", "30000"), ("5001", "20000")];

const ROWS: [Row<'static>; 5] = [
    ["1", "998", "MITRA01", "1", "30000", "added", "0"],
    ["2", "998", "MITRA02", "2", "6000.50", "added", "1"],
    ["3", "5001", "MITRA01", "1", "20000", "added", "1"],
    ["4", "5001", "MITRA02", "2", "4000", "added", "0"],
    ["5", "5001", "MITRA02", "3", "1000", "pending", "0"],
];

const TOTALS: [(&str, &str); 2] = [("50000", "20000"), ("10000.50", "6000.50")];

/// Balance, earned and paid of the upline's wallet, in sen.
fn upline(db: &AppDatabase) -> [i64; 3] {
    let own = "\"userId\" IN (SELECT \"id\" FROM \"User\" WHERE \"email\" = 'atasan@example.org')";
    ["balance", "totalEarnings", "totalPayout"].map(|column| sum_minor(db, "Wallet", column, own))
}

fn references(db: &AppDatabase) -> Vec<String> {
    texts(db, "SELECT \"reference\" FROM \"WalletTransaction\" ORDER BY \"reference\"")
}

fn l21_tiers_above_the_first_are_owed_in_wallet_and_ledger_and_are_no_revenue(engine: Engine) {
    let exports = exports(TOTALS, SOLD, &ROWS);
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(rows(&document, "commissions", "created"), 5);
    assert_eq!(paid(&db), ["5001"], "the first tier's rows say it, where the orders do not");
    written_once(&document);
    assert_eq!(upline(&db), [400_000, 1_000_050, 600_050]);
    assert_eq!(
        references(&db),
        [
            "sejoli-5001",
            "sejoli-5001-tier-2-4",
            "sejoli-998",
            "sejoli-998-tier-2-2",
            "sejoli-payout-MITRA01",
            "sejoli-payout-MITRA02"
        ]
    );
    assert_eq!((count(&db, "Transaction", "1=1"), count(&db, "AffiliateConversion", "1=1")), (2, 2));
    assert_eq!(sum_minor(&db, "AffiliateProfile", "totalEarnings", "1=1"), 6_000_050);
    assert_eq!(
        ["earned", "paid", "owed", "requestable", "higher_tiers", "difference"]
            .map(|name| figure(&document, name)),
        ["60000.5", "26000.5", "34000", "30000", "4000", "4000"]
    );
    assert_eq!(requestable(&db), 30_000, "the payout page cannot ask for the rest");
    let review = document["affiliates_to_review"].to_string();
    assert!(!review.contains("SJM-0317") && !review.contains("SJM-0603"), "{review}");
    verified(&db, &exports);
    repeated(&db, &exports);
    let report = json(&db.run(&["report", "--format", "json"]));
    assert_eq!(report["report"]["commissions"], document["commissions"]);
    let text = db.run(&["report"]).stdout;
    assert!(text.contains("upper tiers") && text.contains("MITRA02"), "{text}");
}

fn statement<'a>(document: &'a Value, key: &str) -> &'a Value {
    let statements = document["report"]["reconciliation"]["statements"].as_array().expect("statements");
    statements.iter().find(|one| one["key"] == key).expect("the statement")
}

fn the_reconciliation_has_a_line_for_the_tiers_and_adds_up(engine: Engine) {
    let exports = exports(TOTALS, SOLD, &ROWS);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let report = json(&db.run(&["report", "--format", "json"]));
    for key in ["orders", "commission", "wallets", "requestable"] {
        assert_eq!(statement(&report, key)["adds_up"], true, "{}", statement(&report, key));
    }
    let lines = statement(&report, "commission")["lines"].as_array().expect("lines");
    let line = lines.iter().find(|line| line["key"] == "tiers_above_one").expect("a line");
    assert_eq!(line["tally"]["amount"], "10000.5");
}

/// The line of a statement: how many, and how much.
fn line(document: &Value, of: &str, key: &str) -> (i64, String) {
    let lines = statement(document, of)["lines"].as_array().expect("lines");
    let line = lines.iter().find(|line| line["key"] == key).expect("the line");
    let tally = &line["tally"];
    (tally["count"].as_i64().expect("a number"), tally["amount"].as_str().expect("an amount").to_owned())
}

fn an_upper_tier_that_waits_is_a_line_until_its_affiliate_is_known(engine: Engine) {
    let exports = exports(TOTALS, SOLD, &ROWS);
    let db = AppDatabase::new(engine);
    for (kind, file) in [("orders", "orders.csv"), ("commissions", "commissions.csv")] {
        imported(&db, kind, &exports.path().join(file), &[], DONE);
    }
    let waits = json(&db.run(&["report", "--format", "json"]));
    assert_eq!(line(&waits, "upper_tiers", "tiers_listed"), (3, "11000.5".to_owned()));
    assert_eq!(line(&waits, "upper_tiers", "not_added"), (1, "1000".to_owned()));
    assert_eq!(line(&waits, "upper_tiers", "unknown_affiliate"), (2, "10000.5".to_owned()));
    assert_eq!(line(&waits, "upper_tiers", "tiers_above_one"), (0, "0".to_owned()));
    assert_eq!(statement(&waits, "upper_tiers")["adds_up"], true);
    for language in ["en", "id"] {
        for form in ["text", "md", "html"] {
            let page = db.run(&["report", "--as", form, "--lang", language]).stdout;
            let words =
                if language == "en" { "Listed by Sejoli above" } else { "Tercatat di Sejoli di atas" };
            assert!(page.contains(words) && page.contains("MITRA02"), "{form} {language}: {page}");
        }
    }
    imported(&db, "affiliates", &exports.path().join("affiliates.csv"), &[], DONE);
    let known = json(&db.run(&["report", "--format", "json"]));
    assert_eq!(line(&known, "upper_tiers", "unknown_affiliate"), (0, "0".to_owned()));
    assert_eq!(line(&known, "upper_tiers", "tiers_above_one"), (2, "10000.5".to_owned()));
    assert_eq!(statement(&known, "upper_tiers")["adds_up"], true);
    let verified = db.run(&["verify"]);
    assert!(verified.stdout.contains("every step adds up"), "{}", verified.stdout);
}

fn l37_a_changed_row_moves_by_the_difference_and_a_rollback_takes_it_back(engine: Engine) {
    let older = exports(TOTALS, SOLD, &ROWS);
    let db = AppDatabase::new(engine);
    imported(&db, "all", older.path(), &[], DONE);
    let before = dump(&db, Compared::Rows);
    let mut changed = ROWS;
    (changed[3][6], changed[4][5]) = ("1", "added");
    let newer = exports([TOTALS[0], ("11000.50", "10000.50")], SOLD, &changed);
    let document = imported(&db, "all", newer.path(), &[], DONE);
    assert_eq!(
        (rows(&document, "commissions", "updated"), rows(&document, "commissions", "unchanged")),
        (2, 3)
    );
    assert_eq!(upline(&db), [100_000, 1_100_050, 1_000_050]);
    verified(&db, &newer);
    repeated(&db, &newer);
    rolled_back(&db, &[]);
    assert_same(&before, &dump(&db, Compared::Rows), "cell by cell");
    verified(&db, &older);
    rolled_back(&db, &[]);
    assert_eq!(count(&db, "SejoliSourceRecord", "1=1"), 0);
}

fn l17_a_first_tier_that_contradicts_its_order_is_held(engine: Engine) {
    let mut wrong = ROWS;
    (wrong[0][4], wrong[2][2]) = ("31000", "MITRA02");
    let exports = exports(TOTALS, SOLD, &wrong);
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!((rows(&document, "commissions", "held"), found(&document, "SJM-0320")), (2, 2));
    assert_eq!(upline(&db)[1], 1_000_050, "the tiers above are theirs all the same");
    assert_eq!(requestable(&db), 30_000, "the total decides, which 20000 come to");
    verified(&db, &exports);
    repeated_with_rows_left(&db, &exports);
}

#[track_caller]
fn repeated_with_rows_left(db: &AppDatabase, exports: &Exports) {
    let document = imported(db, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!(document["total"]["tables"], serde_json::json!({}), "{document}");
}

fn l1_a_commission_waits_for_its_order_and_its_affiliate(engine: Engine) {
    let early = exports(TOTALS, &SOLD[..1], &ROWS);
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", early.path(), &[], DONE);
    assert_eq!((rows(&document, "commissions", "created"), found(&document, "SJM-0321")), (5, 3));
    assert_eq!(upline(&db), [0, 600_050, 600_050]);
    let later = exports(TOTALS, SOLD, &ROWS);
    let document = imported(&db, "all", later.path(), &[], DONE);
    assert_eq!(rows(&document, "commissions", "unchanged"), 5, "the kept rows are enough");
    assert_eq!(upline(&db), [400_000, 1_000_050, 600_050]);
    verified(&db, &later);

    let unknown = AppDatabase::new(engine);
    let orders = later.path().join("orders.csv");
    imported(&unknown, "orders", &orders, &[], DONE);
    let file = later.path().join("commissions.csv");
    let document = imported(&unknown, "commissions", &file, &[], DONE);
    assert_eq!(found(&document, "SJM-0304"), 5);
    assert_eq!(count(&unknown, "WalletTransaction", "1=1"), 0);
    imported(&unknown, "affiliates", &later.path().join("affiliates.csv"), &[], DONE);
    assert_eq!(upline(&unknown), [400_000, 1_000_050, 600_050]);
    assert_eq!(paid(&unknown), ["5001"]);
    verified(&unknown, &later);
}

fn money_that_was_paid_and_then_cancelled_is_listed_and_not_owed(engine: Engine) {
    let mut cancelled = ROWS;
    (cancelled[1][5], cancelled[3][5]) = ("cancelled", "cancelled");
    let exports = exports([TOTALS[0], ("0", "0")], SOLD, &cancelled);
    let db = AppDatabase::new(engine);
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0316"), 1);
    assert_eq!(upline(&db), [0, 0, 0]);
    verified(&db, &exports);
    repeated(&db, &exports);
}

/// The settlement breaks off before the first ledger entry of a second kind, and the same command goes on.
fn l25_an_import_that_broke_off_pays_every_tier_once(engine: Engine) {
    let exports = exports(TOTALS, SOLD, &ROWS);
    let db = AppDatabase::new(engine);
    db.sql("CREATE UNIQUE INDEX one_entry ON \"WalletTransaction\"(\"type\")");
    let outcome = db.import("all", exports.path(), &["--batch-size", "2"]);
    assert_eq!(outcome.code, UNEXPECTED, "{outcome:?}");
    db.sql(&drop_index(engine, "WalletTransaction", "one_entry"));
    let document = imported(&db, "all", exports.path(), &["--batch-size", "2"], DONE);
    assert_eq!((document["resumed"].as_bool(), rows(&document, "commissions", "created")), (Some(true), 5));
    assert_eq!(upline(&db), [400_000, 1_000_050, 600_050]);
    verified(&db, &exports);
    repeated(&db, &exports);
}

fn a_refund_takes_the_tiers_away(engine: Engine) {
    let older = exports(TOTALS, SOLD, &ROWS);
    let db = AppDatabase::new(engine);
    imported(&db, "all", older.path(), &[], DONE);
    let newer = exports(TOTALS, SOLD, &ROWS);
    let mut sheet = newer.sheet("orders.csv");
    sheet.set(1, "payment_status", "REFUNDED");
    sheet.write(&newer.path().join("orders.csv"));
    let document = imported(&db, "all", newer.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0322"), 2, "{document}");
    assert_eq!(upline(&db), [0, 600_050, 600_050]);
    verified(&db, &newer);
}

fn l27_verify_names_a_tier_that_is_not_what_the_source_says(engine: Engine) {
    let exports = exports(TOTALS, SOLD, &ROWS);
    let path = exports.path().display().to_string();
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    db.sql("UPDATE \"WalletTransaction\" SET \"amount\" = 3000 WHERE \"reference\" = 'sejoli-5001-tier-2-4'");
    let outcome = db.run(&["verify", &path]);
    assert_eq!(outcome.code, 4, "{}", outcome.stdout);
    assert!(outcome.stdout.contains("MITRA02"), "{}", outcome.stdout);
    db.sql("UPDATE \"WalletTransaction\" SET \"amount\" = 4000 WHERE \"reference\" = 'sejoli-5001-tier-2-4'");
    verified(&db, &exports);
    db.sql("DELETE FROM \"SejoliSourceRecord\" WHERE \"kind\" = 'commission' AND \"sourceKey\" = '2'");
    let outcome = db.run(&["verify", &path]);
    assert_eq!(outcome.code, 4, "{}", outcome.stdout);
    assert!(outcome.stdout.contains("commission 2"), "{}", outcome.stdout);
}

fn validate_reads_commissions_too(engine: Engine) {
    let mut wrong = ROWS;
    (wrong[0][5], wrong[1][1]) = ("waiting", "4711");
    let exports = exports(TOTALS, SOLD, &wrong);
    let db = AppDatabase::new(engine);
    let (path, out) = (exports.path().display().to_string(), db.path("out").display().to_string());
    let validated = db.run(&["validate", &path, "--out", &out, "--format", "json"]);
    let said = json(&validated).to_string();
    assert!(said.contains("SJM-0205") && said.contains("SJM-0321") && said.contains("commissions"), "{said}");
}

on_each_engine!(
    l21_tiers_above_the_first_are_owed_in_wallet_and_ledger_and_are_no_revenue,
    the_reconciliation_has_a_line_for_the_tiers_and_adds_up,
    an_upper_tier_that_waits_is_a_line_until_its_affiliate_is_known,
    l37_a_changed_row_moves_by_the_difference_and_a_rollback_takes_it_back,
    l17_a_first_tier_that_contradicts_its_order_is_held,
    l1_a_commission_waits_for_its_order_and_its_affiliate,
    money_that_was_paid_and_then_cancelled_is_listed_and_not_owed,
    l25_an_import_that_broke_off_pays_every_tier_once,
    a_refund_takes_the_tiers_away,
    l27_verify_names_a_tier_that_is_not_what_the_source_says,
    validate_reads_commissions_too,
);
