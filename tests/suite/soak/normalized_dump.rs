//! A database, every cell of every table, in a form in which two runs can be held against each other.
//!
//! What a run takes from the clock is named instead of shown, and nothing else:
//! - a cell that holds the start of the run, and a text that holds its id, which is made of that start;
//! - the ids of the run's own rows in the books, which are made of the run's id: they are worked out
//!   again, and must be what they have to be;
//! - a journal's fingerprints of written rows, which take in that start; the rollback that follows
//!   holds each of them against its row, and refuses where one does not fit;
//! - when a batch began and ended, how long it took, when the run was last heard of and when it ended.
//!
//! A journal's entry is shown image by image. Runs that were taken back are left out: the line that
//! they were is all that a rollback leaves.

use std::collections::BTreeMap;

use crate::support::library::record::Record as _;
use crate::support::library::tables::{DataImportLog, ImportJournal, ImportReject, ImportRun};
use crate::support::library::{Cell, DatabaseUse, RunState, Store, journal, runs};
use crate::support::{AppDatabase, Dump};

/// Columns that show the clock.
const CLOCK: [(&str, &[&str]); 2] = [
    (DataImportLog::TABLE.name, &["startedAt", "completedAt", "duration", "createdAt", "updatedAt"]),
    (ImportRun::TABLE.name, &["finishedAt", "updatedAt"]),
];

/// A database, table by table.
#[derive(Clone)]
pub(super) struct NormalizedDump(pub(super) Dump);

impl NormalizedDump {
    pub(super) fn of(db: &AppDatabase) -> Self {
        let mut store = db.store(DatabaseUse::Read);
        let run = runs::find(&mut store, None).expect("the runs are read");
        let names =
            run.filter(|run| run.state != RunState::RolledBack).map(|run| RunNames::of(&mut store, run));
        let catalogue = store.catalogue().expect("a catalogue");
        let mut dump = Dump::new();
        for (table, shape) in catalogue {
            let columns: Vec<&str> = shape.columns.iter().map(|column| column.name.as_str()).collect();
            let only = if table == ImportRun::TABLE.name { "WHERE \"state\" <> 'ROLLED_BACK'" } else { "" };
            let sql = format!("SELECT \"{}\" FROM \"{table}\" {only}", columns.join("\", \""));
            let rows = store.query(&sql, &[]).expect("the rows");
            let shown = rows.into_iter().map(|row| shown(&table, &columns, row, names.as_ref()));
            let mut rows: Vec<_> = shown.collect();
            rows.sort();
            dump.insert(table, rows);
        }
        Self(dump)
    }
}

/// What is named of the run that stands.
struct RunNames {
    run: ImportRun,
    start: Cell,
}

impl RunNames {
    fn of(store: &mut Store, run: ImportRun) -> Self {
        let key = [Cell::Text(run.id.clone())];
        let rows = store.query("SELECT \"startedAt\" FROM \"SejoliImportRun\" WHERE \"id\" = ?", &key);
        let start = rows.expect("the run")[0][0].clone();
        Self { run, start }
    }

    fn cell(&self, cell: &Cell) -> String {
        match cell {
            cell if *cell == self.start => "(start of the run)".to_owned(),
            Cell::Text(text) => format!("{:?}", Cell::Text(text.replace(&self.run.id, "(run)"))),
            cell => format!("{cell:?}"),
        }
    }

    /// The images of a batch.
    fn images(&self, cell: &Cell) -> String {
        let Cell::Blob(bytes) = cell else { panic!("no images: {cell:?}") };
        let mut images = journal::decode(bytes).expect("images");
        for image in &mut images {
            if let journal::Image::Inserted { after, .. }
            | journal::Image::Updated { after, .. }
            | journal::Image::Moved { after, .. } = image
            {
                *after = 0;
            }
            if let journal::Image::Updated { before, .. }
            | journal::Image::Moved { before, .. }
            | journal::Image::Deleted { before, .. } = image
            {
                for (_, cell) in before.iter_mut().filter(|(_, cell)| *cell == self.start) {
                    *cell = Cell::Text("(start of the run)".to_owned());
                }
            }
        }
        format!("{images:?}")
    }

