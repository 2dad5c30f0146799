//! `people`: accounts that may be one person, and what people decide of them.

mod account;
mod commands;
mod file;
mod review;

pub(crate) use commands::{Args, run};
