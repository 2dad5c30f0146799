//! The shop as Sejoli has it at one moment, and its exports.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::Sheet;

/// Milliseconds of a day.
pub(super) const DAY: i64 = 86_400_000;
/// Milliseconds between UTC and the shop's zone, Asia/Jakarta.
const ZONE: i64 = 7 * 3_600_000;
/// 2026-01-01, midnight in the shop's zone: when the first export is made.
pub(super) const FIRST_DAY: i64 = 1_767_200_400_000;

/// When the export of a day is made.
pub(super) fn as_of(day: usize) -> i64 {
    FIRST_DAY + DAY * i64::try_from(day).expect("a day")
}

/// The status of an order's payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Pending,
    Paid,
    Expired,
    Refunded,
}

impl Status {
    fn cell(self) -> &'static str {
        match self {
            Status::Pending => "PENDING",
            Status::Paid => "PAID",
            Status::Expired => "EXPIRED",
            Status::Refunded => "REFUNDED",
        }
    }

    /// What the app calls it.
    pub(super) fn in_app(self) -> &'static str {
        match self {
            Status::Pending => "PENDING",
            Status::Paid => "SUCCESS",
            Status::Expired => "FAILED",
            Status::Refunded => "REFUNDED",
        }
    }
}

/// A row of the orders. Amounts are in rupiah, times in milliseconds UTC; an empty text is an empty cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) id: u32,
    pub(super) placed: i64,
    pub(super) product: u32,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) phone: String,
    pub(super) whatsapp: String,
    pub(super) amount: i64,
    pub(super) status: Status,
    pub(super) paid_at: Option<i64>,
    pub(super) code: String,
    pub(super) rate: i64,
    pub(super) commission: i64,
    /// Where the commission stands; empty where the export does not say it.
    pub(super) commission_status: &'static str,
    /// Whether it was paid out, where the export says it.
    pub(super) paid_flag: Option<bool>,
}

impl Order {
    /// Whether Sejoli counts the commission as earned.
    pub(super) fn has_earned(&self) -> bool {
        matches!(self.commission_status, "" | "added")
    }
}

/// A row of the commissions, above the first tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UpperTier {
    pub(super) order: u32,
    pub(super) code: String,
    pub(super) tier: u32,
    pub(super) amount: i64,
    pub(super) status: &'static str,
    pub(super) paid: bool,
}

/// A row of the memberships; `last_day` is midnight in the shop's zone, none is a lifetime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Membership {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) product: u32,
    pub(super) start: i64,
    pub(super) last_day: Option<i64>,
    pub(super) price: i64,
    pub(super) order: Option<u32>,
}

/// A row of the affiliates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Affiliate {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) rate: i64,
    pub(super) paid: Option<i64>,
}

/// A line of the product map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Product {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    /// The slug of the app's membership; empty if it is none.
    pub(super) membership: &'static str,
    /// The slug of the app's product; empty if the app has none.
    pub(super) product: &'static str,
    pub(super) price: i64,
}

/// Slugs of the memberships that the app sells.
pub(super) const MEMBERSHIPS: [&str; 2] = ["perintis", "saudagar"];
/// Slugs of the products that the app sells.
pub(super) const APP_PRODUCTS: [&str; 3] = ["buku-saku", "buku-besar", "kelas-video"];
/// Numbers of the products that are memberships.
pub(super) const MEMBERSHIP_PRODUCTS: [u32; 3] = [101, 102, 104];
/// Numbers of the others.
pub(super) const OTHER_PRODUCTS: [u32; 3] = [201, 202, 204];

/// The shop at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shop {
    pub(super) orders: BTreeMap<u32, Order>,
    pub(super) memberships: BTreeMap<String, Membership>,
    pub(super) affiliates: BTreeMap<String, Affiliate>,
    pub(super) products: BTreeMap<u32, Product>,
    /// By the row's number.
    pub(super) uppers: BTreeMap<u32, UpperTier>,
}

impl Shop {
    /// A shop without customers.
    pub(super) fn empty() -> Self {
        let product =
            |name, kind, membership, product, price| Product { name, kind, membership, product, price };
        let products = BTreeMap::from([
            (101, product("Perintis 6 Bulan", "MEMBERSHIP", "perintis", "", 749_000)),
            (102, product("Saudagar 12 Bulan", "MEMBERSHIP", "saudagar", "", 1_299_000)),
            (104, product("Sambung Saudagar", "MEMBERSHIP", "saudagar", "", 649_000)),
            (201, product("Buku Saku", "PRODUCT", "", "buku-saku", 45_000)),
            (202, product("Bedah Kasus", "EVENT", "", "", 125_000)),
            (204, product("Kelas Video", "COURSE", "", "kelas-video", 449_000)),
        ]);
        let (orders, memberships, affiliates, uppers) = Default::default();
        Self { orders, memberships, affiliates, products, uppers }
    }

