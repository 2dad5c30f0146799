//! Parses the rows of the exports; the first pass also finds what no single row shows.

pub(crate) mod completeness;
pub(crate) mod cross_checks;
pub(crate) mod duplicates;
pub(crate) mod earned_commissions;
pub(crate) mod first_pass;
pub(crate) mod first_pass_counts;
pub(crate) mod on_duplicate;
pub(crate) mod options;
pub(crate) mod parse_row;
pub(crate) mod read_exports;
pub(crate) mod repetitions;
pub(crate) mod revenue_left_out;
pub(crate) mod row_locations;
pub(crate) mod row_parsers;
pub(crate) mod scan;
