//! Things found by keys that they hold themselves: of each the index keeps its number only, five bytes
//! and a free place beside it.

use std::hash::{BuildHasher as _, Hash, RandomState};

use hashbrown::HashTable;

/// The numbers of the things. Each call is told by `key_of` what the key of a number is.
///
/// Keys come from files, so they are hashed with a seed that nobody knows.
#[derive(Debug, Default)]
pub struct HashIndex {
    hasher: RandomState,
    numbers: HashTable<u32>,
}

impl HashIndex {
    /// The number of the thing with a key.
    pub fn find<K: Hash + Eq>(&self, key: K, key_of: impl Fn(u32) -> K) -> Option<u32> {
        self.numbers.find(self.hasher.hash_one(&key), |number| key_of(*number) == key).copied()
    }

    /// Takes in a thing whose key is new.
    pub fn add<K: Hash>(&mut self, number: u32, key_of: impl Fn(u32) -> K) {
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
