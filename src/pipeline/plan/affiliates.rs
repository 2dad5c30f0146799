//! Affiliates: each becomes a mapping; a verified one also a profile, a role and a wallet.

use crate::store::codec::fingerprint::fingerprint;
use std::collections::{HashMap, HashSet};

use crate::domain::affiliate::Affiliate;
use crate::domain::books::RowOutcome;
use crate::domain::contact::Email;
use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding};
use crate::domain::identity::{
    FirstSeen, MissingDetails, People, PersonDetails, PersonRef, PersonState, PhoneHolder,
};
use crate::domain::ids::id_for;
use crate::domain::money::{Money, Rate};
use crate::domain::source_payload::SourcePayload;
use crate::pipeline::plan::batch_plan::{BatchPlan, OpenRow, PlannedRow};
use crate::pipeline::plan::people::load_own;
use crate::pipeline::plan::planner::{LookupNeed, Planner};
use crate::pipeline::read::parse_row::ParsedRow;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Field as _, JsonText, Value};
use crate::store::history::journal::Change;
use crate::store::schema::tables::{
    AffiliateMapping, AffiliateProfile, AffiliateTotals, Role, SourceRecord, User, UserRole, Wallet,
};
use crate::store::schema::words::{MappingStatus, SourceRecordKind};
use crate::store::session::store::Store;

/// Who an affiliate is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AffiliateDecision {
    /// A user of the app, found by `by`.
    User {
        /// The user.
        person: PersonRef,
        /// "email" or "phone".
        by: &'static str,
    },
    /// Nobody yet: a user is created from the address.
    Create,
    /// A person has to decide.
    Pending {
        /// Why, and who it may be.
        notes: String,
    },
}

/// What is known before the affiliates are decided.
#[derive(Debug, Default)]
pub(crate) struct AffiliateIndex {
    /// Users who are a verified affiliate already.
    users: HashSet<String>,
    /// Codes that profiles of the app have, in lower case.
    codes: HashSet<String>,
    /// Short links that profiles of the app have, in lower case.
    links: HashSet<String>,
    /// The app's own users. Only their phones name an affiliate: those of imported buyers would make
    /// the decision depend on what was imported before.
    own: People,
}

impl AffiliateIndex {
    /// Reads what the app has.
    pub(crate) fn load(store: &mut Store) -> anyhow::Result<Self> {
        let mappings: Vec<AffiliateMapping> = store.all_rows()?;
        let profiles: Vec<AffiliateProfile> = store.all_rows()?;
        let mut own = People::default();
        load_own(store, &mut own)?;
        let verified = |mapping: AffiliateMapping| {
            mapping
                .eksporyuk_user_id
                .filter(|_| MappingStatus::from_word(&mapping.status) == Some(MappingStatus::Verified))
        };
        Ok(Self {
            users: mappings.into_iter().filter_map(verified).collect(),
            codes: profiles.iter().map(|profile| profile.affiliate_code.to_lowercase()).collect(),
            links: profiles.iter().map(|profile| profile.short_link.to_lowercase()).collect(),
            own,
        })
    }

    /// Which of the app's own users has an affiliate's phone.
    fn phone_holder(&self, affiliate: &Affiliate, people: &People) -> Option<PhoneHolder> {
        match self.own.phone_holder(affiliate.phone?)? {
            PhoneHolder::One(person) => {
                let email = Email::parse(self.own.email(person)).ok()?;
                people.find(&email).map(PhoneHolder::One)
            }
            PhoneHolder::Several => Some(PhoneHolder::Several),
        }
    }

    /// The code under which an affiliate can be entered: Sejoli's own, or `SJ-` and it.
    fn free(names: &mut HashSet<String>, code: &str) -> Option<String> {
        let choices = [code.to_owned(), format!("SJ-{code}")];
        choices.into_iter().find(|choice| names.insert(choice.to_lowercase()))
    }
}

