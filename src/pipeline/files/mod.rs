//! The files that a run writes to its folder for the operator.

pub(crate) mod findings;
pub(crate) mod high_value;
pub mod outputs;
pub(crate) mod preview;
pub(crate) mod rejects;
