//! Moves a Sejoli shop's people, orders, memberships and affiliates into Eksporyuk's database, and
//! proves it.
//!
//! ```text
//!  files ──► source ──► domain ──► pipeline ───────────────► store ──► verify / report
//!           csv         parse,     survey, plan, batch,      batch in one
//!           rows+place  normalise  settle, checkpoint        transaction
//! ```
//!
//! Data flows one way. [`domain`] is pure; [`source`] and [`store`] never meet; [`cli`] is thin.

pub mod cli;
pub mod doctor;
pub mod domain;
pub mod exit_code;
pub mod logging;
pub mod pipeline;
pub mod purge;
pub mod report;
pub mod signals;
pub mod source;
pub mod store;
pub mod undo;
pub mod verify;
