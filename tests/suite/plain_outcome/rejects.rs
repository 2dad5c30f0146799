//! `--max-rejects` counts whatever would be held or rejected, also what only the app knows.

use super::{ALL, clean};
use crate::support::exit_code::{DONE, REFUSED, ROWS_LEFT, USAGE};
use crate::support::{AS_OF, AppDatabase, Compared, Engine, assert_same, dump, on_each_engine};

fn l38_rows_that_only_the_app_would_hold_count_as_rejects(engine: Engine) {
    let (files, db) = (clean(&ALL), AppDatabase::new(engine));
    let (path, out) = (files.path().display().to_string(), db.path("out").display().to_string());
    let before = dump(&db, Compared::Everything);
    let import =
        |more: &[&str]| db.run(&[&["import", "all", &path, "--out", &out, "--as-of", AS_OF], more].concat());
    // Without --create-memberships the app lacks all that the map names, which no file tells.
    let refused = import(&["--max-rejects", "1%"]);
    assert_eq!(refused.code, REFUSED, "{refused:?}");
    let rows = files.sheet("memberships.csv").len();
    assert!(refused.stderr.contains(&format!("{rows} of ")), "{}", refused.stderr);
    assert!(refused.stderr.contains("nothing was written"), "{}", refused.stderr);
    assert_same(&before, &dump(&db, Compared::Everything), "nothing is written");
    let folders = || std::fs::read_dir(db.path("out")).expect("a folder").count();
    assert_eq!(folders(), 1, "it lists the rows");
    assert_eq!(import(&["--max-rejects", "100%"]).code, ROWS_LEFT);
    assert_eq!(folders(), 2, "a rehearsal that is let through leaves nothing behind");
    assert_eq!(db.import("all", files.path(), &["--max-rejects", "0"]).code, DONE);
    assert_eq!(import(&["--max-rejects", "1%", "--partition", "1/2"]).code, USAGE);
}

on_each_engine!(l38_rows_that_only_the_app_would_hold_count_as_rejects);
