//! Mappings as a file that people fill in, and the decisions in it.

use crate::decisions::candidates::Candidate;
use crate::decisions::mappings::{MappingCase, MappingCases};
use crate::decisions::sheet::{ReadRow, SheetCell, SheetForm, SheetRow};
use crate::store::codec::fingerprint::fingerprint;
use crate::store::codec::value::{Field as _, Value};

/// The columns.
pub(crate) const FORM: SheetForm = SheetForm {
    title: "Mappings",
    columns: &[
        ("code", 12.0),
        ("status", 10.0),
        ("affiliate", 24.0),
        ("email", 28.0),
        ("phone", 16.0),
        ("orders", 8.0),
        ("paid_orders", 8.0),
        ("earned", 14.0),
        ("paid_out", 14.0),
        ("owed", 14.0),
        ("notes", 40.0),
        ("user", 28.0),
        ("candidates", 60.0),
        ("decision", 30.0),
        ("why", 30.0),
        ("as_exported", 18.0),
    ],
    deciding: "decision",
};

/// The columns without which nothing can be applied.
pub(crate) const REQUIRED: &[&str] = &["code", "decision", "as_exported"];

/// The word that rejects.
pub(crate) const REJECT: &str = "REJECT";
/// The word that creates a user.
pub(crate) const NEW: &str = "NEW";
/// The word that takes a decision back.
pub(crate) const UNDO: &str = "UNDO";

/// What the deciding column says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MappingDecisionCell<'a> {
    /// A user's address or id.
    User(&'a str),
    /// A new user, with this address or the affiliate's own.
    New(Option<&'a str>),
    /// Nobody.
    Reject,
    /// Back to waiting.
    Undo,
}

impl<'a> MappingDecisionCell<'a> {
    /// Reads a cell; `None` where it is empty.
    pub(crate) fn read(cell: &'a str) -> Option<Self> {
        let (word, rest) = cell.split_once(' ').unwrap_or((cell, ""));
        let rest = Some(rest.trim()).filter(|rest| !rest.is_empty());
        Some(match word.to_uppercase().as_str() {
            "" => return None,
            REJECT => Self::Reject,
            UNDO => Self::Undo,
            NEW => Self::New(rest),
            _ => Self::User(cell),
        })
    }
}

/// A row for each mapping, those that wait first, then those of which more is owed.
pub(crate) fn rows(cases: &MappingCases, selected: &[&MappingCase]) -> Vec<SheetRow> {
    selected.iter().map(|case| row(case, &cases.candidates(case))).collect()
}

fn row(case: &MappingCase, candidates: &[Candidate]) -> SheetRow {
    let text = |text: Option<&str>| SheetCell::Text(text.unwrap_or_default().to_owned());
    let listed: Vec<String> = candidates.iter().map(named).collect();
    let cells = vec![
        text(Some(&case.code)),
        text(Some(&case.status)),
        text(Some(&case.name)),
        text(case.email.as_deref()),
        text(case.phone.as_deref()),
        SheetCell::Count(case.money.orders),
        SheetCell::Count(case.money.paid_orders),
        SheetCell::Amount(case.money.earned),
        SheetCell::Amount(case.money.paid),
        SheetCell::Amount(case.money.owed),
        text(case.notes.as_deref()),
        text(case.user.as_ref().map(|user| user.email.as_str())),
        SheetCell::Text(listed.join("; ")),
        text(None),
        text(None),
        SheetCell::Text(state(case)),
    ];
    let words = [REJECT, NEW, UNDO].map(str::to_owned);
    let choices = words.into_iter().chain(candidates.iter().map(|candidate| candidate.email.clone()));
    SheetRow { cells, choices: choices.collect() }
}

fn named(candidate: &Candidate) -> String {
    let reasons: Vec<String> = candidate.reasons.iter().map(|reason| reason.words()).collect();
    format!("{} ({})", candidate.email, reasons.join(", "))
}

/// What a mapping says, as a short text: another one is there where it was changed since.
pub(crate) fn state(case: &MappingCase) -> String {
    let texts = [
        Some(case.status.clone()),
        case.user.as_ref().map(|user| user.id.clone()),
        Some(case.name.clone()),
        case.email.clone(),
        case.phone.clone(),
        case.notes.clone(),
        case.decided_by.clone(),
    ];
    let values: Vec<Value> = texts.map(Option::into_value).into();
    format!("s{:016x}", fingerprint(&values))
}

/// Whether the row was exported as the mapping stands.
pub(crate) fn is_as_exported(row: &ReadRow, case: &MappingCase) -> bool {
    row.cell("as_exported") == state(case)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_a_word_or_a_user() {
        assert_eq!(MappingDecisionCell::read(""), None);
        assert_eq!(MappingDecisionCell::read("reject"), Some(MappingDecisionCell::Reject));
        assert_eq!(MappingDecisionCell::read("NEW"), Some(MappingDecisionCell::New(None)));
        assert_eq!(
            MappingDecisionCell::read("new a@example.org"),
            Some(MappingDecisionCell::New(Some("a@example.org")))
        );
        assert_eq!(
            MappingDecisionCell::read("a@example.org"),
            Some(MappingDecisionCell::User("a@example.org"))
        );
    }
}
