//! A grant: gives imported members what their plans have come to open since, as a run of its own. It takes nothing away,
//! and given again it writes nothing.

use std::collections::BTreeMap;

use crate::domain::date::Millis;
use crate::domain::finding::Finding;
use crate::domain::source_kind::SourceKind;
use crate::failure::Failure;
use crate::language::tr;
use crate::pipeline::phases_of_app::ACCESS;
use crate::pipeline::plan::access::{AccessMode, AccessRules};
use crate::pipeline::plan::access_links::{PlanLinks, PlanWithPeople, plan_names};
use crate::pipeline::plan::access_lookup::DeletedMemberships;
use crate::pipeline::progress::Progress;
use crate::pipeline::write::access::open_access;
use crate::pipeline::write::attempts::{Attempts, retry_transient, with_lock};
use crate::pipeline::write::commit::Committer;
use crate::pipeline::write::own_run;
use crate::pipeline::write::phase::Phase;
use crate::row_changes;
use crate::row_changes::{ChangeSink, Direction};
use crate::store::codec::value::JsonText;
use crate::store::engines::transient::transient;
use crate::store::history::runs;
use crate::store::history::runs::{Invocation, Run, RunDescription};
use crate::store::queries;
use crate::store::session::lock::LockClaim;
use crate::store::session::store::Store;

/// The command of such a run, as `SejoliImportRun.command` holds it.
pub(crate) const GRANT: &str = "grant";

/// The request of a grant.
#[derive(Clone, Debug)]
pub(crate) struct GrantRequest {
    /// The slug of the only plan that it is about; without it, all plans.
    pub plan: Option<String>,
    /// The time that says what is over; without it, the start of the run.
    pub as_of: Option<Millis>,
    /// Whether everything is rolled back at the end.
    pub dry_run: bool,
    /// Number of people in one transaction.
    pub people_at_once: usize,
    /// Number of retries after transient failures.
    pub retries: u32,
    /// How the command was typed, to be shown when it is interrupted.
    pub invoked: Invocation,
}

impl GrantRequest {
    /// What the result depends on, as it is stored with the run.
    fn options(&self) -> serde_json::Value {
        serde_json::json!({ "command": GRANT, "plan": self.plan, "as_of": self.as_of })
    }

    fn context(&self) -> String {
        JsonText(self.options().to_string()).digest()
    }
}

/// The result of a grant.
#[derive(Debug)]
pub(crate) struct GrantOutcome {
    /// The run, with its books in the checkpoint.
    pub run: Run,
    /// Whether everything was rolled back.
    pub dry_run: bool,
    /// Plans that open nothing, and what stays as the app has left it.
    pub notes: Vec<Finding>,
}

/// Runs a grant. A dry run tells `changes` of every row before it is taken back.
///
/// # Errors
/// Exit code 5: another run was interrupted; 7: the database has no table by which plans open anything; otherwise
/// whatever stops it. What was committed until then stays, and the same command goes on from there.
pub(crate) fn run(
    store: &mut Store,
    request: &GrantRequest,
    changes: &mut dyn ChangeSink,
    progress: &mut dyn Progress,
) -> anyhow::Result<GrantOutcome> {
    let mut attempts = Attempts::new(request.retries);
    retry_transient(store, &mut attempts, progress, |store| {
        crate::store::migration::check::ensure_ready(store)
    })?;
    with_lock(store, &LockClaim::whole(GRANT), &mut attempts, progress, |store, attempts, progress| {
        let mut own = None;
        loop {
            match attempt(store, request, &mut own, changes, progress) {
                Err(error) if transient(&error) => attempts.wait_and_reconnect(store, error, progress)?,
                ended => return ended,
            }
        }
    })
}

/// Makes one attempt. `own` is the id of the run that this command has begun.
fn attempt(
    store: &mut Store,
    request: &GrantRequest,
    own: &mut Option<String>,
    changes: &mut dyn ChangeSink,
    progress: &mut dyn Progress,
) -> anyhow::Result<GrantOutcome> {
    if !request.dry_run {
        return own_run::choose(store, &request.context(), own, progress)
            .and_then(|run| work(store, request, run, progress));
    }
    store.begin()?;
    let outcome = own_run::choose(store, &request.context(), &mut None, progress)
        .and_then(|run| work(store, request, run, progress));
    let outcome = outcome.and_then(|done| {
        row_changes::of_run(store, &done.run.id, Direction::Done, &|_| false, changes).map(|()| done)
    });
    let taken_back = store.rollback();
    let outcome = outcome?;
    taken_back?;
    Ok(outcome)
}

fn work(
    store: &mut Store,
    request: &GrantRequest,
    mut run: Run,
    progress: &mut dyn Progress,
) -> anyhow::Result<GrantOutcome> {
    let links = PlanLinks::load(store)?;
    if links.cannot_open() {
        return Err(Failure::database(tr!(
            "the database has no tables by which plans open groups, courses or products; see `sejoli-migrate schema check`"
        )));
    }
    let names = plan_names(store)?;
    let plan = match &request.plan {
        None => None,
        Some(slug) => {
            let found = names.iter().find(|(_, name)| *name == slug).map(|(id, _)| id.clone());
            Some(found.ok_or_else(|| Failure::usage(tr!("the app has no membership \"{slug}\"")))?)
        }
    };
    let as_of = request.as_of.unwrap_or(run.started_at);
    let mut notes = unlinked(store, &links, &names, plan.as_deref(), as_of)?;
    run.checkpoint.invoked = Some(request.invoked.clone());
    if !run.resumed {
        let (options, context) = (request.options(), request.context());
        tracing::info!(run = %run.id, command = GRANT, dry_run = request.dry_run, "run begun");
        let about = RunDescription {
            command: GRANT,
            context: &context,
            options: &options,
            parent: None,
            siblings: &[],
        };
        runs::begin(store, &run, about)?;
    }
    let rules = AccessRules {
        links,
        as_of,
        written_at: run.started_at,
        mode: AccessMode::Grant { plan },
        deleted: DeletedMemberships::default(),
    };
    let mut committer = Committer { run };
    progress.begin(ACCESS, 0);
    let phase = Phase { name: ACCESS, kind: SourceKind::Memberships, exports: &[] };
    let noticed = open_access(store, &mut committer, phase, &rules, request.people_at_once, progress)?;
    committer.finish_phase_if_begun(ACCESS)?;
    committer.finish(store)?;
    notes.extend(noticed.findings());
    Ok(GrantOutcome { run: committer.run, dry_run: request.dry_run, notes })
}

/// The plans of imported members that open nothing.
fn unlinked(
    store: &mut Store,
    links: &PlanLinks,
    names: &BTreeMap<String, String>,
    plan: Option<&str>,
    as_of: Millis,
) -> anyhow::Result<Vec<Finding>> {
    let members = queries::access::members_by_plan(store, as_of)?;
    let asked = members.iter().filter(|members| plan.is_none_or(|plan| plan == members.membership_id));
    Ok(links.unlinked(asked.map(|members| PlanWithPeople {
        name: names.get(&members.membership_id).map_or(&members.membership_id, |name| name),
        id: Some(&members.membership_id),
        people: usize::try_from(members.people).unwrap_or(0),
    })))
}
