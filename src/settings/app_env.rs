//! The app's `.env`, which names its database.

use std::path::Path;

use crate::failure::Failure;
use crate::language::tr;

/// What the `.env` of a folder says. Only the folder itself is looked at: one further up may be another app's.
///
/// # Errors
/// Exit code 6: there is one that cannot be read.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<(String, String)>> {
    if !path.is_file() {
        return Ok(Vec::new());
    }
    // The parser's own words quote the line, which may hold a password (L29).
    let unusable = |_| {
        Failure::input(tr!("{}: no file of lines NAME=value; say --database-url instead", path.display()))
    };
    let lines = dotenvy::from_path_iter(path).map_err(unusable)?;
    lines.collect::<Result<_, _>>().map_err(unusable)
}
