//! Periods: the source rows of one person and one membership are one row of the app, with the earliest
//! start and the latest end (L22, L23, L24).

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::date::Millis;
use crate::domain::ids::id_for;
use crate::domain::membership::{MergedMembership, Period, merge};
use crate::domain::status::MembershipStatus;
use crate::language::tr;
use crate::store::codec::record::Record as _;
use crate::store::queries;
use crate::store::queries::kept_rows::SourceRowPeriod;
use crate::store::queries::rows::Page;
use crate::store::schema::tables::{Transaction, TransactionStatus, UserMembership};
use crate::store::session::columns::KeyFilter;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::difference::Subject;
use crate::verify::one_active::PeoplesMemberships;
use crate::verify::reader::period as period_of_json;
use crate::verify::report::VerifyCheck;
use crate::verify::stored_orders::external_id;

/// Compares every membership with all the source rows that are kept of it.
///
/// # Errors
/// Those of the database.
pub(crate) fn check(
    store: &mut Store,
    context: &VerifyContext,
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    let mut said = HashSet::new();
    let mut page = store.answer(queries::kept_rows::targets_after(store, ""))?;
    while let Some(following) = check_page(store, context, &page, &mut said, check)? {
        page = following;
    }
    Ok(())
}

/// Compares the memberships of a page, and returns the page behind it.
fn check_page(
    store: &mut Store,
    context: &VerifyContext,
    page: &Page<String>,
    said: &mut HashSet<String>,
    check: &mut VerifyCheck,
) -> anyhow::Result<Option<Page<String>>> {
    let keys: Vec<&str> = page.rows.iter().map(String::as_str).collect();
    let (stored, members) = store.answer((
        queries::kept_rows::periods_of(store, &keys),
        store.columns_in(UserMembership::TABLE, &["userId"], KeyFilter::keys("id", &keys)),
    ))?;
    let members = distinct(members.iter().map(|(user,): &(String,)| user.as_str()));
    let mut groups: BTreeMap<String, Vec<Period>> = BTreeMap::new();
    let (mut external, mut unreadable): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for SourceRowPeriod { source_key, target_id, period } in stored {
        let json = period.and_then(|json| serde_json::from_str(&json).ok());
        match json.as_ref().and_then(period_of_json) {
            Some(period) => {
                external.extend(period.order_id.as_deref().map(external_id));
                groups.entry(target_id).or_default().push(period);
            }
            None => unreadable.push(source_key),
        }
    }
    let external: Vec<&str> = distinct(external.iter().map(String::as_str));
    let (people, orders, following) = store.answer((
        PeoplesMemberships::of(store, &members),
        StoredOrder::of(store, &external),
        page.following(|last| queries::kept_rows::targets_after(store, last)),
    ))?;
    people.compare(context, said, check);
    let memberships: HashMap<&str, &UserMembership> =
        people.iter().map(|row| (row.id.as_str(), row)).collect();
    for source_key in unreadable {
        check.differ(tr!("membership {source_key}: its kept row cannot be read"));
    }
    for (id, periods) in groups {
        check.rows += 1;
        // Whether the app has deleted one that is gone, the journal shows.
        let Some(&row) = memberships.get(id.as_str()) else { continue };
        let Some(merged) = merge(&periods) else { continue };
        check.turn_to(Subject::row(UserMembership::TABLE, &id));
        for period in &periods {
            compare_refund(context, row, period, &orders, check);
        }
        if has_import_id(&row.id, &row.user_id, &row.membership_id, row.created_at) {
            compare_merged(context, row, &merged, &people, check);
            compare_transaction(store, row, &paid(&merged, &orders), check)?;
        }
    }
    following
}

fn compare_merged(
    context: &VerifyContext,
    row: &UserMembership,
    merged: &MergedMembership,
    people: &PeoplesMemberships,
    check: &mut VerifyCheck,
) {
    let Some(standing) = people.expected(context, row) else {
        check.differ(tr!(
            "UserMembership {}: updatedAt ({}) is not the time of any run",
            row.id,
            row.updated_at
        ));
        return;
    };
    let status = if standing.is_active { MembershipStatus::Active } else { MembershipStatus::Expired };
    let expected = UserMembership {
        start_date: merged.start,
        end_date: merged.end,
        is_active: standing.is_active,
        auto_renew: false,
        status: status.as_str().to_owned(),
        activated_at: Some(merged.start),
        price: merged.price,
        external_id: Some(merged.id.clone()),
        created_at: standing.created_at,
        ..row.clone()
    };
    let who = format!("UserMembership {}", row.id);
    check.row(&who, expected, row, &["transactionId"]);
}

