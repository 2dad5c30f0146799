//! The files that a run leaves for people.

pub(crate) mod findings;
pub(crate) mod high_value;
pub mod outputs;
pub(crate) mod preview;
pub(crate) mod rejects;
