//! Validation: the first pass alone, with every finding written down and cross-checks over the set.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use crate::domain::finding::{Finding, Severity, worst_severity};
use crate::domain::product_map::ProductMap;
use crate::domain::source_kind::SourceKind;
use crate::pipeline::files::findings::{FindingsFile, FindingsSummary};
use crate::pipeline::files::high_value::{HighValueList, HighValueOrders};
use crate::pipeline::files::outputs::{Reasons, RunFolder, reason_of};
use crate::pipeline::progress::Progress;
use crate::pipeline::read::completeness::Completeness;
use crate::pipeline::read::cross_checks::CrossChecks;
use crate::pipeline::read::first_pass::FirstPass;
use crate::pipeline::read::first_pass_counts::ProductSeen;
use crate::pipeline::read::options::ParseOptions;
use crate::pipeline::read::read_exports::FirstPassReader;
use crate::pipeline::read::revenue_left_out::RevenueLeftOut;
use crate::source::discover::Exports;
use crate::source::row_location::RowLocation;

/// The result of a validation.
#[allow(missing_debug_implementations)]
pub(crate) struct Validated {
    /// The result of the first pass.
    pub first_pass: FirstPass,
    /// The reasons of rows that cannot be imported, by kind.
    pub reasons: HashMap<SourceKind, Reasons>,
    /// All findings.
    pub findings: FindingsSummary,
    /// The orders with a high amount.
    pub high: HighValueOrders,
    /// The file that lists all of these orders.
    pub high_file: Option<PathBuf>,
    /// Products that the product map lacks.
    pub unmapped: Vec<(String, ProductSeen)>,
    /// What paid orders have charged that are not imported.
    pub left_out: RevenueLeftOut,
}

/// What rows are held against for their products.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ValidationMap<'a> {
    /// The product map; empty where there is none.
    pub map: &'a ProductMap,
    /// The memberships that it names and the app lacks; empty where the app was not asked.
    pub not_in_app: &'a BTreeSet<String>,
}

/// Reads and checks all files, and writes the findings to the run's folder.
///
/// # Errors
/// A file that cannot be read to its end, or a findings file that cannot be written.
pub(crate) fn validate(
    exports: &Exports,
    parse_options: &ParseOptions,
    ValidationMap { map: products, not_in_app }: ValidationMap<'_>,
    mut high_value: HighValueList,
    folder: &RunFolder,
    progress: &mut dyn Progress,
) -> anyhow::Result<Validated> {
    let has = |kind| !exports.of(kind).is_empty();
    let cross = CrossChecks {
        codes: has(SourceKind::Affiliates),
        orders: has(SourceKind::Orders),
        products: products.clone(),
        not_in_app: not_in_app.clone(),
        completeness: Completeness::default(),
    };
    let mut first_pass = FirstPass::default();
    first_pass.cross = Some(cross);
    let began = std::time::Instant::now();
    tracing::info!(phase = "reading", "phase begun");
    let mut file = FindingsFile::create(folder)?;
    let mut not_importable: HashMap<SourceKind, HashMap<RowLocation, Vec<Finding>>> = HashMap::new();
    let pool = parse_options.pool()?;
    let mut notice = |kind, location: RowLocation, findings: &[Finding]| {
        progress.advance(1);
        if findings.is_empty() {
            return Ok(());
        }
        if let Some(export) = location.of(&exports.of(kind)) {
            let of_row: Vec<Finding> =
                findings.iter().filter(|finding| !finding.is_said_of_file()).cloned().collect();
            file.add(export, location, &of_row)?;
        }
        if findings.iter().any(Finding::is_same_again) {
            not_importable.get_mut(&kind).and_then(|rows| rows.remove(&location));
        } else if worst_severity(findings) >= Severity::Held {
            not_importable.entry(kind).or_default().entry(location).or_default().extend_from_slice(findings);
        }
        Ok(())
    };
    let mut reader = FirstPassReader {
        parse_options,
        pool: &pool,
        notice: &mut notice,
        each_order: &mut |order| high_value.add(order, parse_options.show_pii),
    };
    first_pass.affiliates(&exports.of(SourceKind::Affiliates), &mut reader)?;
    first_pass.orders(&exports.of(SourceKind::Orders), &mut reader)?;
    first_pass.commissions(&exports.of(SourceKind::Commissions), &mut reader)?;
    first_pass.memberships(&exports.of(SourceKind::Memberships), &mut reader)?;
    first_pass.cross_check(&exports.of(SourceKind::Orders), reader.notice)?;
    let elapsed_ms = began.elapsed().as_millis() as u64;
    tracing::info!(phase = "reading", rows = first_pass.rows, elapsed_ms, "phase ended");
    file.add_notes(exports, &first_pass.notes)?;
    let findings = file.finish()?;
    let unmapped = unmapped(&first_pass, products);
    let left_out = revenue_left_out(exports, parse_options, &pool, not_importable.get(&SourceKind::Orders))?;
    let reasons =
        not_importable.into_iter().map(|(kind, rows)| (kind, reasons(exports, kind, rows))).collect();
    let (high, high_file) = high_value.finish()?;
    Ok(Validated { first_pass, reasons, findings, high, high_file, unmapped, left_out })
}

/// The products that the first pass has read and the product map lacks.
pub(crate) fn unmapped(first_pass: &FirstPass, map: &ProductMap) -> Vec<(String, ProductSeen)> {
    let missing = first_pass.products.iter().filter(|(id, _)| map.get(id).is_none());
    missing.map(|(id, seen)| (id.clone(), seen.clone())).collect()
}

/// What the orders that are not importable have charged; without such orders, nothing is read again.
fn revenue_left_out(
    exports: &Exports,
    parse_options: &ParseOptions,
    pool: &rayon::ThreadPool,
    not_importable: Option<&HashMap<RowLocation, Vec<Finding>>>,
) -> anyhow::Result<RevenueLeftOut> {
    let Some(rows) = not_importable.filter(|rows| !rows.is_empty()) else {
        return Ok(RevenueLeftOut::default());
    };
    let severity = |location: &RowLocation| rows.get(location).map(|findings| worst_severity(findings));
    RevenueLeftOut::read(&exports.of(SourceKind::Orders), parse_options, pool, severity)
}

fn reasons(exports: &Exports, kind: SourceKind, rows: HashMap<RowLocation, Vec<Finding>>) -> Reasons {
    let files = exports.of(kind);
    rows.into_iter()
        .filter_map(|(location, findings)| {
            let file = location.of(&files)?.file.clone();
            Some(((file, location.record), reason_of(&findings, Finding::spoken)?))
        })
        .collect()
}
