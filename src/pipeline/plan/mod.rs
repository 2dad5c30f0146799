//! What becomes of each record: a planner takes rows and what was looked up for them, and returns a plan.

pub mod affiliates;
pub mod batch_plan;
pub mod membership_lookup;
pub mod memberships;
pub mod orders;
pub mod people;
pub mod periods;
pub mod planner;
pub mod product_ownership;
pub mod settlement;
