//! `rollback --last` is about the newest run that wrote something, and says what it is about to undo.

use super::{ALL, clean};
use crate::support::exit_code::{DONE, USAGE};
use crate::support::{
    AppDatabase, Compared, Engine, assert_same, dump, imported, json, on_each_engine, texts,
};

fn l38_the_newest_run_that_wrote_something_is_undone(engine: Engine) {
    let (files, db) = (clean(&ALL), AppDatabase::new(engine));
    let before = dump(&db, Compared::Rows);
    let first = imported(&db, "all", files.path(), &[], DONE);
    let second = imported(&db, "all", files.path(), &[], DONE);
    assert_eq!(second["total"]["tables"], serde_json::json!({}), "it writes nothing");
    let looked = json(&db.run(&["rollback", "--last", "--dry-run", "--format", "json"]));
    assert_eq!((&looked["run"], &looked["empty_runs"][0]), (&first["run"], &second["run"]));
    let undone = db.run(&["rollback", "--last", "--yes"]);
    assert_eq!(undone.code, DONE, "{undone:?}");
    let run = first["run"].as_str().expect("an id");
    for word in ["undoing run", run, "Transaction", "User"] {
        assert!(undone.stderr.contains(word), "{word}: {}", undone.stderr);
    }
    assert_same(&before, &dump(&db, Compared::Rows), "all is undone");
    assert_eq!(texts(&db, "SELECT DISTINCT \"state\" FROM \"SejoliImportRun\""), ["ROLLED_BACK"]);
    assert_eq!(db.run(&["rollback", "--last", "--yes"]).code, USAGE, "nothing is left");
}

on_each_engine!(l38_the_newest_run_that_wrote_something_is_undone);
