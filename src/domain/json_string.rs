//! Text as a JSON string, appended to a document that is being written.

/// Appends `text` with its quotes, escaped where it has to be.
pub(crate) fn push(json: &mut String, text: &str) {
    let plain = text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
    if plain {
        json.push('"');
        json.push_str(text);
        json.push('"');
    } else {
        json.push_str(&serde_json::Value::from(text).to_string());
    }
}
