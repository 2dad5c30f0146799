//! The app's conventions are read and not assumed: whose id names an affiliate (L31), the form of invoice numbers (L35),
//! and what lets an affiliate in (L32).

use crate::support::app_access::Strictness;
use crate::support::exit_code::{DONE, REFUSED, USAGE};
use crate::support::library::DatabaseUse;
use crate::support::{
    AppDatabase, Edits, Engine, Exports, SOLD, app_transaction, count, found, imported, insert_app_user,
    on_each_engine, text, verified,
};

fn one_sale() -> Exports {
    Exports::new().affiliates(&[&[]]).orders(&[&[SOLD]])
}

/// The cell of the only row that a filter selects.
fn cell(db: &AppDatabase, table: &str, column: &str, filter: &str) -> String {
    let rows = db.query(&format!("SELECT \"{column}\" FROM \"{table}\" WHERE {filter}"));
    assert_eq!(rows.len(), 1, "{table} {filter}: {rows:?}");
    text(&rows[0][0])
}

#[track_caller]
fn repeated(db: &AppDatabase, exports: &Exports) {
    let document = imported(db, "all", exports.path(), &[], DONE);
    assert_eq!(document["total"]["created"]["rows"], 0, "{document}");
    assert_eq!(document["total"]["updated"]["rows"], 0, "{document}");
}

const OURS: &str = "\"externalId\" = 'sejoli-5001'";

fn l31_one_id_serves_every_reader_of_the_app(engine: Engine) {
    let db = AppDatabase::with_access(engine);
    let exports = one_sale();
    imported(&db, "all", exports.path(), &[], DONE);
    let user = cell(&db, "AffiliateProfile", "userId", "1=1");
    assert_eq!(cell(&db, "AffiliateProfile", "id", "1=1"), user);
    assert_eq!(cell(&db, "AffiliateConversion", "affiliateId", "1=1"), user);
    assert_eq!(cell(&db, "Transaction", "affiliateId", OURS), user);
    let metadata = cell(&db, "Transaction", "metadata", OURS);
    for member in [
        "\"sejoliProductId\":\"201\"",
        &format!("\"affiliateId\":\"{user}\""),
        "\"affiliateCode\":\"MITRA01\"",
        "\"affiliateName\":",
    ] {
        assert!(metadata.replace(": ", ":").contains(member), "{member}: {metadata}");
    }
    assert!(!metadata.contains("\"productId\""), "that is the app's key: {metadata}");
    verified(&db, &exports);
    repeated(&db, &exports);
}

/// A sale of the app's own, which names its affiliate by this id.
fn sold_by_app(db: &AppDatabase, affiliate: &str, invoice: &str) {
    let mut sale = app_transaction("txn-of-app", "u-buyer", None, Some(invoice));
    sale.affiliate_id = Some(affiliate.to_owned());
    db.store(DatabaseUse::Write).insert(sale).expect("a sale of the app");
}

/// An app in which an affiliate has sold something: user `u-seller`, profile `p-seller`.
fn selling_app(engine: Engine, affiliate: &str, invoice: &str) -> AppDatabase {
    let db = AppDatabase::with_access(engine);
    insert_app_user(&db, "u-buyer", "pembeli@example.org", "Pembeli", "MEMBER_FREE");
    insert_app_user(&db, "u-seller", "mitra@example.org", "Penjual", "AFFILIATE");
    db.sql(
        "INSERT INTO \"AffiliateProfile\" (\"id\", \"userId\", \"affiliateCode\", \"shortLink\", \"commissionRate\", \
         \"applicationStatus\", \"createdAt\", \"updatedAt\") SELECT 'p-seller', 'u-seller', 'OWN01', 'own01', 10, \
         'APPROVED', \"createdAt\", \"updatedAt\" FROM \"User\" WHERE \"id\" = 'u-seller'",
    );
    sold_by_app(&db, affiliate, invoice);
    db
}

