//! The same shop in any form gives the same bytes.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{AS_OF, expected, extract, extracted, files};
use crate::support::wordpress::forms::{Dump, gzip, zstandard};
use crate::support::wordpress::small_shop;
use crate::support::workspace;

#[track_caller]
fn assert_expected(input: impl AsRef<[u8]>) {
    let folder = workspace();
    let (outcome, out) = extracted(folder.path(), input, &[]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(files(&out), expected());
}

#[test]
fn a_dump_gives_the_files_whatever_has_written_it() {
    let shop = small_shop();
    assert_expected(shop.dump(Dump::default()));
    assert_expected(shop.dump(Dump { row_a_line: true, ..Dump::default() }));
    assert_expected(shop.dump(Dump { named_columns: true, ..Dump::default() }));
    assert_expected(shop.dump(Dump { phpmyadmin: true, named_columns: true, row_a_line: true }));
}

#[test]
fn a_packed_dump_gives_the_same_files() {
    let dump = small_shop().dump(Dump::default());
    assert_expected(gzip(dump.as_bytes()));
    assert_expected(zstandard(dump.as_bytes()));
}

#[test]
fn standard_input_gives_the_same_files() {
    let folder = workspace();
    let out = folder.path().join("out");
    let mut child = Command::new(env!("CARGO_BIN_EXE_sejoli-migrate"))
        .args(["extract", "-", "--as-of", AS_OF, "--out"])
        .arg(&out)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let dump = gzip(small_shop().dump(Dump::default()).as_bytes());
    child.stdin.take().expect("its input").write_all(&dump).expect("it reads");
    assert!(child.wait().expect("it ends").success());
    assert_eq!(files(&out), expected());
}

#[test]
fn the_order_of_rows_and_tables_does_not_matter() {
    let mut shop = small_shop();
    shop.tables.reverse();
    for name in ["sejolisa_orders", "sejolisa_affiliates", "sejolisa_subscriptions", "users", "posts"] {
        shop.table(name).rows.reverse();
    }
    assert_expected(shop.dump(Dump::default()));
}

/// Extracts a folder that was filled with files of tables.
fn assert_folder_is_expected(fill: impl FnOnce(&Path)) {
    let folder = workspace();
    let (tables, out) = (folder.path().join("tables"), folder.path().join("out"));
    fs::create_dir(&tables).expect("a folder");
    fill(&tables);
    let outcome = extract(&tables.display().to_string(), &out, &[]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(files(&out), expected());
}

#[test]
fn a_folder_of_tsv_gives_the_same_files() {
    assert_folder_is_expected(|folder| small_shop().write_tsv(folder));
}

#[test]
fn packed_tables_give_the_same_files() {
    assert_folder_is_expected(|folder| {
        small_shop().write_tsv(folder);
        let plain = folder.join("wp_users.tsv");
        let packed = gzip(&fs::read(&plain).expect("a file"));
        fs::write(folder.join("wp_users.tsv.gz"), packed).expect("a file");
        fs::remove_file(plain).expect("it goes");
    });
}

#[test]
fn phpmyadmins_csv_gives_the_same_files() {
    assert_folder_is_expected(|folder| small_shop().write_csv(folder, true));
}

#[test]
fn phpmyadmins_json_gives_the_same_files() {
    assert_expected(small_shop().json());
}

#[test]
fn a_site_of_a_network_has_its_own_options_and_the_networks_users() {
    let mut dump = small_shop().dump(Dump::default());
    for table in ["sejolisa_", "posts", "postmeta", "options", "comments"] {
        dump = dump.replace(&format!("`wp_{table}"), &format!("`wp_2_{table}"));
    }
    let folder = workspace();
    let (outcome, out) = extracted(folder.path(), dump, &[]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let (mut own, mut usual) = (files(&out), expected());
    assert!(own["totals.json"].contains("\"prefix\": \"wp_2_\""));
    own.remove("totals.json");
    usual.remove("totals.json");
    // The note of an order names a table, too, but no file shows it.
    assert_eq!(own, usual);
}
