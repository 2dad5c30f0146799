//! Reads single cells into values and records a finding for each cell that cannot be read.

use crate::domain::contact;
use crate::domain::contact::{Email, Phones};
use crate::domain::date;
use crate::domain::date::{DateRules, Moment};
use crate::domain::finding::{Code, Finding};
use crate::domain::money;
use crate::domain::money::{Money, MoneyStyle, Rate};
use crate::domain::text;

/// How the cells of a file are to be read.
#[derive(Clone, Copy, Debug)]
pub struct CellRules {
    /// Zone and order of dates.
    pub dates: DateRules,
    /// What a point in an amount means.
    pub money: MoneyStyle,
}

/// A record as far as it could be read, and what was noticed. There is a record only if nothing
/// holds or rejects it.
#[derive(Debug)]
pub struct Parsed<T> {
    /// The record.
    pub record: Option<T>,
    /// The findings.
    pub findings: Vec<Finding>,
}

/// Collects findings while cells are read.
#[derive(Debug, Default)]
pub struct CellReader {
    /// What was noticed so far.
    pub findings: Vec<Finding>,
}

impl CellReader {
    /// Adds a finding about a column.
    pub fn note(&mut self, code: Code, column: &'static str, detail: impl Into<String>) {
        self.findings.push(Finding::at(code, column, detail));
    }

    /// Whether something was noticed about a column.
    pub fn has(&self, column: &str) -> bool {
        self.findings.iter().any(|finding| finding.column == Some(column))
    }

    /// A text that must be there.
    pub fn required(&mut self, column: &'static str, cell: &str) -> String {
        let clean = text::clean_line(cell);
        if clean.is_empty() {
            self.note(Code::RequiredMissing, column, "");
        }
        clean.into_owned()
    }

    /// An amount that may be missing.
    pub fn amount(&mut self, column: &'static str, cell: &str, style: MoneyStyle) -> Option<Money> {
        if is_none(cell) {
            return None;
        }
        money::parse(cell, style)
            .map_err(|error| {
                let shown = text::excerpt(cell, 30);
                self.note(Code::AmountUnreadable, column, format!("\"{shown}\": {error}"));
            })
            .ok()
    }

    /// A rate that may be missing.
    pub fn rate(&mut self, column: &'static str, cell: &str) -> Option<Rate> {
        if is_none(cell) {
            return None;
        }
        money::parse_rate(cell)
            .map_err(|error| {
                let shown = text::excerpt(cell, 30);
                self.note(Code::AmountUnreadable, column, format!("\"{shown}\": {error}"));
            })
            .ok()
    }

    /// A date that may be missing (zero dates are none, L5).
    pub fn date(&mut self, column: &'static str, cell: &str, rules: DateRules) -> Option<Moment> {
        match date::parse(cell, rules) {
            Ok(moment) => {
                if moment.is_some_and(|moment| moment.ambiguous) {
                    self.note(Code::DateAmbiguous, column, text::excerpt(cell, 30));
                }
                moment
            }
            Err(error) => {
                let shown = text::excerpt(cell, 30);
                self.note(Code::DateUnreadable, column, format!("\"{shown}\": {error}"));
                None
            }
        }
    }

    /// A date that must be there.
    pub fn required_date(&mut self, column: &'static str, cell: &str, rules: DateRules) -> Option<Moment> {
        let moment = self.date(column, cell, rules);
        if moment.is_none() && !self.has(column) {
            self.note(Code::RequiredMissing, column, "");
        }
        moment
    }

    /// Phone numbers; what cannot be one is left out with a line.
    pub fn phones(&mut self, column: &'static str, cell: &str) -> Phones {
        contact::parse_phones(cell).unwrap_or_else(|error| {
            self.note(Code::PhoneDropped, column, error.to_string());
            Phones { first: None, second: None }
        })
    }

    /// An e-mail address; one that is malformed rejects the row, an empty one does not.
    pub fn email(&mut self, column: &'static str, cell: &str) -> Option<Email> {
        match Email::parse(cell) {
            Ok(email) => {
                if let Some(domain) = contact::suggested_address(&email) {
                    let domain = domain.rsplit('@').next().unwrap_or_default().to_owned();
                    self.note(Code::EmailSuspicious, column, format!("perhaps @{domain}"));
                }
                Some(email)
            }
            Err(contact::EmailError::Empty) => None,
            Err(error) => {
                self.note(Code::EmailInvalid, column, error.to_string());
                None
            }
        }
    }
}

/// Whether a cell stands for "nothing".
fn is_none(cell: &str) -> bool {
    matches!(cell.trim(), "" | "-")
}

/// A text that may be missing.
pub fn optional(cell: &str) -> Option<String> {
    let clean = text::clean_line(cell);
    (!clean.is_empty() && clean != "-").then(|| clean.into_owned())
}
