//! Rows of many files, examined on all cores, handed on in the order of the files.
//!
//! One thread reads, one drives the examination on the pool, the caller takes the results. The
//! channels between them are short, so that memory stays flat however slow the caller is.

use std::sync::mpsc::sync_channel;

use rayon::prelude::*;

use crate::source;
use crate::source::{Export, FileNote, SourceRow};

/// Number of rows in a group, large enough to keep all cores busy between two groups.
const GROUP_ROWS: usize = 512;
/// Number of groups that may wait between two stages.
const GROUPS_AHEAD: usize = 2;

/// Examines every row of the files with `parse_row` and hands the results to `take`, in order.
///
/// Returns what there is to say about the files, by their positions.
///
/// # Errors
/// A file that cannot be read to its end, or the first error of `take`; both end the scan.
pub(crate) fn scan<T: Send>(
    exports: &[&Export],
    pool: &rayon::ThreadPool,
    parse_row: impl Fn(usize, &Export, SourceRow) -> T + Sync,
    mut take: impl FnMut(T) -> anyhow::Result<()>,
) -> anyhow::Result<Vec<(usize, FileNote)>> {
    std::thread::scope(|threads| {
        let (to_examine, rows) = sync_channel::<(usize, Vec<SourceRow>)>(GROUPS_AHEAD);
        let (to_caller, results) = sync_channel::<Vec<T>>(GROUPS_AHEAD);
        let reader = threads.spawn(move || -> anyhow::Result<Vec<(usize, FileNote)>> {
            let mut notes = Vec::new();
            for (at, export) in exports.iter().enumerate() {
                let noted = source::read(export, GROUP_ROWS, |group| to_examine.send((at, group)).is_ok())?;
                notes.extend(noted.into_iter().map(|note| (at, note)));
            }
            Ok(notes)
        });
        let parse_row = &parse_row;
        threads.spawn(move || {
            for (at, group) in rows {
                let export = exports[at];
                let parsed = pool.install(|| {
                    group.into_par_iter().with_min_len(64).map(|row| parse_row(at, export, row)).collect()
                });
                if to_caller.send(parsed).is_err() {
                    return;
                }
            }
        });
        results.into_iter().flatten().try_for_each(&mut take)?;
        reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
