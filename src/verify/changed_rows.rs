//! The rows that are not as imports have written them, with what the journal proves of each: by which run and when it was
//! written, whether the app has written it since, and the fingerprints that the right values have.

use std::collections::{BTreeMap, HashMap};

use crate::domain::date::Millis;
use crate::domain::ids::id_for;
use crate::domain::ledger_reference::LedgerReference;
use crate::store::codec::record::{Record as _, Table};
use crate::store::codec::value::Value;
use crate::store::schema::tables::{
    AffiliateConversion, AffiliateMapping, AffiliateProfile, Transaction, User, UserMembership, Wallet,
    WalletTransaction, WebhookLog,
};
use crate::verify::context::VerifyContext;
use crate::verify::difference::Subject;

/// A run, as a difference names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RunName {
    /// Its id.
    pub(crate) id: String,
    /// When it began, which is the time of writing of its rows.
    pub(crate) began: Millis,
}

/// What the journal proves of a row's values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RowProof {
    /// They had this fingerprint.
    Fingerprint {
        /// The row as it would have been then, if nobody had changed it.
        row: Vec<Value>,
        /// The columns that the fingerprint is about, by position; none for a whole row.
        columns: Option<Vec<usize>>,
        /// The columns whose values are those of today: the right ones can be looked for.
        of_today: Vec<usize>,
        /// The fingerprint.
        after: u64,
    },
    /// They were these, each with its column's position.
    Values(Vec<(usize, Value)>),
}

/// Who has changed a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangedBy {
    /// The app, which dates what it writes.
    App(Millis),
    /// Somebody else: the row's date is that of a run.
    SomebodyElse,
    /// The table has no date of writing.
    Unknown,
}

/// What has become of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RowState {
    /// It is not there.
    Gone,
    /// It holds something else.
    Edited {
        /// Who has changed it, as far as can be known.
        by: ChangedBy,
        /// What is proved of its values, the newest run's first.
        proofs: Vec<RowProof>,
    },
}

/// A row that is not as it was written.
#[derive(Clone, Debug)]
pub(crate) struct ChangedRow {
    /// Its table.
    pub(crate) table: &'static Table,
    /// Its id.
    pub(crate) id: String,
    /// What has become of it.
    pub(crate) state: RowState,
    /// The run that wrote it last.
    pub(crate) written_by: RunName,
    /// Whether that is a difference: what the app's people may do is none.
    pub(crate) is_difference: bool,
    /// As it stands now.
    pub(crate) now: Option<Vec<Value>>,
}

impl ChangedRow {
    /// A column's text, as it stands now.
    pub(crate) fn text(&self, column: &str) -> Option<&str> {
        let at = self.table.columns.iter().position(|known| known.name == column)?;
        match self.now.as_ref()?.get(at)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct ChangedRows {
    rows: Vec<ChangedRow>,
    of: HashMap<Subject, Vec<usize>>,
    /// Those that are gone, by table and by the part of their ids that is made of whom they were about.
    gone: HashMap<(&'static str, String), usize>,
}

impl ChangedRows {
    /// The rows, found by those whom they are about.
    pub(crate) fn new(context: &VerifyContext, rows: Vec<ChangedRow>) -> Self {
        let mut of: HashMap<Subject, Vec<usize>> = HashMap::new();
        for (at, row) in rows.iter().enumerate() {
            for subject in subjects(context, row) {
                of.entry(subject).or_default().push(at);
            }
        }
        let gone = rows.iter().enumerate().filter(|(_, row)| row.state == RowState::Gone);
        let gone = gone.map(|(at, row)| ((row.table.name, hash_part(&row.id)), at)).collect();
        Self { rows, of, gone }
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &ChangedRow> {
        self.rows.iter()
    }

    /// Those that are about this.
    pub(crate) fn of(&self, context: &VerifyContext, subject: &Subject) -> Vec<&ChangedRow> {
        let mut found: BTreeMap<usize, &ChangedRow> = BTreeMap::new();
        let mut take = |subject: &Subject| {
            let places = self.of.get(subject).into_iter().flatten();
            found.extend(places.map(|&at| (at, &self.rows[at])));
        };
        take(subject);
        if let Subject::Affiliate(code) = subject
            && let Some(seller) = context.sellers.get(code)
        {
            take(&Subject::User(seller.user_id.clone()));
        }
        for key in keys_of(context, subject) {
            found.extend(self.gone.get(&key).map(|&at| (at, &self.rows[at])));
        }
        found.into_values().collect()
    }
}

/// Whom a row is about, by what stands in it.
fn subjects(context: &VerifyContext, row: &ChangedRow) -> Vec<Subject> {
    let user = |id: &str| Subject::User(id.to_owned());
    let order = |text: &str| text.strip_prefix("sejoli-").map(|order| Subject::Order(order.to_owned()));
    let text = |column: &str| row.text(column);
    let mut subjects = vec![Subject::row(row.table, &row.id)];
    let is = |table: &Table| row.table == table;
    if is(User::TABLE) {
        subjects.push(user(&row.id));
    } else if is(Transaction::TABLE) {
        subjects.extend(text("externalId").and_then(order));
    } else if is(WebhookLog::TABLE) {
        subjects.extend(text("orderId").map(|order| Subject::Order(order.to_owned())));
    } else if is(AffiliateConversion::TABLE) {
        let seller =
            text("affiliateId").map(|id| context.sellers.of_profile(id).map_or(id, |one| &one.user_id));
        subjects.extend(seller.map(user));
    } else if is(WalletTransaction::TABLE) {
        let named = text("reference").and_then(LedgerReference::parse);
        subjects.extend(named.map(|named| Subject::Order(named.order_id.to_owned())));
    } else if is(AffiliateMapping::TABLE) {
        subjects.extend(text("sejoliAffiliateCode").map(|code| Subject::Affiliate(code.to_owned())));
    } else {
        subjects.extend(text("userId").map(user));
    }
    subjects
}

/// How rows that are gone are found that were about this: nothing is left of one but its id.
fn keys_of(context: &VerifyContext, subject: &Subject) -> Vec<(&'static str, String)> {
    let made_of = |table: &Table, key: &str| (table.name, hash_part(&id_for(table.name, key, Millis(0))));
    match subject {
        Subject::Order(order) => {
            vec![made_of(Transaction::TABLE, order), made_of(AffiliateConversion::TABLE, order)]
        }
        Subject::User(user) => {
            let of_plan = |plan: &String| made_of(UserMembership::TABLE, &format!("{user}/{plan}"));
            let whole = [User::TABLE, AffiliateProfile::TABLE].map(|table| (table.name, hash_part(user)));
            let memberships = context.memberships.keys().map(of_plan);
            memberships.chain(whole).chain([made_of(Wallet::TABLE, user)]).collect()
        }
        // An entry of payouts has the time of a run in its id, which is not known of one that is gone.
        Subject::Row { table, id } => vec![(*table, hash_part(id))],
        Subject::Affiliate(_) => Vec::new(),
    }
}

/// The part of an id that is made of a key, behind the part that is made of a time.
fn hash_part(id: &str) -> String {
    id.get(9..).unwrap_or(id).to_owned()
}
