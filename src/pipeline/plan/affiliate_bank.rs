//! An affiliate's bank details, in the profile's columns where these are empty. What stands there is the app's: only what
//! an import has written follows the source.

use std::collections::HashSet;

use crate::domain::affiliate::Affiliate;
use crate::domain::bank_account::BankAccount;
use crate::domain::date::Millis;
use crate::domain::finding::{Code, Finding};
use crate::store::codec::fingerprint::fingerprint;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Field as _, LaterColumn};
use crate::store::history::journal::Change;
use crate::store::schema::tables::AffiliateProfile;
use crate::store::session::store::Store;

/// Where this app keeps bank details.
#[derive(Clone, Debug)]
pub(crate) struct BankColumns {
    /// Whether profiles have columns for them.
    pub(crate) are_there: bool,
    /// The users whose details this run has looked at.
    pub(crate) seen: HashSet<String>,
}

impl BankColumns {
    /// The columns that the app's database has.
    pub(crate) fn of(store: &Store) -> Self {
        Self {
            are_there: store.has_column(AffiliateProfile::TABLE, "bankAccountNumber"),
            seen: HashSet::new(),
        }
    }

    /// What the row offers.
    fn offered<'a>(&self, affiliate: &'a Affiliate) -> Option<&'a BankAccount> {
        affiliate.bank.account().filter(|_| self.are_there)
    }

    /// The fingerprint of what the row offers; none where it offers nothing that can be read.
    pub(super) fn offer(&self, affiliate: &Affiliate) -> Option<u64> {
        self.offered(affiliate).map(fingerprint_of)
    }

    /// A new profile with the details.
    pub(super) fn filled(&mut self, profile: AffiliateProfile, affiliate: &Affiliate) -> AffiliateProfile {
        self.seen.insert(profile.user_id.clone());
        match self.offered(affiliate) {
            Some(account) => with_account(profile, account),
            None => profile,
        }
    }

    /// The change of a profile that stands, where the row offers something else than `before`, the last time.
    pub(super) fn change(
        &mut self,
        profile: &AffiliateProfile,
        affiliate: &Affiliate,
        before: Option<u64>,
        written_at: Millis,
        findings: &mut Vec<Finding>,
    ) -> Option<Change> {
        let account = self.offered(affiliate)?;
        if before == Some(fingerprint_of(account)) || !self.seen.insert(profile.user_id.clone()) {
            return None;
        }
        let wanted = with_account(profile.clone(), account);
        if wanted == *profile {
            return None;
        }
        let standing = standing(profile);
        let is_open = match before {
            None => standing.iter().all(|cell| cell.is_none()),
            // What an import has written and nobody has changed.
            Some(before) => fingerprint_of_columns(standing) == before,
        };
        if !is_open {
            findings.push(Finding::at(Code::BankOfApp, "bank_info", ""));
            return None;
        }
        let wanted = AffiliateProfile { updated_at: written_at, ..wanted };
        Change::diff(&profile.id, profile.clone(), wanted, &["id"])
    }
}

fn with_account(profile: AffiliateProfile, account: &BankAccount) -> AffiliateProfile {
    AffiliateProfile {
        bank_name: LaterColumn(Some(account.bank.clone())),
        bank_account_name: LaterColumn(account.holder.clone()),
        bank_account_number: LaterColumn(Some(account.number.clone())),
        ..profile
    }
}

/// A profile without bank details.
pub(super) fn without_account(profile: AffiliateProfile) -> AffiliateProfile {
    AffiliateProfile {
        bank_name: LaterColumn(None),
        bank_account_name: LaterColumn(None),
        bank_account_number: LaterColumn(None),
        ..profile
    }
}

/// The fingerprint of the details that stand in a profile, to be held against that of an offer.
pub(super) fn standing_fingerprint(profile: &AffiliateProfile) -> u64 {
    fingerprint_of_columns(standing(profile))
}

fn standing(profile: &AffiliateProfile) -> [&Option<String>; 3] {
    [&profile.bank_name.0, &profile.bank_account_name.0, &profile.bank_account_number.0]
}

fn fingerprint_of(account: &BankAccount) -> u64 {
    fingerprint_of_columns([&Some(account.bank.clone()), &account.holder, &Some(account.number.clone())])
}

fn fingerprint_of_columns(columns: [&Option<String>; 3]) -> u64 {
    fingerprint(&columns.map(|cell| cell.clone().into_value()))
}
