//! `explain`: what a code means and what to do about it.

use crate::cli::{Context, Format};
use crate::domain::finding::Code;
use crate::failure::{ExitCode, Failure};
use crate::terminal::out;

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
        context.document("done", serde_json::json!({ "schema_version": 1, "codes": infos }))?;
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

/// The catalogue of findings as `docs/findings.md` holds it: written from the codes, checked by a test.
pub fn catalogue() -> String {
    let mut text = String::from(
        "# Findings

A finding has a stable code: it never changes its meaning and is never used again. `sejoli-migrate explain SJM-0101` says
the same. *rejected*: unusable, the row waits for a correction. *held*: doubtful, the row waits for a decision.
*warning*, *info*: the row is imported. `findings.csv` and `validate --format json` give each finding its place: file,
sheet, record, first and last line or row, column, the masked value, the reason and what to do.

This page is written from the code by `make catalogue`.

| code | name | severity | meaning | advice |
|---|---|---|---|---|
",
    );
    let mut codes = Code::ALL.to_vec();
    codes.sort_by_key(|code| code.info().code);
    for code in codes {
        let info = code.info();
        let (meaning, advice) = (info.meaning.replace('|', "\\|"), info.advice.replace('|', "\\|"));
        text.push_str(&format!(
            "| {} | {} | {} | {meaning} | {advice} |\n",
            info.code, info.name, info.severity
        ));
    }
    text
}
