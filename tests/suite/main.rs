//! One integration-test binary: the tool as a user runs it, each test with a database of its own.

#[path = "../support/shop.rs"]
mod shop;
mod support;

mod backup;
mod bad_input;
mod corpus;
mod docs;
mod doctor;
mod engines;
mod faults;
mod forms;
mod import;
mod live;
#[cfg(feature = "postgres")]
mod pooler;
#[cfg(feature = "postgres")]
mod private;
mod rollback;
mod schema;
#[cfg(all(feature = "postgres", feature = "mysql"))]
mod tls;
mod together;
mod validate;
mod verify;
