//! What has changed about a membership's source row since an import wrote it, and whether the app lets it change.

use std::collections::HashMap;

use crate::domain::detail::Detail;
use crate::domain::finding::{Code, Finding};
use crate::domain::membership::Membership;
use crate::language::tr;
use crate::pipeline::plan::membership_lookup::{is_made_of, period_of};
use crate::pipeline::plan::membership_reconciliation::{is_edited, is_of_app};
use crate::source::row_location::RowLocation;
use crate::store::codec::record::Record as _;
use crate::store::schema::tables::{SourceRecord, UserMembership};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::store::Store;

/// What has changed about a source row since an import wrote it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SourceRowChange {
    /// Neither person nor product nor order.
    Nothing,
    /// It was never written.
    New,
    /// Its order.
    Order,
    /// Its person or product: it leaves the membership of this id.
    Leaves(String),
}

/// What earlier imports have kept of some source rows, and what stands of it.
#[derive(Debug, Default)]
pub(super) struct KeptRows {
    /// By source key.
    sources: HashMap<String, SourceRecord>,
    /// The memberships that they became, by id.
    targets: HashMap<String, UserMembership>,
    /// All source rows that became these memberships.
    history: HashMap<String, Vec<SourceRecord>>,
    /// The memberships that members have to whom rows move.
    destinations: Vec<UserMembership>,
    /// The memberships that other rows of the app refer to.
    referenced: Vec<String>,
}

impl KeptRows {
    /// Looks up what is kept of these rows.
    ///
    /// # Errors
    /// The database's errors.
    pub(super) fn look_up(store: &mut Store, rows: &[(RowLocation, Membership)]) -> anyhow::Result<Self> {
        let keys: Vec<&str> = rows.iter().map(|(_, row)| row.id.as_str()).collect();
        let narrowed = Some(("kind", SourceRecordKind::Membership.as_str()));
        let sources: Vec<SourceRecord> = store.select_among(narrowed, "sourceKey", &keys)?;
        let ids: Vec<&str> = sources.iter().map(|source| source.target_id.as_str()).collect();
        let targets: Vec<UserMembership> = store.select_in("id", &ids)?;
        Ok(Self {
            targets: targets.into_iter().map(|row| (row.id.clone(), row)).collect(),
            sources: sources.into_iter().map(|source| (source.source_key.clone(), source)).collect(),
            ..Self::default()
        })
    }

    /// Looks up more about the memberships that some of these rows leave, and about those that their members have.
    ///
    /// # Errors
    /// The database's errors.
    pub(super) fn look_up_moves(
        &mut self,
        store: &mut Store,
        left: &[&str],
        members: &[&str],
    ) -> anyhow::Result<()> {
        if left.is_empty() {
            return Ok(());
        }
        self.destinations = store.select_in("userId", members)?;
        let joined = self.destinations.iter().map(|row| row.id.as_str());
        let ids: Vec<&str> = left.iter().copied().chain(joined).collect();
        for source in store.select_in::<SourceRecord>("targetId", &distinct(ids))? {
            self.history.entry(source.target_id.clone()).or_default().push(source);
        }
        let catalogue = store.catalogue()?;
        let references = store.references(&catalogue, UserMembership::TABLE, &distinct(left.to_vec()))?;
        self.referenced = references.into_iter().map(|reference| reference.parent).collect();
        Ok(())
    }

    /// What has changed about a row that now belongs to this user, if there is one yet, and this membership of the app.
    pub(super) fn change_of(
        &self,
        row: &Membership,
        user_id: Option<&str>,
        membership_id: &str,
    ) -> SourceRowChange {
        let Some(source) = self.sources.get(&row.id).filter(|source| !source.target_id.is_empty()) else {
            return SourceRowChange::New;
        };
        let target = self.targets.get(&source.target_id);
        let is_same = |user_id: &str| match (source.written.is_empty(), target) {
            (true, Some(target)) => {
                (target.user_id.as_str(), target.membership_id.as_str()) == (user_id, membership_id)
            }
            (true, None) => true,
            (false, _) => is_made_of(&source.target_id, user_id, membership_id),
        };
        if !user_id.is_some_and(is_same) {
            return SourceRowChange::Leaves(source.target_id.clone());
        }
        match period_of(source) {
            Some(period) if period.order_id == row.order_id => SourceRowChange::Nothing,
            _ => SourceRowChange::Order,
        }
    }

    /// Why a row may not leave a membership for another one: the app has edited one of the two, has deleted the one that it
    /// leaves, or has come to need that.
    pub(super) fn obstacle(
        &self,
        id: &str,
        (user_id, membership_id): (Option<&str>, &str),
        restore_deleted: bool,
    ) -> Option<Finding> {
        let is_destination = |row: &&UserMembership| {
            Some(row.user_id.as_str()) == user_id && row.membership_id == membership_id
        };
        let target = self.targets.get(id);
        let why = if target.is_none() && !restore_deleted {
            Detail::said(|| tr!("deleted in the app"))
        } else if self
            .destinations
            .iter()
            .find(is_destination)
            .into_iter()
            .chain(target)
            .any(|row| self.is_edited(row))
        {
            Detail::default()
        } else if self.referenced.iter().any(|referenced| referenced == id) {
            Detail::said(|| tr!("in use in the app"))
        } else {
            return None;
        };
        Some(Finding::of_row(Code::EditedInApp, why))
    }

    /// Whether the app has edited a membership that an import has written.
    fn is_edited(&self, row: &UserMembership) -> bool {
        let history = self.history.get(&row.id).map_or(&[][..], Vec::as_slice);
        !is_of_app(history) && is_edited(row, history)
    }
}

/// The ids, each once.
fn distinct(mut ids: Vec<&str>) -> Vec<&str> {
    ids.sort_unstable();
    ids.dedup();
    ids
}
