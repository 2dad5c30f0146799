//! A validation on one screen: the figures, what has to be corrected, and the command to type next.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;

use crate::cli::render::control_totals;
use crate::cli::render::table::number;
use crate::cli::render::validate::{ValidationView, counts_text, previews_text};
use crate::domain::finding::{Code, Severity};
use crate::domain::text::excerpt;
use crate::language::tr;

/// Kinds of findings that are named.
const CODES_SHOWN: usize = 4;
/// How much of a finding's meaning fits beside its code and its number.
const MEANING_WIDTH: usize = 58;

/// The summary.
pub(crate) fn summary_text(view: &ValidationView<'_>) -> String {
    let mut text = counts_text(view.validated);
    text.push_str(&control_totals::text(&view.controls));
    let findings = findings_text(view);
    text.push_str(if findings.is_empty() { "\n" } else { &findings });
    text.push_str(&remarks_text(view));
    text.push_str(&files_text(view));
    text.push_str(&previews_text(&view.previews));
    text.push_str(&view.next_text());
    text
}

/// How often each finding was made, of rows and of whole files.
fn counts(view: &ValidationView<'_>) -> BTreeMap<(Reverse<Severity>, Code), u64> {
    let first_pass = &view.validated.first_pass;
    let of_rows = first_pass.counts.values().flat_map(|count| &count.findings);
    let of_rows = of_rows.filter_map(|(code, count)| Some((Code::find(code)?, *count)));
    let of_files = first_pass.notes.iter().map(|(_, note)| (note.finding.code, 1));
    let of_plans = view.access.iter().map(|finding| (finding.code, 1));
    let mut counts = BTreeMap::new();
    for (code, count) in of_rows.chain(of_files).chain(of_plans) {
        *counts.entry((Reverse(code.info().severity), code)).or_default() += count;
    }
    counts
}

/// The worst kinds of findings, a line each.
fn findings_text(view: &ValidationView<'_>) -> String {
    let counts = counts(view);
    if counts.is_empty() {
        return String::new();
    }
    let mut text = String::from(tr!("\nFindings, the worst first\n"));
    for ((_, code), count) in counts.iter().take(CODES_SHOWN) {
        let info = code.info();
        let meaning = excerpt(info.spoken_meaning(), MEANING_WIDTH);
        text.push_str(&format!("  {}  {:>6}  {meaning}\n", info.code, number(*count)));
    }
    if counts.len() > CODES_SHOWN {
        text.push_str(&tr!("  … and {} more kinds: --details\n", counts.len() - CODES_SHOWN));
    }
    text
}

/// What else is worth a line.
fn remarks_text(view: &ValidationView<'_>) -> String {
    let validated = view.validated;
    let mut lines = Vec::new();
    if !view.has_map && view.left_memberships().0 > 0 {
        lines.push(tr!("There is no product map (--products): no membership can be imported.\n").to_owned());
    }
    if view.unasked.is_some() {
        lines.push(tr!("Not checked against the app; --details says why.\n").to_owned());
    }
    if !validated.unmapped.is_empty() {
        let products = number(validated.unmapped.len() as u64);
        lines.push(tr!("Products that the product map lacks: {products} (--details)\n"));
    }
    if validated.high.count > 0 {
        let (orders, from) = (number(validated.high.count), validated.high.from);
        lines.push(tr!("Orders of {from} and more: {orders} (high-value.csv)\n"));
    }
    lines.concat()
}

/// The files that were written, by their folder.
fn files_text(view: &ValidationView<'_>) -> String {
    let Some(folder) = view.files.first().and_then(|file| file.parent()) else { return String::new() };
    let name = |file: &Path| file.file_name().map(|name| name.to_string_lossy().into_owned());
    let names: Vec<String> = view.files.iter().filter_map(|file| name(file)).collect();
    tr!("In {}: {}\n", folder.display(), names.join(", "))
}
