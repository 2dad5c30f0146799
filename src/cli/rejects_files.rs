//! The rejects files of a run, which `retry` imports unless others are named.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::domain::source_kind::SourceKind;
use crate::failure::Failure;
use crate::language::tr;
use crate::store::history::runs::Checkpoint;

/// The rejects files in the folder of a run: of a CSV file and a workbook of the same name, the one
/// that was changed last. None where the run has held and rejected nothing.
///
/// # Errors
/// Exit code 6: rows were left, and their files are gone.
pub(crate) fn rejects_files(run: &str, checkpoint: &Checkpoint) -> anyhow::Result<Vec<PathBuf>> {
    if checkpoint.books.iter().all(|(_, books)| books.left() == 0) {
        return Ok(Vec::new());
    }
    let folder = PathBuf::from(checkpoint.folder.as_deref().unwrap_or_default());
    let changed = |path: &PathBuf| std::fs::metadata(path).and_then(|about| about.modified()).ok();
    let newest = |name: &String| {
        let both = ["csv", "xlsx"].map(|ending| folder.join(format!("{name}.{ending}")));
        both.into_iter().filter(|path| path.is_file()).max_by_key(changed)
    };
    let found: Vec<PathBuf> = names_in(&folder).iter().filter_map(newest).collect();
    if found.is_empty() {
        let folder = folder.display();
        return Err(Failure::input(tr!(
            "the rejects files of run {run} are no longer in {folder}; name them with --corrected"
        )));
    }
    Ok(found)
}

/// The names, without their endings, of the rejects files in a folder: one of each kind, and more where
/// files of a kind had different headers.
fn names_in(folder: &Path) -> BTreeSet<String> {
    let is_one = |name: &str| {
        let Some(name) = name.strip_prefix("rejected-") else { return false };
        let kind = match name.rsplit_once('-') {
            Some((kind, number)) if number.parse::<u32>().is_ok() => kind,
            _ => name,
        };
        SourceKind::IMPORTED.iter().any(|known| known.name() == kind)
    };
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = files.filter_map(|file| Some(file.path().file_stem()?.to_str()?.to_owned()));
    names.filter(|name| is_one(name)).collect()
}
