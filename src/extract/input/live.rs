//! Reads a shop from its server.

use std::collections::{BTreeMap, BTreeSet};

use crate::extract::input::row::SiteRow;
use crate::extract::intake::{DeclaredColumn, Intake};
use crate::extract::shop::network_prefix;
use crate::extract::tables::SiteTable;
use crate::failure::Failure;
use crate::language::tr;
use crate::store::wordpress::{LiveColumn, LiveSite, LiveTable, SourceUrl};

/// Reads the shop of a prefix, or the only one, into an intake. Where there are several and none is chosen, what tells
/// them apart is read.
///
/// # Errors
/// Exit code 7: the server does not answer, or a table has changed while it was read. Exit code 6: a column is missing.
pub(crate) fn read(source: &SourceUrl, prefix: Option<&str>, intake: &mut Intake) -> anyhow::Result<()> {
    let mut site = LiveSite::open(source)?;
    let tables = site.tables()?;
    let tables: BTreeMap<&str, &LiveTable> =
        tables.iter().map(|table| (table.name.as_str(), table)).collect();
    let shops: BTreeSet<&str> = tables
        .keys()
        .filter_map(|name| SiteTable::of_name(name).filter(|(_, table)| *table == SiteTable::Orders))
        .map(|(prefix, _)| prefix)
        .collect();
    for table in tables.values() {
        intake.declare(&table.name, &declared(table));
    }
    let chosen = prefix.or_else(|| shops.first().copied().filter(|_| shops.len() == 1));
    let Some(prefix) = chosen.filter(|prefix| shops.contains(prefix)) else {
        return shops.iter().try_for_each(|prefix| introduce(&mut site, &tables, prefix, intake));
    };
    for table in SiteTable::ALL {
        if let Some(live) = find(&tables, prefix, table) {
            read_table(&mut site, live, table, intake)?;
        }
    }
    Ok(())
}

/// The table of a site, or of its network.
fn find<'t>(tables: &BTreeMap<&str, &'t LiveTable>, prefix: &str, table: SiteTable) -> Option<&'t LiveTable> {
    let named = |prefix: &str| {
        let wanted = format!("{prefix}{}", table.suffix());
        tables.iter().find(|(name, _)| name.eq_ignore_ascii_case(&wanted)).map(|(_, table)| *table)
    };
    named(prefix).or_else(|| network_prefix(prefix).filter(|_| table.is_shared()).and_then(named))
}

/// Reads what tells a shop from others: its address, and how many orders it has.
fn introduce(
    site: &mut LiveSite,
    tables: &BTreeMap<&str, &LiveTable>,
    prefix: &str,
    intake: &mut Intake,
) -> anyhow::Result<()> {
    if let Some(options) = find(tables, prefix, SiteTable::Options) {
        read_table(site, options, SiteTable::Options, intake)?;
    }
    if let Some(orders) = find(tables, prefix, SiteTable::Orders) {
        let rows = site.count(&orders.name)?;
        intake.sites.entry(prefix.to_owned()).or_default().tables.insert(SiteTable::Orders, rows);
    }
    Ok(())
}

fn declared(table: &LiveTable) -> Vec<DeclaredColumn> {
    let column =
        |column: &LiveColumn| DeclaredColumn { name: column.name.clone(), kind: column.kind.clone() };
    table.columns.iter().map(column).collect()
}

fn read_table(
    site: &mut LiveSite,
    live: &LiveTable,
    table: SiteTable,
    intake: &mut Intake,
) -> anyhow::Result<()> {
    let wanted = table.columns().iter();
    let found = wanted.filter_map(|wanted| {
        live.columns.iter().find(|column| column.name.eq_ignore_ascii_case(wanted.name))
    });
    let columns: Vec<LiveColumn> = found.cloned().collect();
    let layout = intake
        .layout(&live.name, columns.iter().map(|column| column.name.as_str()))
        .map_err(|error| Failure::input(tr!("{}: {error}, or the account may not read it", site.shown())))?;
    let Some(layout) = layout else { return Ok(()) };
    let is_keyed =
        columns.first().is_some_and(|column| column.name.eq_ignore_ascii_case(table.columns()[0].name));
    if !is_keyed {
        let key = table.columns()[0].name;
        return Err(Failure::input(tr!(
            "{}: the account may not read {key} of {}, by which its rows are read in pages",
            site.shown(),
            live.name
        )));
    }
    let before = if live.has_snapshots { None } else { Some(site.count(&live.name)?) };
    let mut row = SiteRow::default();
    site.rows(&live.name, &columns, table.chosen(), |cells| {
        row.clear(table.columns().len());
        for (cell, place) in cells.iter().zip(&layout.places) {
            if let (Some(bytes), Some(place)) = (cell, place) {
                row.set(*place, bytes);
            }
        }
        intake.take(&layout, &row)
    })?;
    if let Some(before) = before
        && site.count(&live.name)? != before
    {
        return Err(Failure::database(tr!(
            "{}: {} has changed while it was read, and its engine has no snapshots; run the command again",
            site.shown(),
            live.name
        )));
    }
    Ok(())
}
