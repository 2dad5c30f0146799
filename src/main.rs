//! Arguments in, a call, an exit code out.

use std::panic::catch_unwind;
use std::process::ExitCode;

use clap::Parser as _;
use sejoli_migrate::cli::{Cli, run, tell};
use sejoli_migrate::domain::privacy::impersonal;
use sejoli_migrate::exit_code::{self, of_error};
use sejoli_migrate::logging;

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
            tell(&if show_pii { message } else { impersonal(&message) });
            of_error(&error).into()
        }
        // The hook has said where.
        Err(_) => exit_code::ExitCode::Unexpected.into(),
    }
}
