//! `verify` right after other commands: clean, or it names the one command that is missing.

use super::{ALL, clean};
use crate::support::exit_code::DONE;
use crate::support::{AppDatabase, Engine, imported, on_each_engine, texts};

fn assert_verified(db: &AppDatabase, files: &str, after: &str) {
    for args in [&["verify", files][..], &["verify"]] {
        let outcome = db.run(args);
        assert_eq!(outcome.code, DONE, "after {after}, {args:?}: {}{}", outcome.stdout, outcome.stderr);
    }
}

fn l38_a_shop_that_is_imported_in_parts_is_verified_at_the_end(engine: Engine) {
    let (files, db) = (clean(&ALL), AppDatabase::new(engine));
    let path = files.path().display().to_string();
    for what in ["affiliates", "orders", "memberships"] {
        imported(&db, what, files.path(), &[], DONE);
    }
    assert_verified(&db, &path, "all parts");
    imported(&db, "all", files.path(), &[], DONE);
    assert_verified(&db, &path, "an import of all again");
    for run in texts(&db, "SELECT \"id\" FROM \"SejoliImportRun\" ORDER BY \"startedAt\"") {
        assert_eq!(db.run(&["purge", &run, "--yes"]).code, DONE);
    }
    assert_verified(&db, &path, "a purge");
}

fn l38_the_part_that_is_missing_is_named(engine: Engine) {
    let (files, db) = (clean(&ALL), AppDatabase::new(engine));
    let path = files.path().display().to_string();
    for (what, missing) in [("affiliates", "import orders"), ("orders", "import memberships")] {
        imported(&db, what, files.path(), &[], DONE);
        let outcome = db.run(&["verify", &path]);
        assert_ne!(outcome.code, DONE, "{what}: {}", outcome.stdout);
        assert!(outcome.prose().contains(missing), "{what}: {}", outcome.stdout);
    }
}

on_each_engine!(
    l38_a_shop_that_is_imported_in_parts_is_verified_at_the_end,
    l38_the_part_that_is_missing_is_named,
);
