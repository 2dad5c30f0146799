//! The findings of `schema check`.

use serde::Serialize;

use crate::store::schema::object::Object;

/// Whether an import can begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SchemaVerdict {
    /// An import can begin.
    Ready,
    /// The app's database, without something that `schema apply` adds.
    NeedsApply,
    /// The app's database, with something that stops an import.
    Incompatible,
    /// Everything is there, and this user may only read some of it.
    ReadOnly,
    /// No tables at all.
    Empty,
    /// Tables, but not the app's.
    NotOurs,
}

/// What was found about one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ObjectState {
    /// It exists, as expected.
    Present,
    /// It does not exist; `schema apply` adds it.
    Missing,
    /// It stops an import.
    Incompatible,
    /// It fits, and this user may not write it: that stops an import, and no command that only reads.
    ReadOnly,
    /// It is worth knowing and stops nothing.
    Note,
}

/// One object that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct SchemaFinding {
    /// What was found.
    pub state: ObjectState,
    /// The object.
    #[serde(flatten)]
    pub object: Object,
    /// What it means, in one line.
    pub meaning: String,
}

/// What `schema check` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct SchemaCheck {
    /// Whether an import can begin.
    pub verdict: SchemaVerdict,
    /// Everything that was checked.
    pub findings: Vec<SchemaFinding>,
}

impl SchemaCheck {
    /// The findings in one state.
    pub(crate) fn of(&self, state: ObjectState) -> impl Iterator<Item = &SchemaFinding> {
        self.findings.iter().filter(move |finding| finding.state == state)
    }
}
