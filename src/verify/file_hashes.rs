//! Whether a file that is given is the one that a run has read.

use std::collections::HashMap;
use std::fs::File;

use anyhow::Context as _;

use crate::domain::source_kind::SourceKind;
use crate::source::discover::Exports;
use crate::verify::standing_runs::StandingRun;

/// The BLAKE3 hashes of the given files in hexadecimal, by kind and name.
#[derive(Clone, Debug, Default)]
pub(crate) struct FileHashes(HashMap<(&'static str, String), String>);

impl FileHashes {
    /// Reads the files.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn of(exports: &Exports) -> anyhow::Result<Self> {
        let mut hashes = HashMap::new();
        for export in &exports.exports {
            let mut hasher = blake3::Hasher::new();
            let file = File::open(&export.path).with_context(|| export.path.display().to_string())?;
            hasher.update_reader(file).with_context(|| export.path.display().to_string())?;
            let key = (export.kind.name(), export.file.clone());
            hashes.insert(key, hasher.finalize().to_hex().to_string());
        }
        Ok(Self(hashes))
    }

    /// Whether a run has read the very file that is given under this name.
    pub(crate) fn same(&self, run: &StandingRun, kind: SourceKind, file: &str) -> bool {
        let Some(hash) = self.0.get(&(kind.name(), file.to_owned())) else { return false };
        let files = run.options.get("files").and_then(|files| files.as_array());
        files
            .into_iter()
            .flatten()
            .any(|known| known[0] == kind.name() && known[1] == file && known[2] == hash.as_str())
    }
}
