//! The first pass reads all files and writes nothing. It collects what no single row shows: duplicates, people and
//! totals.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::affiliate::Affiliate;
use crate::domain::commission_row::Commission;
use crate::domain::commission_status::CommissionStatus;
use crate::domain::contact::Phone;
use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding, Severity, worst_severity};
use crate::domain::identity::{FirstSeen, PeopleIndex, PersonDetails, PersonRef};
use crate::domain::membership::{Membership, status_at};
use crate::domain::money::Money;
use crate::domain::order::{Order, recognised_by_number};
use crate::domain::redaction::redact_cell;
use crate::domain::source_kind::{ExportProfile, SourceKind};
use crate::domain::source_totals::SourceTotals;
use crate::domain::status::{MembershipStatus, OrderStatus};
use crate::pipeline::read::completeness::{NativeExportCounts, gaps, totals_differ};
use crate::pipeline::read::cross_checks::CrossChecks;
use crate::pipeline::read::duplicates::{Duplicates, key_hash};
use crate::pipeline::read::earned_commissions::EarnedCommissions;
use crate::pipeline::read::first_pass_counts::{CrossRowFindings, KindCount, OrderTotals, ProductSeen};
use crate::pipeline::read::parse_row::ParsedRow;
use crate::source::row_location::RowLocation;
use crate::source::{Export, FileNote};

/// The result of the first pass.
#[derive(Default)]
#[allow(missing_debug_implementations)]
pub(crate) struct FirstPass {
    /// Row and finding counts, by the kind's name.
    pub counts: BTreeMap<&'static str, KindCount>,
    /// The parsed affiliates, with their findings; there are few of them.
    pub affiliates: Vec<ParsedRow<Affiliate>>,
    /// Codes of affiliates that can be imported.
    pub codes: HashSet<String>,
    /// The order numbers and where they are repeated.
    pub orders: Duplicates,
    /// The people of the orders, and those of the app if the caller has loaded them.
    pub people: PeopleIndex,
    /// The totals of the orders.
    pub totals: OrderTotals,
    /// Recorded commission of PAID orders and what higher tiers have earned, by affiliate code.
    pub commission_by_code: BTreeMap<String, Money>,
    /// What affiliates have earned, for an import; nothing where not the first row of a repeated number counts.
    pub earned: EarnedCommissions,
    /// The products of orders and memberships, by number, or by title if no number is known.
    pub products: BTreeMap<String, ProductSeen>,
    /// Hashes of the addresses of members whose memberships are not over, by the product's number.
    pub members: BTreeMap<String, HashSet<u64>>,
    /// Findings that no row shows on its own, by kind and location.
    pub cross_row_findings: HashMap<SourceKind, CrossRowFindings>,
    /// Notes on whole files, each with the file's name.
    pub notes: Vec<(String, FileNote)>,
    /// Number of rows read so far.
    pub rows: u64,
    /// The cross checks of a validation; none in an import, whose planners know the app as well.
    pub cross: Option<CrossChecks>,
    /// Counts of what the plugin's own exports lack.
    pub(super) natives: NativeExportCounts,
    /// Rows that are held or rejected.
    not_importable: HashMap<(SourceKind, RowLocation), Severity>,
    /// People and the phone numbers that they share with others, so that each pair is reported once.
    shared_phones: HashSet<(PersonRef, Phone)>,
    /// Orders without an e-mail address, to be matched by their numbers once all people are known.
    without_email: Vec<(RowLocation, BuyerNumbers)>,
}

/// The numbers of a buyer without an e-mail address.
#[derive(Clone, Copy)]
struct BuyerNumbers {
    phone: Option<Phone>,
    whatsapp: Option<Phone>,
}

/// Called with the findings of each row as it is read, and again with the cross-row findings of a row.
pub(crate) type Notice<'a> = &'a mut dyn FnMut(SourceKind, RowLocation, &[Finding]) -> anyhow::Result<()>;

impl FirstPass {
    /// Adds a finding of an earlier attempt.
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

