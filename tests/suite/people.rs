//! `people list`: accounts that may be one person are named, with the reasons, and nothing is written.

use crate::support::exit_code::DONE;
use crate::support::{
    AppDatabase, Compared, Edits, Engine, Exports, SOLD, assert_same, dump, imported, json, on_each_engine,
};

/// An affiliate who has bought under another address, with the same number.
const BUYER: Edits<'_> = &[("buyer_email", "rina.dua@example.org"), ("buyer_phone", "0812 3456 7890")];
const AFFILIATE: Edits<'_> = &[("affiliate_phone", "+6281234567890")];
/// Somebody who has mistyped the address the second time.
const FIRST: Edits<'_> = &[("order_id", "5002"), ("buyer_email", "budi@gmail.com"), ("buyer_name", "Budi")];
const MISTYPED: Edits<'_> =
    &[("order_id", "5003"), ("buyer_email", "budi@gmial.com"), ("buyer_name", "Budi")];

fn pairs_are_named_with_reasons_and_nothing_is_written(engine: Engine) {
    let exports = Exports::new().affiliates(&[&[AFFILIATE]]).orders(&[&[SOLD, BUYER], &[FIRST], &[MISTYPED]]);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    let before = dump(&db, Compared::Rows);
    let pairs = |more: &[&str]| -> Vec<String> {
        let outcome = db.run(&[&["people", "list", "--format", "json", "--show-pii"], more].concat());
        assert_eq!(outcome.code, DONE, "{outcome:?}");
        let document = json(&outcome);
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let pair = |pair: &serde_json::Value| {
            let mut emails = [text(&pair["accounts"][0]["email"]), text(&pair["accounts"][1]["email"])];
            emails.sort();
            format!("{} {}", emails.join(" "), text(&pair["reasons"][0]))
        };
        document["pairs"].as_array().expect("pairs").iter().map(pair).collect()
    };
    let affiliate = "mitra@example.org rina.dua@example.org same-phone";
    assert_eq!(
        pairs(&[]),
        [affiliate, "budi@gmail.com budi@gmial.com mistyped-domain"],
        "the most money first"
    );
    assert_eq!(pairs(&["--affiliates"]), [affiliate]);
    assert_eq!(pairs(&["GMIAL"]).len(), 1);
    let masked = db.run(&["people", "list"]);
    assert!(!masked.stdout.contains("budi@") && masked.stdout.contains("2 pairs"), "{}", masked.stdout);
    assert_same(&before, &dump(&db, Compared::Rows), "it only reads");
}

on_each_engine!(pairs_are_named_with_reasons_and_nothing_is_written,);
