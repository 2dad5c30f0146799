//! The metadata of an imported order's transaction, which is an object of texts.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::store::schema::tables::Transaction;

/// The members as they stand; none where there is no object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OrderMetadata<'a> {
    /// Each with its text; none for what is no text.
    members: Vec<(Cow<'a, str>, Option<Cow<'a, str>>)>,
}

impl<'a> OrderMetadata<'a> {
    /// Reads that of a transaction.
    pub(crate) fn of(transaction: &'a Transaction) -> Self {
        let json = transaction.metadata.as_ref().map_or("", |json| json.0.as_str());
        serde_json::from_str(json).unwrap_or_default()
    }

    /// A member, if it is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.members.iter().find(|member| member.0 == name)?.1.as_deref()
    }

    /// Whether there is a member of this name, of whatever kind.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.members.iter().any(|member| member.0 == name)
    }

    /// Whether the members are these texts and nothing else, in whatever order. Their names differ.
    pub(crate) fn is(&self, texts: &[(&str, &str)]) -> bool {
        let same = |(name, text): &(&str, &str)| self.text(name) == Some(*text);
        self.members.len() == texts.len() && texts.iter().all(same)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for OrderMetadata<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = OrderMetadata<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(8);
        while let Some((MemberText(Some(name)), MemberText(text))) = map.next_entry()? {
            members.push((name, text));
        }
        Ok(OrderMetadata { members })
    }
}

/// A text, borrowed where nothing has to be unescaped; none for a value of another kind.
struct MemberText<'a>(Option<Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for MemberText<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor)
    }
}

struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = MemberText<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(MemberText(Some(Cow::Borrowed(text))))
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(MemberText(Some(Cow::Owned(text.to_owned()))))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(MemberText(None))
    }
    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(MemberText(None))
    }
    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(MemberText(None))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(MemberText(None))
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(MemberText(None))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(MemberText(None))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(MemberText(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> OrderMetadata<'_> {
        serde_json::from_str(json).unwrap_or_default()
    }

    #[test]
    fn an_object_of_texts_is_its_members_in_whatever_order() {
        let metadata = read(r#"{"source":"SEJOLI","productName":"Kelas \"A\"","walletUsed":"0"}"#);
        let texts = [("productName", "Kelas \"A\""), ("walletUsed", "0"), ("source", "SEJOLI")];
        assert!(metadata.is(&texts));
        assert!(!metadata.is(&texts[..2]), "one more member than that");
        assert!(!metadata.is(&[texts[0], texts[1], ("source", "sejoli")]), "another text");
        assert!(!metadata.is(&[texts[0], texts[1], texts[2], ("more", "x")]), "a member less");
        assert_eq!((metadata.text("walletUsed"), metadata.text("more")), (Some("0"), None));
    }

    #[test]
    fn a_member_that_is_no_text_is_there_and_says_nothing() {
        for value in ["1", "-1", "0.5", "true", "null", r#"["a"]"#, r#"{"a":{"b":[]}}"#] {
            let json = format!(r#"{{"a":{value},"b":"x"}}"#);
            let metadata = read(&json);
            assert_eq!(
                (metadata.has("a"), metadata.text("a"), metadata.text("b")),
                (true, None, Some("x")),
                "{json}"
            );
            assert!(!metadata.is(&[("a", value), ("b", "x")]), "{json}");
        }
    }

    #[test]
    fn what_is_no_object_has_no_members() {
        for json in ["", "null", "[]", "\"source\"", "{", r#"{"a":"x"} {}"#] {
            assert_eq!(read(json), OrderMetadata::default(), "{json}");
        }
    }
}
