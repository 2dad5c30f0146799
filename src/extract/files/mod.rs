//! The files that an extraction writes, each in a file of its own.

pub(crate) mod affiliates;
pub(crate) mod changes;
pub(crate) mod commissions;
pub(crate) mod left_out;
pub(crate) mod memberships;
pub(crate) mod orders;
pub(crate) mod out_folder;
pub(crate) mod products;
pub(crate) mod totals;
