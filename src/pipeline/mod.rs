//! An import from its request to its outcome.
//!
//! ```text
//! read      rows → parsed rows, on all cores, in the files' order
//!           first pass over everything: duplicates, people, totals; nothing is written
//! plan      second pass: a planner for each kind turns rows and what was looked up into a plan
//!           affiliates → orders → settlement → memberships → access
//! write     one thread plans a batch while another commits the one before, with its checkpoint
//! files     the files of a run for the operator
//! ```
//!
//! `validate` ends after the first pass. A dry run is an import that is rolled back at its end. A grant is the phase of
//! access alone, without any file. What people decide, of mappings and of pairs of accounts, is a run of its own, by the same
//! planners.

pub(crate) mod conventions;
pub(crate) mod decide_mappings;
pub(crate) mod decide_people;
pub(crate) mod decision_run;
pub mod files;
pub(crate) mod grant;
pub(crate) mod import;
mod import_phases;
pub(crate) mod merge_accounts;
pub(crate) mod outcome;
pub mod partition;
mod phases_of_app;
mod phases_of_files;
pub(crate) mod plan;
pub(crate) mod progress;
pub(crate) mod read;
mod rehearsal;
pub(crate) mod request;
pub(crate) mod validate;
pub(crate) mod write;
