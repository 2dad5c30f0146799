//! JSON in a column. PostgreSQL and MySQL store the members of an object in an order of their own, therefore
//! two texts are equal here if they mean the same.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

/// The JSON text of a `Json` column, compact as the tool writes it.
#[derive(Clone, Debug)]
pub struct JsonText(pub String);

impl JsonText {
    /// Appends a canonical form, which does not depend on the order of members. A text that is not JSON is
    /// appended as it is. Fingerprints in databases are made of this form, so it must not change.
    pub fn push_canonical(&self, bytes: &mut Vec<u8>) {
        match serde_json::from_str::<Node<'_>>(&self.0) {
            Ok(node) => node.push(bytes),
            Err(_) => bytes.extend(self.0.as_bytes()),
        }
    }

    /// The first 16 hexadecimal digits of the BLAKE3 hash of the canonical form.
    pub fn digest(&self) -> String {
        blake3::hash(&self.canonical()).to_hex()[..16].to_owned()
    }

    fn canonical(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len());
        self.push_canonical(&mut bytes);
        bytes
    }
}

impl PartialEq for JsonText {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.canonical() == other.canonical()
    }
}

impl Eq for JsonText {}

/// A JSON value that borrows from its text. Every row of an import is parsed, and most strings have nothing
/// to unescape, so this saves an allocation for each of them.
enum Node<'a> {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(Cow<'a, str>),
    Items(Vec<Node<'a>>),
    Members(Vec<(Cow<'a, str>, Node<'a>)>),
}

impl Node<'_> {
    fn push(mut self, bytes: &mut Vec<u8>) {
        match &mut self {
            Node::Null => bytes.push(b'n'),
            Node::Bool(flag) => bytes.push(if *flag { b't' } else { b'f' }),
            Node::Number(number) => push_sized(bytes, b'#', number.to_string().trim_end_matches(".0")),
            Node::Text(text) => push_sized(bytes, b'"', text),
            Node::Items(items) => {
                bytes.push(b'[');
                std::mem::take(items).into_iter().for_each(|item| item.push(bytes));
                bytes.push(b']');
            }
            Node::Members(members) => {
                bytes.push(b'{');
                members.sort_by(|(a, _), (b, _)| a.cmp(b));
                for (name, value) in std::mem::take(members) {
                    push_sized(bytes, b':', &name);
                    value.push(bytes);
                }
                bytes.push(b'}');
            }
        }
    }
}

fn push_sized(bytes: &mut Vec<u8>, tag: u8, text: &str) {
    bytes.push(tag);
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text.as_bytes());
}

impl<'de: 'a, 'a> Deserialize<'de> for Node<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

/// The name of a member, borrowed where nothing has to be unescaped.
#[derive(Deserialize)]
struct MemberName<'a>(#[serde(borrow)] Cow<'a, str>);

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Node::Null)
    }
    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Node::Bool(flag))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Node::Number(number.into()))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Node::Number(number.into()))
    }
    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(serde_json::Number::from_f64(number).map_or(Node::Null, Node::Number))
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(Node::Items(all))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some((MemberName(name), value)) = members.next_entry()? {
            all.push((name, value));
        }
        Ok(Node::Members(all))
    }
}

/// A JSON text without the whitespace between its parts.
pub(crate) fn compact(text: &str) -> String {
    let mut compact = String::with_capacity(text.len());
    let (mut from, mut quoted, mut escaped) = (0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            _ if !quoted && byte.is_ascii_whitespace() => {
                compact.push_str(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    compact.push_str(&text[from..]);
    compact
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> JsonText {
        JsonText(text.to_owned())
    }

    #[test]
    fn the_order_of_members_means_nothing_and_that_of_items_does() {
        assert_eq!(
            json(r#"{"b":[1,{"y":2,"x":"a"}],"a":null}"#),
            json(r#"{"a": null, "b": [1, {"x": "a", "y": 2}]}"#)
        );
        assert_ne!(json("[1,2]"), json("[2,1]"));
        assert_ne!(json(r#"{"a":"1"}"#), json(r#"{"a":1}"#));
        assert_ne!(json(r#"{"a":{},"b":1}"#), json(r#"{"a":{"b":1}}"#));
    }

    #[test]
    fn only_spaces_outside_of_text_go() {
        assert_eq!(compact(r#"{"a b": "c \" d\\", "e": [1, 2]}"#), r#"{"a b":"c \" d\\","e":[1,2]}"#);
    }
}
