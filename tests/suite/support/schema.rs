//! Holds documents against the schemas of `docs/schema`.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// A file of `docs/schema`.
fn read(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A schema by its name, with what it takes of the common one: validators differ in how they find another file.
fn schema(name: &str) -> Value {
    let text = read(&format!("{name}.schema.json")).to_string().replace("common.schema.json#", "#");
    let mut schema: Value = serde_json::from_str(&text).expect("a schema");
    let common = read("common.schema.json")["$defs"].clone();
    let own = schema["$defs"].take();
    schema["$defs"] = common;
    for (name, definition) in own.as_object().into_iter().flatten() {
        schema["$defs"][name] = definition.clone();
    }
    schema
}

/// What of a document is not as its schema says, a line each with its place.
pub fn violations(name: &str, document: &Value) -> Vec<String> {
    let validator =
        jsonschema::validator_for(&schema(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let errors = validator.iter_errors(document);
    errors.map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// Fails where a document is not as its schema says.
#[track_caller]
pub fn assert_valid(name: &str, document: &Value) {
    let violations = violations(name, document);
    assert!(violations.is_empty(), "{name}: {violations:#?}\n{document}");
}
