//! The accounts of the affiliates: a person's profile and wallet, and the codes that are settled there.

use std::collections::BTreeMap;

use crate::pipeline::plan::affiliate_owners::{CodeOwner, CodeOwners};
use crate::pipeline::plan::affiliate_sums::{AffiliatePosition, has_settled};
use crate::store::schema::tables::{AffiliateProfile, AffiliateTotals, Identity, Wallet};

/// The rows of a person that the settlement reads and moves. One person may have several codes.
#[derive(Debug)]
pub(crate) struct AffiliateAccount {
    pub(super) profile: AffiliateProfile,
    pub(super) wallet: Wallet,
    /// In their order.
    pub(crate) codes: Vec<AccountCode>,
}

/// A code that is settled in a wallet, or was until now.
#[derive(Debug)]
pub(crate) struct AccountCode {
    /// Sejoli's code.
    pub(crate) code: String,
    pub(super) totals: AffiliateTotals,
    pub(super) identity: Option<Identity>,
    /// Whether the code's orders credit this person.
    pub(crate) is_credited: bool,
    /// Whether nobody is credited, so that nothing stays settled.
    pub(super) is_abandoned: bool,
    /// Whether what its totals say stands in this wallet.
    pub(super) is_settled_here: bool,
}

impl AffiliateAccount {
    /// What stands in the wallet from imports.
    pub(super) fn settled(&self) -> AffiliatePosition {
        let here = self.codes.iter().filter(|code| code.is_settled_here);
        here.map(|code| AffiliatePosition::settled(&code.totals)).sum()
    }

    /// Whether something is moved out of this wallet, or out of another one into this.
    pub(crate) fn has_moving_code(&self) -> bool {
        self.codes.iter().any(|code| code.is_settled_here != code.is_credited && has_settled(&code.totals))
    }

    /// The codes whose orders credit this person.
    pub(super) fn credited(&self) -> impl Iterator<Item = &AccountCode> {
        self.codes.iter().filter(|code| code.is_credited)
    }

    /// The codes, as a person reads them.
    pub(super) fn names(&self) -> String {
        let names: Vec<&str> = self.codes.iter().map(|code| code.code.as_str()).collect();
        names.join(", ")
    }
}

impl AccountCode {
    fn of(owner: &CodeOwner, totals: &AffiliateTotals, user: &str) -> Self {
        Self {
            code: owner.code.clone(),
            totals: totals.clone(),
            identity: owner.identity.clone(),
            is_credited: owner.credited.as_deref() == Some(user),
            is_abandoned: owner.credited.is_none(),
            is_settled_here: owner.settled_with.as_deref() == Some(user),
        }
    }

    /// Whether its totals say this position, in the wallet of this user.
    pub(super) fn is_settled_as(&self, position: &AffiliatePosition, user: &str) -> bool {
        let owner = self.identity.as_ref().map(|identity| identity.user_id.as_str());
        AffiliatePosition::settled(&self.totals) == *position && owner == Some(user)
    }
}

/// The accounts of all persons who are credited for a code or have been settled one. A code of which no import has read
/// the affiliate has none.
pub(crate) fn accounts(owners: CodeOwners) -> Vec<AffiliateAccount> {
    let CodeOwners { owners, mut profiles, mut wallets, .. } = owners;
    let mut codes: BTreeMap<&str, Vec<AccountCode>> = BTreeMap::new();
    for owner in &owners {
        let Some(totals) = &owner.totals else { continue };
        let (credited, settled) = (owner.credited.as_deref(), owner.settled_with.as_deref());
        for user in credited.into_iter().chain(settled.filter(|user| Some(*user) != credited)) {
            codes.entry(user).or_default().push(AccountCode::of(owner, totals, user));
        }
    }
    let account = |(user, codes): (&str, Vec<AccountCode>)| {
        Some(AffiliateAccount { profile: profiles.remove(user)?, wallet: wallets.remove(user)?, codes })
    };
    let mut accounts: Vec<AffiliateAccount> = codes.into_iter().filter_map(account).collect();
    accounts.sort_by(|a, b| a.codes[0].code.cmp(&b.codes[0].code));
    accounts
}
