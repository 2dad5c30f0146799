//! What shows the app's conventions: its schema, and the rows that no import has written.

use crate::domain::conventions::{AppConventions, ConventionEvidence, INVOICE_PREFIX};
use crate::store::codec::record::Record as _;
use crate::store::queries;
use crate::store::queries::answers::count;
use crate::store::schema::catalogue::TableShape;
use crate::store::schema::expected::EXPECTED;
use crate::store::schema::tables::{AffiliateConversion, AffiliateProfile, ImportRun, Transaction, User};
use crate::store::session::store::Store;

/// The newest run that stands and has recorded conventions, and those.
pub(crate) fn recorded(store: &mut Store) -> anyhow::Result<Option<(ImportRun, AppConventions)>> {
    let runs = queries::runs::standing_newest_first(store)?;
    Ok(runs.into_iter().find_map(|run| {
        let options = serde_json::from_str(&run.options.0).ok()?;
        Some((run, AppConventions::recorded_in(&options)?))
    }))
}

/// Reads what shows the conventions.
pub(crate) fn evidence(store: &mut Store) -> anyhow::Result<ConventionEvidence> {
    let affiliates_by_user = named_in_sales(store, User::TABLE.name)?;
    let affiliates_by_profile = named_in_sales(store, AffiliateProfile::TABLE.name)?;
    let (prefixed_invoices, other_invoices) = invoices(store)?;
    let catalogue = store.loaded_catalogue();
    let of_app: Vec<&TableShape> =
        EXPECTED.iter().filter_map(|expected| catalogue.get(expected.table.name)).collect();
    let has_column =
        |table: &str, column: &str| catalogue.get(table).is_some_and(|shape| shape.column(column).is_some());
    let january = [("User", "preferredDashboard"), ("Transaction", "membershipId")];
    let names = ["User.preferredDashboard", "Transaction.membershipId"];
    let january_columns =
        january.into_iter().zip(names).filter(|((table, column), _)| has_column(table, column));
    let optional = EXPECTED.iter().filter(|expected| expected.optional.is_some());
    let (tables, missing_tables) =
        optional.map(|expected| expected.table.name).partition(|name| store.has_table(name));
    Ok(ConventionEvidence {
        january_columns: january_columns.map(|(_, name)| name).collect(),
        affiliates_by_user,
        affiliates_by_profile,
        prefixed_invoices,
        other_invoices,
        conversions_refer_to_profiles: refers(
            catalogue.get(AffiliateConversion::TABLE.name),
            "affiliateId",
            AffiliateProfile::TABLE.name,
        ),
        tables,
        missing_tables,
        unique_indexes: of_app.iter().flat_map(|shape| &shape.indexes).filter(|index| index.unique).count(),
        foreign_keys: of_app.iter().map(|shape| shape.foreign_keys.len()).sum(),
    })
}

fn refers(shape: Option<&TableShape>, column: &str, to: &str) -> bool {
    let keys = shape.map(|shape| shape.foreign_keys.as_slice()).unwrap_or_default();
    keys.iter().any(|(from, table)| from == column && table == to)
}

/// How many of the app's own transactions have the id of a row of this table as `affiliateId`.
fn named_in_sales(store: &mut Store, table: &str) -> anyhow::Result<u64> {
    let sql = format!(
        "SELECT count(*) FROM \"Transaction\" t JOIN \"{table}\" x ON x.\"id\" = t.\"affiliateId\" WHERE {}",
        own(store, "t.")
    );
    count(&store.query(&sql, &[])?)
}

/// How many of the app's own invoice numbers are `INV` and digits, and how many are not.
fn invoices(store: &mut Store) -> anyhow::Result<(u64, u64)> {
    let tail = format!("WHERE \"invoiceNumber\" IS NOT NULL AND {}", own(store, ""));
    let numbers: Vec<(String,)> = store.columns_where(Transaction::TABLE, &["invoiceNumber"], &tail, &[])?;
    let is_prefixed = |(number,): &&(String,)| {
        let digits = number.strip_prefix(INVOICE_PREFIX).unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let prefixed = numbers.iter().filter(is_prefixed).count();
    Ok((prefixed as u64, (numbers.len() - prefixed) as u64))
}

/// The condition of a transaction that is the app's own.
fn own(store: &Store, of: &str) -> String {
    format!("({of}\"externalId\" IS NULL OR {of}\"externalId\" NOT {})", store.of_sejoli())
}
