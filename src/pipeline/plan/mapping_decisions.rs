//! What a person's decision on an affiliate's mapping changes: the mapping, and for a user who is chosen what the import
//! makes of a verified affiliate. Money follows by the settlement, as it does after every import.

use std::collections::HashMap;

use crate::domain::contact::Email;
use crate::domain::conventions::AppRelease;
use crate::domain::finding::Finding;
use crate::domain::identity::{PeopleIndex, PersonState};
use crate::domain::text::excerpt;
use crate::failure::Failure;
use crate::language::tr;
use crate::pipeline::plan::affiliate_bank::BankColumns;
use crate::pipeline::plan::affiliate_decision::AffiliateIndex;
use crate::pipeline::plan::affiliate_door::AffiliateDoor;
use crate::pipeline::plan::affiliate_lookup::{AffiliateLookup, AffiliateLookupResult};
use crate::pipeline::plan::affiliate_rows::BY_IMPORT;
use crate::pipeline::plan::affiliates::Affiliates;
use crate::pipeline::plan::batch_plan::BatchPlan;
use crate::pipeline::plan::kept_affiliate::KeptAffiliates;
use crate::pipeline::plan::people;
use crate::store::codec::record::Record as _;
use crate::store::history::journal::Change;
use crate::store::history::runs::Run;
use crate::store::schema::tables::{AffiliateMapping, User, UserRole};
use crate::store::schema::words::MappingStatus;
use crate::store::session::store::Store;

/// What is decided about one mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MappingChoice {
    /// The affiliate is this user of the app, by the user's id.
    User(String),
    /// The affiliate is nobody whom the app knows: a user is created, with this address, or else the affiliate's own.
    NewUser(Option<Email>),
    /// The shop wants nothing of the affiliate.
    Reject,
    /// What a person has decided is taken back: the mapping waits again.
    Undo,
}

/// A decision of a person on one mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MappingDecision {
    /// Sejoli's code of the affiliate.
    pub(crate) code: String,
    /// What is decided.
    pub(crate) choice: MappingChoice,
    /// Why.
    pub(crate) why: Option<String>,
}

/// A mapping before and after a decision.
#[derive(Clone, Debug)]
pub(crate) struct DecidedMapping {
    /// Before.
    pub(crate) before: AffiliateMapping,
    /// After.
    pub(crate) after: AffiliateMapping,
    /// What was noticed.
    pub(crate) findings: Vec<Finding>,
}

impl DecidedMapping {
    /// Whether the decision says something new.
    pub(crate) fn changes(&self) -> bool {
        let quiet = AffiliateMapping { updated_at: self.before.updated_at, ..self.after.clone() };
        quiet != self.before
    }
}

/// Plans decisions, one after the other: two codes of one person are two decisions on one account.
#[allow(missing_debug_implementations)]
pub(crate) struct MappingDecisions {
    kept: KeptAffiliates,
    people: Option<PeopleIndex>,
    index: Option<AffiliateIndex>,
    door: AffiliateDoor,
    bank: BankColumns,
    keeps_roles: bool,
    longest_text: Option<usize>,
    /// Who decides.
    by: String,
    run: Run,
}

impl MappingDecisions {
    /// What all decisions of a run share.
    ///
    /// # Errors
    /// Those of [`KeptAffiliates::load`].
    pub(crate) fn new(store: &mut Store, app: AppRelease, by: String, run: Run) -> anyhow::Result<Self> {
        let kept = KeptAffiliates::load(store)?;
        Ok(Self {
            people: None,
            index: None,
            door: AffiliateDoor::of(store, app, kept.site.clone()),
            bank: BankColumns::of(store),
            keeps_roles: store.has_table(UserRole::TABLE.name),
            longest_text: store.longest_source_text(),
            kept,
            by,
            run,
        })
    }

    /// Plans one decision. `waiting_notes` are those that the mapping had while it waited, to be written again where a
    /// decision is taken back.
    ///
    /// # Errors
    /// Exit code 2: no such mapping or user; 5: the decision cannot be made, and why; the database's errors.
    pub(crate) fn plan(
        &mut self,
        store: &mut Store,
        decision: &MappingDecision,
        waiting_notes: Option<String>,
    ) -> anyhow::Result<(BatchPlan, DecidedMapping)> {
        let before = mapping(store, &decision.code)?;
        self.refuse_long_text(decision)?;
        let mut plan = BatchPlan::new(self.run.started_at);
        let mut findings = Vec::new();
        let after = match &decision.choice {
            MappingChoice::Reject => self.decided(&before, MappingStatus::Rejected, None, decision),
            MappingChoice::Undo => self.waiting(&before, waiting_notes)?,
            MappingChoice::User(user_id) => {
                self.verify(store, &mut plan, &before, decision, Some(user_id), &mut findings)?
            }
            MappingChoice::NewUser(_) => {
                self.verify(store, &mut plan, &before, decision, None, &mut findings)?
            }
        };
        let decided = DecidedMapping { before, after, findings };
        if decided.changes() {
            let (before, after) = (decided.before.clone(), decided.after.clone());
            plan.change(Change::diff(&before.id.clone(), before, after, &["id"]));
        }
        plan.count_findings(&decided.findings);
        Ok((plan, decided))
    }

