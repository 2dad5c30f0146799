//! An open database ([`store::Store`]): what can be done with it, and the lock that keeps two commands from
//! writing at once.

pub mod columns;
pub mod health;
pub mod lock;
pub mod references;
pub mod resolved_table;
pub mod row_fingerprints;
pub mod select;
pub mod sql;
pub mod store;
pub mod stored_rows;
pub mod transaction;
pub mod write;
