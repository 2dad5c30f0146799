//! Reads what a row's person and its order say elsewhere.

use crate::domain::ledger_reference::LedgerReference;
use crate::domain::money::Money;
use crate::repair::candidates::Hints;
use crate::store::codec::record::{Record, Table};
use crate::store::codec::value::Value;
use crate::store::queries::{app_screens_orders, kept_rows};
use crate::store::schema::tables::{
    AffiliateConversion, AffiliateLink, AffiliateMapping, AffiliateProfile, AffiliateTotals, SourceRecord,
    Transaction, User, UserMembership, Wallet, WebhookLog,
};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::store::Store;
use crate::verify::ChangedRow;

/// What the rows around a row say.
///
/// # Errors
/// Those of the database.
pub(super) fn around(store: &mut Store, row: &ChangedRow) -> anyhow::Result<Hints> {
    let mut hints = Hints::default();
    let text = |column: &str| row.text(column).map(str::to_owned);
    let mut users: Vec<String> = ["userId", "affiliateId"].into_iter().filter_map(text).collect();
    if row.table == User::TABLE {
        users.push(row.id.clone());
    }
    let mut orders: Vec<String> = text("orderId").into_iter().collect();
    let external = text("externalId").filter(|_| row.table == Transaction::TABLE);
    orders.extend(external.and_then(|id| id.strip_prefix("sejoli-").map(str::to_owned)));
    if let Some(named) = row.text("reference").and_then(LedgerReference::parse) {
        entry_hints(store, &mut hints, named)?;
        orders.push(named.order_id.to_owned());
    }
    if let Some(wallet) = text("walletId") {
        users.extend(rows_of::<Wallet>(store, "id", &wallet)?.into_iter().map(|wallet| wallet.user_id));
    }
    if let Some(id) = text("transactionId") {
        for paid in store.select_in::<Transaction>("id", &[&id])? {
            orders.extend(
                paid.external_id.as_ref().and_then(|id| id.strip_prefix("sejoli-")).map(str::to_owned),
            );
        }
    }
    for order in &orders {
        users.extend(order_hints(store, &mut hints, order)?);
    }
    users.sort_unstable();
    users.dedup();
    for user in &users {
        person_hints(store, &mut hints, user)?;
    }
    Ok(hints)
}

fn take<R: Record>(hints: &mut Hints, rows: Vec<R>) {
    for row in rows {
        hints.take_row(R::TABLE, &row.into_row());
    }
}

fn rows_of<R: Record>(store: &mut Store, column: &str, key: &str) -> anyhow::Result<Vec<R>> {
    let table: &Table = R::TABLE;
    if store.has_table(table.name) { store.select_in(column, &[key]) } else { Ok(Vec::new()) }
}

/// What is kept of an order and its payment; returns who may have bought it.
fn order_hints(store: &mut Store, hints: &mut Hints, order: &str) -> anyhow::Result<Vec<String>> {
    let mut buyers = Vec::new();
    for log in rows_of::<WebhookLog>(store, "orderId", order)? {
        for buyer in rows_of::<User>(store, "email", &log.buyer_email)? {
            buyers.push(buyer.id);
        }
        let amounts = [Some(log.amount), log.paid_amount, log.affiliate_amount];
        let amounts: Vec<Money> = amounts.into_iter().flatten().map(app_screens_orders::amount).collect();
        amounts.into_iter().for_each(|amount| hints.take_amount(amount));
        take(hints, vec![log]);
    }
    for paid in rows_of::<Transaction>(store, "externalId", &format!("sejoli-{order}"))? {
        take(hints, rows_of::<AffiliateConversion>(store, "transactionId", &paid.id)?);
        take(hints, vec![paid]);
    }
    Ok(buyers)
}

/// What is kept of the commission of a ledger's entry, and the words of the entry.
fn entry_hints(store: &mut Store, hints: &mut Hints, named: LedgerReference<'_>) -> anyhow::Result<()> {
    hints.take_text(&named.description());
    let Some((_, row)) = named.above else { return Ok(()) };
    kept_hints(store, hints, SourceRecordKind::Commission, row)
}

/// What is kept of a source row.
fn kept_hints(store: &mut Store, hints: &mut Hints, kind: SourceRecordKind, key: &str) -> anyhow::Result<()> {
    let of_kind = Some(("kind", kind.as_str()));
    for kept in store.select_among::<SourceRecord>(of_kind, "sourceKey", &[key])? {
        hints.take(&Value::Json(kept.payload));
    }
    Ok(())
}

/// What stands of a person: account, memberships, wallet, profile, links, what was settled.
fn person_hints(store: &mut Store, hints: &mut Hints, user: &str) -> anyhow::Result<()> {
    take(hints, rows_of::<User>(store, "id", user)?);
    take(hints, rows_of::<Wallet>(store, "userId", user)?);
    take(hints, rows_of::<AffiliateProfile>(store, "userId", user)?);
    take(hints, rows_of::<AffiliateLink>(store, "userId", user)?);
    let memberships = rows_of::<UserMembership>(store, "userId", user)?;
    let ids: Vec<&str> = memberships.iter().map(|row| row.id.as_str()).collect();
    let periods = store.answer(kept_rows::periods_of(store, &ids))?;
    for period in periods.into_iter().filter_map(|row| row.period) {
        hints.take(&Value::Json(crate::store::codec::value::JsonText(period)));
    }
    take(hints, memberships);
    for mapping in rows_of::<AffiliateMapping>(store, "eksporyukUserId", user)? {
        take(hints, rows_of::<AffiliateTotals>(store, "affiliateCode", &mapping.code)?);
        kept_hints(store, hints, SourceRecordKind::Affiliate, &mapping.code)?;
        take(hints, vec![mapping]);
    }
    Ok(())
}
