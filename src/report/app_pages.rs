//! What the app's pages show of the imported shop, beside what the source says. It is looked at whenever a report is made,
//! by the functions of `verify`: a result that had been kept would go on looking green.

use serde::Serialize;

use crate::store::session::store::Store;
use crate::verify;
use crate::verify::{FigureValue, OrderListener, PageFigure, VerifyCheck};

/// Whether a page shows what the source says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PageState {
    /// It does, in everything that was compared.
    AsTheSource,
    /// It does but for money that the app has moved itself since.
    AppsOwnMoney,
    /// It does not.
    Differs,
    /// Nothing of the imported shop is on it.
    Nothing,
    /// It was not looked at, which is not the same as no difference.
    NotLookedAt,
}

/// A page of the app, or a question that one of its jobs asks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct AppPage {
    /// Its name.
    pub(crate) page: String,
    /// Whether it shows what the source says.
    pub(crate) state: PageState,
    /// What it shows, in the plural: people, affiliates, orders.
    pub(crate) unit: &'static str,
    /// How many of them were looked at.
    pub(crate) rows: u64,
    /// How many of them it shows otherwise than the source says; none where it shows no rows.
    pub(crate) concerned: Option<u64>,
    /// Values that it shows otherwise than the source says.
    pub(crate) differences: u64,
    /// What it adds up, over all of them.
    pub(crate) figures: Vec<PageFigure>,
    /// The first differences.
    pub(crate) examples: Vec<String>,
    /// Why it was not looked at.
    pub(crate) not_looked_at: Option<String>,
}

/// How many differences of one page are given as examples; `verify` has all of them.
const EXAMPLES: usize = 10;

/// Looks at all pages. Who else wants to know something of the database is told of all orders, and is asked a question at the end.
///
/// # Errors
/// The database's errors, and those of the other; a difference is none.
pub(super) fn gather<T: Send>(
    store: &mut Store,
    second: impl FnOnce() -> anyhow::Result<Store> + Send,
    show_pii: bool,
    other: (OrderListener<'_>, impl FnOnce(&mut Store) -> anyhow::Result<T> + Send),
) -> anyhow::Result<(Vec<AppPage>, T)> {
    let (checks, answer) = verify::of_app_beside(store, second, show_pii, other)?;
    Ok((checks.into_iter().map(page).collect(), answer))
}

fn page(check: VerifyCheck) -> AppPage {
    AppPage {
        page: check.name.trim_start_matches("app: ").to_owned(),
        state: state(&check),
        unit: check.unit,
        rows: check.rows,
        concerned: check.concerned,
        differences: check.differences,
        figures: check.figures,
        examples: check.found.into_iter().take(EXAMPLES).map(|difference| difference.what).collect(),
        not_looked_at: check.skipped,
    }
}

fn state(check: &VerifyCheck) -> PageState {
    let is_shown = |figure: &PageFigure| figure.shown == figure.expected;
    match check {
        check if check.skipped.is_some() => PageState::NotLookedAt,
        check if check.differences > 0 => PageState::Differs,
        check if check.values == 0 => PageState::Nothing,
        check if !check.figures.iter().all(is_shown) => PageState::AppsOwnMoney,
        _ => PageState::AsTheSource,
    }
}

impl AppPage {
    /// Its figures; of a page that adds up nothing, how many rows it shows as the source says.
    pub(crate) fn all_figures(&self) -> Vec<PageFigure> {
        if !self.figures.is_empty() {
            return self.figures.clone();
        }
        let (expected, wrong) = (self.rows, self.concerned.unwrap_or(self.differences));
        let shown = expected.saturating_sub(wrong);
        vec![PageFigure {
            what: self.unit,
            shown: FigureValue::from(shown),
            expected: FigureValue::from(expected),
        }]
    }
}
