//! Whether this machine and this database are ready for an import of so many records. Nothing is written.
//! Each engine judges its own settings in the store; what the machine has is asked here.

mod check;
mod checks;
mod diagnosis;
mod facts;
pub(crate) mod machine;
mod needs;

pub(crate) use crate::doctor::diagnosis::{Diagnosis, diagnose};
