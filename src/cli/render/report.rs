//! The result of `report`.

use serde_json::{Value, json};

use crate::cli::render::books::{records_text, rupiah_text, written_text};
use crate::cli::render::commissions::commissions_text;
use crate::cli::render::operator;
use crate::cli::render::table::{number, table};
use crate::cli::render::terms;
use crate::domain::books::Books;
use crate::domain::finding::Code;
use crate::domain::money::Money;
use crate::domain::run_kind::RunKind;
use crate::language::{Language, current, tr};
use crate::report::RunReport;
use crate::report::full::FullReport;
use crate::store::schema::words::RunState;

/// A report as a document.
pub(crate) fn document(report: &FullReport) -> Value {
    json!({ "schema_version": 1, "report": report })
}

/// A report as text.
pub(crate) fn text(report: &RunReport) -> String {
    let kind = RunKind::of(&report.command);
    let mut text = tr!("Run {}: {}, {}\n", report.run, kind.words(), state(report.state));
    text.push_str(&tr!("Began {}", report.started_at.spoken()));
    if let Some(finished) = report.finished_at {
        text.push_str(&tr!(", took {}", current().span(finished.0 - report.started_at.0)));
    }
    text.push_str("\n\n");
    text.push_str(&records_text(kind, &report.phases));
    text.push_str(&rupiah_text(&report.phases));
    text.push_str(&written_text(kind, &Books::of_all(&report.phases), false));
    text.push_str(&orders_text(report));
    text.push_str(&affiliates_text(report));
    text.push_str(&commissions_text(&report.commissions));
    text.push_str(&waiting_text(report));
    text.push_str(&operator::text(&report.operator));
    text
}

fn state(state: RunState) -> String {
    match current() {
        Language::En => state.as_str().to_owned(),
        Language::Id => terms::state(state),
    }
}

fn count(number_of: i64) -> String {
    number(number_of.unsigned_abs())
}

fn orders_text(report: &RunReport) -> String {
    let row = |(status, orders, sum): &(String, i64, Money)| {
        let counts = if status == "SUCCESS" { tr!("revenue") } else { tr!("no revenue") };
        vec![status.clone(), count(*orders), sum.to_string(), counts.to_owned()]
    };
    let rows: Vec<Vec<String>> = report.orders.iter().map(row).collect();
    let mut text = format!(
        "\n{}",
        table(&[tr!("imported orders"), tr!("orders"), tr!("amount"), tr!("counts as")], &rows)
    );
    for (status, memberships) in &report.memberships {
        text.push_str(&tr!("{status} memberships: {}\n", count(*memberships)));
    }
    text
}

fn affiliates_text(report: &RunReport) -> String {
    let figures = &report.affiliates;
    if figures.affiliates == 0 {
        return String::new();
    }
    let line = |name: &str, amounts: [Money; 3]| {
        let mut row = vec![name.to_owned()];
        row.extend(amounts.map(|amount| amount.to_string()));
        row
    };
    let mut rows: Vec<Vec<String>> =
        figures.top.iter().map(|(code, earned, paid, owed)| line(code, [*earned, *paid, *owed])).collect();
    let all = tr!("all {}", count(figures.affiliates));
    rows.push(line(&all, [figures.earned, figures.paid, figures.owed]));
    format!("\n{}", table(&[tr!("affiliate"), tr!("earned"), tr!("paid out"), tr!("still owed")], &rows))
}

fn waiting_text(report: &RunReport) -> String {
    if report.waiting.is_empty() {
        return tr!("\nNo row waits.\n").to_owned();
    }
    let mut text = String::from(tr!("\nRows that wait for a correction or a decision\n"));
    for (kind, code, rows) in &report.waiting {
        let meaning = Code::find(code).map_or("", |code| code.info().spoken_meaning());
        let kind = terms::phase(kind);
        text.push_str(&format!("  {kind:<12} {code}  {:>6}  {meaning}\n", count(*rows)));
    }
    text
}
