//! What a command is doing: its phases, its books, how it ended.

use std::time::Instant;

use chrono::{DateTime, Utc};

use crate::domain::books::Books;
use crate::failure::ExitCode;

/// A phase and how far it has come.
#[derive(Clone, Debug)]
pub(crate) struct PhaseState {
    /// Its name, as in the documents.
    pub(crate) name: String,
    /// How many records it has; 0 where that is not known.
    pub(crate) total: u64,
    /// How many are done.
    pub(crate) done: u64,
    /// How long it has taken, in seconds.
    pub(crate) seconds: f64,
}

/// A command at work, or at its end.
#[derive(Clone, Debug)]
pub(crate) struct CommandState {
    /// The command: `import`, `verify`.
    pub(crate) command: &'static str,
    /// When it began.
    pub(crate) began_at: DateTime<Utc>,
    /// The run that it has begun or goes on with.
    pub(crate) run: Option<String>,
    /// Whether the run is taken back in the end.
    pub(crate) dry_run: bool,
    /// Its phases in their order.
    pub(crate) phases: Vec<PhaseState>,
    /// The books of the phases, where it has come to its end.
    pub(crate) books: Vec<(String, Books)>,
    /// Differences that a verification has found.
    pub(crate) differences: Option<u64>,
    /// How it ended.
    pub(crate) ended: Option<(DateTime<Utc>, ExitCode)>,
    began: Instant,
    phase_began: Instant,
}

impl CommandState {
    /// A command that begins now.
    pub(crate) fn begin(command: &'static str) -> Self {
        let now = Instant::now();
        Self {
            command,
            began_at: Utc::now(),
            run: None,
            dry_run: false,
            phases: Vec::new(),
            books: Vec::new(),
            differences: None,
            ended: None,
            began: now,
            phase_began: now,
        }
    }

    /// A phase begins. One that begins again, as after a lost connection, begins from nothing.
    pub(crate) fn phase(&mut self, name: &str, total: u64) {
        self.close_phase();
        self.phases.retain(|phase| phase.name != name);
        self.phases.push(PhaseState { name: name.to_owned(), total, done: 0, seconds: 0.0 });
        self.phase_began = Instant::now();
    }

    /// This many more records of the phase are done.
    pub(crate) fn advance(&mut self, records: u64) {
        if let Some(phase) = self.phases.last_mut() {
            phase.done += records;
            phase.seconds = self.phase_began.elapsed().as_secs_f64();
        }
    }

    /// The command has ended.
    pub(crate) fn end(&mut self, code: ExitCode) {
        self.close_phase();
        self.ended = Some((Utc::now(), code));
    }

    /// How long it has worked, in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    fn close_phase(&mut self) {
        if let Some(phase) = self.phases.last_mut() {
            phase.seconds = self.phase_began.elapsed().as_secs_f64();
        }
    }
}
