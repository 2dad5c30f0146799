//! A bundle of proof as a .tar.gz archive.

use std::fs::File;
use std::io::{BufReader, Read, Write as _};

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use tar::{Archive, Builder, EntryType, Header};

use crate::domain::date::Millis;
use crate::language::tr;

const CHUNK_BYTES: usize = 64 * 1024;

/// Writes files with their names into an archive.
pub(crate) fn write<'a>(
    to: &mut File,
    made_at: Millis,
    files: impl Iterator<Item = (&'a str, &'a [u8])>,
) -> anyhow::Result<()> {
    let mut archive = Builder::new(GzEncoder::new(to, Compression::default()));
    for (name, bytes) in files {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        header.set_mtime((made_at.0 / 1000).unsigned_abs());
        archive.append_data(&mut header, name, bytes)?;
    }
    archive.into_inner()?.finish()?.flush()?;
    Ok(())
}

/// Hands each file of an archive on, with its name, in the order of the archive. Entries are taken as they are: one that
/// gives the next another name or size, and anything else that is no file, is refused.
///
/// # Errors
/// It is no such archive, is cut, or has something behind its end; those of `take`.
pub(crate) fn each(
    from: File,
    mut take: impl FnMut(&str, &mut dyn Read) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut archive = Archive::new(GzDecoder::new(BufReader::new(from)));
    for entry in archive.entries()?.raw(true) {
        let mut entry = entry?;
        anyhow::ensure!(entry.header().entry_type() == EntryType::Regular, tr!("it has more than files"));
        let name = String::from_utf8(entry.path_bytes().into_owned())?;
        let size = entry.size();
        let mut counted = Counted { from: &mut entry, bytes: 0 };
        take(&name, &mut counted)?;
        anyhow::ensure!(counted.bytes == size, tr!("{name}: it is cut"));
    }
    ended(archive.into_inner())
}

/// Reads what is behind the last file to its end, where the checksum of the whole stands: nothing but the end itself.
fn ended(mut unpacked: GzDecoder<BufReader<File>>) -> anyhow::Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let length = unpacked.read(&mut chunk)?;
        anyhow::ensure!(chunk[..length].iter().all(|byte| *byte == 0), tr!("it goes on behind its end"));
        if length == 0 {
            break;
        }
    }
    anyhow::ensure!(unpacked.into_inner().read(&mut chunk)? == 0, tr!("it goes on behind its end"));
    Ok(())
}

/// A reader that counts.
struct Counted<R> {
    from: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let length = self.from.read(to)?;
        self.bytes += length as u64;
        Ok(length)
    }
}
