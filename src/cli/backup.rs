//! `backup`: makes a checked copy of the database, and prints the command that restores one.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::cli::context::Context;
use crate::cli::render;
use crate::cli::render::document::versioned;
use crate::clock::now;
use crate::failure::ExitCode;
use crate::language::{said, tr};
use crate::store::backup;
use crate::store::engines::database_use::DatabaseUse;
use crate::store::session::store::Store;

/// Make a backup of the database, checked and recorded; print the command that restores it.
///
/// SQLite makes the copy itself (VACUUM INTO), PostgreSQL by pg_dump (the app's schema), MySQL and MariaDB by
/// mariadb-dump or mysqldump. The app may go on running. An import warns when there is no backup younger than a day.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  sejoli-migrate backup\n  sejoli-migrate backup --out /var/backups/shop\n  sejoli-migrate backup restore import-data/out/backup-20260101-013000123.dump"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<BackupAction>,
    /// The folder in which the backup is written.
    #[arg(long, default_value = "import-data/out", value_name = "DIR")]
    out: PathBuf,
    /// The URL of the server itself, where --database-url names a pooler (pgbouncer=true).
    #[arg(long, env = "DIRECT_URL", hide_env_values = true, value_name = "URL")]
    direct_url: Option<String>,
}

#[derive(Debug, Subcommand)]
enum BackupAction {
    /// Print the command that restores a backup; run nothing.
    #[command(
        after_help = "Examples:\n  sejoli-migrate backup restore import-data/out/backup-20260101-013000123.db\n  sejoli-migrate --database-url file:./staging.db backup restore backup-20260101-013000123.db"
    )]
    Restore {
        /// The backup.
        file: PathBuf,
    },
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    match &args.what {
        None => make(args, context),
        Some(BackupAction::Restore { file }) => restore(file, args, context),
    }
}

fn make(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let mut store = context.open_to_write(DatabaseUse::Write)?;
    let made = backup::make(&mut store, &args.out, args.direct_url.as_deref(), now())?;
    context.print(|| render::backup::text(&made), || versioned(None, &made))?;
    Ok(ExitCode::Done)
}

fn restore(file: &Path, args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let direct = args.direct_url.as_deref().unwrap_or(&context.database_url);
    let command = backup::restore_command(file, direct)?;
    // The command writes over this database; where it does not open any more, that is why it is restored.
    match Store::open(direct, DatabaseUse::Read).and_then(|mut store| context.name_database(&mut store)) {
        Ok(()) => {}
        Err(error) => context.say(&tr!("database: {error:#}")),
    }
    context.say(said(render::backup::RESTORE_ADVICE));
    let document = serde_json::json!({ "schema_version": 1, "command": command });
    context.print_as_it_is(format!("{command}\n"), || Ok(document))?;
    Ok(ExitCode::Done)
}
