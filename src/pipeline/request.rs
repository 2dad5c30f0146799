//! The request of an import, which `import` and `retry` both build.

use std::path::PathBuf;

use crate::domain::batch_size;
use crate::domain::conventions::{AppConventions, ConventionChoice};
use crate::domain::product_map::ProductMap;
use crate::domain::source_kind::SourceKind;
use crate::domain::source_totals::ExpectedTotals;
use crate::pipeline::conventions::ChosenConventions;
use crate::pipeline::partition::SharedImport;
use crate::pipeline::read::options::ParseOptions;
use crate::source::discover::Exports;
use crate::store::history::runs::Invocation;

/// The request of an import.
#[derive(Debug)]
pub(crate) struct ImportRequest<'a> {
    /// "all", "orders", "commissions", "memberships" or "affiliates".
    pub command: &'static str,
    /// The kinds to import.
    pub kinds: Vec<SourceKind>,
    /// The files to import.
    pub exports: &'a Exports,
    /// How the files are read.
    pub parse_options: ParseOptions,
    /// Whether `as_of` was given, or is the start of the run.
    pub as_of_given: bool,
    /// The product map.
    pub products: ProductMap,
    /// The number of records in one transaction; `None` leaves it to the size of the shop.
    pub batch_size: Option<usize>,
    /// Whether everything is rolled back at the end.
    pub dry_run: bool,
    /// Whether to create memberships that the product map names and the app lacks.
    pub create_memberships: bool,
    /// Whether what the app has deleted or emptied is written again.
    pub restore_deleted: bool,
    /// The maximum share of rows that may be held or rejected before anything is written, in hundredths of a
    /// percent.
    pub max_rejects: Option<u64>,
    /// The control totals that the files must come to before anything is written (L3).
    pub expected: ExpectedTotals,
    /// Whether orders that were imported before are brought up to date with the product map.
    pub new_product_map: bool,
    /// The folder under which the run's own folder is made.
    pub out: PathBuf,
    /// The hash of everything that the result depends on.
    pub context: String,
    /// The options, as they are stored with the run.
    pub options: serde_json::Value,
    /// How the command was typed, to be shown when it is interrupted.
    pub invoked: Invocation,
    /// Number of retries after transient failures.
    pub retries: u32,
    /// What the command line says of the app's conventions.
    pub convention_choices: Vec<ConventionChoice>,
    /// The conventions by which rows are written; chosen when the import begins.
    pub conventions: AppConventions,
    /// The address of the app's site, without a slash at its end.
    pub site: Option<String>,
    /// Whether to abandon an interrupted run and begin a new one.
    pub restart: bool,
    /// The run whose rejects are imported again.
    pub parent: Option<String>,
    /// This process's part, if several processes share the import.
    pub shared: Option<SharedImport>,
}

impl ImportRequest<'_> {
    /// Records in one transaction of a phase with so many of them.
    pub(crate) fn records_a_batch(&self, records: u64) -> usize {
        self.batch_size.unwrap_or_else(|| batch_size::usual(records))
    }

    /// Takes over the conventions that were chosen, which the run records.
    ///
    /// # Errors
    /// Those of serialising them.
    pub(crate) fn adopt(&mut self, chosen: &ChosenConventions) -> anyhow::Result<()> {
        self.conventions = chosen.conventions;
        self.options["conventions"] = serde_json::to_value(chosen.conventions)?;
        self.options["convention_evidence"] = serde_json::to_value(&chosen.evidence)?;
        Ok(())
    }

    /// Whether this process does the work that cannot be shared.
    pub(crate) fn leads(&self) -> bool {
        self.shared.as_ref().is_none_or(|shared| shared.partition.is_first())
    }

    /// Whether this process imports the rows of a buyer.
    pub(crate) fn includes_buyer(&self, buyer: &str) -> bool {
        self.shared.as_ref().is_none_or(|shared| shared.partition.includes(buyer))
    }

    /// The contexts of all parts of the import; empty if it is not shared.
    pub(crate) fn siblings(&self) -> &[String] {
        self.shared.as_ref().map_or(&[], |shared| &shared.contexts)
    }

    /// Whether this import creates memberships that the product map names and the app lacks.
    pub(crate) fn creates_memberships(&self) -> bool {
        self.create_memberships && self.kinds.contains(&SourceKind::Memberships)
    }
}
