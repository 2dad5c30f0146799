//! Rows that a run has held or rejected. They account for what is not in the database, and their
//! reasons are compared with the source as well.

use std::collections::{HashMap, HashSet};

use crate::domain::finding::{Code, Finding, Severity, worst_severity};
use crate::domain::ids::truncate_key;
use crate::domain::money::Money;
use crate::domain::source_kind::SourceKind;
use crate::language::tr;
use crate::store::schema::tables::ImportReject;
use crate::verify::file_hashes::FileHashes;
use crate::verify::reader::ExportRow;
use crate::verify::report::VerifyCheck;
use crate::verify::standing_runs::StandingRun;

/// The rejects of the runs that stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rejects {
    /// All of them, in no order.
    pub(crate) rows: Vec<ImportReject>,
    /// Positions in `rows` by kind, file and record, for given files that a run has read.
    places: HashMap<(&'static str, String, u64), Vec<usize>>,
    /// Kind and key of each row that has a key.
    keys: HashSet<(&'static str, String)>,
    /// The ids of runs of an earlier version, whose rejects without a record have the amount zero.
    of_earlier_version: HashSet<String>,
    /// Kind and name of the given files whose rejects were purged.
    purged: HashSet<(String, String)>,
}

impl Rejects {
    /// Those of these runs among all rejects.
    pub(crate) fn new(all: Vec<ImportReject>, runs: &[StandingRun], hashes: &FileHashes) -> Self {
        let mut rejects = Self::default();
        let by_id: HashMap<&str, &StandingRun> = runs.iter().map(|run| (run.row.id.as_str(), run)).collect();
        let earlier = runs.iter().filter(|run| !run.knows_unreadable_amounts());
        rejects.of_earlier_version = earlier.map(|run| run.row.id.clone()).collect();
        for run in runs.iter().filter(|run| run.row.purged_at.is_some()) {
            let files = run.options.get("files").and_then(|files| files.as_array()).into_iter().flatten();
            let named =
                files.filter_map(|file| Some((file[0].as_str()?.to_owned(), file[1].as_str()?.to_owned())));
            let same = |(kind, file): &(String, String)| {
                SourceKind::IMPORTED.into_iter().any(|one| one.name() == kind && hashes.same(run, one, file))
            };
            rejects.purged.extend(named.filter(same));
        }
        for row in all {
            let Some(run) = by_id.get(row.run_id.as_str()) else { continue };
            let Some(kind) = SourceKind::IMPORTED.into_iter().find(|kind| kind.name() == row.kind) else {
                rejects.rows.push(row);
                continue;
            };
            let at = rejects.rows.len();
            if hashes.same(run, kind, &row.file) {
                let place = (kind.name(), row.file.clone(), u64::try_from(row.record).unwrap_or(0));
                rejects.places.entry(place).or_default().push(at);
            }
            rejects.keys.extend(row.source_key.clone().map(|key| (kind.name(), key)));
            rejects.rows.push(row);
        }
        rejects
    }

    /// Whether an earlier version has made it, which kept the amount zero for a row without a record.
    pub(crate) fn is_of_earlier_version(&self, reject: &ImportReject) -> bool {
        self.of_earlier_version.contains(&reject.run_id)
    }

    /// The rejects of one row.
    pub(crate) fn at(&self, kind: SourceKind, file: &str, record: u64) -> Vec<&ImportReject> {
        if self.places.is_empty() {
            return Vec::new();
        }
        let found = self.places.get(&(kind.name(), file.to_owned(), record));
        found.into_iter().flatten().map(|&at| &self.rows[at]).collect()
    }

    /// Whether some row with this key was held or rejected, or may have been by a run whose rejects
    /// were purged.
    pub(crate) fn has_key(&self, kind: SourceKind, key: &str, file: &str) -> bool {
        let known = !self.keys.is_empty() && self.keys.contains(&(kind.name(), truncate_key(key)));
        known || !self.purged.is_empty() && self.purged.contains(&(kind.name().to_owned(), file.to_owned()))
    }
}

/// Compares a reject with the row that it is about. `key` and `amount` are the row's own (`None`: it cannot be read), `findings`
/// are those that follow from the row alone.
pub(crate) fn compare(
    check: &mut VerifyCheck,
    reject: &ImportReject,
    row: &ExportRow,
    key: &str,
    findings: &[Finding],
    amount: Option<Money>,
) {
    let who = tr!("reject of {} record {}", reject.file, reject.record);
    let mut hold = |holds: bool, field: &str| check.compare(holds, || format!("{who}: {field}"));
    hold(u64::try_from(reject.line) == Ok(row.line), "line");
    hold(reject.source_key.as_deref().unwrap_or("") == truncate_key(key), "sourceKey");
    hold(reject.amount == amount, "amount");
    let severe: Vec<&Finding> =
        findings.iter().filter(|finding| finding.severity() >= Severity::Held).collect();
    for finding in &severe {
        hold(reject.reason.contains(&finding.reason()), "reason");
    }
    let code = Code::find(&reject.code);
    let same_code = severe.iter().find(|finding| Some(finding.code) == code);
    hold(same_code.is_some() || !code.is_some_and(follows_from_row), "code");
    if let Some(finding) = same_code {
        let same =
            severe.iter().any(|other| other.code == finding.code && other.column == reject.column.as_deref());
        hold(same, "column");
    }
    if row.cells.is_some() && worst_severity(findings) >= Severity::Held {
        hold(code.is_some_and(|code| code.info().severity >= worst_severity(findings)), "code");
    }
}

/// Whether a finding of this code follows from a row alone, without the other rows and the database.
fn follows_from_row(code: Code) -> bool {
    use Code::*;
    matches!(
        code,
        EmailInvalid
            | RequiredMissing
            | AmountUnreadable
            | DateUnreadable
            | StatusUnknown
            | DatesContradict
            | CommissionOverPrice
            | RateOverHundred
            | IdRounded
            | CommissionOverPaid
            | RateUnclear
    )
}
