//! The books of a run as text: what it has read, and what it has written.

use crate::cli::render::table::{number, table};
use crate::cli::render::terms;
use crate::domain::books::Books;
use crate::domain::run_kind::RunKind;
use crate::domain::source_kind::SourceKind;
use crate::language::{msg, said, tr};

/// What stands in place of a table of records where there was none to read.
pub(crate) const NOTHING_READ: &str = msg!("No record was read.\n");

/// Records by phase: read = created + updated + unchanged + held + rejected. A run that carries out decisions reads none,
/// and has no such table; an import that has read none says so.
pub(crate) fn records_text(kind: RunKind<'_>, phases: &[(String, Books)]) -> String {
    if Books::of_all(phases).read.rows == 0 {
        return if kind.is_import() { said(NOTHING_READ).to_owned() } else { String::new() };
    }
    let rows: Vec<Vec<String>> = phases
        .iter()
        .filter(|(_, books)| books.read.rows > 0)
        .map(|(name, books)| {
            let tallies =
                [books.read, books.created, books.updated, books.unchanged, books.held, books.rejected];
            let mut row = vec![terms::phase(name)];
            row.extend(tallies.map(|tally| number(tally.rows)));
            row
        })
        .collect();
    table(
        &[
            tr!("records"),
            tr!("read"),
            tr!("created"),
            tr!("updated"),
            tr!("unchanged"),
            tr!("held"),
            tr!("rejected"),
        ],
        &rows,
    )
}

/// What a run has written. Of an import that has read nothing it cannot be said that everything is there already.
pub(crate) fn written_text(kind: RunKind<'_>, books: &Books, dry_run: bool) -> String {
    let has_nothing = books.read.rows == 0 && books.tables.is_empty();
    if has_nothing && kind.is_import() { String::new() } else { tables_text(books, dry_run) }
}

/// The rows that were written, or would be, by table.
pub(crate) fn tables_text(books: &Books, dry_run: bool) -> String {
    if books.tables.is_empty() {
        return tr!("\nNothing had to be written: everything is there already.\n").to_owned();
    }
    let rows: Vec<Vec<String>> = books
        .tables
        .iter()
        .map(|(name, tally)| {
            let mut row = vec![name.clone()];
            row.extend([tally.created, tally.updated, tally.deleted].map(number));
            row
        })
        .collect();
    let heading = if dry_run { tr!("rows that would be") } else { tr!("rows") };
    format!("\n{}", table(&[heading, tr!("created"), tr!("updated"), tr!("taken back")], &rows))
}

/// The amounts of the orders, by what became of them.
pub(crate) fn rupiah_text(phases: &[(String, Books)]) -> String {
    let Some((_, books)) = phases.iter().find(|(name, _)| name == SourceKind::Orders.name()) else {
        return String::new();
    };
    let written = books.created.amount + books.updated.amount;
    let mut text = tr!(
        "\nOrders, all statuses: {} read = {written} written + {} unchanged + {} held + {} rejected\n",
        books.read.amount,
        books.unchanged.amount,
        books.held.amount,
        books.rejected.amount
    );
    if books.read.unreadable > 0 {
        let rows = number(books.read.unreadable);
        text.push_str(&tr!("Not in these sums: {rows} rows whose amount cannot be read\n"));
    }
    text
}
