//! The first pass: reads everything, writes nothing, and learns what no single row can tell.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::affiliate::Affiliate;
use crate::domain::contact::Phone;
use crate::domain::finding::{Code, Finding, Severity, worst_severity};
use crate::domain::identity::{FirstSeen, People, PersonDetails, PersonRef};
use crate::domain::money::Money;
use crate::domain::order::Order;
use crate::domain::redaction::redact_cell;
use crate::domain::source_kind::{ExportProfile, SourceKind};
use crate::domain::status::OrderStatus;
use crate::pipeline::read::completeness::{Natives, gaps, totals_differ};
use crate::pipeline::read::cross_checks::CrossChecks;
use crate::pipeline::read::duplicates::{Duplicates, key_hash};
use crate::pipeline::read::first_pass_counts::{CrossRowFindings, KindCount, OrderTotals, ProductSeen};
use crate::pipeline::read::parse_row::ParsedRow;
use crate::source::row_location::RowLocation;
use crate::source::{Export, FileNote};

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
    pub(super) natives: Natives,
    /// Rows that are held or rejected.
    not_importable: HashSet<(SourceKind, RowLocation)>,
    /// People with a number that somebody else has, too: each is told of once.
    shared_phones: HashSet<(PersonRef, Phone)>,
    /// Orders without an address, to be recognised by phone when everybody is known.
    without_email: Vec<(RowLocation, Option<Phone>)>,
}

/// What is told of each row as the survey passes it, and once more of a row about which the whole of
/// the files has something to say.
pub(crate) type Notice<'a> = &'a mut dyn FnMut(SourceKind, RowLocation, &[Finding]) -> anyhow::Result<()>;

impl FirstPass {
    /// Adds a finding that an earlier attempt has made.
    pub(crate) fn add_cross_row_finding(
        &mut self,
        kind: SourceKind,
        location: RowLocation,
        finding: Finding,
    ) {
        match self
            .affiliates
            .iter_mut()
            .find(|row| kind == SourceKind::Affiliates && row.location == location)
        {
            Some(row) => row.findings.push(finding),
            None => {
                self.cross_row_findings.entry(kind).or_default().entry(location).or_default().push(finding)
            }
        }
    }

    /// Lets go of the order numbers, when nobody will ask for them again.
    pub(crate) fn forget_orders(&mut self) {
        self.orders = Duplicates::default();
    }

    /// Keeps what the headers and the rows let one say about the files.
    pub(super) fn keep_notes(&mut self, exports: &[&Export], notes: Vec<(usize, FileNote)>) {
        for (at, export) in exports.iter().enumerate() {
            let found = notes.iter().filter(|(of, _)| *of == at).map(|(_, note)| note);
            let all = export.notes.iter().chain(found).map(|note| (export.file.clone(), note.clone()));
            self.notes.extend(all);
        }
    }

    pub(super) fn count(
        &mut self,
        kind: SourceKind,
        location: RowLocation,
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
            self.not_importable.insert((kind, location));
        }
        notice(kind, location, findings)
    }

    /// Enters what the whole of the files says about single rows.
    pub(super) fn close_cross_row_findings(
        &mut self,
        kind: SourceKind,
        findings: Vec<(RowLocation, Finding)>,
        notice: Notice<'_>,
    ) -> anyhow::Result<()> {
        let cross_row_findings = self.cross_row_findings.entry(kind).or_default();
        for (location, finding) in findings {
            cross_row_findings.entry(location).or_default().push(finding);
        }
        let mut locations: Vec<RowLocation> = cross_row_findings.keys().copied().collect();
        locations.sort_unstable();
        for location in locations {
            let findings = &cross_row_findings[&location];
            let count = self.counts.entry(kind.name()).or_default();
            count.add(findings);
            let severity = worst_severity(findings);
            if severity >= Severity::Held && self.not_importable.insert((kind, location)) {
                count.close(severity);
            }
            notice(kind, location, findings)?;
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
        let compared = readable.filter_map(|row| Some((row.location, row.record.as_ref()?)));
        let cross_row_findings = compared
            .filter_map(|(location, one)| {
                let found = self.commission_by_code.get(&one.code).copied().unwrap_or(Money::ZERO);
                Some((location, totals_differ(one, found)?))
            })
            .collect();
        self.cross_row_findings.remove(&SourceKind::Affiliates);
        self.close_cross_row_findings(SourceKind::Affiliates, cross_row_findings, notice)
    }

    /// Who the orders without an address are, now that everybody is known.
    pub(super) fn phone_identity_findings(&mut self) -> Vec<(RowLocation, Finding)> {
        if self.cross.is_none() {
            return Vec::new();
        }
        let without_email = std::mem::take(&mut self.without_email);
        let judge = |(location, phone): (RowLocation, Option<Phone>)| match self.people.resolve(None, phone) {
            Some(_) => (location, Finding::at(Code::IdentityByPhone, "buyer_phone", "")),
            None => (location, Finding::at(Code::IdentityMissing, "buyer_email", "")),
        };
        without_email.into_iter().map(judge).collect()
    }

    pub(super) fn add_totals(&mut self, order: &Order) {
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
    pub(super) fn product(&mut self, key: &str, has_id: bool) -> Option<&mut ProductSeen> {
        if key.is_empty() {
            return None;
        }
        if !self.products.contains_key(key) {
            self.products.insert(key.to_owned(), ProductSeen { has_id, ..ProductSeen::default() });
        }
        self.products.get_mut(key)
    }

    pub(super) fn add_person(
        &mut self,
        order: &Order,
        location: RowLocation,
        show_pii: bool,
    ) -> Option<(RowLocation, Finding)> {
        let Some(email) = order.email.as_ref() else {
            self.without_email.push((location, order.phone));
            return None;
        };
        let seen = FirstSeen { at: order.placed_at, number: key_hash(&order.id) };
        let (person, other) = self.people.observe(email, seen, order_details(order));
        let phone = order.phone.filter(|_| other.is_some())?;
        let first_time = self.shared_phones.insert((person, phone));
        let shown = redact_cell("buyer_phone", &phone.to_string(), show_pii);
        let (code, column) = (Code::SamePhoneOtherEmail, Some("buyer_phone"));
        first_time.then_some((location, Finding { code, column, detail: shown, value: String::new() }))
    }
}

fn order_details(order: &Order) -> PersonDetails<'_> {
    PersonDetails { name: &order.buyer_name, phone: order.phone, whatsapp: order.whatsapp }
}
