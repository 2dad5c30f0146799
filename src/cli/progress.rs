//! Progress: a bar on a terminal, a line every few seconds elsewhere, nothing when quiet; with
//! `--format jsonl` an event a line on stdout.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use serde_json::{Value, json};

use crate::cli::context::{Context, Format};
use crate::cli::render::table::number;
use crate::language::{msg, said, tr};
use crate::pipeline::progress::Progress;
use crate::terminal::{out, tell};

/// The shortest time between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// The progress of a command on stderr, or as events on stdout.
#[derive(Debug)]
pub(crate) struct ProgressDisplay {
    context: Context,
    bar: Option<ProgressBar>,
    quiet: bool,
    /// Whether each step is printed as a line of JSON on stdout.
    events: bool,
    phase: String,
    total: u64,
    done: u64,
    last_line: Instant,
}

impl ProgressDisplay {
    /// Progress in the form that the options and the kind of stderr ask for.
    pub(crate) fn new(context: &Context) -> Self {
        let (quiet, events) = (context.quiet, context.format == Format::JsonLines);
        let lines_only = quiet || events || context.verbose || !std::io::stderr().is_terminal();
        let bar = (!lines_only).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            bar.set_style(style(true));
            bar
        });
        let context = context.clone();
        Self {
            context,
            bar,
            quiet,
            events,
            phase: String::new(),
            total: 0,
            done: 0,
            last_line: Instant::now(),
        }
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style(with_total: bool) -> ProgressStyle {
    let template = if with_total {
        said(msg!("{msg:<12} {wide_bar} {human_pos:>10} of {human_len}  {rate} a second  {eta} left"))
    } else {
        said(msg!("{msg:<12} {spinner} {human_pos:>10} rows"))
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).with_key(
        "rate",
        |state: &ProgressState, text: &mut dyn std::fmt::Write| {
            let _ = text.write_str(&number(state.per_sec().round() as u64));
        },
    )
}

impl Progress for ProgressDisplay {
    fn begin(&mut self, phase: &str, total: u64) {
        phase.clone_into(&mut self.phase);
        (self.total, self.done) = (total, 0);
        self.context.note(|command| command.phase(phase, total));
        self.event(json!({ "event": "phase", "phase": phase, "total": total }));
        if let Some(bar) = &self.bar {
            bar.reset();
            bar.set_message(phase.to_owned());
            bar.set_style(style(total > 0));
            bar.set_length(total);
        }
    }

    fn advance(&mut self, records: u64) {
        self.done += records;
        self.context.note(|command| command.advance(records));
        // Every batch is an event; single rows are reported every few seconds.
        if records > 1 || self.events && self.last_line.elapsed() >= LINE_EVERY {
            self.last_line = if self.events { Instant::now() } else { self.last_line };
            self.event(
                json!({ "event": "progress", "phase": self.phase, "done": self.done, "total": self.total }),
            );
        }
        match &self.bar {
            Some(bar) => bar.inc(records),
            None if self.done.is_multiple_of(64) || records > 1 => self.line(),
            None => {}
        }
    }

    fn run(&mut self, id: &str) {
        self.context.note(|command| command.run = Some(id.to_owned()));
    }

    fn say(&mut self, line: &str) {
        self.event(json!({ "event": "message", "text": line }));
        match &self.bar {
            Some(bar) => bar.suspend(|| tell(line)),
            None if !self.quiet => tell(line),
            None => {}
        }
    }
}

impl ProgressDisplay {
    /// Prints an event, if events are asked for. The work goes on even if the reader has gone.
    fn event(&self, mut event: Value) {
        if self.events {
            event["schema_version"] = 1.into();
            let _ = out(&format!("{event}\n"));
        }
    }

    fn line(&mut self) {
        if self.quiet || self.events || self.last_line.elapsed() < LINE_EVERY {
            return;
        }
        self.last_line = Instant::now();
        let of = if self.total > 0 { tr!(" of {}", number(self.total)) } else { String::new() };
        tell(&format!("{}: {}{of}", self.phase, number(self.done)));
    }
}

/// Says nothing: whoever asks shows by itself what is done.
pub(super) struct SilentProgress;

impl Progress for SilentProgress {
    fn begin(&mut self, _: &str, _: u64) {}
    fn advance(&mut self, _: u64) {}
    fn say(&mut self, _: &str) {}
}
