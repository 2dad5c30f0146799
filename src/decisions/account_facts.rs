//! One account in full, for whoever has to decide whether two accounts are one person: what it has, and so what a merge
//! would move.

use serde::Serialize;

use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::store::schema::tables::{
    AffiliateConversion, AffiliateLink, AffiliateMapping, AffiliateProfile, CourseEnrollment, GroupMember,
    Identity, Membership, Transaction, TransactionStatus, User, UserMembership, UserProduct, Wallet,
};
use crate::store::session::store::Store;

/// A membership of an account.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AccountMembership {
    /// The plan's name.
    pub(crate) plan: String,
    /// The app's word.
    pub(crate) status: String,
    /// Its end.
    pub(crate) end: Millis,
}

/// One account in full.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AccountFacts {
    /// The user's id.
    pub(crate) user_id: String,
    /// The name.
    pub(crate) name: String,
    /// The address.
    pub(crate) email: String,
    /// The phone number.
    pub(crate) phone: Option<String>,
    /// The WhatsApp number.
    pub(crate) whatsapp: Option<String>,
    /// What the user may do.
    pub(crate) role: &'static str,
    /// Whether the app lets the user in.
    pub(crate) is_open: bool,
    /// Whether the user has a password.
    pub(crate) has_password: bool,
    /// Since when the app has the account.
    pub(crate) created_at: Millis,
    /// All orders, imported and the app's own.
    pub(crate) orders: usize,
    /// Those that are paid.
    pub(crate) paid_orders: usize,
    /// What was paid for these.
    pub(crate) paid: Money,
    /// The memberships, the latest end first.
    pub(crate) memberships: Vec<AccountMembership>,
    /// Number of groups.
    pub(crate) groups: usize,
    /// Number of courses.
    pub(crate) courses: usize,
    /// Number of products.
    pub(crate) products: usize,
    /// The affiliate's codes, with the mapping's status.
    pub(crate) codes: Vec<String>,
    /// Number of links.
    pub(crate) links: usize,
    /// Number of conversions.
    pub(crate) conversions: usize,
    /// What the wallet holds.
    pub(crate) balance: Money,
    /// What the account has earned.
    pub(crate) earned: Money,
    /// What was paid out to it.
    pub(crate) paid_out: Money,
    /// Addresses, numbers and codes of the source that are this user.
    pub(crate) identities: usize,
}

impl AccountFacts {
    /// Reads an account.
    ///
    /// # Errors
    /// The database's errors.
    pub(crate) fn load(store: &mut Store, user_id: &str) -> anyhow::Result<Option<Self>> {
        let Some(user) = store.select_in::<User>("id", &[user_id])?.pop() else { return Ok(None) };
        let key = [user_id];
        let orders: Vec<Transaction> = store.select_in("userId", &key)?;
        let paid = || orders.iter().filter(|order| order.status == TransactionStatus::Success);
        let profile = store.select_in::<AffiliateProfile>("userId", &key)?.pop();
        let conversions = match &profile {
            Some(profile) => store.select_in::<AffiliateConversion>("affiliateId", &[&profile.id])?.len(),
            None => 0,
        };
        let wallet = store.select_in::<Wallet>("userId", &key)?.pop();
        let sum = |sum: fn(&Wallet) -> Money| wallet.as_ref().map_or(Money::ZERO, sum);
        Ok(Some(Self {
            orders: orders.len(),
            paid_orders: paid().count(),
            paid: paid().map(|order| order.amount).sum(),
            memberships: memberships(store, user_id)?,
            groups: store.select_in::<GroupMember>("userId", &key)?.len(),
            courses: store.select_in::<CourseEnrollment>("userId", &key)?.len(),
            products: store.select_in::<UserProduct>("userId", &key)?.len(),
            codes: codes(store, user_id)?,
            links: store.select_in::<AffiliateLink>("userId", &key)?.len(),
            conversions,
            balance: sum(|wallet| wallet.balance),
            earned: sum(|wallet| wallet.total_earnings),
            paid_out: sum(|wallet| wallet.total_payout),
            identities: store.select_in::<Identity>("userId", &key)?.len(),
            role: user.role.as_str(),
            is_open: user.is_active && !user.is_suspended,
            has_password: user.password.is_some(),
            created_at: user.created_at,
            user_id: user.id,
            name: user.name,
            email: user.email,
            phone: user.phone,
            whatsapp: user.whatsapp,
        }))
    }
}

fn memberships(store: &mut Store, user_id: &str) -> anyhow::Result<Vec<AccountMembership>> {
    let mut rows: Vec<UserMembership> = store.select_in("userId", &[user_id])?;
    rows.sort_by_key(|row| std::cmp::Reverse((row.end_date, row.id.clone())));
    let ids: Vec<&str> = rows.iter().map(|row| row.membership_id.as_str()).collect();
    let plans: Vec<Membership> = store.select_in("id", &ids)?;
    let name = |id: &str| {
        plans.iter().find(|plan| plan.id == id).map_or_else(|| id.to_owned(), |plan| plan.name.clone())
    };
    let held = |row: &UserMembership| AccountMembership {
        plan: name(&row.membership_id),
        status: row.status.clone(),
        end: row.end_date,
    };
    Ok(rows.iter().map(held).collect())
}

fn codes(store: &mut Store, user_id: &str) -> anyhow::Result<Vec<String>> {
    let mut mappings: Vec<AffiliateMapping> = store.select_in("eksporyukUserId", &[user_id])?;
    mappings.sort_by(|a, b| a.code.cmp(&b.code));
    Ok(mappings.into_iter().map(|mapping| format!("{} ({})", mapping.code, mapping.status)).collect())
}
