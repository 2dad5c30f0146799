//! Rows that the app has already, or cannot hold: they wait for a decision and are neither doubled, cut nor overwritten.

use crate::support::exit_code::{DONE, ROWS_LEFT};
use crate::support::library::tables::{
    AffiliateProfile, CommissionType, Membership, MembershipDuration, Transaction, UserMembership,
};
use crate::support::library::{DatabaseUse, JsonText, Millis, Money, Rate};
use crate::support::{
    AppDatabase, Compared, Engine, Exports, app_transaction, assert_same, count, dump, found, imported,
    insert_app_user, on_each_engine, rows, texts,
};

/// MySQL's texts have 191 characters; the others have no bound.
fn a_cell_that_the_database_cannot_hold_waits_and_is_never_cut(engine: Engine) {
    let long = "Ä".repeat(192);
    let fits = "Ä".repeat(184);
    let number = "9".repeat(300);
    let exports = Exports::new().orders(&[
        &[&[("buyer_name", long.as_str())]],
        &[&[("order_id", "5002"), ("product_name", fits.as_str())]],
        &[&[("order_id", number.as_str())]],
    ]);
    let db = AppDatabase::new(engine);
    let bounded = db.url().starts_with("mysql");
    let document = imported(&db, "all", exports.path(), &[], if bounded { ROWS_LEFT } else { DONE });
    assert_eq!(found(&document, "SJM-0208"), 2 * u64::from(bounded));
    assert_eq!(rows(&document, "orders", "held"), 2 * u64::from(bounded));
    let names =
        texts(&db, "SELECT \"customerName\" FROM \"Transaction\" WHERE length(\"customerName\") > 99");
    assert_eq!(names, if bounded { vec![] } else { vec![long] });
    assert_eq!(
        texts(&db, "SELECT \"description\" FROM \"Transaction\" WHERE \"externalId\" = 'sejoli-5002'"),
        [fits]
    );
    let verified = db.run(&["verify", &exports.path().display().to_string()]);
    assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
}

fn l13_an_order_that_the_app_has_in_another_spelling_waits_and_is_not_doubled(engine: Engine) {
    let db = AppDatabase::new(engine);
    insert_app_user(&db, "u1", "rina@example.org", "Rina", "MEMBER_FREE");
    let own = [
        app_transaction("t1", "u1", Some("SEJOLI-5001"), None),
        app_transaction("t2", "u1", Some("5002"), None),
        Transaction {
            payment_provider: Some("Sejoli".to_owned()),
            ..app_transaction("t3", "u1", Some("old-9"), Some("INV5003"))
        },
        app_transaction("t4", "u1", Some("sejoli-5004"), None),
        app_transaction("t5", "u1", Some("xendit-9"), Some("5005")),
    ];
    for transaction in own {
        db.store(DatabaseUse::Write).insert(transaction).expect("a transaction of the app");
    }
    let of = |id: &'static str| [("order_id", id)];
    let (two, three, four, five) = (of("5002"), of("5003"), of("5004"), of("5005"));
    let exports = Exports::new().orders(&[&[], &[&two], &[&three], &[&four], &[&five]]);
    let before =
        texts(&db, "SELECT \"id\" || \"amount\" || \"updatedAt\" FROM \"Transaction\" ORDER BY \"id\"");
    let document = imported(&db, "all", exports.path(), &[], ROWS_LEFT);
    assert_eq!(found(&document, "SJM-0703"), 4);
    assert_eq!((rows(&document, "orders", "held"), rows(&document, "orders", "created")), (4, 1));
    let own = "SELECT \"id\" || \"amount\" || \"updatedAt\" FROM \"Transaction\" WHERE \"id\" LIKE 't_' ORDER BY \"id\"";
    assert_eq!(texts(&db, own), before, "the app's own rows stay as they are");
    assert_eq!(count(&db, "Transaction", "1"), 6, "a number alone does not make the app's order Sejoli's");
}

