//! Source rows that are kept as they were read: an order's in its webhook log, an affiliate's or a
//! membership's in `SejoliSourceRecord`.

use crate::domain::date::Millis;
use crate::store::codec::record::{Record as _, Table};
use crate::store::codec::value::{Cell, JsonText, Value};
use crate::store::queries::answers::field;
use crate::store::queries::app_screens_people::IS_IMPORTED;
use crate::store::queries::rows::{KeyPage, Page};
use crate::store::schema::tables::{SourceRecord, WebhookLog};
use crate::store::schema::words::SourceRecordKind;
use crate::store::session::deferred::DeferredQuery;
use crate::store::session::sql::KEYS_PER_QUERY;
use crate::store::session::store::Store;

/// A table that keeps source rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PayloadTable {
    table: &'static Table,
    /// The column with the source's cells.
    payload: &'static str,
}

impl PayloadTable {
    /// The table's name.
    pub(crate) fn name(self) -> &'static str {
        self.table.name
    }
}

/// The tables that keep source rows.
pub(crate) const PAYLOAD_TABLES: [PayloadTable; 2] = [
    PayloadTable { table: WebhookLog::TABLE, payload: "webhookPayload" },
    PayloadTable { table: SourceRecord::TABLE, payload: "payload" },
];

/// The kept source row of one row.
#[derive(Debug)]
pub(crate) struct StoredPayload {
    /// The row's id.
    pub(crate) id: String,
    /// When a run has written the row last.
    pub(crate) updated_at: Millis,
    /// The source row, as JSON.
    pub(crate) payload: JsonText,
}

/// The rows of one run among a page of rows.
#[derive(Debug)]
pub(crate) struct PayloadPage {
    /// The id behind which the next page begins.
    pub(crate) last_id: String,
    /// The rows that the run has created or written last.
    pub(crate) rows: Vec<StoredPayload>,
}

impl PayloadTable {
    /// The next `limit` rows behind an id; `None` at the end of the table. Only those of the run
    /// that wrote at `started_at` are decoded.
    pub(crate) fn page_of_run(
        self,
        store: &mut Store,
        started_at: Millis,
        after: &str,
        limit: usize,
    ) -> anyhow::Result<Option<PayloadPage>> {
        let page = KeyPage { key: "id", after, limit };
        let sql = format!(
            "SELECT \"id\", \"createdAt\", \"updatedAt\", \"{}\" FROM \"{}\" {}",
            self.payload,
            self.table.name,
            page.tail("")
        );
        let found = store.query(&sql, &page.cells())?;
        if found.is_empty() {
            return Ok(None);
        }
        let mut page = PayloadPage { last_id: after.to_owned(), rows: Vec::new() };
        for row in found {
            let Ok([Cell::Text(id), created_at, updated_at, payload]) = <[Cell; 4]>::try_from(row) else {
                continue;
            };
            page.last_id.clone_from(&id);
            let (created_at, updated_at): (Millis, Millis) =
                (field(store, created_at)?, field(store, updated_at)?);
            if created_at == started_at || updated_at == started_at {
                page.rows.push(StoredPayload { id, updated_at, payload: field(store, payload)? });
            }
        }
        Ok(Some(page))
    }

    /// Replaces the kept source rows of these ids, and nothing else of their rows.
    ///
    /// # Errors
    /// A row that is gone; the caller's transaction then takes all back.
    pub(crate) fn replace(self, store: &mut Store, payloads: Vec<(String, JsonText)>) -> anyhow::Result<()> {
        let row = |(id, payload)| (id, vec![Value::Json(payload)]);
        store.update_rows(self.table, &[self.payload], payloads.into_iter().map(row).collect())
    }
}

/// Whether any source row of a kind is kept in `SejoliSourceRecord`.
pub(crate) fn has_any(store: &mut Store, kind: SourceRecordKind) -> anyhow::Result<bool> {
    store.has_row::<SourceRecord>("WHERE \"kind\" = ?", &[Cell::Text(kind.as_str().to_owned())])
}

