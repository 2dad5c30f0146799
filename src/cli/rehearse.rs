//! `rehearse`: the import of a few people, of more, of all, each verified, in a copy of the database.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cli::args::SourceArgs;
use crate::cli::context::Context;
use crate::cli::render;
use crate::cli::render::rehearse::{Rehearsal, RehearsedStage};
use crate::cli::typed_command::this_command;
use crate::cli::typed_command::typed;
use crate::clock::now;
use crate::failure::{ExitCode, Failure};
use crate::language::tr;
use crate::pipeline::read::options::product_map;
use crate::signals;
use crate::source::discover::Exports;
use crate::store::backup::{CopyPlace, DatabaseCopy};
use crate::store::engines::database_use::DatabaseUse;
use crate::store::session::store::Store;
use crate::subset::SubsetFiles;

/// Import and verify a few people, more, then all, in a copy of the database.
///
/// The copy is a file beside an SQLite database, or a database NAME_rehearsal on the same server, and is taken away at
/// the end. Nothing is written to the database itself. The first people of the orders are taken with all that is theirs
/// (orders, memberships, commissions, and the affiliates whom their orders credit), so that books and verification hold
/// for them; whoever shares an address, a number or an order with them comes along. Exit code 3 when rows would be held
/// or rejected, 4 when a verification fails.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sejoli-migrate rehearse import-data --products products.csv -- --create-memberships\n  sejoli-migrate rehearse import-data --limit 50 --limit all --keep"
)]
pub(crate) struct Args {
    /// Exports, or folders with exports.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The product map; without it, a product map among the files is used.
    #[arg(long, value_name = "FILE")]
    products: Option<PathBuf>,
    /// How many people a stage has, or `all`; may be given several times.
    #[arg(long = "limit", value_name = "N", default_values = ["100", "1000", "all"])]
    limits: Vec<Limit>,
    /// Rehearse in this empty database instead; it stays as it is at the end.
    #[arg(long, value_name = "URL", conflicts_with = "replace")]
    into: Option<String>,
    /// Take the copy of an earlier rehearsal away first; nothing else is taken for one.
    #[arg(long)]
    replace: bool,
    /// Keep the copy and the files of each stage.
    #[arg(long)]
    keep: bool,
    /// The folder in which the files of each stage are written.
    #[arg(long, default_value = "import-data/out", value_name = "DIR")]
    out: PathBuf,
    /// The URL of the server itself, where --database-url names a pooler (pgbouncer=true).
    #[arg(long, env = "DIRECT_URL", hide_env_values = true, value_name = "URL")]
    direct_url: Option<String>,
    /// Options of `import` that the night will have.
    #[arg(last = true, value_name = "IMPORT OPTIONS")]
    import_options: Vec<String>,
    #[command(flatten)]
    source: SourceArgs,
}

impl Args {
    /// A command of the same files, with the options that the night will have where it is an import.
    fn next(&self, command: &[&str], options: &[&str], context: &Context) -> String {
        let mut words: Vec<String> = command.iter().map(ToString::to_string).collect();
        words.extend(self.paths.iter().map(|path| path.display().to_string()));
        words.extend(
            self.products.iter().flat_map(|map| ["--products".to_owned(), map.display().to_string()]),
        );
        words.extend(self.source.words());
        if command[0] == "import" {
            words.extend(self.import_options.iter().cloned());
        }
        words.extend(options.iter().map(ToString::to_string));
        typed(&words, context)
    }
}

/// How many people a stage has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    People(usize),
    All,
}

impl FromStr for Limit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            _ if text == "all" => Ok(Self::All),
            Ok(people) if people > 0 => Ok(Self::People(people)),
            _ => Err(tr!("expected a number of people, or all")),
        }
    }
}

/// How many people each stage has, of so many in the exports. A stage that would repeat an earlier one is passed over.
fn stage_sizes(limits: &[Limit], everybody: usize) -> Vec<usize> {
    let mut sizes = Vec::new();
    for limit in limits {
        let size = match limit {
            Limit::People(people) => everybody.min(*people),
            Limit::All => everybody,
        };
        if !sizes.contains(&size) {
            sizes.push(size);
        }
    }
    sizes
}

/// Runs the command; `globals` are the options that its own commands are to have as well.
pub(crate) fn run(args: &Args, globals: &[String], context: &Context) -> anyhow::Result<ExitCode> {
    let options = args.source.options()?;
    let exports = context.discover(&args.paths, &args.source.skipped, &options)?;
    product_map(args.products.as_deref(), &exports, &options)?;
    let mut store = context.open(DatabaseUse::Write)?;
    let folder = args.out.join(format!("rehearsal-{}", now().to_string().replace([':', '-'], "")));
    let place = match &args.into {
        Some(url) => CopyPlace::Given(url),
        None => CopyPlace::Beside { replace: args.replace },
    };
    signals::listen(this_command(context))?;
    let url = args.direct_url.as_deref().unwrap_or(&context.database_url);
    let copy = DatabaseCopy::make(&mut store, url, place, &args.out, now())?;
    context.say(&tr!("rehearsal in {}", copy.shown));
    let rehearsed = Stages { args, exports: &exports, globals, copy: &copy, folder: &folder }.run(context);
    let kept = args.keep || !copy.is_own();
    clean_up(&copy, &mut store, &folder, args.keep)?;
    let rehearsal = Rehearsal {
        database: copy.shown.clone(),
        stages: rehearsed?,
        kept,
        validate: args.next(&["validate"], &[], context),
        dry_run: args.next(&["import", "all"], &["--dry-run", "--plan", "plan.json"], context),
    };
    context.print(|| render::rehearse::text(&rehearsal), || Ok(render::rehearse::document(&rehearsal)))?;
    Ok(rehearsal.exit_code())
}

