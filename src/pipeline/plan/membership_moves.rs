//! Source rows of memberships that have another person, product or order than when an import wrote them. They leave the
//! membership that they were a part of, which is merged anew without them, and what they claim is released by those who
//! have it, before the first membership is planned.

use std::collections::{BTreeMap, HashMap};

use crate::domain::date::Millis;
use crate::domain::identity::PeopleIndex;
use crate::domain::membership::Membership;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::membership_lookup::{MemberRows, period_of};
use crate::pipeline::plan::membership_reconciliation::{is_edited, is_of_app};
use crate::pipeline::plan::membership_regroup::{KeptMembership, detached};
use crate::pipeline::plan::membership_roles::{RoleChanges, RoleRecord};
use crate::pipeline::plan::membership_row_changes::SourceRowChange;
use crate::pipeline::plan::periods::GroupKey;
use crate::store::codec::record::Record as _;
use crate::store::engines::transient::StalePlan;
use crate::store::history::journal::Change;
use crate::store::schema::tables::{SourceRecord, UserMembership};
use crate::store::session::store::Store;

/// The rows of the files that have changed their person, product or order.
#[derive(Debug, Default)]
pub(crate) struct Moves {
    /// The keys of the rows that leave a membership, by its id.
    leaving: BTreeMap<String, Vec<String>>,
    /// The orders that rows name which were written before, and named another one or had another person or product.
    orders: HashMap<String, Option<String>>,
    /// The numbers of the rows whose orders others may have to release, with their groups.
    claims: Vec<(u32, GroupKey)>,
}

/// An order that a row of the files names and did not name before, with the row's user, if there is one yet, and the
/// membership of the app.
#[derive(Debug)]
pub(crate) struct ClaimedOrder {
    pub(super) order_id: String,
    pub(super) user_id: Option<String>,
    pub(super) membership_id: String,
}

impl ClaimedOrder {
    /// Whether a membership is the one that the row belongs to.
    fn is_of(&self, standing: &UserMembership) -> bool {
        self.user_id.as_ref() == Some(&standing.user_id) && self.membership_id == standing.membership_id
    }
}

impl Moves {
    /// Takes in a row of this number.
    pub(super) fn note(&mut self, row: &Membership, number: u32, group: GroupKey, change: SourceRowChange) {
        if change == SourceRowChange::Nothing {
            return;
        }
        if row.order_id.is_some() {
            self.claims.push((number, group));
        }
        if change != SourceRowChange::New {
            self.orders.insert(row.id.clone(), row.order_id.clone());
        }
        if let SourceRowChange::Leaves(id) = change {
            self.leaving.entry(id).or_default().push(row.id.clone());
        }
    }

    /// The ids of the memberships that rows leave.
    pub(crate) fn left(&self) -> Vec<String> {
        self.leaving.keys().cloned().collect()
    }

    /// The numbers of the rows whose orders others may have to release, with their groups.
    pub(crate) fn claims(&self) -> &[(u32, GroupKey)] {
        &self.claims
    }

    /// Plans what is left of some memberships that rows leave.
    ///
    /// # Errors
    /// The database's errors; [`StalePlan`] for a membership that the app has edited since the rows were read.
    pub(super) fn take_back(
        &self,
        store: &mut Store,
        ids: &[String],
        as_of: Millis,
        people: &PeopleIndex,
        written_at: Millis,
    ) -> anyhow::Result<(BatchPlan, Vec<RoleRecord>)> {
        let mut rows = MemberRows::default();
        let keys: Vec<&str> = ids.iter().map(String::as_str).collect();
        rows.load_members_of(store, &keys)?;
        let (mut plan, mut roles) = (BatchPlan::new(written_at), RoleChanges::default());
        for id in ids {
            let gone = &self.leaving[id];
            let Some(standing) = rows.of_id(id).cloned() else {
                let sources: Vec<SourceRecord> = store.select_in("targetId", &[id])?;
                let leave = sources.iter().filter(|source| gone.contains(&source.source_key));
                plan.change(leave.map(|source| detached(source, written_at)));
                continue;
            };
            let kept = rows.history(Some(&standing)).to_vec();
            if !is_of_app(&kept) && is_edited(&standing, &kept) {
                return Err(StalePlan { table: UserMembership::TABLE.name, id: id.clone() }.into());
            }
            let (leave, history): (Vec<_>, Vec<_>) =
                kept.into_iter().partition(|source| gone.contains(&source.source_key));
            plan.change(leave.iter().map(|source| detached(source, written_at)));
            if leave.iter().all(|source| source.written.is_empty()) {
                plan.change(emptied(&rows, standing, &leave, &history, written_at));
            } else if history.is_empty() {
                plan.change([Change::delete::<UserMembership>(id)]);
                roles.note(Some(&standing), None, None);
                rows.remove(&standing);
            } else {
                let key = people.key_of_user(&standing.user_id);
                let kept = KeptMembership { standing, history };
                kept.regroup(&mut plan, &mut rows, &mut roles, key, as_of);
            }
        }
        let records = roles.plan(&mut plan, &rows, people);
        Ok((plan, records))
    }

