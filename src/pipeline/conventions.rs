//! By which of the app's conventions an import writes: those that the first import has chosen, else what the app's schema
//! and its own rows show, with what the command line says.

use crate::domain::conventions::{AppConventions, ConventionChoice, ConventionEvidence};
use crate::failure::Failure;
use crate::language::tr;
use crate::store::queries;
use crate::store::schema::words::RunState;
use crate::store::session::store::Store;

/// The conventions of an import, and where they come from.
#[derive(Clone, Debug)]
pub(crate) struct ChosenConventions {
    /// What the import writes by.
    pub(crate) conventions: AppConventions,
    /// What the schema and the app's rows show now.
    pub(crate) evidence: ConventionEvidence,
    /// The run whose choice is kept; none where this import is the first to choose.
    pub(crate) kept_from: Option<String>,
}

impl ChosenConventions {
    /// What was found and what follows, for a person.
    pub(crate) fn block(&self) -> String {
        let mut lines = vec![tr!("what the app shows of its conventions:").to_owned()];
        lines.extend(self.evidence.lines().into_iter().map(|line| format!("  {line}")));
        lines.push(match &self.kept_from {
            Some(run) => tr!("  written by    {} (as chosen by run {run})", self.conventions),
            None => tr!("  written by    {}", self.conventions),
        });
        lines.join("\n")
    }
}

/// Chooses the conventions.
///
/// # Errors
/// Exit code 5 where an import is interrupted that writes by others than those that are named; the database's errors.
pub(crate) fn choose(
    store: &mut Store,
    choices: &[ConventionChoice],
    restart: bool,
) -> anyhow::Result<ChosenConventions> {
    let evidence = queries::conventions::evidence(store)?;
    let kept = queries::conventions::recorded(store)?;
    let conventions = match &kept {
        Some((_, conventions)) => *conventions,
        None => evidence.conventions(),
    };
    let chosen = conventions.with(choices);
    if let Some((run, _)) = kept.as_ref().filter(|_| chosen != conventions && !restart)
        && run.state == RunState::Running
    {
        return Err(Failure::refused(tr!(
            "run {} was interrupted and writes by {conventions}; leave --convention out to go on with it, or begin \
             anew with --restart",
            run.id
        )));
    }
    let kept_from = kept.filter(|_| chosen == conventions).map(|(run, _)| run.id);
    Ok(ChosenConventions { conventions: chosen, evidence, kept_from })
}
