//! Plans are committed, batch by batch, and gone on with after an interruption.

pub(crate) mod access;
pub(crate) mod attempts;
mod bookkeeping;
pub(crate) mod commit;
pub(crate) mod membership_moves;
pub(crate) mod own_run;
pub(crate) mod parts;
pub(crate) mod phase;
pub(crate) mod phase_writer;
pub(crate) mod remap;
pub(crate) mod resume;
pub(crate) mod settle;
pub(crate) mod statistics;
