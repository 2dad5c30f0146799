//! The results of `products list` and `products template`.

use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::render::table::{number, table};
use crate::domain::product_map::{ProductMap, ProductMapping};
use crate::domain::text::excerpt;
use crate::language::tr;
use crate::pipeline::files::outputs::template_rows;
use crate::pipeline::read::first_pass::FirstPass;
use crate::pipeline::read::first_pass_counts::ProductSeen;

/// A product of the list.
#[derive(Debug, Serialize)]
struct ListedProduct<'a> {
    /// Sejoli's number; none where the files have a title only.
    product_id: Option<&'a str>,
    name: &'a str,
    mapped: bool,
    kind: Option<&'static str>,
    membership: Option<&'a str>,
    product: Option<&'a str>,
    orders: u64,
    memberships: u64,
    /// The sum of its PAID orders.
    revenue: String,
}

impl<'a> ListedProduct<'a> {
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

fn listed<'a>(first_pass: &'a FirstPass, map: &'a ProductMap) -> Vec<ListedProduct<'a>> {
    first_pass.products.iter().map(|(key, seen)| ListedProduct::new(key, seen, map.get(key))).collect()
}

/// The list as a document.
pub(crate) fn list_document(first_pass: &FirstPass, map: &ProductMap) -> Value {
    let unseen: Vec<&String> =
        map.products.keys().filter(|id| !first_pass.products.contains_key(*id)).collect();
    let products = listed(first_pass, map);
    json!({ "schema_version": 1, "products": products, "mapped_but_not_seen": unseen })
}

/// The list as a table.
pub(crate) fn list_text(first_pass: &FirstPass, map: &ProductMap) -> String {
    let products = listed(first_pass, map);
    let row = |one: &ListedProduct<'_>| {
        let to = one.membership.or(one.product).map_or_else(String::new, |slug| format!(" {slug}"));
        vec![
            one.product_id.unwrap_or("-").to_owned(),
            excerpt(one.name, 40),
            one.kind.map_or_else(|| tr!("NOT MAPPED").to_owned(), |kind| format!("{kind}{to}")),
            number(one.orders),
            number(one.memberships),
            one.revenue.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = products.iter().map(row).collect();
    let headings = [
        tr!("product"),
        tr!("title"),
        tr!("mapped to"),
        tr!("orders"),
        tr!("memberships"),
        tr!("revenue (PAID only)"),
    ];
    let missing = products.iter().filter(|one| !one.mapped).count() as u64;
    let total = number(products.len() as u64);
    tr!("{}\n{total} products, {} not in the product map\n", table(&headings, &rows), number(missing))
}

/// The template as a document.
pub(crate) fn template_document(first_pass: &FirstPass, map: &ProductMap) -> Value {
    json!({ "schema_version": 1, "rows": template_rows(&first_pass.products, map) })
}

/// The template as a CSV file.
///
/// # Errors
/// None that is expected: it is written into memory.
pub(crate) fn template_text(first_pass: &FirstPass, map: &ProductMap) -> anyhow::Result<String> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    for row in template_rows(&first_pass.products, map) {
        writer.write_record(&row)?;
    }
    let bytes = writer.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(String::from_utf8(bytes)?)
}
