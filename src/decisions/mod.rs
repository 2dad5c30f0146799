//! What people have to decide: affiliates whom no rule could place, and accounts that may be one person. Facts, candidates and money are gathered here, and
//! ranked by pure functions; decisions are written by the pipeline. A file of decisions (`sheet`) is the same for all kinds.

pub(crate) mod account_facts;
pub(crate) mod candidates;
pub(crate) mod mapping_sheet;
pub(crate) mod mappings;
pub(crate) mod people;
pub(crate) mod people_sheet;
pub(crate) mod sheet;
