//! The result of `validate`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::cli::control_totals::ControlTotal;
use crate::cli::render::books::NOTHING_READ;
use crate::cli::render::control_totals;
use crate::cli::render::findings::{files_text, findings_text, notes_document, notes_text, unmapped_text};
use crate::cli::render::import::{access_document, access_text};
use crate::cli::render::junit::{CaseOutcome, JunitCase, JunitSuite};
use crate::cli::render::table::{number, table};
use crate::cli::render::terms;
use crate::domain::finding::{Finding, Severity};
use crate::domain::money::Money;
use crate::domain::source_kind::SourceKind;
use crate::domain::text::excerpt;
use crate::language::{said, tr};
use crate::pipeline::files::findings::LocatedFinding;
use crate::pipeline::files::high_value::OrderSummary;
use crate::pipeline::files::preview::{Preview, PreviewLine};
use crate::pipeline::read::first_pass_counts::KindCount;
use crate::pipeline::read::revenue_left_out::RevenueLeftOut;
use crate::pipeline::validate::Validated;
use crate::source::discover::Exports;

/// The most characters of a cell in a preview.
const PREVIEW_WIDTH: usize = 44;
/// Orders of a high amount that are listed as text.
const HIGH_SHOWN: usize = 50;
/// Places that are listed as text for each code.
const PLACES_SHOWN: usize = 3;

/// Everything that a validation prints.
pub(crate) struct ValidationView<'a> {
    /// Counts, totals and findings.
    pub(crate) validated: &'a Validated,
    /// The files that were read.
    pub(crate) exports: &'a Exports,
    /// The first rows, as they are and as they will be written.
    pub(crate) previews: Vec<Preview>,
    /// The control totals.
    pub(crate) controls: Vec<ControlTotal>,
    /// The files that were written.
    pub(crate) files: Vec<PathBuf>,
    /// Whether there is a product map.
    pub(crate) has_map: bool,
    /// Why the app was not asked for the memberships that the product map names.
    pub(crate) unasked: Option<String>,
    /// The plans of the app that open nothing.
    pub(crate) access: Vec<Finding>,
    /// The commands to type next: whether all is ready, and a dry run.
    pub(crate) next: [String; 2],
}