    /// The membership that names an order.
    pub(super) fn membership_of(&self, order: u32) -> Option<&Membership> {
        self.memberships.values().find(|membership| membership.order == Some(order))
    }

    /// Writes the exports and the product map into a folder.
    pub(super) fn write(&self, folder: &Path) {
        let orders = self.orders.values().map(|order| self.order_cells(order));
        sheet("order_id,order_date,product_id,product_name,buyer_name,buyer_email,buyer_phone,buyer_whatsapp,amount,paid_amount,payment_status,paid_date,expiry_date,affiliate_code,affiliate_name,affiliate_email,affiliate_commission_rate,affiliate_commission_amount,affiliate_commission_status,affiliate_commission_paid", orders)
            .write(&folder.join("orders.csv"));
        let memberships = self.memberships.values().map(|membership| self.membership_cells(membership));
        sheet(
            "membership_id,user_email,product_id,product_name,start_date,expiry_date,status,price,order_id",
            memberships,
        )
        .write(&folder.join("memberships.csv"));
        let affiliates = self.affiliates.values().map(affiliate_cells);
        sheet("affiliate_code,affiliate_name,affiliate_email,affiliate_phone,commission_rate,total_referrals,total_commissions,total_paid,join_date", affiliates)
            .write(&folder.join("affiliates.csv"));
        let uppers = self.uppers.iter().map(|(id, row)| {
            let paid = u8::from(row.paid).to_string();
            let (order, tier, amount) = (row.order.to_string(), row.tier.to_string(), row.amount.to_string());
            vec![id.to_string(), order, row.code.clone(), tier, amount, row.status.to_owned(), paid]
        });
        sheet("id,order_id,affiliate_code,tier,amount,status,paid", uppers)
            .write(&folder.join("commissions.csv"));
        let products = self.products.iter().map(|(id, product)| {
            let duration = if product.membership.is_empty() { "" } else { "TWELVE_MONTHS" };
            let cells = [product.name, product.kind, product.membership, duration];
            let cells = cells.into_iter().map(str::to_owned);
            let after = [product.price.to_string(), product.product.to_owned()];
            std::iter::once(id.to_string()).chain(cells).chain(after).collect()
        });
        sheet("product_id,product_name,kind,membership,duration,price,product", products)
            .write(&folder.join("products.csv"));
    }

    fn order_cells(&self, order: &Order) -> Vec<String> {
        let money = |amount: i64| amount.to_string();
        let sold = |text: String| if order.code.is_empty() { String::new() } else { text };
        vec![
            order.id.to_string(),
            date_time(order.placed),
            order.product.to_string(),
            self.products[&order.product].name.to_owned(),
            order.name.clone(),
            order.email.clone(),
            order.phone.clone(),
            order.whatsapp.clone(),
            money(order.amount),
            if order.paid_at.is_some() { money(order.amount) } else { String::new() },
            order.status.cell().to_owned(),
            order.paid_at.map(date_time).unwrap_or_default(),
            String::new(),
            order.code.clone(),
            // As it was recorded with the sale: later corrections of the affiliate do not touch it.
            sold(format!("Mitra {}", order.code)),
            String::new(),
            sold(order.rate.to_string()),
            sold(money(order.commission)),
            sold(order.commission_status.to_owned()),
            sold(order.paid_flag.map(|paid| u8::from(paid).to_string()).unwrap_or_default()),
        ]
    }

    fn membership_cells(&self, membership: &Membership) -> Vec<String> {
        // The tool goes by the dates; a status that contradicts them is only a note.
        let runs = membership.last_day.is_none_or(|last| last > FIRST_DAY);
        vec![
            membership.id.clone(),
            membership.email.clone(),
            membership.product.to_string(),
            self.products[&membership.product].name.to_owned(),
            date_time(membership.start),
            membership.last_day.map(date).unwrap_or_default(),
            if runs { "active" } else { "expired" }.to_owned(),
            membership.price.to_string(),
            membership.order.map(|order| order.to_string()).unwrap_or_default(),
        ]
    }
}

fn affiliate_cells(affiliate: &Affiliate) -> Vec<String> {
    vec![
        affiliate.code.clone(),
        affiliate.name.clone(),
        affiliate.email.clone(),
        String::new(),
        affiliate.rate.to_string(),
        String::new(),
        String::new(),
        affiliate.paid.map(|paid| paid.to_string()).unwrap_or_default(),
        "2023-01-01".to_owned(),
    ]
}

fn sheet(columns: &str, rows: impl Iterator<Item = Vec<String>>) -> Sheet {
    Sheet { columns: columns.split(',').map(str::to_owned).collect(), rows: rows.collect() }
}

fn date_time(millis: i64) -> String {
    let time = chrono::DateTime::from_timestamp_millis(millis + ZONE).expect("a time");
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

fn date(millis: i64) -> String {
    date_time(millis)[..10].to_owned()
}
