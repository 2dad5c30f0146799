//! The result of `verify`.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use crate::cli::control_totals::ControlTotal;
use crate::cli::render;
use crate::cli::render::control_totals;
use crate::cli::render::junit::{CaseOutcome, JunitCase, JunitSuite};
use crate::cli::render::remarks::{Remark, lines};
use crate::cli::render::table::number;
use crate::language::{msg, said_or_same, tr};
use crate::reconciliation::Reconciliation;
use crate::terminal::{WIDTH, wrapped};
use crate::verify::{Difference, VerifyCheck, VerifyReport};

/// The narrowest column of names.
const NAME_WIDTH: usize = 16;

/// Why a verification fails whose reconciliation does not add up.
pub(crate) const DOES_NOT_ADD_UP: &str = msg!("the reconciliation does not add up");

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
            "holds": self.holds(),
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

    /// As test cases: the checks, the control totals, and the verification as a whole.
    pub(crate) fn junit(self) -> JunitSuite {
        let mut cases: Vec<JunitCase> = self.report.checks.iter().map(check_case).collect();
        cases.extend(self.controls.iter().map(control_totals::junit));
        let mut whole = self.report.failures.clone();
        whole.extend(self.report.unchecked.iter().map(|what| format!("not checked: {what}")));
        whole.extend(
            self.interrupted.map(|go_on| tr!("a run is not complete; this goes on with it: {go_on}")),
        );
        let message = "the verification as a whole does not hold".to_owned();
        cases.push(JunitCase::of_details("verify", "the verification as a whole", message, whole));
        JunitSuite { name: "verify", cases }
    }

    /// As text: the checks, what differs, and at the end the verdict and the command to type next.
    pub(crate) fn text(self) -> String {
        let report = self.report;
        let mut text = checks_text(&report.checks);
        text.push_str(&render::reconciliation::text(self.reconciliation));
        for note in &report.notes {
            text.push_str(&wrapped(tr!("note: "), "      ", note));
        }
        for what in &report.unchecked {
            text.push_str(&wrapped(tr!("NOT CHECKED: "), "      ", what));
        }
        text.push_str(&differences_text(&report.checks));
        text.push_str(&control_totals::text(self.controls));
        text.push_str(&self.verdict());
        text.push_str(&tr!("Next: {}\n", self.next()));
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
                &tr!("verified: {checks} checks, {values} values compared, no difference{left_out}"),
            );
        }
        let mut why = report.failures.clone();
        if self.interrupted.is_some() {
            why.push(tr!("a run is not complete").to_owned());
        }
        if !report.unchecked.is_empty() {
            why.push(tr!("not everything could be checked").to_owned());
        }
        if report.differences() > 0 {
            let failed: Vec<&str> =
                report.checks.iter().filter(|check| !check.holds()).map(|check| check.name).collect();
            let differences = match report.differences() {
                1 => tr!("1 difference").to_owned(),
                several => tr!("{} differences", number(several)),
            };
            why.push(tr!("{differences} in {} ({values} values compared)", failed.join(", ")));
        }
        let controls: Vec<&str> =
            self.controls.iter().filter(|control| !control.holds).map(|control| control.name).collect();
        if !controls.is_empty() {
            why.push(tr!("another control total of {}", controls.join(", ")));
        }
        wrapped("", "  ", &tr!("VERIFICATION FAILED: {}", why.join("; ")))
    }

    /// The command to type next.
    fn next(self) -> String {
        let first = self.interrupted.or(self.report.next.as_deref());
        let usual = || if self.holds() { Some("sejoli-migrate report") } else { self.usual_repair() };
        first.or_else(usual).unwrap_or("sejoli-migrate status").to_owned()
    }

    /// The command that repairs the most of what differs.
    fn usual_repair(&self) -> Option<&str> {
        let found = self.report.checks.iter().flat_map(|check| &check.found);
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for repair in found.filter_map(|found| found.explanation.as_ref()?.repair.as_deref()) {
            *counts.entry(repair).or_default() += 1;
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(repair, _)| repair)
    }
}

