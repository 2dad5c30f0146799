//! The schema as data: the tables that the tool knows, what an engine's catalogue says of a database, the
//! migrations, and what the comparison of these finds. Nothing here has a connection.

pub mod catalogue;
pub(crate) mod compatibility;
pub mod dialect;
pub(crate) mod expected;
pub(crate) mod finding;
pub(crate) mod guarded;
pub(crate) mod object;
pub(crate) mod print;
pub(crate) mod script;
pub mod tables;
pub(crate) mod types;
pub mod words;
