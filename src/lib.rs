//! Moves a Sejoli shop's people, orders, memberships and affiliates into Eksporyuk's database, and proves it.
//!
//! ```text
//!  exports ──► source ──► pipeline::read ──► pipeline::plan ──► pipeline::write ──► store ──► database
//!              rows and    parsed rows,       a plan, which       batch by batch,   engines
//!              locations   first pass         is a value          with checkpoints
//! ```
//!
//! `domain` knows the rules and nothing else; `source` and `store` never meet; `verify`, `report`, `rollback`, `purge`
//! and `doctor` work on what is stored; `cli` is thin. `docs/ARCHITECTURE.md` has a paragraph for each room, and the
//! table of layers that a test holds every import against.
//!
//! The library serves its own binary, tests, benchmarks and fuzz targets: what none of them uses is private to it.

#![warn(unreachable_pub)]

pub mod cli;
pub(crate) mod clock;
pub(crate) mod decisions;
pub(crate) mod doctor;
pub mod domain;
pub mod exit;
pub mod extract;
pub mod failure;
pub(crate) mod language;
pub mod logging;
pub(crate) mod monitor;
pub(crate) mod operator;
pub mod pipeline;
pub(crate) mod purge;
pub(crate) mod reconciliation;
pub(crate) mod repair;
pub(crate) mod report;
pub(crate) mod rollback;
pub(crate) mod row_changes;
pub(crate) mod settings;
pub(crate) mod signals;
pub mod source;
pub mod store;
pub(crate) mod subset;
pub mod terminal;
pub mod verify;
