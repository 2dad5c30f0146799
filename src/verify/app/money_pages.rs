//! The affiliates' money on the app's pages: what may be requested, what is shown, what an admin would pay.
//!
//! Where the app has moved money of its own, its figures are more or less than the source's: then a page is only held
//! against what would let more out than is owed.

use crate::domain::money::Money;
use crate::language::tr;
use crate::verify::app::affiliates::AppAffiliate;
use crate::verify::app::facts::AppFacts;
use crate::verify::report::VerifyCheck;

/// What the payout page's gate lets somebody ask for: all conversions less those marked, less what was asked for already.
pub(super) fn requestable(affiliate: &AppAffiliate) -> Money {
    affiliate.all().unpaid() - affiliate.open_payouts
}

/// What may be requested by the source: what is owed, less what no whole commission can make up, and what the app owes itself.
fn owed_in_whole(affiliate: &AppAffiliate) -> Money {
    affiliate.source.earned - affiliate.to_be_marked() + affiliate.of_app().unpaid()
}

/// The gate of the payout page.
pub(super) fn gate(facts: &AppFacts<'_>, affiliate: &AppAffiliate, check: &mut VerifyCheck) {
    let who = || affiliate.who(facts);
    let expected = owed_in_whole(affiliate) - affiliate.open_payouts;
    let shown = requestable(affiliate);
    check.add_figure("can be requested", shown, expected);
    if shown < expected && affiliate.has_money_of_app() {
        check.facts.push(tr!("{}: can request {shown} of {expected}: the app has paid since", who()));
    } else {
        check
            .compare(shown == expected, || tr!("{}: can request {shown}, the source says {expected}", who()));
    }
}

/// One figure of a page.
struct Figure {
    what: &'static str,
    shown: Money,
    expected: Money,
}

/// Compares the figures of a page. `is_exact` says whether the app's own money cannot have changed them.
fn figures<const N: usize>(
    facts: &AppFacts<'_>,
    affiliate: &AppAffiliate,
    figures: [Figure; N],
    check: &mut VerifyCheck,
) {
    for Figure { what, shown, expected } in figures {
        check.add_figure(what, shown, expected);
        if shown != expected && affiliate.has_money_of_app() {
            let who = affiliate.who(facts);
            check.facts.push(tr!(
                "{who}: {what} {shown}, by source and ledger {expected}: the app's own money is in it"
            ));
            continue;
        }
        check.compare(shown == expected, || {
            tr!("{}: {what} {shown}, the source says {expected}", affiliate.who(facts))
        });
    }
}

/// What the app's own entries of the ledger have brought, and what they have paid out.
fn of_ledger(affiliate: &AppAffiliate) -> (Money, Money) {
    let sum = |is: fn(&str) -> bool| -> Money {
        affiliate.entries_of_app.iter().filter(|(kind, _)| is(kind)).map(|(_, amount)| *amount).sum()
    };
    (sum(|kind| kind != "PAYOUT"), -sum(|kind| kind == "PAYOUT"))
}

/// The wallet that should stand there: balance, earned, paid.
fn wallet_by_source(affiliate: &AppAffiliate) -> (Money, Money, Money) {
    let (brought, paid) = of_ledger(affiliate);
    let source = &affiliate.source;
    let earned = source.earned + source.tiers;
    (source.owed() + brought - paid, earned + brought, source.paid + paid)
}

/// The wallet as it is stored.
fn wallet_stored(affiliate: &AppAffiliate) -> (Money, Money, Money) {
    affiliate
        .wallet
        .as_ref()
        .map_or_else(Default::default, |wallet| (wallet.balance, wallet.total_earnings, wallet.total_payout))
}

/// What the wallet's page shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct WalletPage {
    pub(super) balance: Money,
    pub(super) earned: Money,
    pub(super) paid: Money,
}

/// The wallet's page: the app of January 2026 adds up conversions, the one of December 2025 shows the wallet.
pub(super) fn wallet_page(facts: &AppFacts<'_>, affiliate: &AppAffiliate) -> WalletPage {
    let all = affiliate.all();
    let (balance, earned, paid) = match facts.is_newer() {
        true => (all.unpaid(), all.all, all.paid_out),
        false => wallet_stored(affiliate),
    };
    WalletPage { balance, earned, paid }
}

