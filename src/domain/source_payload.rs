//! The payload that an import keeps of each source row beside what it made of the row: where the row
//! stood, its cells, and the fingerprints by which the next import recognises an edit. It stands in
//! `SejoliWebhookLog.webhookPayload` and `SejoliSourceRecord.payload`.
//!
//! [`SourcePayload::to_json`] is the only writer of this form, and [`SourcePayload::parse`] the only
//! reader besides that of `verify`, which reads independently of the import.

use std::borrow::Cow;
use std::fmt;
use std::fmt::Write as _;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

use crate::domain::commission_row::Commission;
use crate::domain::commission_status::CommissionStatus;
use crate::domain::date::Millis;
use crate::domain::json_string;
use crate::domain::membership::Period;
use crate::domain::money::Money;

/// The version of the form that is written. Earlier databases hold payloads without a version, which
/// are of the same form.
pub const VERSION: u32 = 1;

/// What is kept of one source row.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SourcePayload<'a> {
    /// The version of the form.
    #[serde(default = "unversioned")]
    pub version: u32,
    /// By whose columns the row was read: `checklist` or `native`.
    #[serde(borrow, default)]
    pub profile: Cow<'a, str>,
    /// The name of the file.
    #[serde(borrow, default)]
    pub file: Cow<'a, str>,
    /// Where the date of payment comes from, if the file has none.
    #[serde(default)]
    pub paid_date: Option<Cow<'a, str>>,
    /// The data record in the file, counted from 1.
    #[serde(default)]
    pub record: u64,
    /// The cells; none once they are purged.
    #[serde(default)]
    pub cells: Option<CellsJson>,
    /// The hash of the cells, by which a changed row is recognised.
    #[serde(default, deserialize_with = "fingerprint")]
    pub content: Option<u64>,
    /// The period of a membership, which later renewals are merged with.
    #[serde(default, deserialize_with = "period")]
    pub period: Option<Box<Period>>,
    /// The fingerprint of the rows that were written of an order, by which an edit in the app is
    /// recognised.
    #[serde(default, deserialize_with = "fingerprint")]
    pub written: Option<u64>,
    /// Whether an order's commission was paid out, where its row says it.
    #[serde(default)]
    pub commission_paid: Option<bool>,
    /// What a row of commissions says, from which the settlement works.
    #[serde(default, deserialize_with = "commission")]
    pub commission: Option<Box<Commission>>,
    /// The fingerprint of the bank details that an affiliate's row has offered last.
    #[serde(default, deserialize_with = "fingerprint")]
    pub bank: Option<u64>,
    /// Whether the cells were purged.
    #[serde(default)]
    pub purged: bool,
}

/// Why a stored payload cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    /// It is no JSON, or not of the form.
    #[error("a kept source row is damaged")]
    Damaged(#[source] serde_json::Error),
    /// A later release has written it.
    #[error("a kept source row is of version {0}; this release reads versions up to {VERSION}")]
    Newer(u32),
}

/// A payload without a version has the form of version 1.
const fn unversioned() -> u32 {
    1
}

impl<'a> SourcePayload<'a> {
    /// The payload of a row as it is read, with the hash of its cells.
    pub fn new(profile: &'a str, file: impl Into<Cow<'a, str>>, record: u64, content: u64) -> Self {
        Self {
            version: VERSION,
            profile: Cow::Borrowed(profile),
            file: file.into(),
            paid_date: None,
            record,
            cells: None,
            content: Some(content),
            period: None,
            written: None,
            commission_paid: None,
            commission: None,
            bank: None,
            purged: false,
        }
    }

