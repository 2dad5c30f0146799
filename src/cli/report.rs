//! `report`: what a run has done, and what follows for the web server.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;

use crate::cli::args::parse_site;
use crate::cli::context::Context;
use crate::cli::interrupted;
use crate::cli::interrupted::Interrupted;
use crate::cli::render;
use crate::cli::render::document::versioned;
use crate::clock::now;
use crate::failure::ExitCode;
use crate::report::gather;
use crate::report::redirects;
use crate::report::redirects::Server;
use crate::store::engines::mode::Mode;
use crate::store::session::store::Store;

/// Shows what a run has done, and what the imported shop looks like now.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  sejoli-migrate report\n  sejoli-migrate report redirects --site https://app.example.org --server nginx"
)]
pub(crate) struct Args {
    /// The run; without it, the last one.
    run: Option<String>,
    #[command(subcommand)]
    what: Option<ReportKind>,
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
}

#[derive(Debug, clap::Args)]
struct RedirectArgs {
    /// The address of the app's site.
    #[arg(long, value_name = "URL", value_parser = parse_site)]
    site: String,
    /// Whose configuration is written.
    #[arg(long, value_enum, default_value_t = Server::Nginx)]
    server: Server,
    /// The page that the links lead to.
    #[arg(long, default_value = "/checkout", value_name = "PATH")]
    page: String,
    /// The file to write; without it, it is printed.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let mut store = context.open(Mode::Read)?;
    crate::store::migration::check::ensure_ready(&mut store)?;
    match &args.what {
        Some(ReportKind::Redirects(args)) => print_redirects(&mut store, args, context),
        None => print_run(&mut store, args.run.as_deref(), context),
    }
}

fn print_run(store: &mut Store, run: Option<&str>, context: &Context) -> anyhow::Result<ExitCode> {
    let report = gather(store, run, now())?;
    let open = Interrupted::find(store, context)?;
    let text = || interrupted::text(open.as_ref()) + &render::report::text(&report);
    context.print(text, || Ok(interrupted::with(render::report::document(&report), open.as_ref())))?;
    Ok(ExitCode::Done)
}

fn print_redirects(store: &mut Store, args: &RedirectArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let page = format!("/{}", args.page.trim_start_matches('/'));
    let found = redirects::gather(store, &args.site, &page)?;
    if !found.without_number.is_empty() {
        context.say(&format!(
            "left out, since their codes are no WordPress ids: {} affiliates ({}{})",
            found.without_number.len(),
            found.without_number.iter().take(5).cloned().collect::<Vec<_>>().join(", "),
            if found.without_number.len() > 5 { ", …" } else { "" },
        ));
    }
    let configuration = found.configuration(args.server)?;
    match &args.out {
        Some(path) => {
            std::fs::write(path, &configuration).with_context(|| format!("writing {}", path.display()))?;
            let text = || format!("{} redirects written to {}\n", found.redirects.len(), path.display());
            context.print(text, || versioned(Some("redirects"), &found))?;
        }
        None => context.print(|| configuration, || versioned(Some("redirects"), &found))?,
    }
    Ok(ExitCode::Done)
}
