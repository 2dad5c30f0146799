//! Pairs of accounts as a file that people fill in, and the decisions in it.

use crate::decisions::people::{AccountPair, PairAccount};
use crate::decisions::sheet::{ReadRow, SheetCell, SheetForm, SheetRow};
use crate::domain::person_decision::PairVerdict;
use crate::language::tr;
use crate::store::codec::fingerprint::fingerprint;
use crate::store::codec::value::{Field as _, Value};

/// The columns.
pub(crate) const FORM: SheetForm = SheetForm {
    title: "People",
    columns: &[
        ("one", 28.0),
        ("one_name", 20.0),
        ("one_orders", 8.0),
        ("one_balance", 14.0),
        ("other", 28.0),
        ("other_name", 20.0),
        ("other_orders", 8.0),
        ("other_balance", 14.0),
        ("affiliate", 10.0),
        ("reasons", 40.0),
        ("decided", 30.0),
        ("decision", 28.0),
        ("why", 30.0),
        ("one_id", 28.0),
        ("other_id", 28.0),
        ("as_exported", 18.0),
    ],
    deciding: "decision",
};

/// The columns without which nothing can be applied.
pub(crate) const REQUIRED: &[&str] = &["one", "other", "decision", "one_id", "other_id", "as_exported"];

/// The word that keeps two accounts apart.
pub(crate) const APART: &str = "APART";
/// The word that takes a decision back.
pub(crate) const UNDO: &str = "UNDO";

/// What the deciding column says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PairDecisionCell<'a> {
    /// The account that takes the other in, by address or id.
    Keep(&'a str),
    /// They are two people.
    Apart,
    /// Nobody has decided.
    Undo,
}

impl<'a> PairDecisionCell<'a> {
    /// Reads a cell; `None` where it is empty.
    pub(crate) fn read(cell: &'a str) -> Option<Self> {
        Some(match cell.to_uppercase().as_str() {
            "" => return None,
            APART => Self::Apart,
            UNDO => Self::Undo,
            _ => Self::Keep(cell),
        })
    }
}

/// A row for each pair.
pub(crate) fn rows(pairs: &[&AccountPair]) -> Vec<SheetRow> {
    pairs.iter().map(|pair| row(pair)).collect()
}

fn row(pair: &AccountPair) -> SheetRow {
    let text = |text: &str| SheetCell::Text(text.to_owned());
    let reasons: Vec<&str> = pair.reasons.iter().map(|reason| reason.words()).collect();
    let affiliate = match (pair.one.is_affiliate, pair.other.is_affiliate) {
        (true, true) => "both",
        (true, false) => "one",
        (false, true) => "other",
        (false, false) => "",
    };
    let account = |account: &PairAccount| {
        [
            text(&account.email),
            text(&account.name),
            SheetCell::Count(account.orders),
            SheetCell::Amount(account.balance),
        ]
    };
    let mut cells: Vec<SheetCell> = account(&pair.one).into_iter().chain(account(&pair.other)).collect();
    cells.extend([
        text(affiliate),
        text(&reasons.join(", ")),
        text(&decided(pair)),
        text(""),
        text(""),
        text(&pair.one.user_id),
        text(&pair.other.user_id),
        text(&state(pair)),
    ]);
    let words = [APART, UNDO].map(str::to_owned);
    let accounts = [pair.one.email.clone(), pair.other.email.clone()];
    SheetRow { cells, choices: words.into_iter().chain(accounts).collect() }
}

fn decided(pair: &AccountPair) -> String {
    let Some(decision) = &pair.decision else { return String::new() };
    let verdict = match decision.verdict {
        PairVerdict::Merged => tr!("merged into {}", pair.one.email),
        PairVerdict::KeptApart => tr!("kept apart").to_owned(),
    };
    tr!("{verdict} by {}", decision.by)
}

/// Who the two are and what was decided of them, as a short text: another one is there where that was changed since.
pub(crate) fn state(pair: &AccountPair) -> String {
    // Whoever has more orders by now, the pair is the same.
    let mut accounts = [&pair.one, &pair.other];
    accounts.sort_by(|a, b| a.user_id.cmp(&b.user_id));
    let of_accounts =
        accounts.iter().flat_map(|account| [&account.user_id, &account.name, &account.email]).cloned();
    let decision = pair.decision.as_ref().map(|decision| decision.run.clone());
    let values: Vec<Value> = of_accounts.map(Some).chain([decision]).map(Option::into_value).collect();
    format!("s{:016x}", fingerprint(&values))
}

/// Whether the row was exported as the pair stands.
pub(crate) fn is_as_exported(row: &ReadRow, pair: &AccountPair) -> bool {
    row.cell("as_exported") == state(pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_a_word_or_the_account_that_is_kept() {
        assert_eq!(PairDecisionCell::read(""), None);
        assert_eq!(PairDecisionCell::read("apart"), Some(PairDecisionCell::Apart));
        assert_eq!(PairDecisionCell::read("UNDO"), Some(PairDecisionCell::Undo));
        assert_eq!(PairDecisionCell::read("a@example.org"), Some(PairDecisionCell::Keep("a@example.org")));
    }
}
