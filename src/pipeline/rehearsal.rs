//! A rehearsal: the import's own way to its end in a transaction that is taken back, to count what would be held or
//! rejected for whatever reason before anything is written.

use crate::domain::money::Money;
use crate::failure::Failure;
use crate::language::tr;
use crate::pipeline::outcome::ImportOutcome;
use crate::pipeline::progress::Progress;

/// Names the phases of a rehearsal as such.
#[allow(missing_debug_implementations)]
pub(super) struct RehearsalProgress<'a>(pub(super) &'a mut dyn Progress);

impl Progress for RehearsalProgress<'_> {
    fn begin(&mut self, phase: &str, total: u64) {
        self.0.begin(&format!("rehearsing {phase}"), total);
    }

    fn advance(&mut self, records: u64) {
        self.0.advance(records);
    }

    fn amount(&mut self, so_far: Money) {
        self.0.amount(so_far);
    }

    fn say(&mut self, line: &str) {
        self.0.say(line);
    }
}

/// Refuses an import of which too much would be held or rejected. `limit` is in hundredths of a percent. The files
/// of a rehearsal stay where they say why, and go otherwise.
///
/// # Errors
/// Exit code 5, with the figures and the folder that lists the rows.
pub(super) fn judge(done: &ImportOutcome, limit: u64) -> anyhow::Result<()> {
    let books = done.books();
    let (left, read) = (books.left(), books.read.rows);
    let folder = done.run.checkpoint.folder.clone().unwrap_or_default();
    if left * 10_000 > limit * read {
        return Err(Failure::refused(tr!(
            "{left} of {read} rows would be held or rejected, more than --max-rejects allows; nothing was written \
             ({folder} lists them)"
        )));
    }
    // Its name is of this moment, so nothing else can be in it; what cannot be removed does no harm.
    let _ = std::fs::remove_dir_all(folder);
    Ok(())
}
