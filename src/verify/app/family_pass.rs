//! The reads of a family of pages while its rows are looked at, one after the other.

use std::sync::Arc;

use crate::language::tr;
use crate::verify::app::facts::AppFacts;
use crate::verify::difference::Subject;
use crate::verify::report::VerifyCheck;

/// Pages that show the same kind of thing: people, affiliates, orders.
pub(super) trait PageFamily {
    /// What they show, one at a time.
    type Shown<'r>;
    /// What a difference is about.
    fn subject(shown: &Self::Shown<'_>) -> Subject;
}

/// What is compared of one thing that the pages of a family show.
type ReadCheck<F> = for<'r> fn(&AppFacts<'_>, &<F as PageFamily>::Shown<'r>, &mut VerifyCheck);

/// A read of the app.
pub(super) struct AppRead<F: PageFamily> {
    /// Its name in the report.
    name: &'static str,
    /// The tables without which the app has no such page.
    tables: &'static [&'static str],
    /// Why this app has no such read, if it has none for another reason.
    lacks: fn(&AppFacts<'_>) -> Option<String>,
    /// What is compared of one row.
    check: ReadCheck<F>,
}

impl<F: PageFamily> AppRead<F> {
    /// A read that every app has.
    pub(super) const fn new(name: &'static str, check: ReadCheck<F>) -> Self {
        Self { name, tables: &[], lacks: |_| None, check }
    }

    /// A read of pages that an app without these tables does not have.
    pub(super) const fn of(self, tables: &'static [&'static str]) -> Self {
        Self { tables, ..self }
    }

    /// A read that some apps do not have for another reason.
    pub(super) const fn unless(self, lacks: fn(&AppFacts<'_>) -> Option<String>) -> Self {
        Self { lacks, ..self }
    }

    /// The check that this read begins with: one that is left out says why.
    fn begin(&self, facts: &AppFacts<'_>, unit: &'static str) -> VerifyCheck {
        let mut check = VerifyCheck::new(self.name, unit);
        check.skipped = facts.lacks(self.tables).or_else(|| (self.lacks)(facts));
        check.concerned = Some(0).filter(|_| check.skipped.is_none());
        check
    }
}

/// A stored value that cannot be read.
#[derive(Clone, Debug)]
pub(in crate::verify) struct Unreadable {
    /// Which value, and why.
    pub(in crate::verify) why: String,
    /// Of whom or what it is, if that is known.
    pub(in crate::verify) about: Option<Subject>,
}

impl Unreadable {
    /// One of which it is not known whose it is.
    pub(in crate::verify) fn of_unknown(why: String) -> Self {
        Self { why, about: None }
    }
}

/// The reads of a family while its rows are read.
pub(super) struct FamilyPass<'l, F: PageFamily> {
    reads: &'l [AppRead<F>],
    checks: Vec<VerifyCheck>,
}

impl<'l, F: PageFamily> FamilyPass<'l, F> {
    /// Nothing was looked at yet.
    pub(super) fn begin(reads: &'l [AppRead<F>], facts: &AppFacts<'_>, unit: &'static str) -> Self {
        Self { checks: reads.iter().map(|read| read.begin(facts, unit)).collect(), reads }
    }

    /// Looks at one row.
    pub(super) fn look_at(&mut self, facts: &AppFacts<'_>, row: &F::Shown<'_>) {
        let subject = Arc::new(F::subject(row));
        for (read, check) in
            self.reads.iter().zip(&mut self.checks).filter(|(_, check)| check.skipped.is_none())
        {
            let (values, differences) = (check.values, check.differences);
            check.turn_to(subject.clone());
            (read.check)(facts, row, check);
            check.rows += u64::from(check.values > values);
            let differs = u64::from(check.differences > differences);
            check.concerned = check.concerned.map(|concerned| concerned + differs);
        }
    }

    /// Looks at nothing, and says why.
    pub(super) fn skip(&mut self, why: &str) {
        self.checks.iter_mut().for_each(|check| check.skipped = Some(why.to_owned()));
    }

    /// Adds what other rows of the same family have shown.
    pub(super) fn join(&mut self, other: Self) {
        self.checks.iter_mut().zip(other.checks).for_each(|(check, other)| check.join(other));
    }

    /// The check of this name.
    pub(super) fn check(&mut self, name: &str) -> Option<&mut VerifyCheck> {
        self.checks.iter_mut().find(|check| check.name == name)
    }

    /// The checks so far.
    pub(super) fn into_checks(self) -> Vec<VerifyCheck> {
        self.checks
    }

    /// The checks of the family, with those that look at the whole. A stored value that is `unreadable` ends all of them.
    pub(super) fn close(self, whole: Vec<VerifyCheck>, unreadable: Option<Unreadable>) -> Vec<VerifyCheck> {
        let mut checks: Vec<VerifyCheck> = self.checks.into_iter().chain(whole).collect();
        if let Some((Unreadable { why, about }, (first, others))) = unreadable.zip(checks.split_first_mut()) {
            first.leave_rest_out(&why, about);
            for check in others {
                check.skipped = Some(
                    tr!("a stored value could not be read, which the family's first check names").to_owned(),
                );
            }
        }
        checks
    }
}
