//! The bytes of a file or of standard input, unpacked where they are packed: gzip and Zstandard are told by their
//! first bytes. They are read and unpacked on a thread of their own.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use crate::failure::Failure;
use crate::language::tr;

const CHUNK_BYTES: usize = 1024 * 1024;
/// Chunks that may wait to be read.
const WAITING: usize = 4;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTANDARD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const ZIP: &[u8] = b"PK\x03\x04";

/// Opens a file; `-` is standard input.
///
/// # Errors
/// Exit code 6: the file cannot be read, or is packed in another way.
pub(crate) fn open(path: &Path) -> anyhow::Result<Unpacked> {
    if path == Path::new("-") {
        return Unpacked::of(io::stdin());
    }
    let unreadable = |error: io::Error| Failure::input(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(unreadable)?;
    Unpacked::of(file).map_err(|error| Failure::in_file(path.display(), &error))
}

/// The unpacked bytes.
pub(crate) struct Unpacked {
    chunks: Receiver<io::Result<Vec<u8>>>,
    chunk: Vec<u8>,
    at: usize,
}

impl Unpacked {
    /// Unpacks what is read.
    pub(crate) fn of(packed: impl Read + Send + 'static) -> anyhow::Result<Self> {
        let mut packed = BufReader::with_capacity(CHUNK_BYTES, packed);
        let head = packed.fill_buf().map_err(|error| Failure::input(error.to_string()))?;
        let (gzip, zstandard, zip) =
            (head.starts_with(GZIP), head.starts_with(ZSTANDARD), head.starts_with(ZIP));
        if zip {
            return Err(Failure::input(tr!("this is a ZIP archive; unpack it first")));
        }
        if gzip {
            return Ok(Self::reading(flate2::bufread::MultiGzDecoder::new(packed)));
        }
        if zstandard {
            return Ok(Self::reading(ZstandardFrames::new(packed)));
        }
        Ok(Self::reading(packed))
    }

    /// Bytes that come next, which stay; none at the end.
    pub(crate) fn ahead(&mut self) -> io::Result<&[u8]> {
        if self.at == self.chunk.len() {
            match self.chunks.recv() {
                Ok(chunk) => (self.chunk, self.at) = (chunk?, 0),
                Err(_) => return Ok(&[]),
            }
        }
        Ok(&self.chunk[self.at..])
    }

    fn reading(mut unpacked: impl Read + Send + 'static) -> Self {
        let (sender, chunks) = sync_channel(WAITING);
        thread::spawn(move || {
            loop {
                let mut chunk = Vec::with_capacity(CHUNK_BYTES);
                let read = unpacked.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut chunk);
                let ended = chunk.is_empty() && read.is_ok();
                // Nobody waits for chunks any more once the reading has stopped for an error.
                if ended || !chunk.is_empty() && sender.send(Ok(chunk)).is_err() {
                    return;
                }
                if let Err(error) = read {
                    let _ = sender.send(Err(error));
                    return;
                }
            }
        });
        Self { chunks, chunk: Vec::new(), at: 0 }
    }
}

impl Read for Unpacked {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let ahead = self.ahead()?;
        let length = into.len().min(ahead.len());
        into[..length].copy_from_slice(&ahead[..length]);
        self.at += length;
        Ok(length)
    }
}

/// Frames of Zstandard, one behind the other: the decoder reads one.
struct ZstandardFrames<R: Read> {
    decoder: Option<ruzstd::decoding::StreamingDecoder<R, ruzstd::decoding::FrameDecoder>>,
    rest: Option<R>,
}

impl<R: BufRead> ZstandardFrames<R> {
    fn new(packed: R) -> Self {
        Self { decoder: None, rest: Some(packed) }
    }
}

impl<R: BufRead> Read for ZstandardFrames<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(decoder) = &mut self.decoder {
                let length = decoder.read(into)?;
                if length > 0 {
                    return Ok(length);
                }
            }
            if let Some(decoder) = self.decoder.take() {
                self.rest = Some(decoder.into_inner());
            }
            let Some(mut rest) = self.rest.take() else { return Ok(0) };
            if rest.fill_buf()?.is_empty() {
                return Ok(0);
            }
            let decoder = ruzstd::decoding::StreamingDecoder::new(rest);
            self.decoder =
                Some(decoder.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn unpacked(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        Unpacked::of(io::Cursor::new(bytes))
            .map_err(|error| io::Error::other(error.to_string()))?
            .read_to_end(&mut all)?;
        Ok(all)
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).expect("it is packed");
        encoder.finish().expect("it is packed")
    }

    #[test]
    fn plain_and_packed_bytes_are_the_same() {
        let text = b"-- a dump\n".repeat(200_000);
        assert_eq!(unpacked(text.clone()).expect("plain"), text);
        let packed = [gzip(&text), gzip(b"and more")].concat();
        assert_eq!(unpacked(packed).expect("gzip"), [&text[..], b"and more"].concat());
        let frame = |text: &[u8]| {
            ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
        };
        let packed = [frame(&text), frame(b"and more")].concat();
        assert_eq!(unpacked(packed).expect("zstd"), [&text[..], b"and more"].concat());
    }

    #[test]
    fn packed_bytes_that_end_early_are_an_error() {
        let packed = gzip(&b"some text that is packed".repeat(100));
        for end in 2..packed.len() {
            assert!(unpacked(packed[..end].to_vec()).is_err(), "{end}");
        }
        assert!(unpacked(b"PK\x03\x04".to_vec()).is_err());
    }
}
