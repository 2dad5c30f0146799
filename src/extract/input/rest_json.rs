//! Reads the JSON of Sejoli's REST add-on: the orders of `sales`, and the commissions of `affiliate/user/ID`.
//!
//! It is the poorest form: memberships, phone numbers, settings, and orders of deleted users or products are in none of
//! it. What it lacks is said with the result and never filled in; an affiliate whose commissions are not at hand is refused,
//! since nothing owed would look the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::extract::input::row::SiteRow;
use crate::extract::input::unpacked;
use crate::extract::intake::Intake;
use crate::extract::tables::SiteTable;
use crate::failure::Failure;
use crate::language::tr;

/// How a shop is exported in this form, where nothing else is at hand.
pub(crate) const HOW_TO: &str = "curl -f https://SHOP/wp-json/sejoli-api/v1/sales > rest/sales.json, and for each affiliate \
    curl -f https://SHOP/wp-json/sejoli-api/v1/affiliate/user/ID > rest/affiliate-ID.json; then extract the folder rest";

type Object = Map<String, Value>;

/// Reads the files of a shop into an intake.
///
/// # Errors
/// Exit code 6: a file is cut, holds fewer orders than it says, or the commissions of an affiliate are missing.
pub(crate) fn read(files: &[PathBuf], intake: &mut Intake) -> anyhow::Result<()> {
    let mut people = NamedPeople::default();
    let mut answered = BTreeSet::new();
    intake.is_of_rest = true;
    for table in SiteTable::ALL {
        intake.declare(table.suffix(), &[]);
    }
    for file in files {
        let wrong = |error: anyhow::Error| Failure::in_file(file.display(), &error);
        let answer = read_answer(unpacked::open(file)?).map_err(wrong)?;
        if answer.commissions.is_some() {
            answered.extend(affiliate_of_name(file));
        }
        for order in answer.orders.iter().flatten() {
            people.note(order);
            take(intake, SiteTable::Orders, order).map_err(wrong)?;
        }
        for commission in answer.commissions.iter().flatten() {
            answered.extend(number(commission, "affiliate_id"));
            take(intake, SiteTable::Commissions, commission).map_err(wrong)?;
        }
    }
    let silent: Vec<String> = people.affiliates.difference(&answered).map(u64::to_string).collect();
    if !silent.is_empty() {
        return Err(Failure::input(tr!(
            "the commissions of these affiliates are not among the files: {}",
            silent.join(", ")
        )));
    }
    people.take_into(intake)
}

/// The affiliate that a file is named after: 7 of `affiliate-7.json`. One without commissions is named nowhere else.
fn affiliate_of_name(file: &Path) -> Option<u64> {
    let stem = file.file_name()?.to_str()?.split('.').next()?.to_owned();
    let digits = stem.trim_start_matches(|sign: char| !sign.is_ascii_digit());
    digits.parse().ok()
}

/// Who and what the orders name: the add-on has no list of them.
#[derive(Default)]
struct NamedPeople {
    /// Address and name of the buyers.
    buyers: BTreeMap<u64, Object>,
    /// Names of the affiliates.
    sellers: BTreeMap<u64, Object>,
    products: BTreeMap<u64, Object>,
    coupons: BTreeMap<u64, Object>,
    affiliates: BTreeSet<u64>,
}

impl NamedPeople {
    fn note(&mut self, order: &Object) {
        let of = |name: &str| order.get(name).cloned().unwrap_or(Value::Null);
        let row = |cells: &[(&str, Value)]| {
            cells.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect::<Object>()
        };
        if let Some(id) = number(order, "user_id") {
            let cells =
                [("ID", id.into()), ("user_email", of("user_email")), ("display_name", of("user_name"))];
            self.buyers.insert(id, row(&cells));
        }
        if let Some(id) = number(order, "affiliate_id") {
            self.affiliates.insert(id);
            self.sellers.insert(id, row(&[("ID", id.into()), ("display_name", of("affiliate_name"))]));
        }
        if let Some(id) = number(order, "product_id") {
            let cells = [
                ("ID", id.into()),
                ("post_title", of("product_name")),
                ("post_type", Value::from("sejoli-product")),
            ];
            self.products.insert(id, row(&cells));
        }
        if let Some(id) = number(order, "coupon_id") {
            let nobody = Value::from(0);
            let cells = [
                ("ID", id.into()),
                ("user_id", nobody.clone()),
                ("coupon_parent_id", nobody),
                ("code", of("coupon_code")),
            ];
            self.coupons.insert(id, row(&cells));
        }
    }

