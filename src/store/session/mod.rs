//! An open database ([`store::Store`]): what can be done with it, and the lock that keeps two commands from
//! writing at once.

pub(crate) mod columns;
pub(crate) mod companion;
pub(crate) mod deferred;
pub(crate) mod health;
pub(crate) mod lock;
pub(crate) mod lock_holder;
pub(crate) mod references;
pub(crate) mod resolved_table;
pub(crate) mod row_fingerprints;
pub(crate) mod select;
pub(crate) mod sql;
mod statement_log;
pub mod store;
pub(crate) mod stored_rows;
pub(crate) mod transaction;
pub(crate) mod write;
