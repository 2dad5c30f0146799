//! The first pass: reads everything, writes nothing, and learns what no single row can tell.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

use crate::domain::affiliate;
use crate::domain::affiliate::Affiliate;
use crate::domain::checklist_order;
use crate::domain::contact::Phone;
use crate::domain::export_fields::{AffiliateCells, MembershipCells, NativeOrderCells, OrderCells};
use crate::domain::finding::{Code, Finding, Severity, worst_severity};
use crate::domain::identity::{FirstSeen, People, PersonDetails, PersonRef};
use crate::domain::membership;
use crate::domain::membership::Membership;
use crate::domain::money::Money;
use crate::domain::native_order;
use crate::domain::order::Order;
use crate::domain::product_map::ProductMap;
use crate::domain::redaction::redact_cell;
use crate::domain::source_kind::{ExportProfile, SourceKind};
use crate::domain::status::OrderStatus;
use crate::pipeline::progress::Progress;
use crate::pipeline::read::completeness::{Completeness, Natives, gaps, totals_differ};
use crate::pipeline::read::duplicates::Duplicates;
use crate::pipeline::read::options::ParseOptions;
use crate::pipeline::read::parse_row::{ParsedRow, parse_row};
use crate::pipeline::read::scan::scan;
use crate::source::discover::Exports;
use crate::source::row_location::RowLocation;
use crate::source::{Export, FileNote, SourceRow};

/// Findings that came from the whole of the files, by place.
pub(crate) type CrossRowFindings = HashMap<RowLocation, Vec<Finding>>;

/// What the files of one kind are counted to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct KindCount {
    /// Rows read.
    pub rows: u64,
    /// Rows that wait for a decision.
    pub held: u64,
    /// Rows that wait for a correction.
    pub rejected: u64,
    /// Findings by code.
    pub findings: BTreeMap<&'static str, u64>,
}

impl KindCount {
    fn add(&mut self, findings: &[Finding]) {
        for finding in findings {
            *self.findings.entry(finding.code.info().code).or_default() += 1;
        }
    }

    fn close(&mut self, severity: Severity) {
        match severity {
            Severity::Held => self.held += 1,
            Severity::Rejected => self.rejected += 1,
            _ => {}
        }
    }
}

/// The sums of the orders in the files: each number once, whatever becomes of its row (L3, L11).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct OrderTotals {
    /// Different order numbers.
    pub orders: u64,
    /// By status: orders and what they charged.
    pub by_status: BTreeMap<&'static str, (u64, Money)>,
    /// What PAID orders charged.
    pub revenue: Money,
    /// The commission recorded on PAID orders.
    pub commission: Money,
}

/// What was seen of a product.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ProductSeen {
    /// Its title, as it stood on the last order.
    pub name: String,
    /// Whether its number is known, or only its title.
    pub has_id: bool,
    /// Orders of it.
    pub orders: u64,
    /// Rows of memberships of it.
    pub memberships: u64,
    /// What PAID orders of it charged.
    pub revenue: Money,
}

/// What the first pass has learnt.
#[derive(Default)]
#[allow(missing_debug_implementations)]
pub(crate) struct FirstPass {
    /// Counts by kind.
    pub counts: BTreeMap<&'static str, KindCount>,
    /// The affiliates; there are few of them.
    pub affiliates: Vec<ParsedRow<Affiliate>>,
    /// Codes of affiliates that can be imported.
    pub codes: HashSet<String>,
    /// The order numbers.
    pub orders: Duplicates,
    /// The people of the orders (and of the app, where the caller put them in).
    pub people: People,
    /// The sums of the orders.
    pub totals: OrderTotals,
    /// Recorded commission of PAID orders, by affiliate code.
    pub commission_by_code: BTreeMap<String, Money>,
    /// The products of the orders.
    pub products: BTreeMap<String, ProductSeen>,
    /// Findings from the whole, by kind and place.
    pub cross_row_findings: HashMap<SourceKind, CrossRowFindings>,
    /// What there is to say about whole files, by file.
    pub notes: Vec<(String, FileNote)>,
    /// Rows surveyed so far.
    pub rows: u64,
    /// What the files are held against each other with; none in an import, whose plans know more.
    pub cross: Option<CrossChecks>,
    /// What the plugin's own exports will not bring.
    natives: Natives,
    /// Rows that are held or rejected.
    left: HashSet<(SourceKind, RowLocation)>,
    /// People with a number that somebody else has, too: each is told of once.
    shared: HashSet<(PersonRef, Phone)>,
    /// Orders without an address, to be recognised by phone when everybody is known.
    nameless: Vec<(RowLocation, Option<Phone>)>,
}

