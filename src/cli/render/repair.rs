//! The result of `repair`.

use serde_json::{Value as Json, json};

use crate::cli::render::remarks::{Remark, lines};
use crate::cli::render::table::number;
use crate::language::tr;
use crate::repair::{ColumnRepair, RepairOutcome, RowLeft, RowRepair, WhyLeft};
use crate::store::codec::value::Value;

/// The columns whose texts are about nobody: ids, words, codes.
const IMPERSONAL: [&str; 13] = [
    "role",
    "status",
    "type",
    "applicationStatus",
    "invoiceNumber",
    "externalId",
    "reference",
    "importSource",
    "affiliateCode",
    "shortLink",
    "code",
    "linkType",
    "mappingStatus",
];

/// A repair as a document.
pub(crate) fn document(done: &RepairOutcome, show_pii: bool) -> Json {
    let column = |one: &ColumnRepair| json!({ "column": one.column, "from": shown(one, &one.from, show_pii), "to": shown(one, &one.to, show_pii) });
    let row = |row: &RowRepair| {
        let columns: Vec<Json> = row.columns.iter().map(column).collect();
        json!({ "table": row.table.name, "id": row.id, "run": row.run, "columns": columns })
    };
    json!({
        "schema_version": 1,
        "run": done.run.as_ref().map(|run| run.id.as_str()),
        "done": done.run.is_some(),
        "repairs": done.plan.repairs.iter().map(row).collect::<Vec<Json>>(),
        "left": done.plan.left,
    })
}

/// A repair as text.
pub(crate) fn text(done: &RepairOutcome, show_pii: bool) -> String {
    let (repairs, left) = (&done.plan.repairs, &done.plan.left);
    let count = |rows: usize| match rows {
        1 => tr!("1 row").to_owned(),
        rows => tr!("{} rows", number(rows as u64)),
    };
    let mut text = match (&done.run, repairs.len()) {
        (_, 0) => tr!("Nothing to repair.\n").to_owned(),
        (Some(run), rows) => tr!("Repair, run {}: {} put back\n", run.id, count(rows)),
        (None, rows) => tr!("Repair (nothing was written): {} would be put back\n", count(rows)),
    };
    let repaired: Vec<Remark> = repairs.iter().map(|row| repaired(row, show_pii)).collect();
    text += &lines(&repaired, "  ");
    if !left.is_empty() {
        text += &tr!("\nLeft as they are: {}\n", count(left.len()));
        text +=
            &lines(&left.iter().map(|row| remark_of_left(row, &done.arguments)).collect::<Vec<_>>(), "  ");
    }
    let next = match (&done.run, repairs.is_empty()) {
        (None, false) => format!("sejoli-migrate repair {} --yes", done.arguments),
        _ => "sejoli-migrate verify".to_owned(),
    };
    text + &tr!("\nNext: {next}\n")
}

fn repaired(row: &RowRepair, show_pii: bool) -> Remark {
    let column = |one: &ColumnRepair| {
        format!("{} {} → {}", one.column, shown(one, &one.from, show_pii), shown(one, &one.to, show_pii))
    };
    let columns: Vec<String> = row.columns.iter().map(column).collect();
    Remark {
        about: Some(format!("{} {}", row.table.name, row.id)),
        what: columns.join(", "),
        ..Remark::default()
    }
}

fn remark_of_left(row: &RowLeft, arguments: &str) -> Remark {
    let what = match (row.why, &row.edited_at) {
        (WhyLeft::Gone, _) => {
            tr!("is gone, which is an edit; `import … --restore-deleted` brings back what the source has")
                .to_owned()
        }
        (WhyLeft::EditedInApp, Some(at)) => tr!("the app has written it on {at}"),
        (WhyLeft::EditedInApp, None) => tr!("the app has written it since").to_owned(),
        (WhyLeft::Undated, _) => {
            tr!("was changed by nobody knows whom: its table has no date of writing").to_owned()
        }
        (WhyLeft::Unproved, _) => {
            tr!("was changed, and no value that is known is proved to be what was written").to_owned()
        }
    };
    let options: Vec<String> = row.overwrite.iter().map(|code| format!("--overwrite {code}")).collect();
    Remark {
        about: Some(format!("{} {}", row.table, row.id)),
        what,
        repair: (!options.is_empty())
            .then(|| format!("sejoli-migrate repair {arguments} {} --dry-run", options.join(" "))),
        ..Remark::default()
    }
}

/// A value for people; a text that may be personal data is shown only where that was asked for.
fn shown(column: &ColumnRepair, value: &Value, show_pii: bool) -> String {
    let is_open = show_pii || IMPERSONAL.contains(&column.column) || column.column.ends_with("Id");
    match value {
        Value::Null => tr!("nothing").to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(count) => count.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Money(amount) => amount.to_string(),
        Value::Time(time) => time.to_string(),
        Value::Text(text) if is_open => text.clone(),
        Value::Text(_) => tr!("a text").to_owned(),
        Value::Json(_) => tr!("other data").to_owned(),
        Value::Bytes(_) => tr!("other bytes").to_owned(),
    }
}
