//! Reads an export once more, on a path of its own: one row after another, cells by the names in the
//! header. It shares with the import how bytes become rows, and nothing of what is made of them.

use crate::domain::source_kind::ExportProfile;
use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use csv::StringRecord;

use crate::domain::cell_reader::CellRules;
use crate::domain::commission_row::Commission;
use crate::domain::commission_status::CommissionStatus;
use crate::domain::date::Millis;
use crate::domain::export_fields::{FieldSpec, normalized_name};
use crate::domain::membership::Period;
use crate::domain::money::Money;
use crate::source;
use crate::source::column_map::ColumnMap;
use crate::source::{Export, FileNote};
use crate::store::schema::tables::SourceRecord;
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;
use crate::verify::stored_orders::CHUNK;

/// A file that is being read.
#[allow(missing_debug_implementations)]
pub(super) struct ExportReader {
    rows: Receiver<Vec<source::SourceRow>>,
    reading: Option<JoinHandle<anyhow::Result<Vec<FileNote>>>>,
    sheet: Arc<SheetLayout>,
}

/// What there is to know of a file to understand its rows.
#[derive(Debug)]
pub(super) struct SheetLayout {
    /// The file's name.
    pub file: String,
    /// The header's cells.
    pub columns: Vec<String>,
    /// Who wrote it.
    pub profile: ExportProfile,
    export: Export,
    /// Where each known field stands.
    places: Vec<Option<usize>>,
}

/// One row.
#[derive(Clone, Debug)]
pub(super) struct ExportRow {
    /// The data record, counted from 1.
    pub number: u64,
    /// Its first line.
    pub line: u64,
    /// Its cells; none if they do not fit the header or are no text.
    pub cells: Option<StringRecord>,
}

impl ExportReader {
    /// Opens a file that holds `fields`.
    pub(super) fn open(export: &Export, fields: &[FieldSpec]) -> Self {
        let (to_checks, rows) = sync_channel(1);
        let (file, columns) = (export.file.clone(), export.layout.columns.clone());
        let places = fields.iter().map(|field| place(field, &columns, &export.layout.map)).collect();
        let (export, own) = (export.clone(), export.clone());
        let reading =
            std::thread::spawn(move || source::read(&own, CHUNK, |rows| to_checks.send(rows).is_ok()));
        let sheet = Arc::new(SheetLayout { file, columns, profile: export.profile, export, places });
        Self { rows, reading: Some(reading), sheet }
    }

    /// The file, for whoever takes rows along.
    pub(super) fn sheet(&self) -> Arc<SheetLayout> {
        self.sheet.clone()
    }

    /// The next rows; none at the end.
    pub(super) fn chunk(&mut self) -> anyhow::Result<Vec<ExportRow>> {
        if let Ok(rows) = self.rows.recv() {
            return Ok(rows.into_iter().map(ExportRow::from).collect());
        }
        if let Some(reading) = self.reading.take() {
            reading.join().map_err(|_| anyhow::anyhow!("reading {} has panicked", self.file))??;
        }
        Ok(Vec::new())
    }
}

impl Deref for ExportReader {
    type Target = SheetLayout;

    fn deref(&self) -> &SheetLayout {
        &self.sheet
    }
}

impl SheetLayout {
    /// How its cells are read, where the runs read them by these rules.
    pub(super) fn rules(&self, run: CellRules) -> CellRules {
        self.export.rules(run)
    }

    /// A row's cell of a known field.
    pub(super) fn cell<'r>(&self, record: &'r StringRecord, field: usize) -> &'r str {
        self.places.get(field).copied().flatten().and_then(|at| record.get(at)).unwrap_or("")
    }

    /// Whether stored cells are exactly those of a row.
    pub(super) fn same_cells(&self, record: &StringRecord, stored: &Payload<'_>) -> bool {
        if stored.purged {
            return stored.content == format!("{:016x}", source::source_row::content_hash(record));
        }
        let row = || self.columns.iter().map(String::as_str).zip(record);
        let cells = &stored.cells.0;
        let in_order =
            || row().zip(cells).all(|((name, cell), (stored, text))| stored.0 == name && text.0 == cell);
        let has =
            |name: &str, cell: &str| cells.iter().any(|(stored, text)| stored.0 == name && text.0 == cell);
        cells.len() == record.len() && (in_order() || row().all(|(name, cell)| has(name, cell)))
    }
}

impl From<source::SourceRow> for ExportRow {
    fn from(row: source::SourceRow) -> Self {
        let cells = match row.cells {
            source::RowCells::Whole(cells) => Some(cells),
            source::RowCells::Broken(..) => None,
        };
        Self { number: row.number, line: row.line, cells }
    }
}