/// What else there is to hold the files against.
#[allow(missing_debug_implementations)]
pub(crate) struct CrossChecks {
    /// Whether the affiliates are among the files, so that their codes are known.
    pub codes: bool,
    /// Whether the orders are among the files, so that their numbers are known.
    pub orders: bool,
    /// The product map, if there is one.
    pub products: Option<ProductMap>,
    /// The orders as a set.
    pub completeness: Completeness,
}

/// Examines a row of affiliates.
pub(crate) fn parse_affiliate_row(
    parse_options: &ParseOptions,
    at: usize,
    export: &Export,
    row: SourceRow,
    payload: bool,
) -> ParsedRow<Affiliate> {
    parse_row(at, export, row, payload, parse_options, |position, record| {
        let cells = AffiliateCells::read(|field| record.get(position(field)).unwrap_or(""));
        affiliate::parse(&cells, export.rules(parse_options.rules))
    })
}

/// Examines a row of orders.
pub(crate) fn parse_order_row(
    parse_options: &ParseOptions,
    at: usize,
    export: &Export,
    row: SourceRow,
    payload: bool,
) -> ParsedRow<Order> {
    parse_row(at, export, row, payload, parse_options, |position, record| {
        let cell = |field| record.get(position(field)).unwrap_or("");
        let rules = export.rules(parse_options.rules);
        match export.profile {
            ExportProfile::Checklist => checklist_order::parse(&OrderCells::read(cell), rules),
            ExportProfile::Native => {
                native_order::parse(&NativeOrderCells::read(cell), rules, &parse_options.products_by_title)
            }
        }
    })
}

/// Examines a row of memberships.
pub(crate) fn parse_membership_row(
    parse_options: &ParseOptions,
    at: usize,
    export: &Export,
    row: SourceRow,
    payload: bool,
) -> ParsedRow<Membership> {
    parse_row(at, export, row, payload, parse_options, |position, record| {
        let cells = MembershipCells::read(|field| record.get(position(field)).unwrap_or(""));
        membership::parse(&cells, export.rules(parse_options.rules), parse_options.as_of)
    })
}

/// Reads orders and memberships for their products alone.
///
/// # Errors
/// A file cannot be read to its end.
pub(crate) fn first_pass_products(
    exports: &Exports,
    parse_options: &ParseOptions,
    progress: &mut dyn Progress,
) -> anyhow::Result<FirstPass> {
    let mut first_pass = FirstPass::default();
    let pool = parse_options.pool()?;
    let mut notice = |_, _, _: &[Finding]| {
        progress.advance(1);
        Ok(())
    };
    let mut reader =
        FirstPassReader { parse_options, pool: &pool, notice: &mut notice, each_order: &mut |_| Ok(()) };
    first_pass.orders(&exports.of(SourceKind::Orders), &mut reader)?;
    first_pass.memberships(&exports.of(SourceKind::Memberships), &mut reader)?;
    Ok(first_pass)
}

/// What is told of each row as the survey passes it, and once more of a row about which the whole of
/// the files has something to say.
pub(crate) type Notice<'a> = &'a mut dyn FnMut(SourceKind, RowLocation, &[Finding]) -> anyhow::Result<()>;

/// Who is shown the orders as the first pass reads them.
pub(crate) type OrderObserver<'a> = &'a mut dyn FnMut(&Order) -> anyhow::Result<()>;

/// How a first pass reads: the rules, the threads, and whom it tells.
#[allow(missing_debug_implementations)]
pub(crate) struct FirstPassReader<'a> {
    /// How cells are read.
    pub parse_options: &'a ParseOptions,
    /// The threads that examine rows.
    pub pool: &'a rayon::ThreadPool,
    /// Who is told of each row.
    pub notice: Notice<'a>,
    /// Who is shown each order of a validation, a repeated one once.
    pub each_order: OrderObserver<'a>,
}

