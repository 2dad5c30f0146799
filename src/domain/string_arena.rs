//! Many short texts in a few long pieces: without an allocation, and without a pointer of eight bytes,
//! for each, and none is copied when there are more.

use memchr::memchr;

/// Where a text begins: the piece, and behind it the byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StringRef(u32);

impl StringRef {
    /// No text: nothing begins with the last byte of a piece.
    pub const EMPTY: StringRef = StringRef(u32::MAX);

    /// Whether there is no text.
    pub fn is_empty(self) -> bool {
        self == Self::EMPTY
    }
}

/// Bits that tell a byte of a piece.
const BYTE_BITS: u32 = 20;
/// Bytes of a piece; a text that does not fit into one gets a longer one for itself.
const PIECE: usize = 1 << BYTE_BITS;
/// What a text ends with; UTF-8 does not have it.
const END: u8 = 0xFF;

/// The texts.
#[derive(Debug, Default)]
pub struct StringArena {
    pieces: Vec<Vec<u8>>,
}

impl StringArena {
    /// Takes in a text.
    ///
    /// # Panics
    /// When all texts together have more than four gigabytes.
    pub fn keep(&mut self, text: &str) -> StringRef {
        if text.is_empty() {
            return StringRef::EMPTY;
        }
        let room = text.len() + 1;
        if self.pieces.last().is_none_or(|last| last.len() + room > PIECE) {
            self.pieces.push(Vec::with_capacity(room.max(PIECE)));
        }
        let at = self.pieces.len() - 1;
        let begin = at << BYTE_BITS | self.pieces[at].len();
        self.pieces[at].extend_from_slice(text.as_bytes());
        self.pieces[at].push(END);
        StringRef(u32::try_from(begin).expect("less than four gigabytes of texts"))
    }

    /// A text that was taken in.
    pub fn text(&self, text: StringRef) -> &str {
        if text.is_empty() {
            return "";
        }
        let begin = text.0 as usize;
        let rest = &self.pieces[begin >> BYTE_BITS][begin % PIECE..];
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
    fn texts_around_the_end_of_a_piece_come_back() {
        let mut arena = StringArena::default();
        let lengths = [PIECE - 3, 1, 1, PIECE - 1, 1, PIECE, 3 * PIECE, 1];
        let texts = lengths.map(|length| "y".repeat(length));
        let kept = texts.each_ref().map(|text| arena.keep(text));
        assert_eq!(kept.map(|text| arena.text(text)), texts.each_ref().map(String::as_str));
        assert!(
            arena.pieces.iter().all(|piece| piece.len() == piece.capacity() || piece.capacity() == PIECE)
        );
    }
}
