//! Reads single cells into values and records a finding for each cell that cannot be read.

use crate::domain::commission_status::{CommissionStatus, StatedCommission, parse_paid};
use crate::domain::contact;
use crate::domain::contact::{Email, Phones};
use crate::domain::date;
use crate::domain::date::{DateError, DateRules, Moment};
use crate::domain::detail::Detail;
use crate::domain::finding::{Code, Finding};
use crate::domain::money;
use crate::domain::money::{Money, MoneyStyle, Rate};
use crate::domain::source_id;
use crate::domain::source_id::SourceId;
use crate::domain::status::StatusError;
use crate::domain::text;
use crate::language::tr;

/// How the cells of a file are read where they do not say it themselves.
#[derive(Clone, Copy, Debug)]
pub struct CellRules {
    /// Time zone, order of day and month, and epoch of day numbers.
    pub dates: DateRules,
    /// What a single dot in an amount means.
    pub money: MoneyStyle,
}

/// What reading a row has given: the record, unless a cell that it needs could not be read, and the findings.
#[derive(Debug)]
pub struct Parsed<T> {
    /// The record. It can be there although a finding holds the row.
    pub record: Option<T>,
    /// The findings, in the order of the cells.
    pub findings: Vec<Finding>,
    /// The row's amount: what an order charged, a membership's price, an affiliate's commission, zero where these last
    /// two have none. It is read by itself, so that it is known also of a row without a record; `None` if it cannot
    /// be read.
    pub amount: Option<Money>,
}

/// Collects findings while cells are read.
#[derive(Debug, Default)]
pub struct CellReader {
    /// The findings so far.
    pub findings: Vec<Finding>,
}

impl CellReader {
    /// Adds a finding about a column.
    pub fn note(&mut self, code: Code, column: &'static str, detail: impl Into<Detail>) {
        self.findings.push(Finding::at(code, column, detail));
    }

    /// Whether there is a finding about a column.
    pub fn has(&self, column: &str) -> bool {
        self.findings.iter().any(|finding| finding.column == Some(column))
    }

    /// Reads a required text onto one line; an empty cell is a finding and gives an empty text.
    pub fn required(&mut self, column: &'static str, cell: &str) -> String {
        let clean = text::clean_line(cell);
        if clean.is_empty() {
            self.note(Code::RequiredMissing, column, "");
        }
        clean.into_owned()
    }

    /// Reads a required number of Sejoli's, as by [`CellReader::optional_id`]; an empty cell is a finding and gives
    /// an empty text.
    pub(crate) fn required_id(&mut self, column: &'static str, cell: &str) -> String {
        let written = self.required(column, cell);
        self.whole_number(column, written)
    }

    /// Reads one of Sejoli's numbers; `None` for an empty cell. A number that a spreadsheet has made a decimal one
    /// is read as the whole number, which is a finding, once in a row.
    pub(crate) fn optional_id(&mut self, column: &'static str, cell: &str) -> Option<String> {
        optional(cell).map(|written| self.whole_number(column, written))
    }

    fn whole_number(&mut self, column: &'static str, written: String) -> String {
        match source_id::read(&written) {
            SourceId::AsWritten(_) => written,
            SourceId::Restored(number) => {
                if !self.findings.iter().any(|finding| finding.code == Code::IdAsDecimal) {
                    self.note(Code::IdAsDecimal, column, Detail::said(|| tr!("{written} is {number}")));
                }
                number.into_owned()
            }
            SourceId::Rounded => {
                self.note(Code::IdRounded, column, written.clone());
                written
            }
        }
    }

    /// Reads an amount; `None` for an empty cell, and with a finding for an unreadable one.
    pub fn amount(&mut self, column: &'static str, cell: &str, style: MoneyStyle) -> Option<Money> {
        if is_none(cell) {
            return None;
        }
        money::parse(cell, style)
            .map_err(|error| {
                let shown = text::excerpt(cell, 30);
                self.note(Code::AmountUnreadable, column, Detail::quoted_error(&shown, &error));
            })
            .ok()
    }

