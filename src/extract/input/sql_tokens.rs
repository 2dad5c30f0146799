//! The text of a MySQL dump, piece by piece.
//!
//! Strings hold whatever looks like SQL, so nothing is found by lines or patterns: each quote, escape and comment is
//! followed. Comments that servers execute (`/*! … */`) count as what stands in them.

use std::io::Read;

use memchr::{memchr, memchr2};

use crate::extract::input::window::Window;
use crate::failure::Failure;
use crate::language::tr;

/// The longest name or word that is kept.
const MAX_WORD_BYTES: usize = 4096;
/// Of a comment, as many bytes are kept as tell what has written the dump.
const COMMENT_BYTES: usize = 64;

/// A piece of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SqlToken {
    /// A bare word, in lower case.
    Word(String),
    /// A name in backticks or double quotes.
    Name(String),
    /// A text in single quotes.
    Text,
    /// Any other character.
    Sign(u8),
    /// The end of the statement.
    End,
}

/// Reads a dump.
pub(crate) struct SqlTokens<R> {
    /// What is not read yet.
    pub(crate) window: Window<R>,
    delimiter: Vec<u8>,
    in_executed: bool,
    /// The beginning of the latest comment to the end of a line.
    pub(crate) comment: Vec<u8>,
}

/// The input ends within a statement.
pub(crate) fn torn() -> anyhow::Error {
    Failure::input(tr!("it ends in the middle of a statement: the dump is torn"))
}

impl<R: Read> SqlTokens<R> {
    /// Reads an input.
    pub(crate) fn new(input: R) -> Self {
        Self { window: Window::new(input), delimiter: b";".to_vec(), in_executed: false, comment: Vec::new() }
    }

