//! Many things of one kind in the order in which they came. They lie in pieces of one size: where a
//! vector of a million would be copied to grow, and hold room for two million, a shelf gets a piece.

use std::ops::{Index, IndexMut};

/// Things in a piece.
const PIECE: usize = 4096;

/// The things, by their numbers from 0 on.
#[derive(Debug)]
pub struct ChunkedVec<T> {
    pieces: Vec<Vec<T>>,
}

impl<T> Default for ChunkedVec<T> {
    fn default() -> Self {
        Self { pieces: Vec::new() }
    }
}

impl<T> ChunkedVec<T> {
    /// How many things there are.
    pub fn len(&self) -> usize {
        self.pieces.last().map_or(0, |last| (self.pieces.len() - 1) * PIECE + last.len())
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Takes in a thing and gives its number.
    ///
    /// # Panics
    /// With more than four billion things.
    pub fn push(&mut self, thing: T) -> u32 {
        let number = u32::try_from(self.len()).expect("no more than four billion things");
        match self.pieces.last_mut() {
            Some(last) if last.len() < PIECE => last.push(thing),
            _ => {
                let mut piece = Vec::with_capacity(PIECE);
                piece.push(thing);
                self.pieces.push(piece);
            }
        }
        number
    }
}

impl<T> Index<u32> for ChunkedVec<T> {
    type Output = T;

    fn index(&self, number: u32) -> &T {
        let number = number as usize;
        &self.pieces[number / PIECE][number % PIECE]
    }
}

impl<T> IndexMut<u32> for ChunkedVec<T> {
    fn index_mut(&mut self, number: u32) -> &mut T {
        let number = number as usize;
        &mut self.pieces[number / PIECE][number % PIECE]
    }
}

/// Piece by piece: what has been passed takes no room any more.
impl<T> IntoIterator for ChunkedVec<T> {
    type Item = T;
    type IntoIter = std::iter::Flatten<std::vec::IntoIter<Vec<T>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.pieces.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_keep_their_numbers_across_pieces() {
        let mut shelf = ChunkedVec::default();
        assert!(shelf.is_empty());
        let count = 2 * PIECE as u32 + 1;
        for number in 0..count {
            assert_eq!(shelf.len(), number as usize);
            assert_eq!(shelf.push(number * 3), number);
        }
        shelf[PIECE as u32] += 1;
        assert!(!shelf.is_empty());
        let expected = |number: u32| number * 3 + u32::from(number == PIECE as u32);
        assert!((0..count).all(|number| shelf[number] == expected(number)));
        assert!(shelf.into_iter().eq((0..count).map(expected)));
    }
}
