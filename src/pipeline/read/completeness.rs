//! What the orders of the files look like as a set: whether they can be all of them, which of them are
//! worth a look. A complete-looking file can be a partial one: the export page pre-fills the last 30
//! days, and an affiliate's own export has that affiliate's orders only (L3).

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use crate::domain::affiliate::Affiliate;
use crate::domain::contact::Email;
use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding};
use crate::domain::money::Money;
use crate::domain::order::Order;
use crate::domain::redaction::redact_cell;
use crate::domain::source_kind::ExportProfile;
use crate::pipeline::files::outputs::{OutputFile, RunFolder};
use crate::pipeline::read::first_pass::FirstPass;
use crate::source::Export;

/// Fewer orders say nothing about what was left out.
const ENOUGH: u64 = 20;
/// What the export page pre-fills, and a day for the time zone.
const PREFILLED_DAYS: i64 = 31;
const DAY_MS: i64 = 86_400_000;
/// How far an affiliate's total may lie from that of the orders.
const TOLERANCE: Money = Money::rupiah(1);

/// An order as a person looks it over; nobody is named in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Glance {
    /// Sejoli's number.
    pub order_id: String,
    /// When it was placed.
    pub placed_at: Millis,
    /// The product's title.
    pub product: String,
    /// The buyer's address, masked unless asked for.
    pub buyer: String,
    /// What it charged.
    pub amount: Money,
    /// Where it stands.
    pub status: &'static str,
    /// The affiliate's code.
    pub affiliate: String,
    /// The recorded commission.
    pub commission: Option<Money>,
}

impl Glance {
    fn of(order: &Order, show_pii: bool) -> Self {
        let shown = |email: &Email| redact_cell("buyer_email", email.as_str(), show_pii);
        Self {
            order_id: order.id.clone(),
            placed_at: order.placed_at,
            product: order.product_name.clone(),
            buyer: order.email.as_ref().map(shown).unwrap_or_default(),
            amount: order.charged(),
            status: order.status.as_str(),
            affiliate: order.affiliate_code.clone().unwrap_or_default(),
            commission: order.commission,
        }
    }
}

/// Orders of a high amount that are kept in memory; the file has all of them.
const KEPT: usize = 1_000;

/// The orders of a high amount.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HighList {
    /// From this amount on an order is worth a look.
    pub from: Money,
    /// How many there are.
    pub count: u64,
    /// The first of them.
    pub first: Vec<Glance>,
}

/// The list of them while it is written, for a person's eyes.
#[allow(missing_debug_implementations)]
pub struct HighValue {
    list: HighList,
    file: OutputFile,
}

impl HighValue {
    /// Begins the list.
    ///
    /// # Errors
    /// Its file cannot be made.
    pub fn create(folder: &RunFolder, from: Money) -> anyhow::Result<Self> {
        let mut file = folder.csv("high-value.csv")?;
        file.line([
            "order_id",
            "placed_at",
            "product",
            "buyer",
            "amount",
            "status",
            "affiliate",
            "commission",
        ])?;
        Ok(Self { list: HighList { from, ..HighList::default() }, file })
    }

    fn add(&mut self, order: &Order, show_pii: bool) -> anyhow::Result<()> {
        if order.charged() < self.list.from {
            return Ok(());
        }
        let glance = Glance::of(order, show_pii);
        let commission = glance.commission.map(Money::plain).unwrap_or_default();
        let (at, amount) = (glance.placed_at.to_string(), glance.amount.plain());
        let cells = [&glance.order_id, &at, &glance.product, &glance.buyer, &amount];
        let more = [glance.status, glance.affiliate.as_str(), commission.as_str()];
        self.file.line(cells.into_iter().map(String::as_str).chain(more))?;
        self.list.count += 1;
        if self.list.first.len() < KEPT {
            self.list.first.push(glance);
        }
        Ok(())
    }

    /// Finishes the file; none is left where no order is worth a look.
    ///
    /// # Errors
    /// It cannot be put in its place.
    pub fn finish(self) -> anyhow::Result<(HighList, Option<PathBuf>)> {
        let file = if self.list.count == 0 { None } else { Some(self.file.finish()?) };
        Ok((self.list, file))
    }
}

/// The orders as a set.
#[allow(missing_debug_implementations)]
pub struct Completeness {
    /// The orders that are worth a look.
    pub high: HighValue,
    orders: u64,
    first: Option<Millis>,
    last: Option<Millis>,
    by_affiliate: BTreeMap<String, u64>,
}

impl Completeness {
    /// No order yet.
    pub fn new(high: HighValue) -> Self {
        Self { high, orders: 0, first: None, last: None, by_affiliate: BTreeMap::new() }
    }

