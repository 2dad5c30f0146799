//! Cleans free text: names, titles, addresses, notes.
//!
//! WordPress stores `A &amp; B` and `say \"hi\"`; spreadsheets add no-break spaces and control characters.
//! Every cell passes here, so that plain text costs one scan and no copy.

use std::borrow::Cow;
use std::str::Chars;

use html_escape::NAMED_ENTITIES;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The longest name of HTML 5, `CounterClockwiseContourIntegral`, and its semicolon.
const MAX_ENTITY_BYTES: usize = 32;

/// Cleans a text of several lines; line breaks become `\n`.
///
/// Trims, decodes HTML entities once, undoes `\'` and `\"`, composes to NFC, turns tabs and
/// no-break spaces into spaces, and drops all other control characters. Emoji keep their joiners.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    let text = trim(text);
    if is_clean(text) {
        return Cow::Borrowed(text);
    }
    let mut cleaner = Cleaner::default();
    let mut rest = text.chars();
    while let Some(next) = decode_next(&mut rest) {
        cleaner.push(next);
    }
    Cow::Owned(compose(trim(&cleaner.finish())))
}

/// Cleans a text as [`clean`] does and puts it on one line: runs of whitespace become one space.
pub(crate) fn clean_line(text: &str) -> Cow<'_, str> {
    match clean(text) {
        Cow::Borrowed(line) => fold_whitespace(line),
        Cow::Owned(line) => match fold_whitespace(&line) {
            Cow::Owned(fold_whitespace) => Cow::Owned(fold_whitespace),
            Cow::Borrowed(_) => Cow::Owned(line),
        },
    }
}

/// Decodes HTML entities once and leaves everything else as it is: WordPress stores titles and names escaped.
pub(crate) fn unescape_entities(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut rest = text.chars();
    Cow::Owned(std::iter::from_fn(|| decode_next(&mut rest)).collect())
}

/// The first `max_chars` characters for a message, safe on a terminal; the last one is `…` if text was cut.
pub(crate) fn excerpt(text: &str, max_chars: usize) -> String {
    let mut chars = text.chars();
    let mut shown: String = chars.by_ref().take(max_chars).map(printable_or_dot).collect();
    if chars.next().is_some() && shown.pop().is_some() {
        shown.push('…');
    }
    shown
}

/// Text that is safe on a terminal: control and bidirectional characters are shown as `·`, line breaks and
/// tabs stay.
pub(crate) fn terminal_safe(text: &str) -> Cow<'_, str> {
    let shown = |character: char| {
        if matches!(character, '\n' | '\t') { character } else { printable_or_dot(character) }
    };
    if text.chars().all(|character| shown(character) == character) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(shown).collect())
}

/// Control characters can move the cursor, bidirectional ones can reorder a line.
fn printable_or_dot(character: char) -> char {
    match character {
        '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '·',
        _ if character.is_control() => '·',
        _ => character,
    }
}

