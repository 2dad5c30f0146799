//! Reads an order of the plugin's own export, which has no product numbers, paid dates or commissions.

use std::collections::HashMap;

use crate::domain::cell_reader::{CellRules, Parsed};
use crate::domain::checklist_order;
use crate::domain::date::Millis;
use crate::domain::export_fields::{NativeOrderCells, OrderCells};
use crate::domain::finding::{Code, Finding};
use crate::domain::order::Order;
use crate::domain::product_map::ProductMap;
use crate::domain::source_id;
use crate::domain::text::clean_line;

/// Sejoli's product numbers by title; case and runs of whitespace do not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProductsByTitle(HashMap<String, Option<String>>);

impl ProductsByTitle {
    /// The titles of a product map. A title that two products share finds neither.
    pub(crate) fn of(map: &ProductMap) -> Self {
        let mut titles = Self::default();
        for (id, mapped) in &map.products {
            let title = clean_line(&mapped.name).to_lowercase();
            titles.0.entry(title).and_modify(|found| *found = None).or_insert_with(|| Some(id.clone()));
        }
        titles.0.remove("");
        titles
    }

    /// The product number of a title, if exactly one product has it.
    pub(crate) fn product_id(&self, title: &str) -> Option<&str> {
        self.0.get(&clean_line(title).to_lowercase())?.as_deref()
    }
}

/// Reads an order from the cells of its row. The product is found by its title; without a match the order has
/// an empty product number. `now` is the time after which nothing can have been ordered.
pub(crate) fn parse(
    cells: &NativeOrderCells<'_>,
    rules: CellRules,
    products_by_title: &ProductsByTitle,
    now: Millis,
) -> Parsed<Order> {
    let affiliate = NativeAffiliate::of(cells.affiliate, cells.affiliate_id);
    let (code, name) = match &affiliate {
        NativeAffiliate::Known { code, name } => (*code, *name),
        NativeAffiliate::None | NativeAffiliate::Unclear => ("", ""),
    };
    let order_cells = OrderCells {
        order_id: cells.inv,
        order_date: cells.created_at,
        product_id: products_by_title.product_id(cells.product).unwrap_or(UNKNOWN_PRODUCT),
        product_name: cells.product,
        buyer_name: cells.name,
        buyer_email: cells.email,
        buyer_phone: cells.phone,
        amount: cells.price,
        payment_status: cells.status,
        affiliate_code: code,
        affiliate_name: name,
        ..OrderCells::default()
    };
    let mut parsed = checklist_order::parse(&order_cells, rules, now);
    // The whole file lacks these columns, which one finding about the file says.
    parsed
        .findings
        .retain(|finding| !matches!(finding.code, Code::PaidDateMissing | Code::CommissionMissing));
    for finding in &mut parsed.findings {
        finding.column = finding.column.map(native_column);
    }
    if let Some(order) = &mut parsed.record
        && order.product_id == UNKNOWN_PRODUCT
    {
        order.product_id.clear();
    }
    if affiliate == NativeAffiliate::Unclear {
        parsed.findings.push(Finding::at(Code::AffiliateUnclear, "affiliate", ""));
    }
    parsed
}

/// Stands in for a product number while an order is read, because the checklist requires one.
pub(crate) const UNKNOWN_PRODUCT: &str = "?";

/// Fields of the checklist and what they are called in the plugin's export.
const NAMES: [(&str, &str); 8] = [
    ("order_id", "inv"),
    ("order_date", "created_at"),
    ("product_name", "product"),
    ("buyer_name", "name"),
    ("buyer_email", "email"),
    ("buyer_phone", "phone"),
    ("amount", "price"),
    ("payment_status", "status"),
];

fn native_column(column: &'static str) -> &'static str {
    let column = if column == "product_id" { "product_name" } else { column };
    NAMES.iter().find(|(name, _)| *name == column).map_or(column, |(_, here)| here)
}

/// The checklist's name of a column of the plugin's export; any other name comes back as it is.
pub(crate) fn checklist_column(column: &str) -> &str {
    NAMES.iter().find(|(_, here)| *here == column).map_or(column, |(name, _)| name)
}

/// The affiliate of the columns `affiliate` and `affiliate_id`. The plugin fills them the wrong way round, so
/// that the number tells which is which, not the header.
#[derive(Debug, PartialEq, Eq)]
enum NativeAffiliate<'a> {
    None,
    Known {
        code: &'a str,
        name: &'a str,
    },
    /// Both are numbers, or neither is.
    Unclear,
}

