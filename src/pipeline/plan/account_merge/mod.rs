//! What it takes to merge two accounts of one person: everything that imports have written for the one, and what the app
//! has sold to it, becomes the other's. The account itself is closed and stays, with its password and its sessions.
//!
//! - `accounts`: the two users, and what closes the one.
//! - `obstacles`: why two accounts cannot be merged as a whole; asked before anything is written.
//! - `access`, `purchases`, `memberships`, `affiliate`, `identities`: what moves, a part of it each.
//! - `record`: what is kept of the decision.

pub(crate) mod access;
pub(crate) mod accounts;
pub(crate) mod affiliate;
pub(crate) mod identities;
pub(crate) mod memberships;
pub(crate) mod obstacles;
pub(crate) mod purchases;
pub(crate) mod record;
