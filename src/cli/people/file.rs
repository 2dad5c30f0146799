//! Pairs in a file that people fill in: `people export` and `people apply`.

use std::collections::HashMap;
use std::path::Path;

use serde_json::json;

use crate::cli::context::Context;
use crate::cli::people::account::user_id;
use crate::cli::render::people::counted;
use crate::decisions::people::{AccountPair, Pairs};
use crate::decisions::people_sheet::{FORM, PairDecisionCell, REQUIRED, is_as_exported, rows};
use crate::decisions::sheet;
use crate::decisions::sheet::ReadRow;
use crate::domain::person_decision::{PairVerdict, pair_key};
use crate::failure::{ExitCode, Failure};
use crate::language::tr;
use crate::pipeline::decide_people::{DecisionOnPair, PairChoice};

/// Rows that are named in a refusal.
const SHOWN: usize = 10;

/// Writes the file.
///
/// # Errors
/// Those of [`sheet::write`].
pub(super) fn export(
    path: &Path,
    selected: &[&AccountPair],
    replaces: bool,
    context: &Context,
) -> anyhow::Result<ExitCode> {
    sheet::write(path, FORM, &rows(selected), replaces)?;
    let shown = path.display().to_string();
    let text = || {
        tr!(
            "{} in {shown}\n\
             It has names and addresses in full: keep it to yourself.\n\
             Decide in the column \"decision\": the address of the account to keep, APART or\n\
             UNDO.\n\
             Next: sejoli-migrate people apply {shown} --dry-run\n",
            counted(selected.len(), tr!("pair"))
        )
    };
    context.print(text, || Ok(json!({ "schema_version": 1, "file": shown, "pairs": selected.len() })))?;
    Ok(ExitCode::Done)
}

/// The decisions in a file, checked row by row, and against each other.
///
/// # Errors
/// Exit code 6: the file cannot be read; 5: rows cannot be applied, each with its line and why.
pub(super) fn decisions(path: &Path, pairs: &Pairs) -> anyhow::Result<Vec<DecisionOnPair>> {
    let mut checked = CheckedRows::default();
    for row in sheet::read(path, REQUIRED)? {
        let Some(cell) = PairDecisionCell::read(row.cell("decision")) else { continue };
        let line = row.line;
        match decision(&row, &cell, pairs).and_then(|decision| checked.add(line, decision)) {
            Ok(()) => {}
            Err(error) => checked.refused.push(tr!("line {line}: {error}")),
        }
    }
    checked.into_decisions()
}

/// The rows of a file that can be applied together.
#[derive(Default)]
struct CheckedRows {
    decisions: Vec<DecisionOnPair>,
    refused: Vec<String>,
    /// The lines of the pairs.
    pairs: HashMap<String, usize>,
    /// The lines that close an account, by its id.
    closed: HashMap<String, usize>,
    /// The lines that keep an account into which another one is merged.
    kept: HashMap<String, usize>,
}

impl CheckedRows {
    /// An account that one row closes cannot be kept or closed by another one: what would become of it depended on the
    /// order of the rows.
    fn add(&mut self, line: usize, decision: DecisionOnPair) -> anyhow::Result<()> {
        let DecisionOnPair { one, other, choice, .. } = &decision;
        if let Some(before) = self.pairs.insert(pair_key(one, other), line) {
            return Err(Failure::usage(tr!("the same pair as line {before}")));
        }
        if *choice == PairChoice::Merge {
            let taken = [self.closed.get(one), self.closed.get(other), self.kept.get(other)];
            if let Some(before) = taken.into_iter().flatten().next() {
                return Err(Failure::usage(tr!(
                    "line {before} merges one of these accounts, too: apply one of them, then export again"
                )));
            }
            self.closed.insert(other.clone(), line);
            self.kept.insert(one.clone(), line);
        }
        self.decisions.push(decision);
        Ok(())
    }

    fn into_decisions(mut self) -> anyhow::Result<Vec<DecisionOnPair>> {
        if self.refused.is_empty() {
            return Ok(self.decisions);
        }
        let more = self.refused.len().saturating_sub(SHOWN);
        self.refused.truncate(SHOWN);
        if more > 0 {
            self.refused.push(tr!("… and {more} more"));
        }
        Err(Failure::refused(tr!(
            "nothing was decided, because these rows cannot be applied:\n  {}\nCorrect them, or export again",
            self.refused.join("\n  ")
        )))
    }
}

fn decision(row: &ReadRow, cell: &PairDecisionCell<'_>, pairs: &Pairs) -> anyhow::Result<DecisionOnPair> {
    let (one, other) = (row.cell("one_id"), row.cell("other_id"));
    let Some(pair) = pairs.of(one, other) else {
        let is_known = [one, other].iter().all(|id| pairs.users.contact(id).is_some());
        return Err(Failure::usage(match is_known {
            true => tr!("these two are no pair any more"),
            false => tr!("an account is not there any more"),
        }));
    };
    let (kept, closed, choice) = match cell {
        PairDecisionCell::Apart => (one, other, PairChoice::KeepApart),
        PairDecisionCell::Undo => (one, other, PairChoice::Forget),
        PairDecisionCell::Keep(text) => match user_id(pairs, text)? {
            kept if kept == one => (one, other, PairChoice::Merge),
            kept if kept == other => (other, one, PairChoice::Merge),
            _ => return Err(Failure::usage(tr!("the account to keep is neither of the two"))),
        },
    };
    if !is_as_exported(row, pair) && !is_decided_so(pair, choice, kept) {
        return Err(Failure::refused(tr!("it was changed since the export")));
    }
    let why = Some(row.cell("why")).filter(|why| !why.is_empty()).map(str::to_owned);
    Ok(DecisionOnPair { one: kept.to_owned(), other: closed.to_owned(), choice, why })
}

/// Whether a pair is decided already as the row says, so that a file may be applied twice.
fn is_decided_so(pair: &AccountPair, choice: PairChoice, kept: &str) -> bool {
    match (&pair.decision, choice) {
        (None, PairChoice::Forget) => true,
        (Some(decision), PairChoice::KeepApart) => decision.verdict == PairVerdict::KeptApart,
        (Some(decision), PairChoice::Merge) => {
            decision.verdict == PairVerdict::Merged && decision.one == kept
        }
        _ => false,
    }
}
