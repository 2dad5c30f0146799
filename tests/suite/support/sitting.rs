//! A sitting at `mappings review` or `people review`, in a real terminal of 80 columns and 24 lines.

use super::pseudo_terminal::PseudoTerminal;
use super::{AppDatabase, Compared, assert_same, dump};

/// A page with two cases that wait, as Rina sees it.
pub fn sitting(db: &AppDatabase, command: &str, more: &[&str]) -> PseudoTerminal {
    db.refresh();
    let url = db.url();
    let args = ["--database-url", &url, command, "review", "--by", "Rina"];
    let mut terminal = PseudoTerminal::run(&[&args, more].concat());
    terminal.wait_for("2 of 2 wait");
    terminal
}

/// Accepts the first choice of the case that comes first, and takes that back: the database is what it was, cell by cell.
pub fn decide_and_take_back(db: &AppDatabase, terminal: &mut PseudoTerminal) {
    db.refresh();
    let before = dump(db, Compared::Rows);
    terminal.press("a");
    terminal.wait_for("decided by run");
    terminal.press("u");
    terminal.wait_for("taken back");
    db.refresh();
    assert_same(&before, &dump(db, Compared::Rows), "exactly");
}

/// Accepts what is chosen of the one case and rejects the other, and ends the sitting.
pub fn decide_both(terminal: &mut PseudoTerminal) {
    terminal.press("a");
    terminal.wait_for("1 of 2 wait");
    terminal.press("r");
    terminal.wait_for("0 of 2 wait");
    terminal.press("q");
    terminal.wait_for_end();
    terminal.wait_for("EXIT 0");
}