/// Decides for every affiliate who it is. All are looked at together, so that the order of the rows
/// does not matter: an e-mail claims before a phone, and two claims on one user are for a person.
pub(crate) fn decide(
    affiliates: &[&Affiliate],
    people: &People,
    taken: &AffiliateIndex,
) -> HashMap<String, AffiliateDecision> {
    let mut by_email: HashMap<PersonRef, Vec<&str>> = HashMap::new();
    let mut addresses: HashMap<&str, usize> = HashMap::new();
    for affiliate in affiliates {
        let Some(email) = &affiliate.email else { continue };
        *addresses.entry(email.as_str()).or_default() += 1;
        if let Some(person) = people.find(email) {
            by_email.entry(person).or_default().push(&affiliate.code);
        }
    }
    let mut by_phone: HashMap<PersonRef, usize> = HashMap::new();
    for affiliate in affiliates {
        if let Some(person) = phone_candidate(affiliate, people, taken, &by_email) {
            *by_phone.entry(person).or_default() += 1;
        }
    }
    let decide_one = |affiliate: &&Affiliate| {
        let shared = affiliate.email.as_ref().is_some_and(|email| addresses[email.as_str()] > 1);
        let decision = if shared {
            pending("several affiliates have this e-mail address", &[], people)
        } else {
            decide_one(affiliate, people, taken, &by_email, &by_phone)
        };
        (affiliate.code.clone(), decision)
    };
    affiliates.iter().map(decide_one).collect()
}

/// The one user whom the phone names, if nobody claims that user by e-mail.
fn phone_candidate(
    affiliate: &Affiliate,
    people: &People,
    taken: &AffiliateIndex,
    by_email: &HashMap<PersonRef, Vec<&str>>,
) -> Option<PersonRef> {
    if affiliate.email.as_ref().and_then(|email| people.find(email)).is_some() {
        return None;
    }
    match taken.phone_holder(affiliate, people)? {
        PhoneHolder::One(person) if !by_email.contains_key(&person) => {
            people.user_id(person).filter(|user| !taken.users.contains(*user)).map(|_| person)
        }
        _ => None,
    }
}

fn decide_one(
    affiliate: &Affiliate,
    people: &People,
    taken: &AffiliateIndex,
    by_email: &HashMap<PersonRef, Vec<&str>>,
    by_phone: &HashMap<PersonRef, usize>,
) -> AffiliateDecision {
    let phone_holder = taken.phone_holder(affiliate, people);
    if let Some(person) = affiliate.email.as_ref().and_then(|email| people.find(email)) {
        let user = people.user_id(person);
        if people.state(person) == PersonState::Ambiguous {
            return pending("several users have this e-mail address", &[], people);
        }
        if user.is_some_and(|user| taken.users.contains(user)) {
            return pending("this user is a verified affiliate under another code", &[person], people);
        }
        return match phone_holder {
            Some(PhoneHolder::One(other)) if other != person => {
                pending("e-mail and phone point at different users", &[person, other], people)
            }
            _ => AffiliateDecision::User { person, by: "email" },
        };
    }
    if let Some(person) = phone_candidate(affiliate, people, taken, by_email) {
        if by_phone.get(&person).copied().unwrap_or(0) > 1 {
            return pending("several affiliates have this phone number", &[person], people);
        }
        return AffiliateDecision::User { person, by: "phone" };
    }
    match (&affiliate.email, phone_holder) {
        (Some(_), _) => AffiliateDecision::Create,
        (None, Some(PhoneHolder::Several)) => pending("several users have this phone number", &[], people),
        (None, Some(PhoneHolder::One(person))) => {
            pending("the user with this phone is another affiliate", &[person], people)
        }
        (None, None) => pending("no e-mail address, and nobody has the phone number", &[], people),
    }
}

fn pending(why: &str, candidates: &[PersonRef], people: &People) -> AffiliateDecision {
    let users: Vec<&str> = candidates.iter().filter_map(|&person| people.user_id(person)).collect();
    let notes =
        if users.is_empty() { why.to_owned() } else { format!("{why}; candidates: {}", users.join(", ")) };
    AffiliateDecision::Pending { notes }
}

/// What planning affiliates needs to know.
#[allow(missing_debug_implementations)]
pub(crate) struct Affiliates<'a> {
    /// The people of the app.
    pub people: &'a mut People,
    /// Who each affiliate is, by code.
    pub decisions: HashMap<String, AffiliateDecision>,
    /// What is taken already.
    pub taken: AffiliateIndex,
    /// Whether the app keeps roles in a table of their own.
    pub keeps_roles: bool,
}

/// An affiliate's rows as they stand in the app.
#[derive(Debug, Default)]
struct StandingAffiliate {
    mapping: Option<AffiliateMapping>,
    source: Option<SourceRecord>,
    totals: Option<AffiliateTotals>,
}

