//! Orders: every row of the files is in the database, field by field, or is accounted for.

use std::collections::HashMap;

use crate::domain::checklist_order;
use crate::domain::commission;
use crate::domain::contact::{Email, Phone};
use crate::domain::date::Millis;
use crate::domain::export_fields::{NativeOrderCells, OrderCells};
use crate::domain::finding::Finding;
use crate::domain::ids::id_for;
use crate::domain::money::{Money, Rate};
use crate::domain::native_order;
use crate::domain::order::Order;
use crate::domain::product_map::ProductKind;
use crate::domain::source_kind::{ExportProfile, SourceKind};
use crate::domain::status::OrderStatus;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Cell, JsonText};
use crate::store::schema::tables::{
    AffiliateConversion, Transaction, TransactionStatus, TransactionType, User, WebhookLog,
};
use crate::store::session::columns::KeyFilter;
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::reader::{CHUNK, ExportRow, Payload, SheetLayout};
use crate::verify::rejects;
use crate::verify::report::VerifyCheck;
use crate::verify::totals::{OrderOrigin, Sums};

const KIND: SourceKind = SourceKind::Orders;

/// Compares rows of a file.
///
/// # Errors
/// Those of the database.
pub fn compare(
    store: &mut Store,
    world: &VerifyContext,
    (sheet, rows): (&SheetLayout, &[ExportRow]),
    check: &mut VerifyCheck,
    sums: &mut Sums,
) -> anyhow::Result<()> {
    let seen: Vec<SourceOrder> = rows.iter().map(|row| SourceOrder::read(sheet, row, world)).collect();
    let stored = StoredOrders::load(store, &seen)?;
    for seen in &seen {
        check.rows += 1;
        OrderComparison { store, world, check, sums, sheet, seen, stored: &stored }.compare()?;
    }
    Ok(())
}

/// A row as the source means it.
struct SourceOrder<'a> {
    row: &'a ExportRow,
    key: String,
    order: Option<Order>,
    findings: Vec<Finding>,
}

impl<'a> SourceOrder<'a> {
    fn read(sheet: &SheetLayout, row: &'a ExportRow, world: &VerifyContext) -> Self {
        let Some(record) = &row.cells else {
            return Self { row, key: String::new(), order: None, findings: Vec::new() };
        };
        let cell = |field| sheet.cell(record, field);
        let rules = sheet.rules(world.rules);
        let parsed = match sheet.profile {
            ExportProfile::Checklist => checklist_order::parse(&OrderCells::read(cell), rules),
            ExportProfile::Native => {
                native_order::parse(&NativeOrderCells::read(cell), rules, &world.products_by_title)
            }
        };
        Self { key: cell(0).trim().to_owned(), order: parsed.record, findings: parsed.findings, row }
    }

    fn charged(&self) -> Money {
        self.order.as_ref().map_or(Money::ZERO, Order::charged)
    }
}

/// The rows of the app that belong to a chunk.
#[derive(Default)]
struct StoredOrders {
    logs: HashMap<String, WebhookLog>,
    transactions: HashMap<String, Transaction>,
    conversions: HashMap<String, AffiliateConversion>,
    buyers: HashMap<String, StoredBuyer>,
}

/// What an order says of its buyer.
struct StoredBuyer {
    email: String,
    name: String,
    phone: Option<String>,
    created_at: Millis,
    import_source: Option<String>,
}

impl StoredBuyer {
    fn load(store: &mut Store, ids: &[&str]) -> anyhow::Result<HashMap<String, Self>> {
        let names = ["id", "email", "name", "phone", "createdAt", "importSource"];
        let users = store.columns(User::TABLE, &names, KeyFilter::keys("id", ids))?;
        let buyer = |(id, email, name, phone, created_at, import_source)| {
            (id, Self { email, name, phone, created_at, import_source })
        };
        Ok(users.into_iter().map(buyer).collect())
    }
}

