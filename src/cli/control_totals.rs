//! Control totals: the figures that the operator expects, compared with those that were found (L3).

use std::{fmt, fs};

use serde::{Deserialize, Serialize, Serializer};

use crate::cli::args::ControlTotalArgs;
use crate::cli::render::table::number;
use crate::domain::money::Money;
use crate::domain::source_kind::SourceKind;
use crate::domain::source_totals::{ExpectedTotals, SourceTotals};
use crate::failure::Failure;
use crate::language::tr;

/// A control total that was asked for.
#[derive(Debug, Serialize)]
pub(crate) struct ControlTotal {
    /// What is counted or summed.
    pub(crate) name: &'static str,
    /// The operator's figure.
    pub(crate) expected: Figure,
    /// The figure that was found.
    pub(crate) found: Figure,
    /// Whether both are the same.
    pub(crate) holds: bool,
}

/// A count, or an amount. Documents have both as decimal numbers in quotation marks, whatever language is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    /// How many.
    Count(u64),
    /// Rupiah.
    Amount(Money),
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => f.write_str(&number(*count)),
            Self::Amount(amount) => amount.fmt(f),
        }
    }
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => serializer.collect_str(count),
            Self::Amount(amount) => amount.serialize(serializer),
        }
    }
}

/// The control totals that an extraction has written.
#[derive(Debug, Deserialize)]
struct ExtractedTotals {
    expect: Expected,
}

#[derive(Debug, Deserialize)]
struct Expected {
    orders: u64,
    revenue: Money,
    affiliates: u64,
    commission: Money,
}

impl ControlTotalArgs {
    /// The same with the totals of a file, where one is named. What an option of its own gives, stays.
    ///
    /// # Errors
    /// Exit code 6: the file holds no control totals.
    pub(crate) fn with_file(&self) -> anyhow::Result<Self> {
        let Some(path) = &self.expect else { return Ok(self.clone()) };
        let unusable = |why: &dyn std::fmt::Display| Failure::input(format!("{}: {why}", path.display()));
        let bytes = fs::read(path).map_err(|error| unusable(&error))?;
        let totals: ExtractedTotals =
            serde_json::from_slice(&bytes).map_err(|_| unusable(&tr!("no totals.json of an extraction")))?;
        let of_file = totals.expect;
        Ok(Self {
            expect: None,
            expect_orders: self.expect_orders.or(Some(of_file.orders)),
            expect_revenue: self.expect_revenue.or(Some(of_file.revenue)),
            expect_affiliates: self.expect_affiliates.or(Some(of_file.affiliates)),
            expect_commission: self.expect_commission.or(Some(of_file.commission)),
        })
    }

    /// The totals that an import of these kinds is to come to; a file's totals of other kinds say nothing of it. Of a part
    /// of a shared import only the first one reads the affiliates.
    ///
    /// # Errors
    /// Exit code 2: an option is about a kind that is not imported; 6: the file holds no control totals.
    pub(crate) fn for_import(&self, kinds: &[SourceKind], reads_affiliates: bool) -> anyhow::Result<Self> {
        let (orders, affiliates) =
            (kinds.contains(&SourceKind::Orders), kinds.contains(&SourceKind::Affiliates));
        let of_orders = [
            ("--expect-orders", self.expect_orders.is_some()),
            ("--expect-revenue", self.expect_revenue.is_some()),
            ("--expect-commission", self.expect_commission.is_some()),
        ];
        let unread =
            of_orders.iter().find(|(_, given)| *given && !orders).map(|(option, _)| (option, "orders"));
        let unread = unread.or((self.expect_affiliates.is_some() && !affiliates)
            .then_some((&"--expect-affiliates", "affiliates")));
        if let Some((option, kind)) = unread {
            return Err(Failure::usage(tr!("{option} is about {kind}, and none are imported here")));
        }
        let all = self.with_file()?;
        Ok(Self {
            expect: None,
            expect_orders: all.expect_orders.filter(|_| orders),
            expect_revenue: all.expect_revenue.filter(|_| orders),
            expect_commission: all.expect_commission.filter(|_| orders),
            expect_affiliates: all.expect_affiliates.filter(|_| affiliates && reads_affiliates),
        })
    }

    /// The same as the rules know them.
    pub(crate) fn totals(&self) -> ExpectedTotals {
        ExpectedTotals {
            orders: self.expect_orders,
            revenue: self.expect_revenue,
            affiliates: self.expect_affiliates,
            commission: self.expect_commission,
        }
    }

    /// Whether any control total is asked for.
    pub(crate) fn is_any(&self) -> bool {
        let counts = self.expect_orders.or(self.expect_affiliates).is_some();
        counts || self.expect_revenue.or(self.expect_commission).is_some()
    }

    /// The control totals that are asked for, compared with what was found.
    pub(crate) fn compare(&self, found: &SourceTotals) -> Vec<ControlTotal> {
        let total = |name, expected: Option<Figure>, found: Figure| {
            expected.map(|expected| ControlTotal { name, expected, found, holds: expected == found })
        };
        let count = |name, expected: Option<u64>, found| {
            total(name, expected.map(Figure::Count), Figure::Count(found))
        };
        let sum = |name, expected: Option<Money>, found| {
            total(name, expected.map(Figure::Amount), Figure::Amount(found))
        };
        [
            count("orders", self.expect_orders, found.orders),
            sum("revenue", self.expect_revenue, found.revenue),
            count("affiliates", self.expect_affiliates, found.affiliates),
            sum("commission", self.expect_commission, found.commission),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
