//! A statement: steps from a first amount to a last one, whose totals are measured and held against the steps.

use serde::Serialize;

use crate::domain::money::Money;
use crate::reconciliation::tally::Tally;

/// What a line does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sign {
    /// Begins the statement.
    Start,
    /// Is taken away.
    Minus,
    /// Is added.
    Plus,
    /// Is what is left, measured by itself.
    Total,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct StatementLine {
    /// The line's name, which renderers have words for.
    pub(crate) key: &'static str,
    /// What it does.
    pub(crate) sign: Sign,
    /// How many, and how much.
    pub(crate) tally: Tally,
    /// Of a total: what it is more than the lines above come to. Anything but zero is an error.
    pub(crate) difference: Option<Tally>,
    /// Whether a person should look at it, although it adds up.
    pub(crate) review: bool,
}

/// What the counts of a statement count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CountUnit {
    /// Rows and orders, which add up like the amounts.
    Orders,
    /// Affiliates whom a line concerns; one may stand in several lines.
    Affiliates,
    /// Commissions, which add up like the amounts.
    Commissions,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ReconciliationStatement {
    /// Its name.
    pub(crate) key: &'static str,
    /// What is counted.
    pub(crate) unit: CountUnit,
    /// The lines.
    pub(crate) lines: Vec<StatementLine>,
    /// Whether every total is what the lines above it come to.
    pub(crate) adds_up: bool,
    #[serde(skip)]
    running: Tally,
}

impl ReconciliationStatement {
    /// Begins a statement.
    pub(crate) fn begin(name: &'static str, unit: CountUnit, key: &'static str, tally: Tally) -> Self {
        let mut statement =
            Self { key: name, unit, lines: Vec::new(), adds_up: true, running: Tally::default() };
        statement.running = tally;
        statement.push(key, Sign::Start, tally, None);
        statement
    }

    fn push(&mut self, key: &'static str, sign: Sign, tally: Tally, difference: Option<Tally>) {
        self.lines.push(StatementLine { key, sign, tally, difference, review: false });
    }

    /// Takes away.
    pub(crate) fn minus(&mut self, key: &'static str, tally: Tally) -> &mut Self {
        self.running = self.running - tally;
        self.push(key, Sign::Minus, tally, None);
        self
    }

    /// Adds.
    pub(crate) fn plus(&mut self, key: &'static str, tally: Tally) -> &mut Self {
        self.running = self.running + tally;
        self.push(key, Sign::Plus, tally, None);
        self
    }

    /// Takes away where there is anything: a step that most shops do not have.
    pub(crate) fn minus_if_any(&mut self, key: &'static str, tally: Tally) -> &mut Self {
        if tally.is_zero() { self } else { self.minus(key, tally) }
    }

    /// Adds where there is anything.
    pub(crate) fn plus_if_any(&mut self, key: &'static str, tally: Tally) -> &mut Self {
        if tally.is_zero() { self } else { self.plus(key, tally) }
    }

    /// Holds what was measured against what the lines above come to. The next line goes on from what was measured, so
    /// that one gap is told once.
    pub(crate) fn total(&mut self, key: &'static str, measured: Tally) -> &mut Self {
        let mut difference = measured - self.running;
        if self.unit == CountUnit::Affiliates {
            difference.count = 0;
        }
        self.adds_up &= difference.is_zero();
        self.push(key, Sign::Total, measured, Some(difference));
        self.running = measured;
        self
    }

    /// Marks the lines of these names as such to look at, where there is anything in them.
    pub(crate) fn mark(&mut self, keys: &[&str]) {
        for line in self.lines.iter_mut().filter(|line| keys.contains(&line.key)) {
            line.review = !line.tally.is_zero();
        }
    }

    /// The line of a name.
    pub(crate) fn line(&self, key: &str) -> Option<&StatementLine> {
        self.lines.iter().find(|line| line.key == key)
    }

    /// The amount of a line; zero where it is left out.
    pub(crate) fn amount(&self, key: &str) -> Money {
        self.line(key).map_or(Money::ZERO, |line| line.tally.amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_told_once_and_nothing_hides_it() {
        let rupiah = |count, amount| Tally { count, amount: Money::rupiah(amount) };
        let mut statement =
            ReconciliationStatement::begin("orders", CountUnit::Orders, "gross", rupiah(3, 300));
        statement.minus("pending", rupiah(1, 100)).total("paid", rupiah(2, 199));
        statement.minus("free", rupiah(1, 0)).total("revenue", rupiah(1, 199));
        assert!(!statement.adds_up);
        let differences: Vec<Money> =
            statement.lines.iter().filter_map(|line| line.difference).map(|gap| gap.amount).collect();
        assert_eq!(differences, [Money::rupiah(-1), Money::ZERO]);
    }

    #[test]
    fn affiliates_may_stand_in_several_lines() {
        let rupiah = |count, amount| Tally { count, amount: Money::rupiah(amount) };
        let mut statement =
            ReconciliationStatement::begin("wallets", CountUnit::Affiliates, "earned", rupiah(3, 300));
        statement
            .minus("paid_out", rupiah(3, 350))
            .plus("paid_too_much", rupiah(1, 60))
            .total("owed", rupiah(2, 10));
        assert!(statement.adds_up, "{statement:?}");
    }
}
