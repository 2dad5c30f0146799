//! Rows with the same key: a repetition is nothing, different content is a conflict (L14).

use std::collections::HashMap;

use crate::domain::chunked_vec::ChunkedVec;
use crate::domain::date::Millis;
use crate::domain::finding::Severity;
use crate::domain::hash_index::HashIndex;
use crate::pipeline::read::on_duplicate::OnDuplicate;
use crate::pipeline::read::parse_row::ParsedRow;
use crate::pipeline::read::repetitions::{FileRows, RepeatedRow, RepetitionContext, Repetitions};
use crate::pipeline::read::row_locations::RowLocations;
use crate::source::Export;
use crate::source::row_location::RowLocation;

/// The first row of a key.
#[derive(Clone, Copy)]
struct FirstRow {
    key: u64,
    meaning: u64,
}

/// The keys seen so far, at about thirty bytes a key.
#[derive(Default)]
#[allow(missing_debug_implementations)]
pub(crate) struct Duplicates {
    firsts: ChunkedVec<FirstRow>,
    by_key: HashIndex,
    locations: RowLocations,
    /// The other rows of a key, by the number of its first one.
    repeats: HashMap<u32, Vec<RepeatedRow>>,
    /// By the position of the file.
    files: Vec<FileRows>,
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
    /// Adds a row and returns whether its key is new; a row without one is always new.
    pub(crate) fn add_row<T>(&mut self, row: &ParsedRow<T>) -> bool {
        let dated = row.latest_date.filter(|_| row.severity() < Severity::Held);
        self.count(row.location, dated);
        row.key.is_empty() || self.add(&row.key, row.location, row.meaning)
    }

    fn count(&mut self, location: RowLocation, dated: Option<Millis>) {
        let at = location.file as usize;
        if self.files.len() <= at {
            self.files.resize(at + 1, FileRows::default());
        }
        let file = &mut self.files[at];
        file.rows += 1;
        file.newest = file.newest.max(dated);
    }

    fn add(&mut self, key: &str, location: RowLocation, meaning: u64) -> bool {
        let key = key_hash(key);
        let first = self.find(key);
        match first {
            Some(first) => self.repeats.entry(first).or_default().push(RepeatedRow { location, meaning }),
            None => {
                let first = self.firsts.push(FirstRow { key, meaning });
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

    /// What there is to say of the rows that share their number with others. `exports` are the files of their kind.
    pub(crate) fn repetitions(&self, on_duplicate: OnDuplicate, exports: &[&Export]) -> Repetitions {
        let rows = |(number, repeats): (&u32, &Vec<RepeatedRow>)| {
            let meaning = self.firsts[*number].meaning;
            let first = RepeatedRow { location: self.locations.of(*number), meaning };
            std::iter::once(first).chain(repeats.iter().copied()).collect()
        };
        let groups: Vec<Vec<RepeatedRow>> = self.repeats.iter().map(rows).collect();
        RepetitionContext { files: &self.files, on_duplicate, exports }.judge(groups)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::finding::Code;

    fn location(record: u64) -> RowLocation {
        RowLocation { file: 0, more_lines: 0, record, line: record + 1 }
    }

    fn codes(rows: &[(&str, u64)], on_duplicate: OnDuplicate) -> Vec<(u64, Code)> {
        let in_one_file: Vec<_> = rows.iter().map(|(key, meaning)| (0, *key, *meaning, 0)).collect();
        codes_of_files(&in_one_file, on_duplicate)
            .into_iter()
            .map(|(_, record, code)| (record, code))
            .collect()
    }

    /// File, record and code of each finding; rows are given by file, key, meaning and date.
    fn codes_of_files(rows: &[(u32, &str, u64, i64)], on_duplicate: OnDuplicate) -> Vec<(u32, u64, Code)> {
        let mut duplicates = Duplicates::default();
        for (at, (file, key, meaning, date)) in rows.iter().enumerate() {
            let location = RowLocation { file: *file, ..location(at as u64 + 1) };
            duplicates.count(location, Some(Millis(*date)));
            duplicates.add(key, location, *meaning);
        }
        let found = duplicates.repetitions(on_duplicate, &[]).rows.into_iter();
        let mut codes: Vec<_> =
            found.map(|(location, finding)| (location.file, location.record, finding.code)).collect();
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
    fn a_file_that_another_one_repeats_is_told_as_a_whole() {
        let both = [(0, "1", 7, 0), (0, "2", 8, 0), (1, "2", 8, 0), (1, "1", 7, 0)];
        let whole = [(1, 3, Code::FileRepeated), (1, 4, Code::FileRepeated)];
        assert_eq!(codes_of_files(&both, OnDuplicate::Hold), whole);
        let more = [&both[..], &[(1, "3", 9, 0)]].concat();
        let single = whole.map(|(file, record, _)| (file, record, Code::DuplicateIdentical));
        assert_eq!(codes_of_files(&more, OnDuplicate::Hold), single);
        let other = [(0, "1", 7, 0), (1, "1", 8, 0)];
        let held = [(0, 1, Code::DuplicateConflict), (1, 2, Code::DuplicateConflict)];
        assert_eq!(codes_of_files(&other, OnDuplicate::Hold), held);
    }

    #[test]
    fn the_newest_file_is_the_one_with_the_latest_date() {
        let rows = |first: i64, second: i64| [(0, "1", 7, first), (1, "1", 8, second), (1, "2", 9, 0)];
        let newest = |rows: &[(u32, &str, u64, i64)]| codes_of_files(rows, OnDuplicate::Newest);
        assert_eq!(newest(&rows(1, 2)), [(0, 1, Code::DuplicateSuperseded)]);
        assert_eq!(newest(&rows(3, 2)), [(1, 2, Code::DuplicateSuperseded)]);
        let held = [(0, 1, Code::DuplicateConflict), (1, 2, Code::DuplicateConflict)];
        assert_eq!(newest(&rows(2, 2)), held, "equal dates tell nothing");
        let in_one_file = [(0, "1", 7, 1), (0, "1", 8, 2)];
        assert_eq!(newest(&in_one_file).len(), 2, "and neither does a single file");
        let agreed = [(0, "1", 7, 1), (1, "1", 8, 2), (2, "1", 8, 2)];
        let expected = [(0, 1, Code::DuplicateSuperseded), (2, 3, Code::FileRepeated)];
        assert_eq!(newest(&agreed), expected);
    }

    #[test]
    fn l15_a_leading_zero_makes_another_number() {
        assert_ne!(key_hash("0123"), key_hash("123"));
    }
}
