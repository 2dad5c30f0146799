//! `schema`: looks at the database, prepares it, and takes the preparation away again.

use std::fmt::Write as _;

use clap::builder::PossibleValuesParser;
use serde_json::json;

use crate::cli::{Context, Format, versioned};
use crate::failure::ExitCode;
use crate::store::engines::mode::Mode;
use crate::store::engines::target::shown;
use crate::store::migration;
use crate::store::migration::apply::AppliedMigrations;
use crate::store::migration::revert::RevertedMigration;
use crate::store::migration::status::{MigrationState, MigrationStatus, SchemaStatus};
use crate::store::schema::dialect::Dialect;
use crate::store::schema::finding::{ObjectState, SchemaCheck, SchemaVerdict};
use crate::store::schema::object::{Object, ObjectKind};
use crate::store::schema::print;
use crate::store::schema::print::PrintFormat;
use crate::terminal::out;

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: SchemaCommand,
}

#[derive(Debug, clap::Subcommand)]
enum SchemaCommand {
    /// Say what the database has, what is missing, and what stops an import; write nothing
    ///
    /// Exit code 0 when an import can begin, 7 when not: `schema apply` is due, or something does
    /// not fit.
    ///
    /// Example: sejoli-migrate --database-url file:./dev.db schema check
    #[command(verbatim_doc_comment)]
    Check,
    /// Add the tables, columns and indexes that the migration needs
    ///
    /// Adds only what is missing, all of it or nothing, and never touches an existing column; what
    /// Prisma has made already is accepted. An empty or missing SQLite file also gets the app's
    /// own tables, for staging. Safe to repeat.
    ///
    /// Example: sejoli-migrate --database-url file:./dev.db schema apply
    #[command(verbatim_doc_comment)]
    Apply,
    /// List the migrations and what they have added here
    ///
    /// Example: sejoli-migrate --database-url file:./dev.db schema status
    #[command(verbatim_doc_comment)]
    Status,
    /// Take away exactly what `schema apply` added
    ///
    /// The app's own tables, and whatever Prisma had made before, stay. Refused with exit code 5
    /// while an import stands or a table or column that would go still holds something.
    ///
    /// Example: sejoli-migrate --database-url file:./dev.db schema revert
    #[command(verbatim_doc_comment)]
    Revert {
        /// Go ahead even though imports stand: their books, and how to undo them, are lost
        #[arg(long)]
        yes: bool,
    },
    /// Print what `schema apply` adds; needs no database
    ///
    /// prisma: models and field lines for the app's schema.prisma, without which `prisma db push`
    /// would drop or refuse the new tables. sql: the statements. Both for the engine that the URL
    /// names.
    ///
    /// Example: sejoli-migrate schema print --format prisma
    #[command(verbatim_doc_comment)]
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
pub fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    match &args.command {
        SchemaCommand::Check => check(context),
        SchemaCommand::Apply => apply(context),
        SchemaCommand::Status => status(context),
        SchemaCommand::Revert { yes } => revert(context, *yes),
        SchemaCommand::Print { format } => print(format, context),
    }
}

fn check(context: &Context) -> anyhow::Result<ExitCode> {
    let found = migration::check::check(&mut context.open(Mode::Read)?)?;
    match context.format {
        Format::Json => context.document("done", versioned(Some("schema check"), &found)?)?,
        Format::Text => out(&check_text(&found, &shown(&context.database_url))?)?,
    }
    context.say(advice(found.verdict));
    Ok(match found.verdict {
        SchemaVerdict::Ready => ExitCode::Done,
        _ => ExitCode::Database,
    })
}

fn apply(context: &Context) -> anyhow::Result<ExitCode> {
    let applied = migration::apply::apply(&mut context.open(Mode::Create)?)?;
    match context.format {
        Format::Json => context.document("done", versioned(Some("schema apply"), &applied)?)?,
        Format::Text => out(&apply_text(&applied)?)?,
    }
    Ok(ExitCode::Done)
}

fn status(context: &Context) -> anyhow::Result<ExitCode> {
    let status = migration::status::status(&mut context.open(Mode::Read)?)?;
    match context.format {
        Format::Json => context.document("done", versioned(Some("schema status"), &status)?)?,
        Format::Text => out(&status_text(&status)?)?,
    }
    Ok(ExitCode::Done)
}

fn revert(context: &Context, yes: bool) -> anyhow::Result<ExitCode> {
    let reverted = migration::revert::revert(&mut context.open(Mode::Write)?, yes)?;
    match context.format {
        Format::Json => context.document("done", versioned(Some("schema revert"), &reverted)?)?,
        Format::Text => out(&revert_text(&reverted)?)?,
    }
    Ok(ExitCode::Done)
}

