//! What an import is asked to do; `import` and `retry` both build it.

use std::path::PathBuf;

use crate::domain::product_map::ProductMap;
use crate::domain::source_kind::SourceKind;
use crate::pipeline::partition::SharedImport;
use crate::pipeline::read::options::ParseOptions;
use crate::source::discover::Exports;

/// What an import is asked to do.
#[derive(Debug)]
pub(crate) struct ImportRequest<'a> {
    /// "all", "orders", "memberships" or "affiliates".
    pub command: &'static str,
    /// The kinds to import.
    pub kinds: Vec<SourceKind>,
    /// The files.
    pub exports: &'a Exports,
    /// How they are read.
    pub parse_options: ParseOptions,
    /// Whether `as_of` was given, or is the start of the run.
    pub as_of_given: bool,
    /// The product map.
    pub products: ProductMap,
    /// Records in one transaction.
    pub batch_size: usize,
    /// Whether everything is taken back at the end.
    pub dry_run: bool,
    /// Whether memberships that the map names are created where the app lacks them.
    pub create_memberships: bool,
    /// The most rows, in hundredths of a percent, that may be held or rejected by the files alone.
    pub max_rejects: Option<u64>,
    /// Where the files of the run go.
    pub out: PathBuf,
    /// A name for everything that the result depends on.
    pub context: String,
    /// The options, for the record.
    pub options: serde_json::Value,
    /// How often a failure that passes is met by trying again.
    pub retries: u32,
    /// Whether an interrupted run is left behind and a new one begun.
    pub restart: bool,
    /// The run whose rejects are imported.
    pub parent: Option<String>,
    /// The part of an import that several processes share.
    pub shared: Option<SharedImport>,
}

impl ImportRequest<'_> {
    /// Whether this process does what cannot be shared.
    pub(crate) fn leads(&self) -> bool {
        self.shared.as_ref().is_none_or(|shared| shared.partition.is_first())
    }

    /// Whether the rows of a buyer are this process's.
    pub(crate) fn includes_buyer(&self, buyer: &str) -> bool {
        self.shared.as_ref().is_none_or(|shared| shared.partition.includes(buyer))
    }

    /// The contexts of all parts of the import; none where nobody shares it.
    pub(crate) fn siblings(&self) -> &[String] {
        self.shared.as_ref().map_or(&[], |shared| &shared.contexts)
    }

    /// Whether memberships that the product map names are created where the app lacks them.
    pub(crate) fn creates_memberships(&self) -> bool {
        self.create_memberships && self.kinds.contains(&SourceKind::Memberships)
    }
}
