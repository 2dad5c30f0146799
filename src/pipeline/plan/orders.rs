//! Orders: each becomes a webhook log, a transaction, its buyer, and a conversion where one is due.

use crate::store::codec::fingerprint::fingerprint;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::domain::books::RowOutcome;
use crate::domain::commission;
use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding};
use crate::domain::identity::{People, PersonRef, PersonState};
use crate::domain::ids::id_for;
use crate::domain::json_string;
use crate::domain::money::Money;
use crate::domain::order::Order;
use crate::domain::product_map::{ProductKind, ProductMap};
use crate::domain::source_payload::SourcePayload;
use crate::domain::status::OrderStatus;
use crate::pipeline::plan::batch_plan::{BatchPlan, OpenRow, PlannedRow};
use crate::pipeline::plan::people::{IncompleteUsers, user_of};
use crate::pipeline::plan::planner::{LookupNeed, Planner};
use crate::pipeline::plan::product_ownership::{ProductOwnership, Purchase};
use crate::pipeline::read::duplicates::key_hash;
use crate::pipeline::read::parse_row::ParsedRow;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::JsonText;
use crate::store::history::journal::Change;
use crate::store::queries;
use crate::store::schema::tables::{
    AffiliateConversion, AffiliateMapping, AffiliateProfile, Product, Transaction, TransactionStatus,
    TransactionType, WebhookLog,
};
use crate::store::schema::words::MappingStatus;
use crate::store::session::store::Store;

/// Sums paid to whom: an affiliate's code and where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ResolvedAffiliate {
    /// Nobody has decided yet who it is.
    Pending,
    /// A profile of the app, and its user.
    Verified {
        /// AffiliateProfile.id (L19).
        profile_id: String,
        /// Its user.
        user_id: String,
    },
}

impl ResolvedAffiliate {
    /// Whether it is known who it is.
    pub(crate) fn is_verified(&self) -> bool {
        matches!(self, ResolvedAffiliate::Verified { .. })
    }
}

/// The affiliates of the app by their Sejoli codes.
pub(crate) type ResolvedAffiliates = HashMap<String, ResolvedAffiliate>;

/// Reads the mappings of the app.
pub(crate) fn sellers(store: &mut Store) -> anyhow::Result<ResolvedAffiliates> {
    let mappings: Vec<AffiliateMapping> = store.all_rows()?;
    let users: Vec<&str> =
        mappings.iter().filter_map(|mapping| mapping.eksporyuk_user_id.as_deref()).collect();
    let profiles: Vec<AffiliateProfile> = store.select_in("userId", &users)?;
    let by_user: HashMap<&str, &str> =
        profiles.iter().map(|profile| (profile.user_id.as_str(), profile.id.as_str())).collect();
    let seller = |mapping: &AffiliateMapping| {
        let user = mapping
            .eksporyuk_user_id
            .as_deref()
            .filter(|_| MappingStatus::from_word(&mapping.status) == Some(MappingStatus::Verified));
        match user.and_then(|user| Some((by_user.get(user)?, user))) {
            Some((profile, user)) => {
                ResolvedAffiliate::Verified { profile_id: (*profile).to_owned(), user_id: user.to_owned() }
            }
            None => ResolvedAffiliate::Pending,
        }
    };
    Ok(mappings.iter().map(|mapping| (mapping.code.clone(), seller(mapping))).collect())
}

/// What planning an order needs to know besides the order.
#[allow(missing_debug_implementations)]
pub(crate) struct Orders<'a> {
    /// The people of the files and of the app.
    pub people: &'a mut People,
    /// The product map.
    pub products: &'a ProductMap,
    /// The app's products by their slugs.
    pub app_products: HashMap<String, String>,
    /// The affiliates.
    pub sellers: ResolvedAffiliates,
    /// Numbers that transactions of the app's own have.
    pub of_the_app: HashSet<String>,
    /// Whether no order of Sejoli was there when the phase began, so that none needs to be looked up.
    pub is_first: bool,
    /// Whether the app keeps who owns which product.
    pub keeps_ownership: bool,
    /// The orders that the app has now, by the hashes of their numbers: memberships name them.
    pub there: HashSet<u64>,
}

