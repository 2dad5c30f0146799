//! `extract`: from the shop's own WordPress database to the files of the checklist.

use std::path::PathBuf;

use crate::cli::args::parse_time;
use crate::cli::context::Context;
use crate::cli::render;
use crate::clock::now;
use crate::domain::date;
use crate::domain::date::{DateRules, Millis, SourceZone};
use crate::extract::run::{Changes, Input, Request, extract};
use crate::failure::{ExitCode, Failure};
use crate::language::tr;
use crate::store::wordpress::SourceUrl;

/// Make the files of the checklist from the shop's own WordPress database.
///
/// Sejoli's export buttons give no paid date, no product number, no commission and no running membership; its database
/// has them. What is read is told by its content: SQL of mysqldump, mariadb-dump or phpMyAdmin, plain or packed by gzip
/// or Zstandard; phpMyAdmin's JSON; where there is nothing else, a folder with the answers of the REST add-on; a folder
/// with a file for each table, as `mysql --batch` prints it or phpMyAdmin exports it as CSV; or the server itself, by a
/// URL, in a consistent snapshot that writes nothing. Nothing is guessed: what did not come along, and what is
/// doubtful, stands in left-out.csv. Passwords, keys and sessions are never read.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mysqldump --single-transaction --default-character-set=utf8mb4 --no-tablespaces DATABASE | gzip > shop.sql.gz\n  sejoli-migrate extract shop.sql.gz --out import-data\n  ssh shop 'mysqldump …' | sejoli-migrate extract - --out import-data\n  sejoli-migrate extract mysql://reader@host/wordpress --out import-data\n  sejoli-migrate extract newer.sql.gz --out import-data --against import-data\n  SOURCE_DATABASE_URL=mysql://reader:password@host/wordpress sejoli-migrate extract --out import-data"
)]
pub(crate) struct Args {
    /// The dump, the folder of tables, `-` for standard input, or the URL of the site's database.
    #[arg(env = "SOURCE_DATABASE_URL", hide_env_values = true)]
    input: String,
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
    /// The folder of an earlier extraction: changes.csv says what is new, different or gone.
    #[arg(long, value_name = "FOLDER", conflicts_with = "since")]
    against: Option<PathBuf>,
    /// A day or a time: changes.csv says what was made or has changed since; the other files hold all rows as ever.
    #[arg(long, value_name = "DATE", value_parser = parse_since)]
    since: Option<Millis>,
    /// Overwrite files that were edited since the last extraction; a product map that was filled in stays.
    #[arg(long)]
    replace: bool,
}

/// A day, by Jakarta's clock, or a time with its offset.
fn parse_since(text: &str) -> Result<Millis, String> {
    let day = || date::parse(text, DateRules::default()).ok().flatten().map(|moment| moment.at);
    Millis::parse_rfc3339(text)
        .or_else(day)
        .ok_or_else(|| tr!("expected a day such as 2026-01-31").to_owned())
}

/// Runs the command.
///
/// # Errors
/// Exit code 6: the input cannot be used. Exit code 5: the folder cannot be, or the source is the target. Exit code 7:
/// the site's server does not answer.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let input = if SourceUrl::is_url(&args.input) {
        let source = SourceUrl::parse(&args.input)?;
        if source.is_same_database(&context.database_url) {
            return Err(Failure::refused(tr!(
                "{} is the database of the app itself: the shop's own is another one",
                source.shown()
            )));
        }
        Input::Live(source)
    } else {
        Input::Path(PathBuf::from(&args.input))
    };
    let request = Request {
        input,
        out: args.out.clone(),
        prefix: args.prefix.clone(),
        zone: args.source_tz,
        as_of: args.as_of.unwrap_or_else(now),
        include_deleted: args.include_deleted,
        replace: args.replace,
        changes: match (&args.against, args.since) {
            (Some(folder), _) => Some(Changes::Against(folder.clone())),
            (None, since) => since.map(Changes::Since),
        },
    };
    let done = extract(&request)?;
    context.print(|| render::extract::text(&done), || render::extract::document(&done))?;
    Ok(ExitCode::Done)
}
