//! Validation: the first pass alone, with every finding written down and cross-checks over the set.

use std::collections::HashMap;
use std::path::PathBuf;

use super::context::Reading;
use super::examine::Place;
use super::findings::{FindingsFile, Written};
use super::import::Progress;
use super::outputs::{Folder, Reasons, reason_of};
use super::shape::{HighList, Shape};
use super::survey::{CrossChecks, ProductSeen, Reader, Survey};
use crate::domain::finding::{Finding, Severity, worst};
use crate::domain::product::ProductMap;
use crate::source::SourceKind;
use crate::source::discover::Exports;

/// What a validation has found.
#[allow(missing_debug_implementations)]
pub struct Validated {
    /// Counts, totals, products.
    pub survey: Survey,
    /// Why rows cannot be imported, by kind.
    pub reasons: HashMap<SourceKind, Reasons>,
    /// All findings.
    pub findings: Written,
    /// The orders of a high amount.
    pub high: HighList,
    /// The file with all of them.
    pub high_file: Option<PathBuf>,
    /// Products that the map does not have; empty without a map.
    pub unmapped: Vec<(String, ProductSeen)>,
}

/// Reads everything and writes down what was noticed.
///
/// # Errors
/// A file that cannot be read to its end, or a findings file that cannot be written.
pub fn validate(
    exports: &Exports,
    reading: &Reading,
    products: Option<&ProductMap>,
    shape: Shape,
    folder: &Folder,
    progress: &mut dyn Progress,
) -> anyhow::Result<Validated> {
    let has = |kind| !exports.of(kind).is_empty();
    let cross = CrossChecks {
        codes: has(SourceKind::Affiliates),
        orders: has(SourceKind::Orders),
        products: products.cloned(),
        shape,
    };
    let mut survey = Survey::default();
    survey.cross = Some(cross);
    let mut file = FindingsFile::create(folder)?;
    let mut left: HashMap<SourceKind, HashMap<Place, Vec<Finding>>> = HashMap::new();
    let pool = reading.pool()?;
    let mut notice = |kind, place: Place, findings: &[Finding]| {
        progress.advance(1);
        if findings.is_empty() {
            return Ok(());
        }
        if let Some(export) = place.of(&exports.of(kind)) {
            file.add(export, place, findings)?;
        }
        if worst(findings) >= Severity::Held {
            left.entry(kind).or_default().entry(place).or_default().extend_from_slice(findings);
        }
        Ok(())
    };
    let mut reader = Reader { reading, pool: &pool, notice: &mut notice };
    survey.affiliates(&exports.of(SourceKind::Affiliates), &mut reader)?;
    survey.orders(&exports.of(SourceKind::Orders), &mut reader)?;
    survey.memberships(&exports.of(SourceKind::Memberships), &mut reader)?;
    survey.cross_check(&exports.of(SourceKind::Orders), reader.notice)?;
    file.add_notes(exports, &survey.notes)?;
    let findings = file.finish()?;
    let unmapped = match products {
        Some(map) => unmapped(&survey, map),
        None => Vec::new(),
    };
    let reasons = left.into_iter().map(|(kind, rows)| (kind, reasons(exports, kind, rows))).collect();
    let (high, high_file) = finish_high(&mut survey)?;
    Ok(Validated { survey, reasons, findings, high, high_file, unmapped })
}

/// The orders of a high amount, and their file, now that all are known.
fn finish_high(survey: &mut Survey) -> anyhow::Result<(HighList, Option<PathBuf>)> {
    match survey.cross.take() {
        Some(cross) => cross.shape.high.finish(),
        None => Ok((HighList::default(), None)),
    }
}

/// Products that were seen and are not in the map.
pub fn unmapped(survey: &Survey, map: &ProductMap) -> Vec<(String, ProductSeen)> {
    let missing = survey.products.iter().filter(|(id, _)| map.get(id).is_none());
    missing.map(|(id, seen)| (id.clone(), seen.clone())).collect()
}

fn reasons(exports: &Exports, kind: SourceKind, rows: HashMap<Place, Vec<Finding>>) -> Reasons {
    let files = exports.of(kind);
    rows.into_iter()
        .filter_map(|(place, findings)| {
            let file = place.of(&files)?.file.clone();
            Some(((file, place.record), reason_of(&findings)?))
        })
        .collect()
}