    /// Takes in an order.
    ///
    /// # Errors
    /// The list of high amounts cannot be written.
    pub fn add(&mut self, order: &Order, show_pii: bool) -> anyhow::Result<()> {
        self.orders += 1;
        self.first = Some(self.first.map_or(order.placed_at, |first| first.min(order.placed_at)));
        self.last = Some(self.last.map_or(order.placed_at, |last| last.max(order.placed_at)));
        let code = order.affiliate_code.as_deref().unwrap_or_default();
        match self.by_affiliate.get_mut(code) {
            Some(count) => *count += 1,
            None => drop(self.by_affiliate.insert(code.to_owned(), 1)),
        }
        self.high.add(order, show_pii)
    }

    /// Why these orders may not be all that the shop has.
    pub fn doubts(&self, exports: &[&Export]) -> Vec<Finding> {
        let mut doubts: Vec<String> =
            exports.iter().filter_map(|export| named_by_affiliate(export)).collect();
        if self.orders >= ENOUGH {
            doubts.extend(self.one_affiliate());
            doubts.extend(self.short_span());
        }
        doubts.into_iter().map(|doubt| Finding::of_row(Code::PartialExport, doubt)).collect()
    }

    fn one_affiliate(&self) -> Option<String> {
        let (code, _) = self.by_affiliate.first_key_value().filter(|_| self.by_affiliate.len() == 1)?;
        (!code.is_empty()).then(|| format!("every order has the affiliate {code}"))
    }

    fn short_span(&self) -> Option<String> {
        let days = (self.last?.0 - self.first?.0).div_euclid(DAY_MS);
        (days < PREFILLED_DAYS).then(|| format!("all orders lie within {} days", days + 1))
    }
}

/// What the plugin's own exports do not say, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Natives {
    orders: u64,
    paid: u64,
    with_affiliate: u64,
    without_product: u64,
}

impl Natives {
    /// Takes in an order.
    pub fn add(&mut self, order: &Order) {
        self.orders += 1;
        self.paid += u64::from(order.is_paid());
        self.with_affiliate += u64::from(order.is_paid() && order.affiliate_code.is_some());
        self.without_product += u64::from(order.product_id.is_empty());
    }

    /// What will be missing in the app, if anything of these exports is read.
    pub fn missing(&self) -> Option<Finding> {
        (self.orders > 0).then(|| {
            let detail = format!(
                "of {} orders {} are paid and get the order's date for the paid date, {} of these have an affiliate \
                 who gets no conversion, and {} have a title that the product map does not have",
                self.orders, self.paid, self.with_affiliate, self.without_product
            );
            Finding::of_row(Code::NativeExport, detail)
        })
    }
}

/// An affiliate's own export ends in the affiliate's number.
fn named_by_affiliate(export: &Export) -> Option<String> {
    let stem = export.path.file_stem()?.to_string_lossy();
    let (_, number) = stem.rsplit_once('-')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (export.profile == ExportProfile::Native && is_number)
        .then(|| format!("the name of {} ends like an affiliate's own export", export.file))
}

/// Numbers that are missing between the smallest and the largest.
pub fn gaps(mut numbers: Vec<u64>) -> Option<Finding> {
    numbers.sort_unstable();
    numbers.dedup();
    let (first, last) = (*numbers.first()?, *numbers.last()?);
    let missing = last - first + 1 - numbers.len() as u64;
    let widest = numbers.windows(2).max_by_key(|pair| pair[1] - pair[0])?;
    (missing > 0).then(|| {
        let detail = format!(
            "{missing} numbers between {first} and {last} are in no file; the widest gap lies between {} and {}",
            widest[0], widest[1]
        );
        Finding::of_row(Code::OrderGaps, detail)
    })
}

/// An affiliate's total in the file beside that of the orders in the files.
pub fn totals_differ(affiliate: &Affiliate, first_pass: &FirstPass) -> Option<Finding> {
    let stated = affiliate.total_commissions?;
    let found = first_pass.commission_by_code.get(&affiliate.code).copied().unwrap_or(Money::ZERO);
    (stated.abs_diff(found) > TOLERANCE).then(|| {
        let detail = format!("stated {stated}, orders {found}");
        Finding::at(Code::TotalsDiffer, "total_commissions", detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l3_missing_numbers_are_counted_and_the_widest_gap_is_named() {
        assert_eq!(gaps(vec![]), None);
        assert_eq!(gaps(vec![3, 1, 2, 2]), None);
        let found = gaps(vec![9, 1, 2, 20]).expect("a gap");
        assert_eq!(found.code, Code::OrderGaps);
        assert!(found.detail.starts_with("16 numbers between 1 and 20"), "{}", found.detail);
        assert!(found.detail.ends_with("between 9 and 20"), "{}", found.detail);
    }
}
