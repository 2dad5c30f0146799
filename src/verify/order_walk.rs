//! One walk over all orders, which several connections share: each takes the next part that is left. The rows of the files
//! are compared with what is stored; what is stored is looked at as the app's pages show it, and told to who else wants to
//! know. So every order is read once, whoever asks for it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::source_kind::SourceKind;
use crate::language::tr;
use crate::source::Export;
use crate::store::queries::reconciliation::OrderFacts;
use crate::store::session::store::Store;
use crate::verify::app::{AppFacts, SalesPart, Unreadable};
use crate::verify::context::VerifyContext;
use crate::verify::difference::Subject;
use crate::verify::order_facts::order_facts;
use crate::verify::order_feed::{OrderChunk, OrderFeed, OrderPart};
use crate::verify::orders;
use crate::verify::outcome::{bad_cell, closed};
use crate::verify::payment_marks::PaymentMarks;
use crate::verify::read_once::ReadOnce;
use crate::verify::reader::Payload;
use crate::verify::report::VerifyCheck;
use crate::verify::stored_orders::StoredOrders;
use crate::verify::stored_sums::StoredSums;
use crate::verify::sums::OrderFileSums;
use crate::verify::totals;

/// Who is told of all imported orders beside the checks, some at a time and by several threads.
pub(crate) type OrderListener<'a> = &'a (dyn Fn(&mut Store, &[OrderFacts]) -> anyhow::Result<()> + Sync);

/// The walk.
pub(crate) struct OrderWalk<'a> {
    context: &'a VerifyContext,
    exports: &'a [&'a Export],
    /// The app whose pages are looked at, if they are.
    app: Option<&'a AppFacts<'a>>,
    listener: OrderListener<'a>,
    feed: Mutex<OrderFeed<'a>>,
    /// How many orders have a stored cell that cannot be read.
    unreadable: AtomicUsize,
    seen: Mutex<SeenOrders>,
}

/// After so many orders that cannot be read, a part with another one is left out as a whole: where a column is broken, all of
/// them are, and each would be looked for by itself.
const MOST_UNREADABLE: usize = 100;

/// What was found so far.
#[derive(Default)]
struct SeenOrders {
    /// By the number of the part, so that the first examples are those of the first rows.
    parts: BTreeMap<usize, SeenPart>,
    sums: OrderFileSums,
}

/// What was found in one part.
struct SeenPart {
    /// The rows of files.
    rows: VerifyCheck,
    /// What is stored of all of them.
    stored: StoredSums,
    /// The orders that name one of the files and are in no row of it.
    strays: VerifyCheck,
    /// What the app's pages show.
    sales: Option<SalesPart>,
}

/// Tells of all imported orders where nothing is compared.
///
/// # Errors
/// Those of the database, and the listener's.
pub(crate) fn tell_all(store: &mut Store, listener: OrderListener<'_>) -> anyhow::Result<()> {
    let marks = PaymentMarks::all(store)?;
    let without_log = ReadOnce::default();
    let mut feed = OrderFeed::new(&without_log, &[]);
    while let Some(chunk) = feed.next(store)? {
        let stored = StoredOrders::load(store, &chunk.part.numbers())?;
        listener(store, &order_facts(&stored, &marks, |_| true))?;
    }
    Ok(())
}

