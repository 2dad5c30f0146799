//! What a run has noticed: each code with its meaning, how often, and where the first rows stand that it kept out.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::finding::Code;
use crate::report::RunReport;
use crate::store::queries;
use crate::store::queries::report::RejectPlace;
use crate::store::session::store::Store;

/// A kind of finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct FindingRow {
    /// The phase, or the kind of export.
    pub(crate) kind: String,
    /// The code.
    pub(crate) code: String,
    /// How bad it is: rejected, held, warning or info.
    pub(crate) severity: String,
    /// What it means.
    pub(crate) meaning: String,
    /// What to do about it.
    pub(crate) advice: String,
    /// How often it was made.
    pub(crate) found: u64,
    /// How many rows it kept out.
    pub(crate) kept_out: i64,
    /// Where the first of these stand: file, line and what is wrong.
    pub(crate) places: Vec<RowPlace>,
}

/// Where a row stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct RowPlace {
    /// The file.
    pub(crate) file: String,
    /// The line.
    pub(crate) line: i64,
    /// What is wrong with it.
    pub(crate) reason: String,
}

/// Rows of one kind and code whose places are listed.
const PLACES: usize = 5;

/// Gathers the findings of a run, the worst first.
pub(super) fn gather(store: &mut Store, run: &RunReport) -> anyhow::Result<Vec<FindingRow>> {
    let mut kept_out: BTreeMap<(String, String), i64> = BTreeMap::new();
    for reason in queries::rejects::counts_by_code(store, &run.run)? {
        *kept_out.entry((reason.kind, reason.code)).or_default() += reason.rows;
    }
    let mut found: BTreeMap<(String, String), u64> = BTreeMap::new();
    for (phase, books) in &run.phases {
        for (code, count) in &books.findings {
            *found.entry((phase.clone(), code.clone())).or_default() += count;
        }
    }
    for key in kept_out.keys() {
        found.entry(key.clone()).or_default();
    }
    let mut rows = Vec::new();
    for ((kind, code), found) in found {
        let kept_out = kept_out.get(&(kind.clone(), code.clone())).copied().unwrap_or(0);
        let places = match kept_out {
            0 => Vec::new(),
            _ => queries::report::first_places(store, &run.run, &kind, &code, PLACES)?,
        };
        let place = |RejectPlace { file, line, reason }| RowPlace { file, line, reason };
        let info = Code::find(&code).map(Code::info);
        rows.push(FindingRow {
            severity: info.map(|info| info.severity.to_string()).unwrap_or_default(),
            meaning: info.map_or("", |info| info.meaning).to_owned(),
            advice: info.map_or("", |info| info.advice).to_owned(),
            places: places.into_iter().map(place).collect(),
            kind,
            code,
            found: found.max(u64::try_from(kept_out)?),
            kept_out,
        });
    }
    let rank = |row: &FindingRow| Code::find(&row.code).map(|code| std::cmp::Reverse(code.info().severity));
    rows.sort_by(|a, b| (rank(a), &a.code, &a.kind).cmp(&(rank(b), &b.code, &b.kind)));
    Ok(rows)
}
