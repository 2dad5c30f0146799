//! What the files say of a shop, rule by rule. The whole files are compared in `forms`.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::{FILES, extracted, rows};
use crate::support::wordpress::forms::Dump;
use crate::support::wordpress::{Shop, Value, small_shop};
use crate::support::{json, workspace};

struct Made {
    _folder: tempfile::TempDir,
    out: PathBuf,
}

#[track_caller]
fn made(shop: &Shop, more: &[&str]) -> Made {
    let folder = workspace();
    let (outcome, out) = extracted(folder.path(), shop.dump(Dump::default()), more);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    Made { _folder: folder, out }
}

impl Made {
    /// The cells of a column by the file's key.
    fn column(&self, file: &str, key: &str, column: &str) -> BTreeMap<String, String> {
        rows(&self.out, file).into_iter().map(|row| (row[key].clone(), row[column].clone())).collect()
    }

    fn order(&self, column: &str) -> BTreeMap<String, String> {
        self.column("orders.csv", "order_id", column)
    }

    /// The rows that are listed for a reason, by number.
    fn listed(&self, reason: &str) -> BTreeSet<String> {
        let rows = rows(&self.out, "left-out.csv").into_iter();
        rows.filter(|row| row["reason"] == reason).map(|row| row["id"].clone()).collect()
    }
}

fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn the_paid_date_comes_from_the_log_and_else_from_the_last_change() {
    let paid = made(&small_shop(), &[]).order("paid_date");
    assert_eq!(paid["1"], "2024-02-01 09:00:00", "the log's last move leads here: the order's own time");
    assert_eq!(paid["2"], "2024-02-01 09:00:00", "no log");
    assert_eq!(paid["5"], "2024-02-01 09:00:05", "refunded later");
    assert_eq!(paid["7"], "", "set back by a form");
    assert_eq!(paid["13"], "2024-02-05 10:00:00", "paid on delivery");
    assert_eq!(paid["14"], "2024-01-31 20:00:00", "a total of nothing is completed at once");
}

#[test]
fn commission_of_a_paid_order_is_written_where_it_was_added() {
    let made = made(&small_shop(), &[]);
    let amounts = made.order("affiliate_commission_amount");
    assert_eq!(
        [&amounts["1"], &amounts["4"], &amounts["10"], &amounts["12"]],
        ["269700", "269700", "", "15012.36"]
    );
    assert_eq!(made.order("affiliate_commission_status")["10"], "pending");
    let tiers = made.column("commissions.csv", "id", "tier");
    assert_eq!(tiers["2"], "2", "an upline's money has its place");
    assert_eq!(made.listed("commission_pending"), set(&["6"]));
    assert_eq!(made.listed("commission_missing"), set(&["9"]));
    assert_eq!(made.listed("paid_but_not_added"), set(&["4"]));
}

#[test]
fn what_is_doubtful_is_listed_and_comes_along() {
    let made = made(&small_shop(), &[]);
    for (reason, ids) in [
        ("buyer_deleted", &["6"][..]),
        ("product_deleted", &["6"]),
        ("unknown_status", &["8"]),
        ("set_back", &["7"]),
        ("damaged_meta", &["10"]),
        ("subscription_missing", &["9"]),
        ("ended_by_hand", &["4"]),
        ("order_missing", &["6"]),
    ] {
        assert_eq!(made.listed(reason), set(ids), "{reason}");
    }
    assert!(made.order("payment_status").contains_key("6"));
    assert_eq!(made.order("payment_status")["8"], "menunggu-review");
}

#[test]
fn what_does_not_come_along_is_listed_and_the_books_balance() {
    let made = made(&small_shop(), &[]);
    assert_eq!(made.listed("soft_deleted"), set(&["7", "11"]));
    assert_eq!(made.listed("subscription_pending"), set(&["2"]));
    assert_eq!(made.listed("subscription_inactive"), set(&["5"]));
    assert_eq!(made.listed("affiliate_deleted"), set(&["98"]));
    let listed = rows(&made.out, "left-out.csv").into_iter().filter(|row| row["came_along"] == "no");
    let mut left_out: BTreeMap<String, u64> = BTreeMap::new();
    for row in listed {
        *left_out.entry(row["table"].clone()).or_default() += 1;
    }
    let totals = std::fs::read_to_string(made.out.join("totals.json")).expect("the totals");
    let totals: serde_json::Value = serde_json::from_str(&totals).expect("a document");
    for (books, table, file) in [
        ("orders", "sejolisa_orders", Some("orders.csv")),
        ("commission_rows", "sejolisa_affiliates", Some("commissions.csv")),
        ("subscriptions", "sejolisa_subscriptions", None),
    ] {
        let of = |what: &str| totals[books][what].as_u64().expect("a number");
        assert_eq!(of("read"), of("written") + of("left_out"), "{books}");
        assert_eq!(of("left_out"), left_out[table], "{books}");
        if let Some(file) = file {
            assert_eq!(of("written"), rows(&made.out, file).len() as u64, "{books}");
        }
    }
}

#[test]
fn rows_that_are_marked_as_deleted_come_along_when_that_is_asked_for() {
    let made = made(&small_shop(), &["--include-deleted"]);
    assert!(made.order("payment_status").contains_key("11"));
    assert_eq!(made.listed("included_deleted"), set(&["7", "11"]));
    assert_eq!(made.listed("soft_deleted"), set(&[]));
}

