//! Findings about rows and files. `docs/findings.md` is generated from the list in this file.

use std::fmt;

use serde::Serialize;

use crate::domain::detail::Detail;
use crate::domain::redaction::{redact_message, redact_quoted_cells};
use crate::language::{msg, said};

/// What a finding means for its row. Severities are ordered: the worst one decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The row is imported; there is nothing to do.
    Info,
    /// The row is imported; somebody should look at it.
    Warning,
    /// The row is not imported until a person has decided.
    Held,
    /// The row is not imported until it is corrected.
    Rejected,
}

impl Severity {
    /// The word in the language that is spoken.
    pub(crate) fn spoken(self) -> &'static str {
        said(match self {
            Severity::Info => msg!("info"),
            Severity::Warning => msg!("warning"),
            Severity::Held => msg!("held"),
            Severity::Rejected => msg!("rejected"),
        })
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Held => "held",
            Severity::Rejected => "rejected",
        })
    }
}

/// The description of a code.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CodeInfo {
    /// The code: `SJM-0101`.
    pub code: &'static str,
    /// Its name: `email-invalid`.
    pub name: &'static str,
    /// What it means for the row.
    pub severity: Severity,
    /// One or two sentences on what is wrong.
    pub meaning: &'static str,
    /// One sentence on what to do about it.
    pub advice: &'static str,
}

macro_rules! codes {
    ($($variant:ident = $code:literal $name:literal $severity:ident $meaning:literal $advice:literal;)+) => {
        /// The catalogue of findings. A code never changes its meaning, and the code of a removed finding is not
        /// used again.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $meaning] $variant),+ }

        impl Code {
            /// All codes, in the order of the catalogue.
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];

            /// The description of the code.
            pub const fn info(self) -> CodeInfo {
                match self {
                    $(Code::$variant => CodeInfo {
                        code: $code, name: $name, severity: Severity::$severity,
                        meaning: $meaning, advice: $advice,
                    }),+
                }
            }
        }
    };
}