fn l31_the_apps_own_sales_decide_whose_id_names_an_affiliate(engine: Engine) {
    for (affiliate, expected) in [("u-seller", "u-seller"), ("p-seller", "p-seller")] {
        let db = selling_app(engine, affiliate, "INV77");
        let exports = one_sale();
        let outcome = db.import("all", exports.path(), &[]);
        assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
        assert!(outcome.stderr.contains("the app shows of its conventions"), "{}", outcome.stderr);
        assert_eq!(cell(&db, "Transaction", "affiliateId", OURS), expected);
        assert_eq!(cell(&db, "AffiliateConversion", "affiliateId", "1=1"), "p-seller", "the money's reader");
        assert_eq!(
            cell(&db, "AffiliateProfile", "id", "1=1"),
            "p-seller",
            "the app's own profile keeps its id"
        );
        verified(&db, &exports);
        repeated(&db, &exports);
    }
}

fn l35_the_number_is_kept_in_the_form_that_the_apps_counter_reads(engine: Engine) {
    for (invoice, expected) in [("INV77", "INV5001"), ("77", "5001")] {
        let db = selling_app(engine, "u-seller", invoice);
        let exports = one_sale();
        imported(&db, "all", exports.path(), &[], DONE);
        assert_eq!(cell(&db, "Transaction", "invoiceNumber", OURS), expected);
        verified(&db, &exports);
    }
}

fn l35_a_number_that_the_app_has_for_another_order_stays_with_it(engine: Engine) {
    let db = selling_app(engine, "u-seller", "INV5001");
    let exports = one_sale();
    let document = imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0707"), 1, "{document}");
    assert_eq!(cell(&db, "Transaction", "invoiceNumber", OURS), "5001");
    assert_eq!(cell(&db, "Transaction", "invoiceNumber", "\"id\" = 'txn-of-app'"), "INV5001");
    verified(&db, &exports);
    repeated(&db, &exports);
}

fn what_was_chosen_first_is_kept_until_it_is_named(engine: Engine) {
    let db = AppDatabase::with_access(engine);
    let exports = one_sale();
    imported(&db, "all", exports.path(), &["--convention", "invoice=bare"], DONE);
    assert_eq!(cell(&db, "Transaction", "invoiceNumber", OURS), "5001");
    repeated(&db, &exports);
    verified(&db, &exports);
    imported(&db, "all", exports.path(), &["--convention", "invoice=inv"], DONE);
    assert_eq!(cell(&db, "Transaction", "invoiceNumber", OURS), "INV5001");
    verified(&db, &exports);
    let wrong = db.import("all", exports.path(), &["--convention", "invoice=roman"]);
    assert_eq!(wrong.code, USAGE, "{}", wrong.stderr);
    assert!(wrong.stderr.contains("inv or bare"), "{}", wrong.stderr);
}

fn the_run_records_what_was_found_and_chosen(engine: Engine) {
    let db = selling_app(engine, "u-seller", "INV77");
    imported(&db, "all", one_sale().path(), &[], DONE);
    let options = cell(&db, "SejoliImportRun", "options", "1=1").replace(": ", ":");
    for recorded in [
        "\"transaction_affiliate\":\"user\"",
        "\"invoice\":\"inv\"",
        "\"app\":\"january\"",
        "\"affiliates_by_user\":1",
        "\"prefixed_invoices\":1",
    ] {
        assert!(options.contains(recorded), "{recorded}: {options}");
    }
}

/// The affiliate's user as the door sees it: role and menu.
fn admitted(db: &AppDatabase) -> (String, i64) {
    let user = "\"id\" = (SELECT \"eksporyukUserId\" FROM \"SejoliAffiliateMapping\")";
    (cell(db, "User", "role", user), count(db, "User", &format!("{user} AND \"affiliateMenuEnabled\" = 1")))
}

fn l32_an_affiliate_is_let_in(engine: Engine) {
    let phone: Edits<'_> = &[("affiliate_phone", "081234567890")];
    let exports = Exports::new().affiliates(&[&[phone]]).orders(&[&[SOLD]]);
    let db = AppDatabase::with_access(engine);
    imported(&db, "all", exports.path(), &["--site", "https://app.example.org/"], DONE);
    assert_eq!(admitted(&db), ("AFFILIATE".to_owned(), 1));
    assert_eq!(
        count(&db, "AffiliateProfile", "\"profileCompleted\" = 1 AND \"profileCompletedAt\" IS NOT NULL"),
        1
    );
    let user = cell(&db, "AffiliateProfile", "userId", "1=1");
    assert_eq!(cell(&db, "AffiliateLink", "userId", "\"code\" = 'MITRA01'"), user);
    assert_eq!(cell(&db, "AffiliateLink", "affiliateId", "\"linkType\" = 'CHECKOUT'"), user);
    assert_eq!(cell(&db, "AffiliateLink", "fullUrl", "1=1"), "https://app.example.org/checkout?ref=MITRA01");
    verified(&db, &exports);
    // A demotion and a link that was taken away are edits.
    db.sql("UPDATE \"User\" SET \"role\" = 'MEMBER_FREE' WHERE \"role\" = 'AFFILIATE'");
    db.sql("DELETE FROM \"AffiliateLink\"");
    repeated(&db, &exports);
    assert_eq!(admitted(&db).0, "MEMBER_FREE");
    assert_eq!(count(&db, "AffiliateLink", "1=1"), 0);
}

