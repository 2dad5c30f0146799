//! The run: its books, what it has noticed and kept out, and its times. They are added up from the app's own log of
//! imports, batch by batch, and from the rejects; the report has them from the run's checkpoint.

use serde_json::Value;

use super::super::database::named;
use super::super::figures::{Figures, collect};
use crate::support::AppDatabase;
use crate::support::library::Cell;

/// A batch, as the app's log has it.
struct Batch {
    phase: String,
    books: Value,
    began: i64,
    ended: i64,
}

pub(super) fn enter_all(db: &AppDatabase, run: &str, report: &Value, figures: &mut Figures) {
    let batches = batches(db, run);
    books(&batches, report, figures);
    times(&batches, figures);
    findings(db, run, &batches, figures);
    evidence(db, run, figures);
}

fn batches(db: &AppDatabase, run: &str) -> Vec<Batch> {
    let rows = db.query(&format!(
        "SELECT \"summary\", \"startedAt\", \"completedAt\" FROM \"DataImportLog\" \
         WHERE json_extract(\"summary\", '$.run') = '{run}' ORDER BY \"batchNumber\""
    ));
    let batch = |row: Vec<Cell>| {
        let [Cell::Text(summary), Cell::Int(began), Cell::Int(ended)] = &row[..] else { panic!("{row:?}") };
        let summary: Value = serde_json::from_str(summary).expect("a summary");
        let phase = summary["phase"].as_str().expect("a phase").to_owned();
        Batch { phase, books: summary["books"].clone(), began: *began, ended: *ended }
    };
    rows.into_iter().map(batch).collect()
}

/// The columns of the books.
const BOOKS: [&str; 6] = ["read", "created", "updated", "unchanged", "held", "rejected"];

fn books(batches: &[Batch], report: &Value, figures: &mut Figures) {
    // A phase that had nothing to do has no batch, and its books are empty.
    for phase in report["phases"].as_array().expect("phases") {
        for place in BOOKS
            .iter()
            .flat_map(|column| ["rows", "amount", "unreadable"].map(|unit| format!("{column}.{unit}")))
        {
            figures.insert(format!("phases[{}][1].{place}", phase[0].as_str().expect("a name")), 0);
        }
    }
    for batch in batches {
        let mut of_batch = Figures::new();
        collect(&batch.books, &format!("phases[{}][1]", batch.phase), &mut of_batch);
        for (place, figure) in of_batch {
            *figures.entry(place).or_default() += figure;
        }
    }
}

/// How long the batches of a phase took, where what they have in common is counted once.
fn times(batches: &[Batch], figures: &mut Figures) {
    let mut phases: Vec<&str> = batches.iter().map(|batch| batch.phase.as_str()).collect();
    phases.sort_unstable();
    phases.dedup();
    for phase in phases {
        let mut spans: Vec<(i64, i64)> = batches
            .iter()
            .filter(|batch| batch.phase == phase)
            .map(|batch| (batch.began, batch.ended))
            .collect();
        let place = format!("timing[{phase}]");
        let count = i64::try_from(spans.len()).expect("few batches");
        let records = figures[&format!("phases[{phase}][1].read.rows")];
        spans.sort_unstable();
        let (mut milliseconds, mut until) = (0, i64::MIN);
        for (began, ended) in spans {
            milliseconds += (ended - began.max(until)).max(0);
            until = until.max(ended);
        }
        figures.insert(format!("{place}.batches"), count);
        figures.insert(format!("{place}.records"), records);
        figures.insert(format!("{place}.milliseconds"), milliseconds);
        if records > 0 {
            figures.insert(format!("{place}.per_second"), records * 1_000 / milliseconds.max(1));
        }
    }
}

fn findings(db: &AppDatabase, run: &str, batches: &[Batch], figures: &mut Figures) {
    let rejects = format!("FROM \"SejoliImportReject\" WHERE \"runId\" = '{run}'");
    let mut found = Figures::new();
    for batch in batches {
        for (code, count) in batch.books["findings"].as_object().expect("findings") {
            *found.entry(format!("{} {code}", batch.phase)).or_default() += count.as_i64().expect("a number");
        }
    }
    let kept_out: Figures =
        named(db, &format!("SELECT \"kind\" || ' ' || \"code\", COUNT(*) {rejects} GROUP BY 1"))
            .into_iter()
            .map(|(name, count)| (name, count[0]))
            .collect();
    for name in found.keys().chain(kept_out.keys()) {
        let kept = kept_out.get(name).copied().unwrap_or(0);
        let noticed = found.get(name).copied().unwrap_or(0).max(kept);
        figures.insert(format!("findings[{name}].found"), noticed);
        figures.insert(format!("findings[{name}].kept_out"), kept);
    }
    for (name, count) in &kept_out {
        figures.insert(format!("waiting[{name}][2]"), *count);
    }
    let lines = named(
        db,
        &format!(
            "SELECT \"kind\" || ' ' || \"code\", \"line\", \
             ROW_NUMBER() OVER (PARTITION BY \"kind\", \"code\" ORDER BY \"file\", \"record\", \"id\") {rejects}"
        ),
    );
    for (name, row) in lines.iter().filter(|(_, row)| row[1] <= 5) {
        figures.insert(format!("findings[{name}].places[{}].line", row[1] - 1), row[0]);
    }
}

/// What the run has recorded of the app's schema and rows; a number among it is shown as it is.
fn evidence(db: &AppDatabase, run: &str, figures: &mut Figures) {
    let sql = format!(
        "SELECT e.key, CAST(e.value AS INTEGER) FROM \"SejoliImportRun\" r, \
         json_each(r.\"options\", '$.convention_evidence') e \
         WHERE r.\"id\" = '{run}' AND e.type = 'integer'"
    );
    for (name, number) in named(db, &sql) {
        figures.insert(format!("details.convention_evidence[{name}][1]"), number[0] * 100);
    }
}
