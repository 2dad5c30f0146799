//! The result of `verify`.

use serde_json::{Value, json};

use crate::cli::control_totals::ControlTotal;
use crate::cli::render::table::number;
use crate::verify::{VerifyCheck, VerifyReport};

/// Facts of one check that are listed as text; the document has all of them.
const FACTS_SHOWN: usize = 10;

/// A verification as a document.
pub(crate) fn document(report: &VerifyReport, controls: &[ControlTotal]) -> Value {
    json!({
        "schema_version": 1,
        "holds": report.holds(),
        "values": report.values(),
        "differences": report.differences(),
        "failures": report.failures,
        "unchecked": report.unchecked,
        "notes": report.notes,
        "checks": report.checks,
        "controls": controls,
    })
}

/// A verification as text, without its control totals.
pub(crate) fn text(report: &VerifyReport) -> String {
    let mut text = String::new();
    for check in &report.checks {
        text.push_str(&check_text(check));
    }
    for note in &report.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    for what in &report.unchecked {
        text.push_str(&format!("NOT CHECKED: {what}\n"));
    }
    let (checks, values) = (report.checks.len(), number(report.values()));
    if report.holds() {
        text.push_str(&format!("verified: {checks} checks, {values} values compared, no difference\n"));
        return text;
    }
    let mut why = report.failures.clone();
    if !report.unchecked.is_empty() {
        why.push("not everything could be checked".to_owned());
    }
    if report.differences() > 0 {
        let failed: Vec<&str> =
            report.checks.iter().filter(|check| !check.holds()).map(|check| check.name).collect();
        let differences = number(report.differences());
        why.push(format!("{differences} differences in {} ({values} values compared)", failed.join(", ")));
    }
    text.push_str(&format!("VERIFICATION FAILED: {}\n", why.join("; ")));
    text
}

fn check_text(check: &VerifyCheck) -> String {
    let word = if check.holds() { "ok" } else { "FAIL" };
    let counts = format!("{} {}, {} values", number(check.rows), check.unit, number(check.values));
    let mut text = format!("{word:<5} {:<16} {counts}\n", check.name);
    for fact in check.facts.iter().take(FACTS_SHOWN) {
        text.push_str(&format!("        {fact}\n"));
    }
    for example in &check.examples {
        text.push_str(&format!("      ! {example}\n"));
    }
    let more = check.differences.saturating_sub(check.examples.len() as u64);
    if more > 0 && !check.holds() {
        text.push_str(&format!("      ! and {} more values\n", number(more)));
    }
    text
}
