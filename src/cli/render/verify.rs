//! The result of `verify`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::cli::control_totals::ControlTotal;
use crate::cli::render;
use crate::cli::render::control_totals;
use crate::cli::render::remarks::{Remark, lines};
use crate::cli::render::table::number;
use crate::cli::render::wrap::{WIDTH, wrapped};
use crate::reconciliation::Reconciliation;
use crate::verify::{VerifyCheck, VerifyReport};

/// The narrowest column of names.
const NAME_WIDTH: usize = 16;

/// What a verification has found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verification<'a> {
    /// The checks.
    pub(crate) report: &'a VerifyReport,
    /// From the source's gross to the wallets.
    pub(crate) reconciliation: &'a Reconciliation,
    /// The control totals that were asked for.
    pub(crate) controls: &'a [ControlTotal],
    /// The command that goes on with what is half done. That was not verified, whatever its rows say.
    pub(crate) interrupted: Option<&'a str>,
}

impl Verification<'_> {
    /// Whether everything is as it should be.
    pub(crate) fn holds(self) -> bool {
        self.interrupted.is_none() && self.report.holds() && self.controls.iter().all(|control| control.holds)
    }

    /// As a document, with every difference.
    pub(crate) fn document(self) -> Value {
        let report = self.report;
        json!({
            "schema_version": 1,
            "holds": report.holds(),
            "values": report.values(),
            "differences": report.differences(),
            "failures": report.failures,
            "unchecked": report.unchecked,
            "notes": report.notes,
            "checks": report.checks,
            "reconciliation": render::reconciliation::document(self.reconciliation),
            "controls": self.controls,
        })
    }

    /// As text: the checks, what differs, and at the end the verdict and the command to type next.
    pub(crate) fn text(self) -> String {
        let report = self.report;
        let mut text = checks_text(&report.checks);
        text.push_str(&render::reconciliation::text(self.reconciliation));
        for note in &report.notes {
            text.push_str(&wrapped("note: ", "      ", note));
        }
        for what in &report.unchecked {
            text.push_str(&wrapped("NOT CHECKED: ", "      ", what));
        }
        text.push_str(&differences_text(&report.checks));
        text.push_str(&control_totals::text(self.controls));
        text.push_str(&self.verdict());
        text.push_str(&format!("Next: {}\n", self.next()));
        text
    }

    fn verdict(self) -> String {
        let report = self.report;
        let values = number(report.values());
        let skipped = report.checks.iter().filter(|check| check.skipped.is_some()).count();
        let checks = report.checks.len() - skipped;
        if self.holds() {
            let left_out = left_out(skipped);
            return wrapped(
                "",
                "  ",
                &format!("verified: {checks} checks, {values} values compared, no difference{left_out}"),
            );
        }
        let mut why = report.failures.clone();
        if self.interrupted.is_some() {
            why.push("a run is not complete".to_owned());
        }
        if !report.unchecked.is_empty() {
            why.push("not everything could be checked".to_owned());
        }
        if report.differences() > 0 {
            let failed: Vec<&str> =
                report.checks.iter().filter(|check| !check.holds()).map(|check| check.name).collect();
            let differences = match report.differences() {
                1 => "1 difference".to_owned(),
                several => format!("{} differences", number(several)),
            };
            why.push(format!("{differences} in {} ({values} values compared)", failed.join(", ")));
        }
        let controls: Vec<&str> =
            self.controls.iter().filter(|control| !control.holds).map(|control| control.name).collect();
        if !controls.is_empty() {
            why.push(format!("another control total of {}", controls.join(", ")));
        }
        wrapped("", "  ", &format!("VERIFICATION FAILED: {}", why.join("; ")))
    }

    /// The command to type next.
    fn next(self) -> String {
        match self.interrupted {
            Some(command) => command.to_owned(),
            None if self.holds() => "sejoli-migrate report".to_owned(),
            None => "sejoli-migrate status".to_owned(),
        }
    }
}

/// How many checks were left out, which is not the same as no difference.
fn left_out(checks: usize) -> String {
    match checks {
        0 => String::new(),
        1 => "; 1 check was left out".to_owned(),
        _ => format!("; {checks} checks were left out"),
    }
}

/// The checks with what is worth knowing of them. What several of them say is said with the first one.
fn checks_text(checks: &[VerifyCheck]) -> String {
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0).max(NAME_WIDTH);
    let mut saying: BTreeMap<&str, Vec<&'static str>> = BTreeMap::new();
    for check in checks {
        for fact in &check.facts {
            saying.entry(fact).or_default().push(check.name);
        }
    }
    checks.iter().map(|check| check_text(check, width, &saying)).collect()
}

fn check_text(check: &VerifyCheck, width: usize, saying: &BTreeMap<&str, Vec<&'static str>>) -> String {
    if let Some(why) = &check.skipped {
        let line = format!("skip  {:<width$} {why}\n", check.name);
        return match line.chars().count() <= WIDTH + 1 {
            true => line,
            false => format!("skip  {}\n{}", check.name, wrapped("        ", "          ", why)),
        };
    }
    let word = if check.holds() { "ok" } else { "FAIL" };
    let counts = format!("{} {}, {} values", number(check.rows), check.unit, number(check.values));
    let said_here = |fact: &&String| saying[fact.as_str()][0] == check.name;
    let remark = |fact: &String| {
        let others = saying[fact.as_str()][1..].join(", ");
        Remark::new(fact, if others.is_empty() { others } else { format!(" (also {others})") })
    };
    let remarks: Vec<Remark> = check.facts.iter().filter(said_here).map(remark).collect();
    format!("{word:<5} {:<width$} {counts}\n{}", check.name, lines(&remarks, "        "))
}

/// What differs, each said once with the checks that have seen it.
fn differences_text(checks: &[VerifyCheck]) -> String {
    let mut seen: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut place: BTreeMap<&str, usize> = BTreeMap::new();
    for check in checks {
        for found in &check.found {
            let at = *place.entry(&found.what).or_insert(seen.len());
            if at == seen.len() {
                seen.push((&found.what, Vec::new()));
            }
            let names = &mut seen[at].1;
            if !names.contains(&check.name) {
                names.push(check.name);
            }
        }
    }
    let mut groups: Vec<(Vec<&str>, Vec<Remark>)> = Vec::new();
    for (what, names) in seen {
        let remark = Remark::new(what, String::new());
        match groups.iter_mut().find(|(of, _)| *of == names) {
            Some((_, remarks)) => remarks.push(remark),
            None => groups.push((names, vec![remark])),
        }
    }
    let group = |(names, remarks): &(Vec<&str>, Vec<Remark>)| {
        format!("{}{}", wrapped("  ", "    ", &names.join(", ")), lines(remarks, "    ! "))
    };
    let text: String = groups.iter().map(group).collect();
    if text.is_empty() { text } else { format!("\nDifferences\n{text}\n") }
}