    /// Skips whitespace and comments, and calls `said` with the beginning of each comment to the end of a line.
    /// Returns the next byte, which stays.
    pub(crate) fn space(&mut self, mut said: impl FnMut(&[u8])) -> anyhow::Result<Option<u8>> {
        loop {
            let Some(byte) = self.window.peek()? else { return Ok(None) };
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c | 0 => self.window.skip(1),
                b'#' => self.line_comment(&mut said)?,
                b'-' if is_line_comment(self.window.at_least(3)?) => self.line_comment(&mut said)?,
                b'/' if self.window.at_least(2)?.starts_with(b"/*") => self.block_comment()?,
                b'*' if self.in_executed && self.window.at_least(2)?.starts_with(b"*/") => {
                    self.in_executed = false;
                    self.window.skip(2);
                }
                0xef if self.window.at_least(3)?.starts_with("\u{feff}".as_bytes()) => self.window.skip(3),
                _ => return Ok(Some(byte)),
            }
        }
    }

    fn line_comment(&mut self, said: &mut impl FnMut(&[u8])) -> anyhow::Result<()> {
        self.comment.clear();
        loop {
            let ahead = self.window.ahead()?;
            let end = memchr(b'\n', ahead);
            let length = end.unwrap_or(ahead.len());
            let room = COMMENT_BYTES - self.comment.len();
            self.comment.extend_from_slice(&ahead[..length.min(room)]);
            let is_done = end.is_some() || ahead.is_empty();
            self.window.skip(length + usize::from(end.is_some()));
            if is_done {
                said(&self.comment);
                return Ok(());
            }
        }
    }

    /// Skips a comment, or the beginning of one whose content is executed.
    fn block_comment(&mut self) -> anyhow::Result<()> {
        let head = self.window.at_least(12)?;
        let executed = match head {
            // `/*M!999999\- enable the sandbox mode */` is for the client alone.
            [b'/', b'*', b'M', b'!', b'9', b'9', b'9', b'9', b'9', b'9', ..]
            | [b'/', b'*', b'!', b'9', b'9', b'9', b'9', b'9', b'9', ..] => None,
            [b'/', b'*', b'!', ..] => Some(3),
            [b'/', b'*', b'M', b'!', ..] => Some(4),
            _ => None,
        };
        if let Some(length) = executed.filter(|_| !self.in_executed) {
            let digits = head[length..].iter().take(6).take_while(|byte| byte.is_ascii_digit()).count();
            self.in_executed = true;
            self.window.skip(length + digits);
            return Ok(());
        }
        self.window.skip(2);
        loop {
            let ahead = self.window.at_least(2)?;
            if ahead.len() < 2 {
                return Err(torn());
            }
            match memchr(b'*', ahead) {
                Some(at) if ahead.get(at + 1) == Some(&b'/') => {
                    self.window.skip(at + 2);
                    return Ok(());
                }
                Some(at) if at + 1 < ahead.len() => self.window.skip(at + 1),
                Some(at) => self.window.skip(at.max(1)),
                None => {
                    let length = ahead.len();
                    self.window.skip(length);
                }
            }
        }
    }

    /// The next piece of a statement.
    pub(crate) fn piece(&mut self) -> anyhow::Result<SqlToken> {
        let Some(byte) = self.space(|_| {})? else { return Err(torn()) };
        if self.at_delimiter()? {
            return Ok(SqlToken::End);
        }
        match byte {
            b'`' | b'"' => {
                let mut name = Vec::new();
                self.string(|bytes| name.extend_from_slice(&bytes[..bytes.len().min(MAX_WORD_BYTES)]))?;
                Ok(SqlToken::Name(String::from_utf8_lossy(&name).into_owned()))
            }
            b'\'' => self.string(|_| {}).map(|()| SqlToken::Text),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | b'@' | b'0'..=b'9' | 0x80.. => {
                self.word().map(SqlToken::Word)
            }
            sign => {
                self.window.skip(1);
                Ok(SqlToken::Sign(sign))
            }
        }
    }

    /// Whether a statement's end comes next; if so, it is used.
    pub(crate) fn at_delimiter(&mut self) -> anyhow::Result<bool> {
        let Self { window, delimiter, .. } = self;
        if window.peek()? != delimiter.first().copied() {
            return Ok(false);
        }
        let found = window.at_least(delimiter.len())?.starts_with(delimiter);
        if found {
            window.skip(delimiter.len());
        }
        Ok(found)
    }

    /// A bare word, in lower case.
    pub(crate) fn word(&mut self) -> anyhow::Result<String> {
        let mut word = Vec::new();
        while let Some(byte) = self.window.peek()? {
            let part = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'@' | b'.' | 0x80..);
            if !part || word.len() > MAX_WORD_BYTES {
                break;
            }
            word.push(byte.to_ascii_lowercase());
            self.window.skip(1);
        }
        Ok(String::from_utf8_lossy(&word).into_owned())
    }

    /// The number that comes next: `taken` gets its bytes, part by part.
    pub(crate) fn number(&mut self, mut taken: impl FnMut(&[u8])) -> anyhow::Result<()> {
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
        loop {
            let ahead = self.window.ahead()?;
            let end = ahead.iter().position(|byte| !is_part(byte));
            let length = end.unwrap_or(ahead.len());
            taken(&ahead[..length]);
            let is_done = end.is_some() || ahead.is_empty();
            self.window.skip(length);
            if is_done {
                return Ok(());
            }
        }
    }

    /// The string in quotes that comes next: `taken` gets its bytes, part by part.
    pub(crate) fn string(&mut self, mut taken: impl FnMut(&[u8])) -> anyhow::Result<()> {
        let Some(quote) = self.window.next()? else { return Err(torn()) };
        loop {
            let ahead = self.window.ahead()?;
            if ahead.is_empty() {
                return Err(torn());
            }
            // A name in backticks has no escapes.
            let found = if quote == b'`' { memchr(quote, ahead) } else { memchr2(quote, b'\\', ahead) };
            let length = found.unwrap_or(ahead.len());
            if length > 0 {
                taken(&ahead[..length]);
            }
            let Some(sign) = found.map(|at| ahead[at]) else {
                self.window.skip(length);
                continue;
            };
            self.window.skip(length + 1);
            let next = self.window.peek()?;
            if sign == quote {
                if next != Some(quote) {
                    return Ok(());
                }
                self.window.skip(1);
                taken(&[quote]);
                continue;
            }
            let Some(escaped) = next else { return Err(torn()) };
            self.window.skip(1);
            match unescaped(escaped) {
                Some(byte) => taken(&[byte]),
                None => taken(&[b'\\', escaped]),
            }
        }
    }

    /// Skips what is left of a statement.
    pub(crate) fn skip_statement(&mut self) -> anyhow::Result<()> {
        loop {
            let Some(byte) = self.space(|_| {})? else { return Err(torn()) };
            match byte {
                b'\'' | b'"' | b'`' => self.string(|_| {})?,
                _ if self.at_delimiter()? => return Ok(()),
                _ => self.skip_plain()?,
            }
        }
    }

    /// Skips bytes that mean nothing outside of quotes, one at least.
    fn skip_plain(&mut self) -> anyhow::Result<()> {
        let first = self.delimiter.first().copied();
        let ahead = self.window.ahead()?;
        let means = |byte: &u8| {
            matches!(byte, b'\'' | b'"' | b'`' | b'#' | b'-' | b'/' | b'*') || Some(*byte) == first
        };
        let length = ahead[1..].iter().position(means).map_or(ahead.len(), |at| at + 1);
        self.window.skip(length);
        Ok(())
    }

    /// Reads the new delimiter, which stands on the rest of the line.
    pub(crate) fn read_delimiter(&mut self) -> anyhow::Result<()> {
        let mut line = Vec::new();
        while let Some(byte) = self.window.next()? {
            if byte == b'\n' || line.len() > 16 {
                break;
            }
            line.push(byte);
        }
        let delimiter = line.trim_ascii();
        if !delimiter.is_empty() {
            self.delimiter = delimiter.to_vec();
        }
        Ok(())
    }
}

/// Two dashes begin a comment only where space follows.
fn is_line_comment(ahead: &[u8]) -> bool {
    ahead.starts_with(b"--")
        && ahead.get(2).is_none_or(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control())
}

/// The byte that an escape stands for; `\%` and `\_` stay as they are.
fn unescaped(byte: u8) -> Option<u8> {
    match byte {
        b'0' => Some(0),
        b'b' => Some(8),
        b'n' => Some(b'\n'),
        b'r' => Some(b'\r'),
        b't' => Some(b'\t'),
        b'Z' => Some(26),
        b'%' | b'_' => None,
        other => Some(other),
    }
}
