//! Inputs that can be read only once: standard input, `/dev/fd/N`, named pipes.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::exit_code::{DONE, INPUT, USAGE};
use crate::support::{
    AS_OF, AppDatabase, Compared, Engine, Outcome, assert_same, dump, fixture, json, on_each_engine, texts,
    workspace,
};

const TOOL: &str = env!("CARGO_BIN_EXE_sejoli-migrate");

/// Runs the tool by a line of bash: `TOOL` stands for it.
fn by_shell(url: &str, temporary: &Path, line: &str) -> Outcome {
    let output = Command::new("bash")
        .args(["-c", &line.replace("TOOL", "\"$TOOL\"")])
        .env("TOOL", TOOL)
        .env("DATABASE_URL", url)
        .env("TMPDIR", temporary)
        .stdin(Stdio::null())
        .output()
        .expect("bash runs");
    output.into()
}

/// What comes through a pipe is imported as the file itself is, goes on as the same, and nothing of it is left.
fn what_is_piped_is_imported_as_the_file_is(engine: Engine) {
    let (by_file, by_pipe) = (AppDatabase::new(engine), AppDatabase::new(engine));
    let shop = fixture("clean");
    assert_eq!(by_file.import("all", &shop, &[]).code, DONE);
    let temporary = workspace();
    let (shop, out) = (shop.display(), by_pipe.path("out"));
    let options = format!("--as-of {AS_OF} --create-memberships --out '{}' --format json", out.display());
    let line = format!(
        "cat '{shop}/orders.csv' | TOOL import all - <(cat '{shop}/affiliates.csv') '{shop}/memberships.csv' \
         '{shop}/products.csv' {options}"
    );
    let outcome = by_shell(&by_pipe.url(), temporary.path(), &line);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    let left: Vec<_> = fs::read_dir(temporary.path()).expect("the folder").collect();
    assert!(left.is_empty(), "{left:?}");
    by_pipe.refresh();
    for (table, order) in [("Transaction", "invoiceNumber"), ("UserMembership", "endDate")] {
        let sql = format!("SELECT CAST(\"{order}\" AS TEXT) FROM \"{table}\" ORDER BY 1");
        assert_eq!(texts(&by_file, &sql), texts(&by_pipe, &sql), "{table}");
    }
    let again = by_shell(&by_pipe.url(), temporary.path(), &line);
    assert_eq!(again.code, DONE, "{again:?}");
    assert_eq!(json(&again)["total"]["created"]["rows"], 0, "{again:?}");
    let verified = by_shell(
        &by_pipe.url(),
        temporary.path(),
        &format!(
            "TOOL verify - '{shop}/affiliates.csv' '{shop}/memberships.csv' '{shop}/products.csv' < '{shop}/orders.csv'"
        ),
    );
    assert_eq!(verified.code, DONE, "{verified:?}");
}

on_each_engine!(what_is_piped_is_imported_as_the_file_is);

#[test]
fn the_kind_that_is_said_must_be_what_comes() {
    let db = AppDatabase::new(Engine::Sqlite);
    let (temporary, shop) = (workspace(), fixture("clean"));
    let run = |line: &str| {
        by_shell(&db.url(), temporary.path(), &line.replace("SHOP", &shop.display().to_string()))
    };
    let before = dump(&db, Compared::Content);
    let wrong = run("TOOL import orders - < SHOP/memberships.csv");
    assert_eq!(wrong.code, INPUT, "{wrong:?}");
    assert!(
        wrong.stderr.contains("no export of orders among the files (found: memberships)"),
        "{}",
        wrong.stderr
    );
    let nothing = run("TOOL import orders - < /dev/null");
    assert_eq!(nothing.code, INPUT, "{nothing:?}");
    assert!(nothing.stderr.starts_with("error: -: "), "{}", nothing.stderr);
    let twice = run("TOOL import all - - < SHOP/orders.csv");
    assert_eq!(twice.code, USAGE, "{twice:?}");
    assert_same(&before, &dump(&db, Compared::Content), "nothing was written");
}

#[test]
fn a_workbook_and_a_named_pipe_are_read_like_any_other_stream() {
    let temporary = workspace();
    let shop = fixture("clean").display().to_string();
    let pipe = temporary.path().join("pipe");
    let pipe = pipe.display();
    let out = temporary.path().join("out");
    let line = format!(
        "mkfifo '{pipe}' && (cat '{shop}/orders.csv' > '{pipe}' & TOOL validate '{pipe}' --as-of {AS_OF} --out '{}' \
         --format json)",
        out.display()
    );
    let outcome = by_shell("file:none.db", temporary.path(), &line);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    assert_eq!(json(&outcome)["kinds"]["orders"]["rows"], 200);
    let workbook = fixture("files/xlsx-two-of-a-kind.xlsx").display().to_string();
    let outcome = by_shell("file:none.db", temporary.path(), &format!("TOOL validate - < '{workbook}'"));
    assert_eq!(outcome.code, INPUT, "{outcome:?}");
    let said = "error: -: stdin [2023] and stdin [2024] both hold orders; choose with --sheet";
    assert!(outcome.stderr.starts_with(said), "{}", outcome.stderr);
    let chosen = format!(
        "TOOL validate - --sheet 2024 --as-of {AS_OF} --out '{}' --format json < '{workbook}'",
        out.display()
    );
    let outcome = by_shell("file:none.db", temporary.path(), &chosen);
    assert!(json(&outcome)["kinds"]["orders"]["rows"].as_u64() > Some(0), "{outcome:?}");
}
