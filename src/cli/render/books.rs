//! The books of a run as text, for `import` and `report`.

use crate::cli::render::table::{number, table};
use crate::domain::books::Books;
use crate::domain::source_kind::SourceKind;

/// Records by phase: read = created + updated + unchanged + held + rejected.
pub(crate) fn records_text(phases: &[(String, Books)]) -> String {
    let rows: Vec<Vec<String>> = phases
        .iter()
        .filter(|(_, books)| books.read.rows > 0)
        .map(|(name, books)| {
            let tallies =
                [books.read, books.created, books.updated, books.unchanged, books.held, books.rejected];
            let mut row = vec![name.clone()];
            row.extend(tallies.map(|tally| number(tally.rows)));
            row
        })
        .collect();
    table(&["records", "read", "created", "updated", "unchanged", "held", "rejected"], &rows)
}

/// The amounts of the orders, by what became of them.
pub(crate) fn rupiah_text(phases: &[(String, Books)]) -> String {
    let Some((_, books)) = phases.iter().find(|(name, _)| name == SourceKind::Orders.name()) else {
        return String::new();
    };
    let written = books.created.amount() + books.updated.amount();
    let mut text = format!(
        "\nOrders, all statuses: {} read = {written} written + {} unchanged + {} held + {} rejected\n",
        books.read.amount(),
        books.unchanged.amount(),
        books.held.amount(),
        books.rejected.amount()
    );
    if books.read.unreadable > 0 {
        let rows = number(books.read.unreadable);
        text.push_str(&format!("Not in these sums: {rows} rows whose amount cannot be read\n"));
    }
    text
}
