//! `mappings`: which user of the app each affiliate is, where a person has to decide it.

mod choices;
mod commands;
mod file;
mod review;

pub(crate) use commands::{Args, run};
