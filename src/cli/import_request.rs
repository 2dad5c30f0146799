//! How `import` and `retry` ask for an import: both describe it by its context, from which the rest
//! of the request follows.

use std::path::PathBuf;

use crate::cli::args::WriteArgs;
use crate::cli::typed_command::invocation;
use crate::clock::now;
use crate::domain::conventions::AppConventions;
use crate::domain::native_order::ProductsByTitle;
use crate::domain::source_kind::SourceKind;
use crate::domain::source_totals::ExpectedTotals;
use crate::pipeline::partition::{Partition, SharedImport};
use crate::pipeline::read::options::{ParseOptions, RunContext};
use crate::pipeline::request::ImportRequest;
use crate::source::discover::Exports;

/// What the command line says of an import.
pub(crate) struct ImportSettings<'a> {
    /// "all", "orders", "commissions", "memberships" or "affiliates".
    pub(crate) command: &'static str,
    /// The kinds to import.
    pub(crate) kinds: Vec<SourceKind>,
    /// Everything that the result depends on.
    pub(crate) context: RunContext,
    /// Whether orders that were imported before are brought up to date with another product map.
    pub(crate) new_product_map: bool,
    /// How it is written.
    pub(crate) write: &'a WriteArgs,
    /// The part of an import that several processes share.
    pub(crate) partition: Option<Partition>,
    /// The most rows, in hundredths of a percent, that may be held or rejected by the files alone.
    pub(crate) max_rejects: Option<u64>,
    /// The control totals that the files must come to.
    pub(crate) expected: ExpectedTotals,
    /// Where the folder of the run is made.
    pub(crate) out: PathBuf,
    /// How many threads read and check rows; 0 stands for one a core.
    pub(crate) threads: usize,
    /// Whether e-mail addresses and phone numbers are written in full where they are masked.
    pub(crate) show_pii: bool,
}

impl ImportSettings<'_> {
    /// The request of these settings for these files.
    ///
    /// # Errors
    /// A context that cannot be read, because another version has written it.
    pub(crate) fn request(self, exports: &Exports) -> anyhow::Result<ImportRequest<'_>> {
        let parse_options = self.parse_options()?;
        let shared = self.partition.map(|partition| shared(&self.context, partition)).transpose()?;
        Ok(ImportRequest {
            command: self.command,
            kinds: self.kinds,
            exports,
            parse_options,
            as_of_given: self.context.as_of.is_some(),
            batch_size: self.write.batch_size.map(|records| records as usize),
            dry_run: self.write.dry_run,
            create_memberships: self.context.create_memberships,
            restore_deleted: self.context.restore_deleted,
            max_rejects: self.max_rejects,
            expected: self.expected,
            new_product_map: self.new_product_map,
            out: self.out,
            context: self.context.digest()?,
            options: serde_json::to_value(&self.context)?,
            invoked: invocation(),
            products: self.context.products,
            convention_choices: self.write.conventions.clone(),
            conventions: AppConventions::default(),
            site: self.context.site,
            retries: self.write.retry.retries,
            restart: self.write.restart,
            parent: self.context.parent,
            shared,
        })
    }

    fn parse_options(&self) -> anyhow::Result<ParseOptions> {
        let RunContext { zone, date_order, as_of, on_duplicate, products, .. } = &self.context;
        let as_of = as_of.unwrap_or_else(now);
        let mut parse_options = ParseOptions::new(zone.parse()?, *date_order, as_of);
        parse_options.on_duplicate = *on_duplicate;
        parse_options.products_by_title = ProductsByTitle::of(products);
        parse_options.threads = self.threads;
        parse_options.show_pii = self.show_pii;
        Ok(parse_options)
    }
}

/// A part with the contexts of all parts, which differ from its own in nothing but the part.
fn shared(own: &RunContext, partition: Partition) -> anyhow::Result<SharedImport> {
    let context = |part: Partition| RunContext { partition: Some(part.to_string()), ..own.clone() }.digest();
    Ok(SharedImport { partition, contexts: partition.all().map(context).collect::<anyhow::Result<_>>()? })
}
