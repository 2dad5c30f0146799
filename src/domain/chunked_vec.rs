//! A vector in chunks of one size.
//!
//! A `Vec` of a million items is copied when it grows and reserves room for two million; this one gets one
//! more chunk.

use std::ops::{Index, IndexMut};

/// Items of a chunk.
const CHUNK: usize = 4096;

/// Items by their position, counted from 0.
#[derive(Debug)]
pub(crate) struct ChunkedVec<T> {
    chunks: Vec<Vec<T>>,
}

impl<T> Default for ChunkedVec<T> {
    fn default() -> Self {
        Self { chunks: Vec::new() }
    }
}

impl<T> ChunkedVec<T> {
    /// The number of items.
    pub(crate) fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }

    /// Appends an item and returns its position.
    ///
    /// # Panics
    /// When there are more items than a `u32` can count.
    pub(crate) fn push(&mut self, item: T) -> u32 {
        let number = u32::try_from(self.len()).expect("no more than four billion items");
        match self.chunks.last_mut() {
            Some(last) if last.len() < CHUNK => last.push(item),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(item);
                self.chunks.push(chunk);
            }
        }
        number
    }

    /// The items in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flatten()
    }
}

impl<T> Index<u32> for ChunkedVec<T> {
    type Output = T;

    fn index(&self, number: u32) -> &T {
        let number = number as usize;
        &self.chunks[number / CHUNK][number % CHUNK]
    }
}

impl<T> IndexMut<u32> for ChunkedVec<T> {
    fn index_mut(&mut self, number: u32) -> &mut T {
        let number = number as usize;
        &mut self.chunks[number / CHUNK][number % CHUNK]
    }
}

/// Consumes the vector and frees each chunk as soon as the iterator has left it.
impl<T> IntoIterator for ChunkedVec<T> {
    type Item = T;
    type IntoIter = std::iter::Flatten<std::vec::IntoIter<Vec<T>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.chunks.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_keep_their_numbers_across_pieces() {
        let mut vec = ChunkedVec::default();
        assert_eq!(vec.len(), 0);
        let count = 2 * CHUNK as u32 + 1;
        for number in 0..count {
            assert_eq!(vec.len(), number as usize);
            assert_eq!(vec.push(number * 3), number);
        }
        vec[CHUNK as u32] += 1;
        assert_ne!(vec.len(), 0);
        let expected = |number: u32| number * 3 + u32::from(number == CHUNK as u32);
        assert!((0..count).all(|number| vec[number] == expected(number)));
        assert!(vec.into_iter().eq((0..count).map(expected)));
    }
}
