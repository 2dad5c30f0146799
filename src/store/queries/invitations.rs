//! Whom imports have brought and who has no password yet, page by page, with what an invitation says of each.

use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::Cell;
use crate::store::schema::tables::{Transaction, TransactionStatus, User, UserMembership, Wallet};
use crate::store::session::columns::KeyFilter;
use crate::store::session::store::Store;

/// People of one page.
const PAGE: usize = 2_000;

/// Somebody who cannot log in yet.
#[derive(Clone, Debug)]
pub(crate) struct Invitee {
    /// The user's id.
    pub(crate) id: String,
    /// The address, as it is stored.
    pub(crate) email: String,
    /// The name; empty where there is none.
    pub(crate) name: String,
    /// The phone number.
    pub(crate) phone: Option<String>,
    /// The WhatsApp number.
    pub(crate) whatsapp: Option<String>,
}

/// Imported people without a password whose ids lie behind `after`, in the order of their ids, and the last id that was
/// looked at; none behind the last page. Accounts that the app has closed are left out.
pub(crate) fn invitees_after(
    store: &mut Store,
    after: &str,
) -> anyhow::Result<Option<(String, Vec<Invitee>)>> {
    let names = ["id", "email", "name", "phone", "whatsapp", "isActive", "isSuspended"];
    let tail = format!(
        "WHERE \"id\" > ? AND \"importSource\" = 'SEJOLI' AND \"password\" IS NULL ORDER BY \"id\" LIMIT {PAGE}"
    );
    let rows = store.columns_where(User::TABLE, &names, &tail, &[Cell::Text(after.to_owned())])?;
    type Row = (String, String, String, Option<String>, Option<String>, bool, bool);
    let rows: Vec<Row> = rows;
    let Some(last) = rows.last().map(|row| row.0.clone()) else { return Ok(None) };
    let open = rows.into_iter().filter(|(.., is_active, is_suspended)| *is_active && !is_suspended);
    let invitee = |(id, email, name, phone, whatsapp, ..): Row| Invitee { id, email, name, phone, whatsapp };
    Ok(Some((last, open.map(invitee).collect())))
}

/// The ACTIVE memberships of some people: whose, of which plan, and until when.
pub(crate) fn running_memberships(
    store: &mut Store,
    users: &[&str],
) -> anyhow::Result<Vec<(String, String, Millis)>> {
    let rows: Vec<(String, String, Millis, String)> = store.columns(
        UserMembership::TABLE,
        &["userId", "membershipId", "endDate", "status"],
        KeyFilter::keys("userId", users),
    )?;
    let active = rows.into_iter().filter(|(.., status)| status == "ACTIVE");
    Ok(active.map(|(user, plan, end, _)| (user, plan, end)).collect())
}

/// What the wallets of some people hold.
pub(crate) fn balances(store: &mut Store, users: &[&str]) -> anyhow::Result<Vec<(String, Money)>> {
    store.columns(Wallet::TABLE, &["userId", "balance"], KeyFilter::keys("userId", users))
}

/// The paid orders of some people: whose, and what each has charged.
pub(crate) fn paid_orders(store: &mut Store, users: &[&str]) -> anyhow::Result<Vec<(String, Money)>> {
    let rows: Vec<(String, Money, String)> = store.columns(
        Transaction::TABLE,
        &["userId", "amount", "status"],
        KeyFilter::keys("userId", users),
    )?;
    let paid = rows.into_iter().filter(|(.., status)| status == TransactionStatus::Success.as_str());
    Ok(paid.map(|(user, amount, _)| (user, amount)).collect())
}
