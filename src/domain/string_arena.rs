//! A string arena: millions of short strings in a few large blocks, with four bytes for a reference.
//!
//! It spares an allocation and a `String` of 24 bytes for each, and growing it copies nothing.

use memchr::memchr;

/// A string of a [`StringArena`]: the number of its block and the byte at which it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StringRef(u32);

impl StringRef {
    /// The empty string. No string begins at the last byte of a block, so the value is free.
    pub(crate) const EMPTY: StringRef = StringRef(u32::MAX);

    /// Whether it is the empty string.
    pub(crate) fn is_empty(self) -> bool {
        self == Self::EMPTY
    }
}

/// Bits of a reference that hold the byte within a block; the others hold the block.
const BYTE_BITS: u32 = 20;
/// Bytes of a block. A longer string gets a block of its own.
const BLOCK_BYTES: usize = 1 << BYTE_BITS;
/// Ends every string; the byte does not occur in UTF-8.
const END: u8 = 0xFF;

/// The arena. Strings are only added, never changed or removed.
#[derive(Debug, Default)]
pub(crate) struct StringArena {
    blocks: Vec<Vec<u8>>,
}

impl StringArena {
    /// Adds a string, also if it is there already.
    ///
    /// # Panics
    /// When the arena would exceed 4 GiB.
    pub(crate) fn keep(&mut self, text: &str) -> StringRef {
        if text.is_empty() {
            return StringRef::EMPTY;
        }
        let room = text.len() + 1;
        if self.blocks.last().is_none_or(|last| last.len() + room > BLOCK_BYTES) {
            self.blocks.push(Vec::with_capacity(room.max(BLOCK_BYTES)));
        }
        let at = self.blocks.len() - 1;
        let begin = at << BYTE_BITS | self.blocks[at].len();
        self.blocks[at].extend_from_slice(text.as_bytes());
        self.blocks[at].push(END);
        StringRef(u32::try_from(begin).expect("less than four gigabytes of texts"))
    }

    /// The string of a reference that this arena has returned.
    ///
    /// # Panics
    /// When the reference is another arena's and does not fit.
    pub(crate) fn text(&self, text: StringRef) -> &str {
        if text.is_empty() {
            return "";
        }
        let begin = text.0 as usize;
        let rest = &self.blocks[begin >> BYTE_BITS][begin % BLOCK_BYTES..];
        let bytes = &rest[..memchr(END, rest).unwrap_or(rest.len())];
        std::str::from_utf8(bytes).expect("a text was taken in")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back() {
        let mut arena = StringArena::default();
        let long = "x".repeat(70_000);
        let texts = ["siti", "", "é@example.org", &long];
        let kept = texts.map(|text| arena.keep(text));
        assert_eq!(kept.map(|text| arena.text(text)), texts);
        assert!(kept[1].is_empty() && StringRef::EMPTY.is_empty());
    }

    #[test]
    fn texts_around_the_end_of_a_block_come_back() {
        let mut arena = StringArena::default();
        let lengths = [BLOCK_BYTES - 3, 1, 1, BLOCK_BYTES - 1, 1, BLOCK_BYTES, 3 * BLOCK_BYTES, 1];
        let texts = lengths.map(|length| "y".repeat(length));
        let kept = texts.each_ref().map(|text| arena.keep(text));
        assert_eq!(kept.map(|text| arena.text(text)), texts.each_ref().map(String::as_str));
        assert!(
            arena
                .blocks
                .iter()
                .all(|block| block.len() == block.capacity() || block.capacity() == BLOCK_BYTES)
        );
    }
}