codes! {
    EmailInvalid = "SJM-0101" "email-invalid" Rejected
        "The e-mail address is not one." "Correct the address in the source.";
    IdentityMissing = "SJM-0102" "identity-missing" Held
        "Nobody can be recognised: no e-mail, and the phone belongs to no one person." "Add the buyer's e-mail address.";
    PhoneDropped = "SJM-0103" "phone-dropped" Warning
        "The phone number cannot be one and is left out." "Correct the number if it is known.";
    SamePhoneOtherEmail = "SJM-0104" "same-phone-other-email" Warning
        "The phone number stands under two e-mail addresses; both people are kept." "Decide whether they are one person: `sejoli-migrate people list`.";
    IdentityByPhone = "SJM-0105" "identity-by-phone" Warning
        "There is no e-mail; the person was recognised by the phone number." "Check that it is the same person.";
    EmailSuspicious = "SJM-0106" "email-suspicious" Warning
        "The e-mail's domain looks mistyped; it is kept as it is." "Ask the buyer for the right address; `sejoli-migrate people list` says whether another account has it.";
    EmailDropped = "SJM-0107" "email-dropped" Warning
        "The affiliate's e-mail address is not one and is left out." "Correct the address in the source.";
    PhoneLeftOver = "SJM-0108" "phone-left-over" Info
        "More phone numbers stand here than a person has places for; the others are kept in the payload only." "Nothing to do if the first ones are right.";
    IdentityByWhatsapp = "SJM-0109" "identity-by-whatsapp" Warning
        "There is neither an e-mail nor a phone number; the person was recognised by the WhatsApp number." "Check that it is the same person.";
    RequiredMissing = "SJM-0201" "required-missing" Rejected
        "A cell is empty without which the row is useless." "Fill in the cell.";
    AmountUnreadable = "SJM-0202" "amount-unreadable" Rejected
        "The amount cannot be read without guessing." "Write the amount in digits, such as 1500000.";
    DateUnreadable = "SJM-0203" "date-unreadable" Rejected
        "The date cannot be read without guessing." "Write the date as 2024-12-31 or 31/12/2024.";
    DateAmbiguous = "SJM-0204" "date-ambiguous" Info
        "Day and month could be swapped; it was read in the order that the run was given." "Use --date-order if the file is month-first.";
    StatusUnknown = "SJM-0205" "status-unknown" Held
        "The status is none that Sejoli has; it is not guessed." "Write the order's real status.";
    DatesContradict = "SJM-0206" "dates-contradict" Held
        "The end lies before the beginning; one of the two dates is wrong." "Correct the wrong date.";
    PaidDateMissing = "SJM-0207" "paid-date-missing" Warning
        "The order is paid, but without a date; the order's date is used." "Fill in the paid date if it is known.";
    TextTooLong = "SJM-0208" "text-too-long" Held
        "The cell is longer than the app's database can hold; it is never cut." "Shorten the cell, or let the app's column be longer.";
    DateInFuture = "SJM-0209" "date-in-future" Held
        "The date lies more than a day after the import's own; it has not happened yet." "Correct the date, or the time that --as-of gives.";
    IdAsDecimal = "SJM-0210" "id-as-decimal" Warning
        "A spreadsheet or a script has made a decimal number of Sejoli's number; it is read as the whole number." "Nothing to do if the number is right.";
    IdRounded = "SJM-0211" "id-rounded" Held
        "A spreadsheet has rounded Sejoli's number; its last digits are lost." "Write the number in full.";
    CommissionOverPrice = "SJM-0301" "commission-over-price" Held
        "The commission is higher than the price." "Correct the commission or the price.";
    RateOverHundred = "SJM-0302" "rate-over-hundred" Held
        "The commission rate is above 100 %." "Correct the rate; a flat amount is not a rate.";
    CommissionMismatch = "SJM-0303" "commission-mismatch" Warning
        "The recorded commission is not rate times amount; the recorded one counts." "Check the order in Sejoli.";
    AffiliateUnknown = "SJM-0304" "affiliate-unknown" Warning
        "No affiliate has this code; the order is imported, its commission waits." "Add the affiliate and import the affiliates again.";
    CommissionMissing = "SJM-0305" "commission-missing" Warning
        "The order has an affiliate but no recorded commission; none is assumed." "Record the commission if one is owed.";
    SelfReferral = "SJM-0306" "self-referral" Warning
        "The buyer is the affiliate; the order and its commission are kept." "Decide whether the commission is owed.";
    AffiliatePending = "SJM-0307" "affiliate-pending" Warning
        "The affiliate is not verified yet; the commission waits." "Decide the mapping (`sejoli-migrate mappings list`): the commission follows at once.";
    CommissionWithoutAffiliate = "SJM-0308" "commission-without-affiliate" Warning
        "A commission is recorded, but no affiliate; nobody is credited." "Fill in the affiliate's code.";
    AffiliateUnclear = "SJM-0309" "affiliate-unclear" Held
        "It cannot be told which of the two affiliate columns holds the number." "Leave the number in one of them.";
    CommissionOverPaid = "SJM-0310" "commission-over-paid" Held
        "The commission is higher than what was paid." "Correct the commission or the paid amount.";
    RateUnreadable = "SJM-0311" "rate-unreadable" Warning
        "The commission rate cannot be read; the recorded commission counts, without a rate." "Correct the rate if it is known.";
    RateBelowOne = "SJM-0312" "rate-below-one" Warning
        "The commission rate is below 1 %, where 0.3 may mean 30 %; it is kept as it is, and the recorded commission counts." "Write the rate in percent: 30, or 0.3% if it is that little.";
    RateUnclear = "SJM-0313" "rate-unclear" Held
        "The commission rate is below 1 %, where 0.3 may mean 30 %, and nothing else says what is due." "Write the rate in percent: 30, or 0.3% if it is that little.";
    PaidNotWhole = "SJM-0314" "paid-not-whole" Warning
        "What was paid out is no sum of whole commissions; so many count as paid that less can be requested than is owed." "Compare with Sejoli, or pay the difference out by hand.";
    CommissionNotAdded = "SJM-0315" "commission-not-added" Warning
        "Sejoli has not counted this paid order's commission as earned; nobody is credited." "Nothing to do, unless WP-Cron of the shop stands still: then run it, and `sejoli-migrate extract` again.";
    PaidNotEarned = "SJM-0316" "paid-not-earned" Warning
        "Sejoli has paid out this commission, and it is not earned, or not any more; that money is gone." "Decide whether the affiliate gives it back.";
    PaidFlagsDiffer = "SJM-0317" "paid-flags-differ" Warning
        "What the affiliates' file says was paid is not what the flagged commissions come to; the flags count." "Compare with Sejoli before anybody pays; orders that are held can be the reason.";
    PaidInBoth = "SJM-0318" "paid-in-both" Warning
        "Sejoli says now that this commission was paid, and the app has paid it out already; it counts once." "Make sure that it was not paid twice.";
    TierUnreadable = "SJM-0319" "tier-unreadable" Held
        "The commission's tier is no whole number from 1 on." "Write the tier as a number: 1 is the order's own affiliate.";
    CommissionDisagrees = "SJM-0320" "commission-disagrees" Held
        "The first tier's commission is not what its order says; neither is guessed to be right." "Make orders and commissions anew, together (`sejoli-migrate extract`), or correct the wrong one.";
    CommissionOrderUnknown = "SJM-0321" "commission-order-unknown" Warning
        "No order with this number is in the app; the commission waits." "Import the order: the commission follows by itself.";
    CommissionOrderUnpaid = "SJM-0322" "commission-order-unpaid" Warning
        "Sejoli counts this commission as earned, and its order is not paid; the commission waits." "Look at the order in Sejoli.";
    DuplicateConflict = "SJM-0401" "duplicate-conflict" Held
        "The same number stands in several rows with different content." "Keep the right row, or use --on-duplicate first|last|newest.";
    DuplicateIdentical = "SJM-0402" "duplicate-identical" Info
        "The row is an exact repetition of an earlier one." "Nothing to do.";
    DuplicateSuperseded = "SJM-0405" "duplicate-superseded" Info
        "Another row with the same number was chosen by --on-duplicate." "Nothing to do.";
    WrongCellCount = "SJM-0403" "wrong-cell-count" Rejected
        "The row has more or fewer cells than the header." "Look for a missing quote or separator.";
    NotUtf8 = "SJM-0404" "not-utf8" Rejected
        "The row holds bytes that are no UTF-8 text." "Save the file as UTF-8.";
    QuoteUnclosed = "SJM-0406" "quote-unclosed" Rejected
        "A quote opens in this line and is not closed where a cell ends." "Close or remove the quote in this line.";
    QuoteAmbiguous = "SJM-0407" "quote-ambiguous" Held
        "The quotes behind backslashes can be read in several ways." "Use --csv-dialect php or rfc4180, or correct the row.";
    MembershipProductUnmapped = "SJM-0502" "membership-product-unmapped" Held
        "The product map names no membership for this product." "Add the product to the product map (`sejoli-migrate products template`), then run `sejoli-migrate retry`.";
    MembershipNotInApp = "SJM-0503" "membership-not-in-app" Held
        "The app has no membership with the slug that the product map names." "Create it in the app, or use --create-memberships, then run `sejoli-migrate retry`.";
    MembershipOrderUnknown = "SJM-0504" "membership-order-unknown" Held
        "No order with this number was imported or is waiting." "Correct the order number, or import that order first, then run `sejoli-migrate retry`.";
    StatusContradictsDates = "SJM-0505" "status-contradicts-dates" Warning
        "The status in the file does not fit the end date; the date counts." "Nothing to do if the date is right.";
    MemberWithoutOrder = "SJM-0506" "member-without-order" Warning
        "Nobody with this e-mail has an imported order; the member is created without a name." "Import the order, or fill in the name in the app.";
    OrderTakenByMembership = "SJM-0507" "order-taken-by-membership" Warning
        "The order already belongs to another membership; this one is written without it." "Check both memberships.";
    MembershipOfApp = "SJM-0508" "membership-of-app" Info
        "The app already has this membership for this person; it is left as it is." "Nothing to do.";
    MembershipOrderWaiting = "SJM-0509" "membership-order-waiting" Warning
        "The membership's order waits for a correction; the membership is written without it." "Correct the order and import again.";
    OrderOfAnother = "SJM-0510" "order-of-another" Warning
        "The membership's order was bought by another person; the membership is written without it." "Check the e-mail of both.";
    MembershipRefunded = "SJM-0511" "membership-refunded" Warning
        "The membership's order was refunded; the membership ends when an import first saw that." "Check the end if the refund's own date matters.";
    SeveralRunning = "SJM-0512" "several-running" Info
        "This person has more than one running membership; the one that ends last is ACTIVE, the others are EXPIRED and keep their dates and access." "Nothing to do.";
    PlanOpensNothing = "SJM-0513" "plan-opens-nothing" Warning
        "The app links no group, course or product to this membership: its members get to see nothing." "Link the plan in the app, then run `sejoli-migrate grant`.";
    AccessKept = "SJM-0514" "access-kept" Warning
        "The membership that opened this has moved or was given back, but the app has changed the row since; it stays." "Take it away in the app if it is to go.";
    MappingPending = "SJM-0601" "mapping-pending" Warning
        "The affiliate cannot be assigned to one user without guessing." "Decide the mapping: `sejoli-migrate mappings list`.";
    PaidOverEarned = "SJM-0602" "paid-over-earned" Warning
        "More was paid out than the imported orders earned; the balance is zero." "Compare with Sejoli.";
    TotalsDiffer = "SJM-0603" "totals-differ" Warning
        "The affiliate's total commission differs from that of the imported orders." "Compare with Sejoli.";
    CodeTaken = "SJM-0604" "code-taken" Warning
        "The app already uses this affiliate code; SJ-<code> is used." "Tell the affiliate the new code.";
    RateMissing = "SJM-0605" "rate-missing" Warning
        "The affiliate has no commission rate; 0 is written." "Set the rate in the app.";
    WalletBelowZero = "SJM-0606" "wallet-below-zero" Warning
        "Sejoli took back a commission that the app has paid out already; this affiliate was not settled." "Settle it by hand.";
    AffiliateOfAnother = "SJM-0607" "affiliate-of-another" Held
        "The affiliate's code now stands beside another e-mail address; nobody is paid for it in silence." "Correct the file, or the mapping's e-mail address in the app if the code has changed hands.";
    TotalPaidMissing = "SJM-0608" "total-paid-missing" Warning
        "The file no longer says what the affiliate was paid; the last known figure stays." "Fill in total_paid.";
    TotalPaidLowered = "SJM-0609" "total-paid-lowered" Warning
        "The file says that the affiliate was paid less than an earlier file did; the difference can be paid out again." "Compare with Sejoli before anybody pays.";
    AffiliateNotMoved = "SJM-0610" "affiliate-not-moved" Warning
        "The app has rejected this mapping or given it to another user, but the wallet has paid out what was settled, or its orders were edited; conversions, wallet and ledger stay where they are." "Settle it by hand, or put the mapping back.";
    AffiliateAccountMissing = "SJM-0611" "affiliate-account-missing" Warning
        "The affiliate is verified, but the user has no affiliate profile or no wallet; the commission waits." "Import the affiliates again: it makes them.";
    ConversionOfApp = "SJM-0612" "conversion-of-app" Info
        "The app's people have made the conversion of this order by hand; it is kept and counted." "Nothing to do.";
    LinkCodeTaken = "SJM-0613" "link-code-taken" Warning
        "Another user of the app has a link with this affiliate's code; no second one is made." "Give the affiliate another code in the app, or take the link away and import the affiliates again.";
    ProfileKeepsId = "SJM-0614" "profile-keeps-id" Info
        "An earlier version has made this affiliate's profile under an id that is not the user's; it stays, since the money names it." "Leaderboards of the app that read it as a user's id leave this affiliate out.";
    BankUnclear = "SJM-0615" "bank-unclear" Info
        "The bank details cannot be read without guessing; they are kept in the payload only." "Ask the affiliate to fill them in in the app.";
    BankOfApp = "SJM-0616" "bank-of-app" Info
        "The app has bank details of this affiliate already; they are kept, and those of the file are not written." "Compare the two before the first payout.";
    EditedInApp = "SJM-0701" "edited-in-app" Held
        "Sejoli and the app have both changed this row since the last import." "Decide which one is right.";
    PersonAmbiguous = "SJM-0702" "person-ambiguous" Held
        "Several users of the app have this e-mail address." "Merge them in the app.";
    OrderOfApp = "SJM-0703" "order-of-app" Held
        "The app has a transaction with this order's number that no import has written." "Decide whether it is the same order.";
    RefusedByDatabase = "SJM-0704" "refused-by-database" Rejected
        "The database refuses the row." "Correct what the database names, in the row or in the app.";
    PersonDeleted = "SJM-0705" "person-deleted" Held
        "The app has deleted the user whom an earlier import has decided this person to be." "Use --restore-deleted if this person is to be created again.";
    DeletedInApp = "SJM-0706" "deleted-in-app" Warning
        "An import has written this, and the app has deleted it; it is not written again." "Nothing to do if that was meant; --restore-deleted brings it back.";
    InvoiceNumberTaken = "SJM-0707" "invoice-number-taken" Warning
        "The app has this order's invoice number for an order of its own; the number is written in the other form." "Nothing to do; the order is found by its Sejoli number.";
    EncodingAssumed = "SJM-0801" "encoding-assumed" Warning
        "The file is no UTF-8; it was read as Windows-1252." "Look at names with accents; use --encoding if they are wrong.";
    TextBeforeHeader = "SJM-0802" "text-before-header" Info
        "Something stands before the header and was passed over." "Nothing to do if it is no row.";
    ColumnsUnknown = "SJM-0803" "columns-unknown" Info
        "The file has columns that the tool does not know; they are kept in the payload." "Use --columns if one of them is needed.";
    TotalsRow = "SJM-0804" "totals-row" Info
        "A line of totals was passed over." "Nothing to do.";
    NulBytes = "SJM-0805" "nul-bytes" Warning
        "Zero bytes were left out of this line." "Look at the line; the file may be damaged.";
    HiddenRows = "SJM-0806" "hidden-rows" Warning
        "Rows of the workbook are hidden; they were read like all others." "Show them and look whether they belong there.";
    PartialExport = "SJM-0808" "partial-export" Warning
        "The orders look like a part of the shop's: the export page pre-fills the last 30 days, and an affiliate's own export has only that affiliate's." "Compare with the dashboard: --expect-orders, --expect-revenue.";
    FileRepeated = "SJM-0810" "file-repeated" Warning
        "Every row of this file stands in another one as well, and is read once." "Nothing to do if one is a copy of the other.";
    FileOrder = "SJM-0811" "file-order" Info
        "Rows of one number differ between files; --on-duplicate has chosen by this order." "Name the files in another order, or use --on-duplicate hold, if it is not the right one.";
    OrderGaps = "SJM-0809" "order-gaps" Info
        "Order numbers are missing between the first and the last one." "Nothing to do if those orders were deleted in Sejoli.";
    NativeExport = "SJM-0807" "native-export" Warning
        "The plugin's own export has no product numbers, paid dates or commissions: products are found by title, the order's date stands for the paid date, and nobody earns a commission." "If they are needed, ask Sejoli for the checklist's columns, or make them from the shop's database: `sejoli-migrate extract`.";
}

