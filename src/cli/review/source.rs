//! What a page of decisions needs to know of its cases.

use crate::domain::money::Money;

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nobody has decided.
    Waiting,
    /// Decided for somebody.
    Accepted,
    /// Decided against everybody.
    Rejected,
}

/// A case in the list.
#[derive(Clone, Debug)]
pub(crate) struct ReviewEntry {
    /// By what people call it.
    pub(crate) key: String,
    /// Where it stands.
    pub(crate) standing: Standing,
    /// What hangs on it.
    pub(crate) amount: Money,
    /// What a search looks through, in lower case.
    pub(crate) searched: String,
}

/// Somebody who may be chosen.
#[derive(Clone, Debug)]
pub(crate) struct CandidateChoice {
    /// Who that is.
    pub(crate) title: String,
    /// Why.
    pub(crate) detail: String,
}

/// A case in full.
#[derive(Clone, Debug)]
pub(crate) struct ReviewCase {
    /// Its heading.
    pub(crate) title: String,
    /// What is known, each with its name.
    pub(crate) facts: Vec<(&'static str, String)>,
    /// Who may be chosen, the likeliest first.
    pub(crate) choices: Vec<CandidateChoice>,
}

/// What is decided of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReviewVerdict {
    /// This one of the choices.
    Accept(usize),
    /// Somebody new.
    New,
    /// Nobody.
    Reject,
}

/// What the page says of cases of this kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wording {
    /// What an amount is.
    pub(crate) amount: &'static str,
    /// What the keys do, in a line of 80 characters at most.
    pub(crate) keys: &'static str,
    /// What is said of a case without any choice.
    pub(crate) no_choice: &'static str,
}

/// The cases, and how they are decided. Each decision is carried out at once, as a run of its own: whatever becomes of the
/// terminal, nothing that was decided is lost.
pub(crate) trait ReviewSource {
    /// What the page says of them.
    fn wording(&self) -> Wording;

    /// All cases, in the order in which they are shown.
    fn entries(&self) -> Vec<ReviewEntry>;

    /// One of them in full.
    fn case(&mut self, at: usize) -> ReviewCase;

    /// Carries a decision out, and returns the run.
    ///
    /// # Errors
    /// Whatever refuses it; nothing has changed then.
    fn decide(&mut self, at: usize, verdict: ReviewVerdict) -> anyhow::Result<String>;

    /// Takes a decision of this sitting back by its run, exactly; without a run, whatever a person has decided before.
    ///
    /// # Errors
    /// Whatever refuses it; nothing has changed then.
    fn take_back(&mut self, at: usize, run: Option<&str>) -> anyhow::Result<()>;
}
