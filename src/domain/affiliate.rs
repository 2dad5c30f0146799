//! An affiliate, read from a row of an export.

use crate::domain::bank_account::BankDetails;
use crate::domain::cell_reader::{CellReader, CellRules, Parsed};
use crate::domain::commission;
use crate::domain::contact;
use crate::domain::contact::{Email, Phone};
use crate::domain::date::Millis;
use crate::domain::detail::Detail;
use crate::domain::export_fields::AffiliateCells;
use crate::domain::finding::Code;
use crate::domain::money::{Money, Rate};

/// An affiliate with typed values, not yet matched with a user of the app.
#[derive(Clone, Debug, PartialEq, Hash)]
pub(crate) struct Affiliate {
    /// Sejoli's code.
    pub code: String,
    /// The name.
    pub name: String,
    /// The address, if it is usable.
    pub email: Option<Email>,
    /// The phone.
    pub phone: Option<Phone>,
    /// The rate of today; it says nothing about past orders (L17).
    pub rate: Option<Rate>,
    /// The commission that Sejoli counts in total.
    pub total_commissions: Option<Money>,
    /// What has been paid out already (L21); none if the cell is empty.
    pub total_paid: Option<Money>,
    /// When the affiliate joined.
    pub joined_at: Option<Millis>,
    /// Where payouts go.
    pub bank: BankDetails,
}

/// Reads an affiliate from its cells.
pub(crate) fn parse(cells: &AffiliateCells<'_>, rules: CellRules) -> Parsed<Affiliate> {
    let mut reader = CellReader::default();
    let code = reader.required_id("affiliate_code", cells.affiliate_code);
    let name = reader.required("affiliate_name", cells.affiliate_name);
    let email = read_email(cells.affiliate_email, &mut reader);
    let phone = reader.phones("affiliate_phone", cells.affiliate_phone).first;
    let rate = reader.rate("commission_rate", cells.commission_rate, Code::AmountUnreadable);
    match rate {
        Some(rate) if rate.is_over_hundred() => {
            reader.note(Code::RateOverHundred, "commission_rate", format!("{} %", rate.plain()));
        }
        Some(rate) if commission::may_be_a_fraction(rate, cells.commission_rate) => {
            reader.note(Code::RateUnclear, "commission_rate", rate.plain());
        }
        None if cells.commission_rate.trim().is_empty() => {
            reader.note(Code::RateMissing, "commission_rate", "");
        }
        _ => {}
    }
    let total_commissions = reader.amount("total_commissions", cells.total_commissions, rules.money);
    let total_paid = reader.amount("total_paid", cells.total_paid, rules.money);
    let joined_at = reader.date("join_date", cells.join_date, rules.dates).map(|moment| moment.at);
    let is_unreadable = total_commissions.is_none() && reader.has("total_commissions");
    let amount = (!is_unreadable).then_some(total_commissions.unwrap_or(Money::ZERO));
    let bank = BankDetails::read(cells.bank_info);
    if bank == BankDetails::Unclear {
        reader.note(Code::BankUnclear, "bank_info", "");
    }
    let record = Affiliate { code, name, email, phone, rate, total_commissions, total_paid, joined_at, bank };
    Parsed { record: Some(record), findings: reader.findings, amount }
}

/// An affiliate does not need an address: a malformed one is left out and does not reject the row.
fn read_email(cell: &str, reader: &mut CellReader) -> Option<Email> {
    match Email::parse(cell) {
        Ok(email) => Some(email),
        Err(contact::EmailError::Empty) => None,
        Err(error) => {
            reader.note(Code::EmailDropped, "affiliate_email", Detail::error(&error));
            None
        }
    }
}
