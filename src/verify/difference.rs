//! A difference: what is otherwise than it should be, whom or what that is about, and what is behind it.

use serde::Serialize;

use crate::store::codec::record::Table;

/// Whom or what a comparison is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A user, by id.
    User(String),
    /// An affiliate, by Sejoli's code.
    Affiliate(String),
    /// An order, by Sejoli's number.
    Order(String),
    /// A row.
    Row {
        /// Its table.
        table: &'static str,
        /// Its id.
        id: String,
    },
}

impl Subject {
    /// A row of a table.
    pub(crate) fn row(table: &Table, id: &str) -> Self {
        Self::Row { table: table.name, id: id.to_owned() }
    }
}

/// Something that is otherwise than it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What differs, in a sentence without personal data.
    pub what: String,
    /// Whom or what it is about, where it is about a single one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<Subject>,
    /// Rows that may be behind it, beside those of whom it is about.
    #[serde(skip)]
    pub rows: Vec<Subject>,
    /// What is behind it.
    #[serde(flatten)]
    pub explanation: Option<Explanation>,
    /// Of a row that the journal knows otherwise: the checks that name it as what is behind their differences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub behind: Vec<&'static str>,
}

impl Difference {
    /// A difference of a subject.
    pub(crate) fn new(what: String, about: Option<Subject>) -> Self {
        Self { what, about, rows: Vec::new(), explanation: None, behind: Vec::new() }
    }
}

/// Why something is otherwise than it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Since when and by whom, in a sentence.
    pub why: String,
    /// The command that repairs it; none where people have to decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repair: Option<String>,
}

impl Explanation {
    /// An explanation.
    pub(crate) fn new(why: impl Into<String>, repair: Option<&str>) -> Self {
        Self { why: why.into(), repair: repair.map(str::to_owned) }
    }
}
