//! Rows of the exports become parsed rows, and the first pass learns what no single row can tell.

pub(crate) mod completeness;
pub(crate) mod duplicates;
pub(crate) mod first_pass;
pub(crate) mod options;
pub(crate) mod parse_row;
pub(crate) mod row_locations;
pub(crate) mod scan;
