//! The archive of a bundle of proof: its files, and a manifest with the SHA-256 of each.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use crate::cli::{bundle_tar, bundle_zip};
use crate::domain::date::Millis;
use crate::failure::Failure;
use crate::language::tr;

/// The file that lists the others.
const MANIFEST: &str = "manifest.json";

/// The same as `sha256sum --check` reads it.
const SUMS: &str = "SHA256SUMS";

/// The files that a check reads. The others are hashed as they are unpacked: an archive of a few kilobytes may unpack to more
/// than a machine's memory.
pub(crate) const DATABASE: &str = "database.json";
pub(crate) const RECONCILIATION: &str = "reconciliation.json";
pub(crate) const SIGNATURES: &str = "signatures.json";

/// All files whose bytes are kept.
const KEPT: [&str; 4] = [MANIFEST, DATABASE, RECONCILIATION, SIGNATURES];

/// No file that is kept in memory is larger.
const LARGEST_KEPT: usize = 1 << 28;
const CHUNK_BYTES: usize = 64 * 1024;

/// More than a bundle will ever have: an archive of a few kilobytes may hold millions of names, or unpack for days.
const MOST_FILES: usize = 1000;
const LARGEST: u64 = 1 << 34;

/// What the first bytes of a file are that gzip has written.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The form of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BundleForm {
    /// .zip
    Zip,
    /// .tar.gz
    TarGz,
}

impl BundleForm {
    /// The form that a file's name says.
    pub(crate) fn of_name(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let forms = [(".zip", Self::Zip), (".tar.gz", Self::TarGz)];
        let is_named = |ending: &str| name.len() > ending.len() && name.ends_with(ending);
        forms.into_iter().find(|(ending, _)| is_named(ending)).map(|(_, form)| form)
    }

    /// The form that a file has, whatever its name is.
    fn of_content(file: &mut File) -> io::Result<Self> {
        let mut begins = Vec::new();
        file.by_ref().take(GZIP.len() as u64).read_to_end(&mut begins)?;
        file.rewind()?;
        Ok(if begins == GZIP { Self::TarGz } else { Self::Zip })
    }
}

/// What a bundle is and what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) schema_version: u32,
    /// When it was made.
    pub(crate) made_at: Millis,
    /// The release that has made it.
    pub(crate) made_by: String,
    /// The run that it is about.
    pub(crate) run: String,
    /// The SHA-256 of each file, in hexadecimal digits.
    pub(crate) files: BTreeMap<String, String>,
}

/// The files of a bundle, by their names.
pub(crate) type BundleFiles = BTreeMap<String, Vec<u8>>;

fn sha256(bytes: &[u8]) -> String {
    digits(Sha256::new_with_prefix(bytes))
}

