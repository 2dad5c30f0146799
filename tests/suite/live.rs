//! An app that is in use: its people, memberships, transactions, affiliates and wallets come first. They
//! are recognised, filled only where they are empty, and never overwritten.
//!
//! One definition for every engine: the rows are inserted as structs, as Prisma's client would.

use crate::support::app_rows::app_user;
use crate::support::exit_code::{DONE, ROWS_LEFT};
use crate::support::library::tables::{
    AffiliateProfile, CommissionType, Membership, MembershipDuration, Role, Transaction, User,
    UserMembership, Wallet, WalletTransaction,
};
use crate::support::library::{DatabaseUse, JsonText, Millis, Money, Rate};
use crate::support::{
    AppDatabase, Compared, Engine, Exports, app_transaction, assert_same, count, dump, fixture, found,
    imported, on_each_engine, texts,
};

/// When the app wrote its rows.
const AT: Millis = Millis(1_700_000_000_000);

/// The people of the app, as the clean exports have them under other spellings.
const BUYER: &str = "PAREYAT.Kelumo0@Toko.Example.org";
const NAMELESS: &str = "Kelemo3@example.com";
const SELLER: &str = "Rekan.Tamimo0@Example.NET";

fn transaction(id: &str, external_id: Option<&str>, invoice_number: Option<&str>) -> Transaction {
    Transaction {
        metadata: Some(JsonText("{\"own\":true}".to_owned())),
        paid_at: Some(AT),
        ..app_transaction(id, "buyer", external_id, invoice_number)
    }
}

fn membership() -> Membership {
    Membership {
        id: "lifetime".to_owned(),
        name: "Seumur Hidup".to_owned(),
        slug: Some("keanggotaan-seumur-hidup".to_owned()),
        description: String::new(),
        duration: MembershipDuration::Lifetime,
        price: Money::rupiah(3_000_000),
        commission_type: CommissionType::Flat,
        affiliate_commission_rate: Rate::from_hundredths(0),
        features: JsonText("[\"own\"]".to_owned()),
        is_active: true,
        created_at: AT,
        updated_at: AT,
    }
}

/// The buyer has the membership already, by the app's own sale, and it was cancelled.
fn member() -> UserMembership {
    UserMembership {
        id: "member".to_owned(),
        user_id: "buyer".to_owned(),
        membership_id: "lifetime".to_owned(),
        start_date: AT,
        end_date: Millis(AT.0 + 86_400_000),
        is_active: false,
        auto_renew: true,
        status: "CANCELLED".to_owned(),
        activated_at: None,
        price: Some(Money::rupiah(5)),
        transaction_id: Some("own".to_owned()),
        external_id: None,
        created_at: AT,
        updated_at: AT,
    }
}

/// Somebody who sells under a code that Sejoli gave to another one.
fn profile(code: &str) -> AffiliateProfile {
    AffiliateProfile {
        id: "profile".to_owned(),
        user_id: "other".to_owned(),
        affiliate_code: code.to_owned(),
        short_link: "lain".to_owned(),
        tier: 3,
        commission_rate: Rate::from_hundredths(1_000),
        total_clicks: 12,
        total_conversions: 4,
        total_sales: Money::rupiah(400_000),
        total_earnings: Money::rupiah(40_000),
        is_active: true,
        application_status: "APPROVED".to_owned(),
        whatsapp: None,
        approved_at: Some(AT),
        external_id: None,
        created_at: AT,
        updated_at: AT,
        profile_completed: Default::default(),
        profile_completed_at: Default::default(),
        bank_name: Default::default(),
        bank_account_name: Default::default(),
        bank_account_number: Default::default(),
    }
}

/// What the seller has earned in the app already.
fn wallet() -> (Wallet, WalletTransaction) {
    let wallet = Wallet {
        id: "wallet".to_owned(),
        user_id: "seller".to_owned(),
        balance: Money::from_minor(25_000_050),
        balance_pending: Money::rupiah(7),
        total_earnings: Money::from_minor(30_000_050),
        total_payout: Money::rupiah(50_000),
        created_at: AT,
        updated_at: AT,
    };
    let entry = WalletTransaction {
        id: "entry".to_owned(),
        wallet_id: "wallet".to_owned(),
        amount: Money::from_minor(25_000_050),
        kind: "COMMISSION".to_owned(),
        description: "The app's own".to_owned(),
        reference: None,
        created_at: AT,
    };
    (wallet, entry)
}

