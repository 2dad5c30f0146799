//! Who of the app somebody of the source is.

use crate::domain::decided_identities::WrittenDetails;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::Cell;
use crate::store::queries::rows::{KeyPage, Page};
use crate::store::schema::tables::Identity;
use crate::store::schema::words::RunState;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;

/// How many rows are learnt from at once.
const PAGE: u16 = 2_000;

/// A stored decision.
#[derive(Clone, Debug)]
pub(crate) struct StoredDecision {
    /// The id, a hash of the identity.
    pub(crate) id: String,
    /// The user's id; the user may be gone.
    pub(crate) user_id: String,
    /// What imports have written of the user.
    pub(crate) written: WrittenDetails,
}

/// All decisions, in no order.
pub(crate) fn all(store: &mut Store) -> anyhow::Result<impl Iterator<Item = StoredDecision> + use<>> {
    let names = ["id", "userId", "wroteName", "wrotePhone", "wroteWhatsapp", "raisedRole"];
    let rows = store.columns_where(Identity::TABLE, &names, "", &[])?;
    let decision = |(id, user_id, name, phone, whatsapp, raised_role)| StoredDecision {
        id,
        user_id,
        written: WrittenDetails { name, phone, whatsapp, raised_role },
    };
    Ok(rows.into_iter().map(decision))
}

/// Whether an import that came to its end has decided anybody. Where none has, what earlier versions have written says
/// who people are.
pub(crate) fn any_of_completed_run(store: &mut Store) -> anyhow::Result<bool> {
    let completed = Cell::Text(RunState::Completed.as_str().to_owned());
    let tail = "WHERE \"runId\" IN (SELECT \"id\" FROM \"SejoliImportRun\" WHERE \"state\" = ?)";
    store.has_row::<Identity>(tail, &[completed])
}

/// Whom an imported order names, and whose it is.
#[derive(Debug)]
pub(crate) struct OrderBuyer {
    /// The order's number.
    pub(crate) order_id: String,
    /// The e-mail address that the order names; empty where it names none.
    pub(crate) email: String,
    /// The phone number that it names.
    pub(crate) phone: Option<String>,
    /// The WhatsApp number that it names.
    pub(crate) whatsapp: Option<String>,
    /// Whether it names the buyer.
    pub(crate) has_name: bool,
    /// The transaction's user.
    pub(crate) user_id: String,
    /// Whether an import has created that user.
    pub(crate) is_imported: bool,
}

/// The next imported orders whose numbers lie behind `after`, by number; none behind the last one. Orders whose
/// transaction or user is gone are not among them.
pub(crate) fn buyers_after(store: &mut Store, after: &str) -> anyhow::Result<Vec<OrderBuyer>> {
    let sql = format!(
        "SELECT l.\"orderId\", l.\"buyerEmail\", l.\"buyerPhone\", l.\"buyerWhatsapp\", l.\"buyerName\", \
         t.\"userId\", u.\"importSource\" FROM \"SejoliWebhookLog\" l \
         JOIN \"Transaction\" t ON t.\"externalId\" = concat('sejoli-', l.\"orderId\") \
         JOIN \"User\" u ON u.\"id\" = t.\"userId\" \
         WHERE l.\"orderId\" > ? ORDER BY l.\"orderId\" LIMIT {PAGE}"
    );
    let buyer = |row: Vec<Cell>| match <[Cell; 7]>::try_from(row) {
        Ok([Cell::Text(order_id), email, phone, whatsapp, name, Cell::Text(user_id), source]) => {
            Some(OrderBuyer {
                order_id,
                email: email.into_text().unwrap_or_default(),
                phone: phone.into_text(),
                whatsapp: whatsapp.into_text(),
                has_name: name.into_text().is_some_and(|name| !name.is_empty()),
                user_id,
                is_imported: source.into_text().as_deref() == Some("SEJOLI"),
            })
        }
        _ => None,
    };
    Ok(store.query(&sql, &[Cell::Text(after.to_owned())])?.into_iter().filter_map(buyer).collect())
}

/// An imported membership's source row, and whose membership it became.
#[derive(Debug)]
pub(crate) struct MembershipMember {
    /// The source row's key.
    pub(crate) source_key: String,
    /// The kept source row.
    pub(crate) payload: String,
    /// The membership's user.
    pub(crate) user_id: String,
}

/// The next source rows of memberships whose keys lie behind `after`, by key; none behind the last one. Those whose
/// membership is gone are not among them.
pub(crate) fn members_after(store: &mut Store, after: &str) -> anyhow::Result<Vec<MembershipMember>> {
    let sql = format!(
        "SELECT s.\"sourceKey\", s.\"payload\", m.\"userId\" FROM \"SejoliSourceRecord\" s \
         JOIN \"UserMembership\" m ON m.\"id\" = s.\"targetId\" \
         WHERE s.\"kind\" = 'membership' AND s.\"sourceKey\" > ? ORDER BY s.\"sourceKey\" LIMIT {PAGE}"
    );
    let member = |row: Vec<Cell>| match <[Cell; 3]>::try_from(row) {
        Ok([Cell::Text(source_key), Cell::Text(payload), Cell::Text(user_id)]) => {
            Some(MembershipMember { source_key, payload, user_id })
        }
        _ => None,
    };
    Ok(store.query(&sql, &[Cell::Text(after.to_owned())])?.into_iter().filter_map(member).collect())
}

/// The decisions that are read at once.
const DECISIONS: usize = 4_000;

/// The next decisions behind an id, by id.
pub(crate) fn rows_after(store: &Store, after: &str) -> DeferredQuery<'static, Page<Identity>> {
    let page = KeyPage { key: "id", after, limit: DECISIONS };
    let rows = store.rows_where(&page.tail(""), page.cells().to_vec());
    rows.map(|rows: Vec<Identity>| KeyPage::page(DECISIONS, rows, |row| row.id.clone()))
}
