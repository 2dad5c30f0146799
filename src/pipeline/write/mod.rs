//! Plans are committed, batch by batch, and gone on with after an interruption.

pub mod attempts;
pub mod bookkeeping;
pub mod commit;
pub mod parts;
pub mod phase;
pub mod phase_writer;
pub mod resume;
pub mod settle;
