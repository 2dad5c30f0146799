//! The values that a column may have had: what the row, its person and its order say elsewhere.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::domain::bank_account::{BankAccount, BankDetails};
use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::store::codec::record::{Column, Record as _, Table};
use crate::store::codec::value::{Kind, Value};
use crate::store::schema::tables::AffiliateProfile;

/// What is said elsewhere.
#[derive(Clone, Debug, Default)]
pub(super) struct Hints {
    /// What stands in columns of ids: a column of ids has had one of these.
    ids: BTreeSet<String>,
    texts: BTreeSet<String>,
    times: BTreeSet<i64>,
    amounts: BTreeSet<i64>,
    counts: BTreeSet<i64>,
    /// Bank details that a text names.
    accounts: Vec<BankAccount>,
}

/// Words that imports write into columns of text, and those of the app's enums.
const WORDS: [&str; 25] = [
    "ACTIVE",
    "EXPIRED",
    "CANCELLED",
    "PENDING",
    "APPROVED",
    "REJECTED",
    "VERIFIED",
    "PAID",
    "REFUNDED",
    "SEJOLI",
    "COMMISSION",
    "PAYOUT",
    "ADJUSTMENT",
    "ADMIN",
    "MENTOR",
    "AFFILIATE",
    "MEMBER_PREMIUM",
    "MEMBER_FREE",
    "MEMBERSHIP",
    "PRODUCT",
    "COURSE",
    "EVENT",
    "SUCCESS",
    "FAILED",
    "MEMBER",
];

/// The columns of text that hold such words.
const OF_WORDS: [&str; 7] = [
    "status",
    "type",
    "applicationStatus",
    "mappingStatus",
    "orderStatus",
    "importSource",
    "paymentProvider",
];

/// Whether a column holds the id of a row.
fn is_of_ids(column: &str) -> bool {
    column == "id" || column.ends_with("Id") && column != "externalId"
}

impl Hints {
    /// Takes in a row of a table.
    pub(super) fn take_row(&mut self, table: &Table, row: &[Value]) {
        for (value, column) in row.iter().zip(table.columns) {
            match value {
                Value::Text(id) if is_of_ids(column.name) => drop(self.ids.insert(id.clone())),
                value => self.take(value),
            }
        }
    }

    /// Takes in a value that is no id.
    pub(super) fn take(&mut self, value: &Value) {
        match value {
            Value::Text(text) => self.take_text(text),
            Value::Time(time) => self.take_time(*time),
            Value::Money(amount) => drop(self.amounts.insert(amount.minor())),
            Value::Int(count) => drop(self.counts.insert(*count)),
            Value::Json(json) => {
                if let Ok(json) = serde_json::from_str::<Json>(&json.0) {
                    self.take_json(&json);
                }
            }
            _ => {}
        }
    }

    /// Takes in a text in the forms in which imports write it.
    pub(super) fn take_text(&mut self, text: &str) {
        self.texts.extend([text.to_owned(), text.trim().to_lowercase()]);
        if let BankDetails::Account(account) = BankDetails::read(text) {
            self.accounts.push(account);
        }
        let number = text.strip_prefix("INV").or_else(|| text.strip_prefix("sejoli-")).unwrap_or(text);
        if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) {
            self.texts.extend([number.to_owned(), format!("INV{number}"), format!("sejoli-{number}")]);
        }
    }

    /// Takes in a time. The membership that a page is to show is created a millisecond above the person's others.
    pub(super) fn take_time(&mut self, time: Millis) {
        self.times.extend([time.0, time.0 + 1]);
    }

    /// Takes in an amount.
    pub(super) fn take_amount(&mut self, amount: Money) {
        self.amounts.insert(amount.minor());
    }

    fn take_json(&mut self, json: &Json) {
        match json {
            Json::String(text) => self.take_text(text),
            Json::Number(number) => {
                if let Some(number) = number.as_i64() {
                    self.take_time(Millis(number));
                    self.amounts.insert(number);
                }
            }
            Json::Array(all) => all.iter().for_each(|one| self.take_json(one)),
            Json::Object(members) => {
                for (name, one) in members {
                    match one {
                        Json::String(id) if is_of_ids(name) => drop(self.ids.insert(id.clone())),
                        one => self.take_json(one),
                    }
                }
            }
            Json::Null | Json::Bool(_) => {}
        }
    }

    /// Choices of values that belong together, by the columns' positions: bank details are of one account.
    pub(super) fn together(&self, table: &Table) -> Vec<Vec<(usize, Value)>> {
        if table != AffiliateProfile::TABLE {
            return Vec::new();
        }
        let at = |column: &str| table.position(column);
        let [bank, holder, number] = ["bankName", "bankAccountName", "bankAccountNumber"].map(at);
        let text = |text: &str| Value::Text(text.to_owned());
        let choice = |account: &BankAccount| {
            let named = account.holder.as_deref().map_or(Value::Null, text);
            vec![(bank, text(&account.bank)), (holder, named), (number, text(&account.number))]
        };
        self.accounts.iter().map(choice).collect()
    }

    /// What a column may have held, without what it holds.
    pub(super) fn of(&self, column: &Column, today: &Value) -> Vec<Value> {
        let words = || WORDS.into_iter().map(|word| Value::Text(word.to_owned()));
        let mut values: Vec<Value> = match column.kind {
            Kind::Bool => vec![Value::Bool(false), Value::Bool(true)],
            Kind::Enum(_) => words().collect(),
            Kind::Text if is_of_ids(column.name) => self.ids.iter().cloned().map(Value::Text).collect(),
            Kind::Text if OF_WORDS.contains(&column.name) => words().collect(),
            Kind::Text => self.texts.iter().cloned().map(Value::Text).collect(),
            Kind::Time => self.times.iter().map(|time| Value::Time(Millis(*time))).collect(),
            Kind::Money => self.amounts.iter().map(|minor| Value::Money(Money::from_minor(*minor))).collect(),
            Kind::Int => self.counts.iter().map(|count| Value::Int(*count)).collect(),
            Kind::Real | Kind::Json | Kind::Bytes => Vec::new(),
        };
        if column.nullable {
            values.insert(0, Value::Null);
        }
        values.retain(|value| value != today);
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::codec::value::JsonText;
    use crate::store::schema::tables::Transaction;

    #[test]
    fn a_column_may_have_held_what_is_said_elsewhere_in_the_form_in_which_it_is_written() {
        let mut hints = Hints::default();
        hints.take(&Value::Text("sejoli-12".to_owned()));
        hints.take(&Value::Json(JsonText("{\"affiliateId\": \"budi\"}".to_owned())));
        let columns = Transaction::TABLE.columns;
        let of = |column: &str| hints.of(&columns[Transaction::TABLE.position(column)], &Value::Null);
        let text = |text: &str| Value::Text(text.to_owned());
        assert!(of("invoiceNumber").contains(&text("INV12")));
        assert!(of("affiliateId").contains(&text("budi")));
        assert!(of("status").contains(&text("SUCCESS")) && !of("status").contains(&text("budi")));
        assert_eq!(of("amount"), [], "nobody has said an amount");
    }
}
