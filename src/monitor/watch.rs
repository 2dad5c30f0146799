//! Tells what is watching of a command: the file of metrics as it goes on, the others when it begins and ends.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use url::Url;

use crate::failure::{ExitCode, Failure};
use crate::language::tr;
use crate::monitor::delivery;
use crate::monitor::metrics;
use crate::monitor::notification::{Event, document};
use crate::monitor::state::CommandState;
use crate::terminal::tell;

/// The shortest time between two writings of the file of metrics while a command works.
const WRITE_EVERY: Duration = Duration::from_secs(2);

/// Who is told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watchers {
    /// The file of metrics.
    pub(crate) metrics_file: Option<PathBuf>,
    /// A command of the shell, which gets a document as its input.
    pub(crate) command: Option<String>,
    /// An address that a document is posted to.
    pub(crate) url: Option<Url>,
}

impl Watchers {
    fn is_any(&self) -> bool {
        self.metrics_file.is_some() || self.command.is_some() || self.url.is_some()
    }
}

/// A command that is watched, if anybody watches it.
#[derive(Debug, Default)]
pub(crate) struct Monitor {
    watched: Option<Watched>,
}

#[derive(Debug)]
struct Watched {
    state: CommandState,
    watchers: Watchers,
    written: Instant,
    /// Whether it was said that the file cannot be written.
    said: bool,
}

impl Monitor {
    /// The command begins: the file is written, and the others are told.
    ///
    /// # Errors
    /// Exit code 5: the file of metrics cannot be written.
    pub(crate) fn begin(command: &'static str, watchers: Watchers) -> anyhow::Result<Self> {
        if !watchers.is_any() {
            return Ok(Self::default());
        }
        let state = CommandState::begin(command);
        if let Some(path) = &watchers.metrics_file {
            metrics::write(&state, path).map_err(|error| {
                Failure::refused(tr!("the metrics file {} cannot be written: {error}", path.display()))
            })?;
        }
        let watched = Watched { state, watchers, written: Instant::now(), said: false };
        watched.notify(Event::Start);
        Ok(Self { watched: Some(watched) })
    }

    /// Changes what is known of the command.
    pub(crate) fn note(&mut self, change: impl FnOnce(&mut CommandState)) {
        let Some(watched) = &mut self.watched else { return };
        change(&mut watched.state);
        if watched.written.elapsed() >= WRITE_EVERY {
            watched.write();
        }
    }

    /// The command ends.
    pub(crate) fn end(&mut self, code: ExitCode) {
        let Some(mut watched) = self.watched.take() else { return };
        watched.state.end(code);
        watched.write();
        watched.notify(Event::of_exit(code));
    }
}

/// A command that ends by a panic has ended, too.
impl Drop for Monitor {
    fn drop(&mut self) {
        self.end(ExitCode::Unexpected);
    }
}

impl Watched {
    fn write(&mut self) {
        let Some(path) = &self.watchers.metrics_file else { return };
        self.written = Instant::now();
        if let Err(error) = metrics::write(&self.state, path)
            && !std::mem::replace(&mut self.said, true)
        {
            tell(&tr!("warning: the metrics file {} cannot be written: {error}", path.display()));
        }
    }

    fn notify(&self, event: Event) {
        let document = document(event, &self.state).to_string();
        if let Some(command) = &self.watchers.command
            && let Err(why) = delivery::to_command(command, &document)
        {
            tell(&tr!("warning: --notify-command has failed, and the work goes on: {why}"));
        }
        if let Some(url) = &self.watchers.url
            && let Err(why) = delivery::to_address(url, &document)
        {
            let host = url.host_str().unwrap_or_default();
            tell(&tr!("warning: {host} (--notify-url) was not told, and the work goes on: {why}"));
        }
    }
}
