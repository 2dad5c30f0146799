//! `products`: what was sold, what the product map says of it, and a map to fill in.

use std::path::PathBuf;

use serde::Serialize;

use crate::cli::progress::Shown;
use crate::cli::table::{number, table};
use crate::cli::{Context, Format, ParseArgs, discover};
use crate::domain::product_map::{ProductMap, ProductMapping};
use crate::domain::text::excerpt;
use crate::failure::ExitCode;
use crate::pipeline::files::outputs::template_rows;
use crate::pipeline::progress::Progress as _;
use crate::pipeline::read::first_pass::{FirstPass, ProductSeen, first_pass_products};
use crate::pipeline::read::options::product_map;
use crate::source::discover::Exports;
use crate::terminal::out;

/// The products of the files: which there are, and what the product map says of them.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: ProductsAction,
}

#[derive(Debug, clap::Subcommand)]
enum ProductsAction {
    /// List the products, mapped or not, with counts and revenue.
    #[command(after_help = "Example:\n  sejoli-migrate products list import-data --products products.csv")]
    List(Files),
    /// Print a product map to fill in: the products that the map lacks.
    #[command(after_help = "Example:\n  sejoli-migrate products template import-data > products.csv")]
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

/// A product, as the list has it.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    /// Sejoli's number; none where the files know a title only.
    product_id: Option<&'a str>,
    name: &'a str,
    mapped: bool,
    kind: Option<&'static str>,
    membership: Option<&'a str>,
    product: Option<&'a str>,
    orders: u64,
    memberships: u64,
    /// What PAID orders of it charged.
    revenue: String,
}

impl<'a> Listed<'a> {
    fn new(key: &'a str, seen: &'a ProductSeen, mapped: Option<&'a ProductMapping>) -> Self {
        Self {
            product_id: seen.has_id.then_some(key),
            name: &seen.name,
            mapped: mapped.is_some(),
            kind: mapped.map(|mapped| mapped.kind.as_str()),
            membership: mapped.and_then(|mapped| mapped.membership.as_deref()),
            product: mapped.and_then(|mapped| mapped.product.as_deref()),
            orders: seen.orders,
            memberships: seen.memberships,
            revenue: seen.revenue.plain(),
        }
    }
}

/// Runs the command.
///
/// # Errors
/// Exit code 6: the files or the map cannot be used.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<ExitCode> {
    let (ProductsAction::List(files) | ProductsAction::Template(files)) = &args.action;
    let source = files.parse_options.source.options()?;
    let exports = discover(&files.paths, &source, context)?;
    let map = product_map(files.parse_options.products.as_deref(), &exports, &source)?;
    let first_pass = first_pass(files, &exports, &map, context)?;
    match (&args.action, context.format) {
        (ProductsAction::List(_), Format::Text) => out(&as_text(&first_pass, &map))?,
        (ProductsAction::List(_), Format::Json) => context.document("done", as_json(&first_pass, &map))?,
        (ProductsAction::Template(_), Format::Text) => out(&as_csv(&first_pass, &map)?)?,
        (ProductsAction::Template(_), Format::Json) => {
            let rows = template_rows(&first_pass.products, &map);
            context.document("done", serde_json::json!({ "schema_version": 1, "rows": rows }))?;
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
    let mut progress = Shown::new(context);
    progress.begin("reading", 0);
    let first_pass = first_pass_products(exports, &files.parse_options.parse_options(map), &mut progress)?;
    progress.finish();
    Ok(first_pass)
}

fn listed<'a>(first_pass: &'a FirstPass, map: &'a ProductMap) -> Vec<Listed<'a>> {
    first_pass.products.iter().map(|(key, seen)| Listed::new(key, seen, map.get(key))).collect()
}

fn as_json(first_pass: &FirstPass, map: &ProductMap) -> serde_json::Value {
    let unseen: Vec<&String> =
        map.products.keys().filter(|id| !first_pass.products.contains_key(*id)).collect();
    let products = listed(first_pass, map);
    serde_json::json!({ "schema_version": 1, "products": products, "mapped_but_not_seen": unseen })
}

fn as_text(first_pass: &FirstPass, map: &ProductMap) -> String {
    let products = listed(first_pass, map);
    let row = |one: &Listed<'_>| {
        let to = one.membership.or(one.product).map_or_else(String::new, |slug| format!(" {slug}"));
        vec![
            one.product_id.unwrap_or("-").to_owned(),
            excerpt(one.name, 40),
            one.kind.map_or_else(|| "NOT MAPPED".to_owned(), |kind| format!("{kind}{to}")),
            number(one.orders),
            number(one.memberships),
            one.revenue.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = products.iter().map(row).collect();
    let headings = ["product", "title", "mapped to", "orders", "memberships", "revenue (PAID only)"];
    let missing = products.iter().filter(|one| !one.mapped).count() as u64;
    let total = number(products.len() as u64);
    format!("{}\n{total} products, {} not in the product map\n", table(&headings, &rows), number(missing))
}

fn as_csv(first_pass: &FirstPass, map: &ProductMap) -> anyhow::Result<String> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    for row in template_rows(&first_pass.products, map) {
        writer.write_record(&row)?;
    }
    let bytes = writer.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(String::from_utf8(bytes)?)
}
