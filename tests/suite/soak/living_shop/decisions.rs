//! What somebody decides about people by the tool, between two imports: that two accounts are one person, or two, and that this
//! was wrong.

use super::kinds::Kind;
use super::shop::as_of;
use super::simulation::Life;
use super::state::{Handle, State};
use super::{app, difference};
use crate::support::exit_code::{DONE, REFUSED};

impl Life {
    /// One decision of a day, of a kind that is on and that finds two accounts.
    pub(super) fn decide(&mut self, day: usize) {
        let all = [Kind::MergesPeople, Kind::TakesMergeBack, Kind::KeepsPeopleApart];
        let on: Vec<Kind> = all.into_iter().filter(|kind| self.kinds.has(*kind)).collect();
        let kind = on.get(self.random.below(2 * on.len() as u64) as usize).copied();
        let Some(kind) = kind else { return };
        let (before, ids) = self.handles.read(&self.db);
        let Some((kept, closed)) = self.two_accounts(&before) else { return };
        self.story.push(format!("{kind:?}: {kept} and {closed}"));
        let accounts = [ids.people[&kept].clone(), ids.people[&closed].clone()];
        if kind == Kind::KeepsPeopleApart {
            self.carry_out(day, "keep-apart", &accounts, DONE, &before);
            if self.random.below(2) == 0 {
                self.carry_out(day, "undo", &accounts, DONE, &before);
            } else {
                self.decided.extend([kept, closed]);
            }
            return;
        }
        let mut model = self.model.clone();
        let Some(merged) = model.merge(&before, &kept, &closed, as_of(day - 1)) else {
            return self.carry_out(day, "merge", &accounts, REFUSED, &before);
        };
        self.carry_out(day, "merge", &accounts, DONE, &merged);
        if kind == Kind::TakesMergeBack {
            return self.carry_out(day, "undo", &accounts, DONE, &before);
        }
        self.model = model;
        self.decided.extend([kept, closed]);
    }

    /// Two accounts of which nobody has decided anything yet; the second one has no money, and nothing that the app has sold it.
    fn two_accounts(&mut self, state: &State) -> Option<(Handle, Handle)> {
        let is_open = |handle: &&Handle| {
            let person = &state.people[*handle];
            person.is_active && person.role != "MENTOR" && !self.decided.contains(*handle)
        };
        let open: Vec<&Handle> = state.people.keys().filter(is_open).collect();
        let has_no_money = |handle: &&&Handle| {
            ![app::CUSTOMER, app::SELLER].contains(&handle.as_str())
                && !state.wallets.contains_key(**handle)
                && !state.profiles.contains_key(**handle)
                && !state.mappings.values().any(|mapping| mapping.user.as_ref() == Some(**handle))
        };
        let closable: Vec<&Handle> = open.iter().filter(has_no_money).copied().collect();
        let closed = (*closable.get(self.random.below(closable.len() as u64) as usize)?).clone();
        let others: Vec<&Handle> = open.into_iter().filter(|other| **other != closed).collect();
        let kept = (*others.get(self.random.below(others.len() as u64) as usize)?).clone();
        Some((kept, closed))
    }

    fn carry_out(&mut self, day: usize, what: &str, accounts: &[String; 2], code: i32, expected: &State) {
        let [one, other] = accounts.each_ref().map(String::as_str);
        let why: &[&str] = if what == "undo" { &[] } else { &["--why", "a test"] };
        let outcome = self.db.run(&[&["people", what, one, other, "--by", "Rina"], why].concat());
        self.decisions += 1;
        if outcome.code != code {
            let said = outcome.stdout + &outcome.stderr;
            self.fail(day, &format!("people {what} ended with {} instead of {code}\n{said}", outcome.code));
        }
        let (found, _) = self.handles.read(&self.db);
        if let Some(difference) = difference::smallest(expected, &found) {
            self.fail(day, &format!("after people {what}: {difference}"));
        }
    }
}
