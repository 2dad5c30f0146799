//! A hash index over records that are kept elsewhere.
//!
//! It stores only the position of a record, about five bytes each, and asks the caller for the record's key.

use std::hash::{BuildHasher as _, Hash, RandomState};

use hashbrown::HashTable;

/// Positions of records, found by key. Every call gets `key_of`, which returns the key of a position.
///
/// The hash is seeded at random, because the keys come from files that anybody may have written.
#[derive(Debug, Default)]
pub(crate) struct HashIndex {
    hasher: RandomState,
    numbers: HashTable<u32>,
}

impl HashIndex {
    /// The position of the record with this key.
    pub(crate) fn find<K: Hash + Eq>(&self, key: K, key_of: impl Fn(u32) -> K) -> Option<u32> {
        self.numbers.find(self.hasher.hash_one(&key), |number| key_of(*number) == key).copied()
    }

    /// Adds the position of a record whose key is not in the index yet; this is not checked.
    pub(crate) fn add<K: Hash>(&mut self, number: u32, key_of: impl Fn(u32) -> K) {
        let hash = |number: &u32| self.hasher.hash_one(key_of(*number));
        self.numbers.insert_unique(hash(&number), number, hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_and_no_other_one() {
        let keys: Vec<String> = (0..5_000_u32).map(|number| format!("key {number}")).collect();
        let key_of = |number: u32| keys[number as usize].as_str();
        let mut index = HashIndex::default();
        assert_eq!(index.find("key 0", key_of), None);
        for number in 0..5_000 {
            index.add(number, key_of);
        }
        assert!((0..5_000).all(|number| index.find(key_of(number), key_of) == Some(number)));
        assert_eq!(index.find("key 5000", key_of), None);
    }
}
