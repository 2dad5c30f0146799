//! The result of an import, as the command line renders it.

use std::path::PathBuf;

use crate::domain::books::Books;
use crate::domain::commission_figures::CommissionTable;
use crate::domain::finding::Finding;
use crate::domain::source_totals::SourceTotals;
use crate::pipeline::phases_of_app::PRODUCT_KINDS;
use crate::pipeline::read::first_pass_counts::{OrderTotals, ProductSeen};
use crate::source::FileNote;
use crate::store::history::runs::Run;

/// The result of an import.
#[derive(Debug)]
pub(crate) struct ImportOutcome {
    /// The run, with its books in the checkpoint.
    pub run: Run,
    /// The run whose rejects were imported.
    pub parent: Option<String>,
    /// Whether everything was rolled back.
    pub dry_run: bool,
    /// The totals of the orders that the first pass has read.
    pub totals: OrderTotals,
    /// What the files come to, for control totals.
    pub source_totals: SourceTotals,
    /// The files that were written to the run's folder.
    pub files: Vec<PathBuf>,
    /// Products that the product map lacks, with their numbers or titles.
    pub unmapped: Vec<(String, ProductSeen)>,
    /// Which files repeat others, and by which order of the files rows were chosen, by the files' names.
    pub file_notes: Vec<(String, FileNote)>,
    /// Findings of the settlement.
    pub notes: Vec<Finding>,
    /// Plans that open nothing, and what of access was left as the app has left it.
    pub access: Vec<Finding>,
    /// What each affiliate is owed of the commissions, and can ask for.
    pub commissions: CommissionTable,
}

impl ImportOutcome {
    /// The books of the phase that brought the orders of earlier runs up to date, if there was one.
    pub(crate) fn remapped(&self) -> Option<&Books> {
        let mut books = self.run.checkpoint.books.iter();
        books.find(|(phase, _)| phase == PRODUCT_KINDS).map(|(_, books)| books)
    }

    /// The books of all phases together.
    pub(crate) fn books(&self) -> Books {
        Books::of_all(&self.run.checkpoint.books)
    }
}