/// The app in use, before the migration.
fn app_in_use(engine: Engine) -> AppDatabase {
    let db = AppDatabase::new(engine);
    let mut store = db.store(DatabaseUse::Write);
    let mut insert =
        |users: Vec<User>| users.into_iter().for_each(|user| store.insert(user).expect("a user"));
    let other_phone = Some("+6281100000001".to_owned());
    insert(vec![
        User { phone: other_phone, ..app_user("buyer", BUYER, "Nama Asli", Role::Admin) },
        app_user("nameless", NAMELESS, "", Role::MemberFree),
        app_user("seller", SELLER, "Penjual", Role::Mentor),
        app_user("other", "lain@example.org", "Lain", Role::Affiliate),
    ]);
    for own in [
        transaction("own", Some("xendit-1"), Some("INV-1")),
        transaction("upper", Some("SEJOLI-10002"), None),
        transaction("bare", Some("10003"), None),
        transaction("invoice", Some("xendit-2"), Some("10005")),
    ] {
        store.insert(own).expect("a transaction");
    }
    let (wallet, entry) = wallet();
    store.insert(profile("gere002")).expect("a profile");
    store.insert(membership()).expect("a membership");
    store.insert(member()).expect("a member");
    store.insert(wallet).expect("a wallet");
    store.insert(entry).expect("an entry");
    drop(store);
    db
}

/// The app's own rows in the columns that an import has no business with.
fn own_rows(db: &AppDatabase) -> Vec<String> {
    let ids = "\"id\" IN ('buyer','nameless','seller','other','own','upper','bare','invoice','profile','lifetime','member','entry')";
    [
        ("User", "", "\"email\" || \"role\" || \"password\" || \"emailVerified\" || \"createdAt\" || ifnull(\"importSource\", '-')"),
        ("Transaction", "", "\"userId\" || \"amount\" || \"status\" || \"metadata\" || \"updatedAt\" || ifnull(\"externalId\", '-') || ifnull(\"invoiceNumber\", '-')"),
        ("AffiliateProfile", "seller", "\"affiliateCode\" || \"shortLink\" || \"tier\" || \"totalEarnings\" || \"totalConversions\" || \"updatedAt\""),
        ("Membership", "", "\"name\" || \"price\" || \"features\" || \"updatedAt\""),
        ("UserMembership", "", "\"status\" || \"price\" || \"isActive\" || \"endDate\" || \"autoRenew\" || \"transactionId\""),
        ("WalletTransaction", "", "\"amount\" || \"description\" || \"createdAt\""),
    ]
    .iter()
    .flat_map(|(table, but, cells)| texts(db, &format!("SELECT \"id\" || ' ' || {cells} FROM \"{table}\" WHERE {ids} AND \"id\" <> '{but}' ORDER BY \"id\"")))
    .collect()
}

