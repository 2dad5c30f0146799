//! Carries out one merge of two accounts, part by part, in the transaction of its run: each part is planned against what the
//! parts before it have written, by the planners of an import wherever there is one.

use crate::domain::conventions::AppConventions;
use crate::domain::date::Millis;
use crate::domain::finding::Finding;
use crate::domain::identity::PeopleIndex;
use crate::domain::source_kind::SourceKind;
use crate::failure::Failure;
use crate::language::tr;
use crate::pipeline::plan::access::{AccessMode, AccessRules};
use crate::pipeline::plan::access_links::PlanLinks;
use crate::pipeline::plan::access_lookup::{DeletedMemberships, look_up};
use crate::pipeline::plan::account_merge::access::{AccessMove, RowsLeft};
use crate::pipeline::plan::account_merge::accounts::Accounts;
use crate::pipeline::plan::account_merge::affiliate::{AffiliateSide, moved_links};
use crate::pipeline::plan::account_merge::memberships::{MembershipMoves, is_over_since_import};
use crate::pipeline::plan::account_merge::obstacles::obstacles;
use crate::pipeline::plan::account_merge::{identities, purchases};
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::mapping_decisions::{MappingChoice, MappingDecision, MappingDecisions};
use crate::pipeline::plan::membership_followup::{follow_up, merge_anew};
use crate::pipeline::plan::membership_roles::RoleRecord;
use crate::pipeline::plan::one_active::{choose, to_choose_for};
use crate::pipeline::plan::people;
use crate::pipeline::read::options::RunContext;
use crate::pipeline::write::commit::{Committer, EncodedBatch};
use crate::pipeline::write::phase::Phase;
use crate::store::history::journal::Change;
use crate::store::queries;
use crate::store::schema::tables::UserMembership;
use crate::store::session::store::Store;

/// The phase that writes what people decide of pairs of accounts.
pub(crate) const PEOPLE: &str = "people";

/// Who decides, and how the app writes.
#[derive(Clone, Debug)]
pub(crate) struct MergeOptions {
    /// Who decides.
    pub(crate) by: String,
    /// Why.
    pub(crate) why: Option<String>,
    /// The app's conventions.
    pub(crate) conventions: AppConventions,
    /// The time that says what is over.
    pub(crate) as_of: Millis,
}

/// What a merge has come to.
#[derive(Debug, Default)]
pub(crate) struct MergeOutcome {
    /// The affiliate's codes that credit the kept account now.
    pub(crate) codes: Vec<String>,
    /// Rows that stay with the closed account, because the kept one has such a row.
    pub(crate) left: RowsLeft,
    /// What was noticed.
    pub(crate) findings: Vec<Finding>,
}

/// Merges two accounts, except for the money of the codes, which is still to be settled.
///
/// # Errors
/// Exit code 5: they cannot be merged as a whole, and why; nothing is written then. Those of the planners and the database.
pub(crate) fn merge(
    store: &mut Store,
    committer: &mut Committer,
    accounts: &Accounts,
    options: &MergeOptions,
) -> anyhow::Result<MergeOutcome> {
    let written_at = committer.run.started_at;
    refuse_what_cannot_move(store, accounts, written_at)?;
    let mut writer = MergeWriter { committer, accounts, as_of: options.as_of, written_at };
    let left = writer.move_access(store)?;
    writer.write(store, |store| purchases::moved(store, accounts, written_at))?;
    writer.move_memberships(store)?;
    writer.open_what_plans_open(store)?;
    let (codes, findings) = writer.move_affiliate(store, options)?;
    let run_id = writer.committer.run.id.clone();
    writer.write(store, |store| identities::led_over(store, accounts, &run_id, written_at))?;
    writer.close_account(store)?;
    Ok(MergeOutcome { codes, left, findings })
}

/// Refuses before anything is written, and says whether the other direction is open.
fn refuse_what_cannot_move(store: &mut Store, accounts: &Accounts, now: Millis) -> anyhow::Result<()> {
    let found = obstacles(store, accounts, now)?;
    if found.is_empty() {
        return Ok(());
    }
    let advice = match obstacles(store, &accounts.turned(), now)?.is_empty() {
        true => tr!("The other way round it can be done: keep the other account"),
        false => tr!("Put that right in the app first, or keep them apart"),
    };
    Err(Failure::refused(tr!("nothing was merged:\n  {}\n{advice}", found.join("\n  "))))
}

/// The time that says what is over for some merges: that of the newest import, so that no membership ends just because time
/// has passed. Where the app has ended one since, it is now.
///
/// # Errors
/// The database's errors.
pub(crate) fn as_of(store: &mut Store, merges: &[Accounts], now: Millis) -> anyhow::Result<Millis> {
    for accounts in merges {
        if is_over_since_import(store, accounts, now)? {
            return Ok(now);
        }
    }
    let runs = queries::runs::standing_newest_first(store)?;
    let mut imports = runs.iter().filter_map(|run| {
        let context = serde_json::from_str::<RunContext>(&run.options.0).ok()?;
        Some(context.as_of.unwrap_or(run.started_at))
    });
    Ok(imports.next().unwrap_or(now))
}

