//! One integration-test binary: the tool as a user runs it, each test with a database of its own.

#[path = "../support/shop.rs"]
mod shop;
mod support;

mod bad_input;
mod corpus;
mod docs;
mod engines;
mod faults;
mod files;
mod forms;
mod import;
mod products;
mod rollback;
mod schema;
mod validate;
mod verify;