/// Compares the wallet's page.
pub(super) fn wallet(facts: &AppFacts<'_>, affiliate: &AppAffiliate, check: &mut VerifyCheck) {
    let shown = wallet_page(facts, affiliate);
    let expected = match facts.is_newer() {
        true => {
            let owed = owed_in_whole(affiliate);
            let earned = affiliate.source.earned + affiliate.of_app().all;
            (owed, earned, earned - owed)
        }
        false => wallet_by_source(affiliate),
    };
    let page = [
        Figure { what: "balance", shown: shown.balance, expected: expected.0 },
        Figure { what: "earned", shown: shown.earned, expected: expected.1 },
        Figure { what: "paid", shown: shown.paid, expected: expected.2 },
    ];
    figures(facts, affiliate, page, check);
}

/// What the payouts' page shows: in the app of January 2026 the wallet's balance less what was asked for already, in the
/// one of December 2025 what the gate lets through.
pub(super) fn to_be_paid(facts: &AppFacts<'_>, affiliate: &AppAffiliate) -> Money {
    match facts.is_newer() {
        true => wallet_stored(affiliate).0 - affiliate.open_payouts,
        false => requestable(affiliate),
    }
}

/// Compares the payouts' page.
pub(super) fn payouts(facts: &AppFacts<'_>, affiliate: &AppAffiliate, check: &mut VerifyCheck) {
    if !facts.is_newer() {
        return gate(facts, affiliate, check);
    }
    let page = [Figure {
        what: "to be paid",
        shown: to_be_paid(facts, affiliate),
        expected: wallet_by_source(affiliate).0 - affiliate.open_payouts,
    }];
    figures(facts, affiliate, page, check);
}

/// What the dashboard shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dashboard {
    pub(super) earned: Money,
    pub(super) sales: u64,
    pub(super) balance: Money,
}

/// The dashboard: the app of January 2026 shows the wallet's earnings and counts conversions, the one of December 2025 shows
/// the profile's totals.
pub(super) fn dashboard_page(facts: &AppFacts<'_>, affiliate: &AppAffiliate) -> Dashboard {
    let (profile, stored) = (&affiliate.profile, wallet_stored(affiliate));
    let (earned, sales) = match facts.is_newer() {
        true => (stored.1, affiliate.all().number),
        false => (profile.total_earnings, u64::try_from(profile.total_conversions).unwrap_or(0)),
    };
    Dashboard { earned, sales, balance: stored.0 }
}

/// Compares the dashboard.
pub(super) fn dashboard(facts: &AppFacts<'_>, affiliate: &AppAffiliate, check: &mut VerifyCheck) {
    let (balance, earned, _) = wallet_by_source(affiliate);
    let shown = dashboard_page(facts, affiliate);
    let page = [
        Figure { what: "earned", shown: shown.earned, expected: earned },
        Figure { what: "balance", shown: shown.balance, expected: balance },
    ];
    figures(facts, affiliate, page, check);
    let expected_sales = affiliate.source.sales + affiliate.of_app().number;
    check.add_figure("sales", shown.sales, expected_sales);
    if shown.sales == expected_sales || !affiliate.has_money_of_app() {
        check.compare(shown.sales == expected_sales, || {
            tr!("{}: {} sales, the source says {expected_sales}", affiliate.who(facts), shown.sales)
        });
    }
}

/// An admin pays whole conversions that are not marked, out of the wallet: it never lets out more than is owed.
pub(super) fn admin_pay(facts: &AppFacts<'_>, affiliate: &AppAffiliate, check: &mut VerifyCheck) {
    let (unpaid, balance) = (affiliate.all().unpaid(), wallet_stored(affiliate).0);
    if unpaid > balance && affiliate.has_money_of_app() {
        let who = affiliate.who(facts);
        check.facts.push(tr!(
            "{who}: {unpaid} are listed to be paid, the wallet holds {balance}, with the app's own money in it"
        ));
        return;
    }
    check.compare(unpaid <= balance, || {
        let who = affiliate.who(facts);
        tr!("{who}: {unpaid} are listed to be paid, the wallet holds {balance}: the app refuses")
    });
}

/// The boards: the app of January 2026 takes what a conversion names for a user's id, the one of December 2025 joins the
/// profile.
pub(super) fn boards(facts: &AppFacts<'_>, affiliate: &AppAffiliate, check: &mut VerifyCheck) {
    let shown = if facts.is_newer() { affiliate.on_boards } else { affiliate.all() };
    let expected = affiliate.source.earned + affiliate.of_app().all;
    check.add_figure("on the boards", shown.all, expected);
    if shown.all != expected && facts.is_newer() && !affiliate.has_imported_profile() {
        check.facts.push(tr!(
            "{}: the app's own profile has an id of its own: {} of {expected} are on the boards",
            affiliate.who(facts),
            shown.all
        ));
        return;
    }
    check.compare(shown.all == expected, || {
        tr!("{}: {} on the boards, the source says {expected}", affiliate.who(facts), shown.all)
    });
}
