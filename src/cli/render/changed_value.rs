//! A value of a row's column, and whose row it is, as a dry run shows them: masked where they may be somebody's.

use crate::domain::redaction::redact_cell;
use crate::language::tr;
use crate::row_changes::ChangeSubject;
use crate::store::codec::value::Value;

/// Whose row it is; an address is masked unless personal data is shown.
pub(crate) fn shown_subject(subject: &ChangeSubject, show_pii: bool) -> String {
    match subject.what {
        "person" => redact_cell("buyer_email", &subject.name, show_pii),
        _ => subject.name.clone(),
    }
}

/// A value as text, masked if its column may hold personal data; none for NULL.
pub(crate) fn shown_value(table: &str, column: &str, value: &Value, show_pii: bool) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Money(amount) => amount.plain(),
        Value::Time(time) => time.to_string(),
        Value::Text(text) => text.clone(),
        Value::Json(json) if show_pii => json.0.clone(),
        Value::Json(_) => "{…}".to_owned(),
        Value::Bytes(bytes) => tr!("{} bytes", bytes.len()),
    };
    match personal_field(table, column).filter(|_| !show_pii && matches!(value, Value::Text(_))) {
        Some(field) => Some(redact_cell(field, &text, false)),
        None => Some(text),
    }
}

/// The field of the exports by which a column is masked; none for one that holds no personal data.
fn personal_field(table: &str, column: &str) -> Option<&'static str> {
    let lower = column.to_ascii_lowercase();
    let has = |part: &str| lower.contains(part);
    match () {
        // The names of products and plans are nobody's.
        () if table == "Membership" || column == "productName" => None,
        () if has("phone") || has("whatsapp") => Some("buyer_phone"),
        () if has("email") => Some("buyer_email"),
        () if has("name") || has("bank") => Some("buyer_name"),
        () if ["notes", "processError", "verifiedBy"].contains(&column) => Some("notes"),
        () => None,
    }
}
