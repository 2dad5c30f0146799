//! `people merge | keep-apart | undo`: what one account has becomes the other's, is verified, kept by later imports, and taken
//! back exactly; what cannot move as a whole is refused.

use crate::support::app_plans::{insert_doors, insert_plan, link, open_doors};
use crate::support::exit_code::{DONE, REFUSED, USAGE};
use crate::support::library::DatabaseUse;
use crate::support::{
    AppDatabase, Compared, Edits, Engine, Exports, Outcome, SOLD, app_transaction, assert_same, assert_sound,
    count, dump, found, imported, insert_app_user, json, on_each_engine, rows, sum_minor, texts, verified,
};

const PERINTIS: &str = "keanggotaan-perintis";
const SAUDAGAR: &str = "keanggotaan-saudagar";

const RIGHT: &str = "rina@gmail.com";
const WRONG: &str = "rina@gmial.com";

/// Rina has bought a book, and a year's membership, under her address.
const BOOK: Edits<'_> =
    &[("buyer_email", RIGHT), ("buyer_name", "Rina Contoh"), ("buyer_phone", "0812 3456 7890")];
/// Under a mistyped address she has bought the same book before, and a membership; one order is not paid yet.
const BOOK_BEFORE: Edits<'_> = &[
    ("order_id", "5002"),
    ("buyer_email", WRONG),
    ("buyer_phone", "+62 812-3456-7890"),
    ("order_date", "2024-01-06 10:00:00"),
    ("paid_date", "2024-01-07 08:00:00"),
];
const UNPAID: Edits<'_> = &[
    ("order_id", "5003"),
    ("buyer_email", WRONG),
    ("product_id", "202"),
    ("payment_status", "PENDING"),
    ("paid_amount", ""),
    ("paid_date", ""),
];
const OF_RENEWAL: Edits<'_> = &[
    ("order_id", "5004"),
    ("buyer_email", WRONG),
    ("product_id", "102"),
    ("order_date", "2025-11-30 10:00:00"),
    ("paid_date", "2025-11-30 11:00:00"),
];
const YEAR: Edits<'_> = &[("user_email", RIGHT)];
const RENEWED: Edits<'_> = &[
    ("membership_id", "M2"),
    ("user_email", WRONG),
    ("start_date", "2025-12-01"),
    ("expiry_date", "2026-12-01"),
    ("order_id", "5004"),
];
const HALF_YEAR: Edits<'_> = &[
    ("membership_id", "M3"),
    ("user_email", WRONG),
    ("product_id", "101"),
    ("start_date", "2025-10-01"),
    ("expiry_date", "2026-04-01"),
];