impl FirstPass {
    /// Reads the affiliates. There are few of them: they are kept, with all of their findings.
    pub(crate) fn affiliates(
        &mut self,
        exports: &[&Export],
        reader: &mut FirstPassReader<'_>,
    ) -> anyhow::Result<()> {
        let kind = SourceKind::Affiliates;
        let parse_options = reader.parse_options;
        let mut duplicates = Duplicates::default();
        let notes = scan(
            exports,
            reader.pool,
            |at, export, row| parse_affiliate_row(parse_options, at, export, row, true),
            |row| {
                if !row.key.is_empty() {
                    duplicates.add(&row.key, row.place, row.content);
                }
                self.count(kind, row.place, &row.findings, reader.notice)?;
                self.affiliates.push(row);
                Ok(())
            },
        )?;
        self.keep_notes(exports, notes);
        self.close_cross_row_findings(kind, duplicates.findings(parse_options.on_duplicate), reader.notice)?;
        let cross_row_findings = self.cross_row_findings.remove(&kind).unwrap_or_default();
        for row in &mut self.affiliates {
            row.findings.extend(cross_row_findings.get(&row.place).into_iter().flatten().cloned());
            let affiliate = row.record.as_ref().filter(|_| worst_severity(&row.findings) < Severity::Held);
            self.codes.extend(affiliate.map(|affiliate| affiliate.code.clone()));
            if let Some((affiliate, email)) =
                affiliate.and_then(|affiliate| Some((affiliate, affiliate.email.as_ref()?)))
                && self.cross.is_some()
            {
                let number = crate::pipeline::read::duplicates::key_hash(&affiliate.code);
                let seen = FirstSeen { at: affiliate.joined_at.unwrap_or(parse_options.as_of), number };
                let details = PersonDetails { name: &affiliate.name, phone: affiliate.phone, whatsapp: None };
                self.people.observe(email, seen, details);
            }
        }
        Ok(())
    }

    /// Reads the orders.
    pub(crate) fn orders(
        &mut self,
        exports: &[&Export],
        reader: &mut FirstPassReader<'_>,
    ) -> anyhow::Result<()> {
        let kind = SourceKind::Orders;
        let parse_options = reader.parse_options;
        let mut cross_row_findings: Vec<(RowLocation, Finding)> = Vec::new();
        let notes = scan(
            exports,
            reader.pool,
            |at, export, row| parse_order_row(parse_options, at, export, row, false),
            |mut row| {
                let is_new = row.key.is_empty() || self.orders.add(&row.key, row.place, row.content);
                if let Some(order) = &row.record {
                    row.findings.extend(self.cross_order(order));
                    if is_new && row.place.of(exports).is_some_and(|one| one.profile == ExportProfile::Native)
                    {
                        self.natives.add(order);
                    }
                    if is_new {
                        if let Some(cross) = &mut self.cross {
                            cross.completeness.add(order);
                            (reader.each_order)(order)?;
                        }
                        self.add_totals(order);
                    }
                    if row.severity() < Severity::Held {
                        cross_row_findings.extend(self.add_person(order, row.place, parse_options.show_pii));
                    }
                }
                self.count(kind, row.place, &row.findings, reader.notice)
            },
        )?;
        self.keep_notes(exports, notes);
        cross_row_findings.extend(self.orders.findings(parse_options.on_duplicate));
        cross_row_findings.extend(self.nameless_findings());
        self.totals.orders = self.orders.len() as u64;
        self.close_cross_row_findings(kind, cross_row_findings, reader.notice)
    }

    /// Reads the memberships.
    pub(crate) fn memberships(
        &mut self,
        exports: &[&Export],
        reader: &mut FirstPassReader<'_>,
    ) -> anyhow::Result<()> {
        let kind = SourceKind::Memberships;
        let parse_options = reader.parse_options;
        let mut duplicates = Duplicates::default();
        let notes = scan(
            exports,
            reader.pool,
            |at, export, row| parse_membership_row(parse_options, at, export, row, false),
            |mut row| {
                if !row.key.is_empty() {
                    duplicates.add(&row.key, row.place, row.content);
                }
                if let Some(membership) = &row.record {
                    row.findings.extend(self.cross_membership(membership));
                    if let Some(product) = self.product(&membership.product_id, true) {
                        product.memberships += 1;
                    }
                }
                self.count(kind, row.place, &row.findings, reader.notice)
            },
        )?;
        self.keep_notes(exports, notes);
        self.close_cross_row_findings(kind, duplicates.findings(parse_options.on_duplicate), reader.notice)
    }