/// Where a field stands: by what the operator has said, by its name, by what people call it.
fn place(field: &FieldSpec, columns: &[String], map: &ColumnMap) -> Option<usize> {
    let find = |is: &dyn Fn(&str) -> bool| columns.iter().position(|column| is(&normalized_name(column)));
    find(&|name| map.field_of(name) == Some(field.name))
        .or_else(|| find(&|name| map.field_of(name).is_none() && name == field.name))
        .or_else(|| find(&|name| map.field_of(name).is_none() && field.is_called(name)))
}

/// The version of kept source rows that is read here; those of earlier releases have none.
const VERSION: u64 = 1;

/// A kept source row: where it stood, and its cells. It is read without the import's own reader, so that
/// a mistake in that one is noticed here.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Payload<'a> {
    #[serde(default)]
    version: Option<u64>,
    /// The file's name.
    #[serde(borrow, default)]
    pub file: Cow<'a, str>,
    /// The data record, counted from 1.
    #[serde(default)]
    pub record: u64,
    #[serde(borrow, default)]
    cells: PayloadCells<'a>,
    /// Fingerprint of the cells.
    #[serde(borrow, default)]
    content: Cow<'a, str>,
    /// Whether the cells were purged, so that only their fingerprint is left.
    #[serde(default)]
    pub purged: bool,
    #[serde(default)]
    period: serde_json::Value,
    /// Whether an order's commission was paid out, as its row says it.
    #[serde(default)]
    pub commission_paid: Option<bool>,
    #[serde(default)]
    bank: Option<String>,
    #[serde(default)]
    commission: serde_json::Value,
}

impl<'a> Payload<'a> {
    /// Reads it; one that cannot be read is no row's.
    pub(super) fn read(json: &'a str) -> Self {
        let read: Self = serde_json::from_str(json).unwrap_or_default();
        if read.version.is_none_or(|version| version == VERSION) { read } else { Self::default() }
    }

    /// Whether an order's commission was paid out, as its kept row says it, of which nothing else is read.
    pub(super) fn commission_paid(json: &str) -> Option<bool> {
        #[derive(serde::Deserialize)]
        struct Word {
            #[serde(default)]
            version: Option<u64>,
            #[serde(default)]
            commission_paid: Option<bool>,
        }
        let word: Word = serde_json::from_str(json).ok()?;
        word.commission_paid.filter(|_| word.version.is_none_or(|version| version == VERSION))
    }

    /// The cells with the names of their columns; none where they were purged.
    pub(super) fn named_cells(&self) -> impl Iterator<Item = (&str, &str)> {
        self.cells.0.iter().map(|(name, cell)| (&*name.0, &*cell.0))
    }

    /// What a row of commissions says.
    pub(super) fn commission(&self) -> Option<Commission> {
        let text = |name: &str| self.commission[name].as_str().map(str::to_owned);
        Some(Commission {
            order_id: text("order")?,
            affiliate_code: text("affiliate")?,
            tier: self.commission["tier"].as_u64()?.try_into().ok()?,
            amount: Money::from_minor(self.commission["amount"].as_i64()?),
            status: match self.commission["status"].as_str()? {
                "added" => CommissionStatus::Added,
                "pending" => CommissionStatus::Pending,
                "cancelled" => CommissionStatus::Cancelled,
                _ => return None,
            },
            paid: self.commission["paid"].as_bool()?,
        })
    }

    /// Whether bank details could be read from an affiliate's row.
    pub(super) fn has_bank(&self) -> bool {
        self.bank.is_some()
    }

    /// The period of a membership's row.
    pub(super) fn period(&self) -> Option<Period> {
        period(&self.period)
    }
}

/// The period of a membership, from its member of a kept source row.
pub(super) fn period(period: &serde_json::Value) -> Option<Period> {
    Some(Period {
        id: period["id"].as_str()?.to_owned(),
        start: Millis(period["start"].as_i64()?),
        end: Millis(period["end"].as_i64()?),
        price: period["price"].as_i64().map(Money::from_minor),
        order_id: period["order"].as_str().map(str::to_owned),
        refunded_at: period["refunded"].as_i64().map(Millis),
    })
}

#[derive(Debug, serde::Deserialize)]
struct PayloadText<'a>(#[serde(borrow)] Cow<'a, str>);

/// Names and cells as they stand in the object.
#[derive(Debug, Default)]
struct PayloadCells<'a>(Vec<(PayloadText<'a>, PayloadText<'a>)>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for PayloadCells<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PayloadCellsVisitor)
    }
}

struct PayloadCellsVisitor;

impl<'de> serde::de::Visitor<'de> for PayloadCellsVisitor {
    type Value = PayloadCells<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object of cells")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut cells = Vec::with_capacity(20);
        while let Some(cell) = map.next_entry()? {
            cells.push(cell);
        }
        Ok(PayloadCells(cells))
    }
}

/// The kept source rows of a kind with these keys (one index has both columns).
pub(super) fn kept(
    store: &Store,
    kind: SourceRecordKind,
    keys: &[&str],
) -> DeferredQuery<'static, Vec<SourceRecord>> {
    store.rows_among(Some(("kind", kind.as_str())), "sourceKey", keys)
}
