//! An order, from its cells.

use crate::domain::commission;
use crate::domain::contact;
use crate::domain::contact::{Email, Phone, Phones};
use crate::domain::date;
use crate::domain::date::{DateRules, Millis, Moment};
use crate::domain::fields::OrderCells;
use crate::domain::finding::{Code, Finding};
use crate::domain::mask;
use crate::domain::money;
use crate::domain::money::{Money, MoneyStyle, Rate};
use crate::domain::status;
use crate::domain::status::OrderStatus;
use crate::domain::text;

/// How the cells of a file are to be read.
#[derive(Clone, Copy, Debug)]
pub struct CellRules {
    /// Zone and order of dates.
    pub dates: DateRules,
    /// What a point in an amount means.
    pub money: MoneyStyle,
}

/// An order as Sejoli has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The Sejoli number, as it is (L15).
    pub id: String,
    /// When it was placed.
    pub placed_at: Millis,
    /// Sejoli's product number.
    pub product_id: String,
    /// The product's title at that time.
    pub product_name: String,
    /// The buyer's name; empty when there is none.
    pub buyer_name: String,
    /// The buyer's address, if there is one.
    pub email: Option<Email>,
    /// The buyer's phone.
    pub phone: Option<Phone>,
    /// The buyer's WhatsApp number.
    pub whatsapp: Option<Phone>,
    /// The price.
    pub amount: Money,
    /// What was paid, the unique code included.
    pub paid_amount: Option<Money>,
    /// Where it stands.
    pub status: OrderStatus,
    /// When it was paid.
    pub paid_at: Option<Millis>,
    /// The affiliate's code.
    pub affiliate_code: Option<String>,
    /// The affiliate's name, as recorded on the order.
    pub affiliate_name: Option<String>,
    /// The affiliate's address, as recorded on the order.
    pub affiliate_email: Option<String>,
    /// The rate at that time.
    pub rate: Option<Rate>,
    /// The commission recorded on the order.
    pub commission: Option<Money>,
}

impl Order {
    /// Whether it was paid and not given back: only then does it count as revenue (L11).
    pub fn is_paid(&self) -> bool {
        self.status == OrderStatus::Paid
    }

    /// What the order brought or would have brought: the paid amount where there was a payment.
    pub fn charged(&self) -> Money {
        match self.status {
            OrderStatus::Paid | OrderStatus::Refunded => self.paid_amount.unwrap_or(self.amount),
            OrderStatus::Pending | OrderStatus::Expired => self.amount,
        }
    }

    /// The date that a commission belongs to (L20).
    pub fn earned_at(&self) -> Millis {
        self.paid_at.unwrap_or(self.placed_at)
    }
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

    /// The WhatsApp number: of its own cell, else the second one of the phone's.
    fn whatsapp(&mut self, phones: &Phones, cell: &str) -> Option<Phone> {
        let own = self.phones("buyer_whatsapp", cell);
        let kept = own.first.or(phones.second);
        let is_kept = |phone: Phone| Some(phone) == phones.first || Some(phone) == kept;
        for (column, phone) in [("buyer_phone", phones.second), ("buyer_whatsapp", own.second)] {
            if let Some(phone) = phone.filter(|phone| !is_kept(*phone)) {
                self.note(Code::PhoneLeftOver, column, mask::shown(column, &phone.to_string(), false));
            }
        }
        kept
    }

    /// An e-mail address; one that is malformed rejects the row, an empty one does not.
    pub fn email(&mut self, column: &'static str, cell: &str) -> Option<Email> {
        match Email::parse(cell) {
            Ok(email) => {
                if let Some(domain) = contact::suggestion(&email) {
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

/// Reads an order from its cells.
pub fn parse(cells: &OrderCells<'_>, rules: CellRules) -> Parsed<Order> {
    let mut reader = CellReader::default();
    let order = read(cells, rules, &mut reader);
    let mut findings = reader.findings;
    if let Some(order) = &order {
        findings.extend(commission::check(order));
    }
    Parsed { record: order, findings }
}

/// The order, as soon as everything that it needs could be read.
fn read(cells: &OrderCells<'_>, rules: CellRules, reader: &mut CellReader) -> Option<Order> {
    let id = reader.required("order_id", cells.order_id);
    let placed = reader.required_date("order_date", cells.order_date, rules.dates);
    let product_id = reader.required("product_id", cells.product_id);
    let email = reader.email("buyer_email", cells.buyer_email);
    let phones = reader.phones("buyer_phone", cells.buyer_phone);
    let whatsapp = reader.whatsapp(&phones, cells.buyer_whatsapp);
    if email.is_none() && phones.first.is_none() && !reader.has("buyer_email") {
        reader.note(Code::RequiredMissing, "buyer_email", "");
    }
    let amount = reader.amount("amount", cells.amount, rules.money);
    if amount.is_none() && !reader.has("amount") {
        reader.note(Code::RequiredMissing, "amount", "");
    }
    let paid_amount = reader.amount("paid_amount", cells.paid_amount, rules.money);
    let status = read_status(cells.payment_status, reader);
    let paid = reader.date("paid_date", cells.paid_date, rules.dates);
    let expiry = reader.date("expiry_date", cells.expiry_date, rules.dates);
    let rate = reader.rate("affiliate_commission_rate", cells.affiliate_commission_rate);
    let commission =
        reader.amount("affiliate_commission_amount", cells.affiliate_commission_amount, rules.money);
    let (placed, amount, status) = (placed?, amount?, status?);
    if expiry.is_some_and(|expiry| expiry.end_of_day() < placed.at) {
        reader.note(Code::DatesContradict, "expiry_date", "");
    }
    if status == OrderStatus::Paid && paid.is_none() {
        reader.note(Code::PaidDateMissing, "paid_date", "");
    }
    Some(Order {
        id,
        placed_at: placed.at,
        product_id,
        product_name: text::clean_line(cells.product_name).into_owned(),
        buyer_name: text::clean_line(cells.buyer_name).into_owned(),
        email,
        phone: phones.first,
        whatsapp,
        amount,
        paid_amount,
        status,
        paid_at: paid.map(|moment| moment.at).or((status == OrderStatus::Paid).then_some(placed.at)),
        affiliate_code: optional(cells.affiliate_code).filter(|code| code != "0"),
        affiliate_name: optional(cells.affiliate_name),
        affiliate_email: optional(cells.affiliate_email),
        rate,
        commission,
    })
}

/// A status of the closed table, never a guess (L10).
fn read_status(cell: &str, reader: &mut CellReader) -> Option<OrderStatus> {
    match status::parse_order_status(cell) {
        Ok(status) => Some(status),
        Err(status::StatusError::Empty) => {
            reader.note(Code::RequiredMissing, "payment_status", "");
            None
        }
        Err(_) => {
            reader.note(Code::StatusUnknown, "payment_status", text::excerpt(cell, 30));
            None
        }
    }
}