fn l32_without_a_phone_the_onboarding_is_not_skipped(engine: Engine) {
    let phone: Edits<'_> = &[("affiliate_phone", "")];
    let exports = Exports::new().affiliates(&[&[phone]]).orders(&[&[SOLD]]);
    let db = AppDatabase::with_access(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(count(&db, "AffiliateProfile", "\"profileCompleted\" = 1"), 0);
}

fn l32_a_role_only_rises_where_the_apps_release_needs_it(engine: Engine) {
    for (release, role, expected) in [
        ("january", "MEMBER_FREE", "AFFILIATE"),
        ("january", "MEMBER_PREMIUM", "MEMBER_PREMIUM"),
        ("december", "MEMBER_PREMIUM", "AFFILIATE"),
        ("december", "MENTOR", "MENTOR"),
        ("january", "ADMIN", "ADMIN"),
    ] {
        let db = AppDatabase::with_access(engine);
        insert_app_user(&db, "u-seller", "mitra@example.org", "Penjual", role);
        let convention = format!("app={release}");
        imported(&db, "all", one_sale().path(), &["--convention", &convention], DONE);
        assert_eq!(admitted(&db), (expected.to_owned(), 1), "{release} {role}");
        let undone = db.run(&["rollback", "--last", "--yes"]);
        assert_eq!(undone.code, DONE, "{}{}", undone.stdout, undone.stderr);
        assert_eq!(cell(&db, "User", "role", "\"id\" = 'u-seller'"), role);
        assert_eq!(count(&db, "User", "\"affiliateMenuEnabled\" = 1"), 0);
    }
}

fn a_link_of_somebody_else_keeps_its_code(engine: Engine) {
    let db = AppDatabase::with_access_but(engine, Strictness::Loose, &[]);
    insert_app_user(&db, "u-other", "lain@example.org", "Lain", "AFFILIATE");
    db.sql(
        "INSERT INTO \"AffiliateLink\" (\"id\", \"userId\", \"code\", \"linkType\", \"updatedAt\") \
         SELECT 'l-other', 'u-other', 'MITRA01', 'CHECKOUT', \"updatedAt\" FROM \"User\"",
    );
    let document = imported(&db, "all", one_sale().path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0613"), 1, "{document}");
    assert_eq!(cell(&db, "AffiliateLink", "userId", "1=1"), "u-other");
}

fn an_interrupted_import_does_not_change_its_conventions(engine: Engine) {
    let db = AppDatabase::with_access(engine);
    let exports = one_sale();
    imported(&db, "all", exports.path(), &[], DONE);
    db.sql("UPDATE \"SejoliImportRun\" SET \"state\" = 'RUNNING'");
    let refused = db.import("all", exports.path(), &["--convention", "invoice=bare"]);
    assert_eq!(refused.code, REFUSED, "{}{}", refused.stdout, refused.stderr);
    assert!(refused.stderr.contains("--restart"), "{}", refused.stderr);
}

on_each_engine!(
    l31_one_id_serves_every_reader_of_the_app,
    l31_the_apps_own_sales_decide_whose_id_names_an_affiliate,
    l35_the_number_is_kept_in_the_form_that_the_apps_counter_reads,
    l35_a_number_that_the_app_has_for_another_order_stays_with_it,
    what_was_chosen_first_is_kept_until_it_is_named,
    the_run_records_what_was_found_and_chosen,
    l32_an_affiliate_is_let_in,
    l32_without_a_phone_the_onboarding_is_not_skipped,
    l32_a_role_only_rises_where_the_apps_release_needs_it,
    a_link_of_somebody_else_keeps_its_code,
    an_interrupted_import_does_not_change_its_conventions,
);
