//! How SQLite goes about the tool's questions: none goes through a table once for each row of another, which takes no time in
//! a test and minutes in a shop of a million orders.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::library::Cell;
use crate::support::queries::{text, texts};
use crate::support::questions::questions;
use crate::support::{AppDatabase, Engine, fixture};

/// Tables that hold a row for each command or file, and not for each order or person.
const SHORT: [&str; 3] = ["SejoliImportRun", "SejoliImportLock", "SejoliBackup"];

/// Forms that PostgreSQL answers by going through rows again for each row of another table: the least text by walking
/// through all of them in their order, and a list that its memory does not hold by walking through the list.
const SLOW_ON_POSTGRES: [&str; 3] = ["(SELECT min(", "(SELECT max(", "NOT IN (SELECT"];

/// A step of a plan: the step that it is part of, and what is done.
type Step = (i64, String);

fn plan(db: &AppDatabase, question: &str) -> BTreeMap<i64, Step> {
    let number = |cell: &Cell| match cell {
        Cell::Int(number) => *number,
        other => panic!("no number: {other:?}"),
    };
    let rows = db.query(&format!("EXPLAIN QUERY PLAN {}", question.replace('?', ":cell")));
    rows.iter().map(|row| (number(&row[0]), (number(&row[1]), text(&row[3])))).collect()
}

/// The table that a step goes through from one end to the other.
fn scanned<'p>(what: &'p str, tables: &BTreeSet<String>) -> Option<&'p str> {
    let mut words = what.strip_prefix("SCAN ")?.split(' ');
    let name = words.next()?;
    let short = SHORT.contains(&name) || words.next() == Some("VIRTUAL");
    (tables.contains(name) && !short).then_some(name)
}

/// The tables that are gone through once for each row of something.
fn scanned_again_and_again(plan: &BTreeMap<i64, Step>, tables: &BTreeSet<String>) -> BTreeSet<String> {
    let is_loop = |what: &str| what.starts_with("SCAN ") || what.starts_with("SEARCH ");
    let within_loop = |at: i64, parent: i64| {
        plan.range(..at).any(|(_, (of, what))| *of == parent && is_loop(what))
            || std::iter::successors(Some(parent), |step| plan.get(step).map(|(parent, _)| *parent))
                .filter_map(|step| plan.get(&step))
                .any(|(_, what)| what.starts_with("CORRELATED"))
    };
    let steps = plan.iter().filter(|(at, (parent, _))| within_loop(**at, *parent));
    steps.filter_map(|(_, (_, what))| scanned(what, tables)).map(str::to_owned).collect()
}

#[test]
fn no_question_goes_through_a_table_for_each_row_of_another() {
    let db = AppDatabase::with_access(Engine::Sqlite);
    let (files, out) = (fixture("clean").display().to_string(), db.path("out").display().to_string());
    let commands: [&[&str]; 11] = [
        &["import", "all", &files, "--out", &out],
        &["verify", &files],
        &["import", "all", &files, "--out", &out],
        &["report"],
        &["status"],
        &["doctor"],
        &["people", "list"],
        &["mappings", "list"],
        &["grant"],
        &["purge", "--older-than", "90"],
        &["rollback", "--last", "--yes"],
    ];
    let asked: BTreeSet<String> = commands.iter().flat_map(|command| questions(&db, command)).collect();
    let tables: BTreeSet<String> =
        texts(&db, "SELECT name FROM sqlite_master WHERE type = 'table'").into_iter().collect();
    let mut wrong: Vec<String> = asked
        .iter()
        .filter(|text| SLOW_ON_POSTGRES.iter().any(|form| text.contains(form)))
        .cloned()
        .collect();
    for question in asked.iter().filter(|text| text.starts_with("SELECT") || text.starts_with("WITH")) {
        let plan = plan(&db, question);
        let again = scanned_again_and_again(&plan, &tables);
        if !again.is_empty() {
            wrong.push(format!("{again:?}: {question}\n{plan:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