#[test]
fn the_tiles_are_those_of_the_dashboard() {
    let folder = workspace();
    let dump = small_shop().dump(Dump::default());
    let (outcome, _) = extracted(folder.path(), dump, &["--format", "json"]);
    let tiles = &json(&outcome)["totals"]["dashboard_tiles"];
    assert_eq!(tiles["lead"], 15, "with the row that is marked as deleted");
    assert_eq!(tiles["sales"], 10);
    assert_eq!(tiles["commission"], "931552.86");
}

#[test]
fn affiliates_are_those_that_rows_name_and_have_the_money_of_all_tiers() {
    let made = made(&small_shop(), &[]);
    let column = |name: &str| made.column("affiliates.csv", "affiliate_code", name);
    assert_eq!(column("affiliate_name").into_keys().collect::<BTreeSet<_>>(), set(&["10", "11", "22"]));
    assert_eq!(column("affiliate_name")["10"], "Mitra & Rekan");
    assert_eq!(column("affiliate_email")["10"], "mitra.sepuluh@example.net");
    assert_eq!(
        (column("total_commissions")["10"].as_str(), column("total_paid")["10"].as_str()),
        ("859100", "269700")
    );
    assert_eq!(column("total_commissions")["11"], "53940.5", "the second tier");
    assert_eq!(column("paid_but_cancelled")["10"], "269700");
    assert_eq!(column("upline_code")["10"], "11");
    assert_eq!(column("join_date")["10"], "2021-01-02", "by the site's clock");
    assert_eq!(column("affiliate_phone")["10"], "+6281200000010", "the first row of a key");
    assert!(column("bank_info")["10"].starts_with("BCA 0034403738\n"));
}

#[test]
fn memberships_are_what_gives_access_or_gave_it() {
    let made = made(&small_shop(), &[]);
    let column = |name: &str| made.column("memberships.csv", "membership_id", name);
    assert_eq!(column("status").into_keys().collect::<BTreeSet<_>>(), set(&["1", "3", "4", "6", "O2"]));
    let status = column("status");
    assert_eq!(
        (status["1"].as_str(), status["3"].as_str()),
        ("expired", "active"),
        "past its end, whatever it says"
    );
    assert_eq!(
        column("expiry_date")["4"],
        "2024-03-01 10:00:00",
        "ended by hand: else an import would revive it"
    );
    assert_eq!(column("expiry_date")["O2"], "");
    assert_eq!(column("price")["O2"], "1998000");
}

#[test]
fn a_subscription_without_an_end_is_no_lifetime() {
    let mut shop = small_shop();
    shop.set("sejolisa_subscriptions", 3, "end_date", "0000-00-00 00:00:00");
    let made = made(&shop, &[]);
    assert_eq!(made.listed("subscription_without_end"), set(&["3"]));
    assert!(!made.column("memberships.csv", "membership_id", "status").contains_key("3"));
}

#[test]
fn an_amount_is_doubted_where_the_columns_type_may_have_lost_a_part() {
    let mut shop = small_shop();
    let at = shop.table("sejolisa_orders").column("grand_total");
    shop.table("sejolisa_orders").columns[at].1 = "float(12,2) NOT NULL";
    shop.set("sejolisa_orders", 8, "grand_total", Value::Number("16777216.00".into()));
    assert!(made(&shop, &[]).listed("inexact_column").contains("8"));
    let listed = made(&shop, &[]).listed("inexact_column");
    assert!(!listed.contains("3"), "35,000 is exact in any FLOAT: {listed:?}");
}

#[test]
fn files_are_for_their_owner_alone() {
    let made = made(&small_shop(), &[]);
    let mode = |path: &Path| std::fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    for name in FILES {
        assert_eq!(mode(&made.out.join(name)), 0o600, "{name}");
    }
    assert_eq!(mode(&made.out), 0o700);
    let left = std::fs::read_dir(&made.out).expect("a folder").count();
    assert_eq!(left, FILES.len(), "nothing else is left there");
}

#[test]
fn another_extraction_overwrites_its_own_files_and_none_that_was_edited() {
    let folder = workspace();
    let dump = small_shop().dump(Dump::default());
    let run = |more: &[&str]| extracted(folder.path(), &dump, more).0;
    assert_eq!(run(&[]).code, 0);
    assert_eq!(run(&[]).code, 0, "as it was left");
    let out = folder.path().join("out");
    std::fs::write(out.join("products.csv"), "filled in").expect("a file");
    assert_eq!(run(&[]).code, 0);
    assert_eq!(std::fs::read_to_string(out.join("products.csv")).expect("a file"), "filled in");
    std::fs::write(out.join("orders.csv"), "corrected").expect("a file");
    let refused = run(&[]);
    assert_eq!(refused.code, 5, "{refused:?}");
    assert!(refused.stderr.contains("orders.csv") && refused.stderr.contains("--replace"), "{refused:?}");
    assert_eq!(std::fs::read_to_string(out.join("orders.csv")).expect("a file"), "corrected");
    assert_eq!(run(&["--replace"]).code, 0);
    assert_eq!(std::fs::read_to_string(out.join("products.csv")).expect("a file"), "filled in");
}