/// A period ends where a run first saw that the member's order was refunded, unless it was over by then. What was seen
/// stays known where the app has deleted the order's transaction.
fn compare_refund(
    context: &VerifyContext,
    row: &UserMembership,
    period: &Period,
    orders: &HashMap<String, StoredOrder>,
    check: &mut VerifyCheck,
) {
    let order = period.order_id.as_ref().and_then(|id| orders.get(&external_id(id)));
    let is_refunded = order
        .is_some_and(|order| order.user_id == row.user_id && order.status == TransactionStatus::Refunded);
    let who = || tr!("UserMembership {}: source row {}", row.id, period.id);
    match period.refunded_at {
        None if is_refunded => {
            let is_over = context.runs.last().is_none_or(|run| period.end <= run.as_of);
            check.compare(is_over, || tr!("{}: its order was refunded, and it has not ended", who()));
        }
        None => {}
        Some(_) if order.is_some() && !is_refunded => {
            check.differ(tr!("{}: its order was not refunded", who()))
        }
        Some(seen_at) => {
            let is_of_run = context.runs.iter().any(|run| run.as_of == seen_at);
            check.compare(is_of_run, || tr!("{}: no run has seen the refund at {seen_at}", who()));
        }
    }
}

/// What of an order a membership can be compared with.
struct StoredOrder {
    id: String,
    user_id: String,
    status: TransactionStatus,
    created_at: Millis,
}

impl StoredOrder {
    fn of(store: &Store, external: &[&str]) -> DeferredQuery<'static, HashMap<String, Self>> {
        let names = ["externalId", "id", "userId", "status", "createdAt"];
        let rows = store.columns_in(Transaction::TABLE, &names, KeyFilter::keys("externalId", external));
        let order = |(external, id, user_id, status, created_at)| {
            (external, Self { id, user_id, status, created_at })
        };
        rows.map(move |rows: Vec<_>| rows.into_iter().map(order).collect())
    }
}

/// The paid ones of the orders that a membership's source rows name, the latest first.
fn paid<'a>(merged: &MergedMembership, orders: &'a HashMap<String, StoredOrder>) -> Vec<&'a StoredOrder> {
    let named = merged.order_ids.iter().filter_map(|id| orders.get(&external_id(id)));
    let mut paid: Vec<&StoredOrder> =
        named.filter(|order| order.status == TransactionStatus::Success).collect();
    paid.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
    paid
}

/// The membership names the transaction of the member's own latest paid order. It names none where there
/// is no such order, where another membership names it, or where somebody else has paid the latest one.
fn compare_transaction(
    store: &mut Store,
    row: &UserMembership,
    paid: &[&StoredOrder],
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    let who = format!("UserMembership {}", row.id);
    let own = paid.iter().find(|order| order.user_id == row.user_id);
    let Some(found) = row.transaction_id.as_deref() else {
        let latest = paid.first().filter(|latest| latest.user_id == row.user_id);
        let taken = match latest {
            Some(latest) => {
                !store.select_in::<UserMembership>("transactionId", &[latest.id.as_str()])?.is_empty()
            }
            None => true,
        };
        check.compare(taken, || tr!("{who}: transactionId is empty"));
        return Ok(());
    };
    if paid.iter().any(|order| order.id == found && order.user_id != row.user_id) {
        check.compare(false, || tr!("{who}: its transaction {found} was paid by somebody else"));
        return Ok(());
    }
    let same = own.is_some_and(|own| own.id == found);
    check.compare(same, || tr!("{who}: transactionId is not that of its latest paid order"));
    Ok(())
}

/// Whether an import has created a `UserMembership`: then its id is made of the user and the membership.
pub(crate) fn has_import_id(id: &str, user_id: &str, membership_id: &str, created_at: Millis) -> bool {
    let expected = id_for("UserMembership", &format!("{user_id}/{membership_id}"), created_at);
    id.get(9..) == expected.get(9..)
}

/// The different keys, in order.
pub(crate) fn distinct<'a>(keys: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut keys: Vec<&str> = keys.collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}
