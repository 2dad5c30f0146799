//! Repair: puts back what somebody has changed in rows that imports have written, as a run of its own.
//!
//! Nothing is guessed. The journal has kept a fingerprint of what was written into each row. Values are looked for among
//! what the row, its person and its order say elsewhere ([`candidates`]), and are written only where the row then has that
//! very fingerprint ([`proof`]): so a repair writes what a run has written before, or nothing. What the app has written since
//! is an edit and stays (L37), unless it is named to be overwritten; so is a row that is gone.

mod candidates;
mod hints;
mod plan;
mod proof;
mod run;

pub(crate) use crate::repair::plan::{ColumnRepair, RowLeft, RowRepair, WhyLeft};
pub(crate) use crate::repair::run::{RepairOutcome, RepairRequest, repair};
