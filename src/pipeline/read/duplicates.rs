//! Rows with the same key: an exact repetition is nothing, different content is a conflict (L14).

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::domain::chunked_vec::ChunkedVec;
use crate::domain::finding::{Code, Finding};
use crate::domain::hash_index::HashIndex;
use crate::pipeline::read::row_locations::RowLocations;
use crate::source::row_location::RowLocation;

/// What to do with rows of one key and different content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OnDuplicate {
    /// All of them are held.
    #[default]
    Hold,
    /// The first row counts.
    First,
    /// The last row counts.
    Last,
}

/// The first row of a key.
#[derive(Clone, Copy)]
struct First {
    key: u64,
    content: u64,
}

/// The keys seen so far, at about thirty bytes a key.
#[derive(Default)]
#[allow(missing_debug_implementations)]
pub(crate) struct Duplicates {
    firsts: ChunkedVec<First>,
    by_key: HashIndex,
    locations: RowLocations,
    /// The other rows of a key, by the number of its first one.
    repeats: HashMap<u32, Vec<(RowLocation, u64)>>,
}

/// The hash of a key. A plain number is its own hash; any other key is hashed to the upper half of the range, so
/// that the two never collide.
pub(crate) fn key_hash(key: &str) -> u64 {
    let plain = !key.starts_with('0') && key.len() < 19 && key.bytes().all(|byte| byte.is_ascii_digit());
    match key.parse() {
        Ok(number) if plain => number,
        _ => {
            let mut first = [0; 8];
            first.copy_from_slice(&blake3::hash(key.as_bytes()).as_bytes()[..8]);
            u64::from_le_bytes(first) | 1 << 63
        }
    }
}

impl Duplicates {
    /// Adds a row and returns whether its key is new.
    pub(crate) fn add(&mut self, key: &str, location: RowLocation, content: u64) -> bool {
        let key = key_hash(key);
        let first = self.find(key);
        match first {
            Some(first) => self.repeats.entry(first).or_default().push((location, content)),
            None => {
                let first = self.firsts.push(First { key, content });
                self.by_key.add(first, |first| self.firsts[first].key);
                self.locations.add(first, location);
            }
        }
        first.is_none()
    }

    fn find(&self, key: u64) -> Option<u32> {
        self.by_key.find(key, |first| self.firsts[first].key)
    }

    /// Whether a key has been seen.
    pub(crate) fn contains(&self, key: &str) -> bool {
        self.find(key_hash(key)).is_some()
    }

    /// The keys that are plain numbers.
    pub(crate) fn into_numbers(self) -> Vec<u64> {
        let Self { firsts, by_key, .. } = self;
        drop(by_key);
        let mut numbers = Vec::with_capacity(firsts.len());
        numbers.extend(firsts.into_iter().map(|first| first.key).filter(|key| key >> 63 == 0));
        numbers
    }

    /// The number of distinct keys.
    pub(crate) fn len(&self) -> usize {
        self.firsts.len()
    }

    /// The findings of every repeated row.
    pub(crate) fn findings(&self, on_duplicate: OnDuplicate) -> Vec<(RowLocation, Finding)> {
        let first = |number: u32| (self.locations.of(number), self.firsts[number].content);
        let groups = self.repeats.iter().map(|(number, repeats)| (first(*number), repeats));
        groups.flat_map(|(first, repeats)| judge(first, repeats, on_duplicate)).collect()
    }
}

fn judge(
    first: (RowLocation, u64),
    repeats: &[(RowLocation, u64)],
    on_duplicate: OnDuplicate,
) -> Vec<(RowLocation, Finding)> {
    let rows = || std::iter::once(first).chain(repeats.iter().copied());
    let conflict = rows().any(|(_, content)| content != first.1);
    let chosen = match on_duplicate {
        OnDuplicate::Hold if conflict => None,
        OnDuplicate::Last => rows().last(),
        _ => rows().next(),
    };
    let locations: Vec<String> = rows().map(|(location, _)| location.record.to_string()).collect();
    let others = format!("records {}", locations.join(", "));
    rows()
        .filter(|(location, _)| chosen.is_none_or(|(chosen, _)| chosen != *location))
        .map(|(location, content)| {
            let code = match chosen {
                None => Code::DuplicateConflict,
                Some((_, same)) if same == content => Code::DuplicateIdentical,
                Some(_) => Code::DuplicateSuperseded,
            };
            (location, Finding::of_row(code, others.clone()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(record: u64) -> RowLocation {
        RowLocation { file: 0, more_lines: 0, record, line: record + 1 }
    }

    fn codes(rows: &[(&str, u64)], on_duplicate: OnDuplicate) -> Vec<(u64, Code)> {
        let mut duplicates = Duplicates::default();
        for (at, (key, content)) in rows.iter().enumerate() {
            duplicates.add(key, location(at as u64 + 1), *content);
        }
        let mut codes: Vec<_> = duplicates
            .findings(on_duplicate)
            .into_iter()
            .map(|(location, finding)| (location.record, finding.code))
            .collect();
        codes.sort();
        codes
    }

    #[test]
    fn an_exact_repetition_is_nothing_new() {
        assert_eq!(codes(&[("1", 7), ("1", 7)], OnDuplicate::Hold), [(2, Code::DuplicateIdentical)]);
    }

    #[test]
    fn different_content_holds_every_row_of_the_key() {
        let expected = [1, 2, 3].map(|record| (record, Code::DuplicateConflict));
        assert_eq!(codes(&[("1", 7), ("1", 8), ("1", 7)], OnDuplicate::Hold), expected);
    }

    #[test]
    fn the_operator_may_choose_the_first_or_the_last() {
        let rows = [("1", 7), ("1", 8)];
        assert_eq!(codes(&rows, OnDuplicate::First), [(2, Code::DuplicateSuperseded)]);
        assert_eq!(codes(&rows, OnDuplicate::Last), [(1, Code::DuplicateSuperseded)]);
    }

    #[test]
    fn l14_only_the_order_number_makes_a_duplicate() {
        assert_eq!(codes(&[("1", 7), ("2", 7)], OnDuplicate::Hold), []);
    }

    #[test]
    fn l15_a_leading_zero_makes_another_number() {
        assert_ne!(key_hash("0123"), key_hash("123"));
    }
}
