//! Memberships: every row is kept, and the rows of one person and one membership are one row of the
//! app, with the earliest start and the latest end (L22, L23, L24).

use std::collections::{BTreeMap, HashMap};

use crate::domain::cell_reader::Parsed;
use crate::domain::contact::Email;
use crate::domain::date::Millis;
use crate::domain::export_fields::MembershipCells;
use crate::domain::ids::id_for;
use crate::domain::membership;
use crate::domain::membership::{Membership, MergedMembership, Period, merge, status_at};
use crate::domain::money::Money;
use crate::domain::source_kind::SourceKind;
use crate::domain::status::MembershipStatus;
use crate::source::Export;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::Cell;
use crate::store::schema::tables::{SourceRecord, Transaction, TransactionStatus, User, UserMembership};
use crate::store::session::columns::KeyFilter;
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::reader::{ExportReader, ExportRow, Payload, kept};
use crate::verify::rejects;
use crate::verify::report::VerifyCheck;

const KIND: SourceKind = SourceKind::Memberships;

/// Compares every row of the files.
pub fn check(
    store: &mut Store,
    world: &VerifyContext,
    exports: &[&Export],
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    let mut waiting = 0_u64;
    for export in exports {
        let mut reader = ExportReader::open(export, MembershipCells::FIELDS);
        loop {
            let rows = reader.chunk()?;
            if rows.is_empty() {
                break;
            }
            let keys: Vec<String> = rows.iter().map(|row| key(&reader, row)).collect();
            let stored = StoredMemberships::load(store, &keys)?;
            for (row, key) in rows.iter().zip(&keys) {
                check.rows += 1;
                let mut one =
                    MembershipComparison { world, check, reader: &reader, row, key, stored: &stored };
                waiting += u64::from(!one.compare());
            }
        }
    }
    if waiting > 0 {
        check.facts.push(format!("{waiting} rows held or rejected"));
    }
    Ok(())
}

fn key(reader: &ExportReader, row: &ExportRow) -> String {
    row.cells.as_ref().map_or("", |record| reader.cell(record, 0)).trim().to_owned()
}

struct StoredMemberships {
    sources: HashMap<String, SourceRecord>,
    memberships: HashMap<String, StoredMembership>,
    /// Their members' e-mail addresses.
    emails: HashMap<String, String>,
}

/// What a row says of its membership.
struct StoredMembership {
    user_id: String,
    membership_id: String,
    start: Millis,
    end: Millis,
    /// Whether an import has made it.
    ours: bool,
}

impl StoredMembership {
    fn load(store: &mut Store, ids: &[&str]) -> anyhow::Result<HashMap<String, Self>> {
        let names = ["id", "userId", "membershipId", "startDate", "endDate", "createdAt"];
        let rows = store.columns(UserMembership::TABLE, &names, KeyFilter::keys("id", ids))?;
        let target = |(id, user_id, membership_id, start, end, created_at): TargetColumns| {
            let ours = ours(&id, &user_id, &membership_id, created_at);
            (id, Self { user_id, membership_id, start, end, ours })
        };
        Ok(rows.into_iter().map(target).collect())
    }
}

type TargetColumns = (String, String, String, Millis, Millis, Millis);

impl StoredMemberships {
    fn load(store: &mut Store, keys: &[String]) -> anyhow::Result<Self> {
        let keys: Vec<&str> = keys.iter().map(String::as_str).filter(|key| !key.is_empty()).collect();
        let sources = kept(store, "membership", &keys)?;
        let targets = distinct(sources.iter().map(|source| source.target_id.as_str()));
        let memberships = StoredMembership::load(store, &targets)?;
        let people = distinct(memberships.values().map(|target| target.user_id.as_str()));
        let emails = store.columns(User::TABLE, &["id", "email"], KeyFilter::keys("id", &people))?;
        Ok(Self {
            emails: emails.into_iter().collect(),
            memberships,
            sources: sources.into_iter().map(|row| (row.source_key.clone(), row)).collect(),
        })
    }
}

fn distinct<'a>(keys: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut keys: Vec<&str> = keys.collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

struct MembershipComparison<'a> {
    world: &'a VerifyContext,
    check: &'a mut VerifyCheck,
    reader: &'a ExportReader,
    row: &'a ExportRow,
    key: &'a str,
    stored: &'a StoredMemberships,
}

