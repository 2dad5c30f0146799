//! `explain`: what a code means and what to do about it.

use crate::cli::context::Context;
use crate::cli::render;
use crate::domain::finding::Code;
use crate::failure::{ExitCode, Failure};
use crate::language::tr;

/// Explain the code of a finding.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sejoli-migrate explain SJM-0401\n  sejoli-migrate explain --format json"
)]
pub(crate) struct Args {
    /// The code or its name; without one, all codes are listed.
    code: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// Exit code 2 for a code that does not exist.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let codes = match &args.code {
        None => Code::ALL.to_vec(),
        Some(text) => vec![Code::find(text).ok_or_else(|| {
            Failure::usage(tr!("there is no code {text}; `sejoli-migrate explain` lists all of them"))
        })?],
    };
    let document = || {
        let infos: Vec<_> = codes.iter().map(|code| code.info()).collect();
        Ok(serde_json::json!({ "schema_version": 1, "codes": infos }))
    };
    context.print(|| render::explain::text(&codes), document)?;
    Ok(ExitCode::Done)
}
