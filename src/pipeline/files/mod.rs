//! The files that a run leaves for people.

pub mod findings;
pub mod high_value;
pub mod outputs;
pub mod preview;
pub mod rejects;
