//! Which users of the app an affiliate may be, and why: pure functions over what is known of both.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use crate::domain::contact::{Email, Phone, parse_phones};
use crate::language::tr;
use crate::store::queries::decisions::BuyerDetails;
use crate::store::queries::people::UserContact;

/// Candidates that are listed for one affiliate.
const MOST: usize = 9;

/// Names that are no more alike than this (Jaro-Winkler) say nothing.
const LEAST_LIKENESS: f64 = 0.88;

/// Why a user may be the affiliate, the strongest reason first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case", tag = "reason", content = "percent")]
pub(crate) enum CandidateReason {
    /// The user has the affiliate's e-mail address.
    SameEmail,
    /// The user has the affiliate's number as phone or WhatsApp number.
    SamePhone,
    /// The user has bought with the affiliate's e-mail address.
    BoughtWithEmail,
    /// The user has bought with the affiliate's number.
    BoughtWithPhone,
    /// The import has named the user when it could not choose.
    NamedByImport,
    /// The names are the same.
    SameName,
    /// The names are this much alike, in percent.
    SimilarName(u8),
}

impl CandidateReason {
    /// How much it counts. Any way to reach somebody counts more than a name.
    fn weight(self) -> u32 {
        match self {
            CandidateReason::SameEmail => 1_000,
            CandidateReason::SamePhone => 700,
            CandidateReason::BoughtWithEmail => 500,
            CandidateReason::BoughtWithPhone => 400,
            CandidateReason::NamedByImport => 300,
            CandidateReason::SameName => 120,
            CandidateReason::SimilarName(percent) => u32::from(percent),
        }
    }

    /// In a few words.
    pub(crate) fn words(self) -> String {
        match self {
            CandidateReason::SameEmail => tr!("same e-mail").to_owned(),
            CandidateReason::SamePhone => tr!("same phone").to_owned(),
            CandidateReason::BoughtWithEmail => tr!("bought with this e-mail").to_owned(),
            CandidateReason::BoughtWithPhone => tr!("bought with this phone").to_owned(),
            CandidateReason::NamedByImport => tr!("named by the import").to_owned(),
            CandidateReason::SameName => tr!("same name").to_owned(),
            CandidateReason::SimilarName(percent) => tr!("name {percent} % alike"),
        }
    }
}

/// What is known of an affiliate, as far as it may name a user.
#[derive(Clone, Debug, Default)]
pub(crate) struct AffiliateTraits<'a> {
    /// The name.
    pub(crate) name: &'a str,
    /// The addresses that the affiliates' file and the orders name.
    pub(crate) emails: BTreeSet<String>,
    /// The numbers that they name.
    pub(crate) phones: BTreeSet<String>,
    /// Ids of users whom the import has named.
    pub(crate) named: &'a str,
}

impl AffiliateTraits<'_> {
    /// Adds an address and a number, as they are stored.
    pub(crate) fn add(&mut self, email: Option<&str>, phone: Option<&str>) {
        self.emails.extend(email.and_then(address));
        self.phones.extend(phone.and_then(number));
    }
}

/// A user who may be the affiliate.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Candidate {
    /// The user's id.
    pub(crate) user_id: String,
    /// The name.
    pub(crate) name: String,
    /// The address.
    pub(crate) email: String,
    /// The phone number.
    pub(crate) phone: Option<String>,
    /// How many imported orders the user has.
    pub(crate) orders: i64,
    /// Why, the strongest reason first.
    pub(crate) reasons: Vec<CandidateReason>,
}

/// The users of the app with all by which they can be recognised.
#[derive(Debug, Default)]
pub(crate) struct UserIndex {
    users: Vec<IndexedUser>,
}

#[derive(Debug)]
struct IndexedUser {
    contact: UserContact,
    plain_name: String,
    email: Option<String>,
    phones: BTreeSet<String>,
    bought_with_emails: BTreeSet<String>,
    bought_with_phones: BTreeSet<String>,
    orders: i64,
}