    /// Plans that memberships give up transactions which rows of the files name and their own do not any more.
    ///
    /// # Errors
    /// The database's errors.
    pub(super) fn release(
        &self,
        store: &mut Store,
        orders: &[ClaimedOrder],
        written_at: Millis,
    ) -> anyhow::Result<BatchPlan> {
        let numbers: Vec<String> = orders.iter().map(|claim| claim.order_id.clone()).collect();
        let mut claimed = MemberRows::default();
        claimed.load_orders(store, &numbers)?;
        claimed.load_memberships_of_orders(store)?;
        let holders: Vec<String> = claimed.holders().map(str::to_owned).collect();
        let keys: Vec<&str> = holders.iter().map(String::as_str).collect();
        let mut rows = MemberRows::default();
        rows.load_members_of(store, &keys)?;
        let mut plan = BatchPlan::new(written_at);
        for claim in orders {
            let order_id = &claim.order_id;
            let Some(transaction) = claimed.purchase(order_id).map(|order| order.id.as_str()) else {
                continue;
            };
            let Some(standing) = claimed.membership_of(transaction).and_then(|id| rows.of_id(id)).cloned()
            else {
                continue;
            };
            let history = rows.history(Some(&standing)).to_vec();
            let is_free = standing.transaction_id.as_deref() != Some(transaction);
            // Of a membership that an interrupted run was writing, not all rows are kept yet.
            if claim.is_of(&standing)
                || is_free
                || is_of_app(&history)
                || is_edited(&standing, &history)
                || self.names(&history, order_id)
            {
                continue;
            }
            KeptMembership { standing, history }.release_transaction(&mut plan, &mut rows);
        }
        Ok(plan)
    }

    /// Whether one of these source rows names an order, by the files or, where they do not have it, as it was kept.
    fn names(&self, history: &[SourceRecord], order_id: &str) -> bool {
        history.iter().any(|source| match self.orders.get(&source.source_key) {
            Some(now) => now.as_deref() == Some(order_id),
            None => period_of(source).and_then(|period| period.order_id).as_deref() == Some(order_id),
        })
    }
}

/// The change that takes back what rows that leave a membership of the app's own had filled in.
fn emptied(
    rows: &MemberRows,
    standing: UserMembership,
    leave: &[SourceRecord],
    history: &[SourceRecord],
    written_at: Millis,
) -> Option<Change> {
    let names = |sources: &[SourceRecord], transaction: &str| {
        let mut orders = sources.iter().filter_map(|source| period_of(source)?.order_id);
        orders.any(|order_id| rows.purchase(&order_id).is_some_and(|order| order.id == transaction))
    };
    let stays = |transaction: &String| !names(leave, transaction) || names(history, transaction);
    let is_of_leaving = |key: &String| leave.iter().any(|source| source.source_key == *key);
    let emptied = UserMembership {
        transaction_id: standing.transaction_id.clone().filter(stays),
        external_id: standing.external_id.clone().filter(|key| !is_of_leaving(key)),
        ..standing.clone()
    };
    if emptied == standing {
        return None;
    }
    let emptied = UserMembership { updated_at: written_at, ..emptied };
    Change::diff(&emptied.id.clone(), standing, emptied, &["id"])
}
