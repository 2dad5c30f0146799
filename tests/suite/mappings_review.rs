//! `mappings review` in a real terminal: keys decide, each decision stays, and the terminal is given back however it ends.

use crate::support::exit_code::{DONE, USAGE};
use crate::support::sitting::{decide_and_take_back, decide_both, sitting};
use crate::support::{
    AppDatabase, Edits, Engine, Exports, SOLD, imported, insert_app_user, on_each_engine, texts,
};

const NOBODY: Edits<'_> = &[("affiliate_email", "")];
const SECOND: Edits<'_> =
    &[("affiliate_code", "MITRA02"), ("affiliate_name", "Kedua Contoh"), ("affiliate_email", "")];

fn waiting(engine: Engine) -> (AppDatabase, Exports) {
    let exports = Exports::new().affiliates(&[&[NOBODY], &[SECOND]]).orders(&[&[SOLD]]);
    let db = AppDatabase::with_access(engine);
    insert_app_user(&db, "u-seller", "penjual@example.org", "Contoh Mitra", "MEMBER_FREE");
    imported(&db, "all", exports.path(), &[], DONE);
    (db, exports)
}

fn statuses(db: &AppDatabase) -> Vec<String> {
    db.refresh();
    texts(db, "SELECT \"mappingStatus\" FROM \"SejoliAffiliateMapping\" ORDER BY \"sejoliAffiliateCode\"")
}

fn keys_decide_and_undo_and_everything_is_verified(engine: Engine) {
    let (db, exports) = waiting(engine);
    let mut terminal = sitting(&db, "mappings", &[]);
    // What is owed most comes first: the affiliate with the order, and the user of that name.
    decide_and_take_back(&db, &mut terminal);
    decide_both(&mut terminal);
    terminal.wait_for("ECHOES");
    assert_eq!(statuses(&db), ["VERIFIED", "REJECTED"]);
    let outcome = db.run(&["verify", &exports.path().display().to_string()]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
}

#[test]
fn the_terminal_is_given_back_after_control_c_and_sigterm_and_what_was_decided_stays() {
    for (ends, code) in [("control-c", "EXIT 130"), ("sigterm", "EXIT 143")] {
        let (db, _) = waiting(Engine::Sqlite);
        let mut terminal = sitting(&db, "mappings", &[]);
        terminal.press("a");
        terminal.wait_for("decided by run");
        if ends == "control-c" {
            terminal.press("\u{3}");
        } else {
            let pid = terminal.pid().to_string();
            assert!(std::process::Command::new("kill").arg(&pid).status().expect("kill runs").success());
        }
        terminal.wait_for_end();
        terminal.wait_for(code);
        terminal.wait_for("ECHOES");
        assert_eq!(statuses(&db), ["VERIFIED", "PENDING"], "{ends}");
    }
}

#[test]
fn a_review_ends_when_its_terminal_is_gone_and_what_was_decided_stays() {
    let (db, _) = waiting(Engine::Sqlite);
    let mut terminal = sitting(&db, "mappings", &[]);
    terminal.press("a");
    terminal.wait_for("decided by run");
    let process = format!("/proc/{}", terminal.pid());
    terminal.take_away();
    while std::path::Path::new(&process).exists() {
        std::thread::yield_now();
    }
    assert_eq!(statuses(&db), ["VERIFIED", "PENDING"]);
}

#[test]
fn without_a_terminal_it_says_what_to_do_instead() {
    let (db, _) = waiting(Engine::Sqlite);
    let outcome = db.run(&["mappings", "review", "--by", "Rina"]);
    assert_eq!(outcome.code, USAGE, "{outcome:?}");
    assert!(
        outcome.stderr.contains("needs a terminal") && outcome.stderr.contains("export"),
        "{}",
        outcome.stderr
    );
}

on_each_engine!(keys_decide_and_undo_and_everything_is_verified,);