fn trim(text: &str) -> &str {
    // A byte order mark can stick to the first cell of a file.
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

fn is_clean(text: &str) -> bool {
    let mut ascii = true;
    for byte in text.bytes() {
        match byte {
            b'&' | b'\\' | 0x7f => return false,
            b'\n' | 0x20..=0x7e => {}
            0x80.. => ascii = false,
            _ => return false,
        }
    }
    ascii || is_clean_unicode(text)
}

fn is_clean_unicode(text: &str) -> bool {
    let unwanted = |c: char| c == '\u{a0}' || c.is_control() && c != '\n';
    !text.contains(unwanted) && is_nfc_quick(text.chars()) == IsNormalized::Yes
}

fn compose(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { text.nfc().collect() }
}

/// Collects cleaned characters. It runs one character behind, because a quote removes the backslash before it.
#[derive(Default)]
struct Cleaner {
    text: String,
    pending: Option<char>,
}

impl Cleaner {
    fn push(&mut self, next: char) {
        match (self.pending, next) {
            (Some('\\'), '\'' | '"') | (Some('\r'), '\n') => self.pending = None,
            _ => self.flush(),
        }
        self.pending = Some(next);
    }

    fn flush(&mut self) {
        match self.pending.take() {
            Some('\r' | '\n') => self.text.push('\n'),
            Some('\t' | '\u{a0}') => self.text.push(' '),
            Some(character) if !character.is_control() => self.text.push(character),
            _ => {}
        }
    }

    fn finish(mut self) -> String {
        self.flush();
        self.text
    }
}

/// The next character, with an HTML entity decoded.
fn decode_next(rest: &mut Chars<'_>) -> Option<char> {
    let next = rest.next()?;
    if next != '&' {
        return Some(next);
    }
    match entity(rest.as_str()) {
        Some((character, after)) => {
            *rest = after.chars();
            Some(character)
        }
        None => Some('&'),
    }
}

/// Decodes the entity behind a `&` and returns the text that follows it.
///
/// Only `html_escape`'s table of names is used: its own decoder keeps `&#27;` as text and decodes C1 controls.
fn entity(text: &str) -> Option<(char, &str)> {
    let end = text.bytes().take(MAX_ENTITY_BYTES).position(|byte| byte == b';')?;
    let (name, after) = (&text[..end], &text[end + 1..]);
    let character = match name.strip_prefix('#') {
        Some(number) => numeric_entity(number)?,
        None => named_entity(name)?,
    };
    Some((character, after))
}

/// The character of a name such as `amp`. The few names that stand for two characters stay as they are.
fn named_entity(name: &str) -> Option<char> {
    let at = NAMED_ENTITIES.binary_search_by(|(known, _)| (*known).cmp(name.as_bytes())).ok()?;
    let mut characters = NAMED_ENTITIES[at].1.chars();
    characters.next().filter(|_| characters.next().is_none())
}

/// Decodes `39` or `x27`. A C1 control is refused: it is a Windows-1252 byte, not a character.
fn numeric_entity(number: &str) -> Option<char> {
    let (digits, radix) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    if !digits.bytes().all(|digit| digit.is_ascii_alphanumeric()) {
        return None;
    }
    let character = char::from_u32(u32::from_str_radix(digits, radix).ok()?)?;
    (!('\u{7f}'..='\u{9f}').contains(&character)).then_some(character)
}

fn fold_whitespace(line: &str) -> Cow<'_, str> {
    if has_single_spaces(line) {
        return Cow::Borrowed(line);
    }
    let mut fold_whitespace = String::with_capacity(line.len());
    for word in line.split_whitespace() {
        if !fold_whitespace.is_empty() {
            fold_whitespace.push(' ');
        }
        fold_whitespace.push_str(word);
    }
    Cow::Owned(fold_whitespace)
}