    /// The id of a row of the run's books, worked out again from its number.
    fn row(&self, table: &str, row: &BTreeMap<&str, Cell>) -> Option<String> {
        let shown = |column: &str| match &row[column] {
            Cell::Int(number) => number.to_string(),
            Cell::Text(text) => text.clone(),
            other => panic!("{table}.{column}: {other:?}"),
        };
        let number = match table {
            table if table == DataImportLog::TABLE.name => shown("batchNumber"),
            table if table == ImportJournal::TABLE.name => shown("batch"),
            // Each kind has one file here, the first.
            table if table == ImportReject::TABLE.name => format!("{}/0/{}", shown("kind"), shown("record")),
            _ => return None,
        };
        let id = runs::row_id(&self.run.id, self.run.started_at, table, &number);
        assert_eq!(row["id"], Cell::Text(id), "{table}: the id of row {number}");
        Some(format!("(row {number} of the run)"))
    }
}

fn shown(
    table: &str,
    columns: &[&str],
    row: Vec<Cell>,
    names: Option<&RunNames>,
) -> BTreeMap<String, String> {
    let row: BTreeMap<&str, Cell> = columns.iter().copied().zip(row).collect();
    let clock = CLOCK.iter().find(|(name, _)| *name == table).map_or(&[][..], |(_, columns)| columns);
    let mut shown: BTreeMap<String, String> = BTreeMap::new();
    for (&column, cell) in &row {
        let cell = match names {
            _ if clock.contains(&column) && *cell != Cell::Null => "(clock)".to_owned(),
            Some(names) if column == "images" => names.images(cell),
            Some(names) => names.cell(cell),
            None => format!("{cell:?}"),
        };
        shown.insert(column.to_owned(), cell);
    }
    if let Some(id) = names.and_then(|names| names.row(table, &row)) {
        shown.insert("id".to_owned(), id);
    }
    shown
}

/// A comparison that finds nothing must be one that would find something: one cell, in any table.
#[test]
fn one_cell_that_differs_in_any_table_is_seen() {
    let scenario = super::Scenario::new(crate::support::Engine::Sqlite);
    scenario.expect(scenario.start(&scenario.import()), super::ROWS_LEFT);
    let whole = NormalizedDump::of(&scenario.db).0;
    let filled = || whole.iter().filter(|(_, rows)| !rows.is_empty());
    assert!(filled().count() > 15, "{} tables have rows", filled().count());
    for (table, rows) in filled() {
        let clock = CLOCK.iter().find(|(name, _)| name == table).map_or(&[][..], |(_, columns)| columns);
        let unnamed = |column: &&String| !clock.contains(&column.as_str()) && *column != "startedAt";
        let column = rows[0].keys().rfind(unnamed).expect("a column");
        let last = format!("WHERE rowid = (SELECT max(rowid) FROM \"{table}\")");
        let mut store = scenario.db.store(DatabaseUse::Write);
        store.run_script("PRAGMA foreign_keys = OFF").expect("a session");
        let before =
            store.query(&format!("SELECT \"{column}\" FROM \"{table}\" {last}"), &[]).expect("a cell");
        let set = format!("UPDATE \"{table}\" SET \"{column}\" = ? {last}");
        store.execute(&set, &[Cell::Text("another".to_owned())]).expect("an edit");
        assert_ne!(whole[table], NormalizedDump::of(&scenario.db).0[table], "{table}.{column}");
        store.execute(&set, &before[0]).expect("the cell goes back");
    }
    assert_eq!(whole, NormalizedDump::of(&scenario.db).0, "all cells are back");
}
