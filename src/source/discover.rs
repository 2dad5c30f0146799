//! Finds the exports among the files and folders of the command line.

use std::path::{Path, PathBuf};

use crate::domain::source_kind::SourceKind;
use crate::failure::Failure;
use crate::source::export::Export;
use crate::source::file_options::FileOptions;
use crate::source::natural_order;
use crate::source::reader;

/// The exports of a run, and the files in folders that are not read.
#[derive(Debug, Default)]
pub(crate) struct Exports {
    /// The exports; those of a folder in the order in which people count names.
    pub exports: Vec<Export>,
    /// Files in folders that are no exports, and why.
    pub passed_over: Vec<(PathBuf, String)>,
}

impl Exports {
    /// The exports of a kind.
    pub(crate) fn of(&self, kind: SourceKind) -> Vec<&Export> {
        self.exports.iter().filter(|export| export.kind == kind).collect()
    }
}

/// Opens every path. A file must be an export; in a folder, files that are none are left out.
///
/// # Errors
/// Exit code 6: a path is missing, a named file is no export, or no export is found at all.
pub(crate) fn discover(paths: &[PathBuf], options: &FileOptions) -> anyhow::Result<Exports> {
    let mut found = Exports::default();
    for path in paths {
        if path.is_dir() {
            open_folder(path, options, &mut found)?;
        } else {
            found.exports.extend(reader::open(path, options)?);
        }
    }
    if found.exports.iter().all(|export| export.kind == SourceKind::Products) {
        return Err(Failure::input(nothing_found_message(paths, &found)));
    }
    Ok(found)
}

/// Extensions of the files that are opened in a folder.
const ENDINGS: [&str; 6] = ["csv", "tsv", "txt", "xlsx", "xls", "ods"];

fn open_folder(folder: &Path, options: &FileOptions, found: &mut Exports) -> anyhow::Result<()> {
    let shown = folder.display();
    let entries = std::fs::read_dir(folder).map_err(|error| Failure::input(format!("{shown}: {error}")))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_file())
        .collect();
    files.sort_by(|a, b| natural_order::compare(a, b));
    for path in files {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        if ENDINGS.contains(&ending.as_str()) {
            match reader::open(&path, options) {
                Ok(exports) => found.exports.extend(exports),
                Err(error) => found.passed_over.push((path, error.to_string())),
            }
        }
    }
    Ok(())
}

fn nothing_found_message(paths: &[PathBuf], found: &Exports) -> String {
    let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let hint = match found.passed_over.first() {
        Some((path, why)) if why.starts_with(&path.display().to_string()) => format!("; {why}"),
        Some((path, why)) => format!("; {}: {why}", path.display()),
        None => "; expected exports (CSV, XLSX, XLS, ODS) of orders, memberships or affiliates".to_owned(),
    };
    format!("{}: no Sejoli export found{hint}", shown.join(", "))
}
