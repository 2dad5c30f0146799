//! Finds the exports among the files and folders of the command line.

use std::path::{Path, PathBuf};

use crate::domain::source_kind::SourceKind;
use crate::failure::Failure;
use crate::language::{msg, said, tr};
use crate::source::export::Export;
use crate::source::file_options::FileOptions;
use crate::source::natural_order;
use crate::source::reader;
use crate::source::spool::{Spool, is_stream};

/// The exports of a run, and the files in folders that are not read.
#[derive(Debug, Default)]
pub(crate) struct Exports {
    /// The exports; those of a folder in the order in which people count names.
    pub exports: Vec<Export>,
    /// Files in folders that are no exports, or were left out on request, and why.
    pub passed_over: Vec<(PathBuf, String)>,
    /// What was read of streams, as long as the exports are.
    spool: Spool,
}

impl Exports {
    /// The exports of a kind.
    pub(crate) fn of(&self, kind: SourceKind) -> Vec<&Export> {
        self.exports.iter().filter(|export| export.kind == kind).collect()
    }
}

/// Opens every path but those of `skipped`. A file must be an export; in a folder, files that are clearly none are
/// passed over.
///
/// # Errors
/// Exit code 6: a path is missing, a named file is no export, a file in a folder was meant to be an export and
/// cannot be used, no export is found at all, or a skipped file is not among the paths.
pub(crate) fn discover(
    paths: &[PathBuf],
    skipped: &[PathBuf],
    options: &FileOptions,
) -> anyhow::Result<Exports> {
    let mut search = FileSearch { skipped, options, found: Exports::default(), unusable: Vec::new() };
    for path in paths {
        search.path(path)?;
    }
    search.finish(paths)
}

/// Extensions of the files that are opened in a folder.
const ENDINGS: [&str; 6] = ["csv", "tsv", "txt", "xlsx", "xls", "ods"];
/// Those of them that only a table has; anything may be a text.
const TABLE_ENDINGS: [&str; 5] = ["csv", "tsv", "xlsx", "xls", "ods"];
/// Those of them that are workbooks.
const WORKBOOK_ENDINGS: [&str; 3] = ["xlsx", "xls", "ods"];
/// How many files that cannot be used are named in one message.
const NAMED: usize = 3;

/// The files that were found so far.
struct FileSearch<'a> {
    skipped: &'a [PathBuf],
    options: &'a FileOptions,
    found: Exports,
    /// What is wrong with files in folders that were meant to be exports, with the path of each.
    unusable: Vec<(PathBuf, String)>,
}

impl FileSearch<'_> {
    fn path(&mut self, path: &Path) -> anyhow::Result<()> {
        if self.is_skipped(path) {
            self.found.passed_over.push((path.to_owned(), said(LEFT_OUT).to_owned()));
        } else if is_stream(path) {
            self.stream(path)?;
        } else if path.is_dir() {
            self.folder(path)?;
        } else {
            self.found.exports.extend(reader::open(path, self.options)?);
        }
        Ok(())
    }

    /// A stream is named in messages as it was typed.
    fn stream(&mut self, path: &Path) -> anyhow::Result<()> {
        let kept = self.found.spool.keep(path)?;
        let shown = kept.display().to_string();
        let found = reader::open(&kept, self.options);
        let found = found.map_err(|error| {
            Failure::input(error.to_string().replace(&shown, &path.display().to_string()))
        })?;
        self.found.exports.extend(found);
        Ok(())
    }

    fn folder(&mut self, folder: &Path) -> anyhow::Result<()> {
        let shown = folder.display();
        let entries =
            std::fs::read_dir(folder).map_err(|error| Failure::input(format!("{shown}: {error}")))?;
        let mut files: Vec<PathBuf> = entries
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.is_file())
            .collect();
        files.sort_by(|a, b| natural_order::compare(a, b));
        for path in files {
            if self.is_skipped(&path) {
                self.found.passed_over.push((path, said(LEFT_OUT).to_owned()));
            } else if ENDINGS.contains(&ending(&path).as_str()) {
                self.file_of_folder(path);
            }
        }
        Ok(())
    }

    fn file_of_folder(&mut self, path: PathBuf) {
        match reader::open(&path, self.options) {
            Ok(exports) => self.found.exports.extend(exports),
            Err(error) if is_clearly_none(&path, &error) => {
                self.found.passed_over.push((path, error.to_string()));
            }
            Err(error) => self.unusable.push((path, error.to_string())),
        }
    }

    fn is_skipped(&self, path: &Path) -> bool {
        self.skipped.iter().any(|skipped| is_same(skipped, path))
    }

    fn finish(self, paths: &[PathBuf]) -> anyhow::Result<Exports> {
        let left_out = |skipped: &&PathBuf| {
            let mut passed_over = self.found.passed_over.iter();
            !passed_over.any(|(path, why)| why == said(LEFT_OUT) && is_same(skipped, path))
        };
        if let Some(unknown) = self.skipped.iter().find(left_out) {
            let unknown = unknown.display();
            return Err(Failure::input(tr!("--skip {unknown}: there is no such file among the paths")));
        }
        if let Some((first, _)) = self.unusable.first() {
            let more = self.unusable.len().saturating_sub(NAMED);
            let named: Vec<&str> = self.unusable.iter().take(NAMED).map(|(_, why)| why.as_str()).collect();
            let more = if more == 0 { String::new() } else { tr!("; and {more} more files") };
            return Err(Failure::input(tr!(
                "{}{more}; correct it, or leave it out with --skip {}",
                named.join("; "),
                first.display()
            )));
        }
        if self.found.exports.iter().all(|export| export.kind == SourceKind::Products) {
            return Err(Failure::input(nothing_found_message(paths, &self.found)));
        }
        Ok(self.found)
    }
}

