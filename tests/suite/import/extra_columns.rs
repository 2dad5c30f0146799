//! Columns beyond the checklist's, which `extract` writes: what an order has besides goes into its transaction's metadata, an
//! affiliate's bank details into the profile where they can be read and nobody has filled them in. A database that was
//! imported before is brought up to date once.

use super::paid_commissions::{repeated, rolled_back, verified};
use crate::support::exit_code::DONE;
use crate::support::{AppDatabase, Edits, Engine, Exports, imported, on_each_engine, rows, texts};

const DETAILS: Edits<'static> = &[
    ("quantity", "2"),
    ("coupon", "HEMAT \"50\""),
    ("unique_code", "17"),
    ("wallet_used", ""),
    ("payment_gateway", "moota"),
];

fn metadata(db: &AppDatabase) -> serde_json::Value {
    let found = texts(db, "SELECT \"metadata\" FROM \"Transaction\" WHERE \"externalId\" = 'sejoli-5001'");
    serde_json::from_str(&found[0]).expect("JSON")
}

fn what_an_order_has_besides_stands_in_its_metadata(engine: Engine) {
    let plain = Exports::new().orders(&[&[]]);
    let detailed = Exports::new().orders(&[&[DETAILS]]);
    let db = AppDatabase::new(engine);
    imported(&db, "all", plain.path(), &[], DONE);
    assert!(metadata(&db).get("quantity").is_none());
    repeated(&db, &plain);
    let document = imported(&db, "all", detailed.path(), &[], DONE);
    assert_eq!(rows(&document, "orders", "updated"), 1);
    let found = metadata(&db);
    assert_eq!(
        ["quantity", "couponCode", "uniqueCode", "paymentGateway"].map(|key| found[key].as_str()),
        [Some("2"), Some("HEMAT \"50\""), Some("17"), Some("moota")]
    );
    assert!(found.get("walletUsed").is_none(), "nothing is written of an empty cell");
    verified(&db, &detailed);
    repeated(&db, &detailed);
    rolled_back(&db, &[]);
    assert!(metadata(&db).get("quantity").is_none());
    verified(&db, &plain);
}

const BANK: &str = "BCA 0034403738\na.n. Mitra Contoh";

fn affiliates(bank: &str) -> Exports {
    Exports::new().affiliates(&[&[&[("bank_info", bank)]]]).orders(&[&[crate::support::SOLD]])
}

/// Bank, holder and number of the only profile; empty texts where there is nothing.
fn bank(db: &AppDatabase) -> Vec<String> {
    let columns = ["bankName", "bankAccountName", "bankAccountNumber"];
    let column = |column| {
        texts(
            db,
            &format!(
                "SELECT COALESCE(\"{column}\", '') FROM \"AffiliateProfile\" WHERE \"externalId\" = 'MITRA01'"
            ),
        )
    };
    columns.into_iter().flat_map(column).collect()
}

fn bank_details_that_can_be_read_fill_a_profile_once(engine: Engine) {
    let (without, with) = (affiliates(""), affiliates(BANK));
    let db = AppDatabase::with_access(engine);
    imported(&db, "all", without.path(), &[], DONE);
    assert_eq!(bank(&db), ["", "", ""]);
    imported(&db, "all", with.path(), &[], DONE);
    assert_eq!(bank(&db), ["BCA", "Mitra Contoh", "0034403738"]);
    verified(&db, &with);
    repeated(&db, &with);
    // The source's news follow, as long as nobody has changed them in the app.
    let newer = affiliates("BNI 12345678");
    imported(&db, "all", newer.path(), &[], DONE);
    assert_eq!(bank(&db), ["BNI", "", "12345678"]);
    rolled_back(&db, &[]);
    assert_eq!(bank(&db), ["BCA", "Mitra Contoh", "0034403738"]);
    rolled_back(&db, &[]);
    assert_eq!(bank(&db), ["", "", ""]);
    verified(&db, &without);
}

fn l9_bank_details_of_the_app_are_kept_and_l29_none_is_shown(engine: Engine) {
    let db = AppDatabase::with_access(engine);
    let first = affiliates("");
    imported(&db, "all", first.path(), &[], DONE);
    db.sql("UPDATE \"AffiliateProfile\" SET \"bankName\" = 'BRI', \"bankAccountNumber\" = '999' WHERE \"externalId\" = 'MITRA01'");
    let with = affiliates(BANK);
    let document = imported(&db, "all", with.path(), &[], DONE).to_string();
    assert_eq!(bank(&db), ["BRI", "", "999"]);
    assert!(document.contains("SJM-0616") && !document.contains("0034403738"), "{document}");
    let unclear = affiliates("tanya saya 0812 3456 7890");
    let document = imported(&db, "all", unclear.path(), &[], DONE).to_string();
    assert_eq!(bank(&db), ["BRI", "", "999"]);
    assert!(document.contains("SJM-0615") && !document.contains("7890"), "{document}");
    repeated(&db, &unclear);
}

fn a_new_profile_has_the_bank_details_that_can_be_read(engine: Engine) {
    let with = affiliates(BANK);
    let db = AppDatabase::with_access(engine);
    imported(&db, "all", with.path(), &[], DONE);
    assert_eq!(bank(&db), ["BCA", "Mitra Contoh", "0034403738"]);
    verified(&db, &with);
    repeated(&db, &with);
}

on_each_engine!(
    what_an_order_has_besides_stands_in_its_metadata,
    bank_details_that_can_be_read_fill_a_profile_once,
    l9_bank_details_of_the_app_are_kept_and_l29_none_is_shown,
    a_new_profile_has_the_bank_details_that_can_be_read,
);
