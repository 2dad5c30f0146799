//! Many messages on one screen: what several of them say is said once, ten of a kind are listed, and the rest is counted.

use std::collections::HashMap;
use std::hash::Hash;

use crate::cli::render::table::number;
use crate::language::tr;
use crate::terminal::wrapped;

/// How many messages of a kind are listed.
const SHOWN: usize = 10;

/// A message, in parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Remark {
    /// Whom or what it is about, if it begins with that.
    pub(crate) about: Option<String>,
    /// What it says.
    pub(crate) what: String,
    /// What is said behind it, once for all that say the same.
    pub(crate) aside: String,
    /// What is behind it.
    pub(crate) why: Option<String>,
    /// The command that repairs it.
    pub(crate) repair: Option<String>,
}

impl Remark {
    /// The parts of a message of the form `user 1: is not there`.
    pub(crate) fn new(message: &str) -> Self {
        let (about, what) = match message.split_once(": ") {
            Some((about, what)) => (Some(about.to_owned()), what),
            None => (None, message),
        };
        Self { about, what: what.to_owned(), ..Self::default() }
    }

    /// What is alike in messages of a kind: everything but names and numbers.
    fn kind(&self) -> impl Eq + Hash + use<'_> {
        let why = self.why.as_deref().map(without_numbers);
        (self.about.is_some(), without_numbers(&self.what), &self.aside, why, &self.repair)
    }

    fn whole(&self) -> String {
        let about = self.about.as_ref().map(|about| format!("{about}: ")).unwrap_or_default();
        format!("{about}{}{}", self.what, self.aside)
    }
}

/// A text with a sign in the place of each word that has a digit.
fn without_numbers(text: &str) -> String {
    let has_digit = |word: &str| word.contains(|letter: char| letter.is_ascii_digit());
    let words = text.split(' ').map(|word| if has_digit(word) { "#" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// The messages as lines that begin with `mark`, kind by kind in the order in which the kinds come first.
pub(crate) fn lines(remarks: &[Remark], mark: &str) -> String {
    let mut kinds: Vec<Vec<&Remark>> = Vec::new();
    let mut places = HashMap::new();
    for remark in remarks {
        let at = *places.entry(remark.kind()).or_insert(kinds.len());
        if at == kinds.len() {
            kinds.push(Vec::new());
        }
        kinds[at].push(remark);
    }
    kinds.iter().map(|kind| kind_lines(kind, mark)).collect()
}

fn kind_lines(kind: &[&Remark], mark: &str) -> String {
    let next = " ".repeat(mark.chars().count() + 2);
    let deeper = format!("{next}  ");
    let is_same = kind.len() > 1 && kind.iter().all(|remark| remark.what == kind[0].what);
    // What is behind all of them is said once.
    let why = kind[0].why.as_deref().filter(|_| kind.iter().all(|remark| remark.why == kind[0].why));
    let mut text = String::new();
    if is_same {
        let Remark { what, aside, .. } = kind[0];
        text += &wrapped(mark, &next, &format!("{what}{aside}: {}", number(kind.len() as u64)));
    }
    for remark in kind.iter().take(SHOWN) {
        text += &match &remark.about {
            Some(about) if is_same => wrapped(&next, &next, about),
            _ => wrapped(mark, &next, &remark.whole()),
        };
        if let Some(why) = remark.why.as_ref().filter(|_| why.is_none()) {
            text += &wrapped(&deeper, &deeper, why);
        }
    }
    if let Some(more) = kind.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let more = number(more as u64);
        text += &wrapped(&next, &next, &tr!("… and {more} more: --format json lists them all"));
    }
    text += &why.map(|why| wrapped(&next, &next, why)).unwrap_or_default();
    text += &kind[0].repair.as_ref().map(|repair| format!("{next}→ {repair}\n")).unwrap_or_default();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(messages: impl IntoIterator<Item = String>) -> String {
        let remarks: Vec<Remark> = messages.into_iter().map(|message| Remark::new(&message)).collect();
        lines(&remarks, "- ")
    }

    #[test]
    fn what_several_say_is_said_once_with_their_names() {
        let text = said((1..=3).map(|user| format!("user {user}: is not there")));
        assert_eq!(text, "- is not there: 3\n    user 1\n    user 2\n    user 3\n");
    }

    #[test]
    fn ten_of_a_kind_are_listed_and_the_rest_is_counted() {
        let amounts = (1..=12).map(|user| format!("user {user}: has Rp {user}"));
        let text = said(amounts.chain(["user 1: is not there".to_owned()]));
        assert_eq!(text.lines().filter(|line| line.contains("has Rp")).count(), SHOWN, "{text}");
        assert!(text.contains("… and 2 more"), "{text}");
        assert!(text.ends_with("- user 1: is not there\n"), "{text}");
    }

    #[test]
    fn what_is_behind_all_of_a_kind_is_said_once_with_the_command() {
        let remark = |user: u8, why: &str| Remark {
            why: Some(why.to_owned()),
            repair: Some("sejoli-migrate grant".to_owned()),
            ..Remark::new(&format!("user {user}: is not there"))
        };
        let text = lines(&[remark(1, "linked since"), remark(2, "linked since")], "- ");
        assert_eq!(
            text,
            "- is not there: 2\n    user 1\n    user 2\n    linked since\n    → sejoli-migrate grant\n"
        );
        let text = lines(&[remark(1, "on day 1"), remark(2, "on day 2")], "- ");
        assert!(text.contains("    user 1\n      on day 1\n    user 2\n      on day 2\n"), "{text}");
    }
}