/// Why a skipped file is passed over.
const LEFT_OUT: &str = msg!("left out by --skip");

/// Whether `--skip` means this file: by its path, or by its name alone.
fn is_same(skipped: &Path, path: &Path) -> bool {
    let by_name = skipped.components().count() == 1 && path.file_name() == skipped.file_name();
    let whole = |path: &Path| path.canonicalize().ok();
    by_name || whole(skipped).is_some_and(|skipped| whole(path) == Some(skipped))
}

fn ending(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// Whether a file that cannot be read is clearly no export: a text, something with another header, or what an
/// office program leaves beside an open file. A damaged workbook may have been anything, and a table whose name
/// says what it holds was meant to be that.
fn is_clearly_none(path: &Path, error: &anyhow::Error) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    if name.starts_with('.') || name.starts_with('~') {
        return true;
    }
    let ending = ending(path);
    if !Failure::is_foreign_file(error) {
        return !TABLE_ENDINGS.contains(&ending.as_str()) && is_empty(path);
    }
    let recognised = error.to_string().ends_with(tr!("passed over"));
    let damaged = WORKBOOK_ENDINGS.contains(&ending.as_str()) && !has_text_or_workbook(path);
    let is_named_so = SourceKind::IMPORTED.iter().any(|kind| name.starts_with(kind.name()));
    let is_table_named_so = is_named_so && TABLE_ENDINGS.contains(&ending.as_str());
    recognised || !(damaged || is_table_named_so)
}

fn is_empty(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|about| about.len() == 0)
}

/// Whether a file begins as a workbook does, or has no zero byte where one begins.
fn has_text_or_workbook(path: &Path) -> bool {
    let mut begin = [0; 512];
    let read = std::fs::File::open(path).and_then(|mut file| std::io::Read::read(&mut file, &mut begin));
    let begin = &begin[..read.unwrap_or(0)];
    begin.starts_with(b"PK")
        || begin.starts_with(b"\xd0\xcf\x11\xe0")
        || !begin.is_empty() && !begin.contains(&0)
}

fn nothing_found_message(paths: &[PathBuf], found: &Exports) -> String {
    let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let hint = match found.passed_over.first() {
        Some((path, why)) if why.starts_with(&path.display().to_string()) => format!("; {why}"),
        Some((path, why)) => format!("; {}: {why}", path.display()),
        None => {
            tr!("; expected exports (CSV, XLSX, XLS, ODS) of orders, memberships or affiliates").to_owned()
        }
    };
    tr!("{}: no Sejoli export found{hint}", shown.join(", "))
}
