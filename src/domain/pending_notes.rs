//! Why a mapping waits, as it is kept: a sentence, and the users that it may be.

use crate::domain::detail::Detail;
use crate::language::{msg, said, said_or_same};

/// What stands between the sentence and the users.
const CANDIDATES: &str = msg!("; candidates: ");

/// The notes of a mapping that waits, in English.
pub(crate) fn written(why: &str, users: &[&str]) -> String {
    if users.is_empty() { why.to_owned() } else { format!("{why}{CANDIDATES}{}", users.join(", ")) }
}

/// The notes in the language that is spoken, where an import has written them; people's own words stay.
pub(crate) fn spoken(notes: &str) -> String {
    match notes.split_once(CANDIDATES) {
        Some((why, users)) => format!("{}{}{users}", said_or_same(why), said(CANDIDATES)),
        None => said_or_same(notes).to_owned(),
    }
}

/// The same for a finding.
pub(crate) fn detail(notes: &str) -> Detail {
    Detail::said(|| spoken(notes))
}