impl CodeInfo {
    /// What is wrong, in the language that is spoken.
    pub(crate) fn spoken_meaning(&self) -> &'static str {
        said(self.meaning)
    }

    /// What to do about it, in the language that is spoken.
    pub(crate) fn spoken_advice(&self) -> &'static str {
        said(self.advice)
    }
}

impl Code {
    /// Finds a code by `SJM-0101` (in any case) or by its name, `email-invalid`.
    pub fn find(text: &str) -> Option<Code> {
        Code::ALL
            .iter()
            .copied()
            .find(|code| code.info().code.eq_ignore_ascii_case(text) || code.info().name == text)
    }
}

/// A finding about a row or a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was found.
    pub code: Code,
    /// The field that it is about, by the name in [`crate::domain::export_fields`]; `None` for the whole row.
    pub column: Option<&'static str>,
    /// Details that the code does not say, with personal data masked (lesson L29, `docs/lessons.md`); may be
    /// empty.
    pub detail: Detail,
    /// The cell, with personal data masked; filled in once all cells of the row are read.
    pub value: String,
}

impl Finding {
    /// A finding about a field. Personal data in `detail` is masked.
    pub fn at(code: Code, column: &'static str, detail: impl Into<Detail>) -> Self {
        let detail = detail.into().map(|words| redact_message(&redact_quoted_cells(column, words)));
        Self { code, column: Some(column), detail, value: String::new() }
    }

