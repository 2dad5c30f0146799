//! The result of `import` and `retry`.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::cli::changes::ChangeList;
use crate::cli::render::books::{records_text, rupiah_text, written_text};
use crate::cli::render::changes;
use crate::cli::render::commissions::commissions_text;
use crate::cli::render::findings::{files_text, findings_text, notes_document, notes_text, unmapped_text};
use crate::cli::render::table::number;
use crate::domain::books::Books;
use crate::domain::finding::{Code, Finding};
use crate::domain::run_kind::RunKind;
use crate::domain::text::excerpt;
use crate::language::{current, tr};
use crate::pipeline::outcome::ImportOutcome;
use crate::pipeline::read::options::HashedFile;

/// What is listed as text of each code; `findings.csv` has all of it.
const SHOWN: usize = 10;
/// The digits of a file's hash that are shown before an import.
const HASH_SHOWN: usize = 12;
/// The longest name that a file can have.
const LONGEST_NAME: usize = 255;

/// An import as a document.
pub(crate) fn document(done: &ImportOutcome, changes: &ChangeList, diff: Option<&Path>) -> Value {
    let phases: Map<String, Value> =
        done.run.checkpoint.books.iter().map(|(name, books)| (name.clone(), json!(books))).collect();
    json!({
        "schema_version": 1,
        "run": done.run.id,
        "parent": done.parent,
        "dry_run": done.dry_run,
        "resumed": done.run.resumed,
        "phases": phases,
        "total": done.books(),
        "source_totals": done.totals,
        "notes": notes_document(&done.file_notes),
        "affiliates_to_review": done.notes.iter().map(note_document).collect::<Vec<_>>(),
        "access_notes": access_document(&done.access),
        "commissions": done.commissions,
        "unmapped_products": done.unmapped,
        "files": done.files,
        "changes": changes::document(changes),
        "diff": diff,
    })
}

/// What is about to be imported: each file with the beginning of its hash, which `report` has whole.
pub(crate) fn files_beginning(files: &[HashedFile]) -> String {
    let width = files.iter().map(|(kind, ..)| kind.chars().count()).max().unwrap_or(0);
    let line = |(kind, file, hash): &HashedFile| {
        // A file's name may hold a line break, and would add a line that looks like one of ours.
        let file = excerpt(file, LONGEST_NAME);
        format!("\n  {kind:<width$}  {file}  {}…", &hash[..HASH_SHOWN.min(hash.len())])
    };
    let lines: String = files.iter().map(line).collect();
    tr!("what is imported, with the first digits of BLAKE3:{lines}")
}

/// A retry that had nothing to import, as a document.
pub(crate) fn nothing_document(parent: &str) -> Value {
    json!({
        "schema_version": 1, "run": null, "parent": parent, "dry_run": false, "resumed": false,
        "phases": {}, "total": Books::default(), "files": [],
    })
}

/// A retry that had nothing to import, as text.
pub(crate) fn nothing_text(parent: &str) -> String {
    tr!("run {parent} has no held or rejected rows; there is nothing to import\n")
}

/// What there is to say of groups, courses and products, as documents.
pub(super) fn access_document(notes: &[Finding]) -> Vec<Value> {
    notes.iter().map(note_document).collect()
}

fn note_document(note: &Finding) -> Value {
    json!({ "code": note.code.info().code, "name": note.code.info().name, "detail": note.detail.kept() })
}