    fn take_into(mut self, intake: &mut Intake) -> anyhow::Result<()> {
        // An affiliate who has bought something is known by his address, too.
        self.sellers.append(&mut self.buyers);
        let tables = [
            (SiteTable::Users, self.sellers),
            (SiteTable::Posts, self.products),
            (SiteTable::Coupons, self.coupons),
        ];
        for (table, rows) in tables {
            rows.values().try_for_each(|row| take(intake, table, row))?;
        }
        Ok(())
    }
}

/// A number above zero.
fn number(object: &Object, name: &str) -> Option<u64> {
    cell(object.get(name)?)?.parse().ok().filter(|number| *number > 0)
}

/// Hands a row over, as any other form does.
fn take(intake: &mut Intake, table: SiteTable, object: &Object) -> anyhow::Result<()> {
    let columns = table.columns();
    let mut row = SiteRow::default();
    row.clear(columns.len());
    for (place, column) in columns.iter().enumerate() {
        match object.get(column.name) {
            Some(meta @ (Value::Object(_) | Value::Array(_))) if column.name == "meta_data" => {
                let mut bytes = Vec::new();
                serialize(meta, &mut bytes);
                row.set(place, &bytes);
            }
            Some(value) => {
                if let Some(text) = cell(value) {
                    row.set(place, text.as_bytes());
                }
            }
            None => {}
        }
    }
    // What the orders say of people and products is all there is of them.
    let stated: Vec<&str> = match table {
        SiteTable::Orders | SiteTable::Commissions => object.keys().map(String::as_str).collect(),
        _ => columns.iter().map(|column| column.name).collect(),
    };
    match intake.layout(table.suffix(), stated)? {
        Some(layout) => intake.take(&layout, &row),
        None => Ok(()),
    }
}

/// A value as a cell; null is none.
fn cell(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(u8::from(*flag).to_string()),
        _ => None,
    }
}

/// Writes a value as PHP keeps it in the database, where the add-on has read it.
fn serialize(value: &Value, into: &mut Vec<u8>) {
    let text = |text: &str, into: &mut Vec<u8>| {
        into.extend(format!("s:{}:\"{text}\";", text.len()).into_bytes());
    };
    match value {
        Value::Null => into.extend(b"N;"),
        Value::Bool(flag) => into.extend(format!("b:{};", u8::from(*flag)).into_bytes()),
        Value::Number(number) if number.is_f64() => into.extend(format!("d:{number};").into_bytes()),
        Value::Number(number) => into.extend(format!("i:{number};").into_bytes()),
        Value::String(string) => text(string, into),
        Value::Array(values) => {
            into.extend(format!("a:{}:{{", values.len()).into_bytes());
            for (at, value) in values.iter().enumerate() {
                into.extend(format!("i:{at};").into_bytes());
                serialize(value, into);
            }
            into.push(b'}');
        }
        Value::Object(values) => {
            into.extend(format!("a:{}:{{", values.len()).into_bytes());
            for (key, value) in values {
                text(key, into);
                serialize(value, into);
            }
            into.push(b'}');
        }
    }
}

/// What the add-on has answered: one of the two lists, where it is no word of an error.
#[derive(Default)]
struct RestAnswer {
    orders: Option<Vec<Object>>,
    commissions: Option<Vec<Object>>,
    total: Option<u64>,
}

fn read_answer(input: impl Read) -> anyhow::Result<RestAnswer> {
    let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(1 << 16, input));
    let mut answer = RestAnswer::default();
    // The parser's own words may quote what it has read.
    json.deserialize_map(&mut answer)
        .and_then(|()| json.end())
        .map_err(|error| Failure::input(tr!("it is cut or damaged at line {}", error.line())))?;
    let orders = answer.orders.as_ref().map_or(0, Vec::len);
    match answer.total {
        _ if answer.orders.is_none() && answer.commissions.is_none() => Err(Failure::input(tr!(
            "it holds neither orders nor commissions, so it is no answer to either question"
        ))),
        Some(total) if total != orders as u64 => {
            Err(Failure::input(tr!("it says that there are {total} orders and holds {orders}")))
        }
        _ => Ok(answer),
    }
}

impl<'de> Visitor<'de> for &mut RestAnswer {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer of the add-on")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<(), A::Error> {
        while let Some(name) = parts.next_key::<String>()? {
            match name.as_str() {
                "orders" => self.orders = Some(parts.next_value()?),
                "commissions" => self.commissions = Some(parts.next_value()?),
                "recordsTotal" => {
                    let total = parts.next_value::<Value>()?;
                    self.total = cell(&total).and_then(|text| text.parse().ok());
                }
                _ => drop(parts.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}
