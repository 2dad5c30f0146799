//! The reconciliation in short: what each statement begins with and what its totals come to.

use serde_json::{Value, json};

use crate::cli::render::page::labels;
use crate::cli::render::table::table;
use crate::language::{Language, current, tr};
use crate::reconciliation::Reconciliation;
use crate::reconciliation::statement::{Sign, StatementLine};

/// The beginnings and totals as text, and whether everything adds up.
pub(crate) fn text(reconciliation: &Reconciliation) -> String {
    // Of a database into which nothing was imported there is nothing to say, least of all that it adds up.
    if reconciliation.orders.all.is_zero() && reconciliation.people.is_empty() {
        return String::new();
    }
    let language = current();
    let mut rows = Vec::new();
    for statement in &reconciliation.statements {
        let lines = statement.lines.iter().filter(|line| matches!(line.sign, Sign::Start | Sign::Total));
        for line in lines.filter(|line| statement.key == "orders" || line.sign == Sign::Total) {
            rows.push(row(line, language));
        }
    }
    let mut text = format!("\n{}", table(&[tr!("reconciliation"), tr!("number"), tr!("amount"), ""], &rows));
    text.push_str(match reconciliation.adds_up() {
        true => tr!("every step adds up; `sejoli-migrate report` shows all of them\n"),
        false => tr!("IT DOES NOT ADD UP: `sejoli-migrate report --out report.html` marks where\n"),
    });
    text
}

fn row(line: &StatementLine, language: Language) -> Vec<String> {
    let gap = line.difference.is_some_and(|difference| !difference.is_zero());
    vec![
        labels::line(line.key, language),
        language.number(line.tally.count),
        language.money(line.tally.amount),
        if gap { tr!("does not add up").to_owned() } else { String::new() },
    ]
}

/// The same as a document.
pub(crate) fn document(reconciliation: &Reconciliation) -> Value {
    json!({
        "adds_up": reconciliation.adds_up(),
        "statements": reconciliation.statements,
        "checks": reconciliation.checks,
    })
}