impl StoredOrders {
    fn load(store: &mut Store, seen: &[SourceOrder<'_>]) -> anyhow::Result<Self> {
        let mut ids: Vec<&str> =
            seen.iter().filter_map(|seen| Some(seen.order.as_ref()?.id.as_str())).collect();
        ids.sort_unstable();
        ids.dedup();
        debug_assert!(ids.len() <= CHUNK);
        let logs: Vec<WebhookLog> = store.select_in("orderId", &ids)?;
        let external: Vec<String> = ids.iter().map(|id| format!("sejoli-{id}")).collect();
        let external: Vec<&str> = external.iter().map(String::as_str).collect();
        let transactions: Vec<Transaction> = store.select_in("externalId", &external)?;
        let keys: Vec<&str> = transactions.iter().map(|row| row.id.as_str()).collect();
        let conversions: Vec<AffiliateConversion> = store.select_in("transactionId", &keys)?;
        let mut people: Vec<&str> = transactions.iter().map(|row| row.user_id.as_str()).collect();
        people.sort_unstable();
        people.dedup();
        Ok(Self {
            buyers: StoredBuyer::load(store, &people)?,
            logs: logs.into_iter().map(|row| (row.order_id.clone(), row)).collect(),
            conversions: conversions.into_iter().map(|row| (row.transaction_id.clone(), row)).collect(),
            transactions: transactions
                .into_iter()
                .filter_map(|row| Some((row.external_id.clone()?, row)))
                .collect(),
        })
    }
}

/// One row with everything that it is compared with.
struct OrderComparison<'a> {
    store: &'a mut Store,
    world: &'a VerifyContext,
    check: &'a mut VerifyCheck,
    sums: &'a mut Sums,
    sheet: &'a SheetLayout,
    seen: &'a SourceOrder<'a>,
    stored: &'a StoredOrders,
}