    /// Reads a stored payload. Its members may stand in any order: PostgreSQL and MySQL have their own.
    ///
    /// # Errors
    /// [`PayloadError`]
    pub fn parse(json: &'a str) -> Result<Self, PayloadError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let damage = match serde_json::from_str::<Self>(json) {
            Ok(payload) if payload.version <= VERSION => return Ok(payload),
            Ok(payload) => return Err(PayloadError::Newer(payload.version)),
            Err(error) => error,
        };
        match serde_json::from_str(json) {
            Ok(Versioned { version }) if version > VERSION => Err(PayloadError::Newer(version)),
            _ => Err(PayloadError::Damaged(damage)),
        }
    }

    /// The stored form: a JSON object on one line, without the members that there is nothing to say of.
    pub fn to_json(&self) -> String {
        let cells = self.cells.as_ref().map_or("", |cells| cells.0.as_str());
        let mut json = String::with_capacity(cells.len() + self.file.len() + 192);
        let _ = write!(json, "{{\"version\":{},\"profile\":", self.version);
        json_string::push(&mut json, &self.profile);
        json.push_str(",\"file\":");
        json_string::push(&mut json, &self.file);
        if let Some(paid_date) = &self.paid_date {
            json.push_str(",\"paid_date\":");
            json_string::push(&mut json, paid_date);
        }
        let _ = write!(json, ",\"record\":{}", self.record);
        if self.cells.is_some() {
            json.push_str(",\"cells\":");
            json.push_str(cells);
        }
        if let Some(content) = self.content {
            let _ = write!(json, ",\"content\":\"{content:016x}\"");
        }
        if let Some(period) = &self.period {
            json.push_str(",\"period\":");
            push_period(&mut json, period);
        }
        if let Some(written) = self.written {
            let _ = write!(json, ",\"written\":\"{written:016x}\"");
        }
        if let Some(paid) = self.commission_paid {
            let _ = write!(json, ",\"commission_paid\":{paid}");
        }
        if let Some(commission) = &self.commission {
            json.push_str(",\"commission\":");
            push_commission(&mut json, commission);
        }
        if let Some(bank) = self.bank {
            let _ = write!(json, ",\"bank\":\"{bank:016x}\"");
        }
        if self.purged {
            json.push_str(",\"purged\":true");
        }
        json.push('}');
        json
    }

    /// The same row without its cells; none if they are purged already.
    pub fn without_cells(self) -> Option<Self> {
        self.cells.as_ref()?;
        Some(Self { cells: None, purged: true, ..self })
    }
}

/// A row's cells under the names of their columns, in the order of the file, as the text of a JSON
/// object. A name occurs twice if two columns have it. They are put into text by the threads that read
/// the rows, so that the planner, which is one thread, need only copy them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellsJson(String);

impl CellsJson {
    /// The cells by their columns' names; `size` is about how many bytes they have.
    pub fn new<'c>(cells: impl IntoIterator<Item = (&'c str, &'c str)>, size: usize) -> Self {
        let mut object = Self::begin(size);
        for (column, cell) in cells {
            object.push(column, cell);
        }
        object.end()
    }

    /// The text of the JSON object.
    pub(crate) fn as_json(&self) -> &str {
        &self.0
    }

    fn begin(size: usize) -> Self {
        let mut json = String::with_capacity(size + 2);
        json.push('{');
        Self(json)
    }

    fn push(&mut self, column: &str, cell: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        json_string::push(&mut self.0, column);
        self.0.push(':');
        json_string::push(&mut self.0, cell);
    }

    fn end(mut self) -> Self {
        self.0.push('}');
        self
    }
}

impl<'de> Deserialize<'de> for CellsJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(CellsVisitor)
    }
}

struct CellsVisitor;

/// Borrowed from the payload's text unless it is escaped there.
#[derive(Deserialize)]
struct CellText<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Visitor<'de> for CellsVisitor {
    type Value = CellsJson;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of cells")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CellsJson, A::Error> {
        let mut object = CellsJson::begin(512);
        while let Some((CellText(column), CellText(cell))) = map.next_entry()? {
            object.push(&column, &cell);
        }
        Ok(object.end())
    }
}

/// A fingerprint is stored as 16 hexadecimal digits: JSON's numbers are not exact at that size.
fn fingerprint<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let CellText(hex) = CellText::deserialize(deserializer)?;
    u64::from_str_radix(&hex, 16).map(Some).map_err(D::Error::custom)
}

