//! The library's items that tests use. They are named here alone, so that a move in `src/` is followed in this file
//! and in no other.

pub use sejoli_migrate::cli::reference::tables as reference_tables;
pub use sejoli_migrate::cli::render::explain::catalogue;
pub use sejoli_migrate::cli::{Cli, command_line};
pub use sejoli_migrate::domain::contact::Phone;
pub use sejoli_migrate::domain::date::{DateOrder, DateRules, Millis, SourceZone};
pub use sejoli_migrate::domain::export_fields::OrderCells;
pub use sejoli_migrate::domain::finding::{Code, Severity, worst_severity};
pub use sejoli_migrate::domain::money::{Money, MoneyStyle, Rate};
pub use sejoli_migrate::domain::{cell_reader, checklist_order, order};
pub use sejoli_migrate::extract::rows_of_dump;
pub use sejoli_migrate::pipeline::files::outputs::RunFolder;
pub use sejoli_migrate::pipeline::partition::Partition;
pub use sejoli_migrate::source;
pub use sejoli_migrate::source::file_options as source_options;
pub use sejoli_migrate::store::codec::record;
pub use sejoli_migrate::store::codec::value::{Cell, JsonText, Kind, Value};
pub use sejoli_migrate::store::engines::database_use::DatabaseUse;
pub use sejoli_migrate::store::engines::error;
#[cfg(feature = "postgres")]
pub use sejoli_migrate::store::engines::postgres::connection::PostgresConnection;
pub use sejoli_migrate::store::history::{journal, runs};
pub use sejoli_migrate::store::migration;
pub use sejoli_migrate::store::schema::catalogue::{Catalogue, TableShape};
pub use sejoli_migrate::store::schema::tables;
pub use sejoli_migrate::store::schema::words::RunState;
pub use sejoli_migrate::store::session::store::Store;
pub use sejoli_migrate::verify;
