//! `products`: what was sold, what the product map says of it, and a map to fill in.

use std::path::PathBuf;

use serde::Serialize;

use super::progress::Shown;
use super::table::{number, table};
use super::{Context, Format, ReadingArgs, discover, out};
use crate::domain::product::{Mapped, ProductMap};
use crate::domain::text::excerpt;
use crate::exit_code::ExitCode;
use crate::pipeline::context::product_map;
use crate::pipeline::import::Progress as _;
use crate::pipeline::outputs::template_rows;
use crate::pipeline::survey::{ProductSeen, Survey, survey_products};
use crate::source::discover::Exports;

/// The products of the files: which there are, and what the product map says of them.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
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
    reading: ReadingArgs,
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
    fn new(key: &'a str, seen: &'a ProductSeen, mapped: Option<&'a Mapped>) -> Self {
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
    let (Action::List(files) | Action::Template(files)) = &args.action;
    let source = files.reading.source.options()?;
    let exports = discover(&files.paths, &source, context)?;
    let map = product_map(files.reading.products.as_deref(), &exports, &source)?;
    let survey = survey(files, &exports, &map, context)?;
    match (&args.action, context.format) {
        (Action::List(_), Format::Text) => out(&as_text(&survey, &map))?,
        (Action::List(_), Format::Json) => context.document("done", as_json(&survey, &map))?,
        (Action::Template(_), Format::Text) => out(&as_csv(&survey, &map)?)?,
        (Action::Template(_), Format::Json) => {
            let rows = template_rows(&survey.products, &map);
            context.document("done", serde_json::json!({ "schema_version": 1, "rows": rows }))?;
        }
    }
    Ok(ExitCode::Done)
}

fn survey(files: &Files, exports: &Exports, map: &ProductMap, context: &Context) -> anyhow::Result<Survey> {
    let mut progress = Shown::new(context);
    progress.begin("reading", 0);
    let survey = survey_products(exports, &files.reading.reading(map), &mut progress)?;
    progress.finish();
    Ok(survey)
}

fn listed<'a>(survey: &'a Survey, map: &'a ProductMap) -> Vec<Listed<'a>> {
    survey.products.iter().map(|(key, seen)| Listed::new(key, seen, map.get(key))).collect()
}

fn as_json(survey: &Survey, map: &ProductMap) -> serde_json::Value {
    let unseen: Vec<&String> = map.products.keys().filter(|id| !survey.products.contains_key(*id)).collect();
    let products = listed(survey, map);
    serde_json::json!({ "schema_version": 1, "products": products, "mapped_but_not_seen": unseen })
}

fn as_text(survey: &Survey, map: &ProductMap) -> String {
    let products = listed(survey, map);
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

fn as_csv(survey: &Survey, map: &ProductMap) -> anyhow::Result<String> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    for row in template_rows(&survey.products, map) {
        writer.write_record(&row)?;
    }
    let bytes = writer.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(String::from_utf8(bytes)?)
}
