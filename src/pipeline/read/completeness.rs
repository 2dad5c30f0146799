//! Checks whether the files' orders can be all of the shop's. A complete-looking file can be a partial one: the export
//! page pre-fills the last 30 days, and an affiliate's own export has that affiliate's orders only (L3).

use std::collections::BTreeMap;

use crate::domain::affiliate::Affiliate;
use crate::domain::date::Millis;
use crate::domain::detail::Detail;
use crate::domain::finding::{Code, Finding};
use crate::domain::money::Money;
use crate::domain::order::Order;
use crate::domain::source_kind::ExportProfile;
use crate::language::tr;
use crate::source::Export;

/// With fewer orders, their distribution says nothing about missing ones.
const ENOUGH: u64 = 20;
/// The range that the export page pre-fills, plus a day for the time zone.
const PREFILLED_DAYS: i64 = 31;
const DAY_MS: i64 = 86_400_000;
/// The tolerated difference between an affiliate's total and that of the orders.
const TOLERANCE: Money = Money::rupiah(1);

/// Statistics of the orders that tell a partial export.
#[derive(Debug, Default)]
pub(crate) struct Completeness {
    orders: u64,
    first: Option<Millis>,
    last: Option<Millis>,
    by_affiliate: BTreeMap<String, u64>,
}

impl Completeness {
    /// Counts an order.
    pub(crate) fn add(&mut self, order: &Order) {
        self.orders += 1;
        self.first = Some(self.first.map_or(order.placed_at, |first| first.min(order.placed_at)));
        self.last = Some(self.last.map_or(order.placed_at, |last| last.max(order.placed_at)));
        let code = order.affiliate_code.as_deref().unwrap_or_default();
        match self.by_affiliate.get_mut(code) {
            Some(count) => *count += 1,
            None => drop(self.by_affiliate.insert(code.to_owned(), 1)),
        }
    }

    /// The findings that say why the orders may be a partial export (L3).
    pub(crate) fn doubts(&self, exports: &[&Export]) -> Vec<Finding> {
        let mut doubts: Vec<Detail> =
            exports.iter().filter_map(|export| named_by_affiliate(export)).collect();
        if self.orders >= ENOUGH {
            doubts.extend(self.one_affiliate());
            doubts.extend(self.short_span());
        }
        doubts.into_iter().map(|doubt| Finding::of_row(Code::PartialExport, doubt)).collect()
    }

    fn one_affiliate(&self) -> Option<Detail> {
        let (code, _) = self.by_affiliate.first_key_value().filter(|_| self.by_affiliate.len() == 1)?;
        (!code.is_empty()).then(|| Detail::said(|| tr!("every order has the affiliate {code}")))
    }

    fn short_span(&self) -> Option<Detail> {
        let days = (self.last?.0 - self.first?.0).div_euclid(DAY_MS);
        (days < PREFILLED_DAYS).then(|| Detail::said(|| tr!("all orders lie within {} days", days + 1)))
    }
}

/// Counts of what the plugin's own exports lack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NativeExportCounts {
    orders: u64,
    paid: u64,
    with_affiliate: u64,
    without_product: u64,
}

impl NativeExportCounts {
    /// Counts an order.
    pub(crate) fn add(&mut self, order: &Order) {
        self.orders += 1;
        self.paid += u64::from(order.is_paid());
        self.with_affiliate += u64::from(order.is_paid() && order.affiliate_code.is_some());
        self.without_product += u64::from(order.product_id.is_empty());
    }

    /// The findings that say what the app will lack, if any of these exports is read.
    pub(crate) fn missing(&self) -> Option<Finding> {
        (self.orders > 0).then(|| {
            let detail = Detail::said(|| {
                tr!(
                    "of {} orders {} are paid and get the order's date for the paid date, {} of these have an affiliate \
                     who gets no conversion, and {} have a title that the product map does not have",
                    self.orders,
                    self.paid,
                    self.with_affiliate,
                    self.without_product
                )
            });
            Finding::of_row(Code::NativeExport, detail)
        })
    }
}

/// The doubt about a file whose name ends like an affiliate's own export, in a number.
fn named_by_affiliate(export: &Export) -> Option<Detail> {
    let stem = export.path.file_stem()?.to_string_lossy();
    let (_, number) = stem.rsplit_once('-')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (export.profile == ExportProfile::Native && is_number)
        .then(|| Detail::said(|| tr!("the name of {} ends like an affiliate's own export", export.file)))
}

/// Numbers that are missing between the smallest and the largest.
pub(crate) fn gaps(mut numbers: Vec<u64>) -> Option<Finding> {
    numbers.sort_unstable();
    numbers.dedup();
    let (first, last) = (*numbers.first()?, *numbers.last()?);
    let missing = last - first + 1 - numbers.len() as u64;
    let widest = numbers.windows(2).max_by_key(|pair| pair[1] - pair[0])?;
    (missing > 0).then(|| {
        let (before, after) = (widest[0], widest[1]);
        let detail = Detail::said(|| {
            tr!(
                "{missing} numbers between {first} and {last} are in no file; the widest gap lies between {before} \
                 and {after}"
            )
        });
        Finding::of_row(Code::OrderGaps, detail)
    })
}

/// A finding when the commission that an affiliate's row states is not `found`, the sum of the orders' commissions.
pub(crate) fn totals_differ(affiliate: &Affiliate, found: Money) -> Option<Finding> {
    let stated = affiliate.total_commissions?;
    (stated.abs_diff(found) > TOLERANCE).then(|| {
        let detail = Detail::said(|| tr!("stated {stated}, orders {found}"));
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
        assert!(found.reason().contains("16 numbers between 1 and 20"), "{}", found.reason());
        assert!(found.reason().ends_with("between 9 and 20)"), "{}", found.reason());
    }
}
