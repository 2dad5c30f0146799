//! The app's conventions: what differs between its releases and databases in how it writes and reads its own rows. They
//! are read from the schema and from the app's rows, recorded with a run, and kept by later imports.

use crate::language::tr;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A convention that can be chosen by `--convention KEY=VALUE`.
pub(crate) trait ConventionValue: Copy + Eq + Sized + 'static {
    /// The key.
    const KEY: &'static str;
    /// Its values.
    const ALL: &'static [Self];
    /// The word of a value.
    fn word(self) -> &'static str;

    /// The value of a word.
    ///
    /// # Errors
    /// The words that there are.
    fn from_word(word: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().copied().find(|choice| choice.word().eq_ignore_ascii_case(word));
        let words = || Self::ALL.iter().map(|choice| choice.word()).collect::<Vec<_>>().join(" or ");
        found.ok_or_else(|| format!("{}: expected {}, not \"{word}\"", Self::KEY, words()))
    }
}

/// The release of the app, which decides what its screens ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AppRelease {
    /// Of December 2025: the affiliates' pages are for `User.role` AFFILIATE alone.
    December,
    /// Of January 2026: a person has several roles.
    January,
}

impl AppRelease {
    /// The page on which a password is set. Each release's log-in links to another one, which does not work.
    pub(crate) const fn reset_page(self) -> &'static str {
        match self {
            Self::January => "/auth/forgot-password",
            Self::December => "/forgot-password",
        }
    }
}

/// Whose id stands in `Transaction.affiliateId`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AffiliateReference {
    /// `User.id` (L31).
    User,
    /// `AffiliateProfile.id`.
    Profile,
}

/// The form of `Transaction.invoiceNumber`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum InvoiceForm {
    /// `INV` and digits, which the app's counter goes on from (L35).
    Inv,
    /// The number alone.
    Bare,
}

impl ConventionValue for AppRelease {
    const KEY: &'static str = "app";
    const ALL: &'static [Self] = &[Self::December, Self::January];
    fn word(self) -> &'static str {
        match self {
            Self::December => "december",
            Self::January => "january",
        }
    }
}

impl ConventionValue for AffiliateReference {
    const KEY: &'static str = "transaction-affiliate";
    const ALL: &'static [Self] = &[Self::User, Self::Profile];
    fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Profile => "profile",
        }
    }
}

impl ConventionValue for InvoiceForm {
    const KEY: &'static str = "invoice";
    const ALL: &'static [Self] = &[Self::Inv, Self::Bare];
    fn word(self) -> &'static str {
        match self {
            Self::Inv => "inv",
            Self::Bare => "bare",
        }
    }
}

impl InvoiceForm {
    /// An order's invoice number in this form. A number with anything else than digits is kept as it is: the app's
    /// counter does not read it.
    pub(crate) fn number(self, order_id: &str) -> String {
        match self {
            Self::Inv if order_id.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("{INVOICE_PREFIX}{order_id}")
            }
            _ => order_id.to_owned(),
        }
    }
}

/// What the app's own invoice numbers begin with.
pub(crate) const INVOICE_PREFIX: &str = "INV";

/// The conventions by which an import writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AppConventions {
    /// The release of the app.
    pub(crate) app: AppRelease,
    /// Whose id stands in `Transaction.affiliateId`.
    pub(crate) transaction_affiliate: AffiliateReference,
    /// The form of invoice numbers.
    pub(crate) invoice: InvoiceForm,
}

/// One convention that is chosen on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConventionChoice {
    /// `app`
    App(AppRelease),
    /// `transaction-affiliate`
    TransactionAffiliate(AffiliateReference),
    /// `invoice`
    Invoice(InvoiceForm),
}

impl std::str::FromStr for ConventionChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let keys = [AppRelease::KEY, AffiliateReference::KEY, InvoiceForm::KEY].join(", ");
        let Some((key, value)) = text.split_once('=') else {
            return Err(format!("expected KEY=VALUE; the keys are {keys}"));
        };
        match key {
            AppRelease::KEY => AppRelease::from_word(value).map(Self::App),
            AffiliateReference::KEY => AffiliateReference::from_word(value).map(Self::TransactionAffiliate),
            InvoiceForm::KEY => InvoiceForm::from_word(value).map(Self::Invoice),
            _ => Err(format!("no convention is called \"{key}\"; the keys are {keys}")),
        }
    }
}

impl Default for AppConventions {
    /// What the app's code does.
    fn default() -> Self {
        ConventionEvidence::default().conventions()
    }
}

impl AppConventions {
    /// Those that a run has recorded among its options; version 0.1 and a grant record none.
    pub(crate) fn recorded_in(options: &serde_json::Value) -> Option<Self> {
        serde_json::from_value(options.get("conventions")?.clone()).ok()
    }

    /// The same with what was chosen.
    pub(crate) fn with(self, choices: &[ConventionChoice]) -> Self {
        choices.iter().fold(self, |conventions, choice| match *choice {
            ConventionChoice::App(app) => Self { app, ..conventions },
            ConventionChoice::TransactionAffiliate(transaction_affiliate) => {
                Self { transaction_affiliate, ..conventions }
            }
            ConventionChoice::Invoice(invoice) => Self { invoice, ..conventions },
        })
    }

    /// The keys and words, as `--convention` takes them.
    pub(crate) fn words(self) -> [(&'static str, &'static str); 3] {
        [
            (AppRelease::KEY, self.app.word()),
            (AffiliateReference::KEY, self.transaction_affiliate.word()),
            (InvoiceForm::KEY, self.invoice.word()),
        ]
    }
}

