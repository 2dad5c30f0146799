//! What a look at the database finds.

use serde::Serialize;

use super::script::Object;

/// The answer in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
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
pub enum State {
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
pub struct Finding {
    /// What was found.
    pub state: State,
    /// The thing.
    #[serde(flatten)]
    pub object: Object,
    /// What it means, in one line.
    pub meaning: String,
}

/// What `schema check` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The answer in a word.
    pub verdict: Verdict,
    /// Everything that was looked at.
    pub findings: Vec<Finding>,
}

impl Check {
    /// The findings in one state.
    pub fn of(&self, state: State) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.state == state)
    }
}
