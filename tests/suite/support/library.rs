//! The library's items that tests use. They are named here alone, so that a move in `src/` is followed in this file
//! and in no other.

pub use sejoli_migrate::cli::Cli;
pub use sejoli_migrate::cli::explain::catalogue;
pub use sejoli_migrate::domain::contact::Phone;
pub use sejoli_migrate::domain::date::{DateOrder, DateRules, Millis, SourceZone};
pub use sejoli_migrate::domain::fields::OrderCells;
pub use sejoli_migrate::domain::finding::{Code, Severity, worst};
pub use sejoli_migrate::domain::money::{Money, MoneyStyle, Rate};
pub use sejoli_migrate::domain::order;
pub use sejoli_migrate::pipeline::outputs::Folder;
pub use sejoli_migrate::pipeline::partition::Partition;
pub use sejoli_migrate::source;
pub use sejoli_migrate::source::options as source_options;
pub use sejoli_migrate::store::catalogue::{Catalogue, TableShape};
pub use sejoli_migrate::store::value::{Cell, JsonText, Kind, Value};
pub use sejoli_migrate::store::{Mode, Store, journal, record, runs, schema, tables};
pub use sejoli_migrate::verify;