impl MembershipComparison<'_> {
    /// Returns whether the row is in the database; if not, it waits, or a difference was entered.
    fn compare(&mut self) -> bool {
        let parsed = self.parse();
        let record = parsed.record.as_ref();
        let rejects = self.world.rejects.at(KIND, &self.reader.file, self.row.number);
        let amount = record.and_then(|membership| membership.price).unwrap_or(Money::ZERO);
        for reject in &rejects {
            rejects::compare(self.check, reject, self.row, self.key, &parsed.findings, amount);
        }
        if let (Some(source), Some(membership), Some(cells)) =
            (self.stored.sources.get(self.key), record, &self.row.cells)
        {
            let payload = Payload::read(&source.payload.0);
            if self.reader.same_cells(cells, &payload) {
                self.compare_rows(membership, source);
                return true;
            }
            let here = payload.file == self.reader.file.as_str() && payload.record == self.row.number;
            if !here && self.world.was_read(&[source.created_at, source.updated_at], KIND, &payload.file) {
                return true;
            }
        }
        if rejects.is_empty() && !self.world.rejects.has_key(KIND, self.key, &self.reader.file) {
            let what = "is neither in the database as it stands there nor among the rejects";
            let (file, record) = (&self.reader.file, self.row.number);
            self.check.differ(format!("membership {} ({file} record {record}): {what}", self.key));
        }
        false
    }

    fn parse(&self) -> Parsed<Membership> {
        let Some(record) = &self.row.cells else {
            return Parsed { record: None, findings: Vec::new() };
        };
        let cells = MembershipCells::read(|field| self.reader.cell(record, field));
        let now = self.world.runs.last().map_or(Millis(0), |run| run.as_of);
        membership::parse(&cells, self.reader.rules(self.world.rules), self.world.as_of.unwrap_or(now))
    }

    fn compare_rows(&mut self, membership: &Membership, source: &SourceRecord) {
        let who = format!("membership {}", membership.id);
        self.check.values += self.reader.columns.len() as u64;
        let id = id_for("SejoliSourceRecord", &format!("membership/{}", self.key), Millis(0));
        self.check.compare(source.id == id, || format!("{who}: SejoliSourceRecord: id"));
        let payload: serde_json::Value = serde_json::from_str(&source.payload.0).unwrap_or_default();
        let period = payload.get("period").and_then(period);
        let same = period.as_ref() == Some(&Period::from(membership));
        self.check.compare(same, || format!("{who}: SejoliSourceRecord: payload: period"));
        let Some(target) = self.stored.memberships.get(&source.target_id) else {
            self.check.differ(format!("{who}: no UserMembership"));
            return;
        };
        let same = self.stored.emails.get(&target.user_id).is_some_and(|email| {
            email == membership.email.as_str() || Email::parse(email).as_ref() == Ok(&membership.email)
        });
        self.check.compare(same, || format!("{who}: UserMembership: userId is somebody else's"));
        if let Some(map) = &self.world.map {
            let slug = self.world.memberships.get(&target.membership_id).map(String::as_str);
            let same = slug.is_some() && slug == map.membership_of(&membership.product_id);
            self.check.compare(same, || format!("{who}: UserMembership: membershipId is not the product's"));
        }
        let inside = target.start <= membership.start && membership.end <= target.end;
        self.check.compare(inside || !target.ours, || format!("{who}: UserMembership: startDate or endDate"));
    }
}

/// Whether an import has made the row: its id is of our making.
fn ours(id: &str, user_id: &str, membership_id: &str, created_at: Millis) -> bool {
    let made = id_for("UserMembership", &format!("{user_id}/{membership_id}"), created_at);
    id.get(9..) == made.get(9..)
}

fn period(period: &serde_json::Value) -> Option<Period> {
    Some(Period {
        id: period["id"].as_str()?.to_owned(),
        start: Millis(period["start"].as_i64()?),
        end: Millis(period["end"].as_i64()?),
        price: period["price"].as_i64().map(Money::from_minor),
        order_id: period["order"].as_str().map(str::to_owned),
    })
}

/// Checks every membership against all the rows that are kept of it.
pub fn check_groups(store: &mut Store, world: &VerifyContext, check: &mut VerifyCheck) -> anyhow::Result<()> {
    let mut last = String::new();
    loop {
        // Without DISTINCT, for which PostgreSQL would rather sort the whole table every time.
        let sql = "SELECT \"targetId\" FROM \"SejoliSourceRecord\" WHERE \"targetId\" > ? \
                   ORDER BY \"targetId\" LIMIT 500";
        let rows = store.query(sql, &[Cell::Text(last.clone())])?;
        let mut targets: Vec<String> = rows.into_iter().flatten().filter_map(Cell::into_text).collect();
        targets.dedup();
        let Some(end) = targets.last() else { return Ok(()) };
        last.clone_from(end);
        let keys: Vec<&str> = targets.iter().map(String::as_str).collect();
        check_page(store, world, &keys, check)?;
    }
}

/// The row of an export that is kept, as far as a membership's periods go.
struct KeptPeriod {
    source_key: String,
    target_id: String,
    period: Option<Period>,
}

impl KeptPeriod {
    fn load(store: &mut Store, targets: &[&str]) -> anyhow::Result<Vec<Self>> {
        let (one_of, cells) = store.one_of(targets);
        let sql = format!(
            "SELECT \"kind\", \"sourceKey\", \"targetId\", {} FROM \"SejoliSourceRecord\" WHERE \"targetId\" {one_of}",
            store.json_extract("payload", "period")
        );
        let read = |row: Vec<Cell>| {
            let mut texts = row.into_iter().map(Cell::into_text);
            texts.next()?.filter(|kind| kind == "membership")?;
            let (source_key, target_id) = (texts.next()??, texts.next()??);
            let json = texts.next()?.and_then(|json| serde_json::from_str(&json).ok());
            Some(Self { source_key, target_id, period: json.as_ref().and_then(period) })
        };
        Ok(store.query(&sql, &cells)?.into_iter().filter_map(read).collect())
    }
}

