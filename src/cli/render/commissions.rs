//! What affiliates are owed, beside what the app lets them ask for.

use crate::cli::render::table::table;
use crate::domain::commission_figures::{CommissionFigures, CommissionTable};

/// Affiliates that are listed as text; the document has all of them.
const SHOWN: usize = 20;

/// The sums, and the affiliates who can ask for another sum than they are owed; nothing where there are no affiliates.
pub(crate) fn commissions_text(commissions: &CommissionTable) -> String {
    if commissions.affiliates.is_empty() {
        return String::new();
    }
    let line = |name: &str, figures: &CommissionFigures| {
        let CommissionFigures { earned, owed, requestable, difference, .. } = figures;
        let paid = figures.paid + figures.paid_in_app;
        let amounts = [*earned, paid, *owed, *requestable, *difference];
        std::iter::once(name.to_owned()).chain(amounts.map(|amount| amount.to_string())).collect::<Vec<_>>()
    };
    let differ = || commissions.affiliates.iter().filter(|one| !one.figures.difference.is_zero());
    let mut rows: Vec<Vec<String>> =
        differ().take(SHOWN).map(|one| line(&one.affiliate, &one.figures)).collect();
    rows.push(line("all affiliates", &commissions.total));
    let headings = ["commissions", "earned", "paid out", "owed", "can be requested", "difference"];
    let mut text = format!("\n{}", table(&headings, &rows));
    let more = differ().count().saturating_sub(SHOWN);
    if more > 0 {
        text.push_str(&format!("… and {more} more who differ (--format json lists them all)\n"));
    }
    text
}
