//! What every page's check needs to know of the app as a whole.

use std::collections::HashMap;

use crate::domain::conventions::{AffiliateReference, InvoiceForm};
use crate::domain::date::Millis;
use crate::language::tr;
use crate::store::codec::record::Record as _;
use crate::store::queries::app_screens::{self, AppGeneration, Openings};
use crate::store::schema::tables::{AffiliateProfile, Transaction, User};
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;

/// The app as a whole, and the source's word on it.
pub(in crate::verify) struct AppFacts<'c> {
    /// What all checks know.
    pub(super) context: &'c VerifyContext,
    /// Which app it is.
    pub(super) generation: AppGeneration,
    /// What the plans open.
    pub(super) openings: Openings,
    /// The ids of the plans by slug.
    pub(super) plans: HashMap<&'c str, &'c str>,
    /// Whether the app's own orders keep a profile's id in `Transaction.affiliateId`.
    pub(super) orders_name_profiles: bool,
    /// Whether invoice numbers begin with `INV`.
    pub(super) has_invoice_prefix: bool,
    /// The time by which the newest run judged what is over.
    pub(super) now: Millis,
    /// The same of the run that judged earliest: what was over then has never been running for an import.
    pub(super) earliest: Millis,
    /// Whether users have `affiliateMenuEnabled`.
    pub(super) has_menu_flag: bool,
    /// Whether profiles have `profileCompleted`.
    pub(super) has_profile_flag: bool,
    /// Whether orders have `membershipId`.
    pub(super) has_membership_column: bool,
    missing: Vec<&'static str>,
    /// Whether version 0.1 has written everything.
    is_of_first_version: bool,
}

/// The tables that pages need and an app may lack.
const TABLES: [&str; 12] = [
    "UserProduct",
    "Product",
    "Payout",
    "AffiliateLink",
    "Group",
    "GroupMember",
    "Course",
    "CourseEnrollment",
    "MembershipGroup",
    "MembershipCourse",
    "MembershipProduct",
    "UserCourseProgress",
];

impl<'c> AppFacts<'c> {
    /// Reads what the pages go by.
    ///
    /// # Errors
    /// Those of the database.
    pub(in crate::verify) fn load(store: &mut Store, context: &'c VerifyContext) -> anyhow::Result<Self> {
        let recorded = context.newest_conventions();
        let conventions = recorded.unwrap_or_default();
        let times = || context.runs.iter().map(|run| run.as_of);
        Ok(Self {
            generation: app_screens::generation(store),
            openings: app_screens::openings(store)?,
            plans: context.memberships.iter().map(|(id, slug)| (slug.as_str(), id.as_str())).collect(),
            orders_name_profiles: conventions.transaction_affiliate == AffiliateReference::Profile,
            has_invoice_prefix: conventions.invoice == InvoiceForm::Inv,
            now: context.now(),
            earliest: context.as_of.or_else(|| times().min()).unwrap_or_else(|| context.now()),
            has_menu_flag: store.has_column(User::TABLE, "affiliateMenuEnabled"),
            has_profile_flag: store.has_column(AffiliateProfile::TABLE, "profileCompleted"),
            has_membership_column: store.has_column(Transaction::TABLE, "membershipId"),
            missing: TABLES.into_iter().filter(|table| !store.has_table(table)).collect(),
            is_of_first_version: recorded.is_none(),
            context,
        })
    }

    /// Whether it is the app of January 2026.
    pub(super) fn is_newer(&self) -> bool {
        self.generation == AppGeneration::January2026
    }

    /// Why a page that reads these tables cannot be looked at; `None` where all of them are there, in the form that pages
    /// read.
    pub(super) fn lacks(&self, tables: &[&str]) -> Option<String> {
        if self.is_of_first_version {
            return Some(
                tr!("version 0.1 has written the rows in another form; import the files again").to_owned(),
            );
        }
        let missing: Vec<&str> =
            tables.iter().copied().filter(|table| self.missing.contains(table)).collect();
        match missing.as_slice() {
            [] => None,
            [one] => Some(tr!("no table {one}")),
            several => Some(tr!("no tables {}", several.join(", "))),
        }
    }

    /// An order's number in the app's form. One that is not made of digits stays as it is.
    pub(super) fn invoice_of(&self, order: &str) -> String {
        let is_counted = order.bytes().all(|byte| byte.is_ascii_digit());
        if self.has_invoice_prefix && is_counted { format!("INV{order}") } else { order.to_owned() }
    }

    /// The id of the plan that a product of Sejoli is, by the product map.
    pub(super) fn plan_of(&self, product: &str) -> Option<&'c str> {
        let slug = self.context.map.as_ref()?.membership_of(product)?;
        self.plans.get(slug).copied()
    }

    /// The id of the app's product that a product of Sejoli is, by the product map.
    pub(super) fn product_of(&self, product: &str) -> Option<&'c str> {
        let slug = self.context.map.as_ref()?.get(product)?.product.as_deref()?;
        self.context.products.get(slug).map(String::as_str)
    }

    /// How a user is called in a difference.
    pub(super) fn who(&self, id: &str, email: &str) -> String {
        match self.context.show_pii && !email.is_empty() {
            true => tr!("user {id} ({email})"),
            false => tr!("user {id}"),
        }
    }
}

/// The number of an invoice that is `INV` and digits.
pub(super) fn number_after_prefix(invoice: &str) -> Option<u64> {
    let digits = invoice.strip_prefix("INV")?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        None
    } else {
        digits.parse().ok()
    }
}