/// A check as a test case.
fn check_case(check: &VerifyCheck) -> JunitCase {
    let outcome = match &check.skipped {
        Some(why) => CaseOutcome::Skipped(why.clone()),
        None if check.holds() => CaseOutcome::Passed(format!(
            "{} {}, {} values compared",
            number(check.rows),
            said_or_same(check.unit),
            number(check.values)
        )),
        None => CaseOutcome::Failed {
            message: format!("{} of {} values differ", number(check.differences), number(check.values)),
            details: check.found.iter().map(difference_line).collect(),
        },
    };
    JunitCase { class: "verify".to_owned(), name: check.name.to_owned(), outcome }
}

/// A difference in a line, with what is behind it and what repairs it.
fn difference_line(found: &Difference) -> String {
    let explanation = found.explanation.as_ref();
    let why = explanation.map_or_else(String::new, |explanation| format!("; {}", explanation.why));
    let repair = explanation.and_then(|explanation| explanation.repair.as_ref());
    let repair = repair.map_or_else(String::new, |repair| tr!("; repaired by: {repair}"));
    format!("{}{why}{repair}", found.what)
}

/// How many checks were left out, which is not the same as no difference.
fn left_out(checks: usize) -> String {
    match checks {
        0 => String::new(),
        1 => tr!("; 1 check was left out").to_owned(),
        _ => tr!("; {checks} checks were left out"),
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
        let line = tr!("skip  {:<width$} {why}\n", check.name);
        return match line.chars().count() <= WIDTH + 1 {
            true => line,
            false => tr!("skip  {}\n{}", check.name, wrapped("        ", "          ", why)),
        };
    }
    let word = if check.holds() { tr!("ok") } else { tr!("FAIL") };
    let counts = tr!("{} {}, {} values", number(check.rows), said_or_same(check.unit), number(check.values));
    let said_here = |fact: &&String| saying[fact.as_str()][0] == check.name;
    let remark = |fact: &String| {
        let others = saying[fact.as_str()][1..].join(", ");
        let aside = if others.is_empty() { others } else { tr!(" (also {others})") };
        Remark { aside, ..Remark::new(fact) }
    };
    let remarks: Vec<Remark> = check.facts.iter().filter(said_here).map(remark).collect();
    format!("{word:<5} {:<width$} {counts}\n{}", check.name, lines(&remarks, "        "))
}

/// What differs, each said once with the checks that have seen it, and with what is behind it.
fn differences_text(checks: &[VerifyCheck]) -> String {
    let mut seen: Vec<(&Difference, Vec<&str>)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let all = || checks.iter().flat_map(|check| check.found.iter().map(move |found| (check, found)));
    for (check, found) in all().filter(|(_, found)| found.behind.is_empty()) {
        let at = *places.entry(&found.what).or_insert(seen.len());
        if at == seen.len() {
            seen.push((found, Vec::new()));
        }
        let names = &mut seen[at].1;
        if !names.contains(&check.name) {
            names.push(check.name);
        }
    }
    let mut groups: Vec<(Vec<&str>, Vec<Remark>)> = Vec::new();
    for (found, names) in seen {
        let explanation = found.explanation.as_ref();
        let remark = Remark {
            why: explanation.map(|explanation| explanation.why.clone()),
            repair: explanation.and_then(|explanation| explanation.repair.clone()),
            ..Remark::new(&found.what)
        };
        match groups.iter_mut().find(|(of, _)| *of == names) {
            Some((_, remarks)) => remarks.push(remark),
            None => groups.push((names, vec![remark])),
        }
    }
    let group = |(names, remarks): &(Vec<&str>, Vec<Remark>)| {
        format!("{}{}", wrapped("  ", "    ", &names.join(", ")), lines(remarks, "    ! "))
    };
    let mut text: String = groups.iter().map(group).collect();
    let named = all().filter(|(_, found)| !found.behind.is_empty()).count();
    if named > 0 {
        let rows = if named == 1 { tr!("row is") } else { tr!("rows are") };
        let said = tr!("{} {rows} not as written, which the differences above name", number(named as u64));
        text.push_str(&wrapped(tr!("  journal: "), "    ", &said));
    }
    if text.is_empty() { text } else { tr!("\nDifferences\n{text}\n") }
}
