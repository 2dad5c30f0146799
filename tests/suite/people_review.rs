//! `people review` in a real terminal of 80 columns and 24 lines: one key a decision, each of them a run of its own.

use crate::support::exit_code::{DONE, USAGE};
use crate::support::pseudo_terminal::PseudoTerminal;
use crate::support::{
    AppDatabase, Compared, Edits, Engine, Exports, assert_same, count, dump, imported, on_each_engine, texts,
    verified,
};

const ORDERS: [Edits<'_>; 4] = [
    &[("order_id", "5001"), ("buyer_email", "rina@gmail.com")],
    &[("order_id", "5002"), ("buyer_email", "rina@gmial.com")],
    &[("order_id", "5003"), ("buyer_email", "budi@yahoo.com"), ("buyer_name", "Budi")],
    &[("order_id", "5004"), ("buyer_email", "budi@yaho.com"), ("buyer_name", "Budi")],
];

fn two_pairs(engine: Engine) -> (AppDatabase, Exports) {
    let orders = ORDERS.map(|order| [order]);
    let orders: Vec<&[Edits<'_>]> = orders.iter().map(|order| &order[..]).collect();
    let exports = Exports::new().orders(&orders);
    let db = AppDatabase::new(engine);
    imported(&db, "all", exports.path(), &[], DONE);
    (db, exports)
}

fn review(db: &AppDatabase) -> PseudoTerminal {
    db.refresh();
    let url = db.url();
    let args = ["--database-url", &url, "people", "review", "--by", "Rina", "--show-pii"];
    let mut terminal = PseudoTerminal::run(&args);
    terminal.wait_for("2 of 2 wait");
    terminal
}

fn closed(db: &AppDatabase) -> Vec<String> {
    db.refresh();
    texts(db, "SELECT \"email\" FROM \"User\" WHERE NOT \"isActive\" ORDER BY \"email\"")
}

fn one_key_merges_keeps_apart_or_takes_back_and_everything_is_verified(engine: Engine) {
    let (db, exports) = two_pairs(engine);
    let before = dump(&db, Compared::Rows);
    let mut terminal = review(&db);
    terminal.wait_for("one letter in the e-mail's domain");
    terminal.press("n");
    terminal.wait_for("needs no new account");
    terminal.press("a");
    terminal.wait_for("decided by run");
    terminal.press("u");
    terminal.wait_for("taken back");
    db.refresh();
    assert_same(&before, &dump(&db, Compared::Rows), "exactly");
    // The second choice keeps the other account.
    terminal.press("2");
    terminal.press("a");
    terminal.wait_for("1 of 2 wait");
    terminal.press("r");
    terminal.wait_for("0 of 2 wait");
    terminal.press("q");
    terminal.wait_for_end();
    terminal.wait_for("EXIT 0");
    assert_eq!(closed(&db), ["budi@yaho.com"]);
    assert_eq!(count(&db, "SejoliSourceRecord", "\"kind\" = 'pair'"), 2);
    verified(&db, &exports);
}

#[test]
fn without_a_terminal_it_says_what_to_do_instead() {
    let (db, _) = two_pairs(Engine::Sqlite);
    let outcome = db.run(&["people", "review", "--by", "Rina"]);
    assert_eq!(outcome.code, USAGE, "{outcome:?}");
    assert!(outcome.stderr.contains("needs a terminal"), "{}", outcome.stderr);
}

on_each_engine!(one_key_merges_keeps_apart_or_takes_back_and_everything_is_verified,);
