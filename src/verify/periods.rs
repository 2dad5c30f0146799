//! Periods: the source rows of one person and one membership are one row of the app, with the earliest
//! start and the latest end (L22, L23, L24).

use std::collections::{HashMap, HashSet};

use crate::domain::date::Millis;
use crate::domain::membership::{MergedMembership, Period};
use crate::domain::status::MembershipStatus;
use crate::language::tr;
use crate::store::codec::record::Record as _;
use crate::store::queries;
use crate::store::queries::rows::Page;
use crate::store::schema::tables::{Transaction, TransactionStatus, UserMembership};
use crate::store::session::columns::KeyFilter;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::difference::Subject;
use crate::verify::held_memberships::{HeldMembership, KeptPeriods};
use crate::verify::one_active::OnesMemberships;
use crate::verify::outcome::closed;
use crate::verify::report::VerifyCheck;
use crate::verify::stored_orders::external_id;

/// The check, while people are looked at.
pub(crate) struct PeriodsCheck<'c> {
    context: &'c VerifyContext,
    check: VerifyCheck,
}

/// The pages of the targets of kept rows, behind an id.
type TargetsAfter = fn(&Store, &str) -> DeferredQuery<'static, Page<String>>;

impl<'c> PeriodsCheck<'c> {
    /// Nobody was looked at yet.
    pub(crate) fn begin(context: &'c VerifyContext) -> Self {
        Self { context, check: VerifyCheck::new("periods", "memberships") }
    }

    /// Compares all that some people hold, each of whom has a part of `people`.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn look_at<'m>(
        &mut self,
        store: &mut Store,
        people: impl Iterator<Item = &'m [HeldMembership]> + Clone,
    ) -> anyhow::Result<()> {
        let periods = people.clone().flatten().flat_map(|held| &held.kept.periods);
        let external: Vec<String> =
            periods.filter_map(|period| period.order_id.as_deref().map(external_id)).collect();
        let external = distinct(external.iter().map(String::as_str));
        let orders = store.answer(StoredOrder::of(store, &external))?;
        people.into_iter().try_for_each(|held| self.look_at_person(store, held, &orders))
    }

    /// Compares the memberships of those who were not looked at: `targets_after` tells which.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn look_at_others(
        &mut self,
        store: &mut Store,
        targets_after: TargetsAfter,
    ) -> anyhow::Result<()> {
        let mut seen = HashSet::new();
        let mut next = Some(String::new());
        while let Some(last) = next {
            let page = store.answer(targets_after(store, &last))?;
            self.look_at_targets(store, &page.rows, &mut seen)?;
            next = page.next;
        }
        Ok(())
    }

    /// Compares what those hold who hold these memberships, unless they were `seen` before.
    fn look_at_targets(
        &mut self,
        store: &mut Store,
        targets: &[String],
        seen: &mut HashSet<String>,
    ) -> anyhow::Result<()> {
        let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
        let filter = KeyFilter::keys("id", &targets);
        let holders: Vec<(String, String)> =
            store.columns(UserMembership::TABLE, &["id", "userId"], filter)?;
        let stored: HashSet<&str> = holders.iter().map(|(id, _)| id.as_str()).collect();
        let gone: Vec<&str> = targets.into_iter().filter(|id| !stored.contains(id)).collect();
        let members: Vec<&str> =
            distinct(holders.iter().map(|(_, user)| user.as_str()).filter(|user| !seen.contains(*user)));
        let mut rows = store.answer(queries::memberships::of_users(store, &members))?;
        let held = rows.values().flatten().map(|row| row.id.as_str());
        let ids: Vec<&str> = held.chain(gone.iter().copied()).collect();
        let mut kept = store.answer(KeptPeriods::of(store, &ids))?;
        // Whether the app has deleted one that is gone, the journal shows.
        for id in gone {
            self.look_at_kept(id, &kept.remove(id).unwrap_or_default());
        }
        let mut hold = |row| HeldMembership::new(self.context, row, &mut kept);
        let rows = members.iter().filter_map(|member| rows.remove(*member));
        let people: Vec<Vec<HeldMembership>> =
            rows.map(|rows| rows.into_iter().map(&mut hold).collect()).collect();
        seen.extend(members.into_iter().map(str::to_owned));
        self.look_at(store, people.iter().map(Vec::as_slice))
    }

    /// Turns to a membership, counts it where something is kept of it, and says what of that cannot be read.
    fn look_at_kept(&mut self, id: &str, kept: &KeptPeriods) {
        self.check.turn_to(Subject::row(UserMembership::TABLE, id));
        for source_key in &kept.unreadable {
            self.check.differ(tr!("membership {source_key}: its kept row cannot be read"));
        }
        self.check.rows += u64::from(!kept.periods.is_empty());
    }

    fn look_at_person(
        &mut self,
        store: &mut Store,
        held: &[HeldMembership],
        orders: &HashMap<String, StoredOrder>,
    ) -> anyhow::Result<()> {
        let Some(first) = held.first().filter(|_| held.iter().any(|held| !held.kept.is_empty())) else {
            return Ok(());
        };
        let context = self.context;
        let all = OnesMemberships::new(held.iter().map(|held| &held.row));
        self.check.turn_to(Subject::User(first.row.user_id.clone()));
        all.compare(context, &mut self.check);
        for HeldMembership { row, kept, source, .. } in held {
            self.look_at_kept(&row.id, kept);
            let check = &mut self.check;
            for period in &kept.periods {
                compare_refund(context, row, period, orders, check);
            }
            if let Some(merged) = source {
                compare_merged(context, row, merged, &all, check);
                compare_transaction(store, row, &paid(merged, orders), check)?;
            }
        }
        Ok(())
    }

    /// The check, which an error has ended early or not.
    ///
    /// # Errors
    /// An error that is not about stored data.
    pub(crate) fn close(self, done: anyhow::Result<()>) -> anyhow::Result<VerifyCheck> {
        closed(self.check, done)
    }
}

fn compare_merged(
    context: &VerifyContext,
    row: &UserMembership,
    merged: &MergedMembership,
    all: &OnesMemberships<'_>,
    check: &mut VerifyCheck,
) {
    let Some(standing) = all.expected(context, row) else {
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

/// The different keys, in order.
pub(crate) fn distinct<'a>(keys: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut keys: Vec<&str> = keys.collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}
