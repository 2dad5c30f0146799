//! What a person has decided of two accounts that may be one person: that one takes the other in, or that they are two people.

use serde::{Deserialize, Serialize};

use crate::domain::date::Millis;

/// What was decided of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PairVerdict {
    /// They are one person: the one account has taken the other in.
    Merged,
    /// They are two people, for good.
    KeptApart,
}

/// A decision as it is kept: who has decided what, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PairDecision {
    /// What was decided.
    pub(crate) verdict: PairVerdict,
    /// The user who was kept, of a merge; of two people the first one.
    pub(crate) one: String,
    /// The user who was merged into that one, or the second of two people.
    pub(crate) other: String,
    /// Who has decided.
    pub(crate) by: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
    /// When.
    pub(crate) at: Millis,
    /// The run that has carried it out.
    pub(crate) run: String,
}

/// The key of a pair: both users' ids, the lower one first, so that it does not matter who is named first.
pub(crate) fn pair_key(one: &str, other: &str) -> String {
    let (first, second) = if one <= other { (one, other) } else { (other, one) };
    format!("{first} {second}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_has_one_key_whoever_is_named_first() {
        assert_eq!(pair_key("b", "a"), "a b");
        assert_eq!(pair_key("a", "b"), pair_key("b", "a"));
    }
}
