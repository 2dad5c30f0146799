//! Texts that are constants, or come from elsewhere, in the language that is spoken.

use crate::language::choice::{Language, current};

/// Every text of the catalogue, in order.
const CATALOGUE: &[(&str, &str)] = sejoli_migrate_lang::catalogue!();

/// Cargo compiles anew what names a file that has changed.
const _: &[u8] = include_bytes!("../../lang/id.po");

/// A constant text in the language that is spoken. Each is checked by `msg!` or by a test that goes through all of them.
pub(crate) fn said(text: &'static str) -> &'static str {
    match current() {
        Language::En => text,
        Language::Id => translation(text).unwrap_or(text),
    }
}

/// A text in the language that is spoken, where it is one of the catalogue's; else as it is.
pub(crate) fn said_or_same(text: &str) -> &str {
    match current() {
        Language::En => text,
        Language::Id => translation(text).unwrap_or(text),
    }
}

/// Whether the catalogue has a text: for tests that go through texts which no macro sees.
#[cfg(test)]
pub(crate) fn is_translated(text: &str) -> bool {
    translation(text).is_some()
}

/// Every text that has a translation.
#[cfg(test)]
pub(crate) fn texts() -> impl Iterator<Item = &'static str> {
    CATALOGUE.iter().map(|(text, _)| *text)
}

fn translation(text: &str) -> Option<&'static str> {
    CATALOGUE.binary_search_by_key(&text, |(english, _)| english).ok().map(|at| CATALOGUE[at].1)
}
