//! How far a phase has come, in the words of a line of progress.

use std::time::Duration;

use crate::cli::render::table::number;
use crate::cli::render::terms;
use crate::domain::money::Money;
use crate::language::{current, tr};
use crate::terminal::WIDTH;

/// The least place of a phase's name before a bar.
pub(super) const PHASE_WIDTH: usize = 12;
/// The least place of a bar.
const BAR_WIDTH: usize = 8;

/// How far a phase has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ProgressFigures {
    /// The records that are done.
    pub(super) done: u64,
    /// All of them; 0 where that is not known.
    pub(super) total: u64,
    /// What those that are done come to.
    pub(super) amount: Money,
    /// Since the phase began.
    pub(super) elapsed: Duration,
}

impl ProgressFigures {
    /// `5,000 of 18,600`, or `5,000` where nobody knows how many there are.
    fn done_text(&self) -> String {
        match self.total {
            0 => number(self.done),
            total => tr!("{} of {}", number(self.done), number(total)),
        }
    }

    /// Records a second; nothing before there is a rate.
    fn rate_text(&self) -> Option<String> {
        let millis = u64::try_from(self.elapsed.as_millis()).ok()?;
        let rate = (self.done * 1_000).checked_div(millis).filter(|rate| *rate > 0)?;
        Some(tr!("{} a second", number(rate)))
    }

    /// The rupiah; nothing where the records have no amounts.
    fn amount_text(&self) -> Option<String> {
        (!self.amount.is_zero()).then(|| self.amount.to_string())
    }

    /// The time that is left at this rate; nothing where that cannot be told.
    fn left_text(&self) -> Option<String> {
        let left = self.total.checked_sub(self.done).filter(|left| *left > 0)?;
        let seconds =
            (u128::from(left) * self.elapsed.as_millis()).checked_div(u128::from(self.done) * 1_000)?;
        Some(tr!("{} left", current().span(i64::try_from(seconds).ok()? * 1_000)))
    }

    /// What stands beside a bar: as much as leaves the bar its place, and what is asked for most first.
    pub(super) fn beside_bar(&self, phase: &str) -> String {
        let before = phase_text(phase).chars().count().max(PHASE_WIDTH) + BAR_WIDTH + 2;
        let room = WIDTH.saturating_sub(before);
        let mut text = self.done_text();
        for more in [self.left_text(), self.amount_text(), self.rate_text()].into_iter().flatten() {
            if text.chars().count() + 2 + more.chars().count() <= room {
                text.push_str("  ");
                text.push_str(&more);
            }
        }
        text
    }

    /// Everything in one line.
    pub(super) fn line(&self, phase: &str) -> String {
        let more = [self.rate_text(), self.amount_text(), self.left_text()];
        let more: String = more.into_iter().flatten().map(|text| format!(", {text}")).collect();
        format!("{}: {}{more}", phase_text(phase), self.done_text())
    }
}

/// The name of a phase in the language that is spoken.
pub(super) fn phase_text(phase: &str) -> String {
    match phase.strip_prefix("rehearsing ") {
        Some(phase) => tr!("rehearsing {}", terms::phase(phase)),
        None => terms::phase(phase),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(done: u64, total: u64, rupiah: i64, seconds: u64) -> ProgressFigures {
        ProgressFigures { done, total, amount: Money::rupiah(rupiah), elapsed: Duration::from_secs(seconds) }
    }

    #[test]
    fn a_line_of_progress_says_rate_rupiah_and_the_time_that_is_left() {
        assert_eq!(
            figures(5_000, 20_000, 1_250_000_000, 2).line("orders"),
            "orders: 5,000 of 20,000, 2,500 a second, Rp 1,250,000,000, 6.0 s left"
        );
    }

    #[test]
    fn what_is_not_known_is_not_said() {
        assert_eq!(figures(0, 20_000, 0, 0).line("orders"), "orders: 0 of 20,000");
        assert_eq!(figures(7, 0, 0, 0).line("reading"), "reading: 7");
        assert_eq!(figures(20_000, 20_000, 0, 4).line("orders"), "orders: 20,000 of 20,000, 5,000 a second");
    }

    #[test]
    fn a_bar_and_what_stands_beside_it_fit_a_terminal() {
        let shop = figures(9_300, 18_600, 1_975_000_000, 4);
        assert_eq!(shop.beside_bar("orders"), "9,300 of 18,600  4.0 s left  Rp 1,975,000,000");
        let large = figures(1_234_567, 5_000_000, 3_950_000_000_000, 3_000);
        for (phase, figures) in [("orders", shop), ("rehearsing memberships", large), ("memberships", large)]
        {
            let width = phase.chars().count().max(PHASE_WIDTH) + figures.beside_bar(phase).chars().count();
            assert!(width + BAR_WIDTH + 2 <= WIDTH, "{phase}: {width}");
        }
        assert_eq!(large.beside_bar("memberships"), "1,234,567 of 5,000,000  2 h 32 min left  411 a second");
    }
}
