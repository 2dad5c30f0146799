//! What every check needs to know: the runs that stand, the product map, the affiliates of the app.

use crate::domain::cell_reader::CellRules;
use crate::domain::conventions::AppConventions;
use crate::domain::date::{DateOrder, DateRules, Millis, SourceZone};
use crate::domain::ids::id_for;
use crate::domain::money::{Money, MoneyStyle};
use crate::domain::native_order::ProductsByTitle;
use crate::domain::person_decision::{PairDecision, PairVerdict};
use crate::domain::product_map::ProductMap;
use crate::domain::source_kind::SourceKind;
use crate::source::discover::Exports;
use crate::store::codec::record::Record as _;
use crate::store::queries;
use crate::store::schema::tables::{
    AffiliateMapping, AffiliateProfile, AffiliateTotals, Identity, Membership, Product, SourceRecord,
    Transaction,
};
use crate::store::schema::words::{MappingStatus, SourceRecordKind};
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;
use crate::verify::file_hashes::FileHashes;
use crate::verify::known_people::KnownPeople;
use crate::verify::orders_without_log::OrdersWithoutLog;
use crate::verify::payment_marks::PaymentMarks;
use crate::verify::product_map::{ChosenMap, product_map};
use crate::verify::read_once::ReadOnce;
use crate::verify::rejects::Rejects;
use crate::verify::request::VerifyRequest;
use crate::verify::standing_runs::{StandingRun, standing_runs};
use std::collections::{HashMap, HashSet};

/// An affiliate who is verified and has a profile.
#[derive(Clone, Debug)]
pub(crate) struct VerifiedAffiliate {
    /// The id of the `AffiliateProfile` (L19).
    pub(crate) profile_id: String,
    /// The id of the user.
    pub(crate) user_id: String,
}

/// The affiliates that orders credit.
#[derive(Clone, Debug, Default)]
pub(crate) struct CreditedAffiliates {
    by_code: HashMap<String, VerifiedAffiliate>,
    /// The codes of which what was settled stands in another wallet than the mapping says, in no order.
    pub(crate) not_moved: Vec<String>,
}

impl CreditedAffiliates {
    /// All of them, by code, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &VerifiedAffiliate)> {
        self.by_code.iter().map(|(code, seller)| (code.as_str(), seller))
    }

    /// Whose profile this is.
    pub(crate) fn of_profile(&self, profile_id: &str) -> Option<&VerifiedAffiliate> {
        self.by_code.values().find(|seller| seller.profile_id == profile_id)
    }

    /// Whom orders of this code credit.
    pub(crate) fn get(&self, code: &str) -> Option<&VerifiedAffiliate> {
        self.by_code.get(code)
    }
}

/// What is known before the checks begin.
#[derive(Debug)]
pub(crate) struct VerifyContext {
    /// The runs that have not been rolled back, the oldest first.
    pub(crate) runs: Vec<StandingRun>,
    /// How many runs were rolled back.
    pub(crate) rolled_back: usize,
    /// How the runs have read amounts and dates.
    pub(crate) rules: CellRules,
    /// The time that `--as-of` says.
    pub(crate) as_of: Option<Millis>,
    /// The product map, if there is one.
    pub(crate) map: Option<ProductMap>,
    /// Whether the files hold another product map than `map`.
    pub(crate) map_differs_from_files: bool,
    /// The products_by_title of the product map, by which native exports name products.
    pub(crate) products_by_title: ProductsByTitle,
    /// The ids of the app's products by slug.
    pub(crate) products: HashMap<String, String>,
    /// The slugs of the app's memberships by id.
    pub(crate) memberships: HashMap<String, String>,
    /// The ids of the app's memberships by slug.
    pub(crate) membership_ids: HashMap<String, String>,
    /// Whether transactions have a column for the membership.
    pub(crate) has_membership_column: bool,
    /// The affiliates that orders credit.
    pub(crate) sellers: CreditedAffiliates,
    /// Whether imports have said which commissions are paid, which those of version 0.1 did not.
    pub(crate) says_what_is_paid: bool,
    /// The rows that the runs have held and rejected.
    pub(crate) rejects: Rejects,
    /// The users whom somebody has merged into others: their accounts are closed.
    pub(crate) merged: HashSet<String>,
    /// Whether differences name people by their addresses, too.
    pub(crate) show_pii: bool,
    /// The orders without a webhook log, as far as they were asked for.
    pub(crate) without_log: ReadOnce<OrdersWithoutLog>,
    hashes: FileHashes,
    people: ReadOnce<KnownPeople>,
    marks: ReadOnce<PaymentMarks>,
    gone_memberships: ReadOnce<Vec<String>>,
    /// The positions of the runs in `runs` by the time at which each began, in milliseconds.
    run_at: HashMap<i64, usize>,
}

