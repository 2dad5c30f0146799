//! A file that was meant to be an export and cannot be used stops every command that reads the folder.

use std::fs;
use std::path::Path;

use super::{ALL, clean};
use crate::support::exit_code::{DONE, INPUT, USAGE};
use crate::support::{AppDatabase, Engine, Outcome, count, imported, tool};

/// The three commands on a folder.
fn each(db: &AppDatabase, folder: &Path, more: &[&str]) -> [Outcome; 3] {
    let (path, out) = (folder.display().to_string(), db.path("out").display().to_string());
    let validate = [&["validate", &path, "--out", &out, "--create-memberships"], more].concat();
    let verify = [&["verify", &path], more].concat();
    [db.run(&validate), db.import("all", folder, more), db.run(&verify)]
}

#[test]
fn l38_a_file_that_was_meant_to_be_an_export_is_not_passed_over() {
    let db = AppDatabase::new(Engine::Sqlite);
    imported(&db, "all", clean(&ALL).path(), &[], DONE);
    let without_column = b"order_id,order_date,product_id,buyer_mail,amount,payment_status\n".to_vec();
    let cut = b"PK\x03\x04\x14\x00\x06\x00\x08\x00and then nothing more".to_vec();
    let zeros = vec![0; 4_096];
    let broken: [(&str, Vec<u8>, &str); 5] = [
        ("more-orders.csv", without_column, "buyer_email"),
        ("pesanan.xlsx", cut, "pesanan.xlsx"),
        ("data.xls", zeros, "data.xls"),
        ("orders-2024.csv", Vec::new(), "orders-2024.csv"),
        ("orders-2023.csv", b"5001,2023-01-01,101,1\n".to_vec(), "orders-2023.csv"),
    ];
    for (name, content, named) in broken {
        let exports = clean(&ALL);
        fs::write(exports.path().join(name), content).expect("a file");
        let before = count(&db, "SejoliImportRun", "1");
        for outcome in each(&db, exports.path(), &[]) {
            assert_eq!(outcome.code, INPUT, "{name}: {outcome:?}");
            let said = [name, named, "--skip"].iter().all(|word| outcome.stderr.contains(word));
            assert!(said, "{name}: {}", outcome.stderr);
        }
        assert_eq!(count(&db, "SejoliImportRun", "1"), before, "{name}: no run is made");
        for outcome in each(&db, exports.path(), &["--skip", name]) {
            assert_eq!(outcome.code, DONE, "{name}: {outcome:?}");
        }
        let path = exports.path().join(name).display().to_string();
        assert_eq!(each(&db, exports.path(), &["--skip", &path])[0].code, DONE, "{name}");
    }
}

#[test]
fn l38_what_is_clearly_none_is_passed_over_as_before() {
    let exports = clean(&ALL);
    for (name, content) in [
        ("notes.txt", "call Budi about the refund\n"),
        ("README", "what is here\n"),
        ("empty.txt", ""),
        ("stock.csv", "sku,stock,colour\n1,2,red\n"),
        ("~$orders.xlsx", "\u{0}\u{5}Rina"),
        (
            "subscriptions.csv",
            "INV,product,created_at,name,email,phone,expired_date,expired_day,renewal_link\n",
        ),
    ] {
        fs::write(exports.path().join(name), content).expect("a file");
    }
    fs::create_dir(exports.path().join("out")).expect("a folder");
    fs::write(exports.path().join("out/orders.csv"), "order_id,").expect("a file");
    let db = AppDatabase::new(Engine::Sqlite);
    for outcome in each(&db, exports.path(), &[]) {
        assert_eq!(outcome.code, DONE, "{outcome:?}");
    }
}

#[test]
fn l38_a_skipped_file_must_be_there() {
    let db = AppDatabase::new(Engine::Sqlite);
    for outcome in each(&db, clean(&ALL).path(), &["--skip", "order.csv"]) {
        assert_eq!(outcome.code, INPUT, "{outcome:?}");
        assert!(outcome.stderr.contains("order.csv"), "{}", outcome.stderr);
    }
}

#[test]
fn l38_threads_are_bounded() {
    let path = clean(&ALL);
    let outcome = tool(&["validate", &path.path().display().to_string(), "--threads", "9999999"]);
    assert_eq!(outcome.code, USAGE, "{outcome:?}");
    assert!(outcome.stderr.contains("256"), "{}", outcome.stderr);
}
