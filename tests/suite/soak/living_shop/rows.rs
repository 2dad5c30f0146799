//! All rows of a database as they are stored, by table and id: to see which of them the app has touched, and whether a
//! rollback has brought every cell back.

use std::collections::BTreeMap;

use crate::support::AppDatabase;
use crate::support::library::{Cell, DatabaseUse};

/// Tables that tell of a database's runs and of its schema. A run that has written nothing may stand for ever.
const LEFT_OUT: [&str; 6] = [
    "SejoliImportRun",
    "DataImportLog",
    "SejoliImportReject",
    "SejoliSchemaObject",
    "SejoliImportLock",
    "SejoliBackup",
];

/// A row's table and id.
pub(super) type RowKey = (String, String);
/// A row's cells by column.
pub(super) type Row = BTreeMap<String, String>;

/// Every row of every table that has ids.
pub(super) fn rows(db: &AppDatabase) -> BTreeMap<RowKey, Row> {
    let mut store = db.store(DatabaseUse::Read);
    let mut all = BTreeMap::new();
    for (table, shape) in store.catalogue().expect("a catalogue") {
        let columns: Vec<&str> = shape.columns.iter().map(|column| column.name.as_str()).collect();
        if LEFT_OUT.contains(&table.as_str()) || !columns.contains(&"id") {
            continue;
        }
        let sql = format!("SELECT \"id\", \"{}\" FROM \"{table}\"", columns.join("\", \""));
        for mut row in store.query(&sql, &[]).expect("the rows") {
            let Cell::Text(id) = row.remove(0) else { panic!("{table}: an id that is no text") };
            let cells = columns.iter().map(|column| (*column).to_owned());
            let cells = cells.zip(row.iter().map(|cell| format!("{cell:?}"))).collect();
            all.insert((table.clone(), id), cells);
        }
    }
    all
}

/// The rows that are not the same in both.
pub(super) fn touched(before: &BTreeMap<RowKey, Row>, after: &BTreeMap<RowKey, Row>) -> Vec<RowKey> {
    let keys = before.keys().chain(after.keys());
    keys.filter(|key| before.get(*key) != after.get(*key)).cloned().collect()
}
