//! The terminal: results on stdout, everything else on stderr, without what could harm it, in lines that fit it.

mod colour;
mod lines;
mod print;

pub(crate) use crate::terminal::colour::{
    choose_colours, chosen_for_clap, is_stderr_coloured, is_stdout_coloured,
};
pub(crate) use crate::terminal::lines::{WIDTH, fitted, folded, wrapped};
pub use crate::terminal::print::tell;
pub(crate) use crate::terminal::print::{out, out_fitted, out_own};
