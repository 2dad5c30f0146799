//! What cannot be used is refused by exit code 6, with the reason and the command that exports it rightly, and writes
//! nothing.

use std::fs;

use super::{extract, extracted};
use crate::support::wordpress::forms::Dump;
use crate::support::wordpress::{Shop, small_shop};
use crate::support::workspace;

#[track_caller]
fn assert_refused(input: impl AsRef<[u8]>, more: &[&str], words: &[&str]) {
    let folder = workspace();
    let (outcome, out) = extracted(folder.path(), input, more);
    assert_eq!(outcome.code, 6, "{outcome:?}");
    for word in words {
        assert!(outcome.stderr.contains(word), "{word}: {outcome:?}");
    }
    assert!(!out.exists(), "nothing is written");
}

fn dump(shop: &Shop) -> String {
    shop.dump(Dump::default())
}

#[test]
fn a_dump_without_its_last_line() {
    let whole = dump(&small_shop());
    let cut = whole.split("-- Dump completed").next().expect("its beginning");
    assert_refused(cut, &[], &["torn", "-- Dump completed", "mysqldump"]);
    let whole = small_shop().dump(Dump { phpmyadmin: true, ..Dump::default() });
    let cut = whole.split("COMMIT").next().expect("its beginning");
    assert_refused(cut, &[], &["COMMIT", "mysqldump"]);
}

#[test]
fn the_database_of_another_application() {
    let mut shop = small_shop();
    shop.tables.retain(|table| !table.name.starts_with("sejolisa"));
    assert_refused(dump(&shop), &[], &["sejolisa_orders", "not the database of a Sejoli shop", "mysqldump"]);
    assert_refused("<!doctype html><p>Not found</p>", &[], &["no dump", "mysqldump"]);
    assert_refused("order_id,order_date\n1,2024-01-01\n", &[], &["no dump"]);
    assert_refused("", &[], &["no dump"]);
    assert_refused("{\"valid\":true,\"orders\":[]}", &[], &["REST", "mysqldump"]);
}

#[test]
fn a_table_that_is_missing() {
    for missing in ["users", "usermeta", "options", "sejolisa_subscriptions"] {
        let mut shop = small_shop();
        shop.tables.retain(|table| table.name != missing);
        assert_refused(dump(&shop), &[], &[&format!("wp_{missing} is missing"), "mysqldump"]);
    }
}

#[test]
fn a_column_that_is_missing() {
    let mut shop = small_shop();
    let table = shop.table("sejolisa_orders");
    let at = table.column("meta_data");
    table.columns.remove(at);
    table.rows.iter_mut().for_each(|row| drop(row.remove(at)));
    assert_refused(dump(&shop), &[], &["wp_sejolisa_orders", "meta_data"]);
}

#[test]
fn a_structure_without_its_data() {
    let mut shop = small_shop();
    shop.tables.iter_mut().for_each(|table| table.rows.clear());
    assert_refused(dump(&shop), &[], &["without the data"]);
}

