//! What is kept of each person about the doors that imports have opened, so that one which the app has closed stays
//! closed (L37), and one whose membership is gone can be closed again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::date::Millis;
use crate::domain::ids::{id_for, time_in};
use crate::pipeline::plan::access_links::{AccessKind, Door};
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{JsonText, Value};
use crate::store::history::journal::Change;
use crate::store::schema::tables::SourceRecord;
use crate::store::schema::words::SourceRecordKind;

/// By which membership a door was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GrantedAccess {
    /// The id of the plan.
    pub(crate) plan: String,
    /// The end that the membership had.
    pub(crate) end: i64,
    /// Whether the door was open already, so that no import closes it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) found: bool,
}

impl GrantedAccess {
    /// The end that the membership had.
    pub(crate) fn end(&self) -> Millis {
        Millis(self.end)
    }
}

/// The doors of one person, by the ids of groups, courses and products.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenAccess {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    groups: BTreeMap<String, GrantedAccess>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    courses: BTreeMap<String, GrantedAccess>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    products: BTreeMap<String, GrantedAccess>,
}

impl GivenAccess {
    fn of(&self, kind: AccessKind) -> &BTreeMap<String, GrantedAccess> {
        match kind {
            AccessKind::Group => &self.groups,
            AccessKind::Course => &self.courses,
            AccessKind::Product => &self.products,
        }
    }

    fn of_mut(&mut self, kind: AccessKind) -> &mut BTreeMap<String, GrantedAccess> {
        match kind {
            AccessKind::Group => &mut self.groups,
            AccessKind::Course => &mut self.courses,
            AccessKind::Product => &mut self.products,
        }
    }

    /// What is kept of a door.
    pub(crate) fn get(&self, (kind, target): &Door) -> Option<&GrantedAccess> {
        self.of(*kind).get(target)
    }

    /// Keeps how a door was opened.
    pub(crate) fn keep(&mut self, (kind, target): &Door, given: GrantedAccess) {
        self.of_mut(*kind).insert(target.clone(), given);
    }

    /// Keeps nothing of a door any more.
    pub(crate) fn forget(&mut self, (kind, target): &Door) {
        self.of_mut(*kind).remove(target);
    }

    /// All doors, in order.
    pub(crate) fn doors(&self) -> impl Iterator<Item = Door> {
        let of = |kind| self.of(kind).keys().map(move |target: &String| (kind, target.clone()));
        AccessKind::ALL.into_iter().flat_map(of)
    }

    fn is_empty(&self) -> bool {
        self.doors().next().is_none()
    }
}

/// What is kept of a person, as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AccessRecord {
    stored: SourceRecord,
    /// What it says.
    pub(crate) given: GivenAccess,
}

impl AccessRecord {
    /// Reads a kept row.
    ///
    /// # Errors
    /// It is of a form that this version does not know.
    pub(crate) fn parse(stored: SourceRecord) -> Result<Self, serde_json::Error> {
        let given = serde_json::from_str(&stored.payload.0)?;
        Ok(Self { stored, given })
    }
}

/// The change of what is kept of a person; none where it stays the same.
pub(super) fn record_change(
    user_id: &str,
    old: Option<&AccessRecord>,
    given: &GivenAccess,
    written_at: Millis,
) -> Result<Option<Change>, serde_json::Error> {
    let payload = JsonText(serde_json::to_string(given)?);
    Ok(match old {
        None if given.is_empty() => None,
        None => Some(Change::insert(SourceRecord {
            id: record_id(user_id),
            kind: SourceRecordKind::Access,
            source_key: user_id.to_owned(),
            target_id: String::new(),
            payload,
            written: String::new(),
            created_at: written_at,
            updated_at: written_at,
        })),
        Some(old) if old.given == *given => None,
        Some(old) if given.is_empty() => Some(Change::delete::<SourceRecord>(&old.stored.id)),
        Some(old) => {
            let before = Value::Json(old.stored.payload.clone());
            let set = vec![("payload", Value::Json(payload)), ("updatedAt", Value::Time(written_at))];
            Some(Change::update::<SourceRecord>(&old.stored.id, set).if_unchanged("payload", before))
        }
    })
}

fn record_id(user_id: &str) -> String {
    let key = format!("{}/{user_id}", SourceRecordKind::Access.as_str());
    id_for(SourceRecord::TABLE.name, &key, time_in(user_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again_and_says_nothing_of_what_there_is_not() {
        let door = (AccessKind::Course, "c1".to_owned());
        let mut given = GivenAccess::default();
        given.keep(&door, GrantedAccess { plan: "p".into(), end: 7, found: false });
        let json = serde_json::to_string(&given).expect("a record");
        assert_eq!(json, r#"{"courses":{"c1":{"plan":"p","end":7}}}"#);
        assert_eq!(serde_json::from_str::<GivenAccess>(&json).expect("a record"), given);
        assert!(given.doors().eq(std::iter::once(door.clone())));
        given.forget(&door);
        assert!(given.is_empty());
    }

    #[test]
    fn a_later_form_is_not_taken_for_an_empty_one() {
        assert!(serde_json::from_str::<GivenAccess>(r#"{"events":{}}"#).is_err());
    }
}
