//! `import`, through the binary: what a shop's exports become in the app's database, and what never happens to them.
//! One file a promise.

mod access;
mod affiliates;
mod app_conventions;
mod app_with_access;
mod bank_owners;
mod commission_property;
mod commissions;
mod control_totals;
mod copies;
mod existing_rows;
mod extra_columns;
mod figures;
mod identities;
mod living_money;
mod membership_changes;
mod memberships;
mod messy;
mod one_active;
mod orders;
mod paid_commissions;
mod paid_flags;
mod people;
mod rejects;
mod repeatability;
mod settlement;
mod storage;
mod updates;
