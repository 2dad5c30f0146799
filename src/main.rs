//! The binary: parses the command line, starts the log, runs the command, returns its exit code.

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

use sejoli_migrate::cli::{Cli, failure_text, refuse, run};
use sejoli_migrate::domain::redaction::redact_message;
use sejoli_migrate::exit::of_error;
use sejoli_migrate::failure;
use sejoli_migrate::logging;
use sejoli_migrate::terminal::tell;

/// Rows are allocated on one thread and freed on another, which this allocator does faster than glibc's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let cli = match Cli::read(&words) {
        Ok(cli) => cli,
        Err(unread) => return refuse(unread, &words).into(),
    };
    let show_pii = cli.show_pii;
    if let Err(error) = logging::start(cli.verbose, cli.quiet, cli.log_file.as_deref()) {
        return fail(&error, show_pii).into();
    }
    let (command, began) = (cli.command_name(), Instant::now());
    tracing::info!(command, version = env!("CARGO_PKG_VERSION"), pid = std::process::id(), "command begun");
    let code = match catch_unwind(AssertUnwindSafe(|| run(cli))) {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            tracing::info!(command, error = redact_message(&format!("{error:#}")), "command failed");
            fail(&error, show_pii)
        }
        // The hook has said where.
        Err(_) => failure::ExitCode::Unexpected,
    };
    let elapsed_ms = began.elapsed().as_millis() as u64;
    tracing::info!(command, exit_code = code as u8, elapsed_ms, "command ended");
    code.into()
}

/// Prints what has stopped the command, and returns its exit code.
fn fail(error: &anyhow::Error, show_pii: bool) -> failure::ExitCode {
    let message = failure_text(error);
    tell(&if show_pii { message } else { redact_message(&message) });
    of_error(error)
}
