//! A window on bytes that are read once, from front to back.

use std::io::{self, Read};

const CHUNK_BYTES: usize = 256 * 1024;

/// The bytes that were read and are not used yet.
pub(crate) struct Window<R> {
    input: R,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
}

impl<R: Read> Window<R> {
    /// A window on an input.
    pub(crate) fn new(input: R) -> Self {
        Self { input, buffer: vec![0; CHUNK_BYTES], at: 0, end: 0 }
    }

    /// Bytes that are at hand; none at the end of the input.
    pub(crate) fn ahead(&mut self) -> io::Result<&[u8]> {
        if self.at == self.end {
            self.read_more()?;
        }
        Ok(&self.buffer[self.at..self.end])
    }

    /// At least so many bytes, unless the input ends before.
    pub(crate) fn at_least(&mut self, wanted: usize) -> io::Result<&[u8]> {
        while self.end - self.at < wanted && self.read_more()? {}
        Ok(&self.buffer[self.at..self.end])
    }

    /// The next byte, which stays; none at the end.
    #[inline]
    pub(crate) fn peek(&mut self) -> io::Result<Option<u8>> {
        if self.at == self.end && !self.read_more()? {
            return Ok(None);
        }
        Ok(Some(self.buffer[self.at]))
    }

    /// The next byte, which is used.
    #[inline]
    pub(crate) fn next(&mut self) -> io::Result<Option<u8>> {
        let next = self.peek()?;
        self.at += usize::from(next.is_some());
        Ok(next)
    }

    /// Uses bytes that are at hand.
    pub(crate) fn skip(&mut self, length: usize) {
        self.at = self.end.min(self.at + length);
    }

    fn read_more(&mut self) -> io::Result<bool> {
        if self.at == self.end {
            (self.at, self.end) = (0, 0);
        } else if self.end == self.buffer.len() {
            self.buffer.copy_within(self.at..self.end, 0);
            (self.at, self.end) = (0, self.end - self.at);
            if self.end == self.buffer.len() {
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
        }
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(length) => {
                    self.end += length;
                    return Ok(length > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