    /// Reads where a commission stands and whether it was paid out; nothing for an empty cell. An unknown word is a
    /// finding that holds the row (L10).
    pub(crate) fn stated_commission(
        &mut self,
        (status_column, status): (&'static str, &str),
        (paid_column, paid): (&'static str, &str),
    ) -> StatedCommission {
        StatedCommission {
            status: self.word(status_column, status, CommissionStatus::parse(status)),
            paid: self.word(paid_column, paid, parse_paid(paid)),
        }
    }

    /// The meaning of a word of a closed table; nothing for an empty cell.
    fn word<T>(&mut self, column: &'static str, cell: &str, read: Result<T, StatusError>) -> Option<T> {
        match read {
            Ok(meaning) => Some(meaning),
            Err(StatusError::Empty) => None,
            Err(_) => {
                self.note(Code::StatusUnknown, column, text::excerpt(cell, 30));
                None
            }
        }
    }

    /// Reads a rate in percent; `None` for an empty cell, and with a finding of the code `unreadable` for an
    /// unreadable one.
    pub(crate) fn rate(&mut self, column: &'static str, cell: &str, unreadable: Code) -> Option<Rate> {
        if is_none(cell) {
            return None;
        }
        money::parse_rate(cell)
            .map_err(|error| {
                let shown = text::excerpt(cell, 30);
                self.note(unreadable, column, Detail::quoted_error(&shown, &error));
            })
            .ok()
    }

    /// Reads a date; `None` for an empty cell and a zero date (lesson L5, `docs/lessons.md`), and with a
    /// finding for an unreadable one.
    pub fn date(&mut self, column: &'static str, cell: &str, rules: DateRules) -> Option<Moment> {
        self.moment(column, cell, date::parse(cell, rules))
    }

    /// Reads the end of a period as [`CellReader::date`] reads a date; it may be as far as the year 9999.
    pub(crate) fn end_date(&mut self, column: &'static str, cell: &str, rules: DateRules) -> Option<Moment> {
        self.moment(column, cell, date::parse_end(cell, rules))
    }

    fn moment(
        &mut self,
        column: &'static str,
        cell: &str,
        read: Result<Option<Moment>, DateError>,
    ) -> Option<Moment> {
        match read {
            Ok(moment) => {
                if moment.is_some_and(|moment| moment.ambiguous) {
                    self.note(Code::DateAmbiguous, column, text::excerpt(cell, 30));
                }
                moment
            }
            Err(error) => {
                let shown = text::excerpt(cell, 30);
                self.note(Code::DateUnreadable, column, Detail::quoted_error(&shown, &error));
                None
            }
        }
    }

    /// Reads a required date; a missing one is a finding.
    pub fn required_date(&mut self, column: &'static str, cell: &str, rules: DateRules) -> Option<Moment> {
        let moment = self.date(column, cell, rules);
        if moment.is_none() && !self.has(column) {
            self.note(Code::RequiredMissing, column, "");
        }
        moment
    }

    /// Reads the phone numbers of a cell; unreadable ones are left out, with a finding.
    pub fn phones(&mut self, column: &'static str, cell: &str) -> Phones {
        contact::parse_phones(cell).unwrap_or_else(|error| {
            self.note(Code::PhoneDropped, column, Detail::error(&error));
            Phones { first: None, second: None }
        })
    }

    /// Reads an e-mail address. A malformed one is a finding that rejects the row; an empty cell is none.
    pub fn email(&mut self, column: &'static str, cell: &str) -> Option<Email> {
        match Email::parse(cell) {
            Ok(email) => {
                if let Some(domain) = contact::suggested_address(&email) {
                    let domain = domain.rsplit('@').next().unwrap_or_default().to_owned();
                    self.note(Code::EmailSuspicious, column, Detail::said(|| tr!("perhaps @{domain}")));
                }
                Some(email)
            }
            Err(contact::EmailError::Empty) => None,
            Err(error) => {
                self.note(Code::EmailInvalid, column, Detail::error(&error));
                None
            }
        }
    }
}

/// The plugin writes `-` for an empty value.
fn is_none(cell: &str) -> bool {
    matches!(cell.trim(), "" | "-")
}

/// The text of a cell on one line; `None` if it is empty or `-`.
pub fn optional(cell: &str) -> Option<String> {
    let clean = text::clean_line(cell);
    (!clean.is_empty() && clean != "-").then(|| clean.into_owned())
}
