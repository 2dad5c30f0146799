//! The log: on stderr, and in a file where one is asked for.
//!
//! Nothing personal is ever logged (L29): a row is named by its place or its id, a database by its
//! engine, a statement by its text without parameters.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::Registry;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{fmt, registry};

use crate::failure::Failure;
use crate::language::tr;
use crate::terminal::{is_stderr_coloured, tell};

/// A destination of the log with its own filter.
type LogLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Starts the log, once for the process: `verbose` counts the `-v` of the command line.
///
/// # Errors
/// Exit code 2 for a RUST_LOG that is no filter, 5 for a log file that cannot be written.
pub fn start(verbose: u8, quiet: bool, log_file: Option<&Path>) -> anyhow::Result<()> {
    let mut layers = vec![stderr_layer(filter(stderr_level(verbose, quiet))?)];
    if let Some(path) = log_file {
        let level = if verbose > 0 { "debug" } else { "info" };
        layers.push(file_layer(path, open(path)?, filter(level)?));
    }
    registry().with(layers).init();
    set_panic_hook();
    Ok(())
}

fn stderr_level(verbose: u8, quiet: bool) -> &'static str {
    match (quiet, verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "info",
        (false, _) => "debug",
    }
}

/// What RUST_LOG says; else this level for the tool. What libraries log is not made for people, and
/// nobody has looked whether it is personal.
fn filter(level: &str) -> anyhow::Result<EnvFilter> {
    let wanted = std::env::var("RUST_LOG").unwrap_or_default();
    let directives = if wanted.is_empty() { format!("error,sejoli_migrate={level}") } else { wanted };
    let parsed = EnvFilter::builder().parse(&directives);
    parsed.map_err(|error| Failure::usage(tr!("RUST_LOG is not a filter of the log: {error}")))
}

fn stderr_layer(filter: EnvFilter) -> LogLayer {
    fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(is_stderr_coloured())
        .with_target(false)
        .without_time()
        .log_internal_errors(false)
        .with_filter(filter)
        .boxed()
}

/// The log of a file: an object a line where its name says so, else text. Each event is written at once,
/// so that several processes can share a file.
fn file_layer(path: &Path, file: File, filter: EnvFilter) -> LogLayer {
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    let layer = fmt::layer().with_writer(Arc::new(file)).with_ansi(false).log_internal_errors(false);
    if ending == "json" || ending == "jsonl" {
        layer.json().flatten_event(true).with_filter(filter).boxed()
    } else {
        layer.with_target(false).with_filter(filter).boxed()
    }
}

fn open(path: &Path) -> anyhow::Result<File> {
    let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    opened
        .map_err(|error| Failure::refused(tr!("the log file {} cannot be written: {error}", path.display())))
}

/// A panic is told by its place alone: its message may quote a row.
fn set_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        let at = if place.is_empty() { String::new() } else { format!(" at {place}") };
        tell(&tr!("error: a bug of the tool{at}; what was committed stands"));
        tracing::info!(place, "panicked");
    }));
}