impl ValidationView<'_> {
    /// A validation as a document.
    pub(crate) fn document(&self) -> Value {
        let Validated { first_pass, findings, high, unmapped, left_out, .. } = self.validated;
        let passed_over = self.exports.passed_over.iter();
        let passed_over = passed_over.map(|(path, why)| json!({ "file": path, "reason": why }));
        json!({
            "schema_version": 1,
            "kinds": first_pass.counts,
            "totals": first_pass.totals,
            "revenue_left_out": left_out,
            "controls": self.controls,
            "findings": findings.listed,
            "findings_total": findings.total,
            "notes": notes_document(&first_pass.notes),
            "passed_over": passed_over.collect::<Vec<_>>(),
            "high_value": high.first,
            "high_value_total": high.count,
            "preview": self.previews,
            "unmapped_products": unmapped,
            "has_product_map": self.has_map,
            "app_memberships_unknown": self.unasked,
            "access_notes": access_document(&self.access),
            "files": self.files,
        })
    }

    /// As test cases: each kind with what is held or rejected of it, each code of a finding, the control totals. Findings
    /// that let a row pass do not fail.
    pub(crate) fn junit(&self) -> JunitSuite {
        let Validated { first_pass, findings, .. } = self.validated;
        let mut cases: Vec<JunitCase> =
            first_pass.counts.iter().map(|(kind, count)| kind_case(kind, count)).collect();
        let mut by_code: BTreeMap<&str, Vec<&LocatedFinding>> = BTreeMap::new();
        for one in &findings.listed {
            by_code.entry(one.code).or_default().push(one);
        }
        cases.extend(by_code.into_values().map(|found| code_case(&found)));
        cases.extend(self.controls.iter().map(control_totals::junit));
        JunitSuite { name: "validate", cases }
    }

    /// How many memberships would be held or rejected, and how many there are.
    pub(super) fn left_memberships(&self) -> (u64, u64) {
        let count = self.validated.first_pass.counts.get(SourceKind::Memberships.name());
        count.map_or((0, 0), |count| (count.held + count.rejected, count.rows))
    }

    /// What would become of the memberships, where that is not simply their import.
    fn memberships_text(&self) -> String {
        let mut text = String::new();
        let (left, all) = self.left_memberships();
        if left > 0 {
            let (left, all) = (number(left), number(all));
            text.push_str(&tr!("\n{left} of {all} memberships would be held or rejected"));
            text.push_str(if self.has_map { "\n" } else { tr!(": there is no product map (--products)\n") });
        }
        if let Some(why) = &self.unasked {
            text.push_str(&tr!(
                "\nNot checked: whether the app has the memberships that the product map names ({why})\n"
            ));
        }
        text
    }

    /// What to do next. Files that do not come to the shop's own figures are not imported.
    pub(super) fn next_text(&self) -> String {
        if self.controls.iter().any(|control| !control.holds) {
            return tr!("\nNext: find out why the control totals differ, then the same command again\n")
                .to_owned();
        }
        let [ready, dry_run] = &self.next;
        tr!("\nNext: {ready}\n then: {dry_run}\n")
    }

    /// A validation as text with all details.
    pub(crate) fn details_text(&self) -> String {
        let Validated { first_pass, findings, high, unmapped, .. } = self.validated;
        let mut text = counts_text(self.validated);
        text.push_str(&self.memberships_text());
        text.push_str(&findings_text(first_pass.counts.values().flat_map(|count| count.findings.iter())));
        text.push_str(&places_text(&findings.listed));
        text.push_str(&control_totals::text(&self.controls));
        text.push_str(&notes_text(&first_pass.notes));
        text.push_str(&access_text(&self.access));
        text.push_str(&glances_text(&tr!("Orders of {} and more", high.from), high.count, &high.first));
        text.push_str(&previews_text(&self.previews));
        text.push_str(&unmapped_text(unmapped));
        text.push_str(&files_text(&self.files));
        text.push_str(&self.next_text());
        text
    }
}

/// A kind of rows as a test case.
fn kind_case(kind: &str, count: &KindCount) -> JunitCase {
    let (rows, left) = (number(count.rows), count.held + count.rejected);
    let outcome = match left {
        0 => CaseOutcome::Passed(format!("{rows} rows, all importable")),
        left => CaseOutcome::Failed {
            message: format!("{} of {rows} rows would be held or rejected", number(left)),
            details: vec![format!("{} held, {} rejected", number(count.held), number(count.rejected))],
        },
    };
    JunitCase { class: "validate".to_owned(), name: format!("rows of {kind}"), outcome }
}

/// The findings of one code as a test case.
fn code_case(found: &[&LocatedFinding]) -> JunitCase {
    let one = found[0];
    let lines: Vec<String> =
        found.iter().map(|one| format!("{}: {}", one.describe_location(), one.reason)).collect();
    let name = format!("{} {}", one.code, one.name);
    let outcome = match one.severity >= Severity::Held {
        true => {
            CaseOutcome::Failed { message: format!("{}: {}", one.severity, one.suggestion), details: lines }
        }
        false => CaseOutcome::Passed(lines.join("\n")),
    };
    JunitCase { class: "validate".to_owned(), name, outcome }
}

/// The rows of each kind, and what the orders come to.
pub(super) fn counts_text(validated: &Validated) -> String {
    let first_pass = &validated.first_pass;
    let rows: Vec<Vec<String>> = first_pass
        .counts
        .iter()
        .map(|(kind, count)| {
            let good = count.rows - count.held - count.rejected;
            let mut row = vec![terms::phase(kind)];
            row.extend([count.rows, good, count.held, count.rejected].map(number));
            row
        })
        .collect();
    if rows.is_empty() {
        return said(NOTHING_READ).to_owned();
    }
    let mut text = table(&["", tr!("read"), tr!("importable"), tr!("held"), tr!("rejected")], &rows);
    let totals = &first_pass.totals;
    if totals.orders > 0 {
        text.push_str(&tr!("\n{} orders", number(totals.orders)));
        for (status, (orders, _)) in &totals.by_status {
            text.push_str(&format!(", {} {status}", number(*orders)));
        }
        text.push_str(&tr!("\nRevenue (PAID only)     {}\n", totals.revenue));
        text.push_str(&revenue_text(totals.revenue, validated.left_out));
        text.push_str(&tr!("Commission (PAID only)  {}\n", totals.commission));
    }
    text
}

