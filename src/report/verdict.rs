//! May the shop go live? What forbids it, and what somebody has to decide first.

use serde::Serialize;

use crate::domain::books::Books;
use crate::domain::money::Money;
use crate::domain::run_kind::RunKind;
use crate::reconciliation::affiliates::{CodeRow, CodeState};
use crate::reconciliation::{Reconciliation, Tally};
use crate::report::RunReport;
use crate::report::app_pages::{AppPage, PageState};
use crate::report::details::RunDetails;
use crate::store::schema::words::RunState;

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// Nothing stands against it.
    Yes,
    /// Somebody has to decide something, or to look at it.
    AfterDecisions,
    /// Something is wrong.
    No,
}

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct VerdictReason {
    /// Its name, which renderers have words for.
    pub(crate) key: &'static str,
    /// What it means for the answer.
    pub(crate) answer: Answer,
    /// How many it concerns.
    pub(crate) count: i64,
    /// How much money it concerns; none where no money does.
    pub(crate) amount: Option<Money>,
}

/// The verdict: the worst of its reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Verdict {
    /// May the shop go live?
    pub(crate) go_live: Answer,
    /// Why not, the worst first.
    pub(crate) reasons: Vec<VerdictReason>,
}

/// Judges a run and the database.
pub(super) fn of(
    run: &RunReport,
    details: &RunDetails,
    reconciliation: &Reconciliation,
    pages: &[AppPage],
    is_interrupted: bool,
) -> Verdict {
    let mut reasons = of_the_run(run, is_interrupted);
    reasons.extend(of_nothing(run, details, reconciliation));
    reasons.extend(of_the_money(reconciliation));
    let wrong = pages.iter().filter(|page| page.state == PageState::Differs).count();
    reasons.push(counted("pages_differ", Answer::No, wrong));
    reasons.extend(to_decide(run, reconciliation));
    reasons.retain(|reason| reason.count != 0);
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.answer));
    let go_live = reasons.iter().map(|reason| reason.answer).max().unwrap_or(Answer::Yes);
    Verdict { go_live, reasons }
}

fn reason(key: &'static str, answer: Answer, tally: Tally) -> VerdictReason {
    VerdictReason { key, answer, count: tally.count, amount: Some(tally.amount) }
}

fn counted(key: &'static str, answer: Answer, count: usize) -> VerdictReason {
    VerdictReason { key, answer, count: i64::try_from(count).unwrap_or(i64::MAX), amount: None }
}

fn of_the_run(run: &RunReport, is_interrupted: bool) -> Vec<VerdictReason> {
    let state = |is: RunState| usize::from(run.state == is);
    let unbalanced = run.phases.iter().filter(|(_, books)| books.balance().is_err()).count();
    vec![
        counted("run_not_complete", Answer::No, state(RunState::Running) + state(RunState::Superseded)),
        counted("run_rolled_back", Answer::No, state(RunState::RolledBack) + state(RunState::RollingBack)),
        counted("interrupted", Answer::No, usize::from(is_interrupted && run.state != RunState::Running)),
        counted("books_unbalanced", Answer::No, unbalanced),
    ]
}

/// Every sum of nothing adds up (L38). Of several parts one may well have nobody to import.
fn of_nothing(run: &RunReport, details: &RunDetails, reconciliation: &Reconciliation) -> [VerdictReason; 2] {
    let nothing_stands =
        run.orders.is_empty() && run.memberships.is_empty() && reconciliation.codes.is_empty();
    let is_import = RunKind::of(&run.command).is_import() && details.partition.is_none();
    let nothing_read = Books::of_all(&run.phases).read.rows == 0 && run.state == RunState::Completed;
    [
        counted("nothing_imported", Answer::No, usize::from(nothing_stands)),
        counted("nothing_read", Answer::AfterDecisions, usize::from(is_import && nothing_read)),
    ]
}

fn of_the_money(reconciliation: &Reconciliation) -> Vec<VerdictReason> {
    let gaps = reconciliation.statements.iter().filter(|statement| !statement.adds_up).count();
    let checks = reconciliation.checks.iter().filter(|check| !check.holds).count();
    let people = &reconciliation.people;
    let beyond: Tally = people
        .iter()
        .filter(|row| row.beyond_wallet.is_positive())
        .map(|row| Tally::one(row.beyond_wallet))
        .sum();
    let below: Tally =
        people.iter().filter(|row| row.wallet < Money::ZERO).map(|row| Tally::one(row.wallet)).sum();
    // Of the first tier, and of those above it.
    let line = |key: &str| -> Tally {
        let statements = ["commission", "upper_tiers"].map(|name| reconciliation.statement(name));
        let lines = statements.into_iter().flatten().filter_map(|statement| statement.line(key));
        lines.map(|line| line.tally).sum()
    };
    vec![
        counted("does_not_add_up", Answer::No, gaps + checks),
        reason("requestable_beyond_wallet", Answer::No, beyond),
        reason("wallet_below_zero", Answer::No, below),
        reason("uncredited", Answer::No, line("uncredited")),
        reason("of_nobody", Answer::No, line("of_nobody")),
    ]
}

fn to_decide(run: &RunReport, reconciliation: &Reconciliation) -> Vec<VerdictReason> {
    let (waiting, review) = (&reconciliation.waiting, &reconciliation.review);
    let codes = |state: CodeState| -> Tally {
        let waits = |code: &&CodeRow| code.state == Some(state);
        reconciliation.codes.iter().filter(waits).map(|code| Tally::one(code.waiting.amount)).sum()
    };
    let other_rows = run.waiting.iter().filter(|(kind, ..)| kind != "orders").map(|(.., rows)| *rows).sum();
    let lines = reconciliation.statements.iter().flat_map(|statement| &statement.lines);
    let line =
        |key: &str| lines.clone().find(|line| line.key == key).map(|line| line.tally).unwrap_or_default();
    vec![
        reason("orders_waiting", Answer::AfterDecisions, waiting.all()),
        VerdictReason {
            amount: None,
            ..reason(
                "other_rows_waiting",
                Answer::AfterDecisions,
                Tally { count: other_rows, ..Tally::default() },
            )
        },
        reason("changes_waiting", Answer::AfterDecisions, waiting.changes),
        reason("pending_affiliates", Answer::AfterDecisions, codes(CodeState::Pending)),
        reason("unknown_affiliates", Answer::AfterDecisions, codes(CodeState::Unknown)),
        reason("without_code", Answer::AfterDecisions, line("without_code")),
        reason("paid_too_much", Answer::AfterDecisions, line("paid_too_much")),
        reason("without_entry", Answer::AfterDecisions, line("without_entry")),
        reason("high_amounts", Answer::AfterDecisions, review.high_total),
        reason("commission_mismatches", Answer::AfterDecisions, review.mismatch_total),
        // There is always something to do before, and it says nothing against the import.
        counted("tasks_before", Answer::Yes, run.operator.tasks.iter().filter(|task| task.before).count()),
    ]
}
