//! Parses the rows of each kind of export by the rules of their profile.

use crate::domain::affiliate::Affiliate;
use crate::domain::commission_row::CommissionRow;
use crate::domain::export_fields::{
    AffiliateCells, CommissionCells, MembershipCells, NativeOrderCells, OrderCells,
};
use crate::domain::membership::Membership;
use crate::domain::order::Order;
use crate::domain::source_kind::ExportProfile;
use crate::domain::{affiliate, checklist_order, commission_row, membership, native_order};
use crate::pipeline::read::options::ParseOptions;
use crate::pipeline::read::parse_row::{ParsedRow, parse_row};
use crate::source::{Export, SourceRow};

/// Parses a row of affiliates. `at` is the number of its file; `payload` says whether the source cells are kept.
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

/// Parses a row of orders. `at` is the number of its file; `payload` says whether the source cells are kept.
pub(crate) fn parse_order_row(
    parse_options: &ParseOptions,
    at: usize,
    export: &Export,
    row: SourceRow,
    payload: bool,
) -> ParsedRow<Order> {
    parse_row(at, export, row, payload, parse_options, |position, record| {
        let cell = |field| record.get(position(field)).unwrap_or("");
        let (rules, now) = (export.rules(parse_options.rules), parse_options.as_of);
        match export.profile {
            ExportProfile::Checklist => checklist_order::parse(&OrderCells::read(cell), rules, now),
            ExportProfile::Native => native_order::parse(
                &NativeOrderCells::read(cell),
                rules,
                &parse_options.products_by_title,
                now,
            ),
        }
    })
}

/// Parses a row of commissions. `at` is the number of its file; `payload` says whether the source cells are kept.
pub(crate) fn parse_commission_row(
    parse_options: &ParseOptions,
    at: usize,
    export: &Export,
    row: SourceRow,
    payload: bool,
) -> ParsedRow<CommissionRow> {
    parse_row(at, export, row, payload, parse_options, |position, record| {
        let cells = CommissionCells::read(|field| record.get(position(field)).unwrap_or(""));
        commission_row::parse(&cells, export.rules(parse_options.rules))
    })
}

/// Parses a row of memberships. `at` is the number of its file; `payload` says whether the source cells are kept.
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
