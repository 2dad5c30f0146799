//! Counts and sums: the files against the database, by status; only SUCCESS is revenue (L11).

use std::collections::{HashMap, HashSet};

use crate::domain::ids::is_id_of;
use crate::domain::money::Money;
use crate::language::tr;
use crate::store::queries;
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::report::VerifyCheck;
use crate::verify::stored_orders::order_number;
use crate::verify::stored_sums::StoredSums;
use crate::verify::sums::{OrderFileSums, Sum};

/// Compares the sums of the files with the database's. Where the database holds more orders than the
/// files, the sums cannot be equal; then the `strays` count, orders that name these files and are in no row of them.
///
/// # Errors
/// Those of the database.
pub(crate) fn check(
    store: &mut Store,
    context: &VerifyContext,
    (sums, stored): (&OrderFileSums, &StoredSums),
    strays: VerifyCheck,
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    check.rows = stored.by_status.len() as u64;
    let in_database: u64 = stored.by_status.values().map(|sum| sum.orders).sum();
    for (status, sum) in &stored.by_status {
        let word = if *status == "SUCCESS" { tr!(": revenue") } else { "" };
        check.facts.push(tr!("{status} {} orders, {}{word}", sum.orders, Money::from_minor(sum.minor)));
    }
    // Every imported order has one webhook log.
    let (logs, orders) = (stored.logs, in_database);
    check.compare(logs == orders, || tr!("{logs} webhook logs for {orders} transactions"));
    if in_database > sums.orders() {
        check
            .facts
            .push(tr!("{} orders are in the database and not in these files", in_database - sums.orders()));
        check.join(strays);
        return Ok(());
    }
    let statuses: HashSet<&str> = stored.by_status.keys().chain(sums.by_status.keys()).copied().collect();
    for status in statuses {
        let [source, found] =
            [&sums.by_status, &stored.by_status].map(|sums| sums.get(status).copied().unwrap_or_default());
        check.compare(source.orders == found.orders, || {
            tr!("{status}: {} orders instead of {}", found.orders, source.orders)
        });
        check.compare(source.minor == found.minor, || {
            tr!("{status}: {} instead of {}", Money::from_minor(found.minor), Money::from_minor(source.minor))
        });
    }
    compare_commissions(store, context, (sums, stored), check)
}

/// A profile's sum as it would be had nobody made conversions in the app: those of the orders themselves in their place.
fn without_conversions_of_app(store: &mut Store, profile: &str, stored: Sum) -> anyhow::Result<Sum> {
    let keys = [profile];
    let mut conversions = queries::affiliates::conversions_of(store, &keys)?;
    conversions.try_fold(stored, |mut sum, conversion| {
        let conversion = conversion?;
        let order = order_number(Some(&conversion.external_id));
        if order.is_some_and(|order| !is_id_of(&conversion.id, "AffiliateConversion", order)) {
            let due = conversion.share.filter(|share| share.is_positive());
            sum.orders -= u64::from(due.is_none());
            sum.minor += due.unwrap_or(Money::ZERO).minor() - conversion.commission.minor();
        }
        Ok(sum)
    })
}

/// Compares the commission of the files' paid orders with the conversions, affiliate by affiliate.
fn compare_commissions(
    store: &mut Store,
    context: &VerifyContext,
    (sums, stored): (&OrderFileSums, &StoredSums),
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    let found = &stored.commission;
    let mut expected: HashMap<&str, Sum> = HashMap::new();
    for (code, sum) in &sums.commission {
        if let Some(seller) = context.sellers.get(code) {
            let total = expected.entry(seller.profile_id.as_str()).or_default();
            total.orders += sum.orders;
            total.minor += sum.minor;
        }
    }
    let profiles: HashSet<&str> = found.keys().map(String::as_str).chain(expected.keys().copied()).collect();
    for profile in profiles {
        let source = expected.get(profile).copied().unwrap_or_default();
        let mut stored = found.get(profile).copied().unwrap_or_default();
        if source != stored {
            stored = without_conversions_of_app(store, profile, stored)?;
        }
        check.compare(source == stored, || {
            tr!(
                "commission of profile {profile}: {} in {} orders instead of {} in {}",
                Money::from_minor(stored.minor),
                stored.orders,
                Money::from_minor(source.minor),
                source.orders
            )
        });
    }
    let total: i64 = expected.values().map(|sum| sum.minor).sum();
    check.facts.push(tr!("commission of verified affiliates {}", Money::from_minor(total)));
    Ok(())
}
