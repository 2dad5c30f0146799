//! `left-out.csv`: the rows that did not come along, and those that did and are doubtful.

use crate::extract::files::out_folder::CsvFile;
use crate::extract::listed::ListedRows;

const HEADER: [&str; 8] =
    ["table", "id", "order_id", "affiliate_code", "amount", "came_along", "reason", "explanation"];

/// Writes the list.
pub(crate) fn write(list: &ListedRows, file: &mut CsvFile) -> anyhow::Result<()> {
    file.line(HEADER)?;
    for row in &list.rows {
        let number = |id: Option<u64>| id.map(|id| id.to_string()).unwrap_or_default();
        file.line([
            row.table,
            &row.id.to_string(),
            &number(row.order),
            &number(row.affiliate),
            &row.amount.map(|amount| amount.plain()).unwrap_or_default(),
            if row.reason.is_written() { "yes" } else { "no" },
            row.reason.slug(),
            row.reason.text(),
        ])?;
    }
    Ok(())
}