    /// Frees the order numbers, which take most of the memory.
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
            self.not_importable.insert((kind, location), severity);
        }
        notice(kind, location, findings)
    }

    /// Adds cross-row findings to the counts and passes them on.
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
            let row = (kind, location);
            if findings.iter().any(Finding::is_same_again) {
                // The other row waits in its stead.
                self.not_importable.remove(&row).into_iter().for_each(|severity| count.reopen(severity));
            } else if severity >= Severity::Held && !self.not_importable.contains_key(&row) {
                self.not_importable.insert(row, severity);
                count.close(severity);
            }
            notice(kind, location, findings)?;
        }
        Ok(())
    }

    /// Runs the cross checks after all files are read: whether the orders look like a partial export (L3), and
    /// whether the affiliates' totals match the orders. It frees the order numbers.
    ///
    /// # Errors
    /// The error of `notice`.
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
        let readable = self.affiliates.iter().filter(|row| !row.findings.iter().any(Finding::excludes_row));
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
    pub(super) fn number_identity_findings(&mut self) -> Vec<(RowLocation, Finding)> {
        if self.cross.is_none() {
            return Vec::new();
        }
        let without_email = std::mem::take(&mut self.without_email);
        let judge = |(location, BuyerNumbers { phone, whatsapp })| {
            let finding = match self.people.resolve(None, phone, whatsapp) {
                Some(_) => recognised_by_number(phone),
                None => Finding::at(Code::IdentityMissing, "buyer_email", ""),
            };
            (location, finding)
        };
        without_email.into_iter().map(judge).collect()
    }

    /// The figures of the files that control totals are compared with.
    pub(crate) fn source_totals(&self) -> SourceTotals {
        // Several rows of one code are one affiliate, as several rows of one number are one order.
        let (with_code, without): (Vec<_>, Vec<_>) =
            self.affiliates.iter().partition(|row| !row.key.is_empty());
        let codes: HashSet<&str> = with_code.iter().map(|row| row.key.as_str()).collect();
        SourceTotals {
            orders: self.totals.orders,
            revenue: self.totals.revenue,
            affiliates: (codes.len() + without.len()) as u64,
            commission: self.totals.commission,
        }
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
            self.add_commission(code, commission);
        }
    }

    /// Adds what a tier above the first has earned; what the first has is its order's.
    pub(super) fn add_higher_tier(&mut self, commission: &Commission) {
        if !commission.is_first_tier() && commission.status == CommissionStatus::Added {
            self.add_commission(&commission.affiliate_code, commission.amount);
        }
    }

    fn add_commission(&mut self, code: &str, commission: Money) {
        match self.commission_by_code.get_mut(code) {
            Some(sum) => *sum = *sum + commission,
            None => drop(self.commission_by_code.insert(code.to_owned(), commission)),
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

    /// Takes in a membership that can be imported, if it is not over.
    pub(super) fn add_member(&mut self, membership: &Membership, as_of: Millis) {
        if status_at(membership.end, as_of) == MembershipStatus::Active {
            let members = self.members.entry(membership.product_id.clone()).or_default();
            members.insert(key_hash(membership.email.as_str()));
        }
    }

    pub(super) fn add_person(
        &mut self,
        order: &Order,
        location: RowLocation,
        show_pii: bool,
    ) -> Option<(RowLocation, Finding)> {
        let Some(email) = order.email.as_ref() else {
            self.without_email
                .push((location, BuyerNumbers { phone: order.phone, whatsapp: order.whatsapp }));
            return None;
        };
        let seen = FirstSeen { at: order.placed_at, number: key_hash(&order.id) };
        let (person, other) = self.people.observe(email, seen, order_details(order));
        let phone = order.phone.filter(|_| other.is_some())?;
        let first_time = self.shared_phones.insert((person, phone));
        let shown = redact_cell("buyer_phone", &phone.to_string(), show_pii);
        let (code, column) = (Code::SamePhoneOtherEmail, Some("buyer_phone"));
        first_time.then_some((location, Finding { code, column, detail: shown.into(), value: String::new() }))
    }
}

fn order_details(order: &Order) -> PersonDetails<'_> {
    PersonDetails { name: &order.buyer_name, phone: order.phone, whatsapp: order.whatsapp }
}
