//! What a server says of itself, and what of it matters before an import. Each engine judges its own
//! settings; above this file nobody knows which ones there are. Everything is only read.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::domain::date::Millis;
use crate::store::session::store::Store;

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
pub struct Setting {
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
    pub fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, found: found.into(), verdict: SettingVerdict::Ok, meaning: "" }
    }

    /// The setting, worse where the condition does not hold.
    #[must_use]
    pub fn unless(self, holds: bool, verdict: SettingVerdict, meaning: &'static str) -> Self {
        if holds { self } else { Self { verdict, meaning, ..self } }
    }
}

/// A server in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
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

/// Round trips of which the middle one counts.
const ROUND_TRIPS: usize = 9;

impl Store {
    /// What the server says of itself.
    pub fn health(&mut self) -> anyhow::Result<Health> {
        self.engine.health()
    }

    /// How long a statement takes that does nothing.
    pub fn latency(&mut self) -> anyhow::Result<Duration> {
        let mut taken = Vec::with_capacity(ROUND_TRIPS);
        for _ in 0..ROUND_TRIPS {
            let began = Instant::now();
            self.query("SELECT 1", &[])?;
            taken.push(began.elapsed());
        }
        taken.sort_unstable();
        Ok(taken[ROUND_TRIPS / 2])
    }

    /// Whether the server is this machine.
    pub fn is_local(&self) -> bool {
        self.target.is_local()
    }
}
