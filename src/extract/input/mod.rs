//! The forms in which a shop's database is handed over, each read into an [`crate::extract::intake::Intake`].

pub(crate) mod row;
pub(crate) mod sql_dump;
mod sql_tokens;
pub(crate) mod unpacked;
mod window;
