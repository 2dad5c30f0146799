//! `products`: the products of the files, and a product map to fill in.

use std::path::PathBuf;

use crate::cli::args::ParseArgs;
use crate::cli::context::Context;
use crate::cli::progress::ProgressDisplay;
use crate::cli::render::products::{list_document, list_text, template_document, template_text};
use crate::domain::product_map::ProductMap;
use crate::failure::ExitCode;
use crate::pipeline::progress::Progress as _;
use crate::pipeline::read::first_pass::FirstPass;
use crate::pipeline::read::options::product_map;
use crate::pipeline::read::read_exports::first_pass_products;
use crate::source::discover::Exports;

/// List the products of the files, or print a product map to fill in.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sejoli-migrate products list import-data\n  sejoli-migrate products template import-data > products.csv"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: ProductsAction,
}

#[derive(Debug, clap::Subcommand)]
enum ProductsAction {
    /// List the products, mapped or not, with their orders, memberships and revenue.
    #[command(
        after_help = "Examples:\n  sejoli-migrate products list import-data\n  sejoli-migrate products list import-data --products products.csv"
    )]
    List(Files),
    /// Print a product map to fill in, with the products that the map lacks.
    #[command(
        after_help = "Examples:\n  sejoli-migrate products template import-data > products.csv\n  sejoli-migrate products template import-data --products products.csv > lacking.csv"
    )]
    Template(Files),
}

#[derive(Debug, clap::Args)]
struct Files {
    /// Exports, or folders with exports.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    parse_options: ParseArgs,
}

/// Runs the command.
///
/// # Errors
/// Exit code 6: the files or the map cannot be used.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let (ProductsAction::List(files) | ProductsAction::Template(files)) = &args.action;
    let source = files.parse_options.source.options()?;
    let exports = context.discover(&files.paths, &files.parse_options.source.skipped, &source)?;
    let map = product_map(files.parse_options.products.as_deref(), &exports, &source)?;
    let first_pass = first_pass(files, &exports, &map, context)?;
    match &args.action {
        ProductsAction::List(_) => {
            context.print(|| list_text(&first_pass, &map), || Ok(list_document(&first_pass, &map)))?;
        }
        ProductsAction::Template(_) => {
            let csv = template_text(&first_pass, &map)?;
            context.print(|| csv, || Ok(template_document(&first_pass, &map)))?;
        }
    }
    Ok(ExitCode::Done)
}

fn first_pass(
    files: &Files,
    exports: &Exports,
    map: &ProductMap,
    context: &Context,
) -> anyhow::Result<FirstPass> {
    let mut progress = ProgressDisplay::new(context);
    progress.begin("reading", 0);
    let first_pass = first_pass_products(exports, &files.parse_options.parse_options(map), &mut progress)?;
    progress.finish();
    Ok(first_pass)
}
