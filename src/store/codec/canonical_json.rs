//! The canonical form of a JSON text in one walk, without a tree: every row of an import and of a verification goes
//! through it, and its texts are plain ones.
//!
//! What the walk does not know by itself (an escape, a fraction, or what is no JSON) it leaves to a parser.

/// Appends the canonical form of a plain text. Where the text is not plain, nothing is appended.
pub(super) fn push_plain(text: &str, bytes: &mut Vec<u8>) -> bool {
    let began = bytes.len();
    let mut walk = Walk { text, at: 0, bytes };
    let whole = walk.value(MAX_DEPTH).is_some() && walk.next_part().is_none();
    if !whole {
        bytes.truncate(began);
    }
    whole
}

/// Appends what has no fixed length, behind its tag and its length.
pub(super) fn push_sized(bytes: &mut Vec<u8>, tag: u8, content: &[u8]) {
    bytes.push(tag);
    bytes.extend_from_slice(&(content.len() as u64).to_le_bytes());
    bytes.extend_from_slice(content);
}

/// Values within values; deeper ones are for the parser, which has a bound of its own.
const MAX_DEPTH: u8 = 16;
/// An integer of so many digits fits 64 bits.
const MAX_DIGITS: usize = 18;

struct Walk<'a, 'b> {
    text: &'a str,
    at: usize,
    bytes: &'b mut Vec<u8>,
}

impl<'a> Walk<'a, '_> {
    fn value(&mut self, depth: u8) -> Option<()> {
        match self.next_part()? {
            b'"' => {
                let text = self.string()?;
                push_sized(self.bytes, b'"', text.as_bytes());
            }
            b'{' => self.members(depth.checked_sub(1)?)?,
            b'[' => self.items(depth.checked_sub(1)?)?,
            b'n' => self.word("null", b'n')?,
            b't' => self.word("true", b't')?,
            b'f' => self.word("false", b'f')?,
            _ => {
                let digits = self.integer()?;
                push_sized(self.bytes, b'#', digits.as_bytes());
            }
        }
        Some(())
    }

    /// The first byte of what comes next, behind the spaces.
    fn next_part(&mut self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.at..];
        let spaces = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')).count();
        self.at += spaces;
        rest.get(spaces).copied()
    }

    fn take(&mut self, part: u8) -> Option<()> {
        (self.next_part()? == part).then(|| self.at += 1)
    }

    fn word(&mut self, word: &str, tag: u8) -> Option<()> {
        self.text[self.at..].starts_with(word).then(|| {
            self.at += word.len();
            self.bytes.push(tag);
        })
    }

    /// A string in which nothing is escaped.
    fn string(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let rest = &self.text[self.at..];
        let end = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))?;
        self.at += end + 1;
        (rest.as_bytes()[end] == b'"').then(|| &rest[..end])
    }

    /// An integer as it is written everywhere.
    fn integer(&mut self) -> Option<&'a str> {
        let rest = &self.text[self.at..];
        let digits_from = usize::from(rest.starts_with('-'));
        let digits = rest[digits_from..].bytes().take_while(u8::is_ascii_digit).count();
        let end = digits_from + digits;
        let plain = match rest.as_bytes().get(digits_from)? {
            b'0' => end == 1,
            _ => (1..=MAX_DIGITS).contains(&digits),
        };
        let goes_on = matches!(rest.as_bytes().get(end), Some(b'.' | b'e' | b'E'));
        self.at += end;
        (plain && !goes_on).then(|| &rest[..end])
    }

    fn items(&mut self, depth: u8) -> Option<()> {
        self.take(b'[')?;
        self.bytes.push(b'[');
        if self.next_part()? == b']' {
            self.at += 1;
        } else {
            loop {
                self.value(depth)?;
                if self.ends(b']')? {
                    break;
                }
            }
        }
        self.bytes.push(b']');
        Some(())
    }

    fn members(&mut self, depth: u8) -> Option<()> {
        self.take(b'{')?;
        self.bytes.push(b'{');
        let began = self.bytes.len();
        let mut members: Vec<Member<'a>> = Vec::with_capacity(16);
        if self.next_part()? == b'}' {
            self.at += 1;
        } else {
            loop {
                let from = self.bytes.len();
                self.next_part()?;
                let name = self.string()?;
                push_sized(self.bytes, b':', name.as_bytes());
                self.take(b':')?;
                self.value(depth)?;
                members.push(Member { name, from, end: self.bytes.len() });
                if self.ends(b'}')? {
                    break;
                }
            }
        }
        sort(&mut members, began, self.bytes);
        self.bytes.push(b'}');
        Some(())
    }

    /// Whether an object or an array ends here; otherwise a comma stands here.
    fn ends(&mut self, end: u8) -> Option<bool> {
        let part = self.next_part()?;
        self.at += 1;
        (part == end || part == b',').then_some(part == end)
    }
}

/// A member of an object, and where its canonical form stands.
struct Member<'a> {
    name: &'a str,
    from: usize,
    end: usize,
}

/// Puts the members, which stand from `began` to the end, in the order of their names.
fn sort(members: &mut [Member<'_>], began: usize, bytes: &mut Vec<u8>) {
    if members.is_sorted_by_key(|member| member.name) {
        return;
    }
    members.sort_by_key(|member| member.name);
    let end = bytes.len();
    for member in &*members {
        bytes.extend_from_within(member.from..member.end);
    }
    bytes.copy_within(end.., began);
    bytes.truncate(end);
}
