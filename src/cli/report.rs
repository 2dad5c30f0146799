//! `report`: what a run has done, and what follows for the web server.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;

use crate::cli::args::{parse_page, parse_site, parse_time};
use crate::cli::bundle;
use crate::cli::bundle::BundleArgs;
use crate::cli::context::Context;
use crate::cli::interrupted;
use crate::cli::interrupted::Interrupted;
use crate::cli::invitations;
use crate::cli::invitations::InvitationArgs;
use crate::cli::render;
use crate::cli::render::document::versioned;
use crate::cli::render::page;
use crate::cli::render::page::ReportPage;
use crate::cli::verify_signed;
use crate::clock::now;
use crate::domain::date::Millis;
use crate::domain::referral;
use crate::failure::{ExitCode, Failure};
use crate::language::{Language, current, speak, tr};
use crate::report::full::{FullReport, gather_full};
use crate::report::redirects;
use crate::report::redirects::WebServer;
use crate::store::engines::database_use::DatabaseUse;
use crate::store::session::store::Store;
use crate::terminal::{fitted, out};

/// Show what a run has done, and whether the shop may go live.
///
/// With --as or --out it becomes a page: one HTML file without script or network, for a screen and for A4, or the same
/// tables as Markdown, JSON, CSV files or a workbook. The reconciliation leads from the source's gross down to what the
/// affiliates' wallets hold and may be requested of them; each table says whether it adds up, to the last rupiah.
/// Names, addresses and numbers of people are masked unless --show-pii is given.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  sejoli-migrate report\n  sejoli-migrate report --out report.html\n  sejoli-migrate report --out laporan.html --lang id\n  sejoli-migrate report 20260101-013000123-a1b2c3 --out report.xlsx\n  sejoli-migrate report --as csv --out report-csv\n  sejoli-migrate report --as md | less\n  sejoli-migrate report redirects --site https://app.example.org --server nginx"
)]
pub(crate) struct Args {
    /// The run; without it, the last one.
    run: Option<String>,
    /// The time to take for now, for what the app's jobs would do and how long memberships run [default: now, and the
    /// --as-of of the run].
    #[arg(long, value_name = "DATE-TIME", value_parser = parse_time)]
    as_of: Option<Millis>,
    /// The form of the page [default: by the ending of --out].
    #[arg(long = "as", value_enum, value_name = "FORM")]
    form: Option<PageForm>,
    /// The file to write, or with `--as csv` the folder; without it, the page is printed.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(subcommand)]
    what: Option<ReportKind>,
}

/// The form of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum PageForm {
    /// One file for a browser and for paper.
    Html,
    /// Markdown.
    Md,
    /// The document of `--format json`, as docs/schema/report.schema.json describes it.
    Json,
    /// One file a table, in a folder.
    Csv,
    /// A workbook, one sheet a table.
    Xlsx,
    /// Plain text.
    Text,
}

impl PageForm {
    /// The form that a file's ending says; a path without one is a folder.
    fn of_ending(path: &Path) -> Option<Self> {
        let Some(ending) = path.extension() else { return Some(Self::Csv) };
        match ending.to_str()?.to_ascii_lowercase().as_str() {
            "html" | "htm" => Some(Self::Html),
            "md" | "markdown" => Some(Self::Md),
            "json" => Some(Self::Json),
            "xlsx" => Some(Self::Xlsx),
            "txt" => Some(Self::Text),
            _ => None,
        }
    }
}

#[derive(Debug, Subcommand)]
enum ReportKind {
    /// The redirects of affiliates' old links, for a web server.
    ///
    /// Sejoli's links are /aff/<WordPress id>/<product id>; the app serves others on that path. Each verified affiliate
    /// whose code is a WordPress id gets a redirect to ?ref=<code in the app>.
    #[command(
        after_help = "Examples:\n  sejoli-migrate report redirects --site https://app.example.org\n  sejoli-migrate report redirects --site https://app.example.org --server vercel --out vercel.json"
    )]
    Redirects(RedirectArgs),
    /// Whom to invite to set a password, as lists for a mailer and for WhatsApp.
    ///
    /// Everybody whom imports have brought and who has no password yet, in segments: doubtful address, affiliate who is owed
    /// money, running membership, only free orders, buyer. The lists name the page that works in this release of the app.
    /// Nothing is sent. The files hold addresses in full, and only their owner may read them.
    #[command(
        after_help = "Examples:\n  sejoli-migrate report invitations --site https://app.example.org --out invitations.csv\n  sejoli-migrate report invitations --site https://app.example.org --out invitations.xlsx --lang en"
    )]
    Invitations(InvitationArgs),
    /// Packs what proves the migration into one archive: inputs' hashes, schema, settings, findings, books, reconciliation,
    /// verification and report, with the SHA-256 of each.
    ///
    /// `verify --bundle FILE` holds it against itself and against the database, and names what has changed since. Personal
    /// data is masked unless --show-pii is given. Exit code 4 when the verification in it fails.
    #[command(
        after_help = "Examples:\n  sejoli-migrate report bundle --exports import-data --out proof.zip\n  sejoli-migrate report bundle --out proof.zip --sign-command 'minisign -Sm'"
    )]
    Bundle(BundleArgs),
}

