//! Backups: a consistent copy made by each engine's own program, checked after it was written, and recorded
//! in the database, so that an import can warn when there is none.
//!
//! A file with a backup's name is complete; only this user can read it. A password reaches a program by its
//! environment or by a file that only this user can read, never by its arguments, which others on the machine
//! can see (L29).

mod copy;
mod make;
mod mysql;
mod postgres;
mod program;
mod recorded;
mod restore;
mod sqlite;

pub(crate) use crate::store::backup::copy::{CopyPlace, DatabaseCopy};
pub(crate) use crate::store::backup::make::{CheckedBackup, make};
pub(crate) use crate::store::backup::recorded::{latest, warning};
pub(crate) use crate::store::backup::restore::restore_command;
