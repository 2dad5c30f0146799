//! `report bundle` packs what proves a migration into one archive; `verify --bundle` holds it against itself and against
//! the database.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::bundle_archive::{
    BundleFiles, BundleForm, DATABASE, RECONCILIATION, ReadBundle, SIGNATURES, read, write,
};
use crate::cli::context::Context;
use crate::cli::database_state::DatabaseState;
use crate::cli::interrupted;
use crate::cli::interrupted::Interrupted;
use crate::cli::render;
use crate::cli::render::page;
use crate::cli::render::verify::{DOES_NOT_ADD_UP, Verification};
use crate::cli::verify_signed;
use crate::cli::verify_signed::SignedFile;
use crate::clock::now;
use crate::domain::date::SourceZone;
use crate::failure::{ExitCode, Failure};
use crate::language::{Language, current, said, speak, tr};
use crate::reconciliation;
use crate::reconciliation::{OrderScan, Reconciliation};
use crate::report::full::gather_full;
use crate::store::engines::database_use::DatabaseUse;
use crate::store::history::runs;
use crate::store::session::store::Store;
use crate::verify::{VerifyRequest, tell_all};

#[derive(Debug, clap::Args)]
pub(crate) struct BundleArgs {
    /// The run; without it, the last one.
    run: Option<String>,
    /// The archive to write; its name ends in .zip or .tar.gz.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The exports, or folders with exports: the verification in the bundle then reads them, too.
    #[arg(long, value_name = "PATH")]
    exports: Vec<PathBuf>,
    /// A command of the shell that makes a detached signature; the archive's name is put behind it.
    #[arg(long, value_name = "COMMAND")]
    sign_command: Option<String>,
}

/// Makes a bundle.
pub(crate) fn make(store: &mut Store, args: &BundleArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let Some(form) = BundleForm::of_name(&args.out) else {
        return Err(Failure::usage(tr!("a bundle is a .zip or a .tar.gz archive: name it so with --out")));
    };
    let made_at = now();
    // The documents in it are for programs.
    let language = current();
    speak(Language::En);
    let state = DatabaseState::read(store)?;
    let second = || context.open(DatabaseUse::Read);
    let report = gather_full(store, second, args.run.as_deref(), (made_at, None), context.show_pii)?;
    let request = VerifyRequest {
        paths: args.exports.clone(),
        replays_app: true,
        show_pii: context.show_pii,
        ..VerifyRequest::default()
    };
    let mut verified = crate::verify::run(store, || context.open(DatabaseUse::Read), &request)?;
    if !report.reconciliation.adds_up() {
        verified.fail(said(DOES_NOT_ADD_UP));
    }
    let open = Interrupted::find(store, context)?;
    let signed = verify_signed::all(store)?;
    let row = runs::find(store, Some(&report.run.run))?;
    let settings: Value =
        row.and_then(|row| serde_json::from_str(&row.options.0).ok()).unwrap_or(Value::Null);
    let mut files = BundleFiles::new();
    let mut add = |name: &str, value: &dyn erased::Json| -> anyhow::Result<()> {
        files.insert(name.to_owned(), value.pretty()?);
        Ok(())
    };
    add("inputs.json", &report.details.files)?;
    add("settings.json", &settings)?;
    add(DATABASE, &state)?;
    add("books.json", &report.run.phases)?;
    add("findings.json", &report.findings)?;
    add(RECONCILIATION, &report.reconciliation)?;
    let verification = Verification {
        report: &verified,
        reconciliation: &report.reconciliation,
        controls: &[],
        interrupted: open.as_ref().map(Interrupted::go_on),
    };
    add("verification.json", &interrupted::with(verification.document(), open.as_ref()))?;
    add(SIGNATURES, &signed)?;
    let document = interrupted::with(render::report::document(&report), open.as_ref());
    add("report.json", &verify_signed::with(document, &signed))?;
    let mut page = page::build(&report, open.as_ref().map(Interrupted::go_on), language);
    page.subtitle.extend(signed.iter().map(|signed| signed.sentence(language)));
    speak(language);
    files.insert("report.html".to_owned(), page::html::page(&page).into_bytes());
    let manifest = write(&args.out, form, &report.run.run, made_at, &files)?;
    let signature = args.sign_command.as_deref().map(|command| sign(command, &args.out));
    let (holds, name) = (verification.holds(), args.out.display().to_string());
    let text = || {
        let verified =
            if holds { tr!("the verification in it holds") } else { tr!("THE VERIFICATION IN IT FAILS") };
        tr!(
            "bundle of run {} written to {name}: {} files; {verified}\n{}\nNext: sejoli-migrate verify --bundle {name}\n",
            manifest.run,
            manifest.files.len(),
            page.answer
        )
    };
    let document = || {
        Ok(json!({
            "schema_version": 1,
            "bundle": manifest,
            "file": name,
            "verified": holds,
            "go_live": report.verdict.go_live,
            "signed": matches!(signature, Some(Ok(()))),
        }))
    };
    context.print(text, document)?;
    signature.unwrap_or(Ok(()))?;
    Ok(if holds { ExitCode::Done } else { ExitCode::VerificationFailed })
}

