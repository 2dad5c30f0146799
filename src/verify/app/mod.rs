//! What the app's pages show of everybody who was imported, and what the source says they should show.
//!
//! Rows can be right by the checklist and a page wrong: a role keeps somebody out, a flag locks a door, a page takes another
//! row. Each read of the app is a check of its own here. [`list`] names them all, with what each needs of the schema; people,
//! affiliates and orders are read page by page, once, and every check is a function of what was read. What a page takes
//! (its filter, its order) is written as the app does it, by the app's own generation; what the source says is worked out
//! from what imports have kept of it: webhook logs, periods, stated totals, the product map of the newest run.

mod access;
mod admin;
mod affiliate_pages;
mod affiliates;
mod facts;
mod family_pass;
mod figures;
mod invoices;
mod list;
mod log_in;
mod membership_pages;
mod money_pages;
mod orders;
mod paid_sums;
mod people;
pub(crate) mod person;
mod sales;
mod sales_pages;
mod sample;
mod screen_order;

pub(super) use crate::verify::app::facts::AppFacts;
pub(super) use crate::verify::app::family_pass::Unreadable;
pub(crate) use crate::verify::app::figures::AppFigures;
pub(super) use crate::verify::app::figures::figures;
pub(super) use crate::verify::app::list::PeoplePages;
pub(super) use crate::verify::app::people::{AppPerson, with_rows};
pub(super) use crate::verify::app::sales::SalesPart;
pub(super) use crate::verify::app::sample::draw;
pub(crate) use crate::verify::app::sample::{DrawnPerson, Sample};
