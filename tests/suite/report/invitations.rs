//! Whom to invite: everybody whom an import has brought and who has no password, each on the lists that reach them.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::exit_code::{DONE, USAGE};
use crate::support::{AppDatabase, Edits, Engine, Exports, SOLD, Sheet, imported, json, on_each_engine};

fn buyer<'a>(number: &'a str, email: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&[("order_id", number), ("buyer_email", email)], more].concat()
}

fn shop() -> Exports {
    let free = [("amount", "0"), ("paid_amount", "0")];
    let orders = [
        buyer("1", "rina@example.org", SOLD),
        buyer("2", "gratis@example.org", &free),
        buyer("3", "salah@gmial.com", &[("buyer_whatsapp", "081234567801")]),
        buyer("4", "tanpa@toko.local", &[("buyer_phone", "081234567802")]),
        buyer("5", "=cmd@example.org", &[]),
        buyer("6", "sudah@example.org", &[]),
    ];
    let orders: Vec<[Edits<'_>; 1]> = orders.iter().map(|edits| [edits.as_slice()]).collect();
    let orders: Vec<&[Edits<'_>]> = orders.iter().map(|edits| edits.as_slice()).collect();
    let member: Edits<'_> = &[("user_email", "rina@example.org"), ("expiry_date", "2099-06-01")];
    Exports::new().affiliates(&[&[]]).orders(&orders).memberships(&[&[member]])
}

fn by_first(file: &Path) -> BTreeMap<String, BTreeMap<String, String>> {
    let sheet = Sheet::read(file);
    let row = |at: usize| {
        let cells = sheet.columns.iter().map(|column| (column.clone(), sheet.get(at, column).to_owned()));
        (sheet.rows[at][0].clone(), cells.collect())
    };
    (0..sheet.len()).map(row).collect()
}

fn everybody_without_a_password_is_on_the_list_that_reaches_them(engine: Engine) {
    let (db, exports) = (AppDatabase::new(engine), shop());
    imported(&db, "all", exports.path(), &[], DONE);
    db.sql("UPDATE \"User\" SET \"password\" = 'hash' WHERE \"email\" = 'sudah@example.org'");
    let file = db.path("undangan.csv");
    let name = file.display().to_string();
    let site = ["report", "invitations", "--site", "https://app.example.org"];
    let outcome = db.run(&[&site[..], &["--out", &name, "--format", "json"]].concat());
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    let mail = by_first(&file);
    let cell = |email: &str, column: &str| mail[email][column].clone();
    assert_eq!(cell("rina@example.org", "segment"), "premium");
    assert_eq!(cell("rina@example.org", "plan"), "Keanggotaan Saudagar 12 Bulan");
    assert_eq!(cell("rina@example.org", "expires"), "lifetime");
    assert_eq!(cell("mitra@example.org", "segment"), "affiliate_owed");
    assert_eq!(cell("mitra@example.org", "balance"), "30000");
    assert_eq!(cell("gratis@example.org", "segment"), "only_free");
    assert_eq!(cell("salah@gmial.com", "segment"), "address_doubtful");
    assert_eq!(cell("salah@gmial.com", "suggested_email"), "salah@gmail.com");
    assert!(mail.values().all(|row| row["reset_page"] == "https://app.example.org/forgot-password"));
    assert!(mail.values().all(|row| row["language"] == "id"));
    assert!(!mail.contains_key("sudah@example.org"), "has a password");
    assert!(!mail.contains_key("tanpa@toko.local"), "no mail arrives there");
    assert!(mail.keys().all(|email| !email.starts_with('=')), "a spreadsheet would run it");
    let whatsapp = by_first(&db.path("undangan-whatsapp.csv"));
    let why: Vec<(&str, &str)> =
        whatsapp.values().map(|row| (row["email"].as_str(), row["why"].as_str())).collect();
    assert_eq!(why.len(), 2, "{why:?}");
    assert!(why.contains(&("salah@gmial.com", "mistyped")), "{why:?}");
    assert!(why.contains(&("tanpa@toko.local", "no mail can be delivered")), "{why:?}");
    let domains = by_first(&db.path("undangan-domains.csv"));
    assert_eq!(domains["gmial.com"]["likely_bounces_percent"], "100");
    assert_eq!(domains["example.org"]["likely_bounces_percent"], "0");
    for name in ["undangan.csv", "undangan-whatsapp.csv", "undangan-domains.csv"] {
        let mode = std::fs::metadata(db.path(name)).expect("a list").permissions().mode();
        assert_eq!(mode & 0o077, 0, "others may read {name}");
    }
    assert!(!outcome.stdout.contains("rina@"), "the screen names somebody: {}", outcome.stdout);
    assert_eq!(json(&outcome)["invitations"]["by_whatsapp"], 2, "{}", outcome.stdout);
    let workbook = db.run(&[&site[..], &["--out", &db.path("undangan.xlsx").display().to_string()]].concat());
    assert_eq!(workbook.code, DONE, "{}", workbook.stderr);
    let wrong = db.run(&[&site[..], &["--out", "undangan.txt"]].concat());
    assert_eq!(wrong.code, USAGE, "{}", wrong.stderr);
}

fn the_page_is_the_one_that_works_in_that_release(engine: Engine) {
    let (db, exports) = (AppDatabase::with_access(engine), shop());
    imported(&db, "all", exports.path(), &[], DONE);
    let out = db.path("list.csv").display().to_string();
    let site = ["report", "invitations", "--site", "https://app.example.org", "--out", &out];
    let outcome = db.run(&[&site[..], &["--lang", "en"]].concat());
    assert!(outcome.stdout.contains("https://app.example.org/auth/forgot-password"), "{}", outcome.stdout);
    assert!(by_first(&db.path("list.csv")).values().all(|row| row["language"] == "en"));
}

on_each_engine!(
    everybody_without_a_password_is_on_the_list_that_reaches_them,
    the_page_is_the_one_that_works_in_that_release,
);
