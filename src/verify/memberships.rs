//! Memberships: every row is kept, and the rows of one person and one membership are one row of the
//! app, with the earliest start and the latest end (L22, L23, L24).

use crate::language::tr;
use crate::store::schema::words::SourceRecordKind;
use std::collections::HashMap;

use crate::domain::cell_reader::Parsed;
use crate::domain::contact::Email;
use crate::domain::date::Millis;
use crate::domain::export_fields::MembershipCells;
use crate::domain::ids::is_id_of;
use crate::domain::membership;
use crate::domain::membership::{Membership, Period, merge};
use crate::domain::money::Money;
use crate::domain::source_id;
use crate::domain::source_kind::SourceKind;
use crate::source::Export;
use crate::store::codec::record::Record as _;
use crate::store::schema::tables::{SourceRecord, User, UserMembership};
use crate::store::session::columns::KeyFilter;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::difference::Subject;
use crate::verify::held_memberships::has_import_id;
use crate::verify::identities::decision_id;
use crate::verify::known_people::KnownPeople;
use crate::verify::periods::distinct;
use crate::verify::reader::{ExportReader, ExportRow, Payload, kept};
use crate::verify::rejects;
use crate::verify::report::VerifyCheck;

const KIND: SourceKind = SourceKind::Memberships;

/// Compares every row of the files.
///
/// # Errors
/// Those of the files and of the database.
pub(crate) fn check(
    store: &mut Store,
    context: &VerifyContext,
    exports: &[&Export],
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    let mut not_written = 0_u64;
    for export in exports {
        let mut reader = ExportReader::open(export, MembershipCells::FIELDS);
        loop {
            let rows = reader.chunk()?;
            if rows.is_empty() {
                break;
            }
            let keys: Vec<String> = rows.iter().map(|row| key(&reader, row)).collect();
            let people = context.people(store)?;
            let stored = StoredMemberships::load(store, people, &keys)?;
            for (row, key) in rows.iter().zip(&keys) {
                check.rows += 1;
                let mut one =
                    MembershipComparison { context, check, reader: &reader, row, key, stored: &stored };
                not_written += u64::from(!one.compare());
            }
        }
    }
    if not_written > 0 {
        check.facts.push(tr!("{not_written} rows held or rejected"));
    }
    Ok(())
}

fn key(reader: &ExportReader, row: &ExportRow) -> String {
    source_id::key(row.cells.as_ref().map_or("", |record| reader.cell(record, 0)).trim()).into_owned()
}

/// What the database holds of a chunk of memberships.
struct StoredMemberships<'a> {
    /// The kept source rows by their keys.
    sources: HashMap<String, SourceRecord>,
    /// The memberships by id.
    memberships: HashMap<String, StoredMembership>,
    /// Their members' e-mail addresses by user id.
    emails: HashMap<String, String>,
    /// Whom imports have decided the members to be.
    people: &'a KnownPeople,
}

/// What of a membership a row can be compared with.
struct StoredMembership {
    user_id: String,
    membership_id: String,
    start: Millis,
    end: Millis,
    /// Whether an import has created it.
    imported: bool,
}

impl StoredMembership {
    fn of(store: &Store, ids: &[&str]) -> DeferredQuery<'static, HashMap<String, Self>> {
        let names = ["id", "userId", "membershipId", "startDate", "endDate", "createdAt"];
        let rows = store.columns_in(UserMembership::TABLE, &names, KeyFilter::keys("id", ids));
        let target = |(id, user_id, membership_id, start, end, created_at): TargetColumns| {
            let imported = has_import_id(&id, &user_id, &membership_id, created_at);
            (id, Self { user_id, membership_id, start, end, imported })
        };
        rows.map(move |rows: Vec<_>| rows.into_iter().map(target).collect())
    }
}

type TargetColumns = (String, String, String, Millis, Millis, Millis);

impl<'a> StoredMemberships<'a> {
    fn load(store: &mut Store, people: &'a KnownPeople, keys: &[String]) -> anyhow::Result<Self> {
        let keys: Vec<&str> = keys.iter().map(String::as_str).filter(|key| !key.is_empty()).collect();
        let sources = store.answer(kept(store, SourceRecordKind::Membership, &keys))?;
        let targets = distinct(sources.iter().map(|source| source.target_id.as_str()));
        let memberships = store.answer(StoredMembership::of(store, &targets))?;
        let members = distinct(memberships.values().map(|target| target.user_id.as_str()));
        let emails = store.columns(User::TABLE, &["id", "email"], KeyFilter::keys("id", &members))?;
        Ok(Self {
            emails: emails.into_iter().collect(),
            people,
            memberships,
            sources: sources.into_iter().map(|row| (row.source_key.clone(), row)).collect(),
        })
    }