/// The numbers of Sejoli orders that the app has by other means: as an invoice number, or as an
/// external id in one of the spellings that were in use (`SEJOLI-12`, `12`).
pub(crate) fn numbers_of_the_app(store: &mut Store) -> anyhow::Result<HashSet<String>> {
    let found = queries::orders::numbers_without_log(store)?;
    let texts = found.into_iter().flat_map(|found| [found.external_id.map(spelt), found.invoice_number]);
    Ok(texts.flatten().collect())
}

/// An external id without its prefix, however that is written.
fn spelt(external: String) -> String {
    match external.get(..7) {
        Some(prefix) if prefix.eq_ignore_ascii_case("sejoli-") => external[7..].to_owned(),
        _ => external,
    }
}

/// The app's products that the map names, by slug.
pub(crate) fn app_products(store: &mut Store, map: &ProductMap) -> anyhow::Result<HashMap<String, String>> {
    let slugs: Vec<&str> = map.products.values().filter_map(|mapped| mapped.product.as_deref()).collect();
    let found: Vec<Product> = store.select_in("slug", &slugs)?;
    Ok(found.into_iter().filter_map(|product| Some((product.slug?, product.id))).collect())
}

/// The rows of an order as they stand in the app.
#[derive(Debug, Default)]
pub(crate) struct StandingOrder {
    log: Option<WebhookLog>,
    transaction: Option<Transaction>,
    conversion: Option<AffiliateConversion>,
}

/// The rows of an order as the source wants them.
struct DesiredOrder {
    log: WebhookLog,
    transaction: Transaction,
    conversion: Option<AffiliateConversion>,
    /// The hash of the source's cells.
    content: Option<u64>,
    written: u64,
}

/// Who has placed an order, and what was noticed about that.
struct ResolvedBuyer {
    user_id: String,
    findings: Vec<Finding>,
}

/// The key under which an order's transaction is known, in every run (L13).
pub(crate) fn external_id(order_id: &str) -> String {
    format!("sejoli-{order_id}")
}

/// What is to be looked up for the orders of a batch.
#[derive(Debug, Default)]
pub(crate) struct OrderLookup {
    /// The numbers of the orders; none where the app has no order of Sejoli yet.
    orders: Vec<String>,
    /// Users whose rows have empty fields that the files can fill.
    incomplete: Vec<String>,
    /// Users who buy a product of the app; none where the app does not keep who owns which.
    buyers: BTreeSet<String>,
    /// Whether the app keeps who owns which product.
    keeps_ownership: bool,
}

/// What the app has of it.
#[derive(Debug, Default)]
pub(crate) struct OrderLookupResult {
    /// By the number of the order.
    standing: HashMap<String, StandingOrder>,
    incomplete: IncompleteUsers,
    ownership: ProductOwnership,
}

