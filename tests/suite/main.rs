//! One integration-test binary: the tool as a user runs it, each test with a database of its own.

#[path = "../support/shop.rs"]
mod shop;
mod support;

mod bad_input;
mod corpus;
mod docs;
mod engines;
mod faults;
mod forms;
mod import;
mod lost_commit;
mod partition;
mod privacy;
mod purge;
mod resources;
mod resume;
mod retry;
mod rollback;
mod running;
mod schema;
mod soak;
mod status;
mod validate;
mod verify;
