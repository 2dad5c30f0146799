//! Affiliates: each becomes a mapping; a verified one also a profile, a role and a wallet.

use std::collections::HashMap;

use crate::domain::affiliate::Affiliate;
use crate::domain::books::RowOutcome;
use crate::domain::contact::Email;
use crate::domain::date::Millis;
use crate::domain::decided_identities::{IdentityKey, WrittenDetails};
use crate::domain::detail::Detail;
use crate::domain::finding::{Code, Finding};
use crate::domain::identity::{FirstSeen, MissingDetails, PeopleIndex, PersonDetails};
use crate::domain::ids::id_for;
use crate::domain::pending_notes;
use crate::domain::source_payload::SourcePayload;
use crate::language::tr;
use crate::pipeline::plan::affiliate_bank::BankColumns;
use crate::pipeline::plan::affiliate_decision::{AffiliateDecision, AffiliateIndex};
use crate::pipeline::plan::affiliate_door::AffiliateDoor;
use crate::pipeline::plan::affiliate_lookup::{AffiliateLookup, AffiliateLookupResult, StandingAffiliate};
use crate::pipeline::plan::affiliate_rows::{
    AffiliateValues, BY_IMPORT, PlannedMapping, create_role, create_wallet, joined_or_epoch, new_profile,
    new_user, paid_finding, profile_change, totals_change, write_mapping,
};
use crate::pipeline::plan::batch_plan::{BatchPlan, OpenRow, PlannedRow};
use crate::pipeline::plan::identities::record_decision;
use crate::pipeline::plan::planner::{LookupNeed, Planner};
use crate::pipeline::plan::source_records::{bank_of, content_of, replaced, source_change, source_record};
use crate::pipeline::read::parse_row::ParsedRow;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::LaterColumn;
use crate::store::history::journal::Change;
use crate::store::schema::tables::{
    AffiliateMapping, AffiliateProfile, AffiliateTotals, Role, SourceRecord, User,
};
use crate::store::schema::words::{MappingStatus, SourceRecordKind};
use crate::store::session::store::Store;

/// What planning affiliates needs to know.
#[allow(missing_debug_implementations)]
pub(crate) struct Affiliates<'a> {
    /// The people of the app.
    pub people: &'a mut PeopleIndex,
    /// Who each affiliate is, by code.
    pub decisions: HashMap<String, AffiliateDecision>,
    /// What is taken already.
    pub index: AffiliateIndex,
    /// Whether the app keeps roles in a table of their own.
    pub keeps_roles: bool,
    /// What lets an affiliate in.
    pub door: AffiliateDoor,
    /// Where bank details go.
    pub bank: BankColumns,
    /// Whether mappings that the app has deleted are written again.
    pub restores_deleted: bool,
}

impl Planner<Affiliate> for Affiliates<'_> {
    type Lookup = AffiliateLookup;
    type LookupResult = AffiliateLookupResult;

    fn partition_key<'r>(&'r self, row: &'r ParsedRow<Affiliate>) -> &'r str {
        &row.key
    }

    fn lookup(&mut self, rows: &[ParsedRow<Affiliate>]) -> LookupNeed<AffiliateLookup> {
        let records = rows.iter().filter_map(|row| row.record.as_ref());
        let codes: Vec<String> = records.map(|affiliate| affiliate.code.clone()).collect();
        let decided = codes.iter().filter_map(|code| match self.decisions.get(code)? {
            AffiliateDecision::User { person, .. } => self.people.user_id(*person).map(str::to_owned),
            AffiliateDecision::Create | AffiliateDecision::Pending { .. } => None,
        });
        let users = decided.collect();
        LookupNeed::InTransaction(AffiliateLookup { codes, users })
    }

    fn look_up(store: &mut Store, lookup: AffiliateLookup) -> anyhow::Result<AffiliateLookupResult> {
        AffiliateLookupResult::look_up(store, &lookup)
    }

    fn plan(
        &mut self,
        mut found: AffiliateLookupResult,
        rows: Vec<ParsedRow<Affiliate>>,
        written_at: Millis,
    ) -> anyhow::Result<BatchPlan> {
        let mut plan = BatchPlan::new(written_at);
        for row in rows {
            let amount = row.amount;
            let Some(OpenRow { record, payload, mut findings, entry }) = plan.open(row, amount)? else {
                continue;
            };
            let standing = found.standing.remove(&record.code).unwrap_or_default();
            let planned = self.plan_one(&found, standing, &mut plan, &record, &payload, &mut findings);
            plan.close(entry, findings, planned);
        }
        Ok(plan)
    }
}

