//! The language that people are spoken to in. A text stands in English where it is said, in [`tr!`]; its translation stands in
//! `lang/id.po`. Documents for programs, and what is stored, are English in any case.

mod choice;
mod numbers;
mod said;

pub(crate) use crate::language::choice::{Language, current, in_english, of_locale, speak};
#[cfg(test)]
pub(crate) use crate::language::said::{is_translated, texts};
pub(crate) use crate::language::said::{said, said_or_same};
pub(crate) use sejoli_migrate_lang::{msg, tr};
