//! Recognises the encoding of a file and reads it as UTF-8.
//!
//! A byte order mark decides; without one, zero bytes at every other position mean UTF-16. Otherwise the whole
//! file is scanned: if it has bytes beyond ASCII and none of them are UTF-8, it is Windows-1252. A file that
//! mixes both counts as UTF-8, and its rows with invalid bytes are rejected one by one.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use encoding_rs::{CoderResult, Decoder};

use crate::source::file_options::Encoding;

const CHUNK_BYTES: usize = 64 * 1024;

/// Bytes at the beginning of a file that are examined for UTF-16 without a byte order mark.
const SNIFF_BYTES: usize = 4 * 1024;

/// The encoding of a file as far as its content tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DetectedEncoding {
    /// The encoding.
    pub encoding: Encoding,
    /// Whether it was assumed because the file is no UTF-8.
    pub fallback: bool,
}

/// Recognises the encoding of a file, in constant memory.
///
/// # Errors
/// The file cannot be read.
pub(super) fn detect(path: &Path) -> io::Result<DetectedEncoding> {
    let mut file = File::open(path)?;
    let mut head = vec![0; SNIFF_BYTES];
    let length = read_full(&mut file, &mut head)?;
    head.truncate(length);
    if let Some(encoding) = bom_encoding(&head).or_else(|| guess_utf16(&head)) {
        return Ok(DetectedEncoding { encoding, fallback: false });
    }
    let mut letters = EncodingScan::default();
    letters.add(&head);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let length = read_full(&mut file, &mut chunk)?;
        letters.add(&chunk[..length]);
        if length == 0 {
            break;
        }
    }
    Ok(letters.result())
}

fn read_full(file: &mut impl Read, chunk: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < chunk.len() {
        match file.read(&mut chunk[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

fn bom_encoding(head: &[u8]) -> Option<Encoding> {
    match head {
        [0xef, 0xbb, 0xbf, ..] => Some(Encoding::Utf8),
        [0xff, 0xfe, ..] => Some(Encoding::Utf16Le),
        [0xfe, 0xff, ..] => Some(Encoding::Utf16Be),
        _ => None,
    }
}

/// Western text in UTF-16 has a zero in nearly every pair, always on the same side.
fn guess_utf16(head: &[u8]) -> Option<Encoding> {
    let pairs = head.chunks_exact(2);
    let (all, mut first, mut second) = (pairs.len(), 0, 0);
    for pair in pairs {
        first += usize::from(pair[0] == 0);
        second += usize::from(pair[1] == 0);
    }
    let most = |zeros: usize| all >= 8 && zeros * 10 >= all * 9;
    match (most(first), most(second)) {
        (true, false) => Some(Encoding::Utf16Be),
        (false, true) => Some(Encoding::Utf16Le),
        _ => None,
    }
}

/// Scans a file chunk by chunk for characters beyond ASCII.
#[derive(Default)]
struct EncodingScan {
    utf8: bool,
    other: bool,
    /// The beginning of a character that continues in the next chunk.
    cut: Vec<u8>,
}

impl EncodingScan {
    fn add(&mut self, chunk: &[u8]) {
        let joined;
        let mut rest = if self.cut.is_empty() {
            chunk
        } else {
            joined = [std::mem::take(&mut self.cut).as_slice(), chunk].concat();
            &joined
        };
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    self.utf8 |= !text.is_ascii();
                    return;
                }
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    self.utf8 |= !valid.is_ascii();
                    match error.error_len() {
                        None if !chunk.is_empty() => {
                            self.cut = after.to_vec();
                            return;
                        }
                        length => {
                            self.other = true;
                            rest = &after[length.unwrap_or(after.len())..];
                        }
                    }
                }
            }
        }
    }

    fn result(&self) -> DetectedEncoding {
        let fallback = self.other && !self.utf8;
        DetectedEncoding { encoding: if fallback { Encoding::Windows1252 } else { Encoding::Utf8 }, fallback }
    }
}

/// Reads a file as UTF-8 without its byte order mark. Invalid bytes of a UTF-8 file are passed on unchanged.
#[allow(missing_debug_implementations)]
pub(super) struct Utf8Reader<R> {
    input: R,
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    raw_at: usize,
    ended: bool,
    out: Vec<u8>,
    out_at: usize,
    begun: bool,
}

