//! The check of the orders' files, which several connections share: each takes the next rows that are
//! left, and the results are put together in the order of the rows.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::source_kind::SourceKind;
use crate::source::Export;
use crate::store::session::store::Store;
use crate::verify::context::VerifyContext;
use crate::verify::orders;
use crate::verify::outcome::closed;
use crate::verify::reader::{ExportReader, ExportRow, SheetLayout};
use crate::verify::report::VerifyCheck;
use crate::verify::sums::OrderFileSums;
use crate::verify::totals;

/// The check that the connections share.
pub(crate) struct OrderWorkers<'a> {
    context: &'a VerifyContext,
    exports: &'a [&'a Export],
    feed: Mutex<ChunkFeed<'a>>,
    compared: Mutex<ComparedOrders>,
}

/// Rows that are compared together.
struct Chunk {
    number: usize,
    sheet: Arc<SheetLayout>,
    rows: Vec<ExportRow>,
}

/// The results so far.
#[derive(Default)]
struct ComparedOrders {
    /// By the number of the chunk, so that the first examples are those of the first rows.
    checks: BTreeMap<usize, VerifyCheck>,
    sums: OrderFileSums,
}

/// The rows of the files, chunk by chunk.
struct ChunkFeed<'a> {
    exports: std::slice::Iter<'a, &'a Export>,
    reader: Option<ExportReader>,
    taken: usize,
}

impl ChunkFeed<'_> {
    fn next(&mut self) -> anyhow::Result<Option<Chunk>> {
        loop {
            if let Some(reader) = &mut self.reader {
                let rows = reader.chunk()?;
                if !rows.is_empty() {
                    self.taken += 1;
                    return Ok(Some(Chunk { number: self.taken, sheet: reader.sheet(), rows }));
                }
            }
            let Some(export) = self.exports.next() else { return Ok(None) };
            self.reader = Some(ExportReader::open(export, export.form().fields));
        }
    }

    fn stop(&mut self) {
        (self.exports, self.reader) = ([].iter(), None);
    }
}

impl<'a> OrderWorkers<'a> {
    /// A check of these files of which no row has been compared yet.
    pub(crate) fn new(context: &'a VerifyContext, exports: &'a [&'a Export]) -> Self {
        let feed = Mutex::new(ChunkFeed { exports: exports.iter(), reader: None, taken: 0 });
        Self { context, exports, feed, compared: Mutex::default() }
    }

    /// Compares rows until there are none left.
    ///
    /// # Errors
    /// Those of the files and of the database.
    pub(crate) fn work(&self, store: &mut Store) -> anyhow::Result<()> {
        let mut own = ComparedOrders::default();
        while let Some(chunk) = locked(&self.feed).next()? {
            let mut check = VerifyCheck::new(SourceKind::Orders.name(), "rows");
            let done =
                orders::compare(store, self.context, (&chunk.sheet, &chunk.rows), &mut check, &mut own.sums);
            if done.is_err() {
                locked(&self.feed).stop();
            }
            own.checks.insert(chunk.number, closed(check, done)?);
        }
        let mut all = locked(&self.compared);
        all.checks.extend(own.checks);
        all.sums.join(own.sums);
        Ok(())
    }

    /// The check of the rows and that of the sums, when all rows have been compared.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn close(self, store: &mut Store) -> anyhow::Result<[VerifyCheck; 2]> {
        let ComparedOrders { checks, mut sums } = std::mem::take(&mut *locked(&self.compared));
        sums.close();
        let mut rows = VerifyCheck::new(SourceKind::Orders.name(), "rows");
        checks.into_values().for_each(|check| rows.join(check));
        sums.report_rows_left_out(&mut rows);
        let mut of_sums = VerifyCheck::new("sums", "totals");
        let done = totals::check(store, self.context, self.exports, &sums, &mut of_sums);
        Ok([rows.require_values(), closed(of_sums, done)?])
    }
}

/// A panic of another thread ends the verification; what stands behind a poisoned lock is still whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
