//! The same shop in any form gives the same bytes.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::{AS_OF, expected, extracted, files};
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
