//! What the imported shop comes to in the database, for control totals (L3).

use crate::domain::money::Money;
use crate::domain::source_totals::SourceTotals;
use crate::store::codec::record::Record as _;
use crate::store::queries;
use crate::store::schema::tables::AffiliateMapping;
use crate::store::session::store::Store;

/// Counts and sums of what is imported.
///
/// # Errors
/// Exit code 7 where the database is not ready; a stored cell that is no amount.
pub(crate) fn figures(store: &mut Store) -> anyhow::Result<SourceTotals> {
    crate::store::migration::check::ensure_ready(store)?;
    let affiliates = store.count_rows(AffiliateMapping::TABLE)?;
    let mut figures = SourceTotals { affiliates, ..SourceTotals::default() };
    for group in queries::orders::by_amount(store)? {
        figures.orders += u64::try_from(group.orders)?;
        if !group.are_paid() {
            continue;
        }
        let times = |amount: Money| Money::from_minor(amount.minor() * group.orders);
        figures.revenue = figures.revenue + times(group.amount);
        figures.commission = figures.commission + times(group.affiliate_share.unwrap_or(Money::ZERO));
    }
    Ok(figures)
}
