//! The sections of the page, a file each.

pub(super) mod affiliates;
pub(super) mod app_pages;
pub(super) mod findings;
pub(super) mod memberships;
pub(super) mod money;
pub(super) mod operator;
pub(super) mod orders;
pub(super) mod review;
pub(super) mod run;
pub(super) mod verdict;
