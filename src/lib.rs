//! Moves a Sejoli shop's people, orders, memberships and affiliates into Eksporyuk's database, and
//! proves it.
//!
//! ```text
//!  files ──► source ──► domain ──► pipeline ───────────────► store ──► verify / report
//!           files       parse,     survey, plan, batch,      batch in one
//!           rows+place  normalise  settle, checkpoint        transaction
//! ```
//!
//! [`rollback`] and [`purge`] work on what the store has kept of a run; [`doctor`] looks before it.
//!
//! Data flows one way. [`domain`] is pure; [`source`] and [`store`] never meet; [`cli`] is thin.

pub mod cli;
pub mod clock;
pub mod doctor;
pub mod domain;
pub mod exit;
pub mod failure;
pub mod logging;
pub mod pipeline;
pub mod purge;
pub mod report;
pub mod rollback;
pub mod signals;
pub mod source;
pub mod store;
pub mod terminal;
pub mod verify;