#[derive(Debug, clap::Args)]
struct RedirectArgs {
    /// The address of the app's site.
    #[arg(long, value_name = "URL", value_parser = parse_site)]
    site: String,
    /// Whose configuration is written.
    #[arg(long, value_enum, default_value_t = WebServer::Nginx)]
    server: WebServer,
    /// The page that the links lead to.
    #[arg(long, default_value = referral::CHECKOUT, value_name = "PATH", value_parser = parse_page)]
    page: String,
    /// The file to write; without it, it is printed.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let mut store = context.open(DatabaseUse::Read)?;
    crate::store::migration::check::ensure_ready(&mut store)?;
    match &args.what {
        Some(ReportKind::Redirects(args)) => print_redirects(&mut store, args, context),
        Some(ReportKind::Invitations(args)) => invitations::write(&mut store, args, context),
        Some(ReportKind::Bundle(args)) => bundle::make(&mut store, args, context),
        None => print_report(&mut store, args, context),
    }
}

fn print_report(store: &mut Store, args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let form = form(args)?;
    if form == Some(PageForm::Json) {
        speak(Language::En);
    }
    let second = || context.open(DatabaseUse::Read);
    let report = gather_full(store, second, args.run.as_deref(), (now(), args.as_of), context.show_pii)?;
    let open = Interrupted::find(store, context)?;
    let signed = verify_signed::all(store)?;
    let mut page = page::build(&report, open.as_ref().map(Interrupted::go_on), current());
    page.subtitle.extend(signed.iter().map(|signed| signed.sentence(current())));
    let document =
        || verify_signed::with(interrupted::with(render::report::document(&report), open.as_ref()), &signed);
    let text = || {
        let sentences: String = signed.iter().map(|one| one.sentence(current()) + "\n").collect();
        let run = render::report::text(&report.run) + &sentences;
        interrupted::text(open.as_ref()) + &run + &page::text::conclusion(&page)
    };
    let Some(form) = form else {
        context.print(text, || Ok(document()))?;
        return Ok(ExitCode::Done);
    };
    let contents = match form {
        PageForm::Html => page::html::page(&page),
        PageForm::Md => page::markdown::page(&page),
        PageForm::Json => format!("{}\n", document()),
        PageForm::Text => fitted(&page::text::page(&page)),
        PageForm::Csv | PageForm::Xlsx => {
            return write_tables(&page, form, args.out.as_deref(), &report, context);
        }
    };
    match &args.out {
        None => out(&contents)?,
        Some(path) => {
            std::fs::write(path, contents).with_context(|| tr!("writing {}", path.display()))?;
            say_written(std::slice::from_ref(path), &report, context)?;
        }
    }
    Ok(ExitCode::Done)
}

/// The form that is asked for; none for what `report` prints by itself.
fn form(args: &Args) -> anyhow::Result<Option<PageForm>> {
    match (args.form, &args.out) {
        (Some(PageForm::Csv | PageForm::Xlsx), None) => {
            Err(Failure::usage(tr!("CSV files and a workbook need a place: name it with --out")))
        }
        (Some(form), _) => Ok(Some(form)),
        (None, Some(path)) => match PageForm::of_ending(path) {
            Some(form) => Ok(Some(form)),
            None => Err(Failure::usage(tr!(
                "{} ends like no form of a report; choose one with --as",
                path.display()
            ))),
        },
        (None, None) => Ok(None),
    }
}

fn write_tables(
    page: &ReportPage,
    form: PageForm,
    out: Option<&Path>,
    report: &FullReport,
    context: &Context,
) -> anyhow::Result<ExitCode> {
    let Some(out) = out else { return Ok(ExitCode::Usage) };
    let files = match form {
        PageForm::Csv => page::csv_files::write(page, out)?,
        _ => {
            page::workbook::write(page, out)?;
            vec![out.to_owned()]
        }
    };
    say_written(&files, report, context)?;
    Ok(ExitCode::Done)
}

fn say_written(files: &[PathBuf], report: &FullReport, context: &Context) -> anyhow::Result<()> {
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let text =
        || names.iter().map(|name| tr!("report of run {} written to {name}\n", report.run.run)).collect();
    let document = || {
        Ok(serde_json::json!({
            "schema_version": 1,
            "written": { "run": report.run.run, "go_live": report.verdict.go_live, "files": names },
        }))
    };
    context.print(text, document)
}

fn print_redirects(store: &mut Store, args: &RedirectArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let found = redirects::gather(store, &args.site, &args.page)?;
    if !found.without_number.is_empty() {
        context.say(&tr!(
            "left out, since their codes are no WordPress ids: {} affiliates ({}{})",
            found.without_number.len(),
            found.without_number.iter().take(5).cloned().collect::<Vec<_>>().join(", "),
            if found.without_number.len() > 5 { ", …" } else { "" },
        ));
    }
    let configuration = found.configuration(args.server)?;
    match &args.out {
        Some(path) => {
            std::fs::write(path, &configuration).with_context(|| tr!("writing {}", path.display()))?;
            let text = || tr!("{} redirects written to {}\n", found.redirects.len(), path.display());
            context.print(text, || versioned(Some("redirects"), &found))?;
        }
        None => context.print_as_it_is(configuration, || versioned(Some("redirects"), &found))?,
    }
    Ok(ExitCode::Done)
}