/// The exports of a buyer with two addresses.
fn exports(orders: &[&[Edits<'_>]]) -> Exports {
    let exports = Exports::new().orders(orders).memberships(&[&[YEAR], &[RENEWED], &[HALF_YEAR]]);
    let mut products = exports.sheet("products.csv");
    let book = products.find(|cell| cell("product_id") == "201");
    products.set(book, "product", "buku-all");
    products.write(&exports.path().join("products.csv"));
    exports
}

fn shop(engine: Engine) -> AppDatabase {
    let db = AppDatabase::with_access(engine);
    insert_doors(&db);
    [PERINTIS, SAUDAGAR].into_iter().for_each(|plan| insert_plan(&db, plan));
    for (plan, door) in [(PERINTIS, "g-all"), (SAUDAGAR, "g-saudagar"), (SAUDAGAR, "c-saudagar")] {
        link(&db, plan, door);
    }
    db
}

/// A shop with a buyer of two addresses, imported.
fn bought_twice(engine: Engine) -> (AppDatabase, Exports) {
    let (db, exports) = (shop(engine), exports(&[&[BOOK], &[BOOK_BEFORE], &[UNPAID], &[OF_RENEWAL]]));
    imported(&db, "all", exports.path(), &[], DONE);
    verified(&db, &exports);
    (db, exports)
}

fn people(db: &AppDatabase, args: &[&str]) -> Outcome {
    db.run(&[&["people"], args].concat())
}

#[track_caller]
fn decided(db: &AppDatabase, args: &[&str]) -> serde_json::Value {
    let outcome = people(db, &[args, &["--by", "Rina", "--format", "json"]].concat());
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    json(&outcome)
}

#[track_caller]
fn merged(db: &AppDatabase, kept: &str, other: &str) -> serde_json::Value {
    decided(db, &["merge", kept, other, "--why", "phoned her"])
}

#[track_caller]
fn refused(db: &AppDatabase, args: &[&str], code: i32, why: &[&str]) {
    let before = dump(db, Compared::Rows);
    let outcome = people(db, &[args, &["--by", "Rina"]].concat());
    assert_eq!(outcome.code, code, "{}{}", outcome.stdout, outcome.stderr);
    for why in why {
        assert!(outcome.stderr.contains(why), "{why}: {}", outcome.stderr);
    }
    assert_same(&before, &dump(db, Compared::Rows), "a refusal keeps nothing");
}

/// A later import of the same files has nothing to do.
#[track_caller]
fn repeated(db: &AppDatabase, exports: &Exports) {
    let stands = dump(db, Compared::Rows);
    let written = count(db, "SejoliImportJournal", "\"changes\" > 0");
    imported(db, "all", exports.path(), &[], DONE);
    let now = count(db, "SejoliImportJournal", "\"changes\" > 0");
    assert_eq!(now, written, "the next import writes nothing");
    assert_same(&stands, &dump(db, Compared::Rows), "the next import changes nothing");
}

#[track_caller]
fn rolled_back(db: &AppDatabase) {
    let undone = db.run(&["rollback", "--last", "--yes"]);
    assert_eq!(undone.code, DONE, "{}{}", undone.stdout, undone.stderr);
}

/// Whose every order is, by number.
fn buyers(db: &AppDatabase) -> Vec<String> {
    texts(
        db,
        "SELECT t.\"externalId\" || ' ' || u.\"email\" FROM \"Transaction\" t JOIN \"User\" u ON u.\"id\" = t.\"userId\" \
         ORDER BY t.\"externalId\"",
    )
}

/// Address, plan, status and day of the end of every membership.
fn memberships(db: &AppDatabase) -> Vec<String> {
    texts(
        db,
        "SELECT u.\"email\" || ' ' || c.\"slug\" || ' ' || m.\"status\" || ' ' || \
         strftime('%Y-%m', m.\"endDate\" / 1000, 'unixepoch') FROM \"UserMembership\" m \
         JOIN \"User\" u ON u.\"id\" = m.\"userId\" JOIN \"Membership\" c ON c.\"id\" = m.\"membershipId\" \
         ORDER BY u.\"email\", c.\"slug\"",
    )
}

fn user_id(db: &AppDatabase, email: &str) -> String {
    texts(db, &format!("SELECT \"id\" FROM \"User\" WHERE \"email\" = '{email}'")).remove(0)
}

fn l37_a_merge_moves_what_the_other_account_has_and_is_taken_back(engine: Engine) {
    let (db, exports) = bought_twice(engine);
    let before = dump(&db, Compared::Rows);
    decided(&db, &["merge", RIGHT, WRONG, "--why", "a slip", "--dry-run"]);
    assert_same(&before, &dump(&db, Compared::Rows), "a dry run keeps nothing");

    let paid = sum_minor(&db, "Transaction", "amount", "\"status\" = 'SUCCESS'");
    merged(&db, RIGHT, WRONG);
    let all = ["sejoli-5001", "sejoli-5002", "sejoli-5003", "sejoli-5004"];
    assert_eq!(buyers(&db), all.map(|order| format!("{order} {RIGHT}")));
    assert_eq!(sum_minor(&db, "Transaction", "amount", "\"status\" = 'SUCCESS'"), paid, "to the sen");
    assert_eq!(
        memberships(&db),
        [format!("{RIGHT} {PERINTIS} EXPIRED 2026-04"), format!("{RIGHT} {SAUDAGAR} ACTIVE 2026-12"),],
        "L34: one is active; what both had of one plan is one"
    );
    let open = ["b-all", "c-saudagar", "g-all", "g-saudagar"];
    assert_eq!(open_doors(&db), open.map(|door| format!("{RIGHT} {door}")));
    let kept = user_id(&db, RIGHT);
    let first = format!(
        "\"userId\" = '{kept}' AND \"transactionId\" IN (SELECT \"id\" FROM \"Transaction\" WHERE \"externalId\" = 'sejoli-5002')"
    );
    assert_eq!(count(&db, "UserProduct", &first), 1, "the earliest order has bought it");
    assert_eq!(count(&db, "User", &format!("\"email\" = '{WRONG}' AND NOT \"isActive\"")), 1);
    assert_eq!(count(&db, "User", &format!("\"email\" = '{WRONG}' AND \"role\" = 'MEMBER_FREE'")), 1);
    assert_eq!(count(&db, "SejoliIdentity", &format!("\"userId\" <> '{kept}'")), 0);
    verified(&db, &exports);
    repeated(&db, &exports);
    verified(&db, &exports);
    rolled_back(&db);
    assert_same(&before, &dump(&db, Compared::Rows), "taken back cell by cell");
    repeated(&db, &exports);
}

fn newer_exports_follow_a_merge_and_are_taken_back_before_it(engine: Engine) {
    let (db, old) = bought_twice(engine);
    let before = dump(&db, Compared::Rows);
    merged(&db, RIGHT, WRONG);
    let after_merge = dump(&db, Compared::Rows);
    const PAID: Edits<'_> = &[
        ("order_id", "5003"),
        ("buyer_email", WRONG),
        ("product_id", "202"),
        ("paid_date", "2024-06-07 08:00:00"),
    ];
    const NEW: Edits<'_> = &[("order_id", "5005"), ("buyer_email", WRONG)];
    const NEW_TOO: Edits<'_> = &[("order_id", "5006"), ("buyer_email", RIGHT)];
    const BY_NUMBER: Edits<'_> =
        &[("order_id", "5007"), ("buyer_email", ""), ("buyer_phone", "081234567890")];
    let newer = exports(&[&[BOOK], &[BOOK_BEFORE], &[PAID], &[OF_RENEWAL], &[NEW], &[NEW_TOO], &[BY_NUMBER]]);
    let document = imported(&db, "all", newer.path(), &[], DONE);
    assert_eq!(found(&document, "SJM-0104"), 0, "one number, and one person");
    assert_eq!((rows(&document, "orders", "created"), rows(&document, "orders", "updated")), (3, 1));
    assert!(buyers(&db).iter().all(|order| order.ends_with(RIGHT)), "{:?}", buyers(&db));
    verified(&db, &newer);
    repeated(&db, &newer);
    refused(&db, &["undo", RIGHT, WRONG], REFUSED, &["rollback"]);
    rolled_back(&db);
    assert_same(&after_merge, &dump(&db, Compared::Rows), "the later import is taken back");
    verified(&db, &old);
    decided(&db, &["undo", WRONG, RIGHT]);
    assert_same(&before, &dump(&db, Compared::Rows), "taken back cell by cell, whoever is named first");
}

/// An affiliate, who has bought under another address, and whose orders others have placed.
fn affiliate_who_buys(engine: Engine) -> (AppDatabase, Exports) {
    const AFFILIATE: Edits<'_> =
        &[("affiliate_phone", "+6281234567890"), ("total_paid", "30000"), ("total_commissions", "60000")];
    const OWN: Edits<'_> = &[("order_id", "5002"), ("buyer_email", RIGHT), ("buyer_phone", "0812 3456 7890")];
    const SECOND: Edits<'_> = &[("order_id", "5003"), ("paid_date", "2024-06-07 08:00:00")];
    let exports = Exports::new().affiliates(&[&[AFFILIATE]]).orders(&[&[SOLD], &[OWN], &[SOLD, SECOND]]);
    let db = AppDatabase::with_access(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    verified(&db, &exports);
    (db, exports)
}

fn a_merge_on_which_the_app_has_built_since_is_not_taken_back(engine: Engine) {
    let (db, exports) = bought_twice(engine);
    merged(&db, RIGHT, WRONG);
    db.sql("UPDATE \"UserMembership\" SET \"autoRenew\" = true");
    let before = dump(&db, Compared::Rows);
    let undone = db.run(&["rollback", "--last", "--yes"]);
    assert_eq!(undone.code, REFUSED, "{}{}", undone.stdout, undone.stderr);
    assert!(undone.stdout.contains("UserMembership"), "the rows in the way are named: {}", undone.stdout);
    refused(&db, &["undo", RIGHT, WRONG], REFUSED, &["only taken back as a whole"]);
    assert_same(&before, &dump(&db, Compared::Rows), "a refusal keeps nothing");
    imported(&db, "all", exports.path(), &[], DONE);
}

/// What all wallets hold, have earned and have paid, in rupiah.
fn wallets(db: &AppDatabase, filter: &str) -> [i64; 3] {
    ["balance", "totalEarnings", "totalPayout"].map(|column| sum_minor(db, "Wallet", column, filter) / 100)
}

fn an_affiliate_takes_over_what_was_bought_under_another_address(engine: Engine) {
    let (db, exports) = affiliate_who_buys(engine);
    let before = dump(&db, Compared::Rows);
    merged(&db, "mitra@example.org", RIGHT);
    assert!(buyers(&db).contains(&"sejoli-5002 mitra@example.org".to_owned()), "{:?}", buyers(&db));
    assert_eq!(wallets(&db, "1=1"), [30_000, 60_000, 30_000]);
    assert_sound(&db);
    verified(&db, &exports);
    repeated(&db, &exports);
    rolled_back(&db);
    assert_same(&before, &dump(&db, Compared::Rows), "taken back cell by cell");
}

fn the_codes_wallet_and_links_of_an_affiliate_become_the_kept_account_s(engine: Engine) {
    let (db, exports) = affiliate_who_buys(engine);
    let before = dump(&db, Compared::Rows);
    let document = merged(&db, RIGHT, "mitra@example.org");
    assert_eq!(document["decisions"][0]["codes"], serde_json::json!(["MITRA01"]), "{document}");
    let kept = user_id(&db, RIGHT);
    let own = format!("\"userId\" = '{kept}'");
    assert_eq!(wallets(&db, &own), [30_000, 60_000, 30_000], "money is conserved to the sen");
    assert_eq!(wallets(&db, &format!("NOT {own}")), [0, 0, 0]);
    assert_eq!(count(&db, "AffiliateLink", &format!("\"code\" = 'MITRA01' AND {own}")), 1);
    assert_eq!(count(&db, "AffiliateLink", &format!("NOT {own}")), 0);
    let of_kept = format!("\"affiliateId\" IN (SELECT \"id\" FROM \"AffiliateProfile\" WHERE {own})");
    assert_eq!(count(&db, "AffiliateConversion", &of_kept), 2);
    assert_eq!(count(&db, "User", &format!("\"id\" = '{kept}' AND \"role\" = 'AFFILIATE'")), 1);
    let by = "\"verifiedBy\" = 'Rina' AND \"notes\" = 'phoned her'";
    assert_eq!(count(&db, "SejoliAffiliateMapping", by), 1);
    assert_sound(&db);
    verified(&db, &exports);
    repeated(&db, &exports);
    verified(&db, &exports);
    rolled_back(&db);
    assert_same(&before, &dump(&db, Compared::Rows), "taken back cell by cell");
}

fn two_affiliates_become_one_with_the_money_of_both(engine: Engine) {
    const SECOND: Edits<'_> = &[
        ("affiliate_code", "MITRA02"),
        ("affiliate_name", "Mitra Kedua"),
        ("affiliate_email", "kedua@example.org"),
    ];
    const OF_SECOND: Edits<'_> = &[
        ("order_id", "5002"),
        ("affiliate_code", "MITRA02"),
        ("affiliate_email", "kedua@example.org"),
        ("affiliate_name", "Mitra Kedua"),
    ];
    let exports = Exports::new().affiliates(&[&[], &[SECOND]]).orders(&[&[SOLD], &[SOLD, OF_SECOND]]);
    let db = AppDatabase::with_access(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let before = dump(&db, Compared::Rows);
    merged(&db, "mitra@example.org", "kedua@example.org");
    let kept = user_id(&db, "mitra@example.org");
    assert_eq!(wallets(&db, &format!("\"userId\" = '{kept}'")), [60_000, 60_000, 0]);
    assert_eq!(wallets(&db, "1=1"), [60_000, 60_000, 0]);
    assert_sound(&db);
    verified(&db, &exports);
    repeated(&db, &exports);
    rolled_back(&db);
    assert_same(&before, &dump(&db, Compared::Rows), "taken back cell by cell");
}

fn money_of_the_app_s_own_is_not_moved_and_the_merge_is_refused(engine: Engine) {
    let (db, exports) = affiliate_who_buys(engine);
    db.sql(
        "UPDATE \"Wallet\" SET \"balance\" = \"balance\" - 10000, \"totalPayout\" = \"totalPayout\" + 10000",
    );
    let merge = ["merge", RIGHT, "mitra@example.org", "--why", "one person"];
    refused(&db, &merge, REFUSED, &["sums of the app's own", "The other way round it can be done"]);
    merged(&db, "mitra@example.org", RIGHT);
    assert_eq!(wallets(&db, "1=1"), [20_000, 60_000, 40_000], "the wallet stays as it is");
    repeated(&db, &exports);
}

fn what_the_app_has_sold_and_opened_moves_and_duplicates_stay(engine: Engine) {
    let (db, exports) = bought_twice(engine);
    let (kept, other) = (user_id(&db, RIGHT), user_id(&db, WRONG));
    let order = app_transaction("t-app", &other, Some("xendit-1"), None);
    db.store(DatabaseUse::Write).insert(order).expect("an order of the app");
    // How far somebody has come in a course that a plan has opened stays with that row.
    db.sql(&format!("UPDATE \"CourseEnrollment\" SET \"progress\" = 40 WHERE \"userId\" = '{other}'"));
    let of_app = |id: &str, user: &str| {
        format!(
            "INSERT INTO \"GroupMember\" (\"id\", \"groupId\", \"userId\", \"role\", \"joinedAt\") \
             SELECT '{id}', 'g-all', '{user}', 'MODERATOR', \"createdAt\" FROM \"User\" WHERE \"id\" = 'u-team'"
        )
    };
    db.sql(&of_app("gm-kept", &kept));
    db.sql(&format!("UPDATE \"GroupMember\" SET \"role\" = 'MODERATOR' WHERE \"userId\" = '{other}' AND \"groupId\" = 'g-all'"));
    let before = dump(&db, Compared::Rows);
    let document = merged(&db, RIGHT, WRONG);
    assert_eq!(document["decisions"][0]["left"]["GroupMember"], 1, "{document}");
    assert_eq!(
        document["decisions"][0]["left"]["CourseEnrollment"], 1,
        "the kept account is in it: {document}"
    );
    assert!(buyers(&db).contains(&format!("xendit-1 {RIGHT}")), "{:?}", buyers(&db));
    assert_eq!(count(&db, "GroupMember", &format!("\"id\" = 'gm-kept' AND \"userId\" = '{kept}'")), 1);
    repeated(&db, &exports);
    rolled_back(&db);
    assert_same(&before, &dump(&db, Compared::Rows), "taken back cell by cell");
}

fn doubtful_memberships_and_accounts_are_refused_before_anything_is_written(engine: Engine) {
    let (db, _) = bought_twice(engine);
    let (kept, other) = (user_id(&db, RIGHT), user_id(&db, WRONG));
    let merge = ["merge", RIGHT, WRONG, "--why", "a slip"];
    refused(&db, &["merge", RIGHT, "nobody@example.org", "--why", "x"], USAGE, &["nobody in the app"]);
    refused(&db, &["merge", RIGHT, RIGHT, "--why", "x"], USAGE, &["the same account"]);
    refused(&db, &["undo", RIGHT, WRONG, "--dry-run"], DONE, &[]);
    let set = |sql: &str| db.sql(sql);
    set(&format!("UPDATE \"User\" SET \"isSuspended\" = true WHERE \"id\" = '{kept}'"));
    refused(&db, &merge, REFUSED, &["the kept account is closed or suspended"]);
    set(&format!("UPDATE \"User\" SET \"isSuspended\" = false WHERE \"id\" = '{kept}'"));
    set(&format!("UPDATE \"User\" SET \"role\" = 'ADMIN' WHERE \"id\" = '{other}'"));
    refused(&db, &merge, REFUSED, &["that of an admin"]);
    set(&format!("UPDATE \"User\" SET \"role\" = 'MEMBER_PREMIUM' WHERE \"id\" = '{other}'"));
    set(&format!("UPDATE \"UserMembership\" SET \"autoRenew\" = true WHERE \"userId\" = '{other}'"));
    refused(&db, &merge, REFUSED, &["a membership cannot move: it was edited in the app"]);
    set(&format!("UPDATE \"UserMembership\" SET \"autoRenew\" = false WHERE \"userId\" = '{other}'"));
    set(&format!("UPDATE \"UserMembership\" SET \"autoRenew\" = true WHERE \"userId\" = '{kept}'"));
    refused(&db, &merge, REFUSED, &["that of the kept account was edited in the app"]);
    set(&format!("UPDATE \"UserMembership\" SET \"autoRenew\" = false WHERE \"userId\" = '{kept}'"));
    merged(&db, RIGHT, WRONG);
}

fn a_person_has_one_membership_of_the_app_s_own_that_runs(engine: Engine) {
    let (db, _) = bought_twice(engine);
    let sold = |id: &str, user: &str, plan: &str| {
        format!(
            "INSERT INTO \"UserMembership\" (\"id\", \"userId\", \"membershipId\", \"startDate\", \"endDate\", \
             \"isActive\", \"autoRenew\", \"status\", \"createdAt\", \"updatedAt\") SELECT '{id}', '{user}', '{plan}', \
             \"createdAt\", \"createdAt\", true, false, 'ACTIVE', \"createdAt\", \"updatedAt\" FROM \"User\" \
             WHERE \"id\" = 'u-team'"
        )
    };
    insert_plan(&db, "klub");
    insert_plan(&db, "lain");
    db.sql(&sold("m-one", &user_id(&db, RIGHT), "p-klub"));
    db.sql(&sold("m-two", &user_id(&db, WRONG), "p-lain"));
    let merge = ["merge", RIGHT, WRONG, "--why", "a slip"];
    refused(&db, &merge, REFUSED, &["of each account one of the app's own runs"]);
    db.sql(
        "UPDATE \"UserMembership\" SET \"isActive\" = false, \"status\" = 'EXPIRED' WHERE \"id\" = 'm-one'",
    );
    merged(&db, RIGHT, WRONG);
    let kept = user_id(&db, RIGHT);
    assert_eq!(count(&db, "UserMembership", &format!("\"id\" = 'm-two' AND \"userId\" = '{kept}'")), 1);
}

fn before_the_first_import_nobody_is_merged(engine: Engine) {
    let db = AppDatabase::new(engine);
    insert_app_user(&db, "u-one", RIGHT, "Rina", "MEMBER_FREE");
    insert_app_user(&db, "u-two", WRONG, "Rina", "MEMBER_FREE");
    refused(&db, &["merge", RIGHT, WRONG, "--why", "a slip"], REFUSED, &["import the shop's files first"]);
}

/// The app's nightly job has ended it since the import: that is no edit, and it stays over.
fn a_membership_that_is_over_since_the_import_moves_as_such(engine: Engine) {
    const ENDS: Edits<'_> =
        &[("user_email", WRONG), ("start_date", "2023-06-01"), ("expiry_date", "2024-06-01")];
    const EARLIER: Edits<'_> = &[("order_date", "2023-05-06 10:00:00"), ("paid_date", "2023-05-07 08:00:00")];
    let db = shop(engine);
    let exports = Exports::new().orders(&[&[BOOK, EARLIER]]).memberships(&[&[ENDS]]);
    let files = exports.path().display().to_string();
    let import = |as_of: &str| {
        let out = db.path("out").display().to_string();
        let outcome = db.run(&["import", "all", &files, "--out", &out, "--as-of", as_of]);
        assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    };
    import("2024-01-01T00:00:00+07:00");
    assert_eq!(memberships(&db), [format!("{WRONG} {SAUDAGAR} ACTIVE 2024-06")]);
    db.sql("UPDATE \"UserMembership\" SET \"status\" = 'EXPIRED', \"isActive\" = false");
    let before = dump(&db, Compared::Rows);
    merged(&db, RIGHT, WRONG);
    assert_eq!(memberships(&db), [format!("{RIGHT} {SAUDAGAR} EXPIRED 2024-06")]);
    let roles = texts(&db, "SELECT \"role\" FROM \"User\" WHERE \"id\" <> 'u-team'");
    assert_eq!(roles, ["MEMBER_FREE", "MEMBER_FREE"], "the role goes with the membership");
    rolled_back(&db);
    assert_same(&before, &dump(&db, Compared::Rows), "taken back cell by cell");
    merged(&db, RIGHT, WRONG);
    import("2024-07-01T00:00:00+07:00");
    assert_eq!(memberships(&db), [format!("{RIGHT} {SAUDAGAR} EXPIRED 2024-06")]);
}

fn a_membership_that_the_app_has_deleted_stays_so(engine: Engine) {
    let (db, exports) = bought_twice(engine);
    let other = user_id(&db, WRONG);
    let of_plan = |slug: &str| {
        format!(
            "\"userId\" = '{other}' AND \"membershipId\" IN (SELECT \"id\" FROM \"Membership\" WHERE \"slug\" = '{slug}')"
        )
    };
    db.sql(&format!("DELETE FROM \"UserMembership\" WHERE {}", of_plan(PERINTIS)));
    let before = dump(&db, Compared::Rows);
    merged(&db, RIGHT, WRONG);
    assert_eq!(memberships(&db), [format!("{RIGHT} {SAUDAGAR} ACTIVE 2026-12")]);
    imported(&db, "all", exports.path(), &[], DONE);
    assert_eq!(memberships(&db), [format!("{RIGHT} {SAUDAGAR} ACTIVE 2026-12")], "it is not written again");
    let written = count(&db, "SejoliImportJournal", "\"changes\" > 0");
    repeated(&db, &exports);
    assert_eq!(count(&db, "SejoliImportJournal", "\"changes\" > 0"), written);
    rolled_back(&db);
    assert_same(&before, &dump(&db, Compared::Rows), "taken back cell by cell");
}

fn two_people_are_kept_apart_for_good_until_that_is_taken_back(engine: Engine) {
    let (db, exports) = bought_twice(engine);
    let before = dump(&db, Compared::Rows);
    let listed = |more: &[&str]| {
        let outcome = people(&db, &[&["list", "--format", "json"], more].concat());
        assert_eq!(outcome.code, DONE, "{outcome:?}");
        json(&outcome)["pairs"].as_array().expect("pairs").clone()
    };
    assert_eq!((listed(&[]).len(), listed(&["--decided"]).len()), (1, 0));
    decided(&db, &["keep-apart", WRONG, RIGHT, "--why", "two sisters"]);
    assert_eq!(listed(&[]).len(), 0);
    let kept = listed(&["--decided"]);
    assert_eq!(
        (&kept[0]["decision"]["by"], &kept[0]["decision"]["why"], &kept[0]["decision"]["verdict"]),
        (&"Rina".into(), &"two sisters".into(), &"kept-apart".into())
    );
    assert!(kept[0]["decision"]["at"].as_str().is_some_and(|at| at.starts_with("20")));
    let again = decided(&db, &["keep-apart", RIGHT, WRONG, "--why", "again"]);
    assert_eq!(again["decisions"][0]["changed"], false, "{again}");
    refused(&db, &["merge", RIGHT, WRONG, "--why", "x"], REFUSED, &["decided of these two otherwise"]);
    repeated(&db, &exports);
    verified(&db, &exports);
    // A newer run stands: it is forgotten by a run of its own.
    const NEW: Edits<'_> = &[("order_id", "5005"), ("buyer_email", WRONG)];
    let newer = self::exports(&[&[BOOK], &[BOOK_BEFORE], &[UNPAID], &[OF_RENEWAL], &[NEW]]);
    imported(&db, "all", newer.path(), &[], DONE);
    decided(&db, &["undo", RIGHT, WRONG]);
    assert_eq!((listed(&[]).len(), listed(&["--decided"]).len()), (1, 0));
    rolled_back(&db);
    assert_eq!(listed(&["--decided"]).len(), 1, "the undoing is taken back, too");
    rolled_back(&db);
    rolled_back(&db);
    assert_same(&before, &dump(&db, Compared::Rows), "taken back cell by cell");
}

fn both_accounts_are_shown_side_by_side(engine: Engine) {
    let (db, _) = bought_twice(engine);
    let show = |more: &[&str]| {
        let outcome = people(&db, &[&["show", RIGHT, WRONG], more].concat());
        assert_eq!(outcome.code, DONE, "{outcome:?}");
        outcome
    };
    let masked = show(&[]).stdout;
    assert!(!masked.contains(RIGHT) && masked.contains("r***@gmail.com"), "{masked}");
    assert!(masked.contains("3, 2 paid, Rp 200,000"), "{masked}");
    assert!(masked.contains("one letter in the e-mail's domain"), "{masked}");
    assert!(masked.contains("people merge"), "{masked}");
    assert!(masked.lines().all(|line| line.chars().count() <= 80), "{masked}");
    let document = json(&show(&["--format", "json", "--show-pii"]));
    assert_eq!(document["accounts"][1]["email"], WRONG);
    assert_eq!(document["accounts"][1]["memberships"].as_array().map(Vec::len), Some(2));
    assert_eq!(document["in_the_way"]["of_merging_the_second"], serde_json::json!([]));
    merged(&db, RIGHT, WRONG);
    let after = show(&[]).stdout;
    assert!(after.contains("merged into the first by Rina") && after.contains("phoned her"), "{after}");
    let unlike = people(&db, &["show", RIGHT, "tim@example.org"]);
    assert!(unlike.stdout.contains("do not look like one person"), "{}", unlike.stdout);
}

fn a_native_account_takes_an_imported_one_in(engine: Engine) {
    let db = shop(engine);
    insert_app_user(&db, "u-app", "rina.app@example.org", "Rina", "MEMBER_FREE");
    let exports = exports(&[&[BOOK], &[BOOK_BEFORE], &[OF_RENEWAL]]);
    imported(&db, "all", exports.path(), &[], DONE);
    let before = dump(&db, Compared::Rows);
    merged(&db, "u-app", RIGHT);
    merged(&db, "u-app", WRONG);
    assert_eq!(count(&db, "Transaction", "\"userId\" <> 'u-app'"), 0);
    let raised = "\"id\" = 'u-app' AND \"role\" = 'MEMBER_PREMIUM' AND \"phone\" = '+6281234567890'";
    assert_eq!(count(&db, "User", raised), 1, "L9: role and number");
    verified(&db, &exports);
    repeated(&db, &exports);
    rolled_back(&db);
    rolled_back(&db);
    assert_same(&before, &dump(&db, Compared::Rows), "taken back cell by cell");
}

on_each_engine!(
    l37_a_merge_moves_what_the_other_account_has_and_is_taken_back,
    newer_exports_follow_a_merge_and_are_taken_back_before_it,
    a_merge_on_which_the_app_has_built_since_is_not_taken_back,
    an_affiliate_takes_over_what_was_bought_under_another_address,
    the_codes_wallet_and_links_of_an_affiliate_become_the_kept_account_s,
    two_affiliates_become_one_with_the_money_of_both,
    money_of_the_app_s_own_is_not_moved_and_the_merge_is_refused,
    what_the_app_has_sold_and_opened_moves_and_duplicates_stay,
    doubtful_memberships_and_accounts_are_refused_before_anything_is_written,
    a_person_has_one_membership_of_the_app_s_own_that_runs,
    before_the_first_import_nobody_is_merged,
    a_membership_that_is_over_since_the_import_moves_as_such,
    a_membership_that_the_app_has_deleted_stays_so,
    two_people_are_kept_apart_for_good_until_that_is_taken_back,
    both_accounts_are_shown_side_by_side,
    a_native_account_takes_an_imported_one_in,
);
