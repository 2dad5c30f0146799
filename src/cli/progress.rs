//! Progress: a bar on a terminal, a line every few seconds elsewhere, nothing when quiet; with
//! `--format jsonl` an event a line on stdout.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use crate::cli::context::{Context, Format};
use crate::cli::progress_figures::{PHASE_WIDTH, ProgressFigures, phase_text};
use crate::domain::money::Money;
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
    figures: ProgressFigures,
    began: Instant,
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
            figures: ProgressFigures::default(),
            began: Instant::now(),
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

/// The bar keeps what is left of a terminal's width beside the figures.
fn style(with_total: bool) -> ProgressStyle {
    let sign = if with_total { "{wide_bar}" } else { "{spinner}" };
    let template = format!("{{msg:<{PHASE_WIDTH}}} {sign} {{prefix}}");
    ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Progress for ProgressDisplay {
    fn begin(&mut self, phase: &str, total: u64) {
        phase.clone_into(&mut self.phase);
        self.figures = ProgressFigures { total, ..ProgressFigures::default() };
        self.began = Instant::now();
        self.context.note(|command| command.phase(phase, total));
        self.event(json!({ "event": "phase", "phase": phase, "total": total }));
        if let Some(bar) = &self.bar {
            bar.reset();
            bar.set_message(phase_text(phase));
            bar.set_prefix("");
            bar.set_style(style(total > 0));
            bar.set_length(total);
        }
    }

    fn advance(&mut self, records: u64) {
        self.figures.done += records;
        self.context.note(|command| command.advance(records));
        // Every batch is an event; single rows are reported every few seconds.
        if records > 1 || self.events && self.last_line.elapsed() >= LINE_EVERY {
            self.last_line = if self.events { Instant::now() } else { self.last_line };
            self.event(
                json!({ "event": "progress", "phase": self.phase, "done": self.figures.done, "total": self.figures.total }),
            );
        }
        if let Some(bar) = &self.bar {
            bar.inc(records);
        }
        if self.figures.done.is_multiple_of(64) || records > 1 {
            self.show();
        }
    }

    fn amount(&mut self, so_far: Money) {
        self.figures.amount = so_far;
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

    /// Shows how far the phase has come.
    fn show(&mut self) {
        self.figures.elapsed = self.began.elapsed();
        match &self.bar {
            Some(bar) => bar.set_prefix(self.figures.beside_bar(&self.phase)),
            None if self.quiet || self.events || self.last_line.elapsed() < LINE_EVERY => {}
            None => {
                self.last_line = Instant::now();
                tell(&self.figures.line(&self.phase));
            }
        }
    }
}

/// Says nothing: whoever asks shows by itself what is done.
pub(super) struct SilentProgress;

impl Progress for SilentProgress {
    fn begin(&mut self, _: &str, _: u64) {}
    fn advance(&mut self, _: u64) {}
    fn say(&mut self, _: &str) {}
}
