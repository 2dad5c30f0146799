//! The state of a server as far as it matters before an import. Each engine reads and judges its own
//! settings.

use std::path::PathBuf;

use serde::Serialize;

use crate::domain::date::Millis;
use crate::store::schema::dialect::Dialect;

/// How good or bad a thing is for an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingVerdict {
    /// As it should be.
    Ok,
    /// An import can begin; somebody should know.
    Warning,
    /// An import cannot begin, or would come to harm.
    Stop,
}

/// One setting of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// Its name, as the engine spells it.
    pub name: &'static str,
    /// What stands there.
    pub found: String,
    /// What that means for an import.
    pub verdict: SettingVerdict,
    /// The same in words; empty where nothing is to be said.
    pub meaning: &'static str,
}

impl Setting {
    /// A setting that is as it should be.
    pub(crate) fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, found: found.into(), verdict: SettingVerdict::Ok, meaning: "" }
    }

    /// The setting, worse where the condition does not hold.
    #[must_use]
    pub(crate) fn unless(self, holds: bool, verdict: SettingVerdict, meaning: &'static str) -> Self {
        if holds { self } else { Self { verdict, meaning, ..self } }
    }
}

/// A server in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Health {
    /// Product and version.
    pub version: String,
    /// Whether the version is one of those that the tool is tested with, or a later one.
    pub known: bool,
    /// Its settings, judged.
    pub settings: Vec<Setting>,
    /// Its clock; none where it is this machine's.
    pub clock: Option<Millis>,
    /// What the database takes on its disk, in bytes.
    pub bytes: u64,
    /// Whether this user may make tables.
    pub may_create: bool,
    /// Where its data lies, if it says so; a folder of that machine, not of this one.
    pub folder: Option<PathBuf>,
}

/// What is known of an engine before anything is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineProfile {
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
