//! The first rows of each file, as they were and as they will be written, side by side. Made from the
//! rows that the import itself would make; what only the database can decide is left out.

use serde::Serialize;

use crate::domain::affiliate::Affiliate;
use crate::domain::finding::{Severity, worst_severity};
use crate::domain::membership::{Membership, status_at};
use crate::domain::native_order::checklist_column;
use crate::domain::order::Order;
use crate::domain::product_map::ProductMap;
use crate::domain::redaction::redact_cell;
use crate::domain::source_id;
use crate::domain::source_kind::{ExportProfile, SourceKind};
use crate::pipeline::files::findings::LocatedFinding;
use crate::pipeline::plan::order_rows::{transaction_of, transaction_type};
use crate::pipeline::read::options::ParseOptions;
use crate::pipeline::read::parse_row::ParsedRow;
use crate::pipeline::read::row_parsers::{
    parse_affiliate_row, parse_commission_row, parse_membership_row, parse_order_row,
};
use crate::source::discover::Exports;
use crate::source::row_location::RowLocation;
use crate::source::{Export, RowCells, SourceRow};
use crate::store::schema::tables::TransactionType;

/// One cell: its value in the file and the value that an import would write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct PreviewLine {
    /// The column, by the file's own name.
    pub header: String,
    /// The cell, personal data masked.
    pub was: String,
    /// The table and column of the app; none where the cell is kept in the payload only.
    pub target: Option<&'static str>,
    /// The value that would be written, personal data masked.
    pub will_be: String,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Preview {
    /// What the file holds.
    pub kind: &'static str,
    /// The file; of a workbook with its sheet.
    pub file: String,
    /// The data record, counted from 1.
    pub record: u64,
    /// The line or row on which it begins.
    pub line: u64,
    /// The worst severity of its findings: info and warning are imported.
    pub severity: Severity,
    /// Its cells that are not empty.
    pub lines: Vec<PreviewLine>,
    /// The findings about it.
    pub findings: Vec<LocatedFinding>,
}

