//! `people review` in a real terminal of 80 columns and 24 lines: one key a decision, each of them a run of its own.

use crate::support::exit_code::USAGE;
use crate::support::pairs::two_pairs;
use crate::support::sitting::{decide_and_take_back, decide_both, sitting};
use crate::support::{AppDatabase, Engine, count, on_each_engine, texts, verified};

fn closed(db: &AppDatabase) -> Vec<String> {
    db.refresh();
    texts(db, "SELECT \"email\" FROM \"User\" WHERE NOT \"isActive\" ORDER BY \"email\"")
}

fn one_key_merges_keeps_apart_or_takes_back_and_everything_is_verified(engine: Engine) {
    let (db, exports) = two_pairs(engine);
    let mut terminal = sitting(&db, "people", &["--show-pii"]);
    terminal.wait_for("one letter in the e-mail's domain");
    terminal.press("n");
    terminal.wait_for("needs no new account");
    decide_and_take_back(&db, &mut terminal);
    // The second choice keeps the other account.
    terminal.press("2");
    decide_both(&mut terminal);
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