impl VerifyContext {
    /// Reads what the checks need from the database and the files.
    ///
    /// # Errors
    /// Those of the database and of the files; exit code 6 for a product map that cannot be used.
    pub(crate) fn load(
        store: &mut Store,
        request: &VerifyRequest,
        exports: &Exports,
    ) -> anyhow::Result<Self> {
        let (runs, rolled_back) = standing_runs(store)?;
        let run_at = runs.iter().enumerate().map(|(at, run)| (run.row.started_at.0, at)).collect();
        let ChosenMap { map, differs_from_files } = product_map(request, exports, &runs)?;
        let hashes = FileHashes::of(exports)?;
        let (products, memberships, merged, rejects) = store.over_whole_tables(|store| {
            store.answer((
                store.every_row::<Product>(),
                store.every_row::<Membership>(),
                merged_users(store),
                store.every_row(),
            ))
        })?;
        Ok(Self {
            membership_ids: memberships
                .iter()
                .filter_map(|row| Some((row.slug.clone()?, row.id.clone())))
                .collect(),
            says_what_is_paid: runs.iter().any(|run| run.options.get("conventions").is_some())
                || queries::kept_rows::has_any(store, SourceRecordKind::PaidCommission)?,
            has_membership_column: store.has_column(Transaction::TABLE, "membershipId"),
            rules: rules(request, runs.iter().rfind(|run| run.options.get("zone").is_some())),
            as_of: request.as_of,
            products: products.into_iter().filter_map(|row| Some((row.slug?, row.id))).collect(),
            memberships: memberships.into_iter().filter_map(|row| Some((row.id, row.slug?))).collect(),
            sellers: sellers(store)?,
            merged,
            rejects: Rejects::new(rejects, &runs, &hashes),
            without_log: ReadOnce::default(),
            hashes,
            people: ReadOnce::default(),
            marks: ReadOnce::default(),
            gone_memberships: ReadOnce::default(),
            products_by_title: map.as_ref().map(ProductsByTitle::of).unwrap_or_default(),
            map,
            map_differs_from_files: differs_from_files,
            show_pii: request.show_pii,
            run_at,
            runs,
            rolled_back,
        })
    }

    /// Which ids are users', and who somebody of the source is: read when it is asked for first, since a single person's
    /// story needs none of it.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn people(&self, store: &mut Store) -> anyhow::Result<&KnownPeople> {
        self.people.get(|| KnownPeople::all(store))
    }

    /// The orders without a webhook log, read when they are asked for first: the question goes through the two largest tables, and
    /// the other connection has something else to do meanwhile.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn orders_without_log(&self, store: &mut Store) -> anyhow::Result<&OrdersWithoutLog> {
        self.without_log.get(|| OrdersWithoutLog::all(store))
    }

    /// Which conversions imports have said to be paid out, read when it is asked for first.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn marks(&self, store: &mut Store) -> anyhow::Result<&PaymentMarks> {
        self.marks.get(|| PaymentMarks::all(store))
    }

    /// The ids of the memberships that imports have written and that are gone, in order, read when they are asked for first.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn gone_memberships(&self, store: &mut Store) -> anyhow::Result<&[String]> {
        let all = |store: &mut Store| store.answer(queries::kept_rows::deleted_memberships(store));
        self.gone_memberships.get(|| store.over_whole_tables(all)).map(Vec::as_slice)
    }

    /// Whether a run began at this time, which is then the `updatedAt` of all that it wrote.
    pub(crate) fn is_run_time(&self, time: Millis) -> bool {
        self.run_at.contains_key(&time.0)
    }

    /// Whether a run that began at one of these times has read the very file that is given under this
    /// name.
    pub(crate) fn was_read(&self, times: &[Millis], kind: SourceKind, file: &str) -> bool {
        let runs = times.iter().filter_map(|time| self.run_at.get(&time.0));
        runs.into_iter().any(|&at| self.hashes.same(&self.runs[at], kind, file))
    }

    /// The time by which the newest run judged what is over.
    pub(crate) fn now(&self) -> Millis {
        self.as_of.unwrap_or_else(|| self.runs.last().map_or(Millis(0), |run| run.as_of))
    }

    /// The conventions of the run that began at `written_at`, else those of the newest run; version 0.1 has recorded none.
    pub(crate) fn conventions(&self, written_at: Millis) -> AppConventions {
        let run = self.run_at.get(&written_at.0).map(|&at| &self.runs[at]);
        run.and_then(|run| run.conventions).or_else(|| self.newest_conventions()).unwrap_or_default()
    }

    /// The conventions of the newest run that has recorded any; none where version 0.1 has written everything.
    pub(crate) fn newest_conventions(&self) -> Option<AppConventions> {
        self.runs.iter().rev().find_map(|run| run.conventions)
    }

    /// The time by which the run that began at `written_at` judged what is over; `None` where there is no
    /// such run.
    pub(crate) fn as_of(&self, written_at: Millis) -> Option<Millis> {
        self.as_of.or_else(|| self.run_at.get(&written_at.0).map(|&at| self.runs[at].as_of))
    }
}