/// A membership's period as it is stored: times in milliseconds since 1970, the price in sen.
#[derive(Deserialize)]
struct PeriodJson {
    id: String,
    start: i64,
    end: i64,
    price: Option<i64>,
    order: Option<String>,
    #[serde(default)]
    refunded: Option<i64>,
}

fn period<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<Period>>, D::Error> {
    let stored = PeriodJson::deserialize(deserializer)?;
    Ok(Some(Box::new(Period {
        id: stored.id,
        start: Millis(stored.start),
        end: Millis(stored.end),
        price: stored.price.map(Money::from_minor),
        order_id: stored.order,
        refunded_at: stored.refunded.map(Millis),
    })))
}

/// A commission as it is stored, the amount in sen.
#[derive(Deserialize)]
struct CommissionJson {
    order: String,
    affiliate: String,
    tier: u32,
    amount: i64,
    status: String,
    paid: bool,
}

fn commission<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<Commission>>, D::Error> {
    let stored = CommissionJson::deserialize(deserializer)?;
    Ok(Some(Box::new(Commission {
        order_id: stored.order,
        affiliate_code: stored.affiliate,
        tier: stored.tier,
        amount: Money::from_minor(stored.amount),
        status: CommissionStatus::parse(&stored.status).map_err(D::Error::custom)?,
        paid: stored.paid,
    })))
}

fn push_commission(json: &mut String, commission: &Commission) {
    let Commission { order_id, affiliate_code, tier, amount, status, paid } = commission;
    json.push_str("{\"order\":");
    json_string::push(json, order_id);
    json.push_str(",\"affiliate\":");
    json_string::push(json, affiliate_code);
    let (amount, status) = (amount.minor(), status.as_str());
    let _ = write!(json, ",\"tier\":{tier},\"amount\":{amount},\"status\":\"{status}\",\"paid\":{paid}}}");
}

