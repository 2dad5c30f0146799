//! The memberships of a merged account become the other one's. One that an import has made gets the id that an import
//! would give it there, so that the next import finds it; what both have of one plan is merged anew from the kept rows.

use crate::domain::date::Millis;
use crate::domain::identity::PeopleIndex;
use crate::domain::ids::id_for;
use crate::language::tr;
use crate::pipeline::plan::account_merge::accounts::Accounts;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::membership_lookup::{MemberRows, is_made_of};
use crate::pipeline::plan::membership_reconciliation::{is_edited, is_of_app, is_only_over};
use crate::pipeline::plan::membership_roles::{RoleChanges, RoleRecord};
use crate::pipeline::plan::membership_rows::{written_fingerprint, written_text};
use crate::store::codec::record::Record as _;
use crate::store::codec::value::Value;
use crate::store::history::journal::Change;
use crate::store::queries;
use crate::store::schema::tables::{Membership, SourceRecord, UserMembership};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::store::Store;

/// One membership of the account that is closed.
#[derive(Clone, Debug)]
struct MembershipMove {
    row: UserMembership,
    fate: MembershipFate,
}

/// What becomes of a membership.
#[derive(Clone, Debug)]
enum MembershipFate {
    /// The app's own: the row itself is the other account's from now on.
    Given,
    /// An import's: a row of the other account takes its place.
    Rewritten,
    /// An import's, of a plan of which the other account has this one, too: its source rows become part of that.
    Joined(Box<UserMembership>),
}

/// The memberships of two accounts, and what a merge makes of them.
#[derive(Debug)]
pub(crate) struct MembershipMoves {
    rows: MemberRows,
    moves: Vec<MembershipMove>,
    /// The kept rows of memberships that the app has deleted, with the id that each has at the other account.
    deleted: Vec<(SourceRecord, String)>,
    /// Why not all of it can move.
    pub(crate) obstacles: Vec<String>,
}

/// Whether the app has ended a membership of one of two accounts because its time is over by `now`, which no import has seen
/// yet.
///
/// # Errors
/// The database's errors.
pub(crate) fn is_over_since_import(
    store: &mut Store,
    accounts: &Accounts,
    now: Millis,
) -> anyhow::Result<bool> {
    let mut rows = MemberRows::default();
    rows.load_standing(store, &accounts.ids())?;
    let is_over = |row: &UserMembership| {
        let history = rows.history(Some(row));
        !is_of_app(history) && is_only_over(row, history, now)
    };
    Ok(accounts.ids().iter().any(|id| rows.of_user(id).any(is_over)))
}

