//! Rows that are found by a key, of which each may have several.

/// Rows in the order of a key of theirs, which is not copied.
#[derive(Debug)]
pub(crate) struct RowsByKey<R> {
    rows: Vec<R>,
    /// The positions of the rows, in the order of their keys; those of one key as the rows came.
    order: Vec<u32>,
    key: fn(&R) -> &str,
}

impl<R> RowsByKey<R> {
    /// Orders rows by a key.
    pub(crate) fn new(rows: Vec<R>, key: fn(&R) -> &str) -> Self {
        let mut order: Vec<u32> = (0..).take(rows.len()).collect();
        order.sort_by(|&a, &b| key(&rows[a as usize]).cmp(key(&rows[b as usize])));
        Self { rows, order, key }
    }

    /// The rows of a key.
    pub(crate) fn of(&self, key: &str) -> impl Iterator<Item = &R> {
        let from = self.order.partition_point(|&at| (self.key)(&self.rows[at as usize]) < key);
        let behind = self.order[from..].iter().map(|&at| &self.rows[at as usize]);
        behind.take_while(move |row| (self.key)(row) == key)
    }

    /// The one row of a key, or the last of several.
    pub(crate) fn get(&self, key: &str) -> Option<&R> {
        self.of(key).last()
    }

    /// All rows, in the order of their keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &R> {
        self.order.iter().map(|&at| &self.rows[at as usize])
    }
}

impl<R> Default for RowsByKey<R> {
    fn default() -> Self {
        Self { rows: Vec::new(), order: Vec::new(), key: |_| "" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_by_their_key_in_the_order_in_which_they_came() {
        let rows = vec![("b", 1), ("a", 2), ("c", 3), ("b", 4), ("", 5)];
        let rows = RowsByKey::new(rows, |row| row.0);
        assert_eq!(rows.of("b").map(|row| row.1).collect::<Vec<_>>(), [1, 4]);
        assert_eq!(rows.get("b").map(|row| row.1), Some(4));
        assert_eq!(rows.get("").map(|row| row.1), Some(5));
        assert_eq!(rows.iter().map(|row| row.1).collect::<Vec<_>>(), [5, 2, 1, 4, 3]);
        for unknown in ["aa", "d", "B"] {
            assert_eq!(rows.get(unknown), None, "{unknown}");
        }
        assert_eq!(RowsByKey::<(&str, u8)>::default().get(""), None);
    }
}