impl OrderComparison<'_> {
    fn compare(&mut self) -> anyhow::Result<()> {
        let SourceOrder { row, key, findings, .. } = self.seen;
        let rejects = self.world.rejects.at(KIND, &self.sheet.file, row.number);
        for reject in &rejects {
            rejects::compare(self.check, reject, row, key, findings, self.seen.charged());
        }
        if let Some(order) = &self.seen.order
            && let Some(log) = self.stored.logs.get(&order.id)
        {
            let payload = Payload::read(&log.webhook_payload.0);
            let same = row.cells.as_ref().is_some_and(|cells| self.sheet.same_cells(cells, &payload));
            if same {
                self.sums.count(order, self.place(log, &payload));
                return self.compare_rows(order, log);
            }
            if rejects.is_empty() && self.place(log, &payload) == OrderOrigin::Another {
                self.sums.superseded += 1;
                return Ok(());
            }
        }
        let waits = rejects.first().map(|reject| reject.disposition == "HELD");
        let waits = waits.or_else(|| self.world.rejects.has_key(KIND, key, &self.sheet.file).then_some(true));
        match waits {
            Some(held) => self.sums.wait(held, self.seen.charged()),
            None => self.missing(),
        }
        Ok(())
    }

    /// Where the row stands that the stored order was made of.
    fn place(&self, log: &WebhookLog, payload: &Payload<'_>) -> OrderOrigin {
        let file = payload.file.as_ref();
        let here = file == self.sheet.file && payload.record == self.seen.row.number;
        let given = || self.world.was_read(&[log.created_at, log.updated_at], KIND, file);
        if here {
            OrderOrigin::Here
        } else if given() {
            OrderOrigin::Another
        } else {
            OrderOrigin::Elsewhere
        }
    }

    fn missing(&mut self) {
        let SourceOrder { row, key, order, .. } = self.seen;
        let what = match order {
            Some(order) if self.stored.logs.contains_key(&order.id) => "differs from the stored cells",
            _ => "is neither in the database nor among the rejects",
        };
        self.check.differ(format!("order {key} ({} record {}): {what}", self.sheet.file, row.number));
    }

    fn compare_rows(&mut self, order: &Order, log: &WebhookLog) -> anyhow::Result<()> {
        let who = format!("order {}", order.id);
        self.check.values += self.sheet.columns.len() as u64;
        let Some(transaction) = self.stored.transactions.get(&format!("sejoli-{}", order.id)) else {
            self.check.differ(format!("{who}: no transaction"));
            return Ok(());
        };
        let first = log.updated_at == log.created_at;
        let seller = order.affiliate_code.as_deref().and_then(|code| self.world.sellers.get(code));
        let profile = seller.map(|seller| seller.profile_id.clone());
        let expected = self.expected_log(order, log, profile.clone());
        self.check.row(&who, expected, log, &["id", "webhookPayload"]);
        self.id(
            &who,
            "SejoliWebhookLog",
            &log.id,
            &id_for("SejoliWebhookLog", &order.id, order.placed_at),
            first,
        );
        let (expected, skip) = self.expected_transaction(order, transaction, profile.clone());
        self.check.row(&who, expected, transaction, skip);
        self.id(
            &who,
            "Transaction",
            &transaction.id,
            &id_for("Transaction", &order.id, order.placed_at),
            first,
        );
        for (time, field) in [
            (log.created_at, "SejoliWebhookLog: createdAt"),
            (log.updated_at, "SejoliWebhookLog: updatedAt"),
            (transaction.updated_at, "Transaction: updatedAt"),
        ] {
            let known = self.world.is_run_time(time);
            self.check.compare(known, || format!("{who}: {field} ({time}) is no run's time"));
        }
        self.conversion(&who, order, transaction, profile, first);
        self.buyer(&who, order, transaction, first)
    }

    /// An id says the key and the time; the time of an order that was corrected later may be older.
    fn id(&mut self, who: &str, table: &str, found: &str, expected: &str, first: bool) {
        let from = if first { 0 } else { 9 };
        let same = found.get(from..).is_some() && found.get(from..) == expected.get(from..);
        self.check.compare(same, || format!("{who}: {table}: id ({found} instead of {expected})"));
    }

    fn expected_log(&self, order: &Order, log: &WebhookLog, profile: Option<String>) -> WebhookLog {
        let phone = |phone: Option<Phone>| phone.map(|phone| phone.to_string());
        WebhookLog {
            id: log.id.clone(),
            order_id: order.id.clone(),
            order_status: status_word(order.status).to_owned(),
            product_id: order.product_id.clone(),
            product_name: order.product_name.clone(),
            buyer_name: order.buyer_name.clone(),
            buyer_email: order.email.as_ref().map_or("", Email::as_str).to_owned(),
            buyer_phone: phone(order.phone),
            buyer_whatsapp: phone(order.whatsapp),
            amount: real(order.amount.minor()),
            paid_amount: order.paid_amount.map(|amount| real(amount.minor())),
            paid_at: order.paid_at,
            affiliate_code: order.affiliate_code.clone(),
            affiliate_name: order.affiliate_name.clone(),
            affiliate_email: order.affiliate_email.clone(),
            affiliate_phone: None,
            affiliate_rate: order.rate.map(|rate| real(rate.hundredths())),
            affiliate_amount: order.commission.map(|amount| real(amount.minor())),
            eksporyuk_affiliate_id: profile,
            processed: true,
            processed_at: Some(log.created_at),
            process_error: None,
            webhook_payload: log.webhook_payload.clone(),
            created_at: log.created_at,
            updated_at: log.updated_at,
        }
    }

    fn expected_transaction(
        &self,
        order: &Order,
        found: &Transaction,
        profile: Option<String>,
    ) -> (Transaction, &'static [&'static str]) {
        let mapped = self.world.map.as_ref().map(|map| map.get(&order.product_id));
        let kind =
            mapped.map(|mapped| mapped.map_or(TransactionType::Product, |mapped| kind_of(mapped.kind)));
        let product = mapped.flatten().and_then(|mapped| mapped.product.as_deref());
        let product_id = product.and_then(|slug| self.world.products.get(slug).cloned());
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let expected = Transaction {
            kind: kind.unwrap_or(found.kind),
            status: status_of(order.status),
            amount: charged(order),
            customer_name: text(&order.buyer_name),
            customer_email: order.email.as_ref().map(|email| email.as_str().to_owned()),
            customer_phone: order.phone.map(|phone| phone.to_string()),
            customer_whatsapp: order.whatsapp.map(|phone| phone.to_string()),
            product_id: if mapped.is_some() { product_id } else { found.product_id.clone() },
            description: text(&order.product_name),
            original_amount: Some(order.amount),
            payment_provider: Some("SEJOLI".to_owned()),
            external_id: Some(format!("sejoli-{}", order.id)),
            affiliate_share: order.commission,
            affiliate_id: profile,
            metadata: Some(metadata(order)),
            paid_at: order.paid_at,
            created_at: order.placed_at,
            invoice_number: Some(order.id.clone()),
            ..found.clone()
        };
        (expected, &["id", "userId", "updatedAt"])
    }

    /// A conversion stands exactly where one is due: paid, a commission, a verified affiliate (L17, L20).
    fn conversion(
        &mut self,
        who: &str,
        order: &Order,
        transaction: &Transaction,
        profile: Option<String>,
        first: bool,
    ) {
        let due = order.commission.filter(|amount| order.status == OrderStatus::Paid && amount.is_positive());
        let found = self.stored.conversions.get(&transaction.id);
        let (Some(amount), Some(affiliate_id)) = (due, profile) else {
            self.check.compare(found.is_none(), || format!("{who}: a conversion that is not due"));
            return;
        };
        let Some(found) = found else {
            self.check.differ(format!("{who}: its conversion is missing ({amount})"));
            return;
        };
        let earned_at = order.paid_at.unwrap_or(order.placed_at);
        let expected = AffiliateConversion {
            affiliate_id,
            commission_amount: amount,
            commission_rate: order.rate.unwrap_or(Rate::from_hundredths(0)),
            created_at: earned_at,
            ..found.clone()
        };
        self.check.row(who, expected, found, &["id", "paidOut", "paidOutAt"]);
        let id = id_for("AffiliateConversion", &order.id, earned_at);
        self.id(who, "AffiliateConversion", &found.id, &id, first);
    }

    /// The buyer is who the order says, by e-mail; without one, somebody with that phone. A user that
    /// was made of this order has its name and phone; an order that was corrected later changes no
    /// user (L9).
    fn buyer(
        &mut self,
        who: &str,
        order: &Order,
        transaction: &Transaction,
        first: bool,
    ) -> anyhow::Result<()> {
        let (id, Some(user)) = (&transaction.user_id, self.stored.buyers.get(&transaction.user_id)) else {
            self.check.differ(format!("{who}: Transaction.userId names nobody"));
            return Ok(());
        };
        let same = match &order.email {
            Some(email) => user.email == email.as_str() || Email::parse(&user.email).as_ref() == Ok(email),
            None => self.is_by_phone(order, id, user)?,
        };
        self.check.compare(same, || format!("{who}: its user {id} is somebody else"));
        let made_of_it =
            user.created_at == order.placed_at && user.import_source.as_deref() == Some("SEJOLI");
        if !first || !made_of_it || order.email.is_none() {
            return Ok(());
        }
        if !order.buyer_name.is_empty() && user.name != order.buyer_name {
            let tie = self.told_by_another("customerName", &user.name, transaction)?;
            self.check.compare(tie, || format!("{who}: User.name of {id} is another one"));
        }
        let phone = order.phone.map(|phone| phone.to_string());
        if phone.is_some() && user.phone != phone {
            let found = user.phone.clone().unwrap_or_default();
            let tie = self.told_by_another("customerPhone", &found, transaction)?;
            self.check.compare(tie, || format!("{who}: User.phone of {id} is another one"));
        }
        self.check.values += 2;
        Ok(())
    }

    fn is_by_phone(&mut self, order: &Order, id: &str, user: &StoredBuyer) -> anyhow::Result<bool> {
        let Some(phone) = order.phone.map(|phone| phone.to_string()) else { return Ok(false) };
        if user.phone.as_ref() == Some(&phone) {
            return Ok(true);
        }
        let sql = "SELECT count(*) FROM \"Transaction\" WHERE \"userId\" = ? AND \"customerPhone\" = ? \
                   AND \"customerEmail\" IS NOT NULL";
        let rows = self.store.query(sql, &[Cell::Text(id.to_owned()), Cell::Text(phone)])?;
        Ok(!matches!(rows.first().and_then(|row| row.first()), Some(Cell::Int(0)) | None))
    }

    /// Two orders of one person at the same moment: either may have given the name.
    fn told_by_another(
        &mut self,
        column: &str,
        text: &str,
        transaction: &Transaction,
    ) -> anyhow::Result<bool> {
        let mut others: Vec<Transaction> = self.store.select_in("userId", &[transaction.user_id.as_str()])?;
        others.retain(|other| other.id != transaction.id && other.created_at == transaction.created_at);
        let told = |other: &Transaction| {
            let cell = if column == "customerName" { &other.customer_name } else { &other.customer_phone };
            cell.as_deref().unwrap_or("") == text
        };
        Ok(others.iter().any(told))
    }
}