impl<'a> NativeAffiliate<'a> {
    fn of(affiliate: &'a str, affiliate_id: &'a str) -> Self {
        let is_number = |cell: &str| {
            let number = source_id::key(cell);
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        };
        let nobody = |cell: &str| matches!(source_id::key(cell).as_ref(), "" | "0" | "-");
        let (first, second) = (affiliate.trim(), affiliate_id.trim());
        match (is_number(first), is_number(second)) {
            _ if nobody(first) && nobody(second) => Self::None,
            (true, false) => Self::Known { code: first, name: second },
            (false, true) => Self::Known { code: second, name: first },
            _ => Self::Unclear,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::date::DateRules;
    use crate::domain::money::{Money, MoneyStyle};
    use crate::domain::product_map::{ProductKind, ProductMapping};
    use crate::domain::status::OrderStatus;

    const NOW: Millis = Millis(1_767_200_400_000);

    const RULES: CellRules = CellRules {
        dates: DateRules {
            zone: crate::domain::date::SourceZone::JAKARTA,
            order: crate::domain::date::DateOrder::DayFirst,
            epoch_1904: false,
        },
        money: MoneyStyle::Native,
    };

    fn cells() -> NativeOrderCells<'static> {
        NativeOrderCells {
            inv: "10001",
            product: "Kelas  Ekspor",
            created_at: "2024-01-02 03:04:05",
            name: "Siti",
            email: "siti@example.org",
            phone: "081234567890",
            price: "899.000",
            status: "Selesai",
            affiliate: "17",
            affiliate_id: "Budi",
            ..NativeOrderCells::default()
        }
    }

    fn titles() -> ProductsByTitle {
        let mapped = |name: &str| ProductMapping {
            name: name.to_owned(),
            kind: ProductKind::Product,
            membership: None,
            duration: None,
            price: None,
            product: None,
        };
        let mut map = ProductMap::default();
        for (id, name) in [("7", "Kelas Ekspor"), ("8", "Sama"), ("9", "sama")] {
            map.products.insert(id.to_owned(), mapped(name));
        }
        ProductsByTitle::of(&map)
    }

    #[test]
    fn an_order_is_read_with_what_there_is() {
        let parsed = parse(&cells(), RULES, &titles(), NOW);
        let order = parsed.record.expect("an order");
        assert_eq!(parsed.findings, []);
        assert_eq!(order.amount, Money::rupiah(899), "a point is the decimal point");
        assert_eq!((order.product_id.as_str(), order.status), ("7", OrderStatus::Paid));
        assert_eq!(order.paid_at, Some(order.placed_at));
        assert_eq!(order.affiliate_code.as_deref(), Some("17"));
        assert_eq!(order.commission, None);
    }

    #[test]
    fn a_title_that_names_no_single_product_names_none() {
        for product in ["Sama", "Lain", "?"] {
            let parsed = parse(&NativeOrderCells { product, ..cells() }, RULES, &titles(), NOW);
            assert_eq!(parsed.record.expect("an order").product_id, "", "{product}");
        }
    }

    #[test]
    fn the_affiliate_is_the_number_whichever_column_has_it() {
        let known = NativeAffiliate::Known { code: "17", name: "Budi" };
        assert_eq!(NativeAffiliate::of("17", "Budi"), known);
        assert_eq!(NativeAffiliate::of("Budi", "17"), known);
        for (first, second) in [("0", ""), ("", ""), ("", "0"), ("0", "-")] {
            assert_eq!(NativeAffiliate::of(first, second), NativeAffiliate::None);
        }
        for (first, second) in [("17", "18"), ("Budi", ""), ("Budi", "Siti")] {
            assert_eq!(NativeAffiliate::of(first, second), NativeAffiliate::Unclear);
        }
    }

    #[test]
    fn l10_the_plugins_fallback_label_is_held_by_its_capital_letter() {
        let doubtful =
            parse(&NativeOrderCells { status: "Menunggu Pembayaran", ..cells() }, RULES, &titles(), NOW);
        assert!(doubtful.record.is_none());
        assert_eq!(
            (doubtful.findings[0].code, doubtful.findings[0].column),
            (Code::StatusUnknown, Some("status"))
        );
        let waiting =
            parse(&NativeOrderCells { status: "Menunggu pembayaran", ..cells() }, RULES, &titles(), NOW);
        assert_eq!(waiting.record.expect("an order").status, OrderStatus::Pending);
    }
}