impl Planner<Order> for Orders<'_> {
    type Lookup = OrderLookup;
    type LookupResult = OrderLookupResult;

    /// The buyer, as far as somebody is known.
    fn partition_key<'r>(&'r self, row: &'r ParsedRow<Order>) -> &'r str {
        let person = row.record.as_ref().and_then(|order| self.person(order));
        person.map_or(row.key.as_str(), |person| self.people.email(person))
    }

    fn lookup(&mut self, rows: &[ParsedRow<Order>]) -> LookupNeed<OrderLookup> {
        let records = || rows.iter().filter_map(|parsed| parsed.record.as_ref());
        let incomplete =
            IncompleteUsers::among(self.people, records().filter_map(|order| self.person(order)));
        let keeps_ownership = self.keeps_ownership;
        let buyers: BTreeSet<String> =
            records().filter_map(|order| self.buyer_of_app_product(order)).collect();
        let mut lookup = OrderLookup { orders: Vec::new(), incomplete, buyers, keeps_ownership };
        if self.is_first {
            let is_known = lookup.incomplete.is_empty() && lookup.buyers.is_empty();
            return if is_known { LookupNeed::Nothing } else { LookupNeed::InTransaction(lookup) };
        }
        let ids: BTreeSet<&str> = records().map(|order| order.id.as_str()).collect();
        lookup.orders = ids.into_iter().map(str::to_owned).collect();
        LookupNeed::InTransaction(lookup)
    }

    fn look_up(store: &mut Store, lookup: OrderLookup) -> anyhow::Result<OrderLookupResult> {
        let standing = standing_orders(store, &lookup.orders)?;
        let mut buyers = lookup.buyers;
        if lookup.keeps_ownership {
            let before = standing.values().filter_map(|order| order.transaction.as_ref());
            let with_product = before.filter(|transaction| transaction.product_id.is_some());
            buyers.extend(with_product.map(|transaction| transaction.user_id.clone()));
        }
        Ok(OrderLookupResult {
            standing,
            incomplete: IncompleteUsers::look_up(store, &lookup.incomplete)?,
            ownership: ProductOwnership::look_up(store, &buyers)?,
        })
    }

    fn plan(
        &mut self,
        mut found: OrderLookupResult,
        rows: Vec<ParsedRow<Order>>,
        written_at: Millis,
    ) -> anyhow::Result<BatchPlan> {
        let mut plan = BatchPlan::new(written_at);
        for row in rows {
            let amount = row.record.as_ref().map_or(Money::ZERO, Order::charged);
            let Some(OpenRow { record, payload, mut findings, entry }) = plan.enter(row, amount)? else {
                continue;
            };
            let stands = found.standing.remove(&record.id).unwrap_or_default();
            let planned = match self.buyer_of(&mut plan, &record, &stands, &mut found.incomplete)? {
                Err(why) => Err(why),
                Ok(buyer) => {
                    findings.extend(buyer.findings);
                    let desired = self.desired(&record, buyer.user_id, payload, written_at);
                    self.plan_order(&mut plan, &mut found.ownership, desired, stands)
                }
            };
            if planned.is_ok() {
                self.there.insert(key_hash(&record.id));
            }
            plan.close(entry, findings, planned);
        }
        plan.change(found.ownership.into_changes(written_at));
        Ok(plan)
    }
}

impl Orders<'_> {
    fn person(&self, order: &Order) -> Option<PersonRef> {
        self.people.resolve(order.email.as_ref(), order.phone)
    }

    /// The id of the app's product that an order is of, if the map names one.
    fn app_product(&self, order: &Order) -> Option<&String> {
        self.app_products.get(self.products.get(&order.product_id)?.product.as_deref()?)
    }

    /// The user who buys a product of the app with this order, as far as the app keeps that and has the user.
    fn buyer_of_app_product(&self, order: &Order) -> Option<String> {
        self.app_product(order).filter(|_| self.keeps_ownership)?;
        self.people.user_id(self.person(order)?).map(str::to_owned)
    }

    /// Who has placed an order, created by this plan where the app does not know him yet; an inner error is why the
    /// order is held.
    fn buyer_of(
        &mut self,
        plan: &mut BatchPlan,
        order: &Order,
        stands: &StandingOrder,
        incomplete: &mut IncompleteUsers,
    ) -> anyhow::Result<Result<ResolvedBuyer, Finding>> {
        let Some(person) = self.person(order) else {
            return Ok(Err(Finding::at(Code::IdentityMissing, "buyer_email", "")));
        };
        if self.people.state(person) == PersonState::Ambiguous {
            return Ok(Err(Finding::at(Code::PersonAmbiguous, "buyer_email", "")));
        }
        let mut findings = Vec::new();
        if order.email.is_none() {
            findings.push(Finding::at(Code::IdentityByPhone, "buyer_phone", ""));
        }
        let is_there = stands.transaction.is_some() || self.of_the_app.contains(&order.id);
        if stands.log.is_none() && is_there {
            return Ok(Err(Finding::at(Code::OrderOfApp, "order_id", order.id.clone())));
        }
        let user_id = user_of(plan, self.people, incomplete, person, order.placed_at)?;
        findings.extend(self.seller_finding(order, &user_id));
        Ok(Ok(ResolvedBuyer { user_id, findings }))
    }

    /// Plans one order; an error is why it is held.
    fn plan_order(
        &self,
        plan: &mut BatchPlan,
        ownership: &mut ProductOwnership,
        desired: DesiredOrder,
        stands: StandingOrder,
    ) -> PlannedRow {
        let before = stands.transaction.as_ref();
        let id = before.map_or(&desired.transaction.id, |before| &before.id);
        let after = Purchase::of(&desired.transaction, id);
        let before = before.and_then(|before| Purchase::of(before, &before.id));
        let planned = reconcile(plan, desired, stands);
        if self.keeps_ownership && planned.as_ref().is_ok_and(|outcome| *outcome != RowOutcome::Unchanged) {
            ownership.order_written(before, after);
        }
        planned
    }

    fn seller(&self, order: &Order) -> Option<&ResolvedAffiliate> {
        self.sellers.get(order.affiliate_code.as_deref()?)
    }

    fn seller_finding(&self, order: &Order, user_id: &str) -> Option<Finding> {
        let code = order.affiliate_code.as_deref()?;
        let found = match self.seller(order) {
            None => Code::AffiliateUnknown,
            Some(ResolvedAffiliate::Pending) => Code::AffiliatePending,
            Some(ResolvedAffiliate::Verified { user_id: seller, .. }) if seller == user_id => {
                Code::SelfReferral
            }
            Some(_) => return None,
        };
        Some(Finding::at(found, "affiliate_code", code))
    }

    /// The rows of an order that is planned.
    fn desired(
        &self,
        order: &Order,
        user_id: String,
        payload: SourcePayload<'_>,
        written_at: Millis,
    ) -> DesiredOrder {
        let seller = match self.seller(order) {
            Some(ResolvedAffiliate::Verified { profile_id, .. }) => Some(profile_id.clone()),
            _ => None,
        };
        let mapped = self.products.get(&order.product_id);
        let product_id = self.app_product(order).cloned();
        let kind = mapped.map_or(TransactionType::Product, |mapped| transaction_type(mapped.kind));
        let transaction = transaction(order, user_id, kind, product_id, seller.clone(), written_at);
        let conversion = conversion_of(order, seller.as_deref(), &transaction.id);
        let written = written_fingerprint(&transaction, conversion.as_ref());
        let payload = SourcePayload { written: Some(written), ..payload };
        let log = webhook_log(order, seller, payload.to_json(), written_at);
        DesiredOrder { log, transaction, conversion, content: payload.content, written }
    }
}