/// The kept rows whose targets are read at once.
const TARGETS: usize = 4_000;

/// The next targets of kept rows behind an id, in order and each once.
pub(crate) fn targets_after(store: &Store, after: &str) -> DeferredQuery<'static, Page<String>> {
    let page = KeyPage { key: "targetId", after, limit: TARGETS };
    // Without DISTINCT, for which PostgreSQL would rather sort the whole table every time.
    let sql = format!("SELECT \"targetId\" FROM \"SejoliSourceRecord\" {}", page.tail(""));
    store.texts("SejoliSourceRecord", sql, page.cells().to_vec()).map(page_of_targets)
}

/// The next targets of memberships' kept rows behind an id that nobody has whom imports have created or recognised, in order
/// and each once: memberships that are gone, and those of people whom only version 0.1 has known.
pub(crate) fn targets_of_others_after(store: &Store, after: &str) -> DeferredQuery<'static, Page<String>> {
    let sql = format!(
        "SELECT s.\"targetId\" FROM \"SejoliSourceRecord\" s LEFT JOIN \"UserMembership\" m \
         ON m.\"id\" = s.\"targetId\" LEFT JOIN \"User\" ON \"User\".\"id\" = m.\"userId\" \
         WHERE s.\"kind\" = ? AND s.\"targetId\" > ? AND (\"User\".\"id\" IS NULL OR NOT {IS_IMPORTED}) \
         ORDER BY s.\"targetId\" LIMIT {TARGETS}"
    );
    let kind = Cell::Text(SourceRecordKind::Membership.as_str().to_owned());
    store.texts("SejoliSourceRecord", sql, vec![kind, Cell::Text(after.to_owned())]).map(page_of_targets)
}

/// A page of targets, each once.
fn page_of_targets(targets: Vec<String>) -> Page<String> {
    let mut page = KeyPage::page(TARGETS, targets, String::clone);
    page.rows.dedup();
    page
}

/// The ids of the memberships that imports have written, by their kept source rows, and that are gone.
pub(crate) fn deleted_memberships(store: &Store) -> DeferredQuery<'static, Vec<String>> {
    let sql = "SELECT DISTINCT s.\"targetId\" FROM \"SejoliSourceRecord\" s LEFT JOIN \"UserMembership\" m \
               ON m.\"id\" = s.\"targetId\" WHERE s.\"kind\" = ? AND s.\"written\" <> '' AND m.\"id\" IS NULL \
               ORDER BY s.\"targetId\"";
    let kind = Cell::Text(SourceRecordKind::Membership.as_str().to_owned());
    store.texts("SejoliSourceRecord", sql.to_owned(), vec![kind])
}

/// What is kept of a membership's source row, as far as its period goes.
#[derive(Debug)]
pub(crate) struct SourceRowPeriod {
    /// The key of the source row.
    pub(crate) source_key: String,
    /// The `UserMembership` that was made of it.
    pub(crate) target_id: String,
    /// The period as JSON; `None` where the kept row has none.
    pub(crate) period: Option<String>,
}

/// The periods of the memberships' source rows that are kept of these targets.
pub(crate) fn periods_of(store: &Store, target_ids: &[&str]) -> DeferredQuery<'static, Vec<SourceRowPeriod>> {
    type Found = (String, String, String, Option<String>);
    let parts = target_ids.chunks(KEYS_PER_QUERY).map(|part| {
        let (one_of, cells) = store.one_of(part);
        let sql = format!(
            "SELECT \"kind\", \"sourceKey\", \"targetId\", {} FROM \"SejoliSourceRecord\" WHERE \"targetId\" {one_of}",
            store.json_extract("payload", "period")
        );
        store.tuples::<Found>("SejoliSourceRecord", sql, cells)
    });
    let period = |(kind, source_key, target_id, period): Found| {
        let is_of_membership = kind == SourceRecordKind::Membership.as_str();
        is_of_membership.then_some(SourceRowPeriod { source_key, target_id, period })
    };
    DeferredQuery::joined(parts).map(move |rows| rows.into_iter().filter_map(period).collect())
}
