//! What is told of a person.

use serde::Serialize;

/// A person's story. Amounts and times are written for people.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PersonStory {
    /// The address that was asked for.
    pub(crate) asked: String,
    /// Which app the database is of.
    pub(crate) app: &'static str,
    /// The account.
    pub(crate) account: AccountStory,
    /// What happens at the log-in.
    pub(crate) log_in: LogIn,
    /// What the pages of a membership show.
    pub(crate) pages: Vec<MembershipScreen>,
    /// The rows of the memberships.
    pub(crate) memberships: Vec<MembershipStory>,
    /// The groups that are shown.
    pub(crate) groups: Vec<String>,
    /// The courses that open.
    pub(crate) courses: Vec<String>,
    /// The products that are shown.
    pub(crate) products: Vec<String>,
    /// The orders, Sejoli's first.
    pub(crate) orders: Vec<OrderStory>,
    /// What an affiliate sees; none for somebody who is none.
    pub(crate) affiliate: Option<AffiliateStory>,
    /// The source rows that are kept.
    pub(crate) source_rows: Vec<SourceRowStory>,
    /// What the app shows otherwise than the source says.
    pub(crate) differences: Vec<StoryDifference>,
    /// Rows with these numbers that were held or rejected.
    pub(crate) rejects: Vec<RejectStory>,
    /// The runs that have written something of this.
    pub(crate) runs: Vec<RunStory>,
}

/// The account.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AccountStory {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) role: &'static str,
    pub(crate) phone: Option<String>,
    pub(crate) whatsapp: Option<String>,
    /// Whether an import has created it.
    pub(crate) imported: bool,
    pub(crate) created_at: String,
}

/// What happens at the log-in.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LogIn {
    /// Whether there is a password.
    pub(crate) has_password: bool,
    /// The page that resets one.
    pub(crate) reset_page: &'static str,
    /// Whether the reset finds the address.
    pub(crate) reset_finds_address: bool,
    /// Why the log-in refuses the account, if it does.
    pub(crate) refused: Option<&'static str>,
    /// Whether a dialog about the address comes at each visit.
    pub(crate) asked_to_verify: bool,
    /// What the form before courses and groups asks for.
    pub(crate) asked_for: Vec<&'static str>,
    /// Whether the members' pages lead to the upgrade page.
    pub(crate) sent_to_upgrade: bool,
}

/// A page of a membership.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MembershipScreen {
    pub(crate) page: &'static str,
    /// What it shows; none for nothing.
    pub(crate) shows: Option<String>,
    /// What the source says.
    pub(crate) source: Option<String>,
}

/// A membership's row.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MembershipStory {
    pub(crate) id: String,
    pub(crate) plan: String,
    pub(crate) start: String,
    pub(crate) end: String,
    pub(crate) status: String,
    /// When it ends by the source; none for one of the app's own.
    pub(crate) source_end: Option<String>,
}

/// An order.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct OrderStory {
    /// Sejoli's number; none for an order of the app's own.
    pub(crate) order: Option<String>,
    pub(crate) invoice: Option<String>,
    /// What was sold.
    pub(crate) item: String,
    pub(crate) placed: Option<String>,
    pub(crate) amount: String,
    /// The status in the app; none where the payment is gone.
    pub(crate) status: Option<String>,
    /// The status in Sejoli.
    pub(crate) source_status: Option<String>,
    /// The affiliate's code in Sejoli.
    pub(crate) affiliate: Option<String>,
    /// The commission that Sejoli has recorded.
    pub(crate) commission: Option<String>,
    /// The id of the payment.
    pub(crate) transaction: Option<String>,
}

/// What an affiliate sees.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AffiliateStory {
    pub(crate) codes: Vec<String>,
    pub(crate) profile: String,
    pub(crate) let_in: bool,
    pub(crate) onboarded: bool,
    /// What stands behind `?ref=`.
    pub(crate) link: String,
    pub(crate) link_sells: bool,
    pub(crate) sales: u64,
    pub(crate) source_earned: String,
    pub(crate) source_paid: String,
    pub(crate) owed: String,
    pub(crate) earned: String,
    pub(crate) paid_out: String,
    pub(crate) asked_for: String,
    pub(crate) can_request: String,
    pub(crate) balance: String,
}

/// A kept source row.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SourceRowStory {
    pub(crate) kind: &'static str,
    pub(crate) key: String,
    pub(crate) file: String,
    pub(crate) record: u64,
    /// Whether the cells were purged.
    pub(crate) purged: bool,
    /// The cells with their columns; a bank's are masked.
    pub(crate) cells: Vec<(String, String)>,
}

/// A difference of a check.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct StoryDifference {
    pub(crate) check: &'static str,
    pub(crate) what: String,
}

/// A row that was not written.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RejectStory {
    pub(crate) run: String,
    pub(crate) kind: String,
    pub(crate) key: String,
    pub(crate) code: String,
    pub(crate) disposition: &'static str,
    pub(crate) reason: String,
}

/// A run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RunStory {
    pub(crate) run: String,
    pub(crate) command: String,
    pub(crate) state: &'static str,
    pub(crate) began: String,
}
