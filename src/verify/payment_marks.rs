//! Which conversions imports have said to be paid out: the others that are, the app has paid out.

use crate::domain::id_index::IdSet;
use crate::store::queries;
use crate::store::session::store::Store;

/// The marks of all conversions.
#[derive(Clone, Debug, Default)]
pub(crate) struct PaymentMarks(IdSet);

impl PaymentMarks {
    /// All of them.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn all(store: &mut Store) -> anyhow::Result<Self> {
        let mut marked = IdSet::default();
        queries::commissions::all_marked_as_paid(store, |page| marked.extend(page))?;
        marked.shrink_to_fit();
        Ok(Self(marked))
    }

    /// Whether imports have said that a conversion is paid out.
    pub(crate) fn has(&self, conversion_id: &str) -> bool {
        self.0.contains(conversion_id)
    }
}
