//! A row becomes an examined record: read by the domain's rules, with its findings.

use ::csv::StringRecord;

use crate::domain::finding::{Code, Finding, Severity, worst};
use crate::domain::order::Parsed;
use crate::source::{Cells, Export, Row};

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file, by its position among the files of its kind.
    pub file: usize,
    /// The data record, counted from 1.
    pub record: u64,
    /// The physical line on which it begins.
    pub line: u64,
}

/// A record with everything that the row alone can tell.
#[derive(Debug)]
pub struct Examined<T> {
    /// Where it stands.
    pub place: Place,
    /// The source's own key, as far as the row has one.
    pub key: String,
    /// A hash of all cells.
    pub content: u64,
    /// The record, as far as it could be read.
    pub record: Option<T>,
    /// What was noticed.
    pub findings: Vec<Finding>,
    /// The cells as JSON, where they were asked for.
    pub payload: String,
}

impl<T> Examined<T> {
    /// What becomes of the row, by the worst of its findings.
    pub fn severity(&self) -> Severity {
        worst(&self.findings)
    }
}

/// Examines one row. `key` is the position of the source's key among the kind's fields.
pub fn examine<T>(
    file: usize,
    export: &Export,
    row: Row,
    with_payload: bool,
    parse: impl Fn(&dyn Fn(usize) -> usize, &StringRecord) -> Parsed<T>,
) -> Examined<T> {
    let place = Place { file, record: row.number, line: row.line };
    let record = match row.cells {
        Cells::Whole(record) => record,
        Cells::WrongCount(record) => {
            let (found, expected) = (record.len(), export.layout.columns.len());
            let detail = format!("{found} cells, the header has {expected}");
            return broken(place, Code::WrongCellCount, detail);
        }
        Cells::NotUtf8(_) => return broken(place, Code::NotUtf8, String::new()),
    };
    let position = |field: usize| export.layout.positions[field].unwrap_or(usize::MAX);
    let parsed = parse(&position, &record);
    Examined {
        place,
        key: record.get(position(0)).unwrap_or("").trim().to_owned(),
        content: content_hash(&record),
        payload: if with_payload { payload(export, place, &record) } else { String::new() },
        record: parsed.record,
        findings: parsed.findings,
    }
}

fn broken<T>(place: Place, code: Code, detail: String) -> Examined<T> {
    let findings = vec![Finding::of_row(code, detail)];
    Examined { place, key: String::new(), content: 0, record: None, findings, payload: String::new() }
}

fn content_hash(record: &StringRecord) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(record.as_slice().as_bytes());
    for cell in record {
        hasher.update(&(cell.len() as u32).to_le_bytes());
    }
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(first)
}

/// Every cell as it was read, under its column's own name, with its place. The object is left open
/// for what the writer adds.
fn payload(export: &Export, place: Place, record: &StringRecord) -> String {
    let mut json = String::with_capacity(record.as_slice().len() * 3);
    json.push_str("{\"profile\":\"checklist\",\"file\":");
    push_json(&mut json, &export.file);
    json.push_str(&format!(",\"record\":{},\"cells\":{{", place.record));
    for (at, (column, cell)) in export.layout.columns.iter().zip(record).enumerate() {
        if at > 0 {
            json.push(',');
        }
        push_json(&mut json, column);
        json.push(':');
        push_json(&mut json, cell);
    }
    json.push('}');
    json
}

/// Appends a JSON string.
pub fn push_json(json: &mut String, text: &str) {
    let plain = text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
    if plain {
        json.push('"');
        json.push_str(text);
        json.push('"');
    } else {
        json.push_str(&serde_json::Value::from(text).to_string());
    }
}
