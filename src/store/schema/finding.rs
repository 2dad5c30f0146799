//! What a look at the database finds.

use serde::Serialize;

use crate::store::schema::object::Object;

/// The answer in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SchemaVerdict {
    /// An import can begin.
    Ready,
    /// The app's database, without something that `schema apply` adds.
    NeedsApply,
    /// The app's database, with something that stops an import.
    Incompatible,
    /// No tables at all.
    Empty,
    /// Tables, but not the app's.
    NotOurs,
}

/// What was found of one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ObjectState {
    /// There, as it should be.
    Present,
    /// Not there; `schema apply` adds it.
    Missing,
    /// Stops an import.
    Incompatible,
    /// Worth knowing; stops nothing.
    Note,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct SchemaFinding {
    /// What was found.
    pub state: ObjectState,
    /// The thing.
    #[serde(flatten)]
    pub object: Object,
    /// What it means, in one line.
    pub meaning: String,
}

/// What `schema check` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct SchemaCheck {
    /// The answer in a word.
    pub verdict: SchemaVerdict,
    /// Everything that was looked at.
    pub findings: Vec<SchemaFinding>,
}

impl SchemaCheck {
    /// The findings in one state.
    pub(crate) fn of(&self, state: ObjectState) -> impl Iterator<Item = &SchemaFinding> {
        self.findings.iter().filter(move |finding| finding.state == state)
    }
}
