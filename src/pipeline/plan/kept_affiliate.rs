//! An affiliate as the last import has read it, from the source row that is kept of it. Who the affiliate is may be decided
//! long after the file was read.

use crate::domain::affiliate;
use crate::domain::affiliate::Affiliate;
use crate::domain::cell_reader::CellRules;
use crate::domain::export_fields::AffiliateCells;
use crate::domain::source_kind::SourceKind;
use crate::domain::source_payload::SourcePayload;
use crate::failure::Failure;
use crate::language::tr;
use crate::pipeline::read::options::RunContext;
use crate::source::column_map::ColumnMap;
use crate::source::header::recognise;
use crate::store::queries;
use crate::store::schema::tables::SourceRecord;
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::store::Store;

/// By what rules the affiliates' file was read.
#[derive(Clone, Debug)]
pub(crate) struct KeptAffiliates {
    rules: CellRules,
    columns: ColumnMap,
    /// The address of the app's site, as the import knew it.
    pub(crate) site: Option<String>,
}

impl KeptAffiliates {
    /// The rules of the newest standing import of affiliates.
    ///
    /// # Errors
    /// Exit code 5 where no import of affiliates stands; the database's errors.
    pub(crate) fn load(store: &mut Store) -> anyhow::Result<Self> {
        let runs = queries::runs::standing_newest_first(store)?;
        let contexts = runs.iter().filter_map(|run| serde_json::from_str::<RunContext>(&run.options.0).ok());
        let has_affiliates = |context: &RunContext| {
            context.files.iter().any(|(kind, ..)| kind == SourceKind::Affiliates.name())
        };
        let Some(context) = contexts.into_iter().find(has_affiliates) else {
            return Err(Failure::refused(tr!("no import of affiliates stands in this database")));
        };
        Ok(Self { rules: context.cell_rules()?, columns: context.source.columns, site: context.site })
    }

    /// The affiliate of a code.
    ///
    /// # Errors
    /// Exit code 5 where no import has read the affiliate, or a purge has taken the row's cells away; the database's
    /// errors.
    pub(crate) fn affiliate(&self, store: &mut Store, code: &str) -> anyhow::Result<Affiliate> {
        let of_kind = Some(("kind", SourceRecordKind::Affiliate.as_str()));
        let kept: Vec<SourceRecord> = store.select_among(of_kind, "sourceKey", &[code])?;
        let Some(kept) = kept.into_iter().next() else {
            return Err(Failure::refused(tr!(
                "no import has read affiliate {code}: import the affiliates' file first"
            )));
        };
        let payload = SourcePayload::parse(&kept.payload.0)?;
        let Some(cells) = payload.cells else {
            return Err(Failure::refused(tr!(
                "what was kept of affiliate {code} is purged: import the affiliates' file again first"
            )));
        };
        self.parse(cells.as_json(), code)
    }

    fn parse(&self, cells: &str, code: &str) -> anyhow::Result<Affiliate> {
        let cells: serde_json::Map<String, serde_json::Value> = serde_json::from_str(cells)?;
        let columns: Vec<String> = cells.keys().cloned().collect();
        let positions = recognise(&columns, &self.columns)?.layout.positions;
        let texts: Vec<&str> = cells.values().map(|cell| cell.as_str().unwrap_or_default()).collect();
        let text = |field: usize| positions[field].map_or("", |at| texts[at]);
        let parsed = affiliate::parse(&AffiliateCells::read(text), self.rules);
        let unreadable = || Failure::refused(tr!("the kept row of affiliate {code} cannot be read"));
        parsed.record.filter(|affiliate| affiliate.code == code).ok_or_else(unreadable)
    }
}
