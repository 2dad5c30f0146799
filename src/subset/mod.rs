//! The first people of a shop with all that is theirs, as exports of their own: what a rehearsal begins with.
//!
//! Whoever shares an address, a number or an order with somebody is taken together with that person, because only all of
//! their rows together say who is who. So a row is understood in the smaller files as it is in the whole ones.

mod files;
mod groups;
mod keys;

pub(crate) use crate::subset::files::SubsetFiles;
