//! Orders: every row of the files is in the database, field by field, or is accounted for.

use crate::domain::checklist_order;
use crate::domain::contact::Email;
use crate::domain::date::Millis;
use crate::domain::export_fields::{NativeOrderCells, OrderCells};
use crate::domain::finding::Finding;
use crate::domain::ids::{id_for, is_id_of};
use crate::domain::money::{Money, Rate};
use crate::domain::native_order;
use crate::domain::order::Order;
use crate::domain::source_id;
use crate::domain::source_kind::{ExportProfile, SourceKind};
use crate::domain::status::OrderStatus;
use crate::language::tr;
use crate::store::queries;
use crate::store::schema::tables::{AffiliateConversion, Transaction, WebhookLog};
use crate::store::schema::words::Disposition;
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::difference::Subject;
use crate::verify::expected_order::{expected_log, expected_transaction};
use crate::verify::identities::decision_id;
use crate::verify::known_people::KnownPeople;
use crate::verify::orders_without_log::OrdersWithoutLog;
use crate::verify::reader::{ExportRow, Payload, SheetLayout};
use crate::verify::rejects;
use crate::verify::report::VerifyCheck;
use crate::verify::stored_orders::{StoredBuyer, StoredOrders, external_id};
use crate::verify::sums::{OrderFileSums, OrderOrigin};

const KIND: SourceKind = SourceKind::Orders;

/// What is in the future depends on the run that has written a row, not on the row alone.
const WHENEVER: Millis = Millis(i64::MAX);

/// Compares rows of a file with the database, and counts them in the sums. Returns what is stored of them.
///
/// # Errors
/// Those of the database.
pub(crate) fn compare(
    store: &mut Store,
    context: &VerifyContext,
    (sheet, rows): (&SheetLayout, &[ExportRow]),
    check: &mut VerifyCheck,
    sums: &mut OrderFileSums,
) -> anyhow::Result<StoredOrders> {
    let orders: Vec<SourceOrder> = rows.iter().map(|row| SourceOrder::read(sheet, row, context)).collect();
    // Also those of rows that are no orders: another file may have brought one of this number.
    let numbers = orders.iter().map(|source| source.order.as_ref().map_or(&source.key, |order| &order.id));
    let stored = StoredOrders::load(store, &numbers.collect::<Vec<_>>())?;
    let (people, without_log) = (context.people(store)?, context.orders_without_log(store)?);
    for source in &orders {
        check.rows += 1;
        let stored = &stored;
        OrderComparison { store, context, people, without_log, check, sums, sheet, source, stored }
            .compare()?;
    }
    Ok(stored)
}

/// A row of a file, parsed.
struct SourceOrder<'a> {
    row: &'a ExportRow,
    key: String,
    order: Option<Order>,
    findings: Vec<Finding>,
    /// What it charged; `None` if that cannot be read.
    charged: Option<Money>,
}

impl<'a> SourceOrder<'a> {
    fn read(sheet: &SheetLayout, row: &'a ExportRow, context: &VerifyContext) -> Self {
        let Some(record) = &row.cells else {
            return Self { row, key: String::new(), order: None, findings: Vec::new(), charged: None };
        };
        let cell = |field| sheet.cell(record, field);
        let rules = sheet.rules(context.rules);
        let parsed = match sheet.profile {
            ExportProfile::Checklist => checklist_order::parse(&OrderCells::read(cell), rules, WHENEVER),
            ExportProfile::Native => native_order::parse(
                &NativeOrderCells::read(cell),
                rules,
                &context.products_by_title,
                WHENEVER,
            ),
        };
        Self {
            key: source_id::key(cell(0).trim()).into_owned(),
            order: parsed.record,
            findings: parsed.findings,
            charged: parsed.amount,
            row,
        }
    }
}

/// A row and what it is compared with.
struct OrderComparison<'a> {
    store: &'a mut Store,
    context: &'a VerifyContext,
    people: &'a KnownPeople,
    without_log: &'a OrdersWithoutLog,
    check: &'a mut VerifyCheck,
    sums: &'a mut OrderFileSums,
    sheet: &'a SheetLayout,
    source: &'a SourceOrder<'a>,
    stored: &'a StoredOrders,
}