    fn refuse_long_text(&self, decision: &MappingDecision) -> anyhow::Result<()> {
        let Some(longest) = self.longest_text else { return Ok(()) };
        let texts = [("--why", decision.why.as_deref()), ("--by", Some(self.by.as_str()))];
        let long = texts.iter().find(|(_, text)| text.is_some_and(|text| text.chars().count() > longest));
        long.map_or(Ok(()), |(option, _)| {
            Err(Failure::usage(tr!("{option}: the app's database holds at most {longest} characters")))
        })
    }

    /// The mapping as somebody has decided it. The same decision again keeps who decided it, when and why.
    fn decided(
        &self,
        before: &AffiliateMapping,
        status: MappingStatus,
        user_id: Option<String>,
        decision: &MappingDecision,
    ) -> AffiliateMapping {
        if before.status == status.as_str() && before.eksporyuk_user_id == user_id {
            return before.clone();
        }
        AffiliateMapping {
            eksporyuk_user_id: user_id,
            status: status.as_str().to_owned(),
            verified_by: Some(self.by.clone()),
            verified_at: Some(self.run.started_at),
            notes: decision.why.clone(),
            updated_at: self.run.started_at,
            ..before.clone()
        }
    }

    fn waiting(&self, before: &AffiliateMapping, notes: Option<String>) -> anyhow::Result<AffiliateMapping> {
        if MappingStatus::from_word(&before.status) == Some(MappingStatus::Pending) {
            return Ok(before.clone());
        }
        if before.verified_by.as_deref().is_some_and(|by| by.starts_with(BY_IMPORT)) {
            return Err(Failure::refused(tr!(
                "an import has decided {0}, and no person: `mappings reject {0}` or `mappings verify {0}` decides otherwise",
                before.code
            )));
        }
        Ok(AffiliateMapping {
            eksporyuk_user_id: None,
            status: MappingStatus::Pending.as_str().to_owned(),
            verified_by: None,
            verified_at: None,
            notes,
            updated_at: self.run.started_at,
            ..before.clone()
        })
    }

    /// Gives the affiliate to a user of the app, or to a new one, with all that lets an affiliate in.
    fn verify(
        &mut self,
        store: &mut Store,
        plan: &mut BatchPlan,
        before: &AffiliateMapping,
        decision: &MappingDecision,
        chosen: Option<&String>,
        findings: &mut Vec<Finding>,
    ) -> anyhow::Result<AffiliateMapping> {
        let mut affiliate = self.kept.affiliate(store, &before.code)?;
        if let MappingChoice::NewUser(Some(email)) = &decision.choice {
            affiliate.email = Some(email.clone());
        }
        if chosen.is_none() {
            self.know_people(store)?;
        }
        let index = match self.index.take() {
            Some(index) => index,
            None => AffiliateIndex::of_names(store)?,
        };
        let mut planner = Affiliates {
            people: self.people.get_or_insert_with(|| PeopleIndex::of_run(&self.run.id)),
            decisions: HashMap::new(),
            index,
            keeps_roles: self.keeps_roles,
            door: self.door.clone(),
            bank: self.bank.clone(),
            restores_deleted: false,
        };
        let user_id = match chosen {
            Some(user_id) => user(store, user_id)?.id,
            None => {
                let email = affiliate.email.as_ref();
                refuse_known_address(planner.people, email, &before.code)?;
                planner.create_user(plan, &affiliate)
            }
        };
        let lookup = AffiliateLookup { codes: vec![before.code.clone()], users: vec![user_id.clone()] };
        let found = AffiliateLookupResult::look_up(store, &lookup)?;
        let has_account = planner.create_account(&found, plan, &affiliate, &user_id, findings);
        self.index = Some(planner.index);
        if !has_account {
            return Err(Failure::refused(tr!(
                "both {0} and SJ-{0} are taken in the app as an affiliate's code",
                before.code
            )));
        }
        Ok(self.decided(before, MappingStatus::Verified, Some(user_id), decision))
    }

    fn know_people(&mut self, store: &mut Store) -> anyhow::Result<()> {
        if self.people.is_none() {
            self.people = Some(people::load(store, &self.run.id, false)?);
        }
        Ok(())
    }
}

/// Refuses to create a user whom the app or an import knows.
fn refuse_known_address(people: &PeopleIndex, email: Option<&Email>, code: &str) -> anyhow::Result<()> {
    let Some(email) = email else {
        return Err(Failure::refused(tr!(
            "affiliate {code} has no e-mail address: name one with `--new ADDRESS`"
        )));
    };
    let Some(person) = people.find(email) else { return Ok(()) };
    Err(Failure::refused(match people.state(person) {
        PersonState::Gone => {
            tr!("the user whom imports knew by the address of {code} was deleted in the app")
        }
        _ => tr!(
            "somebody in the app has the address {} already: choose that user with --user",
            email.masked()
        ),
    }))
}

fn mapping(store: &mut Store, code: &str) -> anyhow::Result<AffiliateMapping> {
    let found: Vec<AffiliateMapping> = store.select_for_update("sejoliAffiliateCode", &[code])?;
    let unknown = || {
        let shown = excerpt(code, 40);
        Failure::usage(tr!("no affiliate has the code {shown}; `sejoli-migrate mappings list` lists them"))
    };
    found.into_iter().next().ok_or_else(unknown)
}

fn user(store: &mut Store, id: &str) -> anyhow::Result<User> {
    let found: Vec<User> = store.select_in("id", &[id])?;
    let user = found.into_iter().next().ok_or_else(|| Failure::usage(tr!("no user has this id")))?;
    if !user.is_active || user.is_suspended {
        return Err(Failure::refused(tr!("user {} is closed or suspended in the app", user.id)));
    }
    Ok(user)
}
