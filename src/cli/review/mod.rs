//! A full-screen page on which a person decides case after case with one key each. What the cases are, and how a decision
//! is carried out, a [`source::ReviewSource`] knows: the page itself is the same for all kinds.

mod draw;
mod page;
mod screen;
pub(crate) mod source;

pub(crate) use screen::run;
