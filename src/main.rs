//! Arguments in, a call, an exit code out.

use std::process::ExitCode;

use clap::Parser as _;
use sejoli_migrate::cli::{Cli, run};
use sejoli_migrate::exit_code::of_error;
use sejoli_migrate::logging;

/// Made for rows that one thread makes and another frees.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    logging::start(cli.verbose, cli.quiet);
    match run(cli) {
        Ok(code) => code.into(),
        Err(error) => {
            eprintln!("error: {error:#}");
            of_error(&error).into()
        }
    }
}
