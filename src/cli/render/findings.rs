//! What `import` and `validate` both say at the end: findings, unmapped products, files.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::cli::render::table::number;
use crate::domain::finding::Code;
use crate::domain::text::excerpt;
use crate::language::tr;
use crate::pipeline::read::first_pass_counts::ProductSeen;
use crate::source::FileNote;

/// How often each finding was made, the worst first.
pub(crate) fn findings_text<'a>(findings: impl Iterator<Item = (impl AsRef<str>, &'a u64)>) -> String {
    let mut counts: HashMap<Code, u64> = HashMap::new();
    for (code, count) in findings {
        if let Some(code) = Code::find(code.as_ref()) {
            *counts.entry(code).or_default() += count;
        }
    }
    let mut counts: Vec<(Code, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(code, _)| (Reverse(code.info().severity), code.info().code));
    if counts.is_empty() {
        return String::new();
    }
    let mut text = String::from(tr!("\nFindings\n"));
    for (code, count) in counts {
        let info = code.info();
        let count = number(count);
        text.push_str(&format!(
            "  {:<8} {}  {count:>7}  {}\n",
            info.severity.spoken(),
            info.code,
            info.spoken_meaning()
        ));
    }
    text
}

/// What there is to say about whole files, by their names, as documents.
pub(crate) fn notes_document(notes: &[(String, FileNote)]) -> Vec<Value> {
    let note = |(file, note): &(String, FileNote)| {
        let (info, finding) = (note.finding.code.info(), &note.finding);
        json!({
            "file": file, "line": note.line, "code": info.code, "name": info.name, "reason": finding.reason(),
        })
    };
    notes.iter().map(note).collect()
}

/// What there is to say about whole files, by their names.
pub(crate) fn notes_text(notes: &[(String, FileNote)]) -> String {
    let line = |(file, note): &(String, FileNote)| {
        let place = if note.line == 0 { file.clone() } else { tr!("{file} line {}", note.line) };
        format!("  {}  {place}: {}\n", note.finding.code.info().code, note.finding.spoken())
    };
    let lines: String = notes.iter().map(line).collect();
    if lines.is_empty() { lines } else { tr!("\nAbout the files\n{lines}") }
}

/// Products that were sold and that the product map does not have.
pub(crate) fn unmapped_text(unmapped: &[(String, ProductSeen)]) -> String {
    if unmapped.is_empty() {
        return String::new();
    }
    let mut text = String::from(tr!("\nProducts that the product map does not have\n"));
    for (product_id, seen) in unmapped {
        let name = excerpt(&seen.name, 40);
        text.push_str(&tr!("  {product_id}  {name}: {} orders, {}\n", number(seen.orders), seen.revenue));
    }
    text
}

/// The files that were written.
pub(crate) fn files_text(files: &[PathBuf]) -> String {
    if files.is_empty() {
        return String::new();
    }
    let mut text = String::from(tr!("\nFiles\n"));
    for file in files {
        text.push_str(&format!("  {}\n", file.display()));
    }
    text
}