impl MembershipMoves {
    /// Decides what becomes of each.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn decide(store: &mut Store, accounts: &Accounts, now: Millis) -> anyhow::Result<Self> {
        let mut rows = MemberRows::default();
        rows.load_standing(store, &accounts.ids())?;
        rows.load_roles(store, &accounts.ids())?;
        let mut moves = Self { rows, moves: Vec::new(), deleted: Vec::new(), obstacles: Vec::new() };
        let all: Vec<UserMembership> = moves.rows.of_user(&accounts.other.id).cloned().collect();
        for row in all {
            moves.decide_one(accounts, row, now);
        }
        moves.find_deleted(store, accounts)?;
        moves.find_references(store)?;
        Ok(moves)
    }

    fn decide_one(&mut self, accounts: &Accounts, row: UserMembership, now: Millis) {
        let history = self.rows.history(Some(&row));
        let there = self.rows.standing(&accounts.kept.id, &row.membership_id);
        let is_changed = |row: &UserMembership, history: &[SourceRecord]| {
            is_edited(row, history) && !is_only_over(row, history, now)
        };
        let history_there = self.rows.history(there);
        let fate = match (is_of_app(history), there) {
            (true, None) if row.is_active && self.runs_in_app(&accounts.kept.id) => {
                Err(tr!("of each account one of the app's own runs, and a person has one"))
            }
            (true, None) => Ok(MembershipFate::Given),
            (true, Some(_)) => Err(tr!("both have one, and one of them is the app's own")),
            (false, _) if is_changed(&row, history) => Err(tr!("it was edited in the app")),
            (false, None) => Ok(MembershipFate::Rewritten),
            (false, Some(_)) if is_of_app(history_there) => {
                Err(tr!("both have one, and one of them is the app's own"))
            }
            (false, Some(there)) if is_changed(there, history_there) => {
                Err(tr!("both have one, and that of the kept account was edited in the app"))
            }
            (false, Some(there)) => Ok(MembershipFate::Joined(Box::new(there.clone()))),
        };
        match fate {
            Ok(fate) => self.moves.push(MembershipMove { row, fate }),
            Err(why) => self.obstacles.push(tr!("a membership cannot move: {why}")),
        }
    }

    /// Whether a membership of a user is active that is not an import's to change.
    fn runs_in_app(&self, user_id: &str) -> bool {
        let is_fixed = |row: &&UserMembership| {
            let history = self.rows.history(Some(row));
            is_of_app(history) || is_edited(row, history)
        };
        self.rows.of_user(user_id).filter(is_fixed).any(|row| row.is_active)
    }

    /// What an import has written for the one account and the app has deleted stays deleted at the other (L37).
    fn find_deleted(&mut self, store: &mut Store, accounts: &Accounts) -> anyhow::Result<()> {
        let ids =
            store.over_whole_tables(|store| store.answer(queries::kept_rows::deleted_memberships(store)))?;
        let plans: Vec<Membership> = store.all_rows()?;
        let plan_of = |id: &str| plans.iter().find(|plan| is_made_of(id, &accounts.other.id, &plan.id));
        let deleted: Vec<(&str, &Membership)> =
            ids.iter().filter_map(|id| Some((id.as_str(), plan_of(id)?))).collect();
        let keys: Vec<&str> = deleted.iter().map(|(id, _)| *id).collect();
        let kept: Vec<SourceRecord> = store.select_in("targetId", &keys)?;
        for source in kept.into_iter().filter(|source| source.kind == SourceRecordKind::Membership) {
            let Some((_, plan)) = deleted.iter().find(|(id, _)| *id == source.target_id) else { continue };
            if self.rows.standing(&accounts.kept.id, &plan.id).is_some() {
                self.obstacles.push(
                    tr!("a membership cannot move: the app has deleted it, and the kept account has one of that plan")
                        .to_owned(),
                );
                continue;
            }
            self.deleted.push((source, new_id(&accounts.kept.id, &plan.id, Millis(0))));
        }
        Ok(())
    }

    /// A row that is written anew elsewhere may not be one that the app needs where it is.
    fn find_references(&mut self, store: &mut Store) -> anyhow::Result<()> {
        let gone = self.moves.iter().filter(|moved| !matches!(moved.fate, MembershipFate::Given));
        let gone: Vec<&str> = gone.map(|moved| moved.row.id.as_str()).collect();
        if gone.is_empty() {
            return Ok(());
        }
        let catalogue = store.catalogue()?;
        if !store.references(&catalogue, UserMembership::TABLE, &gone)?.is_empty() {
            self.obstacles
                .push(tr!("a membership cannot move: other rows of the app refer to it").to_owned());
        }
        Ok(())
    }

    /// The ids of the kept account's memberships that both have: they are to be merged anew.
    pub(crate) fn joined(&self) -> Vec<String> {
        let joined = self.moves.iter().filter_map(|moved| match &moved.fate {
            MembershipFate::Joined(there) => Some(there.id.clone()),
            MembershipFate::Given | MembershipFate::Rewritten => None,
        });
        joined.collect()
    }

    /// Plans the moves.
    pub(crate) fn plan(
        mut self,
        accounts: &Accounts,
        people: &PeopleIndex,
        written_at: Millis,
    ) -> (BatchPlan, Vec<RoleRecord>) {
        let (mut plan, mut roles) = (BatchPlan::new(written_at), RoleChanges::default());
        let key = people.key_of_user(&accounts.kept.id);
        roles.note_without(&accounts.other.id);
        for MembershipMove { row, fate } in std::mem::take(&mut self.moves) {
            let history = self.rows.history(Some(&row)).to_vec();
            let mine =
                UserMembership { user_id: accounts.kept.id.clone(), updated_at: written_at, ..row.clone() };
            self.rows.remove(&row);
            match fate {
                MembershipFate::Given => {
                    plan.change(Change::diff(&row.id, row.clone(), mine.clone(), &["id"]));
                    roles.note(None, Some(&mine), key);
                    self.rows.fill(mine);
                }
                MembershipFate::Rewritten => {
                    let id = new_id(&mine.user_id, &mine.membership_id, mine.start_date);
                    let mine = UserMembership { id, ..mine };
                    let written = written_text(written_fingerprint(&mine));
                    plan.change([Change::delete::<UserMembership>(&row.id), Change::insert(mine.clone())]);
                    plan.change(history.iter().map(|row| led_to(row, &mine.id, &written, written_at)));
                    roles.note(None, Some(&mine), key);
                    self.rows.replace(mine);
                }
                MembershipFate::Joined(there) => {
                    let written = written_text(written_fingerprint(&there));
                    plan.change([Change::delete::<UserMembership>(&row.id)]);
                    plan.change(history.iter().map(|row| led_to(row, &there.id, &written, written_at)));
                }
            }
        }
        for (source, id) in &self.deleted {
            plan.change([led_to(source, id, &source.written, written_at)]);
        }
        let records = roles.plan(&mut plan, &self.rows, people);
        (plan, records)
    }
}

fn new_id(user_id: &str, membership_id: &str, start: Millis) -> String {
    id_for(UserMembership::TABLE.name, &format!("{user_id}/{membership_id}"), start)
}

/// The change by which a kept source row leads to another membership.
fn led_to(source: &SourceRecord, target: &str, written: &str, written_at: Millis) -> Change {
    let text = |text: &str| Value::Text(text.to_owned());
    let set =
        vec![("targetId", text(target)), ("written", text(written)), ("updatedAt", Value::Time(written_at))];
    Change::update::<SourceRecord>(&source.id, set).if_unchanged("targetId", text(&source.target_id))
}
