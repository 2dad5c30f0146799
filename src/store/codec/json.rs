//! JSON in a column. PostgreSQL and MySQL store the members of an object in an order of their own, therefore
//! two texts are equal here if they mean the same.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use crate::store::codec::canonical_json::{push_plain, push_sized};

/// The JSON text of a `Json` column, compact as the tool writes it.
#[derive(Clone, Debug)]
pub struct JsonText(pub String);

impl JsonText {
    /// Appends a canonical form, which does not depend on the order of members. A text that is not JSON is
    /// appended as it is. Fingerprints in databases are made of this form, so it must not change.
    pub fn push_canonical(&self, bytes: &mut Vec<u8>) {
        if !push_plain(&self.0, bytes) {
            push_parsed(&self.0, bytes);
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

/// A JSON value, which borrows from its text what has nothing to unescape.
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
            Node::Number(number) => {
                push_sized(bytes, b'#', number.to_string().trim_end_matches(".0").as_bytes())
            }
            Node::Text(text) => push_sized(bytes, b'"', text.as_bytes()),
            Node::Items(items) => {
                bytes.push(b'[');
                std::mem::take(items).into_iter().for_each(|item| item.push(bytes));
                bytes.push(b']');
            }
            Node::Members(members) => {
                bytes.push(b'{');
                members.sort_by(|(a, _), (b, _)| a.cmp(b));
                for (name, value) in std::mem::take(members) {
                    push_sized(bytes, b':', name.as_bytes());
                    value.push(bytes);
                }
                bytes.push(b'}');
            }
        }
    }
}

/// The canonical form of any text.
fn push_parsed(text: &str, bytes: &mut Vec<u8>) {
    match serde_json::from_str::<Node<'_>>(text) {
        Ok(node) => node.push(bytes),
        Err(_) => bytes.extend(text.as_bytes()),
    }
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

    /// The canonical forms, by one walk where the text is plain, and by the parser.
    fn both_ways(text: &str) -> (Vec<u8>, Vec<u8>) {
        let (mut walked, mut parsed) = (Vec::new(), Vec::new());
        json(text).push_canonical(&mut walked);
        push_parsed(text, &mut parsed);
        (walked, parsed)
    }

    fn is_plain(text: &str) -> bool {
        push_plain(text, &mut Vec::new())
    }

    #[test]
    fn what_is_plain_is_canonical_without_a_parser() {
        for text in [
            r#"{"b":[1,-20,{"y":null,"x":"é"}],"a":true,"ab":"","b":"twice"}"#,
            "{ \"b\" : 1 ,\n\"a\": [ ] , \"c\" : { } }",
            " 0 ",
            "999999999999999999",
        ] {
            let (walked, parsed) = both_ways(text);
            assert!(is_plain(text), "{text}");
            assert_eq!(walked, parsed, "{text}");
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_parser() {
        for text in [
            "",
            "{",
            "[1,]",
            "[1 2]",
            "{\"a\"}",
            "{\"a\":1,}",
            "{1:2}",
            "01",
            "-",
            "-0",
            "1.0",
            "1.5",
            "1e3",
            "nul",
            "\"a",
            "\"\\u0061\"",
            "\"a\nb\"",
            "1 2",
            "9223372036854775808",
            "tru",
            "[",
            "{}}",
            "\u{a0}1",
        ] {
            let (walked, parsed) = both_ways(text);
            assert!(!is_plain(text), "{text}");
            assert_eq!(walked, parsed, "{text}");
        }
        let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        assert!(!is_plain(&deep) && both_ways(&deep).0 == both_ways(&deep).1);
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_one_canonical_form(text in "[\\[\\]{},:\" a-c0-2.eE\\\\ntrufals-]{0,24}") {
            let (walked, parsed) = both_ways(&text);
            proptest::prop_assert_eq!(walked, parsed);
        }

        #[test]
        fn any_value_has_one_canonical_form(value in any_value()) {
            for text in [value.to_string(), serde_json::to_string_pretty(&value).expect("JSON")] {
                let (walked, parsed) = both_ways(&text);
                proptest::prop_assert_eq!(walked, parsed, "{}", text);
            }
        }
    }

    fn any_value() -> impl proptest::strategy::Strategy<Value = serde_json::Value> {
        use proptest::prelude::*;
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<u64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
            "[a-c]{0,3}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::vec(("[a-d]{0,2}", inner), 0..6)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn only_spaces_outside_of_text_go() {
        assert_eq!(compact(r#"{"a b": "c \" d\\", "e": [1, 2]}"#), r#"{"a b":"c \" d\\","e":[1,2]}"#);
    }
}
