//! The language of this process.

use std::sync::atomic::{AtomicBool, Ordering};

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Language {
    /// English.
    #[default]
    En,
    /// Indonesian.
    Id,
}

impl Language {
    /// The language of a tag, as `--lang` takes it.
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        match tag {
            "en" => Some(Self::En),
            "id" => Some(Self::Id),
            _ => None,
        }
    }

    /// The words of this language among both.
    pub(crate) const fn of<'a>(self, english: &'a str, indonesian: &'a str) -> &'a str {
        match self {
            Self::En => english,
            Self::Id => indonesian,
        }
    }

    /// The tag of the language, as HTML has it.
    pub(crate) const fn tag(self) -> &'static str {
        self.of("en", "id")
    }
}

/// Whether Indonesian is spoken. It is chosen when the process begins, before anything is said.
static IS_INDONESIAN: AtomicBool = AtomicBool::new(false);

/// Speaks a language from now on.
pub(crate) fn speak(language: Language) {
    IS_INDONESIAN.store(language == Language::Id, Ordering::Relaxed);
}

thread_local! {
    /// Whether this thread is at something that is kept in English.
    static IN_ENGLISH: AtomicBool = const { AtomicBool::new(false) };
}

/// The language that is spoken.
pub(crate) fn current() -> Language {
    let is_indonesian =
        IS_INDONESIAN.load(Ordering::Relaxed) && !IN_ENGLISH.with(|is| is.load(Ordering::Relaxed));
    if is_indonesian { Language::Id } else { Language::En }
}

/// Says something in English, whatever is spoken: what is kept, and what programs read.
pub(crate) fn in_english<T>(say: impl FnOnce() -> T) -> T {
    let before = IN_ENGLISH.with(|is| is.swap(true, Ordering::Relaxed));
    let said = say();
    IN_ENGLISH.with(|is| is.store(before, Ordering::Relaxed));
    said
}

/// The language of the environment, by the rule of POSIX: the first of three variables that says anything is the one.
/// What it names besides Indonesian (`C`, `de_DE.UTF-8`) is answered in English.
pub(crate) fn of_locale(variable: impl Fn(&str) -> Option<String>) -> Language {
    let said = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| variable(name).filter(|value| !value.is_empty()));
    let said = said.unwrap_or_default();
    let tag = said.split(['_', '.', '@']).next().unwrap_or_default();
    if tag.eq_ignore_ascii_case("id") { Language::Id } else { Language::En }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Language {
        of_locale(|name| {
            variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_first_variable_that_says_anything_counts() {
        assert_eq!(of(&[]), Language::En);
        assert_eq!(of(&[("LANG", "id_ID.UTF-8")]), Language::Id);
        assert_eq!(of(&[("LC_ALL", "C"), ("LANG", "id_ID.UTF-8")]), Language::En);
        assert_eq!(of(&[("LC_ALL", ""), ("LC_MESSAGES", "id"), ("LANG", "en_US.UTF-8")]), Language::Id);
        assert_eq!(of(&[("LC_MESSAGES", "de_DE.UTF-8"), ("LANG", "id_ID")]), Language::En);
        assert_eq!(of(&[("LANG", "idx_ID")]), Language::En);
    }
}
