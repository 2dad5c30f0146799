//! Reads the exports of each kind, row by row, into the first pass.

use std::collections::{HashMap, HashSet};

use crate::domain::finding::{Finding, Severity};
use crate::domain::identity::{FirstSeen, PersonDetails};
use crate::domain::order::Order;
use crate::domain::source_kind::{ExportProfile, SourceKind};
use crate::pipeline::progress::Progress;
use crate::pipeline::read::duplicates::{Duplicates, key_hash};
use crate::pipeline::read::first_pass::{FirstPass, Notice};
use crate::pipeline::read::on_duplicate::OnDuplicate;
use crate::pipeline::read::options::ParseOptions;
use crate::pipeline::read::repetitions::Repetitions;
use crate::pipeline::read::row_parsers::{
    parse_affiliate_row, parse_commission_row, parse_membership_row, parse_order_row,
};
use crate::pipeline::read::scan::scan;
use crate::source::Export;
use crate::source::discover::Exports;
use crate::source::row_location::RowLocation;

/// Reads orders and memberships for the products that they name.
///
/// # Errors
/// A file that cannot be read to its end.
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

/// Called with each order that the first pass reads.
pub(crate) type OrderObserver<'a> = &'a mut dyn FnMut(&Order) -> anyhow::Result<()>;

/// How the first pass reads: options, threads and callbacks.
#[allow(missing_debug_implementations)]
pub(crate) struct FirstPassReader<'a> {
    /// How cells are read.
    pub parse_options: &'a ParseOptions,
    /// The threads that parse rows.
    pub pool: &'a rayon::ThreadPool,
    /// Called with the findings of each row.
    pub notice: Notice<'a>,
    /// Called with each order of a validation; a repeated order number only once.
    pub each_order: OrderObserver<'a>,
}

