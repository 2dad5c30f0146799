//! Words that repeat in many rows (statuses, gateways), kept once.

use std::collections::HashMap;

/// A word by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Word(u32);

/// The words that were met.
#[derive(Debug, Default)]
pub(crate) struct Words {
    numbers: HashMap<Box<str>, Word>,
    words: Vec<Box<str>>,
}

impl Words {
    /// The number of a word.
    pub(crate) fn of(&mut self, word: &str) -> Word {
        if let Some(known) = self.numbers.get(word) {
            return *known;
        }
        let number = Word(u32::try_from(self.words.len()).unwrap_or(u32::MAX));
        self.words.push(word.into());
        self.numbers.insert(word.into(), number);
        number
    }

    /// The word of a number.
    pub(crate) fn get(&self, word: Word) -> &str {
        self.words.get(word.0 as usize).map_or("", |word| word)
    }
}
