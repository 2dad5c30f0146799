//! `backup`: a consistent copy of the database, checked and remembered; and what puts it back.

use std::path::PathBuf;

use clap::Subcommand;

use crate::cli::table::number;
use crate::cli::{Context, Format, versioned};
use crate::clock::now;
use crate::failure::ExitCode;
use crate::store::backup;
use crate::store::backup::CheckedBackup;
use crate::store::engines::mode::Mode;
use crate::terminal::out;

/// Makes a backup of the database, checks it, and records it there.
///
/// SQLite is copied by itself (VACUUM INTO), PostgreSQL by pg_dump (the app's schema), MySQL and
/// MariaDB by mariadb-dump or mysqldump. The app may go on meanwhile. An import warns when there is no
/// backup younger than a day.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  sejoli-migrate backup\n  sejoli-migrate backup restore import-data/out/backup-20260101-013000123.dump"
)]
pub struct Args {
    #[command(subcommand)]
    what: Option<BackupAction>,
    /// Where the backup is written.
    #[arg(long, default_value = "import-data/out", value_name = "DIR")]
    out: PathBuf,
    /// The server itself, where --database-url names a pooler (pgbouncer=true).
    #[arg(long, env = "DIRECT_URL", hide_env_values = true, value_name = "URL")]
    direct_url: Option<String>,
}

#[derive(Debug, Subcommand)]
enum BackupAction {
    /// Print the command that puts a backup back in the place of the database; run nothing.
    #[command(
        after_help = "Example:\n  sejoli-migrate backup restore import-data/out/backup-20260101-013000123.db"
    )]
    Restore {
        /// A backup.
        file: PathBuf,
    },
}

/// Runs the command.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    match &args.what {
        None => make(args, context),
        Some(BackupAction::Restore { file }) => {
            let direct = args.direct_url.as_deref().unwrap_or(&context.database_url);
            let command = backup::restore_command(file, direct)?;
            context.say(
                "Nothing was run. Stop the app, then run this; rows that came after the backup are lost. Tables that \
                 `schema apply` has added since go first: `schema revert --yes`. PGPASSWORD holds PostgreSQL's password.",
            );
            match context.format {
                Format::Json => context
                    .document("done", serde_json::json!({ "schema_version": 1, "command": command }))?,
                Format::Text => out(&format!("{command}\n"))?,
            }
            Ok(ExitCode::Done)
        }
    }
}

fn make(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let mut store = context.open(Mode::Write)?;
    let made = backup::make(&mut store, &args.out, args.direct_url.as_deref(), now())?;
    match context.format {
        Format::Json => context.document("done", versioned(None, &made)?)?,
        Format::Text => out(&as_text(&made))?,
    }
    Ok(ExitCode::Done)
}

fn as_text(made: &CheckedBackup) -> String {
    let recorded = if made.recorded {
        "Checked, and recorded in the database."
    } else {
        "Checked. Not recorded in the database: that needs `schema apply`."
    };
    format!(
        "Backup of {} tables, {} bytes, by {}\n{}\n{recorded}\n",
        made.tables,
        number(made.bytes),
        made.program,
        made.file.display()
    )
}