/// The rows of the app that belong to the orders of a batch.
fn standing_orders(store: &mut Store, ids: &[String]) -> anyhow::Result<HashMap<String, StandingOrder>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let external: Vec<String> = ids.iter().map(|id| external_id(id)).collect();
    let external: Vec<&str> = external.iter().map(String::as_str).collect();
    let mut standing: HashMap<String, StandingOrder> = HashMap::new();
    for log in store.select_in::<WebhookLog>("orderId", &ids)? {
        let order_id = log.order_id.clone();
        standing.entry(order_id).or_default().log = Some(log);
    }
    let found: Vec<Transaction> = store.select_in("externalId", &external)?;
    let transaction_ids: Vec<&str> = found.iter().map(|found| found.id.as_str()).collect();
    let conversions: Vec<AffiliateConversion> = store.select_in("transactionId", &transaction_ids)?;
    let mut by_transaction: HashMap<String, AffiliateConversion> =
        conversions.into_iter().map(|found| (found.transaction_id.clone(), found)).collect();
    for transaction in found {
        let external = transaction.external_id.as_deref().unwrap_or_default();
        let order_id = external.strip_prefix("sejoli-").unwrap_or(external).to_owned();
        let entry = standing.entry(order_id).or_default();
        entry.conversion = by_transaction.remove(&transaction.id);
        entry.transaction = Some(transaction);
    }
    Ok(standing)
}

/// Compares what the source wants with what an import wrote and with what stands there now. The
/// app's own edits are never overwritten: if both sides have changed, the row is held.
fn reconcile(
    plan: &mut BatchPlan,
    desired: DesiredOrder,
    stands: StandingOrder,
) -> Result<RowOutcome, Finding> {
    let Some(log) = stands.log else {
        plan.change([Change::insert(desired.transaction)]);
        plan.change([Change::insert(desired.log)]);
        plan.change(desired.conversion.map(Change::insert));
        return Ok(RowOutcome::Created);
    };
    let kept = StoredFingerprints::of(&log);
    if kept.written == Some(desired.written) {
        if kept.content == desired.content {
            return Ok(RowOutcome::Unchanged);
        }
        return Ok(if update_log(plan, log, desired.log) {
            RowOutcome::Updated
        } else {
            RowOutcome::Unchanged
        });
    }
    let unedited = stands.transaction.filter(|transaction| {
        kept.written == Some(written_fingerprint(transaction, stands.conversion.as_ref()))
    });
    let Some(transaction) = unedited else {
        return Err(Finding::of_row(Code::EditedInApp, ""));
    };
    let transaction_id = transaction.id.clone();
    let mut wanted = desired.transaction;
    wanted.id.clone_from(&transaction_id);
    plan.change(Change::diff(&transaction_id, transaction, wanted, &["id"]));
    let conversion =
        desired.conversion.map(|conversion| AffiliateConversion { transaction_id, ..conversion });
    plan.change(conversion_change(stands.conversion, conversion));
    update_log(plan, log, desired.log);
    Ok(RowOutcome::Updated)
}

