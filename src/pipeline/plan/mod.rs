//! What becomes of each record: a planner takes rows and what was looked up for them, and returns a plan.

pub(crate) mod affiliates;
pub(crate) mod batch_plan;
pub(crate) mod membership_lookup;
pub(crate) mod memberships;
pub(crate) mod orders;
pub(crate) mod people;
pub(crate) mod periods;
pub(crate) mod planner;
pub(crate) mod product_ownership;
pub(crate) mod settlement;