/// The column that a field's cell is written to, and the value.
type PreviewTarget = (&'static str, String);

/// The first rows of every file that is imported.
///
/// # Errors
/// A file cannot be read.
pub(crate) fn preview(
    exports: &Exports,
    parse_options: &ParseOptions,
    products: &ProductMap,
    rows: usize,
) -> anyhow::Result<Vec<Preview>> {
    let mut previews = Vec::new();
    for export in SourceKind::IMPORTED.into_iter().flat_map(|kind| exports.of(kind)) {
        if rows == 0 {
            continue;
        }
        crate::source::read(export, rows, |group| {
            previews.extend(group.into_iter().map(|row| of_row(export, parse_options, products, row)));
            false
        })?;
    }
    Ok(previews)
}

fn of_row(export: &Export, parse_options: &ParseOptions, products: &ProductMap, row: SourceRow) -> Preview {
    let cells: Vec<String> = match &row.cells {
        RowCells::Whole(cells) => cells.iter().map(str::to_owned).collect(),
        RowCells::Broken(_, cells) => {
            cells.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect()
        }
    };
    match export.kind {
        SourceKind::Affiliates => {
            let parsed = parse_affiliate_row(parse_options, 0, export, row, false);
            side_by_side(export, parse_options, &cells, parsed, |one, field, _| {
                affiliate_target(one, field, parse_options)
            })
        }
        SourceKind::Commissions => {
            let parsed = parse_commission_row(parse_options, 0, export, row, false);
            side_by_side(export, parse_options, &cells, parsed, |one, field, _| {
                let target = "SejoliSourceRecord.payload";
                (field == "amount").then(|| (target, one.commission.amount.to_string()))
            })
        }
        SourceKind::Memberships => {
            let parsed = parse_membership_row(parse_options, 0, export, row, false);
            side_by_side(export, parse_options, &cells, parsed, |one, field, _| {
                membership_target(one, field, parse_options, products)
            })
        }
        SourceKind::Orders | SourceKind::Products => {
            let parsed = parse_order_row(parse_options, 0, export, row, false);
            side_by_side(export, parse_options, &cells, parsed, |order, field, cell| {
                order_target(order, field, cell, parse_options, products)
            })
        }
    }
}

fn side_by_side<T>(
    export: &Export,
    parse_options: &ParseOptions,
    cells: &[String],
    parsed: ParsedRow<T>,
    target: impl Fn(&T, &str, &str) -> Option<PreviewTarget>,
) -> Preview {
    let severity = worst_severity(&parsed.findings);
    let record = parsed.record.as_ref().filter(|_| severity < Severity::Held);
    let fields = export.form().fields;
    let line = |(at, header): (usize, &String)| {
        let field = export.layout.positions.iter().position(|position| *position == Some(at));
        let name = field.map_or("", |field| fields[field].name);
        let cell = cells.get(at).map_or("", String::as_str);
        let asked = if export.profile == ExportProfile::Native { checklist_column(name) } else { name };
        let target = record.and_then(|record| target(record, asked, cell));
        if cell.trim().is_empty() && target.is_none() {
            return None;
        }
        let (target, will_be) = target.map_or((None, String::new()), |(to, text)| (Some(to), text));
        Some(PreviewLine {
            header: header.clone(),
            was: redact_cell(name, cell, parse_options.show_pii),
            target,
            will_be,
        })
    };
    let RowLocation { record: number, line: first, .. } = parsed.location;
    Preview {
        kind: export.kind.name(),
        file: export.file.clone(),
        record: number,
        line: first,
        severity,
        lines: export.layout.columns.iter().enumerate().filter_map(line).collect(),
        findings: parsed
            .findings
            .iter()
            .map(|one| LocatedFinding::new(export, parsed.location, one))
            .collect(),
    }
}

/// A text for the target column `to`, masked like the field that it came from.
fn masked(
    parse_options: &ParseOptions,
    to: &'static str,
    field: &str,
    text: Option<&str>,
) -> Option<PreviewTarget> {
    text.filter(|text| !text.is_empty()).map(|text| (to, redact_cell(field, text, parse_options.show_pii)))
}

fn order_target(
    order: &Order,
    field: &str,
    cell: &str,
    parse_options: &ParseOptions,
    products: &ProductMap,
) -> Option<PreviewTarget> {
    let text = |to, field, text| masked(parse_options, to, field, text);
    let kind = products
        .get(&order.product_id)
        .map_or(TransactionType::Product, |found| transaction_type(found.kind));
    let row = transaction_of(order, kind);
    match field {
        "order_id" => text("Transaction.externalId", field, row.external_id.as_deref()),
        "order_date" => Some(("Transaction.createdAt", row.created_at.to_string())),
        "product_id" => Some(("Transaction.type", row.kind.as_str().to_owned())),
        "product_name" => text("Transaction.description", field, row.description.as_deref()),
        "buyer_name" => text("Transaction.customerName", field, row.customer_name.as_deref()),
        "buyer_email" => text("User.email", field, row.customer_email.as_deref()),
        "buyer_phone" => text("User.phone", field, row.customer_phone.as_deref()),
        "buyer_whatsapp" => text("User.whatsapp", field, row.customer_whatsapp.as_deref()),
        "amount" if row.amount == order.amount => Some(("Transaction.amount", order.amount.plain())),
        "amount" => Some(("Transaction.originalAmount", order.amount.plain())),
        "paid_amount" => order.paid_amount.map(|paid| ("SejoliWebhookLog.paidAmount", paid.plain())),
        "payment_status" => Some(("Transaction.status", row.status.as_str().to_owned())),
        "paid_date" => row.paid_at.map(|at| ("Transaction.paidAt", at.to_string())),
        "affiliate_code" => text("SejoliWebhookLog.affiliateCode", field, order.affiliate_code.as_deref()),
        // The plugin has swapped the headings of these two: the number tells which is which.
        "affiliate" | "affiliate_id"
            if order.affiliate_code.as_deref() == Some(source_id::key(cell.trim()).as_ref()) =>
        {
            text("SejoliWebhookLog.affiliateCode", "affiliate_code", order.affiliate_code.as_deref())
        }
        "affiliate" | "affiliate_id" => {
            text("SejoliWebhookLog.affiliateName", field, order.affiliate_name.as_deref())
        }
        "affiliate_name" => text("SejoliWebhookLog.affiliateName", field, order.affiliate_name.as_deref()),
        "affiliate_email" => text("SejoliWebhookLog.affiliateEmail", field, order.affiliate_email.as_deref()),
        "affiliate_commission_rate" => {
            order.rate.map(|rate| ("SejoliWebhookLog.affiliateRate", rate.plain()))
        }
        "affiliate_commission_amount" => {
            row.affiliate_share.map(|sum| ("Transaction.affiliateShare", sum.plain()))
        }
        _ => None,
    }
}

fn membership_target(
    membership: &Membership,
    field: &str,
    parse_options: &ParseOptions,
    products: &ProductMap,
) -> Option<PreviewTarget> {
    let text = |to, field, text| masked(parse_options, to, field, text);
    match field {
        "membership_id" => Some(("SejoliSourceRecord.sourceKey", membership.id.clone())),
        "user_email" => text("User.email", field, Some(membership.email.as_str())),
        "product_id" => text("Membership.slug", field, products.membership_of(&membership.product_id)),
        "start_date" => Some(("UserMembership.startDate", membership.start.to_string())),
        "expiry_date" => Some(("UserMembership.endDate", membership.end.to_string())),
        "status" => Some((
            "UserMembership.status",
            status_at(membership.end, parse_options.as_of).as_str().to_owned(),
        )),
        "price" => membership.price.map(|price| ("UserMembership.price", price.plain())),
        "order_id" => membership.order_id.as_ref().map(|id| {
            (
                "UserMembership.transactionId",
                format!("of {}", crate::pipeline::plan::order_rows::external_id(id)),
            )
        }),
        _ => None,
    }
}

fn affiliate_target(
    affiliate: &Affiliate,
    field: &str,
    parse_options: &ParseOptions,
) -> Option<PreviewTarget> {
    let text = |to, field, text| masked(parse_options, to, field, text);
    let email = affiliate.email.as_ref().map(|email| email.as_str());
    let phone = affiliate.phone.map(|phone| phone.to_string());
    match field {
        "affiliate_code" => Some(("AffiliateProfile.affiliateCode", affiliate.code.clone())),
        "affiliate_name" => text("User.name", field, Some(&affiliate.name)),
        "affiliate_email" => text("User.email", field, email),
        "affiliate_phone" => text("User.phone", field, phone.as_deref()),
        "commission_rate" => affiliate.rate.map(|rate| ("AffiliateProfile.commissionRate", rate.plain())),
        "total_commissions" => {
            affiliate.total_commissions.map(|sum| ("SejoliAffiliateTotals.reportedCommissions", sum.plain()))
        }
        "total_paid" => affiliate.total_paid.map(|sum| ("SejoliAffiliateTotals.reportedPaid", sum.plain())),
        "join_date" => affiliate.joined_at.map(|at| ("AffiliateProfile.createdAt", at.to_string())),
        _ => None,
    }
}
