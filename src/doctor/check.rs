//! One check and its verdict.

use serde::Serialize;

use crate::store::engines::health::SettingVerdict;

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct DoctorCheck {
    /// What was checked.
    pub(crate) name: String,
    /// Whether it stands in the way of an import.
    pub(crate) verdict: SettingVerdict,
    /// What was found.
    pub(crate) found: String,
    /// What that means, and what to do; empty where the check finds nothing wrong.
    pub(crate) meaning: String,
}

impl DoctorCheck {
    /// A check that finds nothing wrong.
    pub(crate) fn ok(name: impl Into<String>, found: impl Into<String>) -> Self {
        Self { name: name.into(), verdict: SettingVerdict::Ok, found: found.into(), meaning: String::new() }
    }

    /// The check with this verdict and meaning, unless the condition holds.
    #[must_use]
    pub(crate) fn unless(self, holds: bool, verdict: SettingVerdict, meaning: impl Into<String>) -> Self {
        if holds { self } else { Self { verdict, meaning: meaning.into(), ..self } }
    }
}
