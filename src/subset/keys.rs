//! By what a row says whose it is.

use csv::StringRecord;

use crate::domain::contact::{Email, Phone, parse_phones};
use crate::domain::source_id;
use crate::source::Export;

/// One thing that tells whose a row is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum RowKey {
    /// An e-mail address, or a text that should be one.
    Email(String),
    /// A number of a phone or of WhatsApp.
    Phone(Phone),
    /// An order's number.
    Order(String),
    /// A membership's number.
    Membership(String),
}

const EMAILS: [&str; 3] = ["buyer_email", "user_email", "email"];
const PHONES: [&str; 3] = ["buyer_phone", "buyer_whatsapp", "phone"];
const OF_AFFILIATE: [&str; 2] = ["affiliate_email", "affiliate_phone"];
const ORDERS: [&str; 2] = ["order_id", "inv"];
/// The plugin's own export has the code in one of two columns.
const CODES: [&str; 3] = ["affiliate_code", "affiliate", "affiliate_id"];

/// Where the keys of an export's rows stand.
pub(super) struct KeyColumns {
    emails: Vec<usize>,
    phones: Vec<usize>,
    orders: Vec<usize>,
    memberships: Vec<usize>,
    codes: Vec<usize>,
}

impl KeyColumns {
    /// The columns of an export of buyers' rows: orders, memberships, commissions.
    pub(super) fn of_buyers(export: &Export) -> Self {
        Self {
            emails: positions(export, &EMAILS),
            phones: positions(export, &PHONES),
            orders: positions(export, &ORDERS),
            memberships: positions(export, &["membership_id"]),
            codes: positions(export, &CODES),
        }
    }

    /// The columns of an export of affiliates.
    pub(super) fn of_affiliates(export: &Export) -> Self {
        Self {
            emails: positions(export, &OF_AFFILIATE[..1]),
            phones: positions(export, &OF_AFFILIATE[1..]),
            orders: Vec::new(),
            memberships: Vec::new(),
            codes: positions(export, &CODES[..1]),
        }
    }

    /// What a row says of whose it is; nothing, where it cannot be told.
    pub(super) fn keys(&self, cells: &StringRecord) -> Vec<RowKey> {
        let mut keys = Vec::new();
        keys.extend(texts(&self.emails, cells).map(|text| RowKey::Email(address(text))));
        for text in texts(&self.phones, cells) {
            let phones = parse_phones(text).unwrap_or_default();
            keys.extend(phones.first.into_iter().chain(phones.second).map(RowKey::Phone));
        }
        let number = |text: &str| source_id::key(text).into_owned();
        keys.extend(texts(&self.orders, cells).map(|text| RowKey::Order(number(text))));
        keys.extend(texts(&self.memberships, cells).map(|text| RowKey::Membership(number(text))));
        keys
    }

    /// The codes of affiliates that a row names.
    pub(super) fn codes(&self, cells: &StringRecord) -> impl Iterator<Item = String> {
        texts(&self.codes, cells).map(|text| source_id::key(text).into_owned())
    }
}

fn positions(export: &Export, fields: &[&str]) -> Vec<usize> {
    fields.iter().filter_map(|field| export.position_of(field)).collect()
}

fn texts<'r>(positions: &[usize], cells: &'r StringRecord) -> impl Iterator<Item = &'r str> {
    positions.iter().filter_map(|at| cells.get(*at)).map(str::trim).filter(|text| !text.is_empty())
}

/// An address by which people are compared; what is none stays the text that it is.
fn address(text: &str) -> String {
    Email::parse(text).map_or_else(|_| text.to_lowercase(), |email| email.as_str().to_owned())
}
