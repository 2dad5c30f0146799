//! Gathers a person's story.

use std::collections::{BTreeSet, HashMap};

use crate::domain::date::Millis;
use crate::domain::source_kind::SourceKind;
use crate::language::tr;
use crate::store::queries::app_screens_orders;
use crate::store::queries::app_screens_person::{self, AppOrder};
use crate::store::schema::tables::{Role, SourceRecord, User, WebhookLog};
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::store::Store;
use crate::verify::app::access;
use crate::verify::app::affiliate_pages;
use crate::verify::app::affiliates::{self, AppAffiliate};
use crate::verify::app::facts::AppFacts;
use crate::verify::app::list::differences_of;
use crate::verify::app::log_in;
use crate::verify::app::membership_pages::MembershipPage;
use crate::verify::app::money_pages;
use crate::verify::app::orders::{self, AppSale};
use crate::verify::app::people::{self, AppPerson};
use crate::verify::app::person::source_rows;
use crate::verify::app::person::story::{
    AccountStory, AffiliateStory, LogIn, MembershipScreen, MembershipStory, OrderStory, PersonStory,
    RejectStory, RunStory, StoryDifference,
};
use crate::verify::context::VerifyContext;
use crate::verify::held_memberships::HeldMembership;
use crate::verify::roles;
use crate::verify::stored_orders::{CHUNK, StoredOrders};

/// Tells a person's story.
///
/// # Errors
/// Those of the database; a user who is gone meanwhile.
pub(crate) fn tell(
    store: &mut Store,
    context: &VerifyContext,
    asked: &str,
    user: User,
) -> anyhow::Result<PersonStory> {
    let facts = AppFacts::load(store, context)?;
    let user_id = user.id.clone();
    let stored = orders_of(store, &user_id, &asked.trim().to_lowercase())?;
    let sales = sales_of(store, &facts, &stored)?;
    let seller = affiliates::sellers(&facts).into_iter().find(|(user, ..)| *user == user_id);
    let affiliate = seller.map(|seller| affiliates::read_one(store, seller)).transpose()?.flatten();
    let (mut people, ()) =
        people::with_rows(store, (context, Some(&facts)), vec![user], DeferredQuery::known(()))?;
    let Some(person) = people.pop() else {
        anyhow::bail!(tr!("the user is gone"));
    };
    let kept = KeptSource::load(store, &person, &sales)?;
    let names: HashMap<String, String> = app_screens_person::plans_and_products(store)?.into_iter().collect();
    let named = |id: &str| names.get(id).cloned().unwrap_or_else(|| id.to_owned());
    let asked_for = asked_for(store, &facts, &person)?;
    let own = app_screens_person::orders_of_app(store, &user_id)?;
    let found = differences_of(&facts, &person, affiliate.as_ref(), &sales);
    Ok(PersonStory {
        asked: asked.trim().to_owned(),
        app: facts.generation.as_str(),
        account: account(&person.user),
        log_in: LogIn {
            has_password: person.user.password.is_some(),
            reset_page: log_in::reset_page(&facts),
            reset_finds_address: log_in::is_found_by_reset(&person.user.email),
            refused: refused(&person.user),
            asked_to_verify: !person.user.email_verified,
            asked_for,
            sent_to_upgrade: person.user.role == Role::MemberFree,
        },
        pages: pages(&facts, &person, named),
        memberships: person.memberships.iter().map(|held| membership(held, named)).collect(),
        groups: person
            .groups
            .iter()
            .filter_map(|id| facts.openings.open_groups.get(id).cloned())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        courses: access::opening_courses(&facts, &person)
            .into_iter()
            .filter_map(|id| facts.openings.open_courses.get(id).cloned())
            .collect(),
        products: person.products.iter().map(|id| named(id)).collect(),
        orders: sales.iter().map(order).chain(own.into_iter().map(order_of_app)).collect(),
        affiliate: affiliate.as_ref().map(|affiliate| told(&facts, affiliate)),
        source_rows: kept
            .logs
            .iter()
            .map(|log| source_rows::of_order(log, context.show_pii))
            .chain(kept.records.iter().filter_map(source_rows::of_record))
            .collect(),
        differences: found.into_iter().map(|(check, what)| StoryDifference { check, what }).collect(),
        rejects: rejects(store, &kept)?,
        runs: runs(store, &person, &kept)?,
    })
}

/// What is stored of the orders that are this user's, or that name this address, some at a time.
fn orders_of(store: &mut Store, user_id: &str, address: &str) -> anyhow::Result<Vec<StoredOrders>> {
    let numbers = app_screens_orders::numbers_of(store, user_id, address)?;
    numbers.chunks(CHUNK).map(|numbers| StoredOrders::load(store, numbers)).collect()
}

