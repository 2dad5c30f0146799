//! Many messages on one screen: what several of them say is said once, ten of a kind are listed, and the rest is counted.

use crate::cli::render::table::number;
use crate::cli::render::wrap::wrapped;

/// How many messages of a kind are listed.
const SHOWN: usize = 10;

/// A message, in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remark {
    /// Whom or what it is about, if it begins with that.
    pub(crate) about: Option<String>,
    /// What it says.
    pub(crate) what: String,
    /// What is said behind it, once for all that say the same.
    pub(crate) aside: String,
}

impl Remark {
    /// The parts of a message of the form `user 1: is not there`.
    pub(crate) fn new(message: &str, aside: String) -> Self {
        match message.split_once(": ") {
            Some((about, what)) => Self { about: Some(about.to_owned()), what: what.to_owned(), aside },
            None => Self { about: None, what: message.to_owned(), aside },
        }
    }

    /// What is alike in messages of a kind: everything but names and numbers.
    fn kind(&self) -> (bool, String, &str) {
        let has_digit = |word: &str| word.contains(|letter: char| letter.is_ascii_digit());
        let words = self.what.split(' ').map(|word| if has_digit(word) { "#" } else { word });
        (self.about.is_some(), words.collect::<Vec<_>>().join(" "), &self.aside)
    }

    fn whole(&self) -> String {
        let about = self.about.as_ref().map(|about| format!("{about}: ")).unwrap_or_default();
        format!("{about}{}{}", self.what, self.aside)
    }
}

/// The messages as lines that begin with `mark`, kind by kind in the order in which the kinds come first.
pub(crate) fn lines(remarks: &[Remark], mark: &str) -> String {
    let mut kinds: Vec<Vec<&Remark>> = Vec::new();
    for remark in remarks {
        match kinds.iter_mut().find(|kind| kind[0].kind() == remark.kind()) {
            Some(kind) => kind.push(remark),
            None => kinds.push(vec![remark]),
        }
    }
    kinds.iter().map(|kind| kind_lines(kind, mark)).collect()
}

fn kind_lines(kind: &[&Remark], mark: &str) -> String {
    let next = " ".repeat(mark.chars().count() + 2);
    let is_same = kind.len() > 1 && kind.iter().all(|remark| remark.what == kind[0].what);
    let shown = || kind.iter().take(SHOWN);
    let mut text = if is_same {
        let Remark { what, aside, .. } = kind[0];
        let head = wrapped(mark, &next, &format!("{what}{aside}: {}", number(kind.len() as u64)));
        let abouts = shown().filter_map(|remark| remark.about.as_deref());
        let abouts: String = abouts.map(|about| wrapped(&next, &next, about)).collect();
        head + &abouts
    } else {
        shown().map(|remark| wrapped(mark, &next, &remark.whole())).collect()
    };
    if let Some(more) = kind.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let more = number(more as u64);
        text.push_str(&wrapped(&next, &next, &format!("… and {more} more: --format json lists them all")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(messages: impl IntoIterator<Item = String>) -> String {
        let remarks: Vec<Remark> =
            messages.into_iter().map(|message| Remark::new(&message, String::new())).collect();
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
}
