//! The stages between the files and the database.
//!
//! ```text
//! scan      files → rows → examined records, in parallel, in order
//! survey    first pass: duplicates, people, totals; nothing is written
//! import    second pass: plan each record, write batch by batch
//!   affiliates → orders → settlement → memberships
//! phase     one thread plans a batch while another writes the one before
//! batch     one transaction: rows, journal, rejects, log, checkpoint
//! books     read = created + updated + unchanged + held + rejected
//! ```
//!
//! `validate` ends after the survey; a dry run takes every transaction back; all else is the same.

pub mod files;
pub mod import;
mod import_phases;
pub mod outcome;
pub mod partition;
pub mod plan;
pub mod progress;
pub mod read;
pub mod request;
pub mod validate;
pub mod write;