    /// Adds a finding that an earlier attempt has made.
    pub(crate) fn add_cross_row_finding(&mut self, kind: SourceKind, place: RowLocation, finding: Finding) {
        match self.affiliates.iter_mut().find(|row| kind == SourceKind::Affiliates && row.place == place) {
            Some(row) => row.findings.push(finding),
            None => self.cross_row_findings.entry(kind).or_default().entry(place).or_default().push(finding),
        }
    }

    /// Lets go of the order numbers, when nobody will ask for them again.
    pub(crate) fn forget_orders(&mut self) {
        self.orders = Duplicates::default();
    }

    /// Keeps what the headers and the rows let one say about the files.
    fn keep_notes(&mut self, exports: &[&Export], notes: Vec<(usize, FileNote)>) {
        for (at, export) in exports.iter().enumerate() {
            let found = notes.iter().filter(|(of, _)| *of == at).map(|(_, note)| note);
            let all = export.notes.iter().chain(found).map(|note| (export.file.clone(), note.clone()));
            self.notes.extend(all);
        }
    }

    fn count(
        &mut self,
        kind: SourceKind,
        place: RowLocation,
        findings: &[Finding],
        notice: Notice<'_>,
    ) -> anyhow::Result<()> {
        self.rows += 1;
        let severity = worst_severity(findings);
        let count = self.counts.entry(kind.name()).or_default();
        count.rows += 1;
        count.add(findings);
        count.close(severity);
        if severity >= Severity::Held {
            self.left.insert((kind, place));
        }
        notice(kind, place, findings)
    }

    /// Enters what the whole of the files says about single rows.
    fn close_cross_row_findings(
        &mut self,
        kind: SourceKind,
        findings: Vec<(RowLocation, Finding)>,
        notice: Notice<'_>,
    ) -> anyhow::Result<()> {
        let cross_row_findings = self.cross_row_findings.entry(kind).or_default();
        for (place, finding) in findings {
            cross_row_findings.entry(place).or_default().push(finding);
        }
        let mut places: Vec<RowLocation> = cross_row_findings.keys().copied().collect();
        places.sort_unstable();
        for place in places {
            let findings = &cross_row_findings[&place];
            let count = self.counts.entry(kind.name()).or_default();
            count.add(findings);
            let severity = worst_severity(findings);
            if severity >= Severity::Held && self.left.insert((kind, place)) {
                count.close(severity);
            }
            notice(kind, place, findings)?;
        }
        Ok(())
    }

    /// Holds the files against each other, once all of them are read: whether the orders look like a
    /// part only, and whether the affiliates' totals are those of the orders. The orders' numbers are
    /// let go of.
    ///
    /// # Errors
    /// Whoever is told of it cannot go on.
    pub(crate) fn cross_check(&mut self, orders: &[&Export], notice: Notice<'_>) -> anyhow::Result<()> {
        let Some(cross) = &self.cross else { return Ok(()) };
        let numbers = std::mem::take(&mut self.orders).into_numbers();
        let doubts = cross.completeness.doubts(orders).into_iter().chain(gaps(numbers));
        let doubts = doubts.chain(self.natives.missing());
        let name = orders.first().map(|export| export.file.clone()).unwrap_or_default();
        self.notes.extend(doubts.map(|finding| (name.clone(), FileNote::file(finding))));
        let has_commission = orders.iter().any(|export| export.profile == ExportProfile::Checklist);
        if !has_commission {
            return Ok(());
        }
        let readable = self.affiliates.iter().filter(|row| row.severity() < Severity::Held);
        let compared = readable.filter_map(|row| Some((row.place, row.record.as_ref()?)));
        let cross_row_findings = compared
            .filter_map(|(place, one)| {
                let found = self.commission_by_code.get(&one.code).copied().unwrap_or(Money::ZERO);
                Some((place, totals_differ(one, found)?))
            })
            .collect();
        self.cross_row_findings.remove(&SourceKind::Affiliates);
        self.close_cross_row_findings(SourceKind::Affiliates, cross_row_findings, notice)
    }

    /// Whether an order's affiliate is among the affiliates.
    fn cross_order(&self, order: &Order) -> Option<Finding> {
        self.cross.as_ref().filter(|cross| cross.codes)?;
        let code = order.affiliate_code.as_deref().filter(|code| !self.codes.contains(*code))?;
        Some(Finding::at(Code::AffiliateUnknown, "affiliate_code", code))
    }