impl UserIndex {
    /// An index of users and of what they have entered as buyers.
    pub(crate) fn new(users: impl Iterator<Item = UserContact>, bought: Vec<BuyerDetails>) -> Self {
        let mut of_user: HashMap<String, Vec<BuyerDetails>> = HashMap::new();
        for details in bought {
            of_user.entry(details.user_id.clone()).or_default().push(details);
        }
        let users = users.map(|contact| {
            let bought = of_user.remove(&contact.id).unwrap_or_default();
            IndexedUser::new(contact, &bought)
        });
        let mut users: Vec<IndexedUser> = users.collect();
        users.sort_by(|a, b| a.contact.id.cmp(&b.contact.id));
        Self { users }
    }

    /// The user of an id.
    pub(crate) fn contact(&self, id: &str) -> Option<&UserContact> {
        let at = self.users.binary_search_by(|user| user.contact.id.as_str().cmp(id)).ok()?;
        Some(&self.users[at].contact)
    }

    /// The users of an address, whatever its case, or the one of an id.
    pub(crate) fn named(&self, text: &str) -> Vec<&UserContact> {
        if let Some(user) = self.contact(text) {
            return vec![user];
        }
        let Some(wanted) = address(text) else { return Vec::new() };
        let is_it = |user: &&IndexedUser| user.email.as_ref() == Some(&wanted);
        self.users.iter().filter(is_it).map(|user| &user.contact).collect()
    }

    /// The users who may be an affiliate, the likeliest first; of equal ones the first address.
    pub(crate) fn candidates(&self, affiliate: &AffiliateTraits<'_>) -> Vec<Candidate> {
        let name = plain_name(affiliate.name);
        let mut found: Vec<(u32, &IndexedUser, Vec<CandidateReason>)> = Vec::new();
        for user in &self.users {
            let reasons = user.reasons(affiliate, &name);
            if !reasons.is_empty() {
                found.push((reasons.iter().map(|reason| reason.weight()).sum(), user, reasons));
            }
        }
        found.sort_by(|(a, one, _), (b, other, _)| {
            b.cmp(a).then_with(|| one.contact.email.cmp(&other.contact.email))
        });
        found.truncate(MOST);
        found.into_iter().map(|(_, user, reasons)| user.candidate(reasons)).collect()
    }
}

impl IndexedUser {
    fn new(contact: UserContact, bought: &[BuyerDetails]) -> Self {
        let of_user = [contact.phone.as_deref(), contact.whatsapp.as_deref()];
        let numbers =
            bought.iter().flat_map(|details| [details.phone.as_deref(), details.whatsapp.as_deref()]);
        Self {
            plain_name: plain_name(&contact.name),
            email: address(&contact.email),
            phones: of_user.into_iter().flatten().filter_map(number).collect(),
            bought_with_emails: bought
                .iter()
                .filter_map(|details| address(details.email.as_deref()?))
                .collect(),
            bought_with_phones: numbers.flatten().filter_map(number).collect(),
            orders: bought.iter().map(|details| details.orders).sum(),
            contact,
        }
    }

    fn reasons(&self, affiliate: &AffiliateTraits<'_>, name: &str) -> Vec<CandidateReason> {
        let has_email = self.email.as_ref().is_some_and(|email| affiliate.emails.contains(email));
        let has_phone = !self.phones.is_disjoint(&affiliate.phones);
        let bought_with_email = !self.bought_with_emails.is_disjoint(&affiliate.emails);
        let bought_with_phone = !self.bought_with_phones.is_disjoint(&affiliate.phones);
        let reasons = [
            has_email.then_some(CandidateReason::SameEmail),
            has_phone.then_some(CandidateReason::SamePhone),
            (bought_with_email && !has_email).then_some(CandidateReason::BoughtWithEmail),
            (bought_with_phone && !has_phone).then_some(CandidateReason::BoughtWithPhone),
            affiliate.named.contains(&self.contact.id).then_some(CandidateReason::NamedByImport),
            likeness(name, &self.plain_name),
        ];
        reasons.into_iter().flatten().collect()
    }

    fn candidate(&self, reasons: Vec<CandidateReason>) -> Candidate {
        Candidate {
            user_id: self.contact.id.clone(),
            name: self.contact.name.clone(),
            email: self.contact.email.clone(),
            phone: self.contact.phone.clone(),
            orders: self.orders,
            reasons,
        }
    }
}

