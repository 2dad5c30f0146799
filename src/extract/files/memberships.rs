//! `memberships.csv`: the subscriptions that give access or gave it, and the orders that give it without an end.

use crate::extract::files::out_folder::CsvFile;
use crate::extract::files::totals::Totals;
use crate::extract::kept_rows::{OrderRow, SubscriptionRow};
use crate::extract::listed::{ListedRow, ListedRows, ListingReason};
use crate::extract::order_rules::paid_date;
use crate::extract::site_time::{SiteTime, cell};
use crate::extract::view::ShopView;

const HEADER: [&str; 10] = [
    "membership_id",
    "user_email",
    "product_id",
    "product_name",
    "start_date",
    "expiry_date",
    "status",
    "price",
    "order_id",
    "source_status",
];

/// Writes the memberships.
pub(crate) fn write(
    view: &ShopView<'_>,
    file: &mut CsvFile,
    list: &mut ListedRows,
    totals: &mut Totals,
) -> anyhow::Result<()> {
    file.line(HEADER)?;
    for row in &view.shop.rows.subscriptions {
        totals.subscriptions.read += 1;
        if let Some(reason) = left_out(view, row) {
            totals.subscriptions.left_out += 1;
            list.add(listed(row, reason));
            continue;
        }
        totals.subscriptions.written += 1;
        let term = Term::of(view, row);
        for reason in doubts(view, row, &term) {
            list.add(listed(row, reason));
        }
        totals.memberships.count(term.status, false);
        let order = view.order(row.order);
        file.line([
            row.id.to_string(),
            email(view, row.user),
            row.product.to_string(),
            view.title(row.product).unwrap_or_default().to_owned(),
            cell(row.created),
            cell(term.end),
            term.status.to_owned(),
            order.map(|order| order.total.cell()).unwrap_or_default(),
            row.order.to_string(),
            view.word(row.status).to_owned(),
        ])?;
    }
    for order in view.orders().filter(|order| view.is_lifetime(order)) {
        totals.memberships.count("active", true);
        file.line(lifetime(view, order))?;
    }
    Ok(())
}

fn email(view: &ShopView<'_>, user: u64) -> String {
    view.user(user).map(|user| user.email.to_string()).unwrap_or_default()
}

fn lifetime(view: &ShopView<'_>, order: &OrderRow) -> [String; 10] {
    let start = paid_date(order, &view.shop.rows, &view.shop.words).or(order.created);
    [
        format!("O{}", order.id),
        email(view, order.user),
        order.product.to_string(),
        view.title(order.product).unwrap_or_default().to_owned(),
        cell(start),
        String::new(),
        "active".to_owned(),
        order.total.cell(),
        order.id.to_string(),
        view.word(order.status).to_owned(),
    ]
}

fn listed(row: &SubscriptionRow, reason: ListingReason) -> ListedRow {
    ListedRow {
        table: "sejolisa_subscriptions",
        id: row.id,
        order: Some(row.order),
        affiliate: None,
        amount: None,
        reason,
    }
}

fn left_out(view: &ShopView<'_>, row: &SubscriptionRow) -> Option<ListingReason> {
    if !view.comes_along(row.deleted) {
        return Some(ListingReason::SoftDeleted);
    }
    match view.word(row.status) {
        "pending" => Some(ListingReason::SubscriptionPending),
        "inactive" => Some(ListingReason::SubscriptionInactive),
        _ => row.end.is_none().then_some(ListingReason::SubscriptionEndless),
    }
}

/// When a membership ends, and whether it runs.
struct Term<'s> {
    end: Option<SiteTime>,
    status: &'s str,
    was_ended: bool,
}

impl<'s> Term<'s> {
    /// One past its end has expired, whatever its status says. One that has expired with its end ahead was ended by
    /// hand: with its old end, an import would revive it.
    fn of(view: &ShopView<'s>, row: &SubscriptionRow) -> Self {
        let status = view.word(row.status);
        let is_ahead = row.end > view.now;
        match status {
            "active" if !is_ahead => Self { end: row.end, status: "expired", was_ended: false },
            "expired" if is_ahead => Self { end: row.updated.or(row.created), status, was_ended: true },
            _ => Self { end: row.end, status, was_ended: false },
        }
    }
}

/// The end of what an order has paid for, where it ran or runs that long.
pub(crate) fn paid_end(view: &ShopView<'_>, order: &OrderRow) -> Option<SiteTime> {
    let terms = view.subscriptions_of(order.id).map(|row| Term::of(view, row));
    terms
        .filter(|term| matches!(term.status, "active" | "expired") && !term.was_ended)
        .filter_map(|term| term.end)
        .max()
}

fn doubts(view: &ShopView<'_>, row: &SubscriptionRow, term: &Term<'_>) -> Vec<ListingReason> {
    let all = [
        (row.deleted.is_some(), ListingReason::IncludedDeleted),
        (term.was_ended, ListingReason::EndedByHand),
        (view.user(row.user).is_none(), ListingReason::MemberDeleted),
        (view.order(row.order).is_none(), ListingReason::OrderMissing),
        (!matches!(term.status, "active" | "expired"), ListingReason::SubscriptionStatus),
    ];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, reason)| reason).collect()
}
