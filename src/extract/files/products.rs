//! `products.csv`: a draft of the product map. What is uncertain stays empty, and a person fills it in.

use std::collections::BTreeSet;

use crate::domain::product_map::ProductKind;
use crate::extract::amount::Amount;
use crate::extract::files::out_folder::CsvFile;
use crate::extract::files::totals::Totals;
use crate::extract::kept_rows::{Id, ProductFields};
use crate::extract::view::ShopView;

const HEADER: [&str; 7] =
    ["product_id", "product_name", "kind", "membership", "duration", "price", "product"];

/// Writes the draft: the products that there are, and those that orders or subscriptions name.
pub(crate) fn write(view: &ShopView<'_>, file: &mut CsvFile, totals: &mut Totals) -> anyhow::Result<()> {
    let rows = &view.shop.rows;
    let mut products: BTreeSet<Id> = rows.products.keys().copied().collect();
    products.extend(view.orders().map(|order| order.product));
    products
        .extend(rows.subscriptions.iter().filter(|row| view.comes_along(row.deleted)).map(|row| row.product));
    file.line(HEADER)?;
    for product in products {
        totals.products += 1;
        let fields = rows.product_fields.get(&product).filter(|_| view.title(product).is_some());
        let (kind, duration) = fields.map_or(("", ""), |fields| draft(fields, view.gives_access(product)));
        let price =
            fields.and_then(|fields| fields.price.as_deref()).and_then(|price| Amount::parse(price.trim()));
        let price = price.filter(Amount::is_exact).map(|price| price.cell()).unwrap_or_default();
        let title = view.title(product).unwrap_or_default();
        file.line([&product.to_string(), title, kind, "", duration, &price, ""])?;
    }
    Ok(())
}

/// Kind and duration, as far as the product's own fields tell them.
fn draft(fields: &ProductFields, gives_access: bool) -> (&'static str, &'static str) {
    let membership = ProductKind::Membership.as_str();
    match fields.payment_type.as_deref() {
        Some("recurring") => (membership, duration(fields)),
        Some("one-time") if gives_access => (membership, "LIFETIME"),
        _ => ("", ""),
    }
}

/// The app's word for a period; a month of Sejoli has 30 days, a year 365.
fn duration(fields: &ProductFields) -> &'static str {
    let count: Option<u32> = fields.duration.as_deref().and_then(|count| count.trim().parse().ok());
    let unit = match fields.period.as_deref() {
        Some("daily") => 1,
        Some("monthly") => 30,
        Some("yearly") => 365,
        _ => 0,
    };
    match count.and_then(|count| count.checked_mul(unit)).unwrap_or(0) {
        28..=31 => "ONE_MONTH",
        89..=92 => "THREE_MONTHS",
        179..=184 => "SIX_MONTHS",
        360..=366 => "TWELVE_MONTHS",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drafted(payment: &str, count: &str, period: &str, access: bool) -> (&'static str, &'static str) {
        let text = |text: &str| Some(text.into());
        let fields = ProductFields {
            price: None,
            payment_type: text(payment),
            duration: text(count),
            period: text(period),
        };
        draft(&fields, access)
    }

    #[test]
    fn what_a_product_is_comes_from_its_own_fields_and_else_stays_open() {
        assert_eq!(drafted("recurring", "6", "monthly", true), ("MEMBERSHIP", "SIX_MONTHS"));
        assert_eq!(drafted("recurring", "12", "monthly", true), ("MEMBERSHIP", "TWELVE_MONTHS"));
        assert_eq!(drafted("recurring", "1", "yearly", true), ("MEMBERSHIP", "TWELVE_MONTHS"));
        assert_eq!(drafted("recurring", "90", "daily", true), ("MEMBERSHIP", "THREE_MONTHS"));
        assert_eq!(drafted("recurring", "2", "yearly", true), ("MEMBERSHIP", ""));
        assert_eq!(
            drafted("one-time", "30", "daily", true),
            ("MEMBERSHIP", "LIFETIME"),
            "its period is a default"
        );
        assert_eq!(drafted("one-time", "30", "daily", false), ("", ""));
    }
}
