//! The ledgers of wallets: entries that imports have made, and the app's own.

use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::store::codec::value::Cell;
use crate::store::queries::answers::count;
use crate::store::schema::tables::WalletTransaction;
use crate::store::session::store::Store;

/// The entries of these wallets that imports have made, in no order.
pub(crate) fn imported_entries(
    store: &mut Store,
    wallet_ids: &[&str],
) -> anyhow::Result<Vec<WalletTransaction>> {
    let (among, cells) = store.condition(None, "walletId", wallet_ids);
    let tail = format!("{among} AND \"reference\" {}", store.of_sejoli());
    store.select(&tail, &cells)
}

/// The amounts of the entries that the app has made in a wallet since a time, in their order.
pub(crate) fn app_amounts_since(
    store: &mut Store,
    wallet_id: &str,
    since: Millis,
) -> anyhow::Result<Vec<Money>> {
    let tail = format!(
        "WHERE \"walletId\" = ? AND (\"reference\" IS NULL OR \"reference\" NOT {}) ORDER BY \"createdAt\", \"id\"",
        store.of_sejoli()
    );
    let entries: Vec<WalletTransaction> = store.select(&tail, &[Cell::Text(wallet_id.to_owned())])?;
    Ok(entries.into_iter().filter(|entry| entry.created_at >= since).map(|entry| entry.amount).collect())
}

/// Whether a wallet has entries of the app's own.
pub(crate) fn has_entries_of_app(store: &mut Store, wallet_id: &str) -> anyhow::Result<bool> {
    has_app_entries(store, "w.\"id\" = ?", wallet_id)
}

/// Whether the wallet of a profile's user has entries of the app's own.
pub(crate) fn has_entries_of_app_by_profile(store: &mut Store, profile_id: &str) -> anyhow::Result<bool> {
    let of_profile = "w.\"userId\" = (SELECT \"userId\" FROM \"AffiliateProfile\" WHERE \"id\" = ?)";
    has_app_entries(store, of_profile, profile_id)
}

fn has_app_entries(store: &mut Store, wallet: &str, key: &str) -> anyhow::Result<bool> {
    let of_sejoli = store.of_sejoli();
    let sql = format!(
        "SELECT count(*) FROM \"WalletTransaction\" e JOIN \"Wallet\" w ON w.\"id\" = e.\"walletId\" \
         WHERE {wallet} AND (e.\"reference\" IS NULL OR e.\"reference\" NOT {of_sejoli})"
    );
    Ok(count(&store.query(&sql, &[Cell::Text(key.to_owned())])?)? > 0)
}
