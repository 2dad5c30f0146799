//! `explain`: what a code means and what to do about it.

use super::{Context, Format, out};
use crate::domain::finding::Code;
use crate::exit_code::{ExitCode, Failure};

/// Says more about the code of a finding.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sejoli-migrate explain SJM-0401")]
pub struct Args {
    /// The code or its name; without one, all codes are listed.
    pub code: Option<String>,
}

/// Prints one code, or the catalogue.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let codes = match &args.code {
        None => Code::ALL.to_vec(),
        Some(text) => vec![Code::find(text).ok_or_else(|| {
            Failure::usage(format!("{text}: no such code; `sejoli-migrate explain` lists them all"))
        })?],
    };
    if context.format == Format::Json {
        let infos: Vec<_> = codes.iter().map(|code| code.info()).collect();
        out(&format!("{}\n", serde_json::json!({ "schema_version": 1, "codes": infos })))?;
        return Ok(ExitCode::Done);
    }
    let mut text = String::new();
    for code in codes {
        let info = code.info();
        text.push_str(&format!(
            "{} {} ({})\n  {}\n  {}\n",
            info.code, info.name, info.severity, info.meaning, info.advice
        ));
    }
    out(&text)?;
    Ok(ExitCode::Done)
}
