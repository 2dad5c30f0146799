//! What the imported shop comes to in the database, for control totals (L3).

use crate::domain::money::Money;
use crate::domain::source_totals::SourceTotals;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Cell, Field as _, Kind};
use crate::store::schema::tables::{AffiliateMapping, Transaction, TransactionStatus};
use crate::store::session::store::Store;

/// Counts and sums of what is imported. Sums are made in the program: a database would add some of
/// them as floats.
///
/// # Errors
/// Exit code 7 where the database is not ready; a stored cell that is no amount.
pub fn figures(store: &mut Store) -> anyhow::Result<SourceTotals> {
    crate::store::schema::ensure_ready(store)?;
    let mut figures = SourceTotals { affiliates: affiliates(store)?, ..SourceTotals::default() };
    let sql = format!(
        "SELECT \"status\", \"amount\", \"affiliateShare\", count(*) FROM \"{}\" WHERE \"externalId\" {} \
         GROUP BY \"status\", \"amount\", \"affiliateShare\"",
        Transaction::TABLE.name,
        store.of_sejoli()
    );
    for row in store.query(&sql, &[])? {
        let [Cell::Text(status), amount, share, Cell::Int(count)] = row.as_slice() else {
            anyhow::bail!("the sums of orders came in another form");
        };
        figures.orders += u64::try_from(*count)?;
        if status == TransactionStatus::Success.as_str() {
            let amount = Money::from_value(store.decode(amount.clone(), Kind::Money)?)?;
            let share = Option::<Money>::from_value(store.decode(share.clone(), Kind::Money)?)?;
            let times = |amount: Money| Money::from_minor(amount.minor() * count);
            figures.revenue = figures.revenue + times(amount);
            figures.commission = figures.commission + times(share.unwrap_or(Money::ZERO));
        }
    }
    Ok(figures)
}

fn affiliates(store: &mut Store) -> anyhow::Result<u64> {
    let rows = store.query(&format!("SELECT count(*) FROM \"{}\"", AffiliateMapping::TABLE.name), &[])?;
    match rows.first().and_then(|row| row.first()) {
        Some(Cell::Int(count)) => Ok(u64::try_from(*count)?),
        _ => anyhow::bail!("the number of affiliates came in another form"),
    }
}
