//! What a database remembers of imports: the runs with their checkpoints, and the journal.

pub(crate) mod interrupted;
pub mod journal;
pub mod runs;
pub(crate) mod signatures;
