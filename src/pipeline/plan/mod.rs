//! What becomes of each record: pure decisions over rows and what was looked up.

pub mod affiliates;
pub mod membership_lookup;
pub mod memberships;
pub mod orders;
pub mod people;
pub mod periods;
pub mod product_ownership;
pub mod settlement;
