//! One integration-test binary: the tool as a user runs it, each test with a database of its own.

#[path = "../support/shop.rs"]
mod shop;
mod support;

mod backup;
mod bad_input;
mod corpus;
mod docs;
mod doctor;
mod drift;
mod engines;
mod faults;
mod files;
mod forms;
mod import;
#[cfg(all(feature = "postgres", feature = "mysql"))]
mod languages;
mod live;
mod lost_commit;
mod partition;
#[cfg(feature = "postgres")]
mod pooler;
mod privacy;
#[cfg(feature = "postgres")]
mod private;
mod products;
mod purge;
mod resources;
mod resume;
mod retry;
mod rollback;
mod running;
mod schema;
mod soak;
mod status;
#[cfg(all(feature = "postgres", feature = "mysql"))]
mod tls;
mod together;
mod validate;
mod verify;
