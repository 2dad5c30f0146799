//! Rows that a run has held or rejected: they are accounted for, and their reasons are held against
//! the source as well.

use std::collections::{HashMap, HashSet};
use std::fs::File;

use anyhow::Context as _;

use crate::domain::finding::{Code, Finding, Severity, worst_severity};
use crate::domain::ids::truncate_key;
use crate::domain::money::Money;
use crate::domain::source_kind::SourceKind;
use crate::source::discover::Exports;
use crate::store::schema::tables::ImportReject;
use crate::store::session::store::Store;
use crate::verify::context::StandingRun;
use crate::verify::reader::ExportRow;
use crate::verify::report::VerifyCheck;

/// The rejects of the runs that stand.
#[derive(Clone, Debug, Default)]
pub struct Rejects {
    /// All of them.
    pub rows: Vec<ImportReject>,
    /// Kind, file and record, for files that are the very ones that a run has read.
    places: HashMap<(&'static str, String, u64), Vec<usize>>,
    keys: HashSet<(&'static str, String)>,
    /// Files whose rejects were purged.
    purged: HashSet<(String, String)>,
}

impl Rejects {
    /// Reads them.
    pub fn load(store: &mut Store, runs: &[StandingRun], hashes: &Hashes) -> anyhow::Result<Self> {
        let mut rejects = Self::default();
        let by_id: HashMap<&str, &StandingRun> = runs.iter().map(|run| (run.row.id.as_str(), run)).collect();
        for run in runs.iter().filter(|run| run.row.purged_at.is_some()) {
            let files = run.options.get("files").and_then(|files| files.as_array()).into_iter().flatten();
            let named =
                files.filter_map(|file| Some((file[0].as_str()?.to_owned(), file[1].as_str()?.to_owned())));
            let same = |(kind, file): &(String, String)| {
                SourceKind::IMPORTED.into_iter().any(|one| one.name() == kind && hashes.same(run, one, file))
            };
            rejects.purged.extend(named.filter(same));
        }
        let rows: Vec<ImportReject> = store.select("", &[])?;
        for row in rows {
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
        Ok(rejects)
    }

    /// The rejects of one row.
    pub fn at(&self, kind: SourceKind, file: &str, record: u64) -> Vec<&ImportReject> {
        if self.places.is_empty() {
            return Vec::new();
        }
        let found = self.places.get(&(kind.name(), file.to_owned(), record));
        found.into_iter().flatten().map(|&at| &self.rows[at]).collect()
    }

    /// Whether some row with this key was held or rejected, or may have been by a run whose rejects
    /// were purged.
    pub fn has_key(&self, kind: SourceKind, key: &str, file: &str) -> bool {
        let known = !self.keys.is_empty() && self.keys.contains(&(kind.name(), truncate_key(key)));
        known || !self.purged.is_empty() && self.purged.contains(&(kind.name().to_owned(), file.to_owned()))
    }
}

/// What the given files hold: kind, name, BLAKE3.
#[derive(Clone, Debug, Default)]
pub struct Hashes(HashMap<(&'static str, String), String>);

impl Hashes {
    /// Reads the files.
    pub fn of(exports: &Exports) -> anyhow::Result<Self> {
        let mut hashes = HashMap::new();
        for export in &exports.exports {
            let mut hasher = blake3::Hasher::new();
            let file = File::open(&export.path).with_context(|| export.path.display().to_string())?;
            hasher.update_reader(file).with_context(|| export.path.display().to_string())?;
            let key = (export.kind.name(), export.file.clone());
            hashes.insert(key, hasher.finalize().to_hex().to_string());
        }
        Ok(Self(hashes))
    }

    /// Whether a run has read the very file that is given under this name.
    pub fn same(&self, run: &StandingRun, kind: SourceKind, file: &str) -> bool {
        let Some(hash) = self.0.get(&(kind.name(), file.to_owned())) else { return false };
        let files = run.options.get("files").and_then(|files| files.as_array());
        files
            .into_iter()
            .flatten()
            .any(|known| known[0] == kind.name() && known[1] == file && known[2] == hash.as_str())
    }
}

/// Compares a reject with the row that it is about: `key` and `amount` as the row has them, and
/// what the row alone lets one find.
pub fn compare(
    check: &mut VerifyCheck,
    reject: &ImportReject,
    row: &ExportRow,
    key: &str,
    findings: &[Finding],
    amount: Money,
) {
    let who = format!("reject of {} record {}", reject.file, reject.record);
    let mut hold = |holds: bool, field: &str| check.compare(holds, || format!("{who}: {field}"));
    hold(u64::try_from(reject.line) == Ok(row.line), "line");
    hold(reject.source_key.as_deref().unwrap_or("") == truncate_key(key), "sourceKey");
    hold(reject.amount == Some(amount), "amount");
    let own: Vec<&Finding> = findings.iter().filter(|finding| finding.severity() >= Severity::Held).collect();
    for finding in &own {
        hold(reject.reason.contains(&finding.reason()), "reason");
    }
    let code = Code::find(&reject.code);
    let of_own = own.iter().find(|finding| Some(finding.code) == code);
    hold(of_own.is_some() || !matches!(code, Some(code) if is_of_the_row(code)), "code");
    if let Some(finding) = of_own {
        let same =
            own.iter().any(|other| other.code == finding.code && other.column == reject.column.as_deref());
        hold(same, "column");
    }
    if row.cells.is_some() && worst_severity(findings) >= Severity::Held {
        hold(code.is_some_and(|code| code.info().severity >= worst_severity(findings)), "code");
    }
}

/// Whether a code can be told from the row alone.
fn is_of_the_row(code: Code) -> bool {
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
    )
}