    /// A finding about a whole row or file. Personal data in `detail` is masked.
    pub fn of_row(code: Code, detail: impl Into<Detail>) -> Self {
        Self { code, column: None, detail: detail.into().map(redact_message), value: String::new() }
    }

    /// The severity of its code.
    pub fn severity(&self) -> Severity {
        self.code.info().severity
    }

    /// Whether another row with the same number counts in place of this one.
    pub fn is_repetition(&self) -> bool {
        self.is_same_again() || self.code == Code::DuplicateSuperseded
    }

    /// Whether the row says the same as another one, which counts.
    pub fn is_same_again(&self) -> bool {
        matches!(self.code, Code::DuplicateIdentical | Code::FileRepeated)
    }

    /// Whether it marks a row of a file of which it is said as a whole, so that it is not said of each row.
    pub fn is_said_of_file(&self) -> bool {
        self.code == Code::FileRepeated
    }

    /// Whether it keeps its row out of the import: the row waits, or another row takes its place.
    pub fn excludes_row(&self) -> bool {
        self.severity() >= Severity::Held || self.is_repetition()
    }

    /// The meaning of its code, with the details in parentheses, in English: as it is stored, and as documents have it.
    pub fn reason(&self) -> String {
        with_detail(self.code.info().meaning, self.detail.kept())
    }