    /// Whether a membership's product, order and member are known.
    fn cross_membership(&self, membership: &Membership) -> Vec<Finding> {
        let Some(cross) = &self.cross else { return Vec::new() };
        let mut findings = Vec::new();
        if let Some(map) = &cross.products
            && map.membership_of(&membership.product_id).is_none()
        {
            let product_id = membership.product_id.clone();
            findings.push(Finding::at(Code::MembershipProductUnmapped, "product_id", product_id));
        }
        if !cross.orders {
            return findings;
        }
        match membership.order_id.as_deref() {
            Some(order_id) if !self.orders.contains(order_id) => {
                findings.push(Finding::at(Code::MembershipOrderUnknown, "order_id", order_id));
            }
            _ if self.people.find(&membership.email).is_none() => {
                findings.push(Finding::at(Code::MemberWithoutOrder, "user_email", ""));
            }
            _ => {}
        }
        findings
    }

    /// Who the orders without an address are, now that everybody is known.
    fn nameless_findings(&mut self) -> Vec<(RowLocation, Finding)> {
        if self.cross.is_none() {
            return Vec::new();
        }
        let nameless = std::mem::take(&mut self.nameless);
        let judge = |(place, phone): (RowLocation, Option<Phone>)| match self.people.resolve(None, phone) {
            Some(_) => (place, Finding::at(Code::IdentityByPhone, "buyer_phone", "")),
            None => (place, Finding::at(Code::IdentityMissing, "buyer_email", "")),
        };
        nameless.into_iter().map(judge).collect()
    }

    fn add_totals(&mut self, order: &Order) {
        let charged = order.charged();
        let by_status = self.totals.by_status.entry(order.status.as_str()).or_default();
        by_status.0 += 1;
        by_status.1 = by_status.1 + charged;
        self.add_product(order, charged);
        if order.status != OrderStatus::Paid {
            return;
        }
        self.totals.revenue = self.totals.revenue + charged;
        let commission = order.commission.unwrap_or(Money::ZERO);
        self.totals.commission = self.totals.commission + commission;
        if let Some(code) = &order.affiliate_code {
            match self.commission_by_code.get_mut(code) {
                Some(sum) => *sum = *sum + commission,
                None => {
                    self.commission_by_code.insert(code.clone(), commission);
                }
            }
        }
    }

    fn add_product(&mut self, order: &Order, charged: Money) {
        // The plugin's own export knows a product by its title only.
        let has_id = !order.product_id.is_empty();
        let key = if has_id { &order.product_id } else { &order.product_name };
        let Some(product) = self.product(key, has_id) else { return };
        product.orders += 1;
        if product.name != order.product_name {
            product.name.clone_from(&order.product_name);
        }
        if order.is_paid() {
            product.revenue = product.revenue + charged;
        }
    }

    /// What was seen so far of a product; none without a name for it.
    fn product(&mut self, key: &str, has_id: bool) -> Option<&mut ProductSeen> {
        if key.is_empty() {
            return None;
        }
        if !self.products.contains_key(key) {
            self.products.insert(key.to_owned(), ProductSeen { has_id, ..ProductSeen::default() });
        }
        self.products.get_mut(key)
    }

    fn add_person(
        &mut self,
        order: &Order,
        place: RowLocation,
        show_pii: bool,
    ) -> Option<(RowLocation, Finding)> {
        let Some(email) = order.email.as_ref() else {
            self.nameless.push((place, order.phone));
            return None;
        };
        let seen =
            FirstSeen { at: order.placed_at, number: crate::pipeline::read::duplicates::key_hash(&order.id) };
        let (person, other) = self.people.observe(email, seen, order_details(order));
        let phone = order.phone.filter(|_| other.is_some())?;
        let first_time = self.shared.insert((person, phone));
        let shown = redact_cell("buyer_phone", &phone.to_string(), show_pii);
        let (code, column) = (Code::SamePhoneOtherEmail, Some("buyer_phone"));
        first_time.then_some((place, Finding { code, column, detail: shown, value: String::new() }))
    }
}

fn order_details(order: &Order) -> PersonDetails<'_> {
    PersonDetails { name: &order.buyer_name, phone: order.phone, whatsapp: order.whatsapp }
}
