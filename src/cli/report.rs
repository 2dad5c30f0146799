//! stub
use super::Context;
use crate::exit_code::ExitCode;
/// stub
#[derive(Debug, clap::Args)]
pub struct Args {}
/// stub
pub fn run(_args: &Args, _context: &Context) -> anyhow::Result<ExitCode> {
    Ok(ExitCode::Done)
}