fn real(hundredths: i64) -> f64 {
    hundredths as f64 / 100.0
}

const fn status_word(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Paid => "PAID",
        OrderStatus::Pending => "PENDING",
        OrderStatus::Expired => "EXPIRED",
        OrderStatus::Refunded => "REFUNDED",
    }
}

/// The app's word for a status.
pub const fn status_of(status: OrderStatus) -> TransactionStatus {
    match status {
        OrderStatus::Paid => TransactionStatus::Success,
        OrderStatus::Pending => TransactionStatus::Pending,
        OrderStatus::Expired => TransactionStatus::Failed,
        OrderStatus::Refunded => TransactionStatus::Refunded,
    }
}

const fn kind_of(kind: ProductKind) -> TransactionType {
    match kind {
        ProductKind::Membership => TransactionType::Membership,
        ProductKind::Product => TransactionType::Product,
        ProductKind::Course => TransactionType::Course,
        ProductKind::Event => TransactionType::Event,
    }
}

/// What the order charged: the paid amount where money moved and it is given.
fn charged(order: &Order) -> Money {
    let moved = matches!(order.status, OrderStatus::Paid | OrderStatus::Refunded);
    order.paid_amount.filter(|_| moved).unwrap_or(order.amount)
}

fn metadata(order: &Order) -> JsonText {
    let mut json = serde_json::json!({
        "source": "SEJOLI",
        "productId": order.product_id,
        "productName": order.product_name,
    });
    if let Some(code) = &order.affiliate_code {
        json["affiliateCode"] = code.as_str().into();
    }
    JsonText(json.to_string())
}

/// The commission that an order has earned for whoever brought it.
pub fn earned(order: &Order) -> Option<Money> {
    commission::earned(order)
}