/// What becomes of the revenue; nothing where all of it is imported.
fn revenue_text(revenue: Money, left_out: RevenueLeftOut) -> String {
    if left_out == RevenueLeftOut::default() {
        return String::new();
    }
    let RevenueLeftOut { held, rejected } = left_out;
    tr!("  = {} importable + {held} held + {rejected} rejected\n", revenue - held - rejected)
}

/// A cell as it stands in the file, and below it what will stand where in the database.
fn preview_line(line: &PreviewLine) -> String {
    let (header, was) = (excerpt(&line.header, 30), excerpt(&line.was, PREVIEW_WIDTH));
    let becomes = match line.target {
        Some(target) => format!("{target} = {}", excerpt(&line.will_be, PREVIEW_WIDTH)),
        None => tr!("(kept in the payload)").to_owned(),
    };
    format!("  {header:<30}  {was}\n      -> {becomes}\n")
}

/// The first rows, one below the other: as they stand in the file, and as they will stand in the database.
pub(super) fn previews_text(previews: &[Preview]) -> String {
    let mut text = String::new();
    for preview in previews {
        let Preview { kind, file, record, line, severity, .. } = preview;
        let fate = if *severity >= Severity::Held {
            severity.spoken().to_owned()
        } else {
            tr!("will be written").to_owned()
        };
        text.push_str(&tr!("\n{kind}: {file}, record {record}, line {line}: {fate}\n"));
        text.extend(preview.lines.iter().map(preview_line));
        for finding in &preview.findings {
            text.push_str(&format!("  {} {}: {}\n", finding.severity, finding.code, finding.reason));
        }
    }
    text
}

fn glances_text(heading: &str, count: u64, glances: &[OrderSummary]) -> String {
    if glances.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<String>> = glances
        .iter()
        .take(HIGH_SHOWN)
        .map(|order| {
            vec![
                order.order_id.clone(),
                order.placed_at.spoken(),
                excerpt(&order.product, 30),
                order.buyer.clone(),
                order.amount.to_string(),
                order.status.to_owned(),
                order.affiliate.clone(),
                order.commission.map(|commission| commission.to_string()).unwrap_or_default(),
            ]
        })
        .collect();
    let mut text = format!("\n{heading}: {}\n", number(count));
    text.push_str(&table(
        &[
            tr!("order"),
            tr!("placed"),
            tr!("product"),
            tr!("buyer"),
            tr!("amount"),
            tr!("status"),
            tr!("affiliate"),
            tr!("commission"),
        ],
        &rows,
    ));
    if glances.len() > HIGH_SHOWN {
        text.push_str(tr!("  … (high-value.csv lists them all)\n"));
    }
    text
}

/// Where the rows that wait stand, and those that deserve a look: the first ones of each code.
fn places_text(listed: &[LocatedFinding]) -> String {
    let of_rows = listed.iter().filter(|one| one.severity >= Severity::Warning && one.record.is_some());
    let mut by_code: BTreeMap<_, Vec<&LocatedFinding>> = BTreeMap::new();
    for one in of_rows {
        by_code.entry((std::cmp::Reverse(one.severity), one.code)).or_default().push(one);
    }
    let mut text = String::new();
    for ((_, code), found) in by_code {
        for one in found.iter().take(PLACES_SHOWN) {
            text.push_str(&format!("  {code}  {}\n", one.describe_location()));
        }
        if found.len() > PLACES_SHOWN {
            text.push_str(&tr!("  {code}  … (findings.csv has all of them)\n"));
        }
    }
    if text.is_empty() { text } else { tr!("\nWhere\n{text}") }
}
