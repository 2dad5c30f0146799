//! The changes of a dry run, row by row.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::cli::changes::{ChangeList, ChangesOfKind};
use crate::cli::render::changed_value::{shown_subject, shown_value};
use crate::cli::render::table::number;
use crate::domain::text::excerpt;
use crate::language::{said_or_same, tr};
use crate::row_changes::{ChangeAction, RowChange};

/// The widest value on a screen.
const WIDTH: usize = 22;

/// The first rows of each kind as text; nothing where nothing changes.
pub(crate) fn text(list: &ChangeList, diff: Option<&Path>) -> String {
    if list.kinds.is_empty() {
        return String::new();
    }
    let all = match diff {
        Some(file) => tr!("all of them are in {}", file.display()),
        None => tr!("`--diff FILE.csv` writes all of them").to_owned(),
    };
    let mut text = tr!("\nRow by row (the first of each kind; {all})\n");
    for ((table, action), kind) in &list.kinds {
        text.push_str(&format!("{table}: {} {}\n", number(kind.rows), action_word(*action)));
        text.push_str(&of_kind(*action, kind, list.show_pii));
    }
    text
}

fn action_word(action: ChangeAction) -> &'static str {
    match action {
        ChangeAction::Created => tr!("created"),
        ChangeAction::Changed => tr!("changed"),
        ChangeAction::Deleted => tr!("deleted"),
    }
}

fn of_kind(action: ChangeAction, kind: &ChangesOfKind, show_pii: bool) -> String {
    let mut text = String::new();
    if action != ChangeAction::Changed {
        let whose: Vec<String> = kind.first.iter().map(|change| whose(change, show_pii)).collect();
        let more = kind.rows - kind.first.len() as u64;
        let more = (more > 0).then(|| tr!("… and {} more", number(more)));
        return wrapped(whose.into_iter().chain(more));
    }
    for change in &kind.first {
        text.push_str(&format!("  {}\n", whose(change, show_pii)));
        for column in &change.columns {
            let value = |value| {
                let shown = shown_value(change.table, column.column, value, show_pii);
                shown.map_or(tr!("nothing").to_owned(), |shown| excerpt(&shown, WIDTH))
            };
            let (from, to) = (value(&column.from), value(&column.to));
            text.push_str(&format!("    {:<18} {from} → {to}\n", column.column));
        }
    }
    let more = kind.rows - kind.first.len() as u64;
    if more > 0 {
        text.push_str(&tr!("  … and {} more\n", number(more)));
    }
    text
}

/// Words with commas between them, in lines of a terminal's width.
fn wrapped(words: impl Iterator<Item = String>) -> String {
    let mut lines = vec![String::new()];
    for word in words {
        let last = lines.last_mut().expect("there is a line");
        if last.is_empty() {
            *last = word;
        } else if last.chars().count() + word.chars().count() + 4 > 78 {
            last.push(',');
            lines.push(word);
        } else {
            last.push_str(", ");
            last.push_str(&word);
        }
    }
    lines.into_iter().map(|line| format!("  {line}\n")).collect()
}

fn whose(change: &RowChange, show_pii: bool) -> String {
    format!(
        "{} {}",
        said_or_same(change.subject.what),
        excerpt(&shown_subject(&change.subject, show_pii), 40)
    )
}

/// The same as a document.
pub(crate) fn document(list: &ChangeList) -> Json {
    let row = |change: &RowChange| {
        let column = |column: &crate::row_changes::ColumnChange| {
            let value = |value| shown_value(change.table, column.column, value, list.show_pii);
            json!({ "column": column.column, "from": value(&column.from), "to": value(&column.to) })
        };
        json!({
            "id": change.id,
            "what": change.subject.what,
            "whose": shown_subject(&change.subject, list.show_pii),
            "columns": change.columns.iter().map(column).collect::<Vec<_>>(),
        })
    };
    let kind = |((table, action), kind): (&(&'static str, ChangeAction), &ChangesOfKind)| {
        let first: Vec<Json> = kind.first.iter().map(row).collect();
        json!({ "table": table, "action": action, "rows": kind.rows, "first": first })
    };
    list.kinds.iter().map(kind).collect()
}