fn print(format: &str, context: &Context) -> anyhow::Result<ExitCode> {
    let dialect = Dialect::of_url(&context.database_url).unwrap_or(Dialect::Sqlite);
    let (prisma, sql) = (PrintFormat::Prisma, PrintFormat::Sql);
    match format {
        "sql" => out(&print::print(sql, dialect))?,
        "json" | "jsonl" => {
            let both = json!({"prisma": print::print(prisma, dialect), "sql": print::print(sql, dialect)});
            context.document("done", versioned(Some("schema print"), &both)?)?;
        }
        _ => out(&print::print(prisma, dialect))?,
    }
    Ok(ExitCode::Done)
}

/// What to do next.
fn advice(verdict: SchemaVerdict) -> &'static str {
    match verdict {
        SchemaVerdict::Ready => "An import can begin.",
        SchemaVerdict::NeedsApply | SchemaVerdict::Empty => "Next: sejoli-migrate schema apply",
        SchemaVerdict::Incompatible => {
            "An import cannot begin: what is listed as incompatible is the app's to change, with Prisma."
        }
        SchemaVerdict::NotOurs => "Nothing will be written here; check DATABASE_URL.",
    }
}

fn check_text(found: &SchemaCheck, database: &str) -> anyhow::Result<String> {
    let verdict = match found.verdict {
        SchemaVerdict::Ready => "ready",
        SchemaVerdict::NeedsApply => "schema apply is due",
        SchemaVerdict::Incompatible => "incompatible",
        SchemaVerdict::Empty => "empty",
        SchemaVerdict::NotOurs => "not the app's database",
    };
    let mut text = format!("{database}: {verdict}\n");
    for (state, heading) in [
        (ObjectState::Incompatible, "Incompatible (stops an import)"),
        (ObjectState::Missing, "Missing (schema apply adds it)"),
        (ObjectState::Note, "Notes (stop nothing)"),
    ] {
        let lines: Vec<_> = found.of(state).collect();
        if !lines.is_empty() {
            writeln!(text, "\n{heading}")?;
        }
        for finding in lines {
            let meaning = if state == ObjectState::Missing { "" } else { &finding.meaning };
            writeln!(text, "  {}", format!("{}  {meaning}", line(&finding.object)).trim_end())?;
        }
    }
    let count = |kind| found.of(ObjectState::Present).filter(|finding| finding.object.kind == kind).count();
    let (tables, columns) = (count(ObjectKind::Table), count(ObjectKind::Column));
    let (indexes, keys) = (count(ObjectKind::Index), count(ObjectKind::ForeignKey));
    writeln!(text, "\nPresent: {tables} tables, {columns} columns, {indexes} indexes, {keys} foreign keys")?;
    Ok(text)
}

fn apply_text(applied: &AppliedMigrations) -> anyhow::Result<String> {
    let mut text = String::new();
    for kind in [ObjectKind::Table, ObjectKind::Column, ObjectKind::Index] {
        let made: Vec<String> =
            applied.created.iter().filter(|object| object.kind == kind).map(name).collect();
        match (kind, made.len()) {
            (_, 0) => {}
            (ObjectKind::Index, count) => writeln!(text, "created {count} indexes")?,
            (_, count) => writeln!(text, "created {count} {}s: {}", kind.word(), made.join(", "))?,
        }
    }
    if applied.created.is_empty() {
        text.push_str("Nothing to do: everything is there.\n");
    }
    for migration in &applied.migrations {
        writeln!(text, "{}", migration_line(migration))?;
    }
    Ok(text)
}

fn status_text(status: &SchemaStatus) -> anyhow::Result<String> {
    let mut text = String::new();
    for migration in &status.migrations {
        writeln!(text, "{}", migration_line(migration))?;
    }
    for object in &status.added {
        writeln!(text, "added  {}", line(object).trim_end())?;
    }
    Ok(text)
}

fn revert_text(reverted: &RevertedMigration) -> anyhow::Result<String> {
    let mut text = String::new();
    for object in &reverted.taken {
        writeln!(text, "taken away  {}", line(object).trim_end())?;
    }
    if reverted.taken.is_empty() {
        text.push_str("Nothing to take away: the tool has added nothing here.\n");
    }
    Ok(text)
}

fn migration_line(migration: &MigrationStatus) -> String {
    let state = match (migration.state, &migration.applied_at) {
        (MigrationState::Applied, Some(at)) => format!("applied {at} UTC"),
        (MigrationState::Applied, None) => "applied".to_owned(),
        (MigrationState::Pending, _) => "pending".to_owned(),
        (MigrationState::NotNeeded, _) => "not needed: the app's tables are there".to_owned(),
    };
    format!("{:<26}  {state}", migration.name)
}

/// Kind and name in columns.
fn line(object: &Object) -> String {
    format!("{:<11}  {:<42}", object.kind.word(), name(object))
}

/// A column with its table, anything else by its own name.
fn name(object: &Object) -> String {
    match object.kind {
        ObjectKind::Table | ObjectKind::Index => object.name.clone(),
        _ => format!("{}.{}", object.table, object.name),
    }
}
