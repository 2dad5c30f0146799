//! `schema print` prints what `apply` makes, for Prisma and as SQL.

use super::SchemaDatabase;
use crate::support::exit_code::DONE;
use crate::support::{Engine, on_each_engine};

fn everything_that_is_added_is_printed_for_prisma(engine: Engine) {
    let db = SchemaDatabase::of_the_app(engine);
    db.schema_command(&["apply"]);
    let (_, status, _) = db.schema_command(&["status"]);
    let printed = db.0.run(&["schema", "print", "--format", "prisma"]);
    assert_eq!(printed.code, DONE, "{}", printed.stderr);
    for object in status["added"].as_array().expect("objects") {
        let (table, name) = (object["table"].as_str().unwrap(), object["name"].as_str().unwrap());
        let line = match object["kind"].as_str() {
            Some("table") if name.starts_with("__") => format!("@@map(\"{name}\")"),
            Some("column") => format!("//   {name} "),
            _ => format!("model {table} {{"),
        };
        assert!(printed.stdout.contains(&line), "{line}");
    }
}

fn the_sql_that_is_printed_makes_what_apply_makes(engine: Engine) {
    let db = SchemaDatabase::with(engine, "SELECT 1");
    let printed = db.0.run(&["schema", "print", "--format", "sql"]);
    db.run(&printed.stdout);
    let document = db.expect("needs_apply");
    let missing =
        document["findings"].as_array().unwrap().iter().filter(|finding| finding["state"] == "missing");
    let names: Vec<_> = missing.filter_map(|finding| finding["name"].as_str()).collect();
    assert_eq!(names, ["__diesel_schema_migrations"]);
    assert_eq!(db.apply(), 1);
}

on_each_engine!(
    everything_that_is_added_is_printed_for_prisma,
    the_sql_that_is_printed_makes_what_apply_makes,
);