impl FirstPass {
    /// Reads the affiliates and keeps them with their findings; there are few of them.
    ///
    /// # Errors
    /// A file that cannot be read to its end, or an error of `notice`.
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
                duplicates.add_row(&row);
                self.count(kind, row.location, &row.findings, reader.notice)?;
                self.affiliates.push(row);
                Ok(())
            },
        )?;
        self.keep_notes(exports, notes);
        let Repetitions { rows, notes } = duplicates.repetitions(parse_options.on_duplicate, exports);
        self.notes.extend(notes);
        self.close_cross_row_findings(kind, rows, reader.notice)?;
        let cross_row_findings = self.cross_row_findings.remove(&kind).unwrap_or_default();
        for row in &mut self.affiliates {
            row.findings.extend(cross_row_findings.get(&row.location).into_iter().flatten().cloned());
            let affiliate = row.record.as_ref().filter(|_| !row.findings.iter().any(Finding::excludes_row));
            self.codes.extend(affiliate.map(|affiliate| affiliate.code.clone()));
            if let Some((affiliate, email)) =
                affiliate.and_then(|affiliate| Some((affiliate, affiliate.email.as_ref()?)))
                && self.cross.is_some()
            {
                let number = key_hash(&affiliate.code);
                let seen = FirstSeen { at: affiliate.joined_at.unwrap_or(parse_options.as_of), number };
                let details = PersonDetails { name: &affiliate.name, phone: affiliate.phone, whatsapp: None };
                self.people.observe(email, seen, details);
            }
        }
        Ok(())
    }

    /// Reads the orders.
    ///
    /// # Errors
    /// A file that cannot be read to its end, or an error of a callback.
    pub(crate) fn orders(
        &mut self,
        exports: &[&Export],
        reader: &mut FirstPassReader<'_>,
    ) -> anyhow::Result<()> {
        let kind = SourceKind::Orders;
        let parse_options = reader.parse_options;
        let counts_first = matches!(parse_options.on_duplicate, OnDuplicate::Hold | OnDuplicate::First);
        let mut cross_row_findings: Vec<(RowLocation, Finding)> = Vec::new();
        let notes = scan(
            exports,
            reader.pool,
            |at, export, row| parse_order_row(parse_options, at, export, row, false),
            |mut row| {
                let is_new = self.orders.add_row(&row);
                if let Some(order) = &row.record {
                    let cross = self.cross.as_ref();
                    row.findings.extend(cross.and_then(|cross| cross.check_order(order, &self.codes)));
                    if is_new
                        && row.location.of(exports).is_some_and(|one| one.profile == ExportProfile::Native)
                    {
                        self.natives.add(order);
                    }
                    if is_new {
                        if let Some(cross) = &mut self.cross {
                            cross.completeness.add(order);
                            (reader.each_order)(order)?;
                        }
                        if counts_first {
                            self.add_totals(order);
                        }
                    }
                    if row.severity() < Severity::Held {
                        if is_new && counts_first && self.cross.is_none() {
                            self.earned.add_order(order);
                        }
                        cross_row_findings.extend(self.add_person(
                            order,
                            row.location,
                            parse_options.show_pii,
                        ));
                    }
                }
                self.count(kind, row.location, &row.findings, reader.notice)
            },
        )?;
        self.keep_notes(exports, notes);
        let Repetitions { rows, notes } = self.orders.repetitions(parse_options.on_duplicate, exports);
        self.notes.extend(notes);
        if !counts_first {
            self.earned.orders_state_payment = true;
            self.add_totals_of_chosen(exports, reader, &rows)?;
        }
        cross_row_findings.extend(rows);
        cross_row_findings.extend(self.number_identity_findings());
        self.totals.orders = self.orders.len() as u64;
        self.close_cross_row_findings(kind, cross_row_findings, reader.notice)
    }

    /// Reads the orders once more for their totals, where not the first row of a number counts but the one that
    /// was chosen; of a number without a choice, the first one.
    fn add_totals_of_chosen(
        &mut self,
        exports: &[&Export],
        reader: &FirstPassReader<'_>,
        repetitions: &[(RowLocation, Finding)],
    ) -> anyhow::Result<()> {
        let parse_options = reader.parse_options;
        let repetitions: HashMap<RowLocation, bool> =
            repetitions.iter().map(|(location, finding)| (*location, finding.is_repetition())).collect();
        let mut undecided: HashSet<String> = HashSet::new();
        scan(
            exports,
            reader.pool,
            |at, export, row| parse_order_row(parse_options, at, export, row, false),
            |row| {
                let counts = match repetitions.get(&row.location) {
                    None => true,
                    Some(true) => false,
                    Some(false) => undecided.insert(row.key.clone()),
                };
                if let Some(order) = row.record.as_ref().filter(|_| counts) {
                    self.add_totals(order);
                }
                Ok(())
            },
        )
        .map(drop)
    }

    /// Reads the commissions.
    ///
    /// # Errors
    /// A file that cannot be read to its end, or an error of `notice`.
    pub(crate) fn commissions(
        &mut self,
        exports: &[&Export],
        reader: &mut FirstPassReader<'_>,
    ) -> anyhow::Result<()> {
        let kind = SourceKind::Commissions;
        let parse_options = reader.parse_options;
        let mut duplicates = Duplicates::default();
        let notes = scan(
            exports,
            reader.pool,
            |at, export, row| parse_commission_row(parse_options, at, export, row, false),
            |mut row| {
                let is_new = duplicates.add_row(&row);
                if let Some((record, cross)) = row.record.as_ref().zip(self.cross.as_ref()) {
                    row.findings.extend(cross.check_commission(
                        &record.commission,
                        &self.orders,
                        &self.codes,
                    ));
                }
                if let Some(record) = row.record.as_ref().filter(|_| is_new && self.cross.is_some()) {
                    self.add_higher_tier(&record.commission);
                }
                if let Some(record) = row.record.as_ref().filter(|_| is_new && self.cross.is_none()) {
                    self.earned.add_row(&record.commission);
                }
                self.count(kind, row.location, &row.findings, reader.notice)
            },
        )?;
        self.keep_notes(exports, notes);
        let Repetitions { rows, notes } = duplicates.repetitions(parse_options.on_duplicate, exports);
        self.notes.extend(notes);
        self.close_cross_row_findings(kind, rows, reader.notice)
    }

    /// Reads the memberships.
    ///
    /// # Errors
    /// A file that cannot be read to its end, or an error of `notice`.
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
                duplicates.add_row(&row);
                if let Some(membership) = &row.record {
                    let cross = self.cross.as_ref();
                    row.findings.extend(cross.map_or_else(Vec::new, |cross| {
                        cross.check_membership(membership, &self.orders, &self.people)
                    }));
                    if let Some(product) = self.product(&membership.product_id, true) {
                        product.memberships += 1;
                    }
                    if !row.findings.iter().any(Finding::excludes_row) {
                        self.add_member(membership, parse_options.as_of);
                    }
                }
                self.count(kind, row.location, &row.findings, reader.notice)
            },
        )?;
        self.keep_notes(exports, notes);
        let Repetitions { rows, notes } = duplicates.repetitions(parse_options.on_duplicate, exports);
        self.notes.extend(notes);
        self.close_cross_row_findings(kind, rows, reader.notice)
    }
}