/// What becomes of a conversion: PAID brings it, REFUNDED takes it back.
pub(crate) fn conversion_change(
    old: Option<AffiliateConversion>,
    new: Option<AffiliateConversion>,
) -> Option<Change> {
    match (old, new) {
        (None, new) => new.map(Change::insert),
        (Some(old), None) => Some(Change::delete::<AffiliateConversion>(&old.id)),
        (Some(old), Some(new)) => {
            let id = old.id.clone();
            Change::diff(&id, old, new, &["id", "paidOut", "paidOutAt"])
        }
    }
}

fn update_log(plan: &mut BatchPlan, old: WebhookLog, new: WebhookLog) -> bool {
    let id = old.id.clone();
    let change = Change::diff(&id, old, new, &["id", "createdAt", "processedAt"]);
    let changed = change.is_some();
    plan.change(change);
    changed
}

/// What a log remembers of the last import: the source cells, and the rows made of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct StoredFingerprints {
    /// Hash of the source's cells.
    content: Option<u64>,
    /// Fingerprint of the transaction and the conversion as they were written.
    written: Option<u64>,
}

impl StoredFingerprints {
    /// Reads them from a log. One whose payload cannot be read has none, so that its order counts as
    /// edited in the app and is held.
    fn of(log: &WebhookLog) -> Self {
        SourcePayload::parse(&log.webhook_payload.0)
            .map(|payload| Self { content: payload.content, written: payload.written })
            .unwrap_or_default()
    }
}

/// The fingerprint by which an edit of the app is noticed. Left out: ids and `updatedAt`, which say
/// nothing about the content, and the payout marks, which are the app's business.
pub(crate) fn written_fingerprint(
    transaction: &Transaction,
    conversion: Option<&AffiliateConversion>,
) -> u64 {
    let skip = |name: &str| matches!(name, "id" | "updatedAt" | "transactionId" | "paidOut" | "paidOutAt");
    let mut values = Vec::with_capacity(32);
    let named = transaction.clone().into_row().into_iter().zip(Transaction::TABLE.columns);
    values.extend(named.filter(|(_, column)| !skip(column.name)).map(|(value, _)| value));
    if let Some(conversion) = conversion {
        let named = conversion.clone().into_row().into_iter().zip(AffiliateConversion::TABLE.columns);
        values.extend(named.filter(|(_, column)| !skip(column.name)).map(|(value, _)| value));
    }
    fingerprint(&values)
}

/// The app's word for a product's kind.
pub(crate) const fn transaction_type(kind: ProductKind) -> TransactionType {
    match kind {
        ProductKind::Membership => TransactionType::Membership,
        ProductKind::Product => TransactionType::Product,
        ProductKind::Course => TransactionType::Course,
        ProductKind::Event => TransactionType::Event,
    }
}

