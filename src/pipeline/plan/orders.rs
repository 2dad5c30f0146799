//! Orders: each becomes a webhook log, a transaction, its buyer, and a conversion where one is due.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::domain::books::RowOutcome;
use crate::domain::date::Millis;
use crate::domain::decided_identities::IdentityKey;
use crate::domain::finding::{Code, Finding};
use crate::domain::identity::{PeopleIndex, PersonRef, PersonState};
use crate::domain::order::{Order, recognised_by_number};
use crate::domain::product_map::ProductMap;
use crate::domain::source_payload::SourcePayload;
use crate::pipeline::plan::affiliate_resolution::{ResolvedAffiliate, ResolvedAffiliates};
use crate::pipeline::plan::batch_plan::{BatchPlan, OpenRow, PlannedRow};
use crate::pipeline::plan::order_lookup::{OrderLookup, OrderLookupResult, StandingOrder, standing_orders};
use crate::pipeline::plan::order_numbers::{AppNumbers, InvoiceNumber};
use crate::pipeline::plan::order_reconciliation::{DesiredOrder, reconcile, settled_without_buyer};
use crate::pipeline::plan::order_rows::{
    OrderReferences, TransactionForm, conversion_of, transaction, transaction_type, webhook_log,
    written_fingerprint,
};
use crate::pipeline::plan::paid_commissions::paid_mark;
use crate::pipeline::plan::people::{IncompleteUsers, user_of};
use crate::pipeline::plan::planner::{LookupNeed, Planner};
use crate::pipeline::plan::product_ownership::{ProductOwner, ProductOwnership, Purchase};
use crate::pipeline::read::duplicates::key_hash;
use crate::pipeline::read::parse_row::ParsedRow;
use crate::store::schema::tables::TransactionType;
use crate::store::session::store::Store;

/// The planner of orders.
#[allow(missing_debug_implementations)]
pub(crate) struct Orders<'a> {
    /// People of the files and of the app.
    pub people: &'a mut PeopleIndex,
    /// The product map.
    pub products: &'a ProductMap,
    /// Ids of the app's products, by slug.
    pub app_products: HashMap<String, String>,
    /// The affiliates that orders can name.
    pub affiliates: ResolvedAffiliates,
    /// Ids of the app's memberships that the product map names, by slug.
    pub app_memberships: BTreeMap<String, String>,
    /// What the transactions that no import has written are numbered.
    pub app_numbers: AppNumbers,
    /// How the app writes transactions.
    pub form: TransactionForm,
    /// Whether the app had no Sejoli order when the phase began, so that none needs to be looked up.
    pub is_first: bool,
    /// Whether the app records product ownership.
    pub keeps_ownership: bool,
    /// Whether what the app has deleted is written again.
    pub restores_deleted: bool,
    /// The ownerships that the app has deleted, as far as batches have met them.
    pub deleted_ownerships: HashSet<ProductOwner>,
    /// Hashes of the numbers of the orders whose commissions Sejoli has paid.
    pub paid_orders: HashSet<u64>,
    /// Hashes of the numbers of the orders that are in the app after this phase; memberships name them.
    pub imported_orders: HashSet<u64>,
}

/// A row of an order that may be written, with what an earlier import has left of it.
struct OpenOrder<'r> {
    record: &'r Order,
    payload: SourcePayload<'r>,
    standing: StandingOrder,
}

impl Planner<Order> for Orders<'_> {
    type Lookup = OrderLookup;
    type LookupResult = OrderLookupResult;

    /// The buyer's e-mail address, as the order names it or as the app knows it, or the order's number.
    fn partition_key<'r>(&'r self, row: &'r ParsedRow<Order>) -> &'r str {
        let Some(order) = &row.record else { return &row.key };
        if let Some(email) = &order.email {
            return email.as_str();
        }
        self.person(order).map_or(row.key.as_str(), |person| self.people.email(person))
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
            return match (lookup.buyers.is_empty(), lookup.incomplete.is_empty()) {
                (true, true) => LookupNeed::Nothing,
                // Nobody's empty fields are filled twice, so no batch before this one can change them.
                (true, false) => LookupNeed::Ahead(lookup),
                (false, _) => LookupNeed::InTransaction(lookup),
            };
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
        found.ownership.share_deleted(&mut self.deleted_ownerships);
        for row in rows {
            let amount = row.amount;
            let Some(OpenRow { record, payload, mut findings, entry }) = plan.open(row, amount)? else {
                continue;
            };
            let standing = found.standing.remove(&record.id).unwrap_or_default();
            let planned = match self.settled_without_buyer(&record, &standing, payload.content, &mut findings)
            {
                Some(settled) => settled,
                None => {
                    let row = OpenOrder { record: &record, payload, standing };
                    self.plan_row(&mut plan, &mut found, row, &mut findings)?
                }
            };
            if planned.is_ok() {
                self.imported_orders.insert(key_hash(&record.id));
            }
            plan.close(entry, findings, planned);
        }
        plan.change(found.ownership.into_changes(written_at, self.restores_deleted));
        Ok(plan)
    }
}

