//! A sum of its own for every figure of the report.

mod affiliates;
mod all;
mod app_pages;
mod checks;
mod memberships;
mod orders;
mod review;
mod run;
mod statements;
mod verdict;

pub(super) use all::all;