impl<R: Read> Utf8Reader<R> {
    /// Reads `input`, which is in `encoding`.
    pub(super) fn new(input: R, encoding: Encoding) -> Self {
        let decoder = match encoding {
            Encoding::Utf8 => None,
            Encoding::Utf16Le => Some(encoding_rs::UTF_16LE),
            Encoding::Utf16Be => Some(encoding_rs::UTF_16BE),
            Encoding::Windows1252 => Some(encoding_rs::WINDOWS_1252),
        };
        Self {
            input,
            decoder: decoder.map(encoding_rs::Encoding::new_decoder_with_bom_removal),
            raw: Vec::new(),
            raw_at: 0,
            ended: false,
            out: Vec::new(),
            out_at: 0,
            begun: false,
        }
    }

    fn begin(&mut self) -> io::Result<()> {
        self.begun = true;
        let mut head = vec![0; CHUNK_BYTES];
        let length = read_full(&mut self.input, &mut head)?;
        head.truncate(length);
        if self.decoder.is_some() {
            self.raw = head;
        } else {
            self.out_at = if head.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 };
            self.out = head;
        }
        Ok(())
    }

    fn decode_more(&mut self) -> io::Result<()> {
        let Some(decoder) = &mut self.decoder else { return Ok(()) };
        if self.raw_at == self.raw.len() {
            self.raw.resize(CHUNK_BYTES, 0);
            let length = read_full(&mut self.input, &mut self.raw)?;
            self.raw.truncate(length);
            self.raw_at = 0;
            self.ended = length == 0;
        }
        self.out.resize(CHUNK_BYTES * 3, 0);
        let (result, read, written, _) =
            decoder.decode_to_utf8(&self.raw[self.raw_at..], &mut self.out, self.ended);
        debug_assert!(result == CoderResult::InputEmpty || read > 0);
        self.raw_at += read;
        self.out.truncate(written);
        self.out_at = 0;
        Ok(())
    }
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if !self.begun {
            self.begin()?;
        }
        while self.out_at == self.out.len() {
            match self.decoder {
                None => return self.input.read(into),
                Some(_) if self.ended => return Ok(0),
                Some(_) => self.decode_more()?,
            }
        }
        let length = into.len().min(self.out.len() - self.out_at);
        into[..length].copy_from_slice(&self.out[self.out_at..self.out_at + length]);
        self.out_at += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn result(bytes: &[u8], chunk: usize) -> DetectedEncoding {
        let mut letters = EncodingScan::default();
        bytes.chunks(chunk).for_each(|chunk| letters.add(chunk));
        letters.add(&[]);
        letters.result()
    }

    fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    fn decoded(bytes: &[u8], encoding: Encoding) -> String {
        let mut text = String::new();
        Utf8Reader::new(bytes, encoding).read_to_string(&mut text).expect("it is text");
        text
    }

    #[test]
    fn letters_decide_between_utf8_and_windows_1252() {
        for (bytes, encoding) in [
            (&b"plain"[..], Encoding::Utf8),
            ("Café".as_bytes(), Encoding::Utf8),
            (b"Caf\xe9", Encoding::Windows1252),
            (b"Caf\xc3\xa9 and Caf\xe9", Encoding::Utf8),
        ] {
            for chunk in 1..8 {
                assert_eq!(result(bytes, chunk).encoding, encoding, "{bytes:?} in chunks of {chunk}");
            }
        }
    }

    #[test]
    fn utf16_is_known_by_its_mark_or_its_zeros() {
        let text = "order_id,order_date";
        assert_eq!(bom_encoding(&utf16("\u{feff}x", u16::to_le_bytes)), Some(Encoding::Utf16Le));
        assert_eq!(bom_encoding(&utf16("\u{feff}x", u16::to_be_bytes)), Some(Encoding::Utf16Be));
        assert_eq!(guess_utf16(&utf16(text, u16::to_le_bytes)), Some(Encoding::Utf16Le));
        assert_eq!(guess_utf16(&utf16(text, u16::to_be_bytes)), Some(Encoding::Utf16Be));
        assert_eq!(guess_utf16(text.as_bytes()), None);
    }

    proptest! {
        #[test]
        fn any_text_comes_back_from_utf16(text in "\\PC{0,200}") {
            prop_assert_eq!(decoded(&utf16(&text, u16::to_le_bytes), Encoding::Utf16Le), text.clone());
            prop_assert_eq!(decoded(&utf16(&text, u16::to_be_bytes), Encoding::Utf16Be), text.clone());
            let bom_encoding = format!("\u{feff}{text}");
            prop_assert_eq!(decoded(bom_encoding.as_bytes(), Encoding::Utf8), text);
        }

        #[test]
        fn any_bytes_are_some_windows_1252(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(decoded(&bytes, Encoding::Windows1252).chars().count(), bytes.len());
        }
    }
}