fn has_single_spaces(line: &str) -> bool {
    let mut after_space = false;
    for byte in line.bytes() {
        match byte {
            b' ' if after_space => return false,
            b'\n' | 0x0b | 0x0c => return false,
            // Wide spaces are rare: look for them only where there is more than ASCII.
            0x80.. => {
                return !line.contains(|c: char| c.is_whitespace() && c != ' ') && !line.contains("  ");
            }
            _ => after_space = byte == b' ',
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_text_is_borrowed() {
        for text in ["", "Siti Rahayu", "  Jalan Melati 5\nKudus ", "Café Kopi", "👩‍👩‍👧 keluarga"]
        {
            let cleaned = clean(text);
            assert!(matches!(cleaned, Cow::Borrowed(_)), "{text:?}");
            assert_eq!(cleaned, text.trim());
        }
        assert!(matches!(clean_line(" Siti Rahayu "), Cow::Borrowed(_)));
        assert!(matches!(clean_line("Café Kopi"), Cow::Borrowed(_)));
    }

    #[test]
    fn entities_are_decoded_once() {
        for (text, cleaned) in [
            ("A &amp; B", "A & B"),
            ("A &amp;amp; B", "A &amp; B"),
            ("&lt;b&gt; &quot;x&quot; &apos;y&apos;", "<b> \"x\" 'y'"),
            ("O&#39;Neil O&#x27;Neil O&#039;Neil", "O'Neil O'Neil O'Neil"),
            ("Kelas &ndash; Dasar&hellip; &rsquo;Ekspor&rsquo;", "Kelas – Dasar… ’Ekspor’"),
            ("a&nbsp;b&#160;c\u{a0}d", "a b c d"),
            ("Kelas &#8211; Dasar &#x1F600;", "Kelas – Dasar 😀"),
            (
                "&unknown; &; & &#; &#xZZ; &#+65; &#55296; &#1114112; &amp",
                "&unknown; &; & &#; &#xZZ; &#+65; &#55296; &#1114112; &amp",
            ),
        ] {
            assert_eq!(clean(text), cleaned, "{text:?}");
        }
    }

    #[test]
    fn escaped_quotes_lose_their_backslash_and_nothing_else_does() {
        assert_eq!(clean(r#"say \"hi\", it\'s me"#), r#"say "hi", it's me"#);
        assert_eq!(clean(r"C:\temp\"), r"C:\temp\");
        assert_eq!(clean(r"Jum\&#039;at"), "Jum'at");
        assert_eq!(clean(r"two \\' of them"), r"two \' of them");
    }

    #[test]
    fn line_breaks_stay_and_other_control_characters_go() {
        assert_eq!(clean("a\r\nb\nc\rd\te\u{0}\u{1b}[31mf\u{7f}\u{85}"), "a\nb\nc\nd e[31mf");
        assert_eq!(clean("\u{1} a &#27;\u{1}"), "a");
        assert_eq!(clean("\u{feff}name"), "name");
    }

    #[test]
    fn accents_are_composed_and_emoji_keep_their_joiners() {
        assert_eq!(clean("Cafe\u{301}"), "Café");
        assert_eq!(clean("👩\u{200d}👩\u{200d}👧 &amp; co"), "👩\u{200d}👩\u{200d}👧 & co");
    }

    #[test]
    fn a_line_holds_single_spaces_only() {
        for (text, line) in [
            ("Kelas  Ekspor   Yuk", "Kelas Ekspor Yuk"),
            ("Jalan Melati 5\r\nKudus", "Jalan Melati 5 Kudus"),
            ("a\u{2003}b\u{2028}c", "a b c"),
            ("é  b", "é b"),
            ("x &nbsp; y", "x y"),
        ] {
            assert_eq!(clean_line(text), line, "{text:?}");
        }
    }

    #[test]
    fn an_excerpt_is_short_and_harmless() {
        assert_eq!(excerpt("short", 10), "short");
        assert_eq!(excerpt("exactly 10", 10), "exactly 10");
        assert_eq!(excerpt("longer than that", 6), "longe…");
        assert_eq!(excerpt("\u{1b}[31mred\n\u{202e}", 20), "·[31mred··");
        assert_eq!(excerpt("anything", 0), "");
    }

    proptest! {
        #[test]
        fn cleaned_text_is_trimmed_composed_and_without_control_characters(text in any::<String>()) {
            let cleaned = clean(&text);
            prop_assert_eq!(trim(&cleaned), cleaned.as_ref());
            prop_assert!(!cleaned.contains(|c: char| c.is_control() && c != '\n'));
            prop_assert_eq!(cleaned.nfc().collect::<String>(), cleaned.as_ref());
        }

        #[test]
        fn a_line_is_its_words_joined_by_single_spaces(text in "[ab&;#39\\\\'é\u{a0} \t\n\r]{0,24}") {
            let line = clean_line(&text);
            let words: Vec<_> = line.split_whitespace().collect();
            prop_assert_eq!(words.join(" "), line.as_ref());
        }

        #[test]
        fn an_excerpt_never_exceeds_its_bound(text in any::<String>(), max_chars in 0_usize..40) {
            let shown = excerpt(&text, max_chars);
            prop_assert!(shown.chars().count() <= max_chars);
            prop_assert!(!shown.contains(char::is_control));
        }
    }
}
