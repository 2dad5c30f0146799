//! Arguments in, a call, an exit code out.

use std::panic::catch_unwind;
use std::process::ExitCode;

use clap::Parser as _;
use sejoli_migrate::cli::{Cli, run};
use sejoli_migrate::domain::redaction::redact_message;
use sejoli_migrate::exit::of_error;
use sejoli_migrate::failure;
use sejoli_migrate::logging;
use sejoli_migrate::terminal::tell;

/// Made for rows that one thread makes and another frees.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    logging::start(cli.verbose, cli.quiet);
    let show_pii = cli.show_pii;
    match catch_unwind(|| run(cli)) {
        Ok(Ok(code)) => code.into(),
        Ok(Err(error)) => {
            let message = format!("error: {error:#}");
            tell(&if show_pii { message } else { redact_message(&message) });
            of_error(&error).into()
        }
        // The hook has said where.
        Err(_) => failure::ExitCode::Unexpected.into(),
    }
}
