//! Characters that nobody sees and that make two of one address or number.

/// Marks that copying from a chat or a web page leaves behind; they would make two of one person.
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}
