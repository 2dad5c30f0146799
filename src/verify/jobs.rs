//! The checks as jobs, which two connections share.

use std::collections::VecDeque;
use std::sync::Mutex;

use crate::domain::source_kind::SourceKind;
use crate::source::Export;
use crate::source::discover::Exports;
use crate::store::session::row_fingerprints::RowFingerprints;
use crate::store::session::store::Store;
use crate::verify::affiliates;
use crate::verify::books;
use crate::verify::commissions;
use crate::verify::context::VerifyContext;
use crate::verify::identities;
use crate::verify::integrity;
use crate::verify::memberships;
use crate::verify::order_walk::OrderWalk;
use crate::verify::outcome::closed;
use crate::verify::report::VerifyCheck;

/// One or more checks that run together.
type Job<'a> = Box<dyn FnOnce(&mut Store) -> anyhow::Result<Vec<VerifyCheck>> + Send + 'a>;

/// The checks that are to run, in the order in which they are taken, each with its place in the report.
#[derive(Default)]
pub(crate) struct Jobs<'a> {
    waiting: VecDeque<(usize, Job<'a>)>,
}

impl<'a> Jobs<'a> {
    /// How many jobs have been added.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Adds a job.
    pub(crate) fn add(
        &mut self,
        job: impl FnOnce(&mut Store) -> anyhow::Result<Vec<VerifyCheck>> + Send + 'a,
    ) {
        self.waiting.push_back((self.waiting.len(), Box::new(job)));
    }

    /// Adds the walk over the orders, twice: it takes the longest, so that both connections go on with it as soon as they
    /// have nothing else to do. What it finds is asked of it afterwards.
    pub(crate) fn add_orders<'c: 'a>(&mut self, orders: &'a OrderWalk<'c>) {
        for _ in 0..2 {
            self.add(|store| orders.go_on(store).map(|()| Vec::new()));
        }
    }

    /// Adds the checks of the other files, kind by kind.
    pub(crate) fn add_sources(&mut self, exports: &'a Exports, context: &'a VerifyContext) {
        let of = |kind| Some(exports.of(kind)).filter(|files| !files.is_empty());
        type Check = fn(&mut Store, &VerifyContext, &[&Export], &mut VerifyCheck) -> anyhow::Result<()>;
        let parts: [(SourceKind, Check); 3] = [
            (SourceKind::Affiliates, affiliates::check),
            (SourceKind::Commissions, commissions::check),
            (SourceKind::Memberships, memberships::check),
        ];
        for (kind, part) in parts {
            let Some(files) = of(kind) else { continue };
            self.add(move |store| {
                let mut check = VerifyCheck::new(kind.name(), "rows");
                let done = part(store, context, &files, &mut check);
                Ok(vec![closed(check.require_values(), done)?])
            });
        }
    }

    /// Adds the checks of the database against itself.
    pub(crate) fn add_database(&mut self, context: &'a VerifyContext) {
        type Check = fn(&mut Store, &VerifyContext, &mut VerifyCheck) -> anyhow::Result<()>;
        let parts: [(&'static str, &'static str, Check); 3] = [
            ("identities", "decisions", identities::check),
            ("integrity", "questions", integrity::check),
            ("books", "batches", books::check),
        ];
        for (name, unit, part) in parts {
            self.add_check(name, unit, move |store, check| part(store, context, check));
        }
    }

    /// Adds a check.
    pub(crate) fn add_check(
        &mut self,
        name: &'static str,
        unit: &'static str,
        part: impl FnOnce(&mut Store, &mut VerifyCheck) -> anyhow::Result<()> + Send + 'a,
    ) {
        self.add(move |store| {
            let mut check = VerifyCheck::new(name, unit);
            let done = part(store, &mut check);
            Ok(vec![closed(check, done)?])
        });
    }

    /// Runs the checks. The first connection begins with the first of them, the second one with the last,
    /// until they meet. What fingerprints the connections record is taken from them.
    ///
    /// # Errors
    /// Those of the database; a difference is none.
    pub(crate) fn run(
        self,
        store: &mut Store,
        second: impl FnOnce() -> anyhow::Result<Store> + Send,
    ) -> anyhow::Result<CheckResults> {
        let waiting = Mutex::new(self.waiting);
        let forward = || waiting.lock().ok()?.pop_front();
        let backward = || waiting.lock().ok()?.pop_back();
        let (mut done, (more, mut second)) = run_both(
            || run_while(store, forward),
            || {
                let mut second = second()?;
                Ok((run_while(&mut second, backward)?, second))
            },
        )?;
        done.extend(more);
        done.sort_by_key(|(at, _)| *at);
        let mut seen = store.take_row_fingerprints();
        seen.merge(second.take_row_fingerprints());
        Ok(CheckResults { done: done.into_iter().map(|(_, checks)| checks).collect(), seen, second })
    }
}

/// What the jobs have left.
pub(crate) struct CheckResults {
    /// Their checks, job by job.
    pub(crate) done: Vec<Vec<VerifyCheck>>,
    /// The rows that were read as they stand, by both connections.
    pub(crate) seen: RowFingerprints,
    /// The second connection.
    pub(crate) second: Store,
}

/// Runs jobs as long as there is a next one.
fn run_while<'a>(
    store: &mut Store,
    next: impl Fn() -> Option<(usize, Job<'a>)>,
) -> anyhow::Result<Vec<(usize, Vec<VerifyCheck>)>> {
    std::iter::from_fn(next).map(|(at, job)| Ok((at, job(store)?))).collect()
}

/// Runs two functions at the same time, the second one on a thread of its own.
///
/// # Errors
/// Theirs.
fn run_both<A, B: Send>(
    one: impl FnOnce() -> anyhow::Result<A>,
    other: impl FnOnce() -> anyhow::Result<B> + Send,
) -> anyhow::Result<(A, B)> {
    std::thread::scope(|threads| {
        let other = threads.spawn(other);
        let one = one();
        let other = other.join().map_err(|_| anyhow::anyhow!("a check has panicked"))?;
        Ok((one?, other?))
    })
}
