//! How the files of a run are read, and the context that identifies the run.

use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::domain::cell_reader::CellRules;
use crate::domain::date::{DateOrder, DateRules, Millis, SourceZone};
use crate::domain::money::MoneyStyle;
use crate::domain::native_order::ProductsByTitle;
use crate::domain::product_map::ProductMap;
use crate::domain::source_kind::SourceKind;
use crate::language::tr;
use crate::pipeline::read::on_duplicate::OnDuplicate;
use crate::source::discover::Exports;
use crate::source::file_options::FileOptions;
use crate::source::product_map_file;
use crate::store::codec::value::JsonText;

/// How the files of a run are read.
#[derive(Clone, Debug)]
pub(crate) struct ParseOptions {
    /// The rules for cells.
    pub rules: CellRules,
    /// The time that is used as now wherever a result depends on it.
    pub as_of: Millis,
    /// What to do with rows of one key and different content.
    pub on_duplicate: OnDuplicate,
    /// Products by title, for exports that have no product numbers.
    pub products_by_title: ProductsByTitle,
    /// Number of threads that parse rows.
    pub threads: usize,
    /// The maximum number of characters in a cell, if the database has one.
    pub longest: Option<usize>,
    /// Whether e-mail addresses and phone numbers are shown unmasked.
    pub show_pii: bool,
}

impl ParseOptions {
    /// Options with this time zone and date order, and defaults for the rest.
    pub(crate) fn new(zone: SourceZone, order: DateOrder, as_of: Millis) -> Self {
        Self {
            rules: cell_rules(zone, order),
            as_of,
            on_duplicate: OnDuplicate::Hold,
            products_by_title: ProductsByTitle::default(),
            threads: 0,
            longest: None,
            show_pii: false,
        }
    }

    /// The thread pool that parses rows.
    pub(crate) fn pool(&self) -> anyhow::Result<rayon::ThreadPool> {
        rayon::ThreadPoolBuilder::new().num_threads(self.threads).build().context(tr!("starting threads"))
    }
}

/// The rules for cells of this time zone and date order, before a file decides otherwise.
fn cell_rules(zone: SourceZone, order: DateOrder) -> CellRules {
    CellRules { dates: DateRules { zone, order, epoch_1904: false }, money: MoneyStyle::Checklist }
}

/// The product map of a run: the one that was named, else the one among the files, which may stand there in several
/// forms; else none.
///
/// # Errors
/// Exit code 6: the map cannot be read, or several different ones are there.
pub(crate) fn product_map(
    named: Option<&Path>,
    exports: &Exports,
    options: &FileOptions,
) -> anyhow::Result<ProductMap> {
    let found = exports.of(SourceKind::Products);
    match (named, found.as_slice()) {
        (Some(path), _) => product_map_file::read(path, options),
        (None, []) => Ok(ProductMap::default()),
        (None, [first, others @ ..]) => {
            let map = product_map_file::read(&first.path, options)?;
            for other in others {
                if product_map_file::read(&other.path, options)? != map {
                    return Err(crate::failure::Failure::input(tr!(
                        "several product maps are among the files; choose one with --products"
                    )));
                }
            }
            Ok(map)
        }
    }
}

/// Kind, name and BLAKE3 of a file.
pub(crate) type HashedFile = (String, String, String);

/// Everything that the result of an import depends on. An interrupted run is resumed only in the same context.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RunContext {
    /// The command.
    pub command: String,
    /// Every file.
    pub files: Vec<HashedFile>,
    /// The options that say how the files are read.
    pub source: FileOptions,
    /// The parsed product map.
    pub products: ProductMap,
    /// The source's time zone.
    pub zone: String,
    /// The order of dates.
    pub date_order: DateOrder,
    /// The time that is used as now, if it was given.
    pub as_of: Option<Millis>,
    /// What to do with rows of one key and different content.
    pub on_duplicate: OnDuplicate,
    /// Whether missing memberships are created.
    pub create_memberships: bool,
    /// Whether what the app has deleted or emptied is written again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restore_deleted: bool,
    /// The address of the app's site, by which affiliates' links are written in full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The run whose rejects are imported.
    pub parent: Option<String>,
    /// The part of an import that several processes share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
}

impl RunContext {
    /// The rules for cells by which the run has read.
    ///
    /// # Errors
    /// A zone that this version does not know.
    pub(crate) fn cell_rules(&self) -> anyhow::Result<CellRules> {
        Ok(cell_rules(self.zone.parse()?, self.date_order))
    }

    /// A hash that identifies the context.
    pub(crate) fn digest(&self) -> anyhow::Result<String> {
        Ok(JsonText(serde_json::to_string(self)?).digest())
    }
}

impl Exports {
    /// Kind, name and BLAKE3 of the files of some kinds.
    pub(crate) fn hashed(&self, kinds: &[SourceKind]) -> anyhow::Result<Vec<HashedFile>> {
        let wanted = self.exports.iter().filter(|export| kinds.contains(&export.kind));
        wanted
            .map(|export| Ok((export.kind.name().to_owned(), export.file.clone(), file_hash(&export.path)?)))
            .collect()
    }
}

/// The BLAKE3 of a file.
fn file_hash(path: &Path) -> anyhow::Result<String> {
    let mut hasher = blake3::Hasher::new();
    let file = std::fs::File::open(path).with_context(|| format!("reading {}", path.display()))?;
    hasher.update_reader(file).with_context(|| format!("reading {}", path.display()))?;
    Ok(hasher.finalize().to_hex().to_string())
}
