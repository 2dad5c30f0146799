//! What affiliates are owed, beside what the app lets them ask for.

use crate::cli::render::table::table;
use crate::domain::commission_figures::{CommissionFigures, CommissionTable};
use crate::language::tr;

/// Affiliates that are listed as text; the document has all of them.
const SHOWN: usize = 10;

/// The sums, and the affiliates who can ask for another sum than they are owed; nothing where there are no affiliates.
pub(crate) fn commissions_text(commissions: &CommissionTable) -> String {
    if commissions.affiliates.is_empty() {
        return String::new();
    }
    // Where there are upper tiers, the columns that the document has as well make room for them.
    let has_tiers = !commissions.total.higher_tiers.is_zero();
    let line = |name: &str, figures: &CommissionFigures| {
        let CommissionFigures { earned, owed, requestable, higher_tiers, difference, .. } = *figures;
        let paid = figures.paid + figures.paid_in_app;
        let amounts = match has_tiers {
            true => vec![owed, requestable, higher_tiers, difference],
            false => vec![earned, paid, owed, requestable, difference],
        };
        let amounts = amounts.into_iter().map(|amount| amount.to_string());
        std::iter::once(name.to_owned()).chain(amounts).collect::<Vec<_>>()
    };
    let differ = || commissions.affiliates.iter().filter(|one| !one.figures.difference.is_zero());
    let mut rows: Vec<Vec<String>> =
        differ().take(SHOWN).map(|one| line(&one.affiliate, &one.figures)).collect();
    rows.push(line(tr!("all affiliates"), &commissions.total));
    let headings: &[&str] = match has_tiers {
        true => &[tr!("commissions"), tr!("owed"), tr!("requestable"), tr!("upper tiers"), tr!("difference")],
        false => &[
            tr!("commissions"),
            tr!("earned"),
            tr!("paid out"),
            tr!("owed"),
            tr!("can be requested"),
            tr!("difference"),
        ],
    };
    let mut text = format!("\n{}", table(headings, &rows));
    if has_tiers {
        text.push_str(tr!(
            "upper tiers: owed of tiers above the first; the app's payout page cannot ask for it,\n\
             so pay it out of the wallets by hand\n"
        ));
    }
    let more = differ().count().saturating_sub(SHOWN);
    if more > 0 {
        text.push_str(&tr!("… and {more} more who differ (`report` lists them all)\n"));
    }
    text
}