fn l9_what_the_app_has_is_recognised_filled_where_empty_and_never_overwritten(engine: Engine) {
    let db = app_in_use(engine);
    let before = own_rows(&db);
    assert_eq!(before.len(), 12);
    let document = imported(&db, "all", &fixture("clean"), &[], ROWS_LEFT);
    assert_eq!(own_rows(&db), before, "the app's own rows");
    let one = |sql: &str| texts(&db, sql);
    assert_eq!(found(&document, "SJM-0703"), 2, "orders that the app has: {document}");
    assert_eq!(found(&document, "SJM-0707"), 1, "a number that the app has for another order: {document}");
    assert_eq!(found(&document, "SJM-0604"), 1, "the code that is taken");
    assert_eq!(found(&document, "SJM-0508"), 1, "the membership that is there");
    // The buyer keeps name and phone; who had neither gets them.
    assert_eq!(
        one("SELECT \"name\" || ' ' || \"phone\" FROM \"User\" WHERE \"id\" = 'buyer'"),
        ["Nama Asli +6281100000001"]
    );
    assert_eq!(
        count(&db, "User", "\"id\" = 'nameless' AND \"name\" = 'Kelemo Gerogo' AND \"phone\" LIKE '+62%'"),
        1
    );
    assert_eq!(
        count(&db, "User", "lower(\"email\") IN ('pareyat.kelumo0@toko.example.org', 'kelemo3@example.com')"),
        2
    );
    assert_eq!(count(&db, "Transaction", "\"externalId\" = 'sejoli-10001' AND \"userId\" = 'buyer'"), 1);
    assert_eq!(one("SELECT \"externalId\" FROM \"UserMembership\" WHERE \"id\" = 'member'"), ["M0000001"]);
    assert_eq!(
        one("SELECT \"affiliateCode\" FROM \"AffiliateProfile\" WHERE \"externalId\" = 'GERE002'"),
        ["SJ-GERE002"]
    );
    // The wallet holds both: what was there, and what Sejoli still owes.
    let sejoli = db.number(
        "SELECT CAST(round((\"settledBalance\") * 100) AS INTEGER) FROM \"SejoliAffiliateTotals\" WHERE \"affiliateCode\" = 'TAMI001'",
    );
    let balance =
        db.number("SELECT CAST(round(\"balance\" * 100) AS INTEGER) FROM \"Wallet\" WHERE \"id\" = 'wallet'");
    assert_eq!(balance, 25_000_050 + sejoli);
    assert_eq!(count(&db, "Wallet", "\"id\" = 'wallet' AND \"balancePending\" = 7"), 1);
    assert_eq!(count(&db, "UserRole", "\"userId\" = 'seller' AND \"role\" = 'AFFILIATE'"), 1);
}

fn an_import_into_a_live_app_is_verified_repeated_and_taken_back(engine: Engine) {
    let db = app_in_use(engine);
    let before = dump(&db, Compared::Rows);
    imported(&db, "all", &fixture("clean"), &[], ROWS_LEFT);
    let verified = db.run(&["verify", &fixture("clean").display().to_string()]);
    assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
    let once = dump(&db, Compared::Rows);
    imported(&db, "all", &fixture("clean"), &[], ROWS_LEFT);
    assert_same(&once, &dump(&db, Compared::Rows), "the second time");
    // The second import wrote nothing, and is closed with the first.
    let back = db.run(&["rollback", "--last", "--yes"]);
    assert_eq!(back.code, DONE, "{back:?}");
    assert_same(&before, &dump(&db, Compared::Rows), "taken back");
}

/// Cell by cell, in the form that SQLite has; also where the exports are messy.
#[test]
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn a_live_app_ends_the_same_on_every_engine() {
    let engines = [
        #[cfg(feature = "postgres")]
        Engine::Postgres,
        #[cfg(feature = "mysql")]
        Engine::Mysql,
    ];
    for name in ["clean", "messy"] {
        let embedded = app_in_use(Engine::Sqlite);
        imported(&embedded, "all", &fixture(name), &[], ROWS_LEFT);
        for engine in engines {
            let server = app_in_use(engine);
            imported(&server, "all", &fixture(name), &[], ROWS_LEFT);
            let (left, right) = (dump(&embedded, Compared::Content), dump(&server, Compared::Content));
            assert!(left["Transaction"].len() > 100);
            assert_same(&left, &right, &format!("{name} on {engine:?}"));
            let verified = server.run(&["verify", &fixture(name).display().to_string()]);
            assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
        }
    }
}

