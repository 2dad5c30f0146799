//! What a finding says beyond the meaning of its code.

use std::error::Error;

use crate::language::{Language, current, in_english, said_or_same};

/// Words of a finding: as they are kept and documents have them, in English, and as a person reads them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    kept: String,
    /// Where another language than English is spoken and says it otherwise.
    spoken: Option<Box<str>>,
}

impl Detail {
    /// Words of the catalogue, which are said once in English and once in the language that is spoken.
    pub(crate) fn said<T: Into<String>>(words: impl Fn() -> T) -> Self {
        let kept = in_english(|| words().into());
        let spoken = match current() {
            Language::En => None,
            Language::Id => Some(words().into().into_boxed_str()),
        };
        Self { kept, spoken }
    }

    /// Why a cell cannot be read.
    pub(crate) fn error(error: &impl Error) -> Self {
        Self::said(|| said_or_same(&error.to_string()).to_owned())
    }

    /// What a cell holds, in quotation marks, and why it cannot be read.
    pub(crate) fn quoted_error(cell: &str, error: &impl Error) -> Self {
        Self::error(error).map(|error| format!("\"{cell}\": {error}"))
    }

    /// The words in English.
    pub(crate) fn kept(&self) -> &str {
        &self.kept
    }

    /// The words in the language that is spoken.
    pub(crate) fn spoken(&self) -> &str {
        self.spoken.as_deref().unwrap_or(&self.kept)
    }

    /// Changes both alike.
    pub(crate) fn map(self, change: impl Fn(&str) -> String) -> Self {
        let spoken = self.spoken.map(|words| change(&words).into_boxed_str());
        Self { kept: change(&self.kept), spoken }
    }
}

impl From<String> for Detail {
    fn from(kept: String) -> Self {
        Self { kept, spoken: None }
    }
}

impl From<&String> for Detail {
    fn from(kept: &String) -> Self {
        kept.clone().into()
    }
}

impl From<&str> for Detail {
    fn from(kept: &str) -> Self {
        kept.to_owned().into()
    }
}
