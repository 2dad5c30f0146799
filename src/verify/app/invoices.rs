//! Invoice numbers: in the app's own form, so that it goes on counting where Sejoli has stopped.

use crate::language::tr;
use crate::store::codec::record::Record as _;
use crate::store::queries::app_screens;
use crate::store::schema::tables::Transaction;
use crate::store::session::store::Store;
use crate::verify::app::facts::{AppFacts, number_after_prefix};
use crate::verify::app::orders::AppSale;
use crate::verify::report::VerifyCheck;

/// An order's own number, in the app's form; bare where the app has given that number to another order.
pub(super) fn number(facts: &AppFacts<'_>, sale: &AppSale<'_>, check: &mut VerifyCheck) {
    let Some(row) = sale.order.transaction else { return };
    let (order, found) = (sale.order.order_id, row.invoice_number.as_deref().unwrap_or_default());
    let usual = facts.invoice_of(order);
    let other = if facts.has_invoice_prefix { order.to_owned() } else { format!("INV{order}") };
    let wanted = if sale.number_is_taken { &other } else { &usual };
    check.compare(found == wanted.as_str(), || {
        tr!("{}: the invoice is {found} instead of {wanted}", sale.who())
    });
    if sale.number_is_taken {
        check.facts.push(tr!("{}: {usual} is an order of the app's own: its number is {wanted}", sale.who()));
    }
}

/// The number that the app would give to the next order; `None` where it takes the clock's digits.
///
/// # Errors
/// Those of the database.
pub(super) fn next_number(store: &mut Store, facts: &AppFacts<'_>) -> anyhow::Result<Option<String>> {
    if !facts.is_newer() {
        return Ok(Some(format!("INV{}", store.count_rows(Transaction::TABLE)? + 1)));
    }
    Ok(greatest(&app_screens::newest_invoices(store)?).map(|greatest| format!("INV{}", greatest + 1)))
}

/// The greatest number behind `INV`.
fn greatest(invoices: &[String]) -> Option<u64> {
    invoices.iter().filter_map(|number| number_after_prefix(number)).max()
}

/// Compares the number that the app would give to the next order.
pub(super) fn next(
    store: &mut Store,
    facts: &AppFacts<'_>,
    greatest_order: u64,
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    let newest = app_screens::newest_invoices(store)?;
    check.rows = newest.len() as u64;
    if !facts.is_newer() {
        check
            .facts
            .push(tr!("this app counts its orders and goes on trying where a number is taken").to_owned());
        check.values += 1;
        return Ok(());
    }
    let Some(greatest) = greatest(&newest) else {
        check.compare(greatest_order == 0 || !facts.has_invoice_prefix, || {
            tr!("no number begins with INV: the app begins with the clock's digits, not where Sejoli has stopped").to_owned()
        });
        return Ok(());
    };
    let next = greatest.saturating_add(1);
    let number = format!("INV{next}");
    let taken = app_screens::taken_invoices(store, &[&number])?;
    check.facts.push(tr!("the next order gets {number}; Sejoli's last one was {greatest_order}"));
    check.compare(taken.is_empty(), || tr!("the next order gets {number}, which another order has"));
    if facts.has_invoice_prefix {
        check.compare(next > greatest_order, || {
            tr!("the next order gets {number}; Sejoli has numbers up to {greatest_order}")
        });
    }
    Ok(())
}
