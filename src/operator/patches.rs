//! Where the app's own code is wrong for imported people, and no row can repair it.

use serde::Serialize;

use crate::domain::conventions::AppRelease;
use crate::language::tr;
use crate::store::codec::record::Record as _;
use crate::store::queries;
use crate::store::schema::tables::{AffiliateLink, GroupMember};
use crate::store::session::store::Store;

/// A place in the app's code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Patch {
    /// The place.
    pub(crate) place: &'static str,
    /// What goes wrong, and what mends it.
    pub(crate) meaning: String,
}

/// The places that apply to this schema.
pub(super) fn gather(store: &mut Store, app: AppRelease) -> anyhow::Result<Vec<Patch>> {
    let is_january = app == AppRelease::January;
    let own_ids = queries::operator::profiles_with_own_id(store)?;
    let has_codes = queries::operator::greatest_member_code(store)?.is_some();
    let all = [
        (
            queries::operator::has_one_membership_a_plan(store),
            "renewal",
            tr!("a second row of one person and plan is inserted and refused; update the row that is there")
                .to_owned(),
        ),
        (
            is_january,
            "middleware",
            tr!("MEMBER_FREE is turned away from /affiliate, whatever the affiliate flag says; let it in")
                .to_owned(),
        ),
        (
            true,
            "log-in",
            tr!("compare the address in lower case, and say \"set your password\" where there is none")
                .to_owned(),
        ),
        (
            !is_january,
            tr!("reset page"),
            tr!("log-in links to a page that writes columns which do not exist; link to /forgot-password")
                .to_owned(),
        ),
        (true, "reset", tr!("a reset proves the address: set emailVerified").to_owned()),
        (
            has_codes,
            "memberCode",
            tr!("the greatest code is looked for as a text; compare the numbers").to_owned(),
        ),
        (
            store.has_table(AffiliateLink::TABLE.name),
            "/aff/ route",
            tr!("old links lead there and it fails; redirect them (`report redirects`)").to_owned(),
        ),
        (
            is_january && own_ids > 0,
            "leaderboards",
            tr!("they read a conversion's affiliateId as a user's id; {own_ids} affiliates have another one"),
        ),
        (
            store.has_table(GroupMember::TABLE.name),
            "expire-memberships",
            tr!("it takes groups and courses away that another membership opens").to_owned(),
        ),
        (
            true,
            tr!("sales page"),
            tr!("its total revenue adds orders of every status; count SUCCESS alone").to_owned(),
        ),
    ];
    let applies = all.into_iter().filter(|(applies, ..)| *applies);
    Ok(applies.map(|(_, place, meaning)| Patch { place, meaning }).collect())
}
