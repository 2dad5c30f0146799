//! Many short texts in one long one: without an allocation, and without a pointer of eight bytes, for each.

/// Where a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    from: u32,
    len: u32,
}

impl Span {
    /// No text.
    pub const EMPTY: Span = Span { from: 0, len: 0 };

    /// Whether there is no text.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }
}

/// The texts.
#[derive(Debug, Default)]
pub struct Arena {
    texts: String,
}

impl Arena {
    /// Takes in a text.
    ///
    /// # Panics
    /// When all texts together have more than four gigabytes.
    pub fn keep(&mut self, text: &str) -> Span {
        let from = u32::try_from(self.texts.len()).expect("less than four gigabytes of texts");
        self.texts.push_str(text);
        Span { from, len: u32::try_from(text.len()).expect("less than four gigabytes of texts") }
    }

    /// A text that was taken in.
    pub fn text(&self, span: Span) -> &str {
        let from = span.from as usize;
        &self.texts[from..from + span.len as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back() {
        let mut arena = Arena::default();
        let long = "x".repeat(70_000);
        let texts = ["siti", "", "é@example.org", &long];
        let spans = texts.map(|text| arena.keep(text));
        assert_eq!(spans.map(|span| arena.text(span)), texts);
        assert!(spans[1].is_empty() && Span::EMPTY.is_empty());
    }
}
