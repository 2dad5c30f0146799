//! What a packed workbook holds, before anything of it is believed: a few kilobytes can unpack to more
//! than a machine has.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::ZipArchive;

/// Files in a workbook.
const ENTRIES: usize = 10_000;
/// What a sheet may unpack to; it is streamed.
const SHEET_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// What anything else may unpack to; it is held in memory.
const PART_BYTES: u64 = 256 * 1024 * 1024;
/// What an XLS file may weigh; it is held in memory.
const XLS_BYTES: u64 = 64 * 1024 * 1024;

/// Unpacks every part of a workbook once, without keeping it, and counts hidden rows.
///
/// # Errors
/// It cannot be unpacked, or unpacks to more than an export can be.
pub fn check(path: &Path) -> anyhow::Result<u64> {
    let mut file = BufReader::new(File::open(path)?);
    let mut magic = [0; 4];
    let length = file.read(&mut magic)?;
    if !magic[..length].starts_with(b"PK") {
        let size = std::fs::metadata(path)?.len();
        anyhow::ensure!(size <= XLS_BYTES, "the workbook is larger than {} MB", XLS_BYTES >> 20);
        return Ok(0);
    }
    let mut archive = ZipArchive::new(File::open(path)?)?;
    anyhow::ensure!(archive.len() <= ENTRIES, "the workbook has more than {ENTRIES} parts");
    let mut hidden = 0;
    for at in 0..archive.len() {
        let part = archive.by_index(at)?;
        let name = part.name()?.into_owned();
        let streamed = name.starts_with("xl/worksheets/");
        let limit = if streamed { SHEET_BYTES } else { PART_BYTES };
        let counted = Counted::read(part, limit)?;
        anyhow::ensure!(
            counted.bytes <= limit,
            "{name} unpacks to more than {} MB; this is no export",
            limit >> 20
        );
        hidden += if streamed { counted.hidden } else { 0 };
    }
    Ok(hidden)
}

/// Whether a packed file has a part of this name.
pub fn holds(path: &Path, name: &str) -> bool {
    let archive = File::open(path).ok().and_then(|file| ZipArchive::new(file).ok());
    archive.is_some_and(|archive| archive.index_for_name(name).is_some())
}

/// What a part unpacks to.
struct Counted {
    bytes: u64,
    hidden: u64,
}

impl Counted {
    fn read(part: impl Read, limit: u64) -> std::io::Result<Self> {
        const HIDDEN: &[u8] = b" hidden=\"1\"";
        let mut part = part.take(limit + 1);
        let mut counted = Self { bytes: 0, hidden: 0 };
        let mut window: Vec<u8> = Vec::new();
        let mut chunk = vec![0; 64 * 1024];
        loop {
            let length = part.read(&mut chunk)?;
            if length == 0 {
                return Ok(counted);
            }
            counted.bytes += length as u64;
            window.extend_from_slice(&chunk[..length]);
            // A tag can be cut by a chunk's end: what follows the last `<` waits for the rest.
            let whole = memchr::memrchr(b'<', &window).unwrap_or(window.len());
            let rows = window[..whole].split(|byte| *byte == b'<').filter(|tag| tag.starts_with(b"row "));
            let hides = |tag: &&[u8]| memchr::memmem::find(tag, HIDDEN).is_some();
            counted.hidden += rows.filter(hides).count() as u64;
            window.drain(..whole);
            if window.len() > chunk.len() {
                window.clear();
            }
        }
    }
}
