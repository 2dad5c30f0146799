//! `schema`: checks the tables of the database, adds those that an import needs, and removes them again.

use clap::builder::PossibleValuesParser;
use serde_json::json;

use crate::cli::context::{Context, Format};
use crate::cli::render::document::versioned;
use crate::cli::render::schema::{advice, apply_text, check_text, revert_text, status_text};
use crate::failure::ExitCode;
use crate::language::tr;
use crate::store::engines::database_use::DatabaseUse;
use crate::store::engines::server_url::shown;
use crate::store::engines::target::is_missing_file;
use crate::store::migration;
use crate::store::schema::dialect::Dialect;
use crate::store::schema::finding::SchemaVerdict;
use crate::store::schema::print;
use crate::store::schema::print::PrintFormat;
use crate::terminal::out;

/// Check the tables of the database, add those that the migration needs, remove them again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sejoli-migrate schema check\n  sejoli-migrate schema apply")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: SchemaCommand,
}

#[derive(Debug, clap::Subcommand)]
enum SchemaCommand {
    /// Say what the database has, what is missing, and what stops an import; write nothing.
    ///
    /// Exit code 0 when an import can begin, 7 when not: `schema apply` is due, or something does
    /// not fit.
    #[command(
        after_help = "Examples:\n  sejoli-migrate schema check\n  sejoli-migrate --database-url file:./dev.db schema check --format json"
    )]
    Check,
    /// Add the tables, columns and indexes that the migration needs.
    ///
    /// Adds only what is missing, all of it or nothing, and never touches an existing column; what
    /// Prisma has made already is accepted. An empty or missing SQLite file also gets the app's
    /// own tables, for staging. Safe to repeat.
    #[command(
        after_help = "Examples:\n  sejoli-migrate schema apply\n  sejoli-migrate --database-url file:./dev.db schema apply"
    )]
    Apply,
    /// List the migrations and what they have added here.
    #[command(
        after_help = "Examples:\n  sejoli-migrate schema status\n  sejoli-migrate --database-url file:./dev.db schema status"
    )]
    Status,
    /// Take away exactly what `schema apply` added.
    ///
    /// The app's own tables, and whatever Prisma had made before, stay. Refused with exit code 5
    /// while an import stands or a table or column that would go still holds something.
    #[command(after_help = "Examples:\n  sejoli-migrate schema revert\n  sejoli-migrate schema revert --yes")]
    Revert {
        /// Go ahead even though imports stand: their books, and how to undo them, are lost
        #[arg(long)]
        yes: bool,
    },
    /// Print what `schema apply` adds; needs no database.
    ///
    /// prisma: models and field lines for the app's schema.prisma, without which `prisma db push`
    /// would drop or refuse the new tables. sql: the statements. Both for the engine that the URL
    /// names.
    #[command(
        after_help = "Examples:\n  sejoli-migrate schema print --format prisma\n  sejoli-migrate schema print --format sql > schema.sql"
    )]
    Print {
        // A string, as the global --format is: clap keeps both under one name.
        /// As what [json, jsonl: both in one document]
        #[arg(long, default_value = "prisma", value_name = "FORMAT",
              value_parser = PossibleValuesParser::new(["prisma", "sql", "json", "jsonl"]))]
        format: String,
    },
}

/// Runs `schema`.
///
/// # Errors
/// Exit code 7 when the database cannot be reached or used, 5 when a revert is refused.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    match &args.command {
        SchemaCommand::Check => check(context),
        SchemaCommand::Apply => apply(context),
        SchemaCommand::Status => status(context),
        SchemaCommand::Revert { yes } => revert(context, *yes),
        SchemaCommand::Print { format } => print(format, context),
    }
}

fn check(context: &Context) -> anyhow::Result<ExitCode> {
    let found = migration::check::check(&mut context.open(DatabaseUse::Read)?)?;
    let database = shown(&context.database_url);
    context.print(|| check_text(&found, &database), || versioned(Some("schema check"), &found))?;
    context.say(advice(found.verdict));
    Ok(match found.verdict {
        SchemaVerdict::Ready => ExitCode::Done,
        _ => ExitCode::Database,
    })
}

fn apply(context: &Context) -> anyhow::Result<ExitCode> {
    let is_new = is_missing_file(&context.database_url)?;
    let mut store = context.open_to_write(DatabaseUse::Create)?;
    if is_new {
        context.say(tr!("this file did not exist: a new database was made"));
    }
    let applied = migration::apply::apply(&mut store)?;
    context.print(|| apply_text(&applied), || versioned(Some("schema apply"), &applied))?;
    Ok(ExitCode::Done)
}

fn status(context: &Context) -> anyhow::Result<ExitCode> {
    let status = migration::status::status(&mut context.open(DatabaseUse::Read)?)?;
    context.print(|| status_text(&status), || versioned(Some("schema status"), &status))?;
    Ok(ExitCode::Done)
}

fn revert(context: &Context, yes: bool) -> anyhow::Result<ExitCode> {
    let reverted = migration::revert::revert(&mut context.open_to_write(DatabaseUse::Write)?, yes)?;
    context.print(|| revert_text(&reverted), || versioned(Some("schema revert"), &reverted))?;
    Ok(ExitCode::Done)
}

fn print(format: &str, context: &Context) -> anyhow::Result<ExitCode> {
    let dialect = Dialect::of_url(&context.database_url).unwrap_or(Dialect::Sqlite);
    let (prisma, sql) = (PrintFormat::Prisma, PrintFormat::Sql);
    match format {
        "sql" => out(&print::print(sql, dialect))?,
        "prisma" => out(&print::print(prisma, dialect))?,
        _ => {
            let both = json!({"prisma": print::print(prisma, dialect), "sql": print::print(sql, dialect)});
            let context = Context { format: Format::of_option(format), ..context.clone() };
            context.print(String::new, || versioned(Some("schema print"), &both))?;
        }
    }
    Ok(ExitCode::Done)
}