/// What the app has of the affiliates of a batch.
#[derive(Debug, Default)]
pub(crate) struct AffiliateLookupResult {
    /// By code.
    standing: HashMap<String, StandingAffiliate>,
    /// By user.
    profiles: HashMap<String, AffiliateProfile>,
    /// Users who have the role.
    with_role: HashSet<String>,
    /// Users who have a wallet.
    with_wallet: HashSet<String>,
}

/// Whose rows are asked for.
#[derive(Debug)]
pub(crate) struct AffiliateLookup {
    codes: Vec<String>,
    users: Vec<String>,
}

impl AffiliateLookupResult {
    fn look_up(store: &mut Store, lookup: &AffiliateLookup) -> anyhow::Result<Self> {
        let codes: Vec<&str> = lookup.codes.iter().map(String::as_str).collect();
        let mut known = AffiliateLookupResult::default();
        let standing = &mut known.standing;
        for mapping in store.select_in::<AffiliateMapping>("sejoliAffiliateCode", &codes)? {
            let code = mapping.code.clone();
            standing.entry(code).or_default().mapping = Some(mapping);
        }
        for source in
            store.select_among::<SourceRecord>(Some(("kind", KIND.as_str())), "sourceKey", &codes)?
        {
            let code = source.source_key.clone();
            standing.entry(code).or_default().source = Some(source);
        }
        for totals in store.select_in::<AffiliateTotals>("affiliateCode", &codes)? {
            let code = totals.code.clone();
            standing.entry(code).or_default().totals = Some(totals);
        }
        let mapped = known.standing.values().filter_map(|standing| standing.mapping.as_ref());
        let mapped = mapped.filter_map(|mapping| mapping.eksporyuk_user_id.as_ref());
        let users: HashSet<&str> = lookup.users.iter().chain(mapped).map(String::as_str).collect();
        let users: Vec<&str> = users.into_iter().collect();
        let profiles = store.select_in::<AffiliateProfile>("userId", &users)?;
        let roles = store.select_in::<UserRole>("userId", &users)?;
        let wallets = store.select_in::<Wallet>("userId", &users)?;
        known.profiles = profiles.into_iter().map(|profile| (profile.user_id.clone(), profile)).collect();
        let with_role = roles.into_iter().filter(|role| role.role == Role::Affiliate);
        known.with_role = with_role.map(|role| role.user_id).collect();
        known.with_wallet = wallets.into_iter().map(|wallet| wallet.user_id).collect();
        Ok(known)
    }

    fn profile(&self, mapping: &AffiliateMapping) -> Option<&AffiliateProfile> {
        self.profiles.get(mapping.eksporyuk_user_id.as_ref()?)
    }
}