/// These orders as the pages see them.
fn sales_of<'a>(
    store: &mut Store,
    facts: &'a AppFacts<'_>,
    stored: &'a [StoredOrders],
) -> anyhow::Result<Vec<AppSale<'a>>> {
    if stored.is_empty() {
        return Ok(Vec::new());
    }
    let without_log = facts.context.orders_without_log(store)?;
    let mut sales = Vec::new();
    for stored in stored {
        let people = orders::people_of(store, stored)?;
        sales.extend(orders::sales(facts, (&people, without_log), stored, |_| true));
    }
    Ok(sales)
}

/// What is kept of the source.
struct KeptSource {
    logs: Vec<WebhookLog>,
    records: Vec<SourceRecord>,
    codes: Vec<String>,
    /// The runs that have decided who the person is.
    deciding_runs: Vec<String>,
}

impl KeptSource {
    fn load(store: &mut Store, person: &AppPerson, sales: &[AppSale<'_>]) -> anyhow::Result<Self> {
        let orders: Vec<&str> = sales.iter().map(|sale| sale.order.order_id).collect();
        let held: Vec<&str> = person.memberships.iter().map(|held| held.row.id.as_str()).collect();
        let user = person.user.id.as_str();
        let mappings = app_screens_person::mappings_to(store, user)?;
        let codes: Vec<String> = mappings.into_iter().map(|mapping| mapping.code).collect();
        let of_codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        let mut records = app_screens_person::membership_sources(store, &held)?;
        records.extend(app_screens_person::affiliate_sources(store, &of_codes)?);
        records.extend(app_screens_person::commission_sources(store, &of_codes)?);
        records.sort_by(|a, b| (a.kind, &a.source_key).cmp(&(b.kind, &b.source_key)));
        let mut logs = app_screens_person::logs(store, &orders)?;
        logs.sort_by(|a, b| a.order_id.cmp(&b.order_id));
        let decisions = app_screens_person::decisions_on(store, user)?;
        let deciding_runs = decisions.into_iter().map(|decision| decision.run_id).collect();
        Ok(Self { logs, records, codes, deciding_runs })
    }

    fn keys(&self, kind: SourceKind) -> Vec<&str> {
        use crate::store::schema::words::SourceRecordKind;
        match kind {
            SourceKind::Orders => self.logs.iter().map(|log| log.order_id.as_str()).collect(),
            SourceKind::Affiliates => self.codes.iter().map(String::as_str).collect(),
            SourceKind::Memberships => {
                let of_members = self.records.iter().filter(|row| row.kind == SourceRecordKind::Membership);
                of_members.map(|row| row.source_key.as_str()).collect()
            }
            SourceKind::Commissions => {
                let kept = self.records.iter().filter(|row| row.kind == SourceRecordKind::Commission);
                kept.map(|row| row.source_key.as_str()).collect()
            }
            SourceKind::Products => Vec::new(),
        }
    }
}

fn account(user: &User) -> AccountStory {
    AccountStory {
        id: user.id.clone(),
        email: user.email.clone(),
        name: user.name.clone(),
        role: user.role.as_str(),
        phone: user.phone.clone(),
        whatsapp: user.whatsapp.clone(),
        imported: roles::is_of_import(user),
        created_at: user.created_at.spoken(),
    }
}

fn refused(user: &User) -> Option<&'static str> {
    match (user.is_active, user.is_suspended) {
        (false, _) => Some(tr!("isActive is false")),
        (_, true) => Some(tr!("isSuspended is true")),
        (true, false) => None,
    }
}

/// What the form before courses and groups asks for: what is not known. The app of December 2025 wants a photo and both
/// numbers, too.
fn asked_for(
    store: &mut Store,
    facts: &AppFacts<'_>,
    person: &AppPerson,
) -> anyhow::Result<Vec<&'static str>> {
    let user = &person.user;
    let is_empty = |text: &Option<String>| text.as_ref().is_none_or(|text| text.trim().is_empty());
    let mut asked = Vec::new();
    if user.name.trim().is_empty() {
        asked.push("name");
    }
    match facts.is_newer() {
        true if is_empty(&user.phone) && is_empty(&user.whatsapp) => asked.push(tr!("phone or whatsapp")),
        true => {}
        false => {
            asked.extend(is_empty(&user.phone).then_some("phone"));
            asked.extend(is_empty(&user.whatsapp).then_some("whatsapp"));
        }
    }
    let more: &[&'static str] =
        if facts.is_newer() { &["province", "city"] } else { &["province", "city", "avatar"] };
    asked.extend(app_screens_person::empty_columns(store, &user.id, more)?);
    Ok(asked)
}

