//! Progress: a bar on a terminal, a line every few seconds elsewhere, nothing when quiet; with
//! `--format jsonl` an event a line on stdout.

use std::fmt::Write;
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use serde_json::{Value, json};

use crate::cli::context::{Context, Format};
use crate::cli::progress_figures::{ProgressFigures, phase_text};
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

/// The bar keeps what is left of the terminal's width; `prefix` is what the records come to.
fn style(with_total: bool) -> ProgressStyle {
    let template = if with_total {
        "{msg:<12} {wide_bar} {done}{rate}{prefix}{left}"
    } else {
        "{msg:<12} {spinner} {done}{rate}{prefix}"
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let of = |state: &ProgressState| ProgressFigures {
        done: state.pos(),
        total: state.len().unwrap_or(0),
        amount: Money::ZERO,
        elapsed: state.elapsed(),
    };
    let spaced = |text: Option<String>| text.map_or(String::new(), |text| format!("  {text}"));
    style
        .with_key("done", move |state: &ProgressState, text: &mut dyn Write| {
            let _ = text.write_str(&of(state).done_text());
        })
        .with_key("rate", move |state: &ProgressState, text: &mut dyn Write| {
            let _ = text.write_str(&spaced(of(state).rate_text()));
        })
        .with_key("left", move |state: &ProgressState, text: &mut dyn Write| {
            let _ = text.write_str(&spaced(of(state).left_text()));
        })
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
        match &self.bar {
            Some(bar) => bar.inc(records),
            None if self.figures.done.is_multiple_of(64) || records > 1 => self.line(),
            None => {}
        }
    }

    fn amount(&mut self, so_far: Money) {
        self.figures.amount = so_far;
        if let (Some(bar), Some(text)) = (&self.bar, self.figures.amount_text()) {
            bar.set_prefix(format!("  {text}"));
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
        self.figures.elapsed = self.began.elapsed();
        tell(&self.figures.line(&self.phase));
    }
}

/// Says nothing: whoever asks shows by itself what is done.
pub(super) struct SilentProgress;

impl Progress for SilentProgress {
    fn begin(&mut self, _: &str, _: u64) {}
    fn advance(&mut self, _: u64) {}
    fn say(&mut self, _: &str) {}
}
