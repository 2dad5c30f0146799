//! What a verification has compared, and the differences. Messages name ids and columns and show amounts
//! and dates; texts that may be personal data are not shown.

use std::sync::Arc;

use serde::Serialize;

use crate::language::tr;
use crate::store::codec::record::Record;
use crate::store::codec::value::{Kind, Value};
use crate::verify::difference::{Difference, Subject};
use crate::verify::figure::{FigureValue, PageFigure};

/// One check.
#[derive(Clone, Debug, Serialize)]
pub struct VerifyCheck {
    /// The name of the check.
    pub name: &'static str,
    /// What its rows are, in the plural.
    pub unit: &'static str,
    /// Rows that were read.
    pub rows: u64,
    /// Values that were compared.
    pub values: u64,
    /// Values that differ.
    pub differences: u64,
    /// All differences; one that is about a row may stand for several of its values.
    pub found: Vec<Difference>,
    /// Messages that are worth knowing and no differences.
    pub facts: Vec<String>,
    /// Of a page of the app: how many of the rows it shows otherwise than the source says. Other checks do not count it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concerned: Option<u64>,
    /// Of a page of the app: its figures, over all rows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<PageFigure>,
    /// Why the check was left out: the database lacks what it reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// What is being compared: differences are entered as its.
    #[serde(skip)]
    subject: Option<Arc<Subject>>,
    #[serde(skip)]
    rows_looked_at: Vec<Subject>,
}

impl VerifyCheck {
    /// A check that has compared nothing yet.
    pub(crate) fn new(name: &'static str, unit: &'static str) -> Self {
        Self {
            name,
            unit,
            rows: 0,
            values: 0,
            differences: 0,
            found: Vec::new(),
            facts: Vec::new(),
            concerned: None,
            figures: Vec::new(),
            skipped: None,
            subject: None,
            rows_looked_at: Vec::new(),
        }
    }

    /// Whether everything was as it should be.
    pub fn holds(&self) -> bool {
        self.differences == 0
    }

    /// Adds what another part of the same check has compared.
    pub(crate) fn join(&mut self, other: VerifyCheck) {
        self.rows += other.rows;
        self.values += other.values;
        self.differences += other.differences;
        self.found.extend(other.found);
        self.facts.extend(other.facts);
        let both = self.concerned.zip(other.concerned);
        self.concerned = both.map(|(concerned, more)| concerned + more).or(self.concerned);
    }

    /// Enters that a stored value cannot be read, which has ended the check early, and of whom or what it is, if that is known.
    pub(crate) fn leave_rest_out(&mut self, why: &str, about: Option<Subject>) {
        self.subject = about.map(Arc::new);
        self.differ(tr!("{why}; the rest of this check was left out"));
    }

    /// Says whom or what the comparisons that follow are about.
    pub(crate) fn turn_to(&mut self, subject: impl Into<Arc<Subject>>) {
        self.subject = Some(subject.into());
    }

    /// Makes comparisons that these rows may be behind, beside those of whom they are about.
    pub(crate) fn looking_at(&mut self, rows: Vec<Subject>, compare: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.rows_looked_at, rows);
        compare(self);
        self.rows_looked_at = before;
    }

    /// Enters a difference by a message that holds no personal data.
    pub(crate) fn differ(&mut self, message: impl Into<String>) {
        self.differences += 1;
        let rows = self.rows_looked_at.clone();
        let about = self.subject.as_deref().cloned();
        self.found.push(Difference { rows, ..Difference::new(message.into(), about) });
    }

    /// Adds to one of a page's figures what it shows of one row, and what it should.
    pub(crate) fn add_figure(
        &mut self,
        what: &'static str,
        shown: impl Into<FigureValue>,
        expected: impl Into<FigureValue>,
    ) {
        let (shown, expected) = (shown.into(), expected.into());
        match self.figures.iter_mut().find(|figure| figure.what == what) {
            Some(figure) => figure.add(shown, expected),
            None => self.figures.push(PageFigure { what, shown, expected }),
        }
    }

    /// Enters one comparison, and a difference where it does not hold.
    pub(crate) fn compare(&mut self, holds: bool, message: impl FnOnce() -> String) {
        self.values += 1;
        if !holds {
            self.differ(message());
        }
    }

    /// Compares a row's columns, except those in `skip`. `who` names the row in a message.
    pub(crate) fn row<R: Record + Clone + PartialEq>(
        &mut self,
        who: &str,
        expected: R,
        found: &R,
        skip: &[&str],
    ) {
        if expected == *found {
            self.values += (R::TABLE.columns.len() - skip.len()) as u64;
            return;
        }
        let mut wrong = Vec::new();
        let cells = expected.into_row().into_iter().zip(found.clone().into_row());
        for ((expected, found), column) in cells.zip(R::TABLE.columns) {
            if skip.contains(&column.name) {
                continue;
            }
            self.values += 1;
            if expected != found {
                wrong.push(format!("{}{}", column.name, shown(column.kind, &expected, &found)));
            }
        }
        if let Some(more) = (wrong.len() as u64).checked_sub(1) {
            self.differ(format!("{who}: {}: {}", R::TABLE.name, wrong.join(", ")));
            self.differences += more;
        }
    }

    /// The check of a file's rows, with a difference where nothing was compared: that proves nothing (L27).
    #[must_use]
    pub(crate) fn require_values(mut self) -> Self {
        if self.values == 0 && self.differences == 0 {
            self.differ(tr!("{} {} read, none of them is in the database", self.rows, self.unit));
        }
        self
    }
}

/// What was expected and found; a text that may be personal data is not shown.
fn shown(kind: Kind, expected: &Value, found: &Value) -> String {
    let word = |value: &Value, text: &str| match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Money(amount) => amount.to_string(),
        Value::Time(time) => time.to_string(),
        Value::Text(word) if matches!(kind, Kind::Enum(_)) => word.clone(),
        _ => text.to_owned(),
    };
    tr!(" ({} instead of {})", word(found, tr!("another text")), word(expected, tr!("the text")))
}

/// A verification.
#[derive(Clone, Debug, Default, Serialize)]
pub struct VerifyReport {
    /// The checks in their order.
    pub checks: Vec<VerifyCheck>,
    /// Why the verification as a whole proves nothing.
    pub failures: Vec<String>,
    /// What could not be checked, and what is needed for it.
    pub unchecked: Vec<String>,
    /// What is worth knowing of the verification as a whole.
    pub notes: Vec<String>,
    /// The command that has to come first, where something was not done yet.
    pub next: Option<String>,
}

impl VerifyReport {
    /// Whether everything was as it should be, and something was compared.
    pub fn holds(&self) -> bool {
        self.failures.is_empty()
            && self.unchecked.is_empty()
            && self.values() > 0
            && self.checks.iter().all(VerifyCheck::holds)
    }

    /// Values compared.
    pub fn values(&self) -> u64 {
        self.checks.iter().map(|check| check.values).sum()
    }

    /// Differences found.
    pub fn differences(&self) -> u64 {
        self.checks.iter().map(|check| check.differences).sum()
    }

    /// Enters what could not be checked: that is not the same as no difference.
    pub(crate) fn leave_unchecked(&mut self, what: &str) {
        self.unchecked.push(what.to_owned());
    }

    /// Enters why the verification proves nothing.
    pub(crate) fn fail(&mut self, why: &str) {
        self.failures.push(why.to_owned());
    }
}
