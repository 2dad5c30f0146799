//! The schema as data: the tables that the tool knows, what an engine's catalogue says of a database, the
//! migrations, and what the comparison of these finds. Nothing here has a connection.

pub mod catalogue;
pub mod compatibility;
pub mod dialect;
pub mod expected;
pub mod finding;
pub mod guarded;
pub mod object;
pub mod print;
pub mod script;
pub mod tables;
pub mod types;
