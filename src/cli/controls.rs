//! Control totals: what the operator says that the shop has, against what was found (L3).

use serde::Serialize;

use crate::cli::table::number;
use crate::domain::money;
use crate::domain::money::{Money, MoneyStyle};
use crate::domain::source_totals::SourceTotals;

/// The control totals that are asked for; the same for validate and verify.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct ControlTotalArgs {
    /// How many orders the shop says it has.
    #[arg(long, value_name = "N")]
    expect_orders: Option<u64>,
    /// The revenue (paid orders only) that the shop says it has.
    #[arg(long, value_name = "RUPIAH", value_parser = parse_money)]
    expect_revenue: Option<Money>,
    /// How many affiliates the shop says it has.
    #[arg(long, value_name = "N")]
    expect_affiliates: Option<u64>,
    /// The commission of paid orders that the shop says it has.
    #[arg(long, value_name = "RUPIAH", value_parser = parse_money)]
    expect_commission: Option<Money>,
}

/// An amount of the command line, as the checklist writes them.
pub fn parse_money(text: &str) -> Result<Money, String> {
    money::parse(text, MoneyStyle::Checklist).map_err(|error| error.to_string())
}

/// A control total that was asked for.
#[derive(Debug, Serialize)]
pub struct Control {
    /// What is counted or summed.
    pub name: &'static str,
    /// What the operator has said.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// Whether both are the same.
    pub holds: bool,
}

impl ControlTotalArgs {
    /// Whether any control total is asked for.
    pub fn is_any(&self) -> bool {
        let counts = self.expect_orders.or(self.expect_affiliates).is_some();
        counts || self.expect_revenue.or(self.expect_commission).is_some()
    }

    /// Those that are asked for, held against what was found.
    pub fn against(&self, found: &SourceTotals) -> Vec<Control> {
        let count = |name, expected: Option<u64>, found: u64| {
            expected.map(|expected| Control {
                name,
                expected: number(expected),
                found: number(found),
                holds: expected == found,
            })
        };
        let sum = |name, expected: Option<Money>, found: Money| {
            expected.map(|expected| Control {
                name,
                expected: expected.to_string(),
                found: found.to_string(),
                holds: expected == found,
            })
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

/// The control totals, a line each.
pub fn controls_text(controls: &[Control]) -> String {
    let line = |control: &Control| {
        let word = if control.holds { "holds" } else { "DIFFERS" };
        let Control { name, expected, found, .. } = control;
        format!("\nControl total {name}: {word} (expected {expected}, found {found})")
    };
    let lines: String = controls.iter().map(line).collect();
    if lines.is_empty() { lines } else { lines + "\n" }
}
