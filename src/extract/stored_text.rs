//! Text as the database holds it: some of it was encoded twice, some of it is no UTF-8.
//!
//! Sejoli opens a connection of its own and names no character set. Where the server's default is latin1, each
//! byte of its UTF-8 was taken for a character of Windows-1252 and encoded once more.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

/// How often text had to be mended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MendedTexts {
    /// Texts that were encoded twice.
    pub(crate) encoded_twice: u64,
    /// Texts that were no UTF-8, and are read as Windows-1252.
    pub(crate) not_utf8: u64,
}

impl MendedTexts {
    /// The text of some bytes.
    pub(crate) fn text<'a>(&mut self, bytes: &'a [u8]) -> Cow<'a, str> {
        let Ok(text) = std::str::from_utf8(bytes) else {
            self.not_utf8 += 1;
            return WINDOWS_1252.decode_without_bom_handling(bytes).0;
        };
        match encoded_once(text).map(String::from_utf8) {
            Some(Ok(once)) => {
                self.encoded_twice += 1;
                Cow::Owned(once)
            }
            _ => Cow::Borrowed(text),
        }
    }
}

/// The bytes that were taken for characters; `None` where there is nothing beyond ASCII, or a character that
/// Windows-1252 does not have. The five bytes that it leaves undefined are C1 controls, as in MySQL's latin1.
pub(crate) fn encoded_once(text: &str) -> Option<Vec<u8>> {
    if text.is_ascii() {
        return None;
    }
    let (bytes, _, unmappable) = WINDOWS_1252.encode(text);
    (!unmappable).then(|| bytes.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_twice_is_undone_and_counted() {
        let mut mended = MendedTexts::default();
        assert_eq!(mended.text("AndrÃ© Halaka".as_bytes()), "André Halaka");
        assert_eq!(mended.text("ðŸ™\u{8f}".as_bytes()), "🙏");
        assert_eq!(mended.text("ðŸ™".as_bytes()), "ðŸ™", "a cut one stays");
        assert_eq!(mended, MendedTexts { encoded_twice: 2, not_utf8: 0 });
    }

    #[test]
    fn right_text_stays_as_it_is() {
        let mut mended = MendedTexts::default();
        for text in ["", "Budi", "André", "Siti ✨", "Ménage à trois", "©"] {
            assert_eq!(mended.text(text.as_bytes()), text);
        }
        assert_eq!(mended, MendedTexts::default());
    }

    #[test]
    fn bytes_that_are_no_utf8_are_windows_1252() {
        let mut mended = MendedTexts::default();
        assert_eq!(mended.text(b"Caf\xe9"), "Café");
        assert_eq!(mended.not_utf8, 1);
    }
}
