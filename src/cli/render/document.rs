//! The common head of all JSON documents.

use serde::Serialize;
use serde_json::{Map, Value};

/// A result as a document: the version of the form, the command where it is named, then the fields.
///
/// # Errors
/// A result that JSON cannot express.
pub(crate) fn versioned(command: Option<&str>, result: &impl Serialize) -> anyhow::Result<Value> {
    let mut document = Map::from_iter([("schema_version".to_owned(), 1.into())]);
    document.extend(command.map(|command| ("command".to_owned(), command.into())));
    if let Value::Object(fields) = serde_json::to_value(result)? {
        document.extend(fields);
    }
    Ok(document.into())
}