impl OrderComparison<'_> {
    fn compare(&mut self) -> anyhow::Result<()> {
        let SourceOrder { row, key, findings, .. } = self.source;
        self.check.turn_to(Subject::Order(key.clone()));
        let rejects = self.context.rejects.at(KIND, &self.sheet.file, row.number);
        for reject in &rejects {
            let has_record = self.source.order.is_some();
            let is_zero = !has_record && self.context.rejects.is_of_earlier_version(reject);
            let amount = if is_zero { Some(Money::ZERO) } else { self.source.charged };
            rejects::compare(self.check, reject, row, key, findings, amount);
        }
        if let Some(order) = &self.source.order
            && let Some(log) = self.stored.logs.get(&order.id)
        {
            let payload = Payload::read(&log.webhook_payload.0);
            let same = row.cells.as_ref().is_some_and(|cells| self.sheet.same_cells(cells, &payload));
            if same {
                self.sums.count(order, self.origin(log, &payload));
                let stated = order.stated_commission.paid;
                self.check.compare(stated.is_none() || stated == payload.commission_paid, || {
                    tr!("order {}: SejoliWebhookLog: webhookPayload: commission_paid", order.id)
                });
                return self.compare_rows(order, log);
            }
            if rejects.is_empty() && self.origin(log, &payload) == OrderOrigin::AnotherRow {
                self.sums.superseded += 1;
                return Ok(());
            }
        }
        let held = rejects.first().map(|reject| reject.disposition == Disposition::Held);
        // A row of the same order may have been held or rejected in its stead.
        let held = held.or_else(|| self.context.rejects.has_key(KIND, key, &self.sheet.file).then_some(true));
        match held {
            Some(held) => self.sums.count_left_out(held, self.source.charged),
            None => self.missing(),
        }
        Ok(())
    }

    /// Which row the stored order was made of.
    fn origin(&self, log: &WebhookLog, payload: &Payload<'_>) -> OrderOrigin {
        let file = payload.file.as_ref();
        let here = file == self.sheet.file && payload.record == self.source.row.number;
        let is_given = || self.context.was_read(&[log.created_at, log.updated_at], KIND, file);
        if here {
            OrderOrigin::ThisRow
        } else if is_given() {
            OrderOrigin::AnotherRow
        } else {
            OrderOrigin::AnotherFile
        }
    }

    fn missing(&mut self) {
        let SourceOrder { row, key, order, .. } = self.source;
        let what = match order {
            Some(order) if self.stored.logs.get(&order.id).is_some() => tr!("differs from the stored cells"),
            _ => tr!("is neither in the database nor among the rejects"),
        };
        self.check.differ(tr!("order {key} ({} record {}): {what}", self.sheet.file, row.number));
    }

    fn compare_rows(&mut self, order: &Order, log: &WebhookLog) -> anyhow::Result<()> {
        let who = tr!("order {}", order.id);
        self.check.values += self.sheet.columns.len() as u64;
        let Some(transaction) = self.stored.transactions.get(&external_id(&order.id)) else {
            self.check.differ(tr!("{who}: no transaction"));
            return Ok(());
        };
        let first = log.updated_at == log.created_at;
        self.happened(&who, order, log);
        let seller = order.affiliate_code.as_deref().and_then(|code| self.context.sellers.get(code));
        let profile = seller.map(|seller| seller.profile_id.clone());
        let expected = expected_log(order, log, profile.clone());
        self.check.row(&who, expected, log, &["id", "webhookPayload"]);
        self.id(
            &who,
            "SejoliWebhookLog",
            &log.id,
            &id_for("SejoliWebhookLog", &order.id, order.placed_at),
            first,
        );
        let known = (self.context, self.without_log);
        let (expected, skip) = expected_transaction(known, order, transaction, seller, log.updated_at);
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
            let known = self.context.is_run_time(time);
            self.check.compare(known, || tr!("{who}: {field} ({time}) is not the time of any run"));
        }
        self.conversion(&who, order, transaction, profile, first);
        self.buyer(&who, order, transaction, first)
    }

    /// An order that was placed or paid after the run that has written it is none yet.
    fn happened(&mut self, who: &str, order: &Order, log: &WebhookLog) {
        let Some(now) = self.context.as_of(log.updated_at) else { return };
        let future = checklist_order::check_future(order, now);
        self.check.compare(future.is_none(), || tr!("{who}: was imported although its date lies ahead"));
    }

    /// Compares an id, which is made of the key and the time. The time of an order that was corrected later
    /// may be an older one; then only the key's part is compared.
    fn id(&mut self, who: &str, table: &str, found: &str, expected: &str, first: bool) {
        let from = if first { 0 } else { 9 };
        let same = found.get(from..).is_some() && found.get(from..) == expected.get(from..);
        self.check.compare(same, || tr!("{who}: {table}: id ({found} instead of {expected})"));
    }

    /// A conversion is there exactly where one is due: for a paid order with a commission and a verified
    /// affiliate (L17, L20).
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
        if found.is_some_and(|found| !is_id_of(&found.id, "AffiliateConversion", &order.id)) {
            self.check.facts.push(tr!("{who}: its conversion was made in the app"));
            return;
        }
        let (Some(amount), Some(affiliate_id)) = (due, profile) else {
            self.check.compare(found.is_none(), || tr!("{who}: a conversion that is not due"));
            return;
        };
        let Some(found) = found else {
            self.check.differ(tr!("{who}: its conversion is missing ({amount})"));
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

    /// The user is whom imports have decided the order's buyer to be (L37). Where an earlier version has written the
    /// order and nobody has decided, it is the buyer by e-mail address, or by a number where the order has no
    /// address.
    /// A user who was created from this order has its name and phone number; an order that was corrected
    /// later changes no user (L9).
    fn buyer(
        &mut self,
        who: &str,
        order: &Order,
        transaction: &Transaction,
        first: bool,
    ) -> anyhow::Result<()> {
        let (id, Some(user)) = (&transaction.user_id, self.stored.buyers.get(&transaction.user_id)) else {
            self.check.differ(tr!("{who}: Transaction.userId is no user's id"));
            return Ok(());
        };
        let decision = decision_id(order.email.as_ref(), order.phone.or(order.whatsapp));
        let decided = decision.and_then(|decision| self.people.decided(&decision));
        let same = match &order.email {
            _ if decided.is_some() => decided.as_ref() == Some(id),
            Some(email) => user.email == email.as_str() || Email::parse(&user.email).as_ref() == Ok(email),
            None => self.is_by_number(order, id, user)?,
        };
        self.check.compare(same, || tr!("{who}: its user {id} is another person"));
        let created_by_order =
            user.created_at == order.placed_at && user.import_source.as_deref() == Some("SEJOLI");
        if !first || !created_by_order || order.email.is_none() {
            return Ok(());
        }
        if !order.buyer_name.is_empty() && user.name != order.buyer_name {
            let named = self.is_named_by_another_order("customerName", &user.name, transaction)?;
            self.check.compare(named, || tr!("{who}: User.name of {id} is not the order's"));
        }
        let phone = order.phone.map(|phone| phone.to_string());
        if phone.is_some() && user.phone != phone {
            let found = user.phone.clone().unwrap_or_default();
            let named = self.is_named_by_another_order("customerPhone", &found, transaction)?;
            self.check.compare(named, || tr!("{who}: User.phone of {id} is not the order's"));
        }
        self.check.values += 2;
        Ok(())
    }

    /// Whether the user has the order's phone number, or the WhatsApp number of an order without a phone: in the
    /// app, or on another order.
    fn is_by_number(&mut self, order: &Order, id: &str, user: &StoredBuyer) -> anyhow::Result<bool> {
        match (order.phone, order.whatsapp) {
            (Some(phone), _) => {
                let phone = phone.to_string();
                let has_it = user.phone.as_ref() == Some(&phone);
                Ok(has_it || queries::orders::has_order_with_phone(self.store, id, &phone)?)
            }
            (None, Some(whatsapp)) => {
                let number = whatsapp.to_string();
                let has_it = [&user.phone, &user.whatsapp].into_iter().flatten().any(|own| *own == number);
                Ok(has_it || queries::orders::has_order_with_number(self.store, id, &number)?)
            }
            (None, None) => Ok(false),
        }
    }

    /// Whether another order of the same user and the same moment has this text in the column: then the
    /// user may have been created from that one.
    fn is_named_by_another_order(
        &mut self,
        column: &str,
        text: &str,
        transaction: &Transaction,
    ) -> anyhow::Result<bool> {
        let mut others: Vec<Transaction> = self.store.select_in("userId", &[transaction.user_id.as_str()])?;
        others.retain(|other| other.id != transaction.id && other.created_at == transaction.created_at);
        let names = |other: &Transaction| {
            let cell = if column == "customerName" { &other.customer_name } else { &other.customer_phone };
            cell.as_deref().unwrap_or("") == text
        };
        Ok(others.iter().any(names))
    }
}
