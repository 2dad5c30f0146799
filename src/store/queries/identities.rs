//! Who of the app somebody of the source is.

use crate::domain::decided_identities::WrittenDetails;
use crate::store::codec::record::Record as _;
use crate::store::schema::tables::Identity;
use crate::store::session::store::Store;

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