#[test]
fn a_shop_without_orders_has_empty_files() {
    let mut shop = small_shop();
    for name in ["sejolisa_orders", "sejolisa_affiliates", "sejolisa_subscriptions", "sejolisa_coupons"] {
        shop.table(name).rows.clear();
    }
    let folder = workspace();
    let (outcome, out) = extracted(folder.path(), dump(&shop), &[]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(fs::read_to_string(out.join("orders.csv")).expect("a file").lines().count(), 1);
}

#[test]
fn several_shops_are_listed_and_one_is_chosen() {
    let mut second = small_shop();
    second.prefix = "toko_".to_owned();
    second.option("siteurl", "https://kedua.example");
    second.table("sejolisa_orders").rows.truncate(3);
    let both = dump(&small_shop()) + &dump(&second);
    assert_refused(
        &both,
        &[],
        &["--prefix", "wp_ (15 orders, https://toko.example)", "toko_ (3 orders, https://kedua.example)"],
    );
    assert_refused(&both, &["--prefix", "wp_9_"], &["wp_9_", "toko_"]);
    let folder = workspace();
    let (outcome, out) = extracted(folder.path(), &both, &["--prefix", "toko_"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(super::rows(&out, "orders.csv").len(), 3);
}

#[test]
fn another_currency_and_another_clock() {
    let mut shop = small_shop();
    shop.option("_sejoli_currency_type", "MYR");
    assert_refused(dump(&shop), &[], &["MYR", "IDR"]);
    assert_refused(
        dump(&small_shop()),
        &["--source-tz", "Asia/Makassar"],
        &["Asia/Jakarta", "Asia/Makassar"],
    );
    let mut shop = small_shop();
    shop.option("timezone_string", "Europe/Amsterdam");
    assert_refused(dump(&shop), &[], &["Europe/Amsterdam", "--source-tz"]);
}

#[test]
fn a_clock_elsewhere_is_said_with_the_option_that_the_import_needs() {
    let mut shop = small_shop();
    shop.option("timezone_string", "");
    shop.option("gmt_offset", "8");
    let folder = workspace();
    let (outcome, _) = extracted(folder.path(), dump(&shop), &[]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(outcome.stdout.contains("--source-tz Asia/Makassar"), "{outcome:?}");
}

#[test]
fn a_dump_in_another_character_set() {
    let latin1 = dump(&small_shop()).replace("SET NAMES utf8mb4", "SET NAMES latin1");
    assert_refused(latin1, &[], &["latin1", "utf8mb4"]);
}

#[test]
fn the_same_dump_twice() {
    let twice = dump(&small_shop()).repeat(2);
    assert_refused(twice, &[], &["stands twice"]);
}

#[test]
fn rows_that_their_columns_do_not_fit() {
    let shorter = dump(&small_shop()).replace("(1,'0000-00-00 00:00:00',0,0,'HEMAT25')", "(1,0,0,'HEMAT25')");
    assert_refused(shorter, &[], &["wp_sejolisa_coupons", "4 values"]);
    let none = dump(&small_shop()).replace("899413.00", "'viel'");
    assert_refused(none, &[], &["wp_sejolisa_orders", "grand_total"]);
}

#[test]
fn tables_whose_line_breaks_were_not_escaped_or_that_have_no_header() {
    let folder = workspace();
    let (tables, out) = (folder.path().join("tables"), folder.path().join("out"));
    fs::create_dir(&tables).expect("a folder");
    let run = || extract(&tables.display().to_string(), &out, &[]);
    small_shop().write_tsv(&tables);
    let path = tables.join("wp_sejolisa_orders.tsv");
    let text = fs::read_to_string(&path).expect("a table");
    fs::write(&path, text.replace("\\n", "\n")).expect("a table");
    let raw = run();
    assert_eq!(raw.code, 6, "{raw:?}");
    assert!(raw.stderr.contains("--raw") && raw.stderr.contains("mysql --batch"), "{raw:?}");
    fs::write(&path, &text[..text.len() - 1]).expect("a table");
    let cut = run();
    assert!(cut.code == 6 && cut.stderr.contains("torn"), "{cut:?}");
    fs::write(&path, text.split_once('\n').expect("a header").1).expect("a table");
    let headless = run();
    assert!(headless.code == 6 && headless.stderr.contains("has no column"), "{headless:?}");
    fs::remove_dir_all(&tables).and_then(|()| fs::create_dir(&tables)).expect("an empty folder");
    assert_eq!(run().code, 6, "no table at all");
    small_shop().write_csv(&tables, false);
    let headless = run();
    assert!(headless.code == 6 && headless.stderr.contains("Put columns names"), "{headless:?}");
    assert!(!out.exists());
}

#[test]
fn one_table_alone() {
    let folder = workspace();
    small_shop().write_tsv(folder.path());
    let path = folder.path().join("wp_sejolisa_orders.tsv").display().to_string();
    let outcome = extract(&path, &folder.path().join("out"), &[]);
    assert!(outcome.code == 6 && outcome.stderr.contains("give the folder"), "{outcome:?}");
}