/// An older app keeps its money as Float: whole rupiah and sen are exact in a double, far beyond any shop.
fn money_in_doubles_stays_exact_to_the_sen(engine: Engine) {
    let columns = [
        ("Wallet", "balance"),
        ("Wallet", "totalEarnings"),
        ("Wallet", "totalPayout"),
        ("WalletTransaction", "amount"),
        ("Transaction", "amount"),
        ("AffiliateConversion", "commissionAmount"),
        ("AffiliateProfile", "totalEarnings"),
        ("UserMembership", "price"),
    ];
    let (exports, _) = Exports::generated(120);
    let mut orders = exports.sheet("orders.csv");
    for row in 0..orders.len() {
        let amount = orders.get(row, "amount").to_owned();
        if amount.bytes().all(|letter| letter.is_ascii_digit()) {
            orders.set(row, "amount", &format!("{amount}.{:02}", row % 100));
        }
        orders.set(row, "paid_amount", "");
    }
    orders.write(&exports.path().join("orders.csv"));
    let exact = AppDatabase::new(engine);
    imported(&exact, "all", exports.path(), &[], DONE);
    let db = AppDatabase::bare(engine);
    let sql = match engine {
        Engine::Sqlite => {
            include_str!("../../migrations/sqlite/20251201000000_app/up.sql").replace(" DECIMAL", " REAL")
        }
        #[cfg(feature = "postgres")]
        Engine::Postgres => include_str!("../../migrations/postgres/20251201000000_app/up.sql").to_owned(),
        #[cfg(feature = "mysql")]
        Engine::Mysql => include_str!("../../migrations/mysql/20251201000000_app/up.sql").to_owned(),
    };
    db.store(DatabaseUse::Create).run_script(&sql).expect("the app's tables");
    for (table, column) in columns {
        #[cfg(not(any(feature = "postgres", feature = "mysql")))]
        let _ = (table, column);
        match engine {
            Engine::Sqlite => {}
            #[cfg(feature = "postgres")]
            Engine::Postgres => {
                db.sql(&format!("ALTER TABLE \"{table}\" ALTER COLUMN \"{column}\" TYPE double precision"))
            }
            #[cfg(feature = "mysql")]
            Engine::Mysql => db.sql(&format!("ALTER TABLE \"{table}\" MODIFY \"{column}\" DOUBLE")),
        }
    }
    assert_eq!(db.run(&["schema", "apply"]).code, DONE);
    imported(&db, "all", exports.path(), &[], DONE);
    // SQLite keeps another kind of number in such a column; its rows are left to `verify`.
    if engine != Engine::Sqlite {
        assert_same(&dump(&exact, Compared::Content), &dump(&db, Compared::Content), "in doubles");
    }
    let verified = db.run(&["verify", &exports.path().display().to_string()]);
    assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
}

/// The live database lacks what a schema promises: uniques, foreign keys, whole tables. `schema check`
/// says so, and the import keeps its own rows unique and joined all the same.
fn a_database_without_uniques_and_further_tables_is_imported_and_verified(engine: Engine) {
    let db = AppDatabase::new(engine);
    for index in ["Transaction_externalId_key", "Transaction_invoiceNumber_key"] {
        db.sql(&match engine {
            #[cfg(feature = "mysql")]
            Engine::Mysql => format!("DROP INDEX \"{index}\" ON \"Transaction\""),
            _ => format!("DROP INDEX \"{index}\""),
        });
    }
    db.sql("DROP TABLE \"UserProduct\"");
    db.sql("DROP TABLE \"UserRole\"");
    let checked = db.run(&["schema", "check"]);
    assert_eq!(checked.code, DONE, "{checked:?}");
    for meaning in
        ["not unique here", "further roles are not written", "who owns which product is not written"]
    {
        assert!(checked.prose().contains(meaning), "{meaning}: {}", checked.stdout);
    }
    imported(&db, "all", &fixture("clean"), &[], DONE);
    let verified = db.run(&["verify", &fixture("clean").display().to_string()]);
    assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
    let once = dump(&db, Compared::Rows);
    imported(&db, "all", &fixture("clean"), &[], DONE);
    assert_same(&once, &dump(&db, Compared::Rows), "the second time");
}

on_each_engine!(
    a_database_without_uniques_and_further_tables_is_imported_and_verified,
    l9_what_the_app_has_is_recognised_filled_where_empty_and_never_overwritten,
    an_import_into_a_live_app_is_verified_repeated_and_taken_back,
    money_in_doubles_stays_exact_to_the_sen,
);
