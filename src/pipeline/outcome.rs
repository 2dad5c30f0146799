//! What an import has done, for whoever renders it.

use std::path::PathBuf;

use crate::domain::books::Books;
use crate::domain::finding::Finding;
use crate::pipeline::read::first_pass_counts::{OrderTotals, ProductSeen};
use crate::store::history::runs::Run;

/// What an import has done.
#[derive(Debug)]
pub(crate) struct ImportOutcome {
    /// The run.
    pub run: Run,
    /// The run whose rejects were imported.
    pub parent: Option<String>,
    /// Whether everything was taken back.
    pub dry_run: bool,
    /// What the first pass has counted.
    pub totals: OrderTotals,
    /// The files that were written for people.
    pub files: Vec<PathBuf>,
    /// Products that the map does not have: number, orders, revenue.
    pub unmapped: Vec<(String, ProductSeen)>,
    /// What the settlement has noticed.
    pub notes: Vec<Finding>,
}

impl ImportOutcome {
    /// The books of all phases together.
    pub(crate) fn books(&self) -> Books {
        let mut books = Books::default();
        for (_, phase) in &self.run.checkpoint.books {
            books.merge(phase);
        }
        books
    }
}
