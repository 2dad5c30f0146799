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

pub mod affiliates;
pub mod attempts;
pub mod batch;
pub mod books;
pub mod context;
pub mod duplicates;
pub mod examine;
pub mod findings;
pub mod import;
pub mod membership_rows;
pub mod memberships;
pub mod orders;
pub mod outputs;
pub mod owners;
pub mod partition;
pub mod people;
pub mod periods;
pub mod phase;
pub mod places;
pub mod preview;
pub mod rejects;
pub mod resume;
pub mod scan;
pub mod settlement;
pub mod shape;
pub mod survey;
pub mod validation;
