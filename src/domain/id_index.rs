//! Many ids in little room. A shop of a million orders has half a million people, whom every order and every decision names:
//! looking them up in the database one page after the other takes longer than keeping all of them.

use std::collections::{HashMap, HashSet};

use crate::domain::ids::digits;

/// Digits of base 36 that 64 bits hold.
const HALF: usize = 12;

/// An id in the form of a cuid, `c` and 24 digits of base 36, as two numbers of twelve digits.
type PackedId = [u64; 2];

/// Packs an id that has the form of a cuid.
fn pack(id: &str) -> Option<PackedId> {
    let digits = id.strip_prefix('c').filter(|digits| digits.len() == 2 * HALF)?.as_bytes();
    let half = |digits: &[u8]| digits.iter().try_fold(0, |number, digit| Some(number * 36 + value(*digit)?));
    Some([half(&digits[..HALF])?, half(&digits[HALF..])?])
}

fn value(digit: u8) -> Option<u64> {
    match digit {
        b'0'..=b'9' => Some(u64::from(digit - b'0')),
        b'a'..=b'z' => Some(u64::from(digit - b'a') + 10),
        _ => None,
    }
}

fn unpack(packed: PackedId) -> String {
    let mut text = [b'c'; 2 * HALF + 1];
    for (number, half) in packed.into_iter().zip(text[1..].chunks_exact_mut(HALF)) {
        digits(number, half);
    }
    text.iter().map(|&byte| char::from(byte)).collect()
}

/// A set of ids: sixteen bytes for each cuid.
#[derive(Clone, Debug, Default)]
pub(crate) struct IdSet {
    packed: Vec<PackedId>,
    others: HashSet<String>,
}

impl IdSet {
    /// Whether an id is among them.
    pub(crate) fn contains(&self, id: &str) -> bool {
        match pack(id) {
            Some(packed) => self.packed.binary_search(&packed).is_ok(),
            None => self.others.contains(id),
        }
    }

    /// Gives back the room that it does not need.
    pub(crate) fn shrink_to_fit(&mut self) {
        self.packed.shrink_to_fit();
    }
}

impl Extend<String> for IdSet {
    fn extend<T: IntoIterator<Item = String>>(&mut self, ids: T) {
        for id in ids {
            match pack(&id) {
                Some(packed) => self.packed.push(packed),
                None => drop(self.others.insert(id)),
            }
        }
        self.packed.sort_unstable();
    }
}

impl FromIterator<String> for IdSet {
    fn from_iter<T: IntoIterator<Item = String>>(ids: T) -> Self {
        let mut set = Self::default();
        set.extend(ids);
        set
    }
}

/// What ids point to, which are ids as well: 32 bytes for each pair of cuids.
#[derive(Clone, Debug, Default)]
pub(crate) struct IdMap {
    packed: Vec<(PackedId, PackedId)>,
    others: HashMap<String, String>,
}

impl IdMap {
    /// What an id points to.
    pub(crate) fn get(&self, id: &str) -> Option<String> {
        let at = pack(id).and_then(|key| self.packed.binary_search_by_key(&key, |pair| pair.0).ok());
        at.map(|at| unpack(self.packed[at].1)).or_else(|| self.others.get(id).cloned())
    }

    /// Gives back the room that it does not need.
    pub(crate) fn shrink_to_fit(&mut self) {
        self.packed.shrink_to_fit();
    }
}

impl Extend<(String, String)> for IdMap {
    fn extend<T: IntoIterator<Item = (String, String)>>(&mut self, pairs: T) {
        for (id, other) in pairs {
            match pack(&id).zip(pack(&other)) {
                Some(pair) => self.packed.push(pair),
                None => drop(self.others.insert(id, other)),
            }
        }
        self.packed.sort_unstable();
    }
}

impl FromIterator<(String, String)> for IdMap {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(pairs: T) -> Self {
        let mut map = Self::default();
        map.extend(pairs);
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::date::Millis;
    use crate::domain::ids::id_for;

    fn cuid(number: i64) -> String {
        id_for("User", &number.to_string(), Millis(1_600_000_000_000 + number))
    }

    #[test]
    fn a_packed_id_comes_out_as_it_went_in() {
        for id in ["c000000000000000000000000", "czzzzzzzzzzzzzzzzzzzzzzzz", &cuid(1), &cuid(-7)] {
            assert_eq!(pack(id).map(unpack).as_deref(), Some(id));
        }
        for other in ["", "c", "C000000000000000000000000", "cm5-admin", "c00000000000000000000000é"] {
            assert_eq!(pack(other), None, "{other}");
        }
    }

    #[test]
    fn a_set_knows_its_ids_in_whatever_form_and_order() {
        let ids = || (0..100).rev().map(cuid).chain(["admin".to_owned(), "7b1d-uuid".to_owned()]);
        let set: IdSet = ids().collect();
        assert!(ids().all(|id| set.contains(&id)));
        for unknown in [cuid(100).as_str(), "", "Admin", "user"] {
            assert!(!set.contains(unknown), "{unknown}");
        }
    }

    #[test]
    fn a_map_knows_what_ids_point_to_in_whatever_form() {
        let pairs = || {
            let cuids = (0..100).rev().map(|number| (cuid(number), cuid(1_000 - number)));
            cuids.chain([(cuid(200), "admin".to_owned()), ("admin".to_owned(), cuid(3))])
        };
        let map: IdMap = pairs().collect();
        assert!(pairs().all(|(id, other)| map.get(&id) == Some(other)));
        assert_eq!(map.get(&cuid(100)), None);
        assert_eq!(map.get(""), None);
    }
}
