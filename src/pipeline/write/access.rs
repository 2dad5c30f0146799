//! Writes what plans open to people, page by page. A page in which nothing changes writes nothing, so that an interrupted
//! one is simply begun again.

use std::collections::HashSet;

use crate::pipeline::plan::access::{AccessNotes, AccessRules};
use crate::pipeline::plan::access_lookup::look_up;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::progress::Progress;
use crate::pipeline::read::duplicates::key_hash;
use crate::pipeline::write::commit::Committer;
use crate::pipeline::write::phase::Phase;
use crate::signals;
use crate::store::engines::error::DatabaseError;
use crate::store::queries;
use crate::store::session::store::Store;

/// Opens to everybody with an imported membership, and to everybody to whom an import has opened anything, what the rules
/// say, some `people_at_once` in one transaction.
///
/// # Errors
/// The database's errors.
pub(crate) fn open_access(
    store: &mut Store,
    committer: &mut Committer,
    phase: Phase<'_>,
    rules: &AccessRules,
    people_at_once: usize,
    progress: &mut dyn Progress,
) -> anyhow::Result<AccessNotes> {
    let mut writer = AccessWriter {
        committer,
        phase,
        rules,
        people_at_once,
        progress,
        done: HashSet::new(),
        noticed: AccessNotes::default(),
    };
    let mut after = String::new();
    loop {
        let page = queries::access::imported_members_after(store, &after)?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.source_key);
        writer.write(store, page.into_iter().map(|member| member.user_id).collect())?;
    }
    // Those whose last membership has gone are not among them.
    let mut after = String::new();
    loop {
        let page = queries::access::users_with_record_after(store, &after)?;
        let Some(last) = page.last() else { return Ok(writer.noticed) };
        after.clone_from(last);
        writer.write(store, page)?;
    }
}

struct AccessWriter<'a> {
    committer: &'a mut Committer,
    phase: Phase<'a>,
    rules: &'a AccessRules,
    people_at_once: usize,
    progress: &'a mut dyn Progress,
    /// Hashes of the users that are done.
    done: HashSet<u64>,
    noticed: AccessNotes,
}

impl AccessWriter<'_> {
    fn write(&mut self, store: &mut Store, mut users: Vec<String>) -> anyhow::Result<()> {
        users.retain(|user| self.done.insert(key_hash(user)));
        users.sort_unstable();
        for users in users.chunks(self.people_at_once) {
            signals::check()?;
            let users: Vec<&str> = users.iter().map(String::as_str).collect();
            let noticed = self.commit(store, &users)?;
            self.noticed.add(noticed);
            self.progress.advance(users.len() as u64);
        }
        Ok(())
    }

    /// Commits what is planned. If a unique index refuses it, the app has come first: then it is looked at again.
    fn commit(&mut self, store: &mut Store, users: &[&str]) -> anyhow::Result<AccessNotes> {
        match self.try_commit(store, users) {
            Err(error) if blames_row(&error) => self.try_commit(store, users),
            committed => committed,
        }
    }

    fn try_commit(&mut self, store: &mut Store, users: &[&str]) -> anyhow::Result<AccessNotes> {
        let (rules, written_at) = (self.rules, self.rules.written_at);
        let mut noticed = AccessNotes::default();
        self.committer.commit_changes_within(store, self.phase, |store| {
            let plan = rules.plan(look_up(store, users, &rules.links, rules.as_of)?)?;
            noticed = plan.noticed;
            Ok(BatchPlan::of_changes(written_at, plan.changes))
        })?;
        Ok(noticed)
    }
}

fn blames_row(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|cause| cause.downcast_ref::<DatabaseError>()).any(DatabaseError::blames_row)
}
