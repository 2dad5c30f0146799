//! The questions that the rest of the tool asks of the database.
//!
//! All SQL stands in the store. A query is a function that says what it asks, and its answer is a
//! struct with named fields; what follows from an answer is decided by whoever has asked. [`rows`]
//! has what fits any table, the other files a family of tables or one asker each. Every function
//! fails with the database's own error, and with [`BadCell`] where a stored cell does not mean what
//! its column promises.
//!
//! [`BadCell`]: crate::store::codec::value::BadCell

pub(crate) mod access;
pub(crate) mod affiliates;
mod answers;
pub(crate) mod app_screens;
pub(crate) mod app_screens_affiliates;
pub(crate) mod app_screens_orders;
pub(crate) mod app_screens_people;
pub(crate) mod app_screens_person;
pub(crate) mod before_images;
pub(crate) mod commissions;
pub(crate) mod conventions;
pub(crate) mod decisions;
pub(crate) mod identities;
pub(crate) mod integrity;
pub(crate) mod invitations;
pub(crate) mod journal;
pub(crate) mod kept_rows;
pub(crate) mod memberships;
pub(crate) mod operator;
pub(crate) mod orders;
pub(crate) mod people;
pub(crate) mod reconciliation;
pub(crate) mod rejects;
pub(crate) mod report;
pub(crate) mod rows;
pub(crate) mod runs;
pub(crate) mod state;
pub(crate) mod wallets;
