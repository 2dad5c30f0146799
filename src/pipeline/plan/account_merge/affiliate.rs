//! What a merged account is as an affiliate. Its codes become the other's by the rules of a mapping that a person decides,
//! and its links go with them. What the app itself has credited to it, only the app could move: then the merge is refused.

use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::language::tr;
use crate::pipeline::plan::account_merge::accounts::Accounts;
use crate::pipeline::plan::affiliate_owners::owner_id;
use crate::pipeline::plan::order_rows::is_own_conversion;
use crate::store::history::journal::Change;
use crate::store::queries;
use crate::store::schema::tables::{
    AffiliateConversion, AffiliateLink, AffiliateMapping, AffiliateProfile, AffiliateTotals, Identity,
    Payout, Transaction, Wallet,
};
use crate::store::schema::words::MappingStatus;
use crate::store::session::store::Store;

/// What the closed account has as an affiliate.
#[derive(Debug)]
pub(crate) struct AffiliateSide {
    /// The codes that credit it, in order.
    pub(crate) codes: Vec<String>,
    /// Why not all of it can move.
    pub(crate) obstacles: Vec<String>,
}

impl AffiliateSide {
    /// Reads it.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn look_up(store: &mut Store, accounts: &Accounts) -> anyhow::Result<Self> {
        let user_id = accounts.other.id.as_str();
        let mappings: Vec<AffiliateMapping> = store.select_in("eksporyukUserId", &[user_id])?;
        let verified = |mapping: &AffiliateMapping| {
            MappingStatus::from_word(&mapping.status) == Some(MappingStatus::Verified)
        };
        let mut codes: Vec<String> =
            mappings.into_iter().filter(verified).map(|mapping| mapping.code).collect();
        codes.sort_unstable();
        let profiles: Vec<AffiliateProfile> = store.select_in("userId", &[user_id])?;
        let mut obstacles = of_wallet(store, user_id)?;
        let credited = profiles.iter().map(|profile| profile.id.as_str());
        let credited: Vec<&str> = credited.chain([user_id]).collect();
        obstacles.extend(of_sales(store, &credited)?);
        Ok(Self { codes, obstacles })
    }
}

/// What the app has moved in the wallet of a user itself: the sums do not come to what imports have settled.
fn of_wallet(store: &mut Store, user_id: &str) -> anyhow::Result<Vec<String>> {
    let Some(wallet) = store.select_in::<Wallet>("userId", &[user_id])?.pop() else { return Ok(Vec::new()) };
    let settled = settled_with(store, user_id)?;
    let of_app = |stands: Money, settled: fn(&AffiliateTotals) -> Money, all: &[AffiliateTotals]| {
        stands - all.iter().map(settled).sum::<Money>()
    };
    let sums = [
        of_app(wallet.balance, |totals| totals.settled_balance, &settled),
        of_app(wallet.total_earnings, |totals| totals.settled_earnings, &settled),
        of_app(wallet.total_payout, |totals| totals.settled_payout, &settled),
        wallet.balance_pending,
    ];
    let mut obstacles = Vec::new();
    if sums.iter().any(|sum| *sum != Money::ZERO) {
        obstacles.push(tr!(
            "its wallet has sums of the app's own (balance {} beyond what imports have settled)",
            sums[0]
        ));
    } else if queries::wallets::has_entries_of_app(store, &wallet.id)? {
        obstacles.push(tr!("its wallet has ledger entries of the app's own").to_owned());
    }
    if !store.select_in::<Payout>("walletId", &[&wallet.id])?.is_empty() {
        obstacles.push(tr!("it has asked for payouts in the app").to_owned());
    }
    Ok(obstacles)
}

/// The totals of the codes that are settled in a user's wallet.
fn settled_with(store: &mut Store, user_id: &str) -> anyhow::Result<Vec<AffiliateTotals>> {
    let owned: Vec<Identity> = store.select_in("userId", &[user_id])?;
    let totals: Vec<AffiliateTotals> = store.all_rows()?;
    let is_owned = |totals: &AffiliateTotals| {
        let id = owner_id(&totals.code);
        owned.iter().any(|identity| identity.id == id)
    };
    Ok(totals.into_iter().filter(is_owned).collect())
}

/// Sales that the app itself has credited to a user or a profile.
fn of_sales(store: &mut Store, credited: &[&str]) -> anyhow::Result<Vec<String>> {
    let conversions: Vec<AffiliateConversion> = store.select_in("affiliateId", credited)?;
    let ids: Vec<&str> = conversions.iter().map(|conversion| conversion.transaction_id.as_str()).collect();
    let sold: Vec<Transaction> = store.select_in("id", &ids)?;
    let number = |conversion: &AffiliateConversion| {
        let order = sold.iter().find(|order| order.id == conversion.transaction_id)?;
        order.external_id.as_deref()?.strip_prefix("sejoli-")
    };
    let is_own = |conversion: &AffiliateConversion| {
        number(conversion).is_some_and(|number| is_own_conversion(conversion, number))
    };
    let of_app = conversions.iter().filter(|conversion| !is_own(conversion)).count();
    let mut obstacles = Vec::new();
    if of_app > 0 {
        obstacles.push(tr!("the app itself has credited {of_app} commissions to it"));
    }
    let orders: Vec<Transaction> = store.select_in("affiliateId", credited)?;
    let is_of_app = |order: &&Transaction| order.payment_provider.as_deref() != Some("SEJOLI");
    let of_app = orders.iter().filter(is_of_app).count();
    if of_app > 0 {
        obstacles.push(tr!("{of_app} orders of the app's own name it as their affiliate"));
    }
    Ok(obstacles)
}

/// Plans that the links by which its sales are recognised lead to the kept account.
///
/// # Errors
/// The database's errors.
pub(crate) fn moved_links(
    store: &mut Store,
    accounts: &Accounts,
    written_at: Millis,
) -> anyhow::Result<Vec<Change>> {
    let [kept, other] = accounts.ids();
    let Some(profile) = store.select_in::<AffiliateProfile>("userId", &[kept])?.pop() else {
        return Ok(Vec::new());
    };
    let links: Vec<AffiliateLink> = store.select_in("userId", &[other])?;
    let moved = |link: AffiliateLink| {
        let moved = AffiliateLink {
            user_id: Some(kept.to_owned()),
            affiliate_id: Some(profile.id.clone()),
            updated_at: written_at,
            ..link.clone()
        };
        Change::diff(&link.id.clone(), link, moved, &["id"])
    };
    Ok(links.into_iter().filter_map(moved).collect())
}
