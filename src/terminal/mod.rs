//! The terminal: results on stdout, everything else on stderr, without what could harm it, in lines that fit it.

mod lines;
mod print;

pub(crate) use crate::terminal::lines::{WIDTH, fitted, folded, wrapped};
pub(crate) use crate::terminal::print::out;
pub use crate::terminal::print::tell;