impl fmt::Display for AppConventions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.words().iter().map(|(key, word)| format!("{key}={word}")).collect();
        f.write_str(&words.join(" "))
    }
}

/// What the schema and the app's own rows show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ConventionEvidence {
    /// Columns that only the app of January 2026 has.
    pub(crate) january_columns: Vec<&'static str>,
    /// The app's own transactions whose `affiliateId` is a user's id.
    pub(crate) affiliates_by_user: u64,
    /// Those where it is a profile's.
    pub(crate) affiliates_by_profile: u64,
    /// The app's own invoice numbers that are `INV` and digits.
    pub(crate) prefixed_invoices: u64,
    /// Its other invoice numbers.
    pub(crate) other_invoices: u64,
    /// Whether `AffiliateConversion.affiliateId` refers to AffiliateProfile by a foreign key.
    pub(crate) conversions_refer_to_profiles: bool,
    /// The optional tables that the app has.
    pub(crate) tables: Vec<&'static str>,
    /// The optional tables that it lacks.
    pub(crate) missing_tables: Vec<&'static str>,
    /// Number of unique indexes on the app's tables that the tool knows.
    pub(crate) unique_indexes: usize,
    /// Number of foreign keys of these tables.
    pub(crate) foreign_keys: usize,
}

impl ConventionEvidence {
    /// The conventions that it speaks for: the majority of the app's own rows, else what the app's code does.
    pub(crate) fn conventions(&self) -> AppConventions {
        let by_profile = self.affiliates_by_profile > self.affiliates_by_user;
        let bare = self.other_invoices > self.prefixed_invoices;
        AppConventions {
            app: if self.january_columns.is_empty() { AppRelease::December } else { AppRelease::January },
            transaction_affiliate: match by_profile {
                true => AffiliateReference::Profile,
                false => AffiliateReference::User,
            },
            invoice: if bare { InvoiceForm::Bare } else { InvoiceForm::Inv },
        }
    }

    /// What was found, a line each.
    pub(crate) fn lines(&self) -> Vec<String> {
        let release = match self.january_columns.as_slice() {
            [] => {
                tr!("of December 2025 (no User.preferredDashboard, no Transaction.membershipId)").to_owned()
            }
            columns => tr!("of January 2026 ({})", columns.join(", ")),
        };
        vec![
            tr!("app           {release}"),
            tr!(
                "affiliates    of the app's own sales, {} name a user, {} a profile",
                self.affiliates_by_user,
                self.affiliates_by_profile
            ),
            tr!(
                "invoices      of the app's own, {} are INV and digits, {} are not",
                self.prefixed_invoices,
                self.other_invoices
            ),
            tr!(
                "conversions   {}",
                match self.conversions_refer_to_profiles {
                    true => tr!("refer to profiles by a foreign key"),
                    false => tr!("have no foreign key; they name profiles all the same"),
                }
            ),
            tr!("tables        {}", missing(&self.missing_tables)),
            tr!("constraints   {} unique indexes, {} foreign keys", self.unique_indexes, self.foreign_keys),
        ]
    }
}

/// The tables that are missing, in lines that fit a terminal.
fn missing(names: &[&str]) -> String {
    let mut text = String::from(if names.is_empty() { tr!("all there") } else { tr!("missing:") });
    let mut width = text.len();
    for (at, name) in names.iter().enumerate() {
        if width + name.len() > 58 {
            text.push_str("\n               ");
            width = 0;
        }
        text.push(' ');
        text.push_str(name);
        text.push_str(if at + 1 < names.len() { "," } else { "" });
        width += name.len() + 2;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence() -> ConventionEvidence {
        ConventionEvidence::default()
    }

    #[test]
    fn an_app_without_rows_of_its_own_gets_what_its_code_writes() {
        let found = evidence().conventions();
        assert_eq!(found.to_string(), "app=december transaction-affiliate=user invoice=inv");
    }

    #[test]
    fn l31_the_majority_of_the_apps_own_rows_decides_whose_id_names_an_affiliate() {
        let by = |affiliates_by_user, affiliates_by_profile| {
            let evidence = ConventionEvidence { affiliates_by_user, affiliates_by_profile, ..evidence() };
            evidence.conventions().transaction_affiliate
        };
        assert_eq!(by(3, 2), AffiliateReference::User);
        assert_eq!(by(2, 3), AffiliateReference::Profile);
        assert_eq!(by(2, 2), AffiliateReference::User);
    }

    #[test]
    fn l35_the_majority_of_the_apps_own_numbers_decides_their_form() {
        let by = |prefixed_invoices, other_invoices| {
            ConventionEvidence { prefixed_invoices, other_invoices, ..evidence() }.conventions().invoice
        };
        assert_eq!(by(5, 1), InvoiceForm::Inv);
        assert_eq!(by(1, 5), InvoiceForm::Bare);
        assert_eq!(InvoiceForm::Inv.number("0012"), "INV0012");
        assert_eq!(InvoiceForm::Inv.number("INV-7/2024"), "INV-7/2024");
        assert_eq!(InvoiceForm::Bare.number("0012"), "0012");
    }

    #[test]
    fn what_is_chosen_overrides_one_convention() {
        let chosen: ConventionChoice = "invoice=bare".parse().expect("a choice");
        let conventions = evidence().conventions().with(&[chosen]);
        assert_eq!(conventions.to_string(), "app=december transaction-affiliate=user invoice=bare");
        for (wrong, named) in
            [("invoice", "KEY=VALUE"), ("x=1", "no convention"), ("invoice=x", "inv or bare")]
        {
            let error = wrong.parse::<ConventionChoice>().expect_err(wrong);
            assert!(error.contains(named), "{error}");
        }
    }
}