/// A value as pretty JSON, whatever its type.
mod erased {
    use serde::Serialize;

    pub(super) trait Json {
        fn pretty(&self) -> anyhow::Result<Vec<u8>>;
    }

    impl<T: Serialize> Json for T {
        fn pretty(&self) -> anyhow::Result<Vec<u8>> {
            Ok(serde_json::to_vec_pretty(self)?)
        }
    }
}

/// What a shell ends with that finds no such command.
const NO_SUCH_COMMAND: i32 = 127;

/// Runs the command that signs, with the archive's name as its last word. What it prints is no result of this command, and
/// goes to stderr.
///
/// # Errors
/// Exit code 5: it cannot be run, or has failed. The archive stays.
fn sign(command: &str, archive: &Path) -> anyhow::Result<()> {
    let script = format!("{command} \"$0\"");
    let ran = Command::new("sh").args(["-c", &script]).arg(archive).stdout(std::io::stderr()).status();
    let why = match ran {
        Ok(status) if status.success() => return Ok(()),
        Ok(status) if status.code() == Some(NO_SUCH_COMMAND) => {
            tr!("`{command}` was not found; install it, or name it by its path")
        }
        Ok(status) => tr!("`{command}` has failed ({status})"),
        Err(error) => tr!("`{command}` cannot be run: {error}"),
    };
    Err(Failure::refused(tr!(
        "{} is written and whole, but NOT SIGNED: {why}. Sign this file by hand, or give the command again",
        archive.display()
    )))
}

/// What `verify --bundle` has found.
#[derive(Debug, Serialize)]
struct BundleCheck {
    run: String,
    files: usize,
    /// What in the archive is not as its manifest says.
    archive: Vec<String>,
    /// What in the database is not as the bundle says.
    database: Vec<String>,
}

