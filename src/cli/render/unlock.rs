//! The result of `unlock`.

use crate::language::tr;
use serde::Serialize;
use serde_json::{Value, json};

/// A holder of the lock, and what became of it.
#[derive(Debug, Serialize)]
pub(crate) struct HolderStatus {
    /// Command, machine, process and since when.
    pub(crate) holder: String,
    /// `gone`, `running` on this machine, or `elsewhere`.
    pub(crate) state: &'static str,
    /// Whether the lock was taken away from it.
    pub(crate) removed: bool,
}

/// The holders as a document.
pub(crate) fn document(seen: &[HolderStatus]) -> Value {
    json!({ "schema_version": 1, "holders": seen })
}

/// The holders as text.
pub(crate) fn text(seen: &[HolderStatus]) -> String {
    let line = |HolderStatus { holder, state, removed }: &HolderStatus| match (removed, *state) {
        (true, _) => tr!("the lock was taken away from {holder}\n"),
        (_, "gone") => tr!("{holder}: gone; the next command will take the lock by itself\n"),
        (_, "running") => tr!("{holder}: at work on this machine\n"),
        _ => tr!(
            "{holder}: at work on another machine, or gone for less than ten minutes; --yes takes the lock away\n"
        ),
    };
    if seen.is_empty() { tr!("nobody holds the lock\n").to_owned() } else { seen.iter().map(line).collect() }
}
