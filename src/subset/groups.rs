//! Which rows belong together, since they are of one person or of people who share something.

use std::collections::{HashMap, HashSet};

use crate::subset::keys::RowKey;

/// Keys in groups: all keys of a row are in one, in the order in which the files have them.
#[derive(Debug, Default)]
pub(super) struct KeyGroups {
    numbers: HashMap<RowKey, usize>,
    /// The key that each key was joined with; itself for the first of a group.
    joined: Vec<usize>,
    /// Whether the key is an e-mail address.
    is_address: Vec<bool>,
}

impl KeyGroups {
    /// Joins the keys of a row.
    pub(super) fn join(&mut self, keys: Vec<RowKey>) {
        let mut first = None;
        for key in keys {
            let number = self.number(key);
            let root = self.root(number);
            let other = *first.get_or_insert(root);
            // The smaller number is the earlier one, by which the groups are ordered.
            let (early, late) = (other.min(root), other.max(root));
            self.joined[late] = early;
            first = Some(early);
        }
    }

    fn number(&mut self, key: RowKey) -> usize {
        let is_address = matches!(key, RowKey::Email(_));
        *self.numbers.entry(key).or_insert_with(|| {
            self.joined.push(self.joined.len());
            self.is_address.push(is_address);
            self.joined.len() - 1
        })
    }

    fn root(&mut self, number: usize) -> usize {
        let mut root = number;
        while self.joined[root] != root {
            self.joined[root] = self.joined[self.joined[root]];
            root = self.joined[root];
        }
        root
    }

    /// The first groups that have at least so many people together, and how many these are. A group without an address is
    /// one person.
    pub(super) fn first(&mut self, people: usize) -> (Chosen, usize) {
        let mut sizes: HashMap<usize, usize> = HashMap::new();
        for number in 0..self.joined.len() {
            let root = self.root(number);
            *sizes.entry(root).or_default() += usize::from(self.is_address[number]);
        }
        let mut roots: Vec<usize> = sizes.keys().copied().collect();
        roots.sort_unstable();
        let (mut taken, mut count) = (HashSet::new(), 0);
        for root in roots {
            if count >= people {
                break;
            }
            count += sizes[&root].max(1);
            taken.insert(root);
        }
        (Chosen(taken), count)
    }

    /// Whether a row of these keys is one of a chosen group.
    pub(super) fn has(&mut self, chosen: &Chosen, keys: &[RowKey]) -> bool {
        let numbers: Vec<usize> = keys.iter().filter_map(|key| self.numbers.get(key).copied()).collect();
        numbers.into_iter().any(|number| chosen.0.contains(&self.root(number)))
    }
}

/// Groups that were chosen.
#[derive(Debug)]
pub(super) struct Chosen(HashSet<usize>);

#[cfg(test)]
mod tests {
    use super::*;

    fn email(name: &str) -> RowKey {
        RowKey::Email(format!("{name}@example.org"))
    }

    fn order(number: &str) -> RowKey {
        RowKey::Order(number.to_owned())
    }

    #[test]
    fn whoever_shares_something_is_taken_together() {
        let mut groups = KeyGroups::default();
        groups.join(vec![email("ani"), order("1")]);
        groups.join(vec![email("budi"), order("2")]);
        groups.join(vec![email("citra"), order("3")]);
        // The same order, under another address.
        groups.join(vec![email("dewi"), order("1")]);
        let (chosen, people) = groups.first(1);
        assert_eq!(people, 2);
        assert!(groups.has(&chosen, &[email("ani")]) && groups.has(&chosen, &[email("dewi")]));
        assert!(!groups.has(&chosen, &[email("budi")]) && !groups.has(&chosen, &[]));
        assert_eq!(groups.first(3).1, 3);
        assert_eq!(groups.first(100).1, 4);
    }

    #[test]
    fn a_later_row_joins_two_groups_under_the_earlier_one() {
        let mut groups = KeyGroups::default();
        for (name, number) in [("ani", "1"), ("budi", "2"), ("citra", "3")] {
            groups.join(vec![email(name), order(number)]);
        }
        groups.join(vec![email("citra"), order("2")]);
        let (chosen, people) = groups.first(2);
        assert_eq!(people, 3);
        assert!(["ani", "budi", "citra"].iter().all(|name| groups.has(&chosen, &[email(name)])));
    }
}