fn clean_up(copy: &DatabaseCopy, store: &mut Store, folder: &Path, keep: bool) -> anyhow::Result<()> {
    if keep {
        return Ok(());
    }
    // A rehearsal takes minutes, after which a server may have ended a connection that was idle.
    store.reconnect()?;
    copy.remove(store)?;
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::refused(format!("{}: {error}", folder.display())))
        }
        _ => Ok(()),
    }
}

/// The stages of a rehearsal, each of which runs the tool's own commands as the night will.
struct Stages<'r> {
    args: &'r Args,
    exports: &'r Exports,
    globals: &'r [String],
    copy: &'r DatabaseCopy,
    folder: &'r Path,
}

/// What a stage imports: how many people, from which files, and how those are read.
struct StageFiles {
    people: usize,
    is_everybody: bool,
    /// Paths, and the options that say how they are read.
    words: Vec<String>,
}

impl Stages<'_> {
    fn run(&self, context: &Context) -> anyhow::Result<Vec<RehearsedStage>> {
        self.command(&["schema", "apply"], &[], &[ExitCode::Done])?;
        let mut files = SubsetFiles::read(self.exports)?;
        let mut stages: Vec<RehearsedStage> = Vec::new();
        for people in stage_sizes(&self.args.limits, files.people) {
            let chosen =
                if people < files.people { self.first(people, &mut files)? } else { self.all(people) };
            context.say(&tr!("{} people …", render::table::number(chosen.people as u64)));
            stages.push(self.stage(&chosen)?);
            if stages.last().is_some_and(|stage| stage.differences != Some(0)) {
                break;
            }
        }
        Ok(stages)
    }

    /// Writes the files of the first people.
    fn first(&self, people: usize, files: &mut SubsetFiles<'_>) -> anyhow::Result<StageFiles> {
        let folder = self.folder.join(format!("first-{people}"));
        let subset = files.write_first(people, &folder)?;
        let words = vec![folder.display().to_string(), "--csv-dialect".into(), "rfc4180".into()];
        Ok(StageFiles { people: subset.people, is_everybody: false, words })
    }

    /// The whole shop, with the rows that are nobody's.
    fn all(&self, people: usize) -> StageFiles {
        let mut words: Vec<String> = self.args.paths.iter().map(|path| path.display().to_string()).collect();
        words.extend(self.args.source.words());
        StageFiles { people, is_everybody: true, words }
    }

    fn stage(&self, chosen: &StageFiles) -> anyhow::Result<RehearsedStage> {
        let mut stage = RehearsedStage::of(chosen.people, chosen.is_everybody);
        let mut shared = chosen.words.clone();
        if let Some(map) = self.product_map() {
            shared.extend(["--products".to_owned(), map]);
        }
        let mut words = shared.clone();
        words.extend(["--out".to_owned(), self.folder.join("out").display().to_string()]);
        words.extend_from_slice(&self.args.import_options);
        let rows_left = [ExitCode::Done, ExitCode::RowsLeft];
        let (imported, took) = self.command(&["import", "all"], &words, &rows_left)?;
        stage.take_import(&imported, took);
        let may_differ = [ExitCode::Done, ExitCode::VerificationFailed];
        let (verified, took) = self.command(&["verify"], &shared, &may_differ)?;
        stage.take_verification(&verified, took);
        Ok(stage)
    }

    /// The product map that was named, or that stands among the files: those of a stage have none of their own.
    fn product_map(&self) -> Option<String> {
        let among = || {
            self.exports
                .of(crate::domain::source_kind::SourceKind::Products)
                .first()
                .map(|map| map.path.clone())
        };
        self.args.products.clone().or_else(among).map(|path| path.display().to_string())
    }

    /// Runs a command of the tool in the copy. The URL, which may hold a password, goes by the environment (L29).
    fn command(
        &self,
        name: &[&str],
        words: &[String],
        expected: &[ExitCode],
    ) -> anyhow::Result<(Value, Duration)> {
        let began = Instant::now();
        let output = Command::new(std::env::current_exe()?)
            .args(name)
            .args(words)
            .args(self.globals)
            .args(["--format", "json", "--quiet"])
            .env("DATABASE_URL", &self.copy.url)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()?;
        let document: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        signals::check()?;
        let code = output.status.code();
        if expected.iter().any(|expected| code == Some(*expected as i32)) {
            return Ok((document, began.elapsed()));
        }
        let why = document["failure"]["message"].as_str().unwrap_or(tr!("it was ended from outside"));
        let code = code.and_then(ExitCode::of_number).unwrap_or(ExitCode::Unexpected);
        Err(Failure::with(code, tr!("{} failed in the rehearsal: {why}", name.join(" "))))
    }
}
