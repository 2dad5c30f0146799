//! Whom to invite to set a password: everybody whom imports have brought and who has none, with what a mail says of each.
//! Nothing is sent; the lists are for the shop's own mailer.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::domain::contact::{Email, suggested_address};
use crate::domain::date::Millis;
use crate::domain::money::Money;
use crate::store::queries;
use crate::store::queries::invitations::Invitee;
use crate::store::session::store::Store;

/// Why somebody is written to, the first that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Segment {
    /// The address is most likely mistyped, or cannot receive anything: look at it before anything is sent there.
    AddressDoubtful,
    /// The wallet holds money.
    AffiliateOwed,
    /// A membership runs.
    Premium,
    /// Only orders that have cost nothing.
    OnlyFree,
    /// The others.
    Buyer,
}

impl Segment {
    /// Its word in the lists.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::AddressDoubtful => "address_doubtful",
            Self::AffiliateOwed => "affiliate_owed",
            Self::Premium => "premium",
            Self::OnlyFree => "only_free",
            Self::Buyer => "buyer",
        }
    }
}

/// How likely a mail to an address comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Nothing speaks against it.
    Likely,
    /// The domain is one that people mistype.
    Mistyped,
    /// No mail can be delivered to it: no address, or a domain that is none.
    Impossible,
}

/// Somebody to invite.
#[derive(Clone, Debug)]
pub(crate) struct Invitation {
    /// The address, as the app knows it.
    pub(crate) email: String,
    /// The name.
    pub(crate) name: String,
    /// The number for WhatsApp, else the phone number.
    pub(crate) number: Option<String>,
    /// The segment.
    pub(crate) segment: Segment,
    /// How likely a mail arrives.
    pub(crate) delivery: Delivery,
    /// The address that was probably meant.
    pub(crate) suggested: Option<String>,
    /// The plan that runs, and its end.
    pub(crate) plan: Option<(String, Millis)>,
    /// What the wallet holds.
    pub(crate) balance: Money,
}

/// The addresses of one domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct DomainRate {
    /// The domain; empty where there is none.
    pub(crate) domain: String,
    /// How many people.
    pub(crate) people: u64,
    /// How many of their addresses are most likely mistyped.
    pub(crate) mistyped: u64,
    /// To how many nothing can be delivered.
    pub(crate) impossible: u64,
}

/// All of them, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct InvitationCounts {
    /// By segment.
    pub(crate) segments: BTreeMap<&'static str, u64>,
    /// Those whose address is doubtful and who have a number: the list for WhatsApp.
    pub(crate) by_whatsapp: u64,
    /// Those whose address is doubtful and of whom no number is known.
    pub(crate) unreachable: u64,
    /// By domain, those with the most likely bounces first.
    pub(crate) domains: Vec<DomainRate>,
}

/// Tells of everybody who is to be invited, and counts them.
///
/// # Errors
/// The database's errors; those of `each`.
pub(crate) fn gather(
    store: &mut Store,
    mut each: impl FnMut(&Invitation) -> anyhow::Result<()>,
) -> anyhow::Result<InvitationCounts> {
    let plans: HashMap<String, String> = queries::report::plans(store)?.into_iter().collect();
    let mut counts = InvitationCounts::default();
    let mut domains: BTreeMap<String, DomainRate> = BTreeMap::new();
    let mut after = String::new();
    while let Some((last, people)) = queries::invitations::invitees_after(store, &after)? {
        for invitation in page(store, &plans, people)? {
            count(&mut counts, &mut domains, &invitation);
            each(&invitation)?;
        }
        after = last;
    }
    counts.domains = domains.into_values().collect();
    let bounces = |rate: &DomainRate| rate.mistyped + rate.impossible;
    counts.domains.sort_by(|a, b| (bounces(b), b.people, &a.domain).cmp(&(bounces(a), a.people, &b.domain)));
    Ok(counts)
}

fn count(counts: &mut InvitationCounts, domains: &mut BTreeMap<String, DomainRate>, one: &Invitation) {
    *counts.segments.entry(one.segment.as_str()).or_default() += 1;
    let is_doubtful = one.delivery != Delivery::Likely;
    counts.by_whatsapp += u64::from(is_doubtful && one.number.is_some());
    counts.unreachable += u64::from(is_doubtful && one.number.is_none());
    let domain = one.email.rsplit_once('@').map_or("", |(_, domain)| domain).to_owned();
    let rate =
        domains.entry(domain.clone()).or_insert_with(|| DomainRate { domain, ..DomainRate::default() });
    rate.people += 1;
    rate.mistyped += u64::from(one.delivery == Delivery::Mistyped);
    rate.impossible += u64::from(one.delivery == Delivery::Impossible);
}

fn page(
    store: &mut Store,
    plans: &HashMap<String, String>,
    people: Vec<Invitee>,
) -> anyhow::Result<Vec<Invitation>> {
    let ids: Vec<&str> = people.iter().map(|person| person.id.as_str()).collect();
    let mut running: HashMap<String, (String, Millis)> = HashMap::new();
    for (user, plan, end) in queries::invitations::running_memberships(store, &ids)? {
        let plan = plans.get(&plan).cloned().unwrap_or(plan);
        let held = running.entry(user).or_insert_with(|| (plan.clone(), end));
        if end > held.1 {
            *held = (plan, end);
        }
    }
    let balances: HashMap<String, Money> = queries::invitations::balances(store, &ids)?.into_iter().collect();
    // Whether any of somebody's paid orders has cost something.
    let mut paid: HashMap<String, bool> = HashMap::new();
    for (user, amount) in queries::invitations::paid_orders(store, &ids)? {
        *paid.entry(user).or_default() |= amount.is_positive();
    }
    let invitation = |person: Invitee| {
        let (delivery, suggested) = delivery(&person.email);
        let balance = balances.get(&person.id).copied().unwrap_or_default();
        let plan = running.remove(&person.id);
        let segment = match () {
            () if delivery != Delivery::Likely => Segment::AddressDoubtful,
            () if balance.is_positive() => Segment::AffiliateOwed,
            () if plan.is_some() => Segment::Premium,
            () if paid.get(&person.id) == Some(&false) => Segment::OnlyFree,
            () => Segment::Buyer,
        };
        let Invitee { email, name, phone, whatsapp, .. } = person;
        Invitation { email, name, number: whatsapp.or(phone), segment, delivery, suggested, plan, balance }
    };
    Ok(people.into_iter().map(invitation).collect())
}

/// Domains that are kept free of mail (RFC 2606, RFC 6762).
const NO_MAIL: [&str; 4] = [".invalid", ".test", ".local", ".localhost"];

fn delivery(address: &str) -> (Delivery, Option<String>) {
    let Ok(email) = Email::parse(address) else { return (Delivery::Impossible, None) };
    if let Some(suggested) = suggested_address(&email) {
        return (Delivery::Mistyped, Some(suggested));
    }
    let domain = email.as_str().rsplit_once('@').map_or("", |(_, domain)| domain);
    let is_none = !domain.contains('.') || NO_MAIL.iter().any(|ending| domain.ends_with(ending));
    (if is_none { Delivery::Impossible } else { Delivery::Likely }, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_will_bounce_is_told_before_it_does() {
        assert_eq!(delivery("rina@example.org"), (Delivery::Likely, None));
        assert_eq!(delivery("rina@gmial.com"), (Delivery::Mistyped, Some("rina@gmail.com".to_owned())));
        for address in ["rina@localhost", "rina@shop.invalid", "rina", ""] {
            assert_eq!(delivery(address), (Delivery::Impossible, None), "{address}");
        }
    }
}
