//! Reads a text from its front, piece by piece.

/// The part of a text that is not read yet.
pub(crate) struct Cursor<'a>(pub(crate) &'a str);

impl<'a> Cursor<'a> {
    pub(crate) fn is_done(&self) -> bool {
        self.0.is_empty()
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let end = self.0.bytes().position(|byte| !wanted(byte));
        let (taken, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest;
        taken
    }

    pub(crate) fn digits(&mut self) -> &'a str {
        self.take_while(|byte| byte.is_ascii_digit())
    }

    pub(crate) fn word(&mut self) -> &'a str {
        self.take_while(|byte| byte.is_ascii_alphabetic())
    }

    pub(crate) fn number(&mut self, lengths: std::ops::RangeInclusive<usize>) -> Option<u32> {
        let digits = self.digits();
        lengths.contains(&digits.len()).then(|| digits.parse().ok())?
    }

    pub(crate) fn eat(&mut self, wanted: char) -> bool {
        self.eat_one_of(&[wanted]).is_some()
    }

    pub(crate) fn eat_one_of(&mut self, wanted: &[char]) -> Option<char> {
        let first = self.0.chars().next().filter(|first| wanted.contains(first))?;
        self.0 = &self.0[first.len_utf8()..];
        Some(first)
    }

    pub(crate) fn eat_word(&mut self, words: &[&str]) -> bool {
        let mut ahead = Cursor(self.0);
        let word = ahead.word();
        let found = words.iter().any(|known| known.eq_ignore_ascii_case(word));
        if found {
            self.0 = ahead.0;
        }
        found
    }

    /// Skips whitespace, no-break spaces included, and says whether there was any.
    pub(crate) fn spaces(&mut self) -> bool {
        let rest = self.0.trim_start();
        let some = rest.len() < self.0.len();
        self.0 = rest;
        some
    }
}
