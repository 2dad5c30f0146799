//! The reconciliation: from the source's gross down to what the affiliates' wallets hold and what may be requested of
//! them, each step with a count and an amount in sen. It is computed from the database and the runs' rejects alone; who
//! shows it shows it, and computes nothing.
//!
//! Each total is measured twice, by the steps above it and by a question of its own. Where the two differ, the line says
//! so ([`statement::StatementLine::difference`]); nothing is rounded, and no step is made up to close a gap.

pub(crate) mod affiliates;
mod breakdown;
mod commission_sums;
mod facts;
mod higher_tiers;
mod review;
mod scan;
pub(crate) mod statement;
mod statements;
mod tally;
mod waiting;

pub(crate) use crate::reconciliation::breakdown::{MonthRow, OrderSums, ProductRow};
pub(crate) use crate::reconciliation::facts::{FurtherSums, Reconciliation, gather};
pub(crate) use crate::reconciliation::scan::OrderScan;
pub(crate) use crate::reconciliation::tally::Tally;
