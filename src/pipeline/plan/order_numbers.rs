//! The numbers of orders that the app has without an import, and the invoice number that an order gets beside them.

use std::collections::HashSet;

use crate::domain::conventions::{INVOICE_PREFIX, InvoiceForm};
use crate::domain::finding::{Code, Finding};
use crate::store::queries;
use crate::store::queries::orders::TransactionNumbers;
use crate::store::session::store::Store;

/// What the app's transactions that no import has written are numbered.
#[derive(Debug, Default)]
pub(crate) struct AppNumbers {
    /// The numbers of Sejoli orders among them: known by their external ids, in one of the spellings that were in use
    /// (`SEJOLI-12`, `12`), or because Sejoli stands there as the provider. A number alone says nothing: the app counts,
    /// too (L35).
    pub(crate) orders: HashSet<String>,
    /// All invoice numbers among them.
    invoices: HashSet<String>,
}

/// The invoice number of an order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct InvoiceNumber {
    pub(super) number: String,
    /// Whether it is not in the app's form, because the app has that number for another order.
    pub(super) is_changed: bool,
}

impl AppNumbers {
    /// Reads them.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn load(store: &mut Store) -> anyhow::Result<Self> {
        let found = store.answer(queries::orders::numbers_without_log(store))?;
        let mut numbers = Self::default();
        for TransactionNumbers { external_id, invoice_number, provider, .. } in found {
            numbers.orders.extend(external_id.map(without_prefix));
            let of_sejoli = provider.is_some_and(|provider| provider.eq_ignore_ascii_case("SEJOLI"));
            if let Some(number) = invoice_number {
                if of_sejoli {
                    numbers.orders.insert(number.strip_prefix(INVOICE_PREFIX).unwrap_or(&number).to_owned());
                }
                numbers.invoices.insert(number);
            }
        }
        Ok(numbers)
    }

    /// The invoice number of an order that has `standing` now.
    ///
    /// # Errors
    /// The finding that holds the order: the app has its number in both forms for other orders.
    pub(super) fn invoice(
        &self,
        order_id: &str,
        form: InvoiceForm,
        standing: Option<&str>,
    ) -> Result<InvoiceNumber, Finding> {
        let other = match form {
            InvoiceForm::Inv => InvoiceForm::Bare,
            InvoiceForm::Bare => InvoiceForm::Inv,
        };
        let number = form.number(order_id);
        if standing == Some(&number) || !self.invoices.contains(&number) {
            return Ok(InvoiceNumber { number, is_changed: false });
        }
        let number = other.number(order_id);
        if standing == Some(&number) || !self.invoices.contains(&number) {
            return Ok(InvoiceNumber { number, is_changed: true });
        }
        Err(Finding::at(Code::OrderOfApp, "order_id", order_id.to_owned()))
    }
}

/// An external id without the prefix `sejoli-`, in any case.
fn without_prefix(external: String) -> String {
    match external.get(..7) {
        Some(prefix) if prefix.eq_ignore_ascii_case("sejoli-") => external[7..].to_owned(),
        _ => external,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invoice(taken: &[&str], form: InvoiceForm, standing: Option<&str>) -> Option<(String, bool)> {
        let invoices = taken.iter().map(|number| (*number).to_owned()).collect();
        let numbers = AppNumbers { invoices, ..AppNumbers::default() };
        let found = numbers.invoice("10001", form, standing).ok()?;
        Some((found.number, found.is_changed))
    }

    #[test]
    fn l15_l35_a_number_that_the_app_has_for_another_order_stays_with_it() {
        let inv = InvoiceForm::Inv;
        assert_eq!(invoice(&[], inv, None), Some(("INV10001".into(), false)));
        assert_eq!(invoice(&["INV10001"], inv, None), Some(("10001".into(), true)));
        assert_eq!(invoice(&["INV10001"], inv, Some("INV10001")), Some(("INV10001".into(), false)));
        assert_eq!(invoice(&["INV10001", "10001"], inv, None), None, "neither is free");
        assert_eq!(invoice(&["10001"], InvoiceForm::Bare, None), Some(("INV10001".into(), true)));
    }
}
