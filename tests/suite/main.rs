//! One integration-test binary: the tool as a user runs it, each test with a database of its own.

mod support;

mod backup;
mod bad_input;
mod ci_example;
#[cfg(feature = "mysql")]
mod cluster;
mod colour;
mod configuration;
mod corpus;
mod docs;
mod doctor;
mod documents;
mod drift;
mod earlier_versions;
mod engines;
mod extract;
#[cfg(feature = "postgres")]
mod failover;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod far;
mod faults;
mod files;
mod forms;
mod grant;
mod import;
mod import_plan;
#[cfg(all(feature = "postgres", feature = "mysql"))]
mod languages;
mod layers;
mod live;
#[cfg(feature = "mysql")]
mod load_data;
mod logging;
mod lost_commit;
mod machines;
mod maintenance_window;
#[cfg(all(feature = "postgres", feature = "mysql"))]
mod mappings;
mod mappings_review;
mod next_command;
mod operator;
mod output;
mod partition;
#[cfg(feature = "postgres")]
mod partitioned_tables;
mod people;
mod people_files;
mod people_merge;
mod people_review;
mod plain_outcome;
#[cfg(feature = "postgres")]
mod pooler;
mod privacy;
mod products;
mod purge;
mod question_plans;
mod rehearse;
mod repeated_values;
mod report;
mod resources;
mod resume;
mod retry;
mod rollback;
mod row_changes;
mod schema;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod second_connection;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod several_hosts;
mod soak;
mod status;
mod streams;
mod terminal_width;
#[cfg(all(feature = "postgres", feature = "mysql"))]
mod tls;
mod together;
mod validate;
mod verify;
mod verify_app;
mod version;
mod watchers;
