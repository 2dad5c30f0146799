//! The document that a notification is, described by `docs/schema/notification.schema.json`.

use chrono::SecondsFormat;
use serde_json::{Value, json};

use crate::domain::books::Books;
use crate::failure::ExitCode;
use crate::monitor::state::CommandState;

/// What a notification is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The command begins.
    Start,
    /// It has done its work, also where rows were left.
    End,
    /// It was refused, has failed, was stopped, or has found a difference.
    Failure,
}

impl Event {
    /// The event that an exit code is.
    pub(super) fn of_exit(code: ExitCode) -> Self {
        match code {
            ExitCode::Done | ExitCode::RowsLeft => Event::End,
            _ => Event::Failure,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Event::Start => "start",
            Event::End => "end",
            Event::Failure => "failure",
        }
    }
}

/// The document: figures, names of phases and codes. Messages are left out, since they may quote a row or a path.
pub(super) fn document(event: Event, state: &CommandState) -> Value {
    let at = state.ended.map_or(state.began_at, |(at, _)| at);
    let ended = state.ended.map(|(_, code)| json!({ "code": code as u8, "meaning": code.word() }));
    json!({
        "schema_version": 1,
        "event": event.word(),
        "at": at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "tool": { "name": "sejoli-migrate", "version": env!("CARGO_PKG_VERSION") },
        "command": state.command,
        "run": state.run,
        "dry_run": state.dry_run,
        "seconds": (state.seconds() * 1000.0).round() / 1000.0,
        "exit": ended,
        "rows": rows(&state.books),
        "differences": state.differences,
    })
}

/// What became of all rows; nothing where the command has not come to its books.
fn rows(books: &[(String, Books)]) -> Value {
    if books.is_empty() {
        return Value::Null;
    }
    let mut all = Books::default();
    books.iter().for_each(|(_, books)| all.merge(books));
    json!({
        "read": all.read.rows,
        "created": all.created.rows,
        "updated": all.updated.rows,
        "unchanged": all.unchanged.rows,
        "held": all.held.rows,
        "rejected": all.rejected.rows,
    })
}
