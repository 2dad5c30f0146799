//! What tests share. Each file has one purpose; a helper that only one test file needs stays in that file.
//!
//! The library's own items are named in `library.rs` alone, so that a move in `src/` is followed in one place.

pub mod access_schema;
pub mod app_access;
pub mod app_database;
pub mod app_plans;
pub mod app_rows;
pub mod database;
pub mod dump;
pub mod engine;
pub mod exit_code;
pub mod exports;
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub mod far_proxy;
#[cfg(feature = "mysql")]
pub mod galera;
pub mod generator;
pub mod help_pages;
pub mod imports;
pub mod library;
pub mod pairs;
#[cfg(feature = "postgres")]
pub mod pgbouncer;
#[cfg(feature = "postgres")]
pub mod pooler;
#[cfg(feature = "postgres")]
pub mod postgres_pair;
pub mod process;
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub mod programs;
pub mod pseudo_terminal;
pub mod queries;
pub mod questions;
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub mod row_locks;
pub mod schema;
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub mod server;
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub mod sessions;
pub mod sitting;
pub mod tool;
pub mod wordpress;
pub mod workbooks;

use std::path::{Path, PathBuf};

pub use app_database::AppDatabase;
pub use app_rows::{app_transaction, insert_app_user};
pub use dump::{Compared, Dump, assert_same, dump};
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) use engine::on_each_server;
pub use engine::{Engine, drop_index};
pub(crate) use engine::{on_each_engine, on_engines};
pub use exports::{Edits, Exports, SOLD, Sheet};
pub use imports::{
    assert_balanced, assert_sound, broken_off, findings, found, imported, rows, run_folder, sen, verified,
};
pub use process::BackgroundTool;
pub use queries::{count, millis, sum_minor, text, texts};
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub use server::{count_commits, free_port, script};
pub use tool::{Outcome, json, tool};
pub use workbooks::write_sheet;

/// A folder that goes with the test.
pub fn workspace() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// The project's own fixtures.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// The time that stands in for now in tests.
pub const AS_OF: &str = "2026-01-01T00:00:00+07:00";
