//! What `--version` says of the binary.

use crate::support::{AppDatabase, Engine, texts, tool};

#[test]
fn the_long_form_names_commit_engines_and_tables_and_the_short_one_a_line() {
    let first = format!("sejoli-migrate {}", env!("CARGO_PKG_VERSION"));
    assert_eq!(tool(&["-V"]).stdout, format!("{first}\n"));
    let long = tool(&["--version"]).stdout;
    let lines: Vec<&str> = long.lines().collect();
    assert_eq!(lines[0], first);
    assert!(lines[1].strip_prefix("commit: ").is_some_and(|commit| !commit.is_empty()), "{long}");
    let engines = lines[2].strip_prefix("engines: ").expect("the engines");
    assert!(engines.starts_with("SQLite"), "{long}");
    assert_eq!(engines.contains("PostgreSQL"), cfg!(feature = "postgres"), "{long}");
    assert_eq!(engines.contains("MySQL"), cfg!(feature = "mysql"), "{long}");
    // The version of the tables is the one that a database records.
    let db = AppDatabase::new(Engine::Sqlite).with_schema();
    let newest = texts(&db, "SELECT MAX(\"version\") FROM \"__diesel_schema_migrations\"").remove(0);
    assert_eq!(lines[3], format!("the tool's own tables: version {newest}"));
    assert_eq!(lines.len(), 4, "{long}");
}