/// How much two names are alike, where that says something.
fn likeness(one: &str, other: &str) -> Option<CandidateReason> {
    if one.is_empty() || other.is_empty() {
        return None;
    }
    if one == other {
        return Some(CandidateReason::SameName);
    }
    let likeness = strsim::jaro_winkler(one, other);
    (likeness >= LEAST_LIKENESS).then_some(CandidateReason::SimilarName((likeness * 100.0) as u8))
}

/// A name in lower case, its words in the order of the alphabet: people swap them.
pub(crate) fn plain_name(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut words: Vec<&str> = words.collect();
    words.sort_unstable();
    words.join(" ")
}

/// An address in the form in which two are compared.
pub(super) fn address(stored: &str) -> Option<String> {
    Email::parse(stored).ok().map(|email| email.as_str().to_owned())
}

/// A number in the form in which two are compared.
pub(super) fn number(stored: &str) -> Option<String> {
    let phone: Phone = parse_phones(stored).ok()?.first?;
    Some(phone.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str, email: &str, name: &str, phone: Option<&str>) -> UserContact {
        UserContact {
            id: id.to_owned(),
            email: email.to_owned(),
            name: name.to_owned(),
            phone: phone.map(str::to_owned),
            whatsapp: None,
        }
    }

    fn bought(user_id: &str, email: &str, phone: &str) -> BuyerDetails {
        BuyerDetails {
            user_id: user_id.to_owned(),
            email: Some(email.to_owned()),
            phone: Some(phone.to_owned()),
            whatsapp: None,
            orders: 2,
        }
    }

    fn index() -> UserIndex {
        let users = [
            user("u1", "Sari@example.org", "Sari Dewi", None),
            user("u2", "lain@example.org", "Dewi Sari", Some("0812 3456 7890")),
            user("u3", "budi@example.org", "Budi", None),
            user("u4", "tono@example.org", "Tono", None),
        ];
        let bought =
            vec![bought("u3", "budi@example.org", "081234567890"), bought("u4", "tono@example.org", "")];
        UserIndex::new(users.into_iter(), bought)
    }

    #[test]
    fn an_address_counts_more_than_a_number_and_a_number_more_than_a_name() {
        let mut affiliate = AffiliateTraits { name: "sari  DEWI", ..AffiliateTraits::default() };
        affiliate.add(Some("sari@example.org"), Some("+6281234567890"));
        let found = index().candidates(&affiliate);
        let ids: Vec<&str> = found.iter().map(|candidate| candidate.user_id.as_str()).collect();
        assert_eq!(ids, ["u1", "u2", "u3"]);
        assert_eq!(found[0].reasons, [CandidateReason::SameEmail, CandidateReason::SameName]);
        assert_eq!(found[1].reasons, [CandidateReason::SamePhone, CandidateReason::SameName]);
        assert_eq!(
            (found[2].reasons.as_slice(), found[2].orders),
            (&[CandidateReason::BoughtWithPhone][..], 2)
        );
    }

    #[test]
    fn a_letter_of_difference_in_a_name_is_said_in_percent_and_another_name_says_nothing() {
        let affiliate = |name| AffiliateTraits { name, ..AffiliateTraits::default() };
        let found = index().candidates(&affiliate("Sari Dewie"));
        assert!(
            matches!(found[0].reasons[..], [CandidateReason::SimilarName(percent)] if percent > 90),
            "{found:?}"
        );
        assert!(index().candidates(&affiliate("Maryam")).is_empty());
        assert!(index().candidates(&affiliate("")).is_empty());
    }

    #[test]
    fn a_user_is_found_by_an_address_of_any_case_or_by_an_id() {
        let index = index();
        let ids = |text: &str| index.named(text).iter().map(|user| user.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids("SARI@example.org"), ["u1"]);
        assert_eq!(ids("u4"), ["u4"]);
        assert_eq!(ids("nobody@example.org"), [""; 0]);
        assert_eq!(index.contact("u3").map(|user| user.name.as_str()), Some("Budi"));
    }
}