    /// Whether an address of the source is that of a user: it was decided so or, where nobody has decided, it is the
    /// user's own.
    fn is_member(&self, email: &Email, user_id: &str) -> bool {
        let decision = decision_id(Some(email), None);
        match decision.and_then(|decision| self.people.decided(&decision)) {
            Some(decided) => decided == user_id,
            None => self
                .emails
                .get(user_id)
                .is_some_and(|own| own == email.as_str() || Email::parse(own).as_ref() == Ok(email)),
        }
    }
}

struct MembershipComparison<'a> {
    context: &'a VerifyContext,
    check: &'a mut VerifyCheck,
    reader: &'a ExportReader,
    row: &'a ExportRow,
    key: &'a str,
    stored: &'a StoredMemberships<'a>,
}

impl MembershipComparison<'_> {
    /// Compares the row, and returns whether it is in the database. If it is not, it was held or rejected,
    /// or a difference has been entered.
    fn compare(&mut self) -> bool {
        let parsed = self.parse();
        let record = parsed.record.as_ref();
        let rejects = self.context.rejects.at(KIND, &self.reader.file, self.row.number);
        let of_record = record.and_then(|membership| membership.price).unwrap_or(Money::ZERO);
        for reject in &rejects {
            let is_earlier = self.context.rejects.is_of_earlier_version(reject);
            let amount = if is_earlier { Some(of_record) } else { parsed.amount };
            rejects::compare(self.check, reject, self.row, self.key, &parsed.findings, amount);
        }
        if let (Some(source), Some(membership), Some(cells)) =
            (self.stored.sources.get(self.key), record, &self.row.cells)
        {
            let payload = Payload::read(&source.payload.0);
            if self.reader.same_cells(cells, &payload) {
                self.compare_rows(membership, source, payload.period().as_ref());
                return true;
            }
            let here = payload.file == self.reader.file.as_str() && payload.record == self.row.number;
            if !here && self.context.was_read(&[source.created_at, source.updated_at], KIND, &payload.file) {
                return true;
            }
        }
        if rejects.is_empty() && !self.context.rejects.has_key(KIND, self.key, &self.reader.file) {
            let what = tr!("is neither in the database as it stands there nor among the rejects");
            let (file, record) = (&self.reader.file, self.row.number);
            self.check.differ(tr!("membership {} ({file} record {record}): {what}", self.key));
        }
        false
    }

    fn parse(&self) -> Parsed<Membership> {
        let Some(record) = &self.row.cells else {
            return Parsed { record: None, findings: Vec::new(), amount: None };
        };
        let cells = MembershipCells::read(|field| self.reader.cell(record, field));
        let now = self.context.runs.last().map_or(Millis(0), |run| run.as_of);
        membership::parse(&cells, self.reader.rules(self.context.rules), self.context.as_of.unwrap_or(now))
    }

    fn compare_rows(&mut self, membership: &Membership, source: &SourceRecord, period: Option<&Period>) {
        let who = tr!("membership {}", membership.id);
        self.check.turn_to(Subject::row(UserMembership::TABLE, &source.target_id));
        self.check.values += self.reader.columns.len() as u64;
        let is_its_own = is_id_of(&source.id, "SejoliSourceRecord", &format!("membership/{}", self.key));
        self.check.compare(is_its_own, || format!("{who}: SejoliSourceRecord: id"));
        let expected =
            Period { refunded_at: period.and_then(|period| period.refunded_at), ..Period::from(membership) };
        self.check.compare(period == Some(&expected), || tr!("{who}: SejoliSourceRecord: payload: period"));
        let Some(target) = self.stored.memberships.get(&source.target_id) else {
            // Whether an import had written it, and the app has deleted it, the journal shows.
            let is_named = !source.target_id.is_empty();
            self.check.compare(is_named, || tr!("{who}: no UserMembership"));
            return;
        };
        let same = self.stored.is_member(&membership.email, &target.user_id);
        self.check.compare(same, || tr!("{who}: UserMembership: userId is another person's"));
        if let Some(map) = &self.context.map {
            let slug = self.context.memberships.get(&target.membership_id).map(String::as_str);
            let same = slug.is_some() && slug == map.membership_of(&membership.product_id);
            self.check.compare(same, || tr!("{who}: UserMembership: membershipId is not the product's"));
        }
        let counted =
            merge(&[expected]).map_or((membership.start, membership.end), |all| (all.start, all.end));
        let inside = target.start <= counted.0 && counted.1 <= target.end;
        self.check.compare(inside || !target.imported, || tr!("{who}: UserMembership: startDate or endDate"));
    }
}
