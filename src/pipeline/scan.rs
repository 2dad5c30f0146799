//! Rows of many files, examined on all cores, handed on in the order of the files.
//!
//! One thread reads, one drives the examination on the pool, the caller takes the results. The
//! channels between them are short, so that memory stays flat however slow the caller is.

use std::sync::mpsc::sync_channel;

use rayon::prelude::*;

use crate::source::{self, Export, Note, Row};

/// Rows that travel together; large enough to keep the cores busy between two hand-overs.
const GROUP_ROWS: usize = 512;
/// Groups that may wait between two stages.
const GROUPS_AHEAD: usize = 2;

/// Examines every row of the files with `examine` and hands the results to `take`, in order.
///
/// Returns what there is to say about the files, by their positions.
///
/// # Errors
/// A file that cannot be read to its end, or the first error of `take`; both end the scan.
pub fn scan<T: Send>(
    exports: &[&Export],
    pool: &rayon::ThreadPool,
    examine: impl Fn(usize, &Export, Row) -> T + Sync,
    mut take: impl FnMut(T) -> anyhow::Result<()>,
) -> anyhow::Result<Vec<(usize, Note)>> {
    std::thread::scope(|threads| {
        let (to_examine, rows) = sync_channel::<(usize, Vec<Row>)>(GROUPS_AHEAD);
        let (to_caller, results) = sync_channel::<Vec<T>>(GROUPS_AHEAD);
        let reader = threads.spawn(move || -> anyhow::Result<Vec<(usize, Note)>> {
            let mut notes = Vec::new();
            for (at, export) in exports.iter().enumerate() {
                let noted = source::read(export, GROUP_ROWS, |group| to_examine.send((at, group)).is_ok())?;
                notes.extend(noted.into_iter().map(|note| (at, note)));
            }
            Ok(notes)
        });
        let examine = &examine;
        threads.spawn(move || {
            for (at, group) in rows {
                let export = exports[at];
                let examined = pool.install(|| {
                    group.into_par_iter().with_min_len(64).map(|row| examine(at, export, row)).collect()
                });
                if to_caller.send(examined).is_err() {
                    return;
                }
            }
        });
        results.into_iter().flatten().try_for_each(&mut take)?;
        reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
