//! The transactions beside which no webhook log stands: the app's own, and imported ones whose log is gone.

use std::collections::HashSet;

use crate::store::queries;
use crate::store::queries::orders::TransactionNumbers;
use crate::store::session::store::Store;
use crate::verify::stored_orders::order_number;

/// An imported order whose webhook log is gone.
#[derive(Clone, Debug)]
pub(crate) struct OrderWithoutLog {
    /// The id of its transaction.
    pub(crate) transaction_id: String,
    /// Sejoli's number.
    pub(crate) number: String,
}

impl OrderWithoutLog {
    /// None for an order of the app's own.
    fn among(transaction: &TransactionNumbers) -> Option<Self> {
        let number = order_number(transaction.external_id.as_deref())?.to_owned();
        Some(Self { transaction_id: transaction.id.clone(), number })
    }
}

/// All of them, by what is asked of them.
#[derive(Debug, Default)]
pub(crate) struct OrdersWithoutLog {
    /// The orders whose webhook log is gone.
    pub(crate) imported: Vec<OrderWithoutLog>,
    /// The invoice numbers that no import has given, or whose order has lost its log.
    pub(crate) invoices: HashSet<String>,
}

impl OrdersWithoutLog {
    /// Reads all of them.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn all(store: &mut Store) -> anyhow::Result<Self> {
        let found =
            store.over_whole_tables(|store| store.answer(queries::orders::numbers_without_log(store)))?;
        Ok(Self {
            imported: found.iter().filter_map(OrderWithoutLog::among).collect(),
            invoices: found.into_iter().filter_map(|numbers| numbers.invoice_number).collect(),
        })
    }
}
