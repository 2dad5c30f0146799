//! The three engines behind one trait, with a folder for each.

pub(crate) mod connect;
pub mod database_use;
pub(crate) mod engine;
pub mod error;
pub(crate) mod health;
#[cfg(feature = "mysql")]
pub(crate) mod mysql;
#[cfg(feature = "postgres")]
pub mod postgres;
pub(crate) mod server_url;
pub(crate) mod sqlite;
pub(crate) mod statement;
pub(crate) mod target;
pub(crate) mod transient;
pub(crate) mod unwritable;