impl Affiliates<'_> {
    fn plan_one(
        &mut self,
        found: &AffiliateLookupResult,
        standing: StandingAffiliate,
        plan: &mut BatchPlan,
        affiliate: &Affiliate,
        payload: &SourcePayload<'_>,
        findings: &mut Vec<Finding>,
    ) -> PlannedRow {
        let before = standing.mapping.as_ref().map(|mapping| mapping.status.clone());
        match (before.as_deref(), standing.mapping) {
            (None, _) if standing.source.is_some() && !self.restores_deleted => {
                let same = standing.source.as_ref().and_then(content_of) == payload.content;
                if !same {
                    return Err(Finding::of_row(
                        Code::EditedInApp,
                        Detail::said(|| tr!("deleted in the app")),
                    ));
                }
                findings.push(Finding::of_row(Code::DeletedInApp, ""));
                Ok(RowOutcome::Unchanged)
            }
            (None, _) => {
                self.apply_decision(found, plan, affiliate, None, findings);
                self.record_source(plan, affiliate, payload, standing.source, standing.totals, findings);
                Ok(RowOutcome::Created)
            }
            (Some(status), Some(mapping))
                if MappingStatus::from_word(status) == Some(MappingStatus::Pending) =>
            {
                let same = standing.source.as_ref().and_then(content_of) == payload.content;
                let verified = self.apply_decision(found, plan, affiliate, Some(&mapping), findings);
                self.record_source(plan, affiliate, payload, standing.source, standing.totals, findings);
                Ok(if verified || !same { RowOutcome::Updated } else { RowOutcome::Unchanged })
            }
            (Some(_), Some(mapping)) => {
                let standing = StandingAffiliate { mapping: None, ..standing };
                self.refresh(found, plan, affiliate, payload, mapping, standing, findings)
            }
            (Some(_), None) => unreachable!("a status comes from a mapping"),
        }
    }

    /// A mapping that is new, or that was pending: decides it. Returns whether it is verified now.
    fn apply_decision(
        &mut self,
        found: &AffiliateLookupResult,
        plan: &mut BatchPlan,
        affiliate: &Affiliate,
        old: Option<&AffiliateMapping>,
        findings: &mut Vec<Finding>,
    ) -> bool {
        let decision = self.decisions.get(&affiliate.code).cloned().unwrap_or(AffiliateDecision::Create);
        let (user_id, by) = match decision {
            AffiliateDecision::User { person, by } => (self.people.user_id(person).map(str::to_owned), by),
            AffiliateDecision::Create => (Some(self.create_user(plan, affiliate)), "created"),
            AffiliateDecision::Pending { notes } => {
                findings.push(Finding::at(
                    Code::MappingPending,
                    "affiliate_code",
                    pending_notes::detail(&notes),
                ));
                write_mapping(plan, affiliate, old, PlannedMapping::Pending(notes));
                return false;
            }
        };
        let Some(user_id) = user_id else { return false };
        if !self.create_account(found, plan, affiliate, &user_id, findings) {
            let taken = both_taken(&affiliate.code);
            findings.push(Finding::at(Code::MappingPending, "affiliate_code", taken.clone()));
            write_mapping(plan, affiliate, old, PlannedMapping::Pending(taken.kept().to_owned()));
            return false;
        }
        write_mapping(plan, affiliate, old, PlannedMapping::Verified { user_id, by });
        true
    }

    pub(super) fn create_user(&mut self, plan: &mut BatchPlan, affiliate: &Affiliate) -> String {
        let Some(email) = &affiliate.email else {
            unreachable!("only an affiliate with an address is created");
        };
        let at = affiliate.joined_at.unwrap_or(plan.written_at);
        let details = PersonDetails { name: &affiliate.name, phone: affiliate.phone, whatsapp: None };
        let number = crate::pipeline::read::duplicates::key_hash(&affiliate.code);
        let (person, _) = self.people.observe(email, FirstSeen { at, number }, details);
        let id = id_for(User::TABLE.name, email.as_str(), at);
        let admitted = (self.door.role(Role::MemberFree), self.door.has_menu);
        let user = new_user(&id, affiliate, email.as_str(), admitted, at, plan.written_at);
        plan.change([Change::insert(user)]);
        let missing = MissingDetails { name: false, phone: affiliate.phone.is_none(), whatsapp: true };
        self.people.mark_created(person, &id, missing);
        let written = WrittenDetails {
            name: !affiliate.name.is_empty(),
            phone: affiliate.phone.is_some(),
            ..WrittenDetails::default()
        };
        record_decision(plan, self.people, IdentityKey::of_email(email), person, written);
        id
    }

    /// Profile, role, wallet and what lets an affiliate in, as far as the user has none yet: what the app has is kept
    /// (L9). False when no code is free.
    pub(super) fn create_account(
        &mut self,
        found: &AffiliateLookupResult,
        plan: &mut BatchPlan,
        affiliate: &Affiliate,
        user_id: &str,
        findings: &mut Vec<Finding>,
    ) -> bool {
        let profile = match found.profiles.get(user_id) {
            Some(profile) => {
                plan.change(self.bank.change(profile, affiliate, None, plan.written_at, findings));
                profile.clone()
            }
            None => match self.create_profile(found, plan, affiliate, user_id, findings) {
                Some(profile) => profile,
                None => return false,
            },
        };
        if self.keeps_roles && !found.with_role.contains(user_id) {
            create_role(plan, affiliate, user_id);
        }
        if !found.with_wallet.contains(user_id) {
            create_wallet(plan, affiliate, user_id);
        }
        self.door.open(found, plan, affiliate, &profile, findings);
        true
    }

    fn create_profile(
        &mut self,
        found: &AffiliateLookupResult,
        plan: &mut BatchPlan,
        affiliate: &Affiliate,
        user_id: &str,
        findings: &mut Vec<Finding>,
    ) -> Option<AffiliateProfile> {
        let code = AffiliateIndex::claim_name(&mut self.index.codes, &affiliate.code)?;
        let link = AffiliateIndex::claim_name(&mut self.index.links, &affiliate.code)?;
        if code != affiliate.code {
            findings.push(Finding::at(Code::CodeTaken, "affiliate_code", affiliate.code.clone()));
        }
        let is_completed = self.is_completed(affiliate, found.users.get(user_id));
        let profile = new_profile(affiliate, user_id, (code, link), is_completed, plan.written_at);
        let profile = self.bank.filled(profile, affiliate);
        plan.change([Change::insert(profile.clone())]);
        Some(profile)
    }

    /// Whether the app's onboarding finds name and phone.
    fn is_completed(&self, affiliate: &Affiliate, user: Option<&User>) -> bool {
        let has_phone = |user: &User| user.phone.is_some() || user.whatsapp.is_some();
        self.door.has_onboarding
            && !affiliate.name.trim().is_empty()
            && (affiliate.phone.is_some() || user.is_some_and(has_phone))
    }

    /// Brings what version 0.1 has written of a verified affiliate up to what imports write now.
    fn converge(
        &mut self,
        found: &AffiliateLookupResult,
        plan: &mut BatchPlan,
        affiliate: &Affiliate,
        mapping: &AffiliateMapping,
        findings: &mut Vec<Finding>,
    ) {
        let is_verified = MappingStatus::from_word(&mapping.status) == Some(MappingStatus::Verified);
        let Some(profile) = found.profile(mapping).filter(|_| is_verified) else { return };
        self.door.open(found, plan, affiliate, profile, findings);
        if profile.external_id.as_ref() != Some(&affiliate.code) {
            return;
        }
        if profile.id != profile.user_id {
            findings.push(Finding::at(Code::ProfileKeepsId, "affiliate_code", profile.id.clone()));
        }
        if !profile.profile_completed.0 && self.is_completed(affiliate, found.users.get(&profile.user_id)) {
            let completed = AffiliateProfile {
                profile_completed: LaterColumn(true),
                profile_completed_at: LaterColumn(profile.approved_at.or(Some(plan.written_at))),
                updated_at: plan.written_at,
                ..profile.clone()
            };
            plan.change(Change::diff(&profile.id, profile.clone(), completed, &["id"]));
        }
    }

    /// Keeps the source row and the totals that the file states.
    fn record_source(
        &self,
        plan: &mut BatchPlan,
        affiliate: &Affiliate,
        payload: &SourcePayload<'_>,
        source: Option<SourceRecord>,
        totals: Option<AffiliateTotals>,
        findings: &mut Vec<Finding>,
    ) {
        let written = AffiliateValues::asked(affiliate).fingerprint();
        let offered_before = source.as_ref().and_then(bank_of);
        let payload =
            SourcePayload { bank: self.bank.offer(affiliate).or(offered_before), ..payload.clone() };
        let target_id = id_for(AffiliateMapping::TABLE.name, &affiliate.code, joined_or_epoch(affiliate));
        let new = source_record(
            SourceRecordKind::Affiliate,
            &affiliate.code,
            target_id,
            &payload,
            written,
            plan.written_at,
        );
        let is_same_offer = offered_before == payload.bank;
        plan.change(if is_same_offer { source_change(source, new) } else { replaced(source, new) });
        plan.change(totals_change(totals, affiliate, plan.written_at, findings));
    }

    /// A mapping that somebody or an import has decided: the file's news about it, and nothing that
    /// the app has changed since.
    #[allow(clippy::too_many_arguments, reason = "the affiliate, its rows, and what is planned of them")]
    fn refresh(
        &mut self,
        found: &AffiliateLookupResult,
        plan: &mut BatchPlan,
        affiliate: &Affiliate,
        payload: &SourcePayload<'_>,
        mapping: AffiliateMapping,
        StandingAffiliate { source, totals, .. }: StandingAffiliate,
        findings: &mut Vec<Finding>,
    ) -> PlannedRow {
        let written = AffiliateValues::asked(affiliate).fingerprint();
        let kept = source.as_ref().map(|source| source.written.clone());
        let is_of_first_version =
            kept.as_ref() == Some(&AffiliateValues::asked(affiliate).fingerprint_of_first_version());
        let has_account = self.complete_account(found, plan, affiliate, &mapping, findings);
        let same_source = source.as_ref().and_then(content_of) == payload.content;
        let offered_before = source.as_ref().and_then(bank_of);
        let offers_anew = self.bank.offer(affiliate).is_some_and(|offer| Some(offer) != offered_before);
        if is_of_first_version {
            self.converge(found, plan, affiliate, &mapping, findings);
        } else if same_source
            && !offers_anew
            && let Some(totals) = &totals
        {
            findings.extend(paid_finding(totals.reported_paid, affiliate.total_paid));
            return Ok(if has_account { RowOutcome::Unchanged } else { RowOutcome::Updated });
        }
        if let Some(other) = of_another(affiliate, &mapping) {
            return Err(other);
        }
        let (status, user_id) = (mapping.status.clone(), mapping.eksporyuk_user_id.clone());
        if kept.as_ref() != Some(&written) && !is_of_first_version {
            let profile = found.profile(&mapping);
            let is_edited = |profile: &AffiliateProfile| {
                let standing = || AffiliateValues::standing(&mapping, profile);
                let is_kept = kept.as_deref().is_none_or(|kept| standing().are_kept(kept));
                !is_kept && standing().fingerprint() != written
            };
            if profile.is_some_and(is_edited) {
                return Err(Finding::of_row(Code::EditedInApp, ""));
            }
            let by_first_version = |profile: &AffiliateProfile| {
                let standing = AffiliateValues::standing(&mapping, profile).fingerprint_of_first_version();
                kept.as_ref() == Some(&standing)
            };
            if profile.is_some_and(by_first_version) {
                self.converge(found, plan, affiliate, &mapping, findings);
            }
            if let Some(profile) = profile.filter(|_| kept.is_some()) {
                plan.change(profile_change(profile.clone(), affiliate, plan.written_at));
            }
            let news = AffiliateMapping {
                name: affiliate.name.clone(),
                email: affiliate.email.as_ref().map(|email| email.as_str().to_owned()),
                phone: affiliate.phone.map(|phone| phone.to_string()),
                updated_at: plan.written_at,
                ..mapping.clone()
            };
            let id = mapping.id.clone();
            plan.change(Change::diff(&id, mapping, news, &["id"]));
        }
        let is_verified = MappingStatus::from_word(&status) == Some(MappingStatus::Verified);
        if let Some(profile) =
            found.profiles.get(user_id.as_deref().unwrap_or_default()).filter(|_| is_verified)
        {
            plan.change(self.bank.change(profile, affiliate, offered_before, plan.written_at, findings));
        }
        self.record_source(plan, affiliate, payload, source, totals, findings);
        Ok(RowOutcome::Updated)
    }

    /// Makes what a user lacks whom the app's people have verified by hand. What imports have made of an account and
    /// the app has deleted is not made again. Returns whether there was nothing to make.
    fn complete_account(
        &mut self,
        found: &AffiliateLookupResult,
        plan: &mut BatchPlan,
        affiliate: &Affiliate,
        mapping: &AffiliateMapping,
        findings: &mut Vec<Finding>,
    ) -> bool {
        let is_verified = MappingStatus::from_word(&mapping.status) == Some(MappingStatus::Verified);
        let Some(user_id) = mapping.eksporyuk_user_id.as_deref().filter(|_| is_verified) else { return true };
        let is_made_by_import = match found.settled_with(&affiliate.code) {
            Some(settled_with) => settled_with == user_id,
            None => mapping.verified_by.as_deref().is_some_and(|by| by.starts_with(BY_IMPORT)),
        };
        if is_made_by_import {
            return true;
        }
        let before = plan.changes.len();
        if !self.create_account(found, plan, affiliate, user_id, findings) {
            findings.push(Finding::at(Code::MappingPending, "affiliate_code", both_taken(&affiliate.code)));
        }
        plan.changes.len() == before
    }
}

/// Why an affiliate cannot have a code of its own.
fn both_taken(code: &str) -> Detail {
    Detail::said(|| tr!("both {code} and SJ-{code} are taken in the app"))
}

/// The finding of a code that stands beside another address than before. The files of one shop do not give a code to
/// somebody else; a mistake here would pay the wrong person.
fn of_another(affiliate: &Affiliate, mapping: &AffiliateMapping) -> Option<Finding> {
    let (before, now) = mapping.email.as_deref().zip(affiliate.email.as_ref())?;
    let same = Email::parse(before).is_ok_and(|before| before == *now);
    let detail = || Detail::said(|| tr!("{before} before, {} now", now.as_str()));
    (!same).then(|| Finding::at(Code::AffiliateOfAnother, "affiliate_email", detail()))
}
