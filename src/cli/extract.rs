//! `extract`: from the shop's own WordPress database to the files of the checklist.

use std::path::PathBuf;

use crate::cli::args::parse_time;
use crate::cli::context::Context;
use crate::cli::render;
use crate::clock::now;
use crate::domain::date::{Millis, SourceZone};
use crate::extract::run::{Request, extract};
use crate::failure::ExitCode;

/// Makes the files of the checklist from the shop's own WordPress database.
///
/// Sejoli's export buttons give no paid date, no product number, no commission and no running membership; its database
/// has them. A dump is told by its content: SQL of mysqldump, mariadb-dump or phpMyAdmin, plain or packed by gzip or
/// Zstandard; `-` reads standard input. Nothing is guessed: what did not come along, and what is doubtful, stands in
/// left-out.csv. Passwords, keys and sessions are never read.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mysqldump --single-transaction --default-character-set=utf8mb4 --no-tablespaces DATABASE | gzip > shop.sql.gz\n  sejoli-migrate extract shop.sql.gz --out import-data\n  zcat shop.sql.gz | sejoli-migrate extract - --out import-data"
)]
pub(crate) struct Args {
    /// The dump, or `-` for standard input.
    input: PathBuf,
    /// The folder of the files; it is made where it is missing.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// The prefix of the shop's tables, such as wp_2_ [default: that of the only shop].
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,
    /// The time zone of the site's clock; it must be the one of the site's settings [default: that one].
    #[arg(long, value_name = "ZONE")]
    source_tz: Option<SourceZone>,
    /// The time to take for now: a membership past its end has expired [default: now].
    #[arg(long, value_name = "DATE-TIME", value_parser = parse_time)]
    as_of: Option<Millis>,
    /// Take rows along that somebody has marked as deleted in the database.
    #[arg(long)]
    include_deleted: bool,
    /// Overwrite files that were edited since the last extraction; a product map that was filled in stays.
    #[arg(long)]
    replace: bool,
}

/// Runs the command.
///
/// # Errors
/// Exit code 6: the input cannot be used. Exit code 5: the folder cannot be.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let request = Request {
        input: args.input.clone(),
        out: args.out.clone(),
        prefix: args.prefix.clone(),
        zone: args.source_tz,
        as_of: args.as_of.unwrap_or_else(now),
        include_deleted: args.include_deleted,
        replace: args.replace,
    };
    let done = extract(&request)?;
    context.print(|| render::extract::text(&done), || render::extract::document(&done))?;
    Ok(ExitCode::Done)
}
