//! The state of a server as far as it matters before an import. Each engine reads and judges its own
//! settings.

use std::path::PathBuf;

use serde::Serialize;

use crate::domain::date::Millis;
use crate::store::schema::dialect::Dialect;

/// What a setting means for an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SettingVerdict {
    /// As it should be.
    Ok,
    /// An import can begin, but somebody should know of it.
    Warning,
    /// An import cannot begin, or could lose data.
    Stop,
}

/// One setting of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// Its name, as the engine spells it.
    pub name: &'static str,
    /// Its value.
    pub found: String,
    /// What that means for an import.
    pub verdict: SettingVerdict,
    /// The reason for the verdict, in words; empty where the verdict is `Ok`.
    pub meaning: &'static str,
}

impl Setting {
    /// A setting that is as it should be.
    pub(crate) fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, found: found.into(), verdict: SettingVerdict::Ok, meaning: "" }
    }

    /// The setting with this verdict and reason if the condition does not hold, and unchanged otherwise.
    #[must_use]
    pub(crate) fn unless(self, holds: bool, verdict: SettingVerdict, meaning: &'static str) -> Self {
        if holds { self } else { Self { verdict, meaning, ..self } }
    }
}

/// The state of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerHealth {
    /// Product and version.
    pub version: String,
    /// Whether the tool is tested with this version or an earlier one.
    pub known: bool,
    /// Its settings, judged.
    pub settings: Vec<Setting>,
    /// The time by its clock; `None` for SQLite, which has this machine's.
    pub clock: Option<Millis>,
    /// The size of the database on its disk, in bytes.
    pub bytes: u64,
    /// Whether this user may create tables.
    pub may_create: bool,
    /// The folder of its data on the server's machine, if the server names it.
    pub folder: Option<PathBuf>,
}

/// What is known of an engine before anything is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EngineProfile {
    /// The product's name.
    pub name: &'static str,
    /// Whether the checklist advises it for production.
    pub is_for_production: bool,
    /// Bytes that a record takes on the disk, the engine's log included.
    pub bytes_per_record: u64,
    /// Records that an import writes in a second on the server's own machine.
    pub records_per_second: u64,
}

impl EngineProfile {
    /// The profile of a dialect's engine. The figures were measured with a shop of 20,000 orders (29,000
    /// records in all) on two busy cores, and rounded up.
    pub(in crate::store) fn of(dialect: Dialect) -> Self {
        let (bytes_per_record, records_per_second) = match dialect {
            Dialect::Sqlite => (2_500, 5_000),
            Dialect::Postgres => (6_000, 3_000),
            Dialect::Mysql => (8_000, 2_500),
        };
        let is_for_production = dialect != Dialect::Sqlite;
        Self { name: dialect.name(), is_for_production, bytes_per_record, records_per_second }
    }
}
