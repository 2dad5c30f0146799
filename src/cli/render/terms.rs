//! The tool's own names of phases and states in the language that is spoken. In English they are said as they are.

use crate::cli::render::page::labels;
use crate::language::{Language, current};
use crate::store::schema::words::RunState;

/// A phase, or a kind of rows.
pub(crate) fn phase(name: &str) -> String {
    match current() {
        Language::En => name.to_owned(),
        language => labels::phase(name, language),
    }
}

/// The state of a run in a sentence.
pub(crate) fn state(state: RunState) -> String {
    match current() {
        Language::En => state.as_str().to_lowercase().replace('_', " "),
        language => labels::word(state.as_str(), language),
    }
}
