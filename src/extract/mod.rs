//! From the shop's own WordPress database to the files of the checklist.
//!
//! An input of any form ([`input`]) hands its rows to the [`intake`], which keeps what is needed of them; [`shop`] chooses
//! the shop; [`view`] finds its rows; [`files`] write what is known. Facts of Sejoli (what a status means, when an
//! order was paid) stand in [`order_rules`], [`order_meta`] and the files that need them.

mod amount;
mod files;
mod input;
mod intake;
mod kept_rows;
mod listed;
mod order_meta;
mod order_rules;
pub mod php_value;
pub(crate) mod run;
mod shop;
mod site_time;
mod stored_text;
mod tables;
mod view;
mod words;

pub use crate::extract::input::form::rows_of_dump;