    /// The same in the language that is spoken.
    pub(crate) fn spoken(&self) -> String {
        with_detail(said(self.code.info().meaning), self.detail.spoken())
    }
}

fn with_detail(meaning: &str, detail: &str) -> String {
    if detail.is_empty() { meaning.to_owned() } else { format!("{meaning} ({detail})") }
}

/// The finding that decides about a row: the last one of the worst severity.
pub fn decisive_finding(findings: &[Finding]) -> Option<&Finding> {
    findings.iter().max_by_key(|finding| finding.severity())
}

/// The worst severity of some findings; [`Severity::Info`] if there are none.
pub fn worst_severity(findings: &[Finding]) -> Severity {
    findings.iter().map(Finding::severity).max().unwrap_or(Severity::Info)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::is_translated;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_and_name_is_unique_and_found_again() {
        let codes: BTreeSet<_> = Code::ALL.iter().map(|code| code.info().code).collect();
        let names: BTreeSet<_> = Code::ALL.iter().map(|code| code.info().name).collect();
        assert_eq!(codes.len(), Code::ALL.len());
        assert_eq!(names.len(), Code::ALL.len());
        for &code in Code::ALL {
            assert_eq!(Code::find(code.info().code), Some(code));
            assert_eq!(Code::find(code.info().name), Some(code));
        }
    }

    #[test]
    fn what_every_code_says_has_a_translation() {
        let said = Code::ALL.iter().flat_map(|code| [code.info().meaning, code.info().advice]);
        let missing: Vec<_> = said.filter(|text| !is_translated(text)).collect();
        assert_eq!(missing, [""; 0], "lang/id.po has no translation of these");
    }
}
