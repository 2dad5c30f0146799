//! A bundle of proof as a .zip archive.

use crate::language::tr;
use std::fs::File;
use std::io::{Read, Write};

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// Writes files with their names into an archive.
pub(crate) fn write<'a>(
    to: &mut File,
    files: impl Iterator<Item = (&'a str, &'a [u8])>,
) -> anyhow::Result<()> {
    let mut archive = ZipWriter::new(to);
    for (name, bytes) in files {
        archive.start_file(name, SimpleFileOptions::default())?;
        archive.write_all(bytes)?;
    }
    archive.finish()?;
    Ok(())
}

/// Hands each file of an archive on, with its name, in the order of the archive.
///
/// # Errors
/// It is no such archive, is cut, or says of the same file two things; those of `take`.
pub(crate) fn each(
    from: File,
    mut take: impl FnMut(&str, &mut dyn Read) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut archive = ZipArchive::new(from)?;
    // The list of an archive knows a name once; other programs may read the other one of that name.
    anyhow::ensure!(!archive.has_duplicate_names(), tr!("it has a name twice"));
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at)?;
        anyhow::ensure!(entry.is_file(), tr!("it has more than files"));
        let name = entry.name()?.into_owned();
        take(&name, &mut entry)?;
    }
    Ok(())
}
