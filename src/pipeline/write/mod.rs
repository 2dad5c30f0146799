//! Plans are committed, batch by batch, and gone on with after an interruption.

pub mod attempts;
pub mod batch;
pub mod parts;
pub mod phase;
pub mod resume;