fn l9_a_membership_of_the_app_and_a_taken_code_stay_with_their_owners(engine: Engine) {
    let db = AppDatabase::new(engine);
    let exports = Exports::new()
        .affiliates(&[&[&[("total_commissions", "0")]]])
        .orders(&[&[]])
        .memberships(&[&[&[("order_id", "5001")]]]);
    insert_app_user(&db, "u1", "RINA@example.org", "Rina", "ADMIN");
    insert_app_user(&db, "u2", "lain@example.org", "Lain", "AFFILIATE");
    let at = Millis(1_700_000_000_000);
    let profile = AffiliateProfile {
        id: "p2".to_owned(),
        user_id: "u2".to_owned(),
        affiliate_code: "MITRA01".to_owned(),
        short_link: "lain".to_owned(),
        tier: 1,
        commission_rate: Rate::from_hundredths(1_000),
        total_clicks: 3,
        total_conversions: 0,
        total_sales: Money::ZERO,
        total_earnings: Money::ZERO,
        is_active: true,
        application_status: "APPROVED".to_owned(),
        whatsapp: None,
        approved_at: None,
        external_id: None,
        created_at: at,
        updated_at: at,
        profile_completed: Default::default(),
        profile_completed_at: Default::default(),
        bank_name: Default::default(),
        bank_account_name: Default::default(),
        bank_account_number: Default::default(),
    };
    let map = exports.sheet("products.csv");
    let slug = map.get(map.find(|cell| cell("product_id") == "102"), "membership").to_owned();
    let membership = Membership {
        id: "m1".to_owned(),
        name: "Saudagar".to_owned(),
        slug: Some(slug),
        description: String::new(),
        duration: MembershipDuration::TwelveMonths,
        price: Money::rupiah(1),
        commission_type: CommissionType::Flat,
        affiliate_commission_rate: Rate::from_hundredths(0),
        features: JsonText("[]".to_owned()),
        is_active: true,
        created_at: at,
        updated_at: at,
    };
    let standing = UserMembership {
        id: "um1".to_owned(),
        user_id: "u1".to_owned(),
        membership_id: "m1".to_owned(),
        start_date: at,
        end_date: Millis(at.0 + 1),
        is_active: false,
        auto_renew: true,
        status: "CANCELLED".to_owned(),
        activated_at: None,
        price: Some(Money::rupiah(5)),
        transaction_id: None,
        external_id: None,
        created_at: at,
        updated_at: at,
    };
    let mut store = db.store(DatabaseUse::Write);
    store.insert(profile).expect("a profile of the app");
    store.insert(membership).expect("a membership of the app");
    store.insert(standing).expect("a member of the app");
    drop(store);
    imported(&db, "all", exports.path(), &[], DONE);
    let one = |sql: &str| texts(&db, sql);
    assert_eq!(
        one("SELECT \"affiliateCode\" || ' ' || \"shortLink\" FROM \"AffiliateProfile\" WHERE \"id\" = 'p2'"),
        ["MITRA01 lain"]
    );
    assert_eq!(
        one("SELECT \"affiliateCode\" FROM \"AffiliateProfile\" WHERE \"id\" <> 'p2'"),
        ["SJ-MITRA01"]
    );
    let kept = "SELECT \"status\" || ' ' || \"price\" || ' ' || \"isActive\" || ' ' || \"endDate\" FROM \"UserMembership\"";
    assert_eq!(one(kept), ["CANCELLED 5 0 1700000000001"]);
    let filled = "SELECT \"externalId\" FROM \"UserMembership\" WHERE \"transactionId\" IS NOT NULL";
    assert_eq!(one(filled), ["M1"], "what was empty is filled");
    assert_eq!(one("SELECT \"role\" FROM \"User\" WHERE \"id\" = 'u1'"), ["ADMIN"]);
    let once = dump(&db, Compared::Rows);
    imported(&db, "all", exports.path(), &[], DONE);
    assert_same(&once, &dump(&db, Compared::Rows), "the second time");
    let mut renewed = exports.sheet("memberships.csv");
    renewed.set(0, "expiry_date", "2031-01-01");
    renewed.write(&exports.path().join("memberships.csv"));
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(one(kept), ["CANCELLED 5 0 1700000000001"], "also when Sejoli changes its mind");
    let verified = db.run(&["verify", &exports.path().display().to_string()]);
    assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
}

on_each_engine!(
    l9_a_membership_of_the_app_and_a_taken_code_stay_with_their_owners,
    l13_an_order_that_the_app_has_in_another_spelling_waits_and_is_not_doubled,
    a_cell_that_the_database_cannot_hold_waits_and_is_never_cut,
);
