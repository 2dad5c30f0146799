//! The result of `verify`.

use serde_json::{Value, json};

use crate::cli::control_totals::ControlTotal;
use crate::cli::render::table::number;
use crate::verify::{VerifyCheck, VerifyReport};

/// Facts of one check that are listed as text; the document has all of them.
const FACTS_SHOWN: usize = 10;

/// The narrowest column of names.
const NAME_WIDTH: usize = 16;

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
    let width = report.checks.iter().map(|check| check.name.len()).max().unwrap_or(0).max(NAME_WIDTH);
    for check in &report.checks {
        text.push_str(&check_text(check, width));
    }
    for note in &report.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    for what in &report.unchecked {
        text.push_str(&format!("NOT CHECKED: {what}\n"));
    }
    let values = number(report.values());
    let skipped = report.checks.iter().filter(|check| check.skipped.is_some()).count();
    let checks = report.checks.len() - skipped;
    if report.holds() {
        text.push_str(&format!(
            "verified: {checks} checks, {values} values compared, no difference{}\n",
            left_out(skipped)
        ));
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

/// How many checks were left out, which is not the same as no difference.
fn left_out(checks: usize) -> String {
    match checks {
        0 => String::new(),
        1 => "; 1 check was left out".to_owned(),
        _ => format!("; {checks} checks were left out"),
    }
}

fn check_text(check: &VerifyCheck, width: usize) -> String {
    if let Some(why) = &check.skipped {
        return format!("skip  {:<width$} {why}\n", check.name);
    }
    let word = if check.holds() { "ok" } else { "FAIL" };
    let counts = format!("{} {}, {} values", number(check.rows), check.unit, number(check.values));
    let mut text = format!("{word:<5} {:<width$} {counts}\n", check.name);
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
