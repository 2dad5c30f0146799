//! Rows of the exports become parsed rows, and the first pass learns what no single row can tell.

pub mod completeness;
pub mod duplicates;
pub mod first_pass;
pub mod options;
pub mod parse_row;
pub mod row_locations;
pub mod scan;