/// An import as text; `command` is the kind that was imported, or `all`.
pub(crate) fn text(command: &str, done: &ImportOutcome, changes: &ChangeList, diff: Option<&Path>) -> String {
    let books = done.books();
    let kept = if done.dry_run { tr!(" (dry run: nothing was kept)") } else { "" };
    let again = done.parent.as_ref().map_or(String::new(), |parent| tr!(", a retry of run {parent}"));
    let mut text = tr!("Import of {command}, run {}{again}{kept}\n\n", done.run.id);
    let kind = RunKind::of(command);
    text.push_str(written_text(kind, &books, done.dry_run).trim_start());
    text.push_str(&changes::text(changes, diff));
    text.push_str(&findings_text(books.findings.iter()));
    text.push_str(&notes_text(&done.file_notes));
    text.push_str(&affiliates_text(&done.notes));
    text.push_str(&access_text(&done.access));
    text.push_str(&commissions_text(&done.commissions));
    text.push_str(&unmapped_text(&done.unmapped));
    text.push_str(&files_text(&done.files));
    // What a person looks for stands where a terminal stops.
    text.push('\n');
    text.push_str(&records_text(kind, &done.run.checkpoint.books));
    text.push_str(&rupiah_text(&done.run.checkpoint.books));
    text.push_str(&remapped_text(done));
    text
}

/// What another product map has made of the orders that were imported before.
fn remapped_text(done: &ImportOutcome) -> String {
    let Some(books) = done.remapped() else { return String::new() };
    let updated = books.tables.get("Transaction").map_or(0, |tally| tally.updated);
    let edited: u64 = books.findings.values().sum();
    let mut text =
        tr!("\nAnother product map: {} orders of earlier runs were brought up to date\n", number(updated));
    if edited > 0 {
        text.push_str(&tr!("  {} were edited in the app and stay as they are\n", number(edited)));
    }
    text
}

/// What the settlement has noticed about single affiliates.
fn affiliates_text(notes: &[Finding]) -> String {
    if notes.is_empty() {
        return String::new();
    }
    let mut by_code: BTreeMap<Code, Vec<&Finding>> = BTreeMap::new();
    for note in notes {
        by_code.entry(note.code).or_default().push(note);
    }
    let mut text = String::from(tr!("\nAffiliates to review\n"));
    for (code, notes) in by_code {
        let code = code.info().code;
        for note in notes.iter().take(SHOWN) {
            text.push_str(&format!("  {code}  {}\n", note.detail.spoken()));
        }
        if notes.len() > SHOWN {
            text.push_str(&tr!("  {code}  … and {} more, in findings.csv\n", notes.len() - SHOWN));
        }
    }
    text
}

/// What there is to say of groups, courses and products.
pub(super) fn access_text(notes: &[Finding]) -> String {
    let mut text = String::new();
    for notes in notes.chunk_by(|one, next| one.code == next.code) {
        let info = notes[0].code.info();
        text.push_str(&format!("  {}  {} {}\n", info.code, info.spoken_meaning(), info.spoken_advice()));
        for note in notes.iter().take(SHOWN) {
            text.push_str(&format!("            {}\n", note.detail.spoken()));
        }
        if notes.len() > SHOWN {
            text.push_str(&tr!(
                "            … and {} more (--format json lists them all)\n",
                notes.len() - SHOWN
            ));
        }
    }
    if text.is_empty() { text } else { tr!("\nGroups, courses and products\n{text}") }
}

/// What is left to correct, and the command to type next.
pub(crate) fn next_text(done: &ImportOutcome, took: Duration, next: &str) -> String {
    let left = done.books().left();
    let took = current().span(took.as_millis() as i64);
    let mut text = tr!("\nTook {took}\n");
    if left > 0 && !done.dry_run {
        text.push_str(&tr!(
            "{} rows were held or rejected: correct them in the rejected-….csv, or correct the product map, then run \
             `sejoli-migrate retry {}`.\n",
            number(left),
            done.run.id
        ));
    }
    text + &tr!("Next: {}\n", next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_adds_no_line_to_those_before_an_import() {
        let file = ("orders".to_owned(), "orders\n  verified.csv".to_owned(), "0123456789abcdef".to_owned());
        let said = files_beginning(std::slice::from_ref(&file));
        assert_eq!(said.lines().count(), 2, "{said}");
        assert!(said.ends_with("orders  orders·  verified.csv  0123456789ab…"), "{said}");
    }
}
