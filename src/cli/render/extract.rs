//! The result of `extract`.

use serde_json::{Value, json};

use crate::cli::render::table::{number, table};
use crate::extract::run::Extracted;
use crate::language::tr;

/// What was extracted, as a document.
pub(crate) fn document(done: &Extracted) -> anyhow::Result<Value> {
    let listed: Vec<Value> = done
        .listed
        .iter()
        .map(|(reason, rows)| {
            json!({ "reason": reason.slug(), "came_along": reason.is_written(), "rows": rows, "explanation": reason.text() })
        })
        .collect();
    Ok(json!({
        "schema_version": 1,
        "folder": done.folder.display().to_string(),
        "site": done.site,
        "prefix": done.prefix,
        "source_tz": done.zone.to_string(),
        "totals": serde_json::to_value(&done.totals)?,
        "listed": listed,
        "mended": {
            "orders_encoded_twice": done.orders_encoded_twice,
            "texts_encoded_twice": done.mended.encoded_twice,
            "texts_not_utf8": done.mended.not_utf8,
        },
        "kept_products": done.kept_products,
        "changes": done.changes,
        "has_end": done.has_end,
        "is_of_rest": done.is_of_rest,
    }))
}

/// What was extracted, as text.
pub(crate) fn text(done: &Extracted) -> String {
    let totals = &done.totals;
    let folder = done.folder.display();
    let mut text = match done.is_of_rest {
        true => tr!("the answers of the REST add-on ({}) into {folder}\n\n", done.zone),
        false => tr!("{} ({}, {}) into {folder}\n\n", done.site, done.prefix, done.zone),
    };
    let row = |what: &str, read: u64, written: u64, left: u64| {
        vec![what.to_owned(), number(read), number(written), number(left)]
    };
    let (orders, commissions, subscriptions) =
        (&totals.orders, &totals.commission_rows, &totals.subscriptions);
    text.push_str(&table(
        &[tr!("rows"), tr!("read"), tr!("written"), tr!("left out")],
        &[
            row(tr!("orders"), orders.read, orders.written, orders.left_out),
            row(tr!("commission rows"), commissions.read, commissions.written, commissions.left_out),
            row(tr!("subscriptions"), subscriptions.read, subscriptions.written, subscriptions.left_out),
        ],
    ));
    text.push_str(&tr!(
        "\n{} memberships ({} without an end), {} affiliates, {} products\n",
        number(totals.memberships.rows),
        number(totals.memberships.lifetime),
        number(totals.affiliates.rows),
        number(totals.products)
    ));
    text.push_str(&tr!(
        "revenue of paid orders {}; commission earned {}, of it owed {}\n",
        totals.expect.revenue,
        totals.commission.added,
        totals.commission.added_unpaid
    ));
    let tiles = &totals.dashboard_tiles;
    text.push_str(tr!("\nCompare these with the tiles of the shop's dashboard, all time:\n"));
    text.push_str(&table(
        &[tr!("Lead"), tr!("Sales"), tr!("Omset"), tr!("Commission")],
        &[vec![
            number(tiles.lead),
            number(tiles.sales),
            tiles.omset.to_string(),
            tiles.commission.to_string(),
        ]],
    ));
    if !done.listed.is_empty() {
        text.push_str(tr!("\nListed in left-out.csv:\n"));
        for (reason, rows) in &done.listed {
            let what = if reason.is_written() { tr!("to look at") } else { tr!("left out") };
            text.push_str(&format!("  {} {what}: {}\n", number(*rows), reason.text()));
        }
    }
    if let Some(changes) = &done.changes {
        text.push_str(tr!("\nChanges, in changes.csv:\n"));
        let lines: Vec<String> =
            changes.iter().map(|(change, rows)| format!("  {} {change}\n", number(*rows))).collect();
        text.push_str(if lines.is_empty() { tr!("  none\n") } else { "" });
        text.push_str(&lines.concat());
    }
    text.push_str(&notes(done));
    text
}

fn notes(done: &Extracted) -> String {
    let mut notes = Vec::new();
    if done.orders_encoded_twice + done.mended.encoded_twice > 0 {
        notes.push(tr!(
            "the data of {} orders and {} texts had been encoded twice, which was undone",
            number(done.orders_encoded_twice),
            number(done.mended.encoded_twice)
        ));
    }
    if done.mended.not_utf8 > 0 {
        notes.push(tr!("{} texts were no UTF-8 and are read as Windows-1252", number(done.mended.not_utf8)));
    }
    if done.is_of_rest {
        notes.push(tr!("the REST add-on has no memberships, no phone numbers, no bank details, no addresses of affiliates who have bought nothing, no commissions of people whom no order names, and no orders of deleted users or products: none of these came along. It answers everybody without a login: have it switched off").to_owned());
    }
    if !done.has_end && !done.is_of_rest {
        notes.push(tr!("files of single tables do not say where they end: a file that was cut between two rows looks whole, so compare the figures with the dashboard").to_owned());
    }
    let map = done.folder.join("products.csv");
    notes.push(if done.kept_products {
        tr!("{} was filled in already and stays as it is; check that it has all products", map.display())
    } else {
        tr!("{} is a draft: fill in what is empty, and check the rest", map.display())
    });
    let zone = done.zone.to_string();
    if zone != "Asia/Jakarta" {
        notes.push(tr!("the site's clock is {zone}: give --source-tz {zone} to validate, import and verify"));
    }
    format!("\n{}\n", notes.join("\n"))
}