/// The app's word for an order's status.
pub(crate) const fn transaction_status(status: OrderStatus) -> TransactionStatus {
    match status {
        OrderStatus::Paid => TransactionStatus::Success,
        OrderStatus::Pending => TransactionStatus::Pending,
        OrderStatus::Expired => TransactionStatus::Failed,
        OrderStatus::Refunded => TransactionStatus::Refunded,
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// The transaction of an order as far as the order itself tells it: without its person, its product in
/// the app and its affiliate.
pub(crate) fn transaction_of(order: &Order, kind: TransactionType) -> Transaction {
    transaction(order, String::new(), kind, None, None, order.placed_at)
}

fn transaction(
    order: &Order,
    user_id: String,
    kind: TransactionType,
    product_id: Option<String>,
    affiliate_id: Option<String>,
    written_at: Millis,
) -> Transaction {
    Transaction {
        id: id_for(Transaction::TABLE.name, &order.id, order.placed_at),
        user_id,
        kind,
        status: transaction_status(order.status),
        amount: order.charged(),
        customer_name: some(&order.buyer_name),
        customer_email: order.email.as_ref().map(|email| email.as_str().to_owned()),
        customer_phone: order.phone.map(|phone| phone.to_string()),
        customer_whatsapp: order.whatsapp.map(|phone| phone.to_string()),
        product_id,
        description: some(&order.product_name),
        original_amount: Some(order.amount),
        payment_provider: Some("SEJOLI".to_owned()),
        external_id: Some(external_id(&order.id)),
        affiliate_share: order.commission,
        affiliate_id,
        metadata: Some(metadata(order)),
        paid_at: order.paid_at,
        created_at: order.placed_at,
        updated_at: written_at,
        invoice_number: Some(order.id.clone()),
    }
}

fn metadata(order: &Order) -> JsonText {
    let mut json = String::from("{\"source\":\"SEJOLI\",\"productId\":");
    json_string::push(&mut json, &order.product_id);
    json.push_str(",\"productName\":");
    json_string::push(&mut json, &order.product_name);
    if let Some(code) = &order.affiliate_code {
        json.push_str(",\"affiliateCode\":");
        json_string::push(&mut json, code);
    }
    json.push('}');
    JsonText(json)
}

/// The conversion that an order has earned its affiliate, dated by its payment (L17, L18, L20).
fn conversion_of(
    order: &Order,
    profile_id: Option<&str>,
    transaction_id: &str,
) -> Option<AffiliateConversion> {
    let amount = commission::earned(order)?;
    Some(conversion(
        &order.id,
        profile_id?,
        transaction_id,
        amount,
        commission::rate(order),
        order.earned_at(),
    ))
}

/// A conversion row.
pub(crate) fn conversion(
    order_id: &str,
    profile_id: &str,
    transaction_id: &str,
    amount: Money,
    rate: crate::domain::money::Rate,
    earned_at: Millis,
) -> AffiliateConversion {
    AffiliateConversion {
        id: id_for(AffiliateConversion::TABLE.name, order_id, earned_at),
        affiliate_id: profile_id.to_owned(),
        transaction_id: transaction_id.to_owned(),
        commission_amount: amount,
        commission_rate: rate,
        paid_out: false,
        paid_out_at: None,
        created_at: earned_at,
    }
}

/// An amount for the log's `Float` columns, which the checklist prescribes; the transaction beside
/// it holds the exact one.
fn float(amount: Money) -> f64 {
    amount.minor() as f64 / 100.0
}

fn webhook_log(order: &Order, profile_id: Option<String>, payload: String, written_at: Millis) -> WebhookLog {
    WebhookLog {
        id: id_for(WebhookLog::TABLE.name, &order.id, order.placed_at),
        order_id: order.id.clone(),
        order_status: order.status.as_str().to_owned(),
        product_id: order.product_id.clone(),
        product_name: order.product_name.clone(),
        buyer_name: order.buyer_name.clone(),
        buyer_email: order.email.as_ref().map(|email| email.as_str().to_owned()).unwrap_or_default(),
        buyer_phone: order.phone.map(|phone| phone.to_string()),
        buyer_whatsapp: order.whatsapp.map(|phone| phone.to_string()),
        amount: float(order.amount),
        paid_amount: order.paid_amount.map(float),
        paid_at: order.paid_at,
        affiliate_code: order.affiliate_code.clone(),
        affiliate_name: order.affiliate_name.clone(),
        affiliate_email: order.affiliate_email.clone(),
        affiliate_phone: None,
        affiliate_rate: order.rate.map(|rate| rate.hundredths() as f64 / 100.0),
        affiliate_amount: order.commission.map(float),
        eksporyuk_affiliate_id: profile_id,
        processed: true,
        processed_at: Some(written_at),
        process_error: None,
        webhook_payload: JsonText(payload),
        created_at: written_at,
        updated_at: written_at,
    }
}