/// The users whom a person's decision has merged into others.
fn merged_users(store: &Store) -> DeferredQuery<'static, HashSet<String>> {
    store.rows_in("kind", &[SourceRecordKind::Pair.as_str()]).map(|kept: Vec<SourceRecord>| {
        let decisions =
            kept.iter().filter_map(|row| serde_json::from_str::<PairDecision>(&row.payload.0).ok());
        let merged = decisions.filter(|decision| decision.verdict == PairVerdict::Merged);
        merged.map(|decision| decision.other).collect()
    })
}

/// The rules that the request names, else those of the last run.
fn rules(request: &VerifyRequest, last: Option<&StandingRun>) -> CellRules {
    let option = |name: &str| last.and_then(|run| run.options.get(name)?.as_str().map(str::to_owned));
    let zone = request.source_tz.or_else(|| option("zone")?.parse::<SourceZone>().ok());
    let order = match option("date_order").as_deref() {
        Some("Mdy") => DateOrder::MonthFirst,
        _ => DateOrder::DayFirst,
    };
    let dates = DateRules {
        zone: zone.unwrap_or(SourceZone::JAKARTA),
        order: request.date_order.unwrap_or(order),
        epoch_1904: false,
    };
    CellRules { dates, money: MoneyStyle::Checklist }
}

/// The affiliate of each code: whom the mapping names or, where the app's people have changed it and no import has
/// moved what was settled, in whose wallet that stands.
fn sellers(store: &mut Store) -> anyhow::Result<CreditedAffiliates> {
    let (mappings, totals) =
        store.answer((store.every_row::<AffiliateMapping>(), queries::affiliates::totals_by_code(store)))?;
    let settled: HashSet<String> = totals.into_iter().filter(has_settled).map(|row| row.code).collect();
    let ids: Vec<String> = mappings.iter().map(|mapping| owner_id(&mapping.code)).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let owners: Vec<Identity> = store.select_in("id", &ids)?;
    let owners: HashMap<String, String> = owners.into_iter().map(|row| (row.id, row.user_id)).collect();
    let mut sellers = CreditedAffiliates::default();
    let mut user_of = HashMap::new();
    for mapping in mappings {
        let verified = mapping.status == MappingStatus::Verified.as_str();
        let mapped = mapping.eksporyuk_user_id.filter(|_| verified);
        let owner = owners.get(&owner_id(&mapping.code)).filter(|_| settled.contains(&mapping.code));
        if owner.is_some() && owner != mapped.as_ref() {
            sellers.not_moved.push(mapping.code.clone());
        }
        if let Some(user) = owner.cloned().or(mapped) {
            user_of.insert(mapping.code, user);
        }
    }
    let users: Vec<&str> = user_of.values().map(String::as_str).collect();
    let profiles: Vec<AffiliateProfile> = store.select_in("userId", &users)?;
    let profile_of: HashMap<String, String> = profiles.into_iter().map(|row| (row.user_id, row.id)).collect();
    let seller = |(code, user_id): (String, String)| {
        let profile_id = profile_of.get(&user_id)?.clone();
        Some((code, VerifiedAffiliate { profile_id, user_id }))
    };
    sellers.by_code = user_of.into_iter().filter_map(seller).collect();
    Ok(sellers)
}

fn owner_id(code: &str) -> String {
    id_for("SejoliIdentity", &format!("affiliate/{code}"), Millis(0))
}

fn has_settled(totals: &AffiliateTotals) -> bool {
    let sums = [totals.settled_earnings, totals.settled_payout, totals.settled_balance];
    totals.settled_conversions != 0 || sums.iter().any(|sum| *sum != Money::ZERO)
}
