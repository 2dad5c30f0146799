//! Values that should be there once: `verify` looks for them where no unique index keeps them so.

use crate::support::exit_code::{DONE, VERIFICATION_FAILED};
use crate::support::questions::questions;
use crate::support::{AppDatabase, Engine, drop_index, fixture, imported, on_each_engine};

/// What is kept unique, by its table and its column, and what `verify` says of one that is there twice.
const UNIQUE: [(&str, &str, &str); 3] = [
    ("Transaction", "externalId", "Sejoli order in several transactions"),
    ("Transaction", "invoiceNumber", "invoice number of several transactions"),
    ("AffiliateConversion", "transactionId", "conversion twice for one transaction"),
];

/// Adds a row of a table once more, under another id.
fn repeat_a_row(db: &AppDatabase, table: &str) {
    let first = format!("SELECT min(\"id\") FROM \"{table}\"");
    db.sql(&format!("CREATE TABLE \"Again\" AS SELECT * FROM \"{table}\" WHERE \"id\" = ({first})"));
    db.sql("UPDATE \"Again\" SET \"id\" = 'again'");
    db.sql(&format!("INSERT INTO \"{table}\" SELECT * FROM \"Again\""));
    db.sql("DROP TABLE \"Again\"");
}

/// How many of these columns `verify` looks into.
fn looked_into(db: &AppDatabase) -> usize {
    let asked = questions(db, &["verify"]);
    let is_looked_into = |column: &&str| {
        let grouped = format!("GROUP BY \"{column}\" HAVING");
        asked.iter().any(|question| question.contains(&grouped))
    };
    UNIQUE.iter().map(|(_, column, _)| *column).filter(|column| is_looked_into(column)).count()
}

fn what_no_index_keeps_unique_is_looked_for(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", &fixture("clean"), &[], DONE);
    assert_eq!(looked_into(&db), 0, "the indexes keep repeated values out");
    for (table, column, _) in UNIQUE {
        // MySQL keeps an index that a foreign key needs.
        let of_key = format!("CREATE INDEX \"{column}_of_key\" ON \"{table}\"(\"{column}\")");
        db.sql(&of_key);
        db.sql(&drop_index(engine, table, &format!("{table}_{column}_key")));
        if engine == Engine::Sqlite || engine.is_postgres() {
            let part = format!("CREATE UNIQUE INDEX \"part_of_{column}\" ON \"{table}\"(\"{column}\")");
            db.sql(&format!("{part} WHERE \"id\" <> 'again'"));
        }
    }
    assert_eq!(looked_into(&db), UNIQUE.len(), "an index over a part of the rows keeps nothing out");
    for table in ["Transaction", "AffiliateConversion"] {
        repeat_a_row(&db, table);
    }
    let verified = db.run(&["verify"]);
    assert_eq!(verified.code, VERIFICATION_FAILED, "{verified:?}");
    for (.., what) in UNIQUE {
        assert!(verified.prose().contains(what), "{what}: {}", verified.stdout);
    }
}

on_each_engine!(what_no_index_keeps_unique_is_looked_for);
