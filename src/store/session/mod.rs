//! An open database, and who may write to it.

pub mod columns;
pub mod lock;
mod slow_statement;
pub mod store;
