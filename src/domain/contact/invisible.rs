//! Characters that nobody sees and that make two of one address or number.

/// Whether a character is invisible: a zero-width, formatting or byte order mark, as copying from a chat or a
/// web page leaves it behind.
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}
