//! Fingerprints of rows, by which the journal tells whether a row still is what an import wrote.
//!
//! They are made of meanings and not of stored cells, so that equal values have equal fingerprints on every
//! engine. Databases hold them: a change of the form here makes every row written before look edited.

use crate::store::codec::canonical_json::push_sized;
use crate::store::codec::value::Value;

/// The first 64 bits of the BLAKE3 hash of values.
pub(crate) fn fingerprint<'a>(values: impl IntoIterator<Item = &'a Value>) -> u64 {
    let mut bytes = Vec::with_capacity(1_024);
    for value in values {
        match value {
            Value::Null => bytes.push(0),
            Value::Bool(flag) => bytes.extend([1, u8::from(*flag)]),
            Value::Int(number) => push(&mut bytes, 2, &number.to_le_bytes()),
            Value::Real(number) => push(&mut bytes, 3, &number.to_bits().to_le_bytes()),
            Value::Money(amount) => push(&mut bytes, 4, &amount.minor().to_le_bytes()),
            Value::Time(time) => push(&mut bytes, 5, &time.0.to_le_bytes()),
            Value::Text(text) => push_sized(&mut bytes, 6, text.as_bytes()),
            Value::Json(json) => {
                bytes.push(7);
                json.push_canonical(&mut bytes);
            }
            Value::Bytes(content) => push_sized(&mut bytes, 8, content),
        }
    }
    let mut first = [0; 8];
    first.copy_from_slice(&blake3::hash(&bytes).as_bytes()[..8]);
    u64::from_le_bytes(first)
}

fn push(bytes: &mut Vec<u8>, tag: u8, content: &[u8]) {
    bytes.push(tag);
    bytes.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_side_by_side_are_not_confused() {
        let text = |t: &str| Value::Text(t.into());
        assert_ne!(fingerprint(&[text("ab"), text("c")]), fingerprint(&[text("a"), text("bc")]));
        assert_ne!(fingerprint(&[Value::Int(1)]), fingerprint(&[Value::Bool(true)]));
    }
}