/// Holds a bundle against itself and against the database. Exit code 4 when anything differs.
pub(crate) fn check(store: &mut Store, path: &Path, context: &Context) -> anyhow::Result<ExitCode> {
    let ReadBundle { manifest, files, differences } = read(path)?;
    let unusable =
        |name: &str| Failure::input(tr!("{}: {name} is missing or cannot be read", path.display()));
    let mut found = BundleCheck {
        run: manifest.run,
        files: manifest.files.len(),
        archive: differences,
        database: Vec::new(),
    };
    // What is not what was signed says nothing of the database.
    if found.archive.is_empty() {
        let state = files.get(DATABASE).and_then(|bytes| serde_json::from_slice(bytes).ok());
        let then: DatabaseState = state.ok_or_else(|| unusable(DATABASE))?;
        found.database = then.differences(&DatabaseState::read(store)?);
        let sums = files.get(RECONCILIATION).and_then(|bytes| serde_json::from_slice(bytes).ok());
        let then: Value = sums.ok_or_else(|| unusable(RECONCILIATION))?;
        let zone = then["zone"].as_str().and_then(|zone| zone.parse().ok());
        let zone = zone.ok_or_else(|| unusable(RECONCILIATION))?;
        let now = reconciled(store, zone)?;
        found.database.extend(other_totals(&then, &now)?);
        let signed = files.get(SIGNATURES).and_then(|bytes| serde_json::from_slice(bytes).ok());
        let signed: Vec<SignedFile> = signed.ok_or_else(|| unusable(SIGNATURES))?;
        found.database.extend(other_signatures(&signed, &verify_signed::all(store)?));
    }
    let holds = found.archive.is_empty() && found.database.is_empty();
    context.print(
        || text(&found, path),
        || Ok(json!({ "schema_version": 1, "holds": holds, "bundle": found })),
    )?;
    Ok(if holds { ExitCode::Done } else { ExitCode::VerificationFailed })
}

/// What the database comes to now. Months are those of the zone.
fn reconciled(store: &mut Store, zone: SourceZone) -> anyhow::Result<Reconciliation> {
    let scan = OrderScan::new(zone);
    tell_all(store, &|store, orders| scan.add(store, orders))?;
    reconciliation::gather(store, &scan)
}

/// The files that were signed since, and those of which nothing is kept any more.
fn other_signatures(then: &[SignedFile], now: &[SignedFile]) -> Vec<String> {
    let since =
        now.iter().filter(|signed| !then.contains(signed)).map(|signed| (signed, tr!("was signed since")));
    let gone = then
        .iter()
        .filter(|signed| !now.contains(signed))
        .map(|signed| (signed, tr!("counts as signed no more")));
    since.chain(gone).map(|(signed, what)| format!("{} {what}", signed.file())).collect()
}

/// The lines of the statements that come to something else now.
fn other_totals(then: &Value, now: &Reconciliation) -> anyhow::Result<Vec<String>> {
    let now = serde_json::to_value(&now.statements)?;
    let lines = |statements: &Value| -> Vec<(String, String, String)> {
        let statements = statements.as_array().into_iter().flatten();
        let of_statement = |statement: &Value| -> Vec<(String, String, String)> {
            let name = statement["key"].as_str().unwrap_or_default().to_owned();
            let line = |line: &Value| {
                let words = |part: &Value| part.as_str().unwrap_or_default().to_owned();
                let sum = format!("{} · {}", line["tally"]["count"], words(&line["tally"]["amount"]));
                (format!("{name}: {}", words(&line["key"])), words(&line["sign"]), sum)
            };
            statement["lines"].as_array().into_iter().flatten().map(line).collect()
        };
        statements.flat_map(of_statement).collect()
    };
    let (then, now) = (lines(&then["statements"]), lines(&now));
    let other = |line: &&(String, String, String)| !then.contains(*line);
    let named = |(name, sign, sum): &(String, String, String)| {
        let before = then.iter().find(|(known, with, _)| known == name && with == sign);
        tr!("{name} was {}, now {sum}", before.map_or("nothing", |(_, _, sum)| sum.as_str()))
    };
    Ok(now.iter().filter(other).map(named).collect())
}

fn text(found: &BundleCheck, path: &Path) -> String {
    let mut text = String::new();
    for difference in found.archive.iter().chain(&found.database) {
        text.push_str(&format!("  ! {difference}\n"));
    }
    let (run, files) = (&found.run, found.files);
    text + &match (found.archive.is_empty(), found.database.is_empty()) {
        (true, true) => {
            tr!("bundle of run {run}: {files} files as they were written, and the database as they say\n")
        }
        (false, _) => tr!("BUNDLE CHANGED: {} is not what was written\n", path.display()),
        (true, false) => {
            tr!("bundle of run {run}: {files} files as they were written; THE DATABASE HAS CHANGED SINCE\n")
        }
    }
}