impl Orders<'_> {
    fn person(&self, order: &Order) -> Option<PersonRef> {
        self.people.resolve(order.email.as_ref(), order.phone, order.whatsapp)
    }

    /// The id of the order's product in the app, if the product map names one.
    fn app_product(&self, order: &Order) -> Option<&String> {
        self.app_products.get(self.products.get(&order.product_id)?.product.as_deref()?)
    }

    /// The id of the user whose product ownership the order changes, if the app records it and has the user.
    fn buyer_of_app_product(&self, order: &Order) -> Option<String> {
        self.app_product(order).filter(|_| self.keeps_ownership)?;
        self.people.user_id(self.person(order)?).map(str::to_owned)
    }

    /// Plans an order and its buyer, whom it creates if the app does not have one. The inner error is the finding that
    /// holds the order; one that is held writes nothing, not even what its buyer lacks.
    fn plan_row(
        &mut self,
        plan: &mut BatchPlan,
        found: &mut OrderLookupResult,
        row: OpenOrder<'_>,
        findings: &mut Vec<Finding>,
    ) -> anyhow::Result<PlannedRow> {
        let OpenOrder { record: order, payload, standing } = row;
        let (identity, person) = match self.buyer_of(order, &standing) {
            Ok(buyer) => buyer,
            Err(why) => return Ok(Err(why)),
        };
        if order.email.is_none() {
            findings.push(recognised_by_number(order.phone));
        }
        let number = match self.invoice_number(order, &standing, findings) {
            Ok(number) => number,
            Err(why) => return Ok(Err(why)),
        };
        let (incomplete, at) = (&mut found.incomplete, order.placed_at);
        let known = self.people.user_id(person).map(str::to_owned);
        let user_id = match known.clone() {
            Some(user_id) => user_id,
            None => user_of(plan, self.people, incomplete, identity, person, at)?,
        };
        findings.extend(self.affiliate_finding(order, &user_id));
        let (standing, of_app) = standing.without_conversion_of_app(&order.id);
        findings.extend(of_app.then(|| Finding::of_row(Code::ConversionOfApp, "")));
        let commission_paid = order.stated_commission.paid.or_else(|| standing.known_as_paid(order));
        let payload = SourcePayload { commission_paid, ..payload };
        let desired = self.desired(order, (user_id, number), payload, of_app, plan.written_at);
        let planned = self.plan_order(plan, &mut found.ownership, desired, standing, findings);
        if known.is_some() && planned.is_ok() {
            user_of(plan, self.people, incomplete, identity, person, at)?;
        }
        Ok(planned)
    }

    /// How the source names the buyer of an order, and who that is; the error is the finding that holds the order.
    fn buyer_of(&self, order: &Order, standing: &StandingOrder) -> Result<(IdentityKey, PersonRef), Finding> {
        let identity = IdentityKey::of_buyer(order.email.as_ref(), order.phone, order.whatsapp);
        let Some((identity, person)) = identity.zip(self.person(order)) else {
            return Err(Finding::at(Code::IdentityMissing, "buyer_email", ""));
        };
        if self.people.state(person) == PersonState::Ambiguous {
            return Err(Finding::at(Code::PersonAmbiguous, "buyer_email", ""));
        }
        let is_in_app = standing.transaction.is_some() || self.app_numbers.orders.contains(&order.id);
        if standing.log.is_none() && is_in_app {
            return Err(Finding::at(Code::OrderOfApp, "order_id", order.id.clone()));
        }
        Ok((identity, person))
    }

    /// What becomes of an order whose rows or buyer are not there, unless they are to be restored.
    fn settled_without_buyer(
        &self,
        order: &Order,
        standing: &StandingOrder,
        content: Option<u64>,
        findings: &mut Vec<Finding>,
    ) -> Option<PlannedRow> {
        if self.restores_deleted {
            return None;
        }
        let buyer = self.person(order).map(|person| self.people.state(person));
        settled_without_buyer(standing, content, buyer, findings)
    }

    /// Plans one order; the error is the finding that holds it.
    fn plan_order(
        &self,
        plan: &mut BatchPlan,
        ownership: &mut ProductOwnership,
        desired: DesiredOrder,
        standing: StandingOrder,
        findings: &mut Vec<Finding>,
    ) -> PlannedRow {
        let before = standing.transaction.as_ref();
        let id = before.map_or(&desired.transaction.id, |before| &before.id);
        let after = Purchase::of(&desired.transaction, id);
        let before = before.and_then(|before| Purchase::of(before, &before.id));
        let outcome = reconcile(plan, desired, standing)?;
        if !self.keeps_ownership {
            return Ok(outcome);
        }
        let is_deleted = after.as_ref().is_some_and(|purchase| ownership.is_deleted(purchase));
        let restored = is_deleted && self.restores_deleted;
        if outcome != RowOutcome::Unchanged || restored {
            findings.extend(
                (is_deleted && !restored)
                    .then(|| Finding::at(Code::DeletedInApp, "product_id", "UserProduct")),
            );
            ownership.order_written(before, after);
        }
        Ok(if restored && outcome == RowOutcome::Unchanged { RowOutcome::Updated } else { outcome })
    }

    fn resolved_affiliate(&self, order: &Order) -> Option<&ResolvedAffiliate> {
        self.affiliates.get(order.affiliate_code.as_deref()?)
    }

    fn affiliate_finding(&self, order: &Order, user_id: &str) -> Option<Finding> {
        let code = order.affiliate_code.as_deref()?;
        let found = match self.resolved_affiliate(order) {
            None => Code::AffiliateUnknown,
            Some(ResolvedAffiliate::Pending) => Code::AffiliatePending,
            Some(ResolvedAffiliate::Verified(affiliate)) if affiliate.user_id == user_id => {
                Code::SelfReferral
            }
            Some(_) => return None,
        };
        Some(Finding::at(found, "affiliate_code", code))
    }

    /// The invoice number of an order: in the app's form, or in the other one where the app has that number for another
    /// order, which is said. An order keeps the number that it has.
    fn invoice_number(
        &self,
        order: &Order,
        standing: &StandingOrder,
        findings: &mut Vec<Finding>,
    ) -> Result<String, Finding> {
        let InvoiceNumber { number, is_changed } = self.app_numbers.invoice(
            &order.id,
            self.form.conventions.invoice,
            standing.transaction.as_ref().and_then(|transaction| transaction.invoice_number.as_deref()),
        )?;
        findings
            .extend(is_changed.then(|| Finding::at(Code::InvoiceNumberTaken, "order_id", number.clone())));
        Ok(number)
    }

    /// The rows that an order asks for.
    fn desired(
        &self,
        order: &Order,
        (user_id, invoice_number): (String, String),
        payload: SourcePayload<'_>,
        has_conversion_of_app: bool,
        written_at: Millis,
    ) -> DesiredOrder {
        let affiliate = match self.resolved_affiliate(order) {
            Some(ResolvedAffiliate::Verified(affiliate)) => Some(affiliate.clone()),
            _ => None,
        };
        let profile_id = affiliate.as_ref().map(|affiliate| affiliate.profile_id.clone());
        let mapped = self.products.get(&order.product_id);
        let kind = mapped.map_or(TransactionType::Product, |mapped| transaction_type(mapped.kind));
        let membership = mapped.and_then(|mapped| mapped.membership.as_deref());
        let references = OrderReferences {
            user_id,
            product_id: self.app_product(order).cloned(),
            membership_id: membership.and_then(|slug| self.app_memberships.get(slug).cloned()),
            affiliate,
            invoice_number,
        };
        let transaction = transaction(order, kind, references, self.form, written_at);
        let conversion =
            conversion_of(order, profile_id.as_deref(), &transaction.id).filter(|_| !has_conversion_of_app);
        let written = written_fingerprint(&transaction, conversion.as_ref());
        let (content, commission_paid) = (payload.content, payload.commission_paid);
        let payload = SourcePayload { written: Some(written), ..payload };
        let log = webhook_log(order, profile_id, payload.to_json(), written_at);
        let paid = conversion.as_ref().filter(|_| self.paid_orders.contains(&key_hash(&order.id)));
        let paid_mark = paid.map(|conversion| paid_mark(&order.id, &conversion.id, written_at));
        DesiredOrder { log, transaction, conversion, content, written, commission_paid, paid_mark }
    }
}
