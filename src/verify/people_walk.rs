//! One walk over everybody who was imported: whatever is compared of a person, the person is read once for it.

use crate::store::queries::app_screens_people::people_after;
use crate::store::queries::kept_rows;
use crate::store::queries::rows::Page;
use crate::store::schema::tables::User;
use crate::store::session::store::Store;
use crate::verify::app::{self, AppFacts, AppPerson, PeoplePages, Unreadable};
use crate::verify::context::VerifyContext;
use crate::verify::outcome::{bad_cell, closed};
use crate::verify::periods::PeriodsCheck;
use crate::verify::report::VerifyCheck;
use crate::verify::roles;

/// The checks of people.
#[derive(Default)]
pub(crate) struct PeopleChecks {
    /// What they hold, with what is kept of it; their roles, and how they log in.
    pub(crate) of_rows: Vec<VerifyCheck>,
    /// What the app's pages show of them.
    pub(crate) of_pages: Vec<VerifyCheck>,
}

/// Compares the rows of everybody, and what the app's pages show of them, if these are looked at.
///
/// # Errors
/// Those of the database; a difference is none.
pub(crate) fn check(
    store: &mut Store,
    context: &VerifyContext,
    app: Option<&AppFacts<'_>>,
) -> anyhow::Result<PeopleChecks> {
    walk(store, context, Some(RowChecks::begin(context)), app)
}

/// Compares what the app's pages show of everybody, and nothing else.
///
/// # Errors
/// Those of the database; a difference is none.
pub(crate) fn pages(
    store: &mut Store,
    context: &VerifyContext,
    app: &AppFacts<'_>,
) -> anyhow::Result<Vec<VerifyCheck>> {
    walk(store, context, None, Some(app)).map(|checks| checks.of_pages)
}

fn walk<'a>(
    store: &mut Store,
    context: &'a VerifyContext,
    of_rows: Option<RowChecks<'a>>,
    app: Option<&'a AppFacts<'a>>,
) -> anyhow::Result<PeopleChecks> {
    let of_pages = app.map(PeoplePages::begin);
    let mut walk = PeopleWalk { context, app, of_rows, of_pages, unreadable: None };
    let done = walk.go(store);
    walk.close(store, done)
}

/// The walk.
struct PeopleWalk<'a> {
    context: &'a VerifyContext,
    app: Option<&'a AppFacts<'a>>,
    of_rows: Option<RowChecks<'a>>,
    of_pages: Option<PeoplePages<'a>>,
    /// Why what somebody holds cannot be read. From there on, only the users themselves are looked at.
    unreadable: Option<String>,
}

impl PeopleWalk<'_> {
    fn go(&mut self, store: &mut Store) -> anyhow::Result<()> {
        let mut page = Some(store.answer(people_after(store, ""))?);
        while let Some(users) = page {
            page = self.look_at(store, users)?;
        }
        Ok(())
    }

    /// Looks at some people, and returns those behind them.
    fn look_at(&mut self, store: &mut Store, mut users: Page<User>) -> anyhow::Result<Option<Page<User>>> {
        if let Some(of_rows) = &mut self.of_rows {
            of_rows.look_at_users(&users.rows);
        }
        let rows = std::mem::take(&mut users.rows);
        let following = |store: &Store| users.following(|last| people_after(store, last));
        if self.unreadable.is_none() {
            let beside = following(store);
            match app::with_rows(store, (self.context, self.app), rows, beside) {
                Ok((people, following)) => {
                    self.look_at_people(store, &people)?;
                    return following;
                }
                Err(error) => self.unreadable = Some(bad_cell(error)?),
            }
        }
        let beside = following(store);
        store.answer(beside)?
    }

    fn look_at_people(&mut self, store: &mut Store, people: &[AppPerson]) -> anyhow::Result<()> {
        if let Some(pages) = &mut self.of_pages {
            people.iter().for_each(|person| pages.look_at(person));
        }
        match &mut self.of_rows {
            Some(of_rows) => {
                let held = people.iter().map(|person| person.memberships.as_slice());
                of_rows.periods.look_at(store, held)
            }
            None => Ok(()),
        }
    }

    /// Ends the walk, which is `done` or has met a user who cannot be read.
    fn close(self, store: &mut Store, done: anyhow::Result<()>) -> anyhow::Result<PeopleChecks> {
        let of_users = done.err().map(bad_cell).transpose()?;
        let unreadable = self.unreadable.or_else(|| of_users.clone());
        let of_rows = self.of_rows.map(|of_rows| of_rows.close(store, of_users, unreadable.is_none()));
        Ok(PeopleChecks {
            of_rows: of_rows.transpose()?.unwrap_or_default(),
            of_pages: self
                .of_pages
                .map_or_else(Vec::new, |pages| pages.close(unreadable.map(Unreadable::of_unknown))),
        })
    }
}

/// What is compared of people's own rows.
struct RowChecks<'c> {
    context: &'c VerifyContext,
    periods: PeriodsCheck<'c>,
    roles: VerifyCheck,
}

impl<'c> RowChecks<'c> {
    fn begin(context: &'c VerifyContext) -> Self {
        let roles = VerifyCheck::new("roles", "users");
        Self { context, periods: PeriodsCheck::begin(context), roles }
    }

    fn look_at_users(&mut self, users: &[User]) {
        for user in users.iter().filter(|user| roles::is_of_import(user)) {
            roles::look_at(self.context, user, &mut self.roles);
        }
    }

    /// Ends the checks. A walk that has not come to its end has left out memberships, of whomever: then all of them are looked
    /// at without their people. A user who is `unreadable` ends the check of the users.
    fn close(
        self,
        store: &mut Store,
        unreadable: Option<String>,
        is_whole: bool,
    ) -> anyhow::Result<Vec<VerifyCheck>> {
        let Self { context, mut periods, mut roles } = self;
        let of_periods = if is_whole {
            periods.look_at_others(store, kept_rows::targets_of_others_after)
        } else {
            periods = PeriodsCheck::begin(context);
            periods.look_at_others(store, kept_rows::targets_after)
        };
        let of_roles = match unreadable {
            None => roles::look_at_members(store, context, &mut roles),
            Some(why) => {
                roles.leave_rest_out(&why, None);
                Ok(())
            }
        };
        Ok(vec![periods.close(of_periods)?, closed(roles, of_roles)?])
    }
}
