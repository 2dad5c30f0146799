//! The folder of the files: each is written beside its place and takes it when all of them are whole.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::failure::Failure;
use crate::language::tr;

/// The file with the totals, and the hashes of the others.
pub(crate) const TOTALS: &str = "totals.json";
/// The draft of the product map, which a person fills in.
pub(crate) const PRODUCTS: &str = "products.csv";

/// The folder, while its files are written.
#[derive(Debug)]
pub(crate) struct OutFolder {
    path: PathBuf,
    parts: Vec<(PathBuf, PathBuf)>,
    hashes: BTreeMap<String, String>,
    /// Whether the product map that is there was filled in, and stays.
    pub(crate) keeps_products: bool,
}

fn unwritable(path: &Path, why: &dyn std::fmt::Display) -> anyhow::Error {
    Failure::refused(tr!("{} cannot be written: {why}", path.display()))
}

impl OutFolder {
    /// Opens the folder, and makes it where it is missing.
    ///
    /// # Errors
    /// Exit code 5: it cannot be written, or holds files that no extraction has left like that.
    pub(crate) fn open(path: &Path, names: &[&str], replace: bool) -> anyhow::Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|error| unwritable(path, &error))?;
        let mut folder =
            Self { path: path.to_owned(), parts: Vec::new(), hashes: BTreeMap::new(), keeps_products: false };
        let edited = folder.edited(names)?;
        folder.keeps_products = edited.iter().any(|name| name == PRODUCTS);
        let edited: Vec<String> = edited.into_iter().filter(|name| name != PRODUCTS).collect();
        if !edited.is_empty() && !replace {
            return Err(Failure::refused(tr!(
                "{} holds {} already, which no extraction has left like that; --replace overwrites, or give another --out",
                path.display(),
                edited.join(", ")
            )));
        }
        Ok(folder)
    }

    /// The files that are there and differ from what the latest extraction wrote.
    fn edited(&self, names: &[&str]) -> anyhow::Result<Vec<String>> {
        let known: Value = match fs::read(self.path.join(TOTALS)) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
            Err(_) => Value::Null,
        };
        let mut edited = Vec::new();
        for name in names {
            let path = self.path.join(name);
            let mut hasher = blake3::Hasher::new();
            match File::open(&path) {
                Ok(file) => hasher.update_reader(file).map_err(|error| unwritable(&path, &error))?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(unwritable(&path, &error)),
            };
            if known["files"][name].as_str() != Some(hasher.finalize().to_hex().as_str()) {
                edited.push((*name).to_owned());
            }
        }
        Ok(edited)
    }

    /// Where a file is until all of them are whole.
    pub(crate) fn unfinished(&self, name: &str) -> PathBuf {
        self.path.join(format!(".{name}.part"))
    }

    fn part(&mut self, name: &str) -> anyhow::Result<File> {
        let (whole, part) = (self.path.join(name), self.unfinished(name));
        let _ = fs::remove_file(&part);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part);
        let file = file.map_err(|error| unwritable(&part, &error))?;
        self.parts.push((part, whole));
        Ok(file)
    }

    /// Begins a CSV file.
    pub(crate) fn csv(&mut self, name: &str) -> anyhow::Result<CsvFile> {
        let file = self.part(name)?;
        let hashed = HashingFile { file, hasher: blake3::Hasher::new() };
        let writer = ::csv::Writer::from_writer(BufWriter::with_capacity(1 << 16, hashed));
        Ok(CsvFile { writer, name: name.to_owned(), path: self.path.join(name) })
    }

    /// Ends a CSV file; it takes its place with the others.
    pub(crate) fn end(&mut self, file: CsvFile) -> anyhow::Result<()> {
        let (name, hash) = Self::hash(file)?;
        self.hashes.insert(name, hash);
        Ok(())
    }

    /// Ends a CSV file that says nothing of the shop itself, so that no total depends on it.
    pub(crate) fn end_aside(&mut self, file: CsvFile) -> anyhow::Result<()> {
        Self::hash(file).map(|_| ())
    }

    fn hash(file: CsvFile) -> anyhow::Result<(String, String)> {
        let CsvFile { writer, name, path } = file;
        let mut buffered = writer.into_inner().map_err(|error| unwritable(&path, &error.error()))?;
        buffered.flush().map_err(|error| unwritable(&path, &error))?;
        let hashed = buffered.into_inner().map_err(|error| unwritable(&path, &error.error()))?;
        Ok((name, hashed.hasher.finalize().to_hex().to_string()))
    }

    /// The hashes of the files that were ended.
    pub(crate) fn hashes(&self) -> &BTreeMap<String, String> {
        &self.hashes
    }

    /// Writes the totals.
    pub(crate) fn totals(&mut self, document: &Value) -> anyhow::Result<()> {
        let mut file = self.part(TOTALS)?;
        let text = serde_json::to_string_pretty(document)?;
        writeln!(file, "{text}").map_err(|error| unwritable(&self.path.join(TOTALS), &error))
    }

    /// Puts all files in their places. A product map that was filled in stays as it is.
    pub(crate) fn finish(mut self) -> anyhow::Result<PathBuf> {
        for (part, whole) in std::mem::take(&mut self.parts) {
            if self.keeps_products && whole.ends_with(PRODUCTS) {
                let _ = fs::remove_file(&part);
                continue;
            }
            fs::rename(&part, &whole).map_err(|error| unwritable(&whole, &error))?;
        }
        Ok(self.path.clone())
    }
}

/// Files that are not whole are removed.
impl Drop for OutFolder {
    fn drop(&mut self) {
        for (part, _) in &self.parts {
            let _ = fs::remove_file(part);
        }
    }
}

/// A CSV file that is being written.
pub(crate) struct CsvFile {
    writer: ::csv::Writer<BufWriter<HashingFile>>,
    name: String,
    path: PathBuf,
}

impl CsvFile {
    /// Writes a line.
    pub(crate) fn line<C: AsRef<[u8]>>(&mut self, cells: impl IntoIterator<Item = C>) -> anyhow::Result<()> {
        self.writer.write_record(cells).map_err(|error| unwritable(&self.path, &error))
    }
}

/// A file whose bytes are hashed as they are written.
struct HashingFile {
    file: File,
    hasher: blake3::Hasher,
}

impl Write for HashingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.file.write(bytes)?;
        self.hasher.update(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