fn check_page(
    store: &mut Store,
    world: &VerifyContext,
    keys: &[&str],
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    let sources = KeptPeriod::load(store, keys)?;
    let memberships: Vec<UserMembership> = store.select_in("id", keys)?;
    let memberships: HashMap<String, UserMembership> =
        memberships.into_iter().map(|row| (row.id.clone(), row)).collect();
    let mut groups: BTreeMap<String, Vec<Period>> = BTreeMap::new();
    let mut external: Vec<String> = Vec::new();
    for KeptPeriod { source_key, target_id, period } in sources {
        match period {
            Some(period) => {
                external.extend(period.order_id.as_ref().map(|id| format!("sejoli-{id}")));
                groups.entry(target_id).or_default().push(period);
            }
            None => check.differ(format!("membership {source_key}: its kept row cannot be read")),
        }
    }
    let external: Vec<&str> = distinct(external.iter().map(String::as_str));
    let orders = Bought::load(store, &external)?;
    for (id, periods) in groups {
        check.rows += 1;
        let Some(row) = memberships.get(&id) else {
            check.differ(format!("UserMembership {id}: its source rows are kept, it is gone"));
            continue;
        };
        let Some(merged) = merge(&periods) else { continue };
        if ours(&row.id, &row.user_id, &row.membership_id, row.created_at) {
            group(world, row, &merged, check);
            linked(store, row, &paid(&merged, &orders), check)?;
        }
    }
    Ok(())
}

fn group(world: &VerifyContext, row: &UserMembership, merged: &MergedMembership, check: &mut VerifyCheck) {
    let Some(as_of) = world.as_of(row.updated_at) else {
        check.differ(format!("UserMembership {}: updatedAt ({}) is no run's time", row.id, row.updated_at));
        return;
    };
    let status = status_at(merged.end, as_of);
    let expected = UserMembership {
        start_date: merged.start,
        end_date: merged.end,
        is_active: status == MembershipStatus::Active,
        auto_renew: false,
        status: status.as_str().to_owned(),
        activated_at: Some(merged.start),
        price: merged.price,
        external_id: Some(merged.id.clone()),
        ..row.clone()
    };
    let who = format!("UserMembership {}", row.id);
    check.row(&who, expected, row, &["transactionId"]);
    let key = format!("{}/{}", row.user_id, row.membership_id);
    let id = id_for("UserMembership", &key, row.created_at);
    check.compare(row.id == id, || format!("{who}: createdAt ({}) is not the id's", row.created_at));
}

/// What a membership says of an order.
struct Bought {
    id: String,
    user_id: String,
    status: TransactionStatus,
    created_at: Millis,
}

impl Bought {
    fn load(store: &mut Store, external: &[&str]) -> anyhow::Result<HashMap<String, Self>> {
        let names = ["externalId", "id", "userId", "status", "createdAt"];
        let rows = store.columns(Transaction::TABLE, &names, KeyFilter::keys("externalId", external))?;
        let bought = |(external, id, user_id, status, created_at)| {
            (external, Self { id, user_id, status, created_at })
        };
        Ok(rows.into_iter().map(bought).collect())
    }
}

/// The paid orders of a membership's rows, the latest first.
fn paid<'a>(merged: &MergedMembership, orders: &'a HashMap<String, Bought>) -> Vec<&'a Bought> {
    let named = merged.order_ids.iter().filter_map(|id| orders.get(&format!("sejoli-{id}")));
    let mut paid: Vec<&Bought> = named.filter(|order| order.status == TransactionStatus::Success).collect();
    paid.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
    paid
}

/// The transaction is that of the member's own latest paid order. It is empty where there is none,
/// where another membership has it, or where the latest order was paid by somebody else.
fn linked(
    store: &mut Store,
    row: &UserMembership,
    paid: &[&Bought],
    check: &mut VerifyCheck,
) -> anyhow::Result<()> {
    let who = format!("UserMembership {}", row.id);
    let own = paid.iter().find(|order| order.user_id == row.user_id);
    let Some(found) = row.transaction_id.as_deref() else {
        let latest = paid.first().filter(|latest| latest.user_id == row.user_id);
        let taken = match latest {
            Some(latest) => {
                !store.select_in::<UserMembership>("transactionId", &[latest.id.as_str()])?.is_empty()
            }
            None => true,
        };
        check.compare(taken, || format!("{who}: transactionId is empty"));
        return Ok(());
    };
    if paid.iter().any(|order| order.id == found && order.user_id != row.user_id) {
        check.compare(false, || format!("{who}: its transaction {found} is somebody else's"));
        return Ok(());
    }
    let same = own.is_some_and(|own| own.id == found);
    check.compare(same, || format!("{who}: transactionId is not that of its latest paid order"));
    Ok(())
}
