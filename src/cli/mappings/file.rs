//! Mappings in a file that people fill in: `mappings export` and `mappings apply`.

use std::collections::HashMap;
use std::path::Path;

use serde_json::json;

use crate::cli::context::Context;
use crate::cli::mappings::choices::choice;
use crate::cli::render::table::number;
use crate::decisions::mapping_sheet::{FORM, MappingDecisionCell, REQUIRED, is_as_exported, rows};
use crate::decisions::mappings::{MappingCase, MappingCases};
use crate::decisions::sheet;
use crate::decisions::sheet::ReadRow;
use crate::domain::text::excerpt;
use crate::failure::{ExitCode, Failure};
use crate::language::tr;
use crate::pipeline::plan::mapping_decisions::{MappingChoice, MappingDecision};

/// Rows that are named in a refusal.
const SHOWN: usize = 10;

/// Writes the file.
///
/// # Errors
/// Those of [`sheet::write`].
pub(super) fn export(
    path: &Path,
    cases: &MappingCases,
    selected: &[&MappingCase],
    replaces: bool,
    context: &Context,
) -> anyhow::Result<ExitCode> {
    sheet::write(path, FORM, &rows(cases, selected), replaces)?;
    let shown = path.display().to_string();
    let text = || {
        tr!(
            "{} mappings in {shown}\n\
             It has names, addresses and numbers in full: keep it to yourself.\n\
             Decide in the column \"decision\": a user's address or id, NEW, REJECT or UNDO.\n\
             Next: sejoli-migrate mappings apply {shown} --dry-run\n",
            number(selected.len() as u64)
        )
    };
    context.print(text, || Ok(json!({ "schema_version": 1, "file": shown, "mappings": selected.len() })))?;
    Ok(ExitCode::Done)
}

/// The decisions in a file, checked row by row.
///
/// # Errors
/// Exit code 6: the file cannot be read; 5: rows cannot be applied, each with its line and why.
pub(super) fn decisions(path: &Path, cases: &MappingCases) -> anyhow::Result<Vec<MappingDecision>> {
    let mut lines: HashMap<String, usize> = HashMap::new();
    let (mut decisions, mut refused) = (Vec::new(), Vec::new());
    for row in sheet::read(path, REQUIRED)? {
        let Some(cell) = MappingDecisionCell::read(row.cell("decision")) else { continue };
        match decision(&row, &cell, cases) {
            Ok(decision) => match lines.insert(decision.code.clone(), row.line) {
                Some(before) => refused.push(tr!("line {}: the same code as line {before}", row.line)),
                None => decisions.push(decision),
            },
            Err(error) => refused.push(tr!("line {}, {}: {error}", row.line, excerpt(row.cell("code"), 40))),
        }
    }
    if refused.is_empty() {
        return Ok(decisions);
    }
    let more = refused.len().saturating_sub(SHOWN);
    refused.truncate(SHOWN);
    if more > 0 {
        refused.push(tr!("… and {more} more"));
    }
    Err(Failure::refused(tr!(
        "nothing was decided, because these rows cannot be applied:\n  {}\nCorrect them, or export again",
        refused.join("\n  ")
    )))
}

fn decision(
    row: &ReadRow,
    cell: &MappingDecisionCell<'_>,
    cases: &MappingCases,
) -> anyhow::Result<MappingDecision> {
    let Some(case) = cases.find(row.cell("code")) else {
        return Err(Failure::usage(tr!("no affiliate has this code")));
    };
    let choice = choice(cell, &cases.users)?;
    if !is_as_exported(row, case) && !is_decided_so(case, &choice) {
        return Err(Failure::refused(tr!("it was changed since the export")));
    }
    let why = Some(row.cell("why")).filter(|why| !why.is_empty()).map(str::to_owned);
    Ok(MappingDecision { code: case.code.clone(), choice, why })
}

/// Whether a mapping says already what is chosen, so that a file may be applied twice.
fn is_decided_so(case: &MappingCase, choice: &MappingChoice) -> bool {
    let user = case.user.as_ref();
    match choice {
        MappingChoice::User(id) => case.status == "VERIFIED" && user.is_some_and(|user| user.id == *id),
        MappingChoice::NewUser(email) => {
            let wanted = email.as_ref().map(|email| email.as_str()).or(case.email.as_deref());
            case.status == "VERIFIED" && user.is_some_and(|user| Some(user.email.as_str()) == wanted)
        }
        MappingChoice::Reject => case.status == "REJECTED",
        MappingChoice::Undo => case.status == "PENDING",
    }
}