fn pages(facts: &AppFacts<'_>, person: &AppPerson, named: impl Fn(&str) -> String) -> Vec<MembershipScreen> {
    let said = |held: &HeldMembership, end: Millis| {
        tr!("{} until {end} ({})", named(&held.row.membership_id), held.row.status)
    };
    let chosen = person.chosen();
    let page = |(page, which): (&'static str, MembershipPage)| MembershipScreen {
        page,
        shows: which
            .shown(facts, person, chosen.map(|held| held.row.id.as_str()))
            .map(|held| said(held, held.row.end_date)),
        source: chosen.map(|held| format!("{} until {}", named(&held.row.membership_id), held.end())),
    };
    let all = [
        ("my membership", MembershipPage::Mine),
        ("membership status", MembershipPage::Status),
        ("list of memberships", MembershipPage::List),
        ("courses of a membership", MembershipPage::Courses),
    ];
    all.into_iter().map(page).collect()
}

fn membership(held: &HeldMembership, named: impl Fn(&str) -> String) -> MembershipStory {
    MembershipStory {
        id: held.row.id.clone(),
        plan: named(&held.row.membership_id),
        start: held.row.start_date.spoken(),
        end: held.row.end_date.spoken(),
        status: held.row.status.clone(),
        source_end: held.source.as_ref().map(|source| source.end.spoken()),
    }
}

fn order(sale: &AppSale<'_>) -> OrderStory {
    let (order, row) = (&sale.order, sale.order.transaction);
    OrderStory {
        order: Some(order.order_id.to_owned()),
        invoice: row.and_then(|row| row.invoice_number.clone()),
        item: order.source_title.to_owned(),
        placed: row.map(|row| row.created_at.spoken()),
        amount: row.map_or(order.source_amount, |row| row.amount).to_string(),
        status: row.map(|row| row.status.as_str().to_owned()),
        source_status: Some(order.source_status.to_owned()),
        affiliate: order.source_code.map(str::to_owned),
        commission: order.source_commission.map(|commission| commission.to_string()),
        transaction: row.map(|row| row.id.clone()),
    }
}

fn order_of_app(order: AppOrder) -> OrderStory {
    OrderStory {
        order: None,
        invoice: order.invoice,
        item: tr!("an order of the app's own").to_owned(),
        placed: Some(order.created_at.spoken()),
        amount: order.amount.to_string(),
        status: Some(order.status),
        source_status: None,
        affiliate: None,
        commission: None,
        transaction: None,
    }
}

fn told(facts: &AppFacts<'_>, affiliate: &AppAffiliate) -> AffiliateStory {
    let all = affiliate.all();
    AffiliateStory {
        codes: affiliate.codes.clone(),
        profile: affiliate.profile.id.clone(),
        let_in: affiliate_pages::is_let_in(facts, affiliate),
        onboarded: affiliate_pages::is_onboarded(facts, affiliate),
        link: affiliate_pages::advertised(affiliate).to_owned(),
        link_sells: affiliate_pages::sells_for(affiliate) == Some(affiliate.user.id.as_str()),
        sales: all.number,
        source_earned: affiliate.source.earned.to_string(),
        source_paid: affiliate.source.paid.to_string(),
        owed: affiliate.source.owed().to_string(),
        earned: all.all.to_string(),
        paid_out: all.paid_out.to_string(),
        asked_for: affiliate.open_payouts.to_string(),
        can_request: money_pages::requestable(affiliate).to_string(),
        balance: affiliate.wallet.as_ref().map_or("none".to_owned(), |wallet| wallet.balance.to_string()),
    }
}

fn rejects(store: &mut Store, kept: &KeptSource) -> anyhow::Result<Vec<RejectStory>> {
    let mut found = Vec::new();
    for kind in SourceKind::IMPORTED {
        for reject in app_screens_person::rejects_of(store, kind.name(), &kept.keys(kind))? {
            found.push(RejectStory {
                run: reject.run_id,
                kind: reject.kind,
                key: reject.source_key.unwrap_or_default(),
                code: reject.code,
                disposition: reject.disposition.as_str(),
                reason: reject.reason,
            });
        }
    }
    found.sort_by(|a, b| (&a.run, &a.kind, &a.key).cmp(&(&b.run, &b.kind, &b.key)));
    Ok(found)
}

fn runs(store: &mut Store, person: &AppPerson, kept: &KeptSource) -> anyhow::Result<Vec<RunStory>> {
    let mut times = vec![person.user.updated_at];
    times.extend(kept.logs.iter().flat_map(|log| [log.created_at, log.updated_at]));
    times.extend(kept.records.iter().flat_map(|row| [row.created_at, row.updated_at]));
    let ids: Vec<&str> = kept.deciding_runs.iter().map(String::as_str).collect();
    let runs = app_screens_person::runs_of(store, &times, &ids)?;
    let told = |run: crate::store::schema::tables::ImportRun| RunStory {
        run: run.id,
        command: run.command,
        state: run.state.as_str(),
        began: run.started_at.spoken(),
    };
    Ok(runs.into_iter().map(told).collect())
}