fn push_period(json: &mut String, period: &Period) {
    json.push_str("{\"id\":");
    json_string::push(json, &period.id);
    let _ = write!(json, ",\"start\":{},\"end\":{},\"price\":", period.start.0, period.end.0);
    match period.price {
        Some(price) => _ = write!(json, "{}", price.minor()),
        None => json.push_str("null"),
    }
    json.push_str(",\"order\":");
    match &period.order_id {
        Some(order) => json_string::push(json, order),
        None => json.push_str("null"),
    }
    if let Some(refunded_at) = period.refunded_at {
        let _ = write!(json, ",\"refunded\":{}", refunded_at.0);
    }
    json.push('}');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn payload(columns: &[(&str, &str)]) -> SourcePayload<'static> {
        SourcePayload {
            cells: Some(CellsJson::new(columns.iter().copied(), 64)),
            ..SourcePayload::new("checklist", "orders.csv", 7, 10)
        }
    }

    #[test]
    fn an_order_is_kept_in_this_form() {
        let order =
            SourcePayload { written: Some(11), ..payload(&[("order_id", "12"), ("buyer_name", "Rina")]) };
        assert_eq!(
            order.to_json(),
            r#"{"version":1,"profile":"checklist","file":"orders.csv","record":7,"cells":{"order_id":"12","buyer_name":"Rina"},"content":"000000000000000a","written":"000000000000000b"}"#
        );
    }

    #[test]
    fn a_membership_is_kept_with_its_period() {
        let period = Period {
            id: "M1".to_owned(),
            start: Millis(-1),
            end: Millis(2),
            price: None,
            order_id: Some("12".to_owned()),
            refunded_at: None,
        };
        let kept = SourcePayload { period: Some(Box::new(period)), ..payload(&[]) };
        assert_eq!(
            kept.to_json(),
            r#"{"version":1,"profile":"checklist","file":"orders.csv","record":7,"cells":{},"content":"000000000000000a","period":{"id":"M1","start":-1,"end":2,"price":null,"order":"12"}}"#
        );
        let refunded = kept.period.map(|period| Box::new(Period { refunded_at: Some(Millis(1)), ..*period }));
        let json = SourcePayload { period: refunded, ..payload(&[]) }.to_json();
        assert!(json.ends_with(r#""order":"12","refunded":1}}"#), "{json}");
    }

    #[test]
    fn odd_names_and_a_column_that_stands_there_twice_are_kept_as_they_are() {
        let odd = [
            ("", "no name"),
            ("content", "\"content\":\"ff\""),
            ("a\"b\\c", "\u{1}\n"),
            ("twice", "1"),
            ("twice", "2"),
        ];
        let json = payload(&odd).to_json();
        let read = SourcePayload::parse(&json).expect("read");
        assert_eq!(read, payload(&odd));
        assert_eq!(read.to_json(), json);
    }

    #[test]
    fn a_payload_without_a_version_is_read_as_before() {
        let json = r#"{"file": "orders.csv", "cells": {"order_id": "12"}, "record": 7, "content": "000000000000000a", "profile": "native", "written": "000000000000000b", "paid_date": "of the order"}"#;
        let read = SourcePayload::parse(json).expect("read");
        let cells = Some(CellsJson::new([("order_id", "12")], 16));
        let expected = SourcePayload {
            cells,
            paid_date: Some("of the order".into()),
            written: Some(11),
            ..SourcePayload::new("native", "orders.csv", 7, 10)
        };
        assert_eq!(read, expected);
    }

    #[test]
    fn a_purged_payload_keeps_its_place_and_its_fingerprints_and_no_cell() {
        let purged = payload(&[("buyer_email", "rina@example.org")]).without_cells().expect("cells");
        assert_eq!(
            purged.to_json(),
            r#"{"version":1,"profile":"checklist","file":"orders.csv","record":7,"content":"000000000000000a","purged":true}"#
        );
        assert_eq!(purged.without_cells(), None, "once is enough");
    }

    #[test]
    fn damage_and_a_later_version_are_told_apart() {
        for damaged in ["", "7", "null", "{\"cells\":", r#"{"content":"xyz"}"#, r#"{"record":-1}"#] {
            assert!(matches!(SourcePayload::parse(damaged), Err(PayloadError::Damaged(_))), "{damaged}");
        }
        for newer in [r#"{"version":2}"#, r#"{"version":3,"cells":[1]}"#] {
            assert!(matches!(SourcePayload::parse(newer), Err(PayloadError::Newer(2 | 3))), "{newer}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            file in any::<String>(),
            record in any::<u64>(),
            cells in proptest::option::of(proptest::collection::vec((any::<String>(), any::<String>()), 0..6)),
            paid_date in proptest::option::of(any::<String>()),
            content in any::<Option<u64>>(),
            written in any::<Option<u64>>(),
            period in any::<Option<(String, i64, i64, Option<i64>, Option<String>, Option<i64>)>>(),
            commission_paid in any::<Option<bool>>(),
            commission in any::<Option<(String, String, u32, i64, bool)>>(),
            bank in any::<Option<u64>>(),
            purged in any::<bool>(),
        ) {
            let pairs = cells.as_ref().map(|cells| cells.iter().map(|(column, cell)| (column.as_str(), cell.as_str())));
            let kept = SourcePayload {
                version: VERSION,
                profile: "native".into(),
                file: file.into(),
                paid_date: paid_date.map(Cow::Owned),
                record,
                cells: pairs.map(|pairs| CellsJson::new(pairs, 0)),
                content,
                period: period.map(|(id, start, end, price, order_id, refunded_at)| Box::new(Period {
                    id,
                    start: Millis(start),
                    end: Millis(end),
                    price: price.map(Money::from_minor),
                    order_id,
                    refunded_at: refunded_at.map(Millis),
                })),
                written,
                commission_paid,
                commission: commission.map(|(order_id, affiliate_code, tier, amount, paid)| Box::new(Commission {
                    order_id,
                    affiliate_code,
                    tier,
                    amount: Money::from_minor(amount),
                    status: CommissionStatus::Pending,
                    paid,
                })),
                bank,
                purged,
            };
            let json = kept.to_json();
            prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{}", json);
            prop_assert_eq!(SourcePayload::parse(&json).expect("read"), kept);
        }
    }
}
