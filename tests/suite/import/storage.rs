//! Times are stored in the form in which the app stores them.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::exit_code::DONE;
use crate::support::{AppDatabase, Engine, Exports, count, imported, text, texts};

/// Every time in the database by its storage class, the tool's own catalogue left out.
fn time_classes(db: &AppDatabase) -> BTreeMap<String, BTreeSet<String>> {
    let columns = db.query(
        "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' \
         AND c.type = 'DATETIME' AND m.name <> 'SejoliSchemaObject' ORDER BY 1, 2",
    );
    let mut classes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for column in columns {
        let (table, column) = (text(&column[0]), text(&column[1]));
        let sql = format!(
            "SELECT DISTINCT typeof(\"{column}\") FROM \"{table}\" WHERE \"{column}\" IS NOT NULL \
             AND NOT (typeof(\"{column}\") = 'text' AND \"{column}\" NOT LIKE '____-__-__T__:__:__.___+00:00')"
        );
        for class in texts(db, &sql) {
            classes.entry(class).or_default().insert(format!("{table}.{column}"));
        }
        let all = format!("\"{column}\" IS NOT NULL");
        let told = format!(
            "{all} AND (typeof(\"{column}\") = 'integer' OR \"{column}\" LIKE '____-__-__T__:__:__.___+00:00')"
        );
        assert_eq!(count(db, &table, &all), count(db, &table, &told), "{table}.{column} holds another form");
    }
    classes
}

#[test]
fn times_are_kept_in_the_form_of_the_app() {
    let (exports, _) = Exports::generated(60);
    let numbers = AppDatabase::new(Engine::Sqlite);
    imported(&numbers, "all", exports.path(), &[], DONE);
    let classes = time_classes(&numbers);
    assert_eq!(classes.keys().collect::<Vec<_>>(), ["integer"], "{classes:?}");

    let words = AppDatabase::new(Engine::Sqlite);
    words.sql(
        "INSERT INTO \"User\" (\"id\", \"email\", \"name\", \"createdAt\", \"updatedAt\") VALUES \
         ('u1', 'lama@example.org', 'Lama', '2024-03-05T06:07:08.009+00:00', '2024-03-05T06:07:08.009+00:00')",
    );
    imported(&words, "all", exports.path(), &[], DONE);
    let classes = time_classes(&words);
    assert_eq!(classes.keys().collect::<Vec<_>>(), ["text"], "{classes:?}");
    let same = |db: &AppDatabase, sql: &str| db.number(sql);
    assert_eq!(
        same(&numbers, "SELECT SUM(\"createdAt\") FROM \"Transaction\""),
        same(
            &words,
            "SELECT SUM(CAST(strftime('%s', \"createdAt\") AS INTEGER) * 1000) FROM \"Transaction\""
        ),
        "both forms tell the same times"
    );
    let document = imported(&words, "all", exports.path(), &[], DONE);
    assert_eq!(document["total"]["tables"], serde_json::json!({}), "L13, in text form as well");
}
