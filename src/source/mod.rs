//! Reads the exports: which files are exports, what their columns are, and their rows in order.
//!
//! A file is recognised by its header, never by its name. Rows are handed out with the line on which they
//! stand; what their cells mean is decided in [`crate::domain`]. Nothing here knows of a database.

mod archive_check;
pub(crate) mod column_map;
pub(crate) mod container;
pub mod csv;
mod csv_records;
pub(crate) mod discover;
mod encoding;
pub(crate) mod export;
pub(crate) mod export_form;
pub mod file_options;
pub(crate) mod formula_escape;
pub(crate) mod header;
mod natural_order;
pub(crate) mod product_map_file;
pub(crate) mod reader;
mod record_quotes;
mod row_batcher;
pub(crate) mod row_location;
pub(crate) mod source_row;
mod spool;
pub mod workbook;
mod xls_check;

pub use crate::source::container::FileContainer;
pub use crate::source::export::Export;
pub use crate::source::reader::{open, read};
pub use crate::source::source_row::{FileNote, RowCells, SourceRow};
