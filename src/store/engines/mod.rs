//! The three engines behind one trait: a folder each for what only that engine knows.

pub mod connect;
pub mod engine;
pub mod health;
pub mod mode;
#[cfg(feature = "mysql")]
pub mod mysql;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod sqlite;
pub mod statement;
pub mod target;
pub mod transient;
pub mod unwritable;
