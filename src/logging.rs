//! Logs: on stderr, warnings and worse unless asked for more. Nothing personal is ever logged:
//! rows are named by file, record and id (L29).

use std::io::IsTerminal as _;

use tracing::level_filters::LevelFilter;

/// Starts logging once for the process. A panic is told by its place alone: its message may quote a row.
pub fn start(verbose: u8, quiet: bool) {
    let level = match (quiet, verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, _) => LevelFilter::DEBUG,
    };
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(colour)
        .with_target(false)
        .without_time()
        .log_internal_errors(false)
        .init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, |place| format!(" at {place}"));
        crate::terminal::tell(&format!("error: a bug of the tool{place}; what was committed stands"));
    }));
}