impl<'a> OrderWalk<'a> {
    /// A walk that has not begun.
    pub(crate) fn new(
        context: &'a VerifyContext,
        exports: &'a [&'a Export],
        app: Option<&'a AppFacts<'a>>,
        listener: OrderListener<'a>,
    ) -> Self {
        let feed = Mutex::new(OrderFeed::new(&context.without_log, exports));
        let (unreadable, seen) = (AtomicUsize::new(0), Mutex::default());
        Self { context, exports, app, listener, feed, unreadable, seen }
    }

    /// Goes on until there are no orders left.
    ///
    /// # Errors
    /// Those of the files and of the database.
    pub(crate) fn go_on(&self, store: &mut Store) -> anyhow::Result<()> {
        // Every part needs them: that they cannot be read is no order's fault.
        self.context.orders_without_log(store)?;
        let mut own = SeenOrders::default();
        while let Some(chunk) = self.next(store)? {
            let number = chunk.number;
            let mut part = self.empty_part();
            self.look_at(store, chunk, &mut part, &mut own.sums)?;
            own.parts.insert(number, part);
        }
        let mut all = locked(&self.seen);
        all.parts.extend(own.parts);
        all.sums.join(own.sums);
        Ok(())
    }

    /// The next part. The feed is free again before it is looked at, for the other connection.
    fn next(&self, store: &mut Store) -> anyhow::Result<Option<OrderChunk>> {
        locked(&self.feed).next(store)
    }

    fn empty_part(&self) -> SeenPart {
        SeenPart {
            rows: VerifyCheck::new(SourceKind::Orders.name(), "rows"),
            stored: StoredSums::default(),
            strays: VerifyCheck::new("sums", "totals"),
            sales: self.app.map(SalesPart::begin),
        }
    }

    /// Looks at orders together. Where a stored cell cannot be read, at the halves of them, until it is clear which order has it.
    fn look_at(
        &self,
        store: &mut Store,
        chunk: OrderChunk,
        found: &mut SeenPart,
        all_sums: &mut OrderFileSums,
    ) -> anyhow::Result<()> {
        let mut sums = OrderFileSums::default();
        let mut rows = self.empty_part().rows;
        let read = match &chunk.part {
            OrderPart::Rows(sheet, of_file) => {
                orders::compare(store, self.context, (sheet, of_file), &mut rows, &mut sums)
            }
            OrderPart::OfNoFile(numbers) => StoredOrders::load(store, numbers),
        };
        let why = match read {
            Ok(stored) => {
                found.rows.join(rows);
                all_sums.join(sums);
                return self.look_at_stored(store, &chunk, &stored, found);
            }
            Err(error) => bad_cell(error)?,
        };
        if self.unreadable.load(Ordering::Relaxed) >= MOST_UNREADABLE {
            found.sales.iter_mut().for_each(|sales| sales.leave_out(Unreadable::of_unknown(why.clone())));
            if let OrderPart::Rows(_, of_file) = &chunk.part {
                found.rows.rows += of_file.len() as u64;
                found.rows.leave_rest_out(&why, None);
            }
            return Ok(());
        }
        let is_of_file = matches!(chunk.part, OrderPart::Rows(..));
        match chunk.halves() {
            Ok(halves) => halves.into_iter().try_for_each(|half| self.look_at(store, half, found, all_sums)),
            Err(number) => {
                self.unreadable.fetch_add(1, Ordering::Relaxed);
                let why = tr!("order {number}: {why}");
                let about = Subject::Order(number);
                let unreadable = || Unreadable { why: why.clone(), about: Some(about.clone()) };
                found.sales.iter_mut().for_each(|sales| sales.leave_out(unreadable()));
                if is_of_file {
                    found.rows.rows += 1;
                    found.rows.turn_to(about);
                    found.rows.differ(why);
                }
                Ok(())
            }
        }
    }

    fn look_at_stored(
        &self,
        store: &mut Store,
        chunk: &OrderChunk,
        stored: &StoredOrders,
        found: &mut SeenPart,
    ) -> anyhow::Result<()> {
        if matches!(chunk.part, OrderPart::OfNoFile(_)) && !self.exports.is_empty() {
            self.compare_origins(stored, &mut found.strays);
        }
        let is_first = |number: &str| chunk.is_first_with(number);
        found.stored.add(stored, is_first);
        let marks = self.context.marks(store)?;
        (self.listener)(store, &order_facts(stored, marks, is_first))?;
        if let (Some(app), Some(sales)) = (self.app, &mut found.sales) {
            let known = (self.context.people(store)?, self.context.orders_without_log(store)?);
            sales.look_at(app, known, stored, is_first);
        }
        Ok(())
    }

    /// An order whose webhook log names one of the files is in that file.
    fn compare_origins(&self, stored: &StoredOrders, check: &mut VerifyCheck) {
        for log in stored.logs.iter() {
            let file = Payload::read(&log.webhook_payload.0).file;
            let is_given = self.context.was_read(&[log.created_at], SourceKind::Orders, &file);
            check.compare(!is_given, || tr!("order {}: is in no row of its file", log.order_id));
        }
    }

    /// The checks of the files' rows and of their sums, and what the app's pages show, when the walk is over.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn close(self, store: &mut Store) -> anyhow::Result<WalkedOrders> {
        let SeenOrders { parts, mut sums } = std::mem::take(&mut *locked(&self.seen));
        let mut all = self.empty_part();
        for part in parts.into_values() {
            all.rows.join(part.rows);
            all.stored.join(part.stored);
            all.strays.join(part.strays);
            all.sales.iter_mut().zip(part.sales).for_each(|(all, part)| all.join(part));
        }
        let mut of_files = Vec::new();
        if !self.exports.is_empty() {
            sums.close();
            sums.report_rows_left_out(&mut all.rows);
            let mut of_sums = VerifyCheck::new("sums", "totals");
            let done = totals::check(store, self.context, (&sums, &all.stored), all.strays, &mut of_sums);
            of_files.extend([all.rows.require_values(), closed(of_sums, done)?]);
        }
        Ok(WalkedOrders { of_files, sales: all.sales })
    }
}

/// What a walk has found.
pub(crate) struct WalkedOrders {
    /// The checks of the files: their rows, and their sums.
    pub(crate) of_files: Vec<VerifyCheck>,
    /// What the app's pages show of the orders, if they were looked at.
    pub(crate) sales: Option<SalesPart>,
}

/// A panic of another thread ends the verification; what stands behind a poisoned lock is still whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