const KIND: SourceRecordKind = SourceRecordKind::Affiliate;

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
            let reported = row.record.as_ref().and_then(|affiliate| affiliate.total_commissions);
            let Some(OpenRow { record, payload, mut findings, entry }) =
                plan.enter(row, reported.unwrap_or(Money::ZERO))?
            else {
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
        known: &AffiliateLookupResult,
        standing: StandingAffiliate,
        plan: &mut BatchPlan,
        affiliate: &Affiliate,
        payload: &SourcePayload<'_>,
        findings: &mut Vec<Finding>,
    ) -> PlannedRow {
        let before = standing.mapping.as_ref().map(|mapping| mapping.status.clone());
        match (before.as_deref(), standing.mapping) {
            (None, _) => {
                self.enter(known, plan, affiliate, None, findings);
                self.keep(plan, affiliate, payload, standing.source, standing.totals);
                Ok(RowOutcome::Created)
            }
            (Some(status), Some(mapping))
                if MappingStatus::from_word(status) == Some(MappingStatus::Pending) =>
            {
                let same = standing.source.as_ref().and_then(content_of) == payload.content;
                let verified = self.enter(known, plan, affiliate, Some(&mapping), findings);
                self.keep(plan, affiliate, payload, standing.source, standing.totals);
                Ok(if verified || !same { RowOutcome::Updated } else { RowOutcome::Unchanged })
            }
            (Some(_), Some(mapping)) => {
                self.refresh(known, plan, affiliate, payload, mapping, standing.source, standing.totals)
            }
            (Some(_), None) => unreachable!("a status comes from a mapping"),
        }
    }

    /// A mapping that is new, or that was pending: decides it. Returns whether it is verified now.
    fn enter(
        &mut self,
        known: &AffiliateLookupResult,
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
                findings.push(Finding::at(Code::MappingPending, "affiliate_code", notes.clone()));
                write_mapping(plan, affiliate, old, MappingDecision::Pending(notes));
                return false;
            }
        };
        let Some(user_id) = user_id else { return false };
        if !self.enter_profile(known, plan, affiliate, &user_id, findings) {
            let notes = format!("both {0} and SJ-{0} are taken in the app", affiliate.code);
            findings.push(Finding::at(Code::MappingPending, "affiliate_code", notes.clone()));
            write_mapping(plan, affiliate, old, MappingDecision::Pending(notes));
            return false;
        }
        write_mapping(plan, affiliate, old, MappingDecision::Verified { user_id, by });
        true
    }

    fn create_user(&mut self, plan: &mut BatchPlan, affiliate: &Affiliate) -> String {
        let Some(email) = &affiliate.email else {
            unreachable!("only an affiliate with an address is created");
        };
        let at = affiliate.joined_at.unwrap_or(plan.written_at);
        let details = PersonDetails { name: &affiliate.name, phone: affiliate.phone, whatsapp: None };
        let number = crate::pipeline::read::duplicates::key_hash(&affiliate.code);
        let (person, _) = self.people.observe(email, FirstSeen { at, number }, details);
        let id = id_for(User::TABLE.name, email.as_str(), at);
        plan.change([Change::insert(new_user(&id, affiliate, email.as_str(), at, plan.written_at))]);
        let missing = MissingDetails { name: false, phone: affiliate.phone.is_none(), whatsapp: true };
        self.people.mark_created(person, &id, missing);
        id
    }

    /// Profile, role and wallet, as far as the user has none yet: what the app has is kept (L9).
    /// False when no code is free.
    fn enter_profile(
        &mut self,
        known: &AffiliateLookupResult,
        plan: &mut BatchPlan,
        affiliate: &Affiliate,
        user_id: &str,
        findings: &mut Vec<Finding>,
    ) -> bool {
        if !known.profiles.contains_key(user_id) {
            let code = AffiliateIndex::free(&mut self.taken.codes, &affiliate.code);
            let link = AffiliateIndex::free(&mut self.taken.links, &affiliate.code);
            let (Some(code), Some(link)) = (code, link) else {
                return false;
            };
            if code != affiliate.code {
                findings.push(Finding::at(Code::CodeTaken, "affiliate_code", affiliate.code.clone()));
            }
            plan.change([Change::insert(new_profile(affiliate, user_id, code, link, plan.written_at))]);
        }
        if self.keeps_roles && !known.with_role.contains(user_id) {
            enter_role(plan, affiliate, user_id);
        }
        if !known.with_wallet.contains(user_id) {
            enter_wallet(plan, affiliate, user_id);
        }
        true
    }

    /// Keeps the source row and the totals that the file states.
    fn keep(
        &self,
        plan: &mut BatchPlan,
        affiliate: &Affiliate,
        payload: &SourcePayload<'_>,
        source: Option<SourceRecord>,
        totals: Option<AffiliateTotals>,
    ) {
        let written = format!("{:016x}", written_fingerprint(affiliate));
        let target_id = id_for(AffiliateMapping::TABLE.name, &affiliate.code, joined(affiliate));
        let new = source_record(KIND, &affiliate.code, target_id, payload, written, plan.written_at);
        plan.change(source_change(source, new));
        plan.change(totals_change(totals, affiliate, plan.written_at));
    }

    /// A mapping that somebody or an import has decided: the file's news about it, and nothing that
    /// the app has changed since.
    #[allow(clippy::too_many_arguments, reason = "the affiliate's four rows, each by its name")]
    fn refresh(
        &self,
        known: &AffiliateLookupResult,
        plan: &mut BatchPlan,
        affiliate: &Affiliate,
        payload: &SourcePayload<'_>,
        mapping: AffiliateMapping,
        source: Option<SourceRecord>,
        totals: Option<AffiliateTotals>,
    ) -> PlannedRow {
        let written = format!("{:016x}", written_fingerprint(affiliate));
        let has_totals = totals.is_some();
        let same_source = source.as_ref().and_then(content_of) == payload.content;
        if same_source && has_totals {
            return Ok(RowOutcome::Unchanged);
        }
        let kept = source.as_ref().map(|source| source.written.clone());
        if kept.as_ref() != Some(&written) {
            let profile = known.profile(&mapping);
            let stands = profile.map(|profile| standing_fingerprint(&mapping, profile));
            if kept.is_some() && stands.is_some_and(|stands| kept != Some(format!("{stands:016x}"))) {
                return Err(Finding::of_row(Code::EditedInApp, ""));
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
        self.keep(plan, affiliate, payload, source, totals);
        Ok(RowOutcome::Updated)
    }
}

fn enter_role(plan: &mut BatchPlan, affiliate: &Affiliate, user_id: &str) {
    plan.change([Change::insert(UserRole {
        id: id_for(UserRole::TABLE.name, user_id, joined(affiliate)),
        user_id: user_id.to_owned(),
        role: Role::Affiliate,
        created_at: plan.written_at,
    })]);
}

fn enter_wallet(plan: &mut BatchPlan, affiliate: &Affiliate, user_id: &str) {
    plan.change([Change::insert(Wallet {
        id: id_for(Wallet::TABLE.name, user_id, joined(affiliate)),
        user_id: user_id.to_owned(),
        balance: Money::ZERO,
        balance_pending: Money::ZERO,
        total_earnings: Money::ZERO,
        total_payout: Money::ZERO,
        created_at: plan.written_at,
        updated_at: plan.written_at,
    })]);
}

enum MappingDecision {
    Pending(String),
    Verified { user_id: String, by: &'static str },
}

fn write_mapping(
    plan: &mut BatchPlan,
    affiliate: &Affiliate,
    old: Option<&AffiliateMapping>,
    verdict: MappingDecision,
) {
    let written_at = plan.written_at;
    let (status, user, by, at, notes) = match verdict {
        MappingDecision::Pending(notes) => (MappingStatus::Pending, None, None, None, Some(notes)),
        MappingDecision::Verified { user_id, by } => (
            MappingStatus::Verified,
            Some(user_id),
            Some(format!("sejoli-migrate: {by}")),
            Some(written_at),
            None,
        ),
    };
    let new = AffiliateMapping {
        id: old.map_or_else(
            || id_for(AffiliateMapping::TABLE.name, &affiliate.code, joined(affiliate)),
            |old| old.id.clone(),
        ),
        code: affiliate.code.clone(),
        name: affiliate.name.clone(),
        email: affiliate.email.as_ref().map(|email| email.as_str().to_owned()),
        phone: affiliate.phone.map(|phone| phone.to_string()),
        eksporyuk_user_id: user,
        status: status.as_str().to_owned(),
        verified_by: by,
        verified_at: at,
        notes,
        created_at: old.map_or(written_at, |old| old.created_at),
        updated_at: written_at,
    };
    match old {
        None => plan.change([Change::insert(new)]),
        Some(old) => {
            let quiet = AffiliateMapping { updated_at: old.updated_at, ..new.clone() };
            if quiet != *old {
                plan.change(Change::diff(&old.id, old.clone(), new, &["id"]));
            }
        }
    }
}

fn joined(affiliate: &Affiliate) -> Millis {
    affiliate.joined_at.unwrap_or(Millis(0))
}

fn rate_of(affiliate: &Affiliate) -> Rate {
    affiliate.rate.unwrap_or(Rate::from_hundredths(0))
}

fn new_user(id: &str, affiliate: &Affiliate, email: &str, created_at: Millis, updated_at: Millis) -> User {
    User {
        id: id.to_owned(),
        email: email.to_owned(),
        username: None,
        name: affiliate.name.clone(),
        password: None,
        role: Role::MemberFree,
        phone: affiliate.phone.map(|phone| phone.to_string()),
        whatsapp: None,
        email_verified: false,
        is_active: true,
        is_suspended: false,
        import_source: Some("SEJOLI".to_owned()),
        created_at,
        updated_at,
    }
}

fn new_profile(
    affiliate: &Affiliate,
    user_id: &str,
    code: String,
    link: String,
    written_at: Millis,
) -> AffiliateProfile {
    let joined_at = affiliate.joined_at.unwrap_or(written_at);
    AffiliateProfile {
        id: id_for(AffiliateProfile::TABLE.name, &affiliate.code, joined(affiliate)),
        user_id: user_id.to_owned(),
        affiliate_code: code,
        short_link: link,
        tier: 1,
        commission_rate: rate_of(affiliate),
        total_clicks: 0,
        total_conversions: 0,
        total_sales: Money::ZERO,
        total_earnings: Money::ZERO,
        is_active: true,
        application_status: "APPROVED".to_owned(),
        whatsapp: affiliate.phone.map(|phone| phone.to_string()),
        approved_at: Some(joined_at),
        external_id: Some(affiliate.code.clone()),
        created_at: joined_at,
        updated_at: written_at,
    }
}

fn profile_change(old: AffiliateProfile, affiliate: &Affiliate, written_at: Millis) -> Option<Change> {
    let rate = rate_of(affiliate);
    (old.commission_rate != rate).then(|| {
        let set = vec![("commissionRate", rate.into_value()), ("updatedAt", Value::Time(written_at))];
        Change::update::<AffiliateProfile>(&old.id, set)
            .if_unchanged("commissionRate", old.commission_rate.into_value())
    })
}

/// What an import writes of an affiliate's own words.
fn written_fingerprint(affiliate: &Affiliate) -> u64 {
    let text = |text: Option<&str>| text.map_or(Value::Null, |text| Value::Text(text.to_owned()));
    fingerprint(&[
        Value::Text(affiliate.name.clone()),
        text(affiliate.email.as_ref().map(|email| email.as_str())),
        text(affiliate.phone.map(|phone| phone.to_string()).as_deref()),
        rate_of(affiliate).into_value(),
    ])
}

/// The same of what stands in the app.
fn standing_fingerprint(mapping: &AffiliateMapping, profile: &AffiliateProfile) -> u64 {
    fingerprint(&[
        Value::Text(mapping.name.clone()),
        mapping.email.clone().into_value(),
        mapping.phone.clone().into_value(),
        profile.commission_rate.into_value(),
    ])
}

/// A source row to keep.
pub(crate) fn source_record(
    kind: SourceRecordKind,
    key: &str,
    target_id: String,
    payload: &SourcePayload<'_>,
    written: String,
    written_at: Millis,
) -> SourceRecord {
    SourceRecord {
        id: id_for(SourceRecord::TABLE.name, &format!("{}/{key}", kind.as_str()), Millis(0)),
        kind,
        source_key: key.to_owned(),
        target_id,
        payload: JsonText(payload.to_json()),
        written,
        created_at: written_at,
        updated_at: written_at,
    }
}

/// The hash of the cells that a kept source row has. Two rows with the same cells are the same row,
/// wherever they stand in their files. None if the payload cannot be read, so that it is written anew.
pub(crate) fn content_of(source: &SourceRecord) -> Option<u64> {
    SourcePayload::parse(&source.payload.0).ok()?.content
}

/// The change that keeps a source row, if there is news.
pub(crate) fn source_change(old: Option<SourceRecord>, new: SourceRecord) -> Option<Change> {
    let Some(old) = old else {
        return Some(Change::insert(new));
    };
    let same_content = content_of(&old) == content_of(&new);
    if same_content && (&old.written, &old.target_id) == (&new.written, &new.target_id) {
        return None;
    }
    let id = old.id.clone();
    Change::diff(&id, old, new, &["id", "createdAt"])
}

fn totals_change(old: Option<AffiliateTotals>, affiliate: &Affiliate, written_at: Millis) -> Option<Change> {
    let Some(old) = old else {
        return Some(Change::insert(AffiliateTotals {
            id: id_for(AffiliateTotals::TABLE.name, &affiliate.code, joined(affiliate)),
            code: affiliate.code.clone(),
            reported_commissions: affiliate.total_commissions,
            reported_paid: affiliate.total_paid,
            settled_conversions: 0,
            settled_sales: Money::ZERO,
            settled_earnings: Money::ZERO,
            settled_payout: Money::ZERO,
            settled_balance: Money::ZERO,
            created_at: written_at,
            updated_at: written_at,
        }));
    };
    if old.reported_commissions == affiliate.total_commissions && old.reported_paid == affiliate.total_paid {
        return None;
    }
    let new = AffiliateTotals {
        reported_commissions: affiliate.total_commissions,
        reported_paid: affiliate.total_paid,
        updated_at: written_at,
        ..old.clone()
    };
    let id = old.id.clone();
    Change::diff(&id, old, new, &["id"])
}