fn digits(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hash of a file that is unpacked, and its bytes where they are kept. `left` is how much may be unpacked still.
fn unpacked(entry: &mut dyn Read, is_kept: bool, left: &mut u64) -> io::Result<(String, Vec<u8>)> {
    let (mut hasher, mut kept, mut chunk) = (Sha256::new(), Vec::new(), vec![0; CHUNK_BYTES]);
    loop {
        let length = entry.read(&mut chunk)?;
        if length == 0 {
            return Ok((digits(hasher), kept));
        }
        *left = left
            .checked_sub(length as u64)
            .ok_or_else(|| io::Error::other(tr!("the archive is too large")))?;
        hasher.update(&chunk[..length]);
        if is_kept && kept.len() + length > LARGEST_KEPT {
            return Err(io::Error::other(tr!("it is too large")));
        }
        if is_kept {
            kept.extend_from_slice(&chunk[..length]);
        }
    }
}

/// Writes an archive that only its owner may read; it takes its place when it is whole.
///
/// # Errors
/// Exit code 5: it cannot be written.
pub(crate) fn write(
    path: &Path,
    form: BundleForm,
    run: &str,
    made_at: Millis,
    files: &BundleFiles,
) -> anyhow::Result<Manifest> {
    let manifest = Manifest {
        schema_version: 1,
        made_at,
        made_by: env!("CARGO_PKG_VERSION").to_owned(),
        run: run.to_owned(),
        files: files.iter().map(|(name, bytes)| (name.clone(), sha256(bytes))).collect(),
    };
    let sums: String = manifest.files.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect();
    let listed = serde_json::to_vec_pretty(&manifest)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = || -> anyhow::Result<()> {
        let mut file = NamedTempFile::new_in(folder)?;
        let own = [(MANIFEST, listed.as_slice()), (SUMS, sums.as_bytes())];
        let all = own.into_iter().chain(files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
        match form {
            BundleForm::Zip => bundle_zip::write(file.as_file_mut(), all)?,
            BundleForm::TarGz => bundle_tar::write(file.as_file_mut(), made_at, all)?,
        }
        file.persist(path)?;
        Ok(())
    };
    written().map_err(|error| Failure::refused(tr!("{} cannot be written: {error:#}", path.display())))?;
    Ok(manifest)
}

/// An archive that was read, with what in it is not as its manifest says.
#[derive(Debug)]
pub(crate) struct ReadBundle {
    /// Its manifest.
    pub(crate) manifest: Manifest,
    /// Those of its files that are kept.
    pub(crate) files: BundleFiles,
    /// Files that are missing, are not listed, or have another content.
    pub(crate) differences: Vec<String>,
}

/// Whether a name is that of a file beside the others: whoever unpacks the archive by other means writes nowhere else.
fn is_plain(name: &str) -> bool {
    let letters = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    !name.starts_with('.') && !name.is_empty() && name.chars().all(letters)
}

/// Reads an archive and holds each of its files against the manifest.
///
/// # Errors
/// Exit code 6: the file is no archive, or has no manifest that can be read.
pub(crate) fn read(path: &Path) -> anyhow::Result<ReadBundle> {
    let unusable = |why: &dyn std::fmt::Display| {
        Failure::input(tr!("{}: no bundle that can be read: {why}", path.display()))
    };
    let mut file = File::open(path).map_err(|error| unusable(&error))?;
    let form = BundleForm::of_content(&mut file).map_err(|error| unusable(&error))?;
    let (mut files, mut sums, mut left) = (BundleFiles::new(), BTreeMap::new(), LARGEST);
    let take = |name: &str, entry: &mut dyn Read| -> anyhow::Result<()> {
        anyhow::ensure!(is_plain(name), tr!("{name:?} is no plain name of a file"));
        anyhow::ensure!(!sums.contains_key(name), tr!("{name} is there twice"));
        anyhow::ensure!(sums.len() < MOST_FILES, tr!("it has more than {MOST_FILES} files"));
        let (sum, bytes) = unpacked(entry, KEPT.contains(&name), &mut left)
            .map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
        files.insert(name.to_owned(), bytes);
        sums.insert(name.to_owned(), sum);
        Ok(())
    };
    let read = match form {
        BundleForm::Zip => bundle_zip::each(file, take),
        BundleForm::TarGz => bundle_tar::each(file, take),
    };
    read.map_err(|error| unusable(&format!("{error:#}")))?;
    let listed = files.remove(MANIFEST).ok_or_else(|| unusable(&tr!("it has no manifest.json")))?;
    let manifest: Manifest =
        serde_json::from_slice(&listed).map_err(|_| unusable(&tr!("its manifest.json is none of ours")))?;
    sums.retain(|name, _| name != MANIFEST && name != SUMS);
    let mut differences = Vec::new();
    for (name, sum) in &manifest.files {
        match sums.get(name) {
            None => differences.push(tr!("{name} is missing")),
            Some(found) if found != sum => differences.push(tr!("{name} has another content")),
            Some(_) => {}
        }
    }
    let unlisted = sums.keys().filter(|name| !manifest.files.contains_key(*name));
    differences.extend(unlisted.map(|name| tr!("{name} is not in the manifest")));
    Ok(ReadBundle { manifest, files, differences })
}
