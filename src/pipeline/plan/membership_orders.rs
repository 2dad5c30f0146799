//! Checks that the orders that memberships name are in the app.

use std::collections::HashSet;

use crate::domain::finding::{Code, Finding};
use crate::domain::membership::Membership;
use crate::domain::source_kind::SourceKind;
use crate::pipeline::read::duplicates::key_hash;
use crate::pipeline::read::first_pass_counts::CrossRowFindings;
use crate::source::row_location::RowLocation;
use crate::store::codec::record::Record as _;
use crate::store::codec::record::Table;
use crate::store::schema::tables::{ImportReject, WebhookLog};
use crate::store::session::columns::KeyFilter;
use crate::store::session::store::Store;

/// Finds the rows whose order is neither in the app nor among `imported_orders` (hashes of order numbers), and
/// tells an order that an earlier import has rejected from an unknown one.
///
/// # Errors
/// The database's errors.
pub(super) fn check_orders(
    store: &mut Store,
    rows: &[(RowLocation, Membership)],
    imported_orders: &HashSet<u64>,
) -> anyhow::Result<CrossRowFindings> {
    let mut cross_row_findings = CrossRowFindings::new();
    let is_unseen = |id: &&str| !imported_orders.contains(&key_hash(id));
    let ids: Vec<&str> =
        rows.iter().filter_map(|(_, row)| row.order_id.as_deref()).filter(is_unseen).collect();
    let imported = keys_of(store, WebhookLog::TABLE, KeyFilter::keys("orderId", &ids))?;
    let missing: Vec<&str> = ids.into_iter().filter(|id| !imported.contains(*id)).collect();
    let orders = Some(("kind", SourceKind::Orders.name()));
    let waiting = KeyFilter { narrowed: orders, column: "sourceKey", keys: &missing };
    let waiting = keys_of(store, ImportReject::TABLE, waiting)?;
    for (location, row) in rows {
        let unknown = |id: &&str| is_unseen(id) && !imported.contains(*id);
        let Some(order_id) = row.order_id.as_deref().filter(unknown) else {
            continue;
        };
        let code = if waiting.contains(order_id) {
            Code::MembershipOrderWaiting
        } else {
            Code::MembershipOrderUnknown
        };
        cross_row_findings.entry(*location).or_default().push(Finding::at(code, "order_id", order_id));
    }
    Ok(cross_row_findings)
}

/// The keys that exist in the column of a table.
fn keys_of(
    store: &mut Store,
    table: &'static Table,
    among: KeyFilter<'_>,
) -> anyhow::Result<HashSet<String>> {
    let found: Vec<(String,)> = store.columns(table, &[among.column], among)?;
    Ok(found.into_iter().map(|(key,)| key).collect())
}