struct MergeWriter<'a> {
    committer: &'a mut Committer,
    accounts: &'a Accounts,
    as_of: Millis,
    written_at: Millis,
}

impl MergeWriter<'_> {
    /// Writes what is planned, unless that is nothing.
    fn write(
        &mut self,
        store: &mut Store,
        plan: impl FnOnce(&mut Store) -> anyhow::Result<Vec<Change>>,
    ) -> anyhow::Result<()> {
        let changes = plan(store)?;
        self.commit(store, BatchPlan::of_changes(self.written_at, changes))
    }

    fn commit(&mut self, store: &mut Store, plan: BatchPlan) -> anyhow::Result<()> {
        if plan.changes.is_empty() {
            return Ok(());
        }
        let phase = Phase { name: PEOPLE, kind: SourceKind::Orders, exports: &[] };
        let batch = EncodedBatch::new(store.encoder(), plan)?;
        self.committer.commit(store, phase, batch).map(drop)
    }

    fn move_access(&mut self, store: &mut Store) -> anyhow::Result<RowsLeft> {
        let (accounts, written_at) = (self.accounts, self.written_at);
        let (changes, left) = AccessMove::look_up(store, accounts)?.plan(accounts, written_at)?;
        self.commit(store, BatchPlan::of_changes(written_at, changes))?;
        Ok(left)
    }

    fn move_memberships(&mut self, store: &mut Store) -> anyhow::Result<()> {
        let (accounts, as_of, written_at) = (self.accounts, self.as_of, self.written_at);
        let run_id = self.committer.run.id.clone();
        self.write(store, |store| identities::own(store, accounts, &run_id, written_at))?;
        let mut people = people::load(store, &run_id, false)?;
        let moves = MembershipMoves::decide(store, accounts, written_at)?;
        let joined = moves.joined();
        let planned = moves.plan(accounts, &people, written_at);
        self.commit_with_roles(store, planned, &mut people)?;
        let planned = merge_anew(store, &joined, as_of, &people, written_at)?;
        self.commit_with_roles(store, planned, &mut people)?;
        let kept: Vec<UserMembership> = store.select_in("userId", &[&accounts.kept.id])?;
        let others: Vec<String> =
            kept.into_iter().map(|row| row.id).filter(|id| !joined.contains(id)).collect();
        let planned = follow_up(store, &others, as_of, &people, written_at)?;
        self.commit_with_roles(store, planned, &mut people)?;
        let concerned = to_choose_for(store, &accounts.ids(), as_of)?;
        let planned = choose(store, &concerned, as_of, &people, written_at)?;
        self.commit_with_roles(store, planned, &mut people)
    }

    fn commit_with_roles(
        &mut self,
        store: &mut Store,
        (plan, records): (BatchPlan, Vec<RoleRecord>),
        people: &mut PeopleIndex,
    ) -> anyhow::Result<()> {
        self.commit(store, plan)?;
        records.into_iter().for_each(|record| record.apply(people));
        Ok(())
    }

    /// What the memberships open that are the kept account's now.
    fn open_what_plans_open(&mut self, store: &mut Store) -> anyhow::Result<()> {
        let links = PlanLinks::load(store)?;
        if links.cannot_open() {
            return Ok(());
        }
        let rules = AccessRules {
            links,
            as_of: self.as_of,
            written_at: self.written_at,
            mode: AccessMode::Import { restores: false },
            deleted: DeletedMemberships::load(store)?,
        };
        let found = look_up(store, &[&self.accounts.kept.id], &rules.links, rules.as_of)?;
        let planned = rules.plan(found)?;
        self.commit(store, BatchPlan::of_changes(self.written_at, planned.changes))
    }

    /// The codes, by the rules of a decided mapping. Money follows by the settlement, when all decisions are made.
    fn move_affiliate(
        &mut self,
        store: &mut Store,
        options: &MergeOptions,
    ) -> anyhow::Result<(Vec<String>, Vec<Finding>)> {
        let (accounts, written_at) = (self.accounts, self.written_at);
        let codes = AffiliateSide::look_up(store, accounts)?.codes;
        let mut findings = Vec::new();
        if !codes.is_empty() {
            let (by, run) = (options.by.clone(), self.committer.run.clone());
            let mut planner = MappingDecisions::new(store, options.conventions.app, by, run)?;
            for code in &codes {
                let decision = MappingDecision {
                    code: code.clone(),
                    choice: MappingChoice::User(accounts.kept.id.clone()),
                    why: options.why.clone(),
                };
                let (plan, decided) = planner.plan(store, &decision, None)?;
                self.commit(store, plan)?;
                findings.extend(decided.findings);
            }
        }
        self.write(store, |store| moved_links(store, accounts, written_at))?;
        Ok((codes, findings))
    }

    /// Closes the account, by the rows as all that came before has left them.
    fn close_account(&mut self, store: &mut Store) -> anyhow::Result<()> {
        let (accounts, written_at) = (self.accounts, self.written_at);
        self.write(store, |store| {
            let [kept, other] = accounts.ids();
            Ok(Accounts::load(store, kept, other)?.closing(written_at))
        })
    }
}
