//! The state of the page: which cases are shown, which one is looked at, and what a key does. It knows no terminal.

use ratatui::crossterm::event::KeyCode;

use crate::cli::review::source::{ReviewEntry, ReviewVerdict, Standing};
use crate::domain::money::Money;
use crate::language::tr;

/// What a key asks for beyond the page itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReviewAction {
    /// Leave the page.
    Quit,
    /// Carry a decision out on the case at this place.
    Decide(usize, ReviewVerdict),
    /// Take back the decision on the case at this place: that of this run, or an earlier one.
    TakeBack(usize, Option<String>),
}

/// The state of the page.
#[derive(Debug)]
pub(super) struct ReviewPage {
    /// All cases.
    pub(super) entries: Vec<ReviewEntry>,
    /// The places of those that the search leaves.
    pub(super) shown: Vec<usize>,
    /// The one among the shown that is looked at.
    pub(super) at: usize,
    /// The choice that is marked, and how many there are.
    pub(super) choice: usize,
    /// How many choices the case has.
    pub(super) choices: usize,
    /// What is searched.
    pub(super) wanted: String,
    /// Whether keys are letters of the search.
    pub(super) is_searching: bool,
    /// What was done last.
    pub(super) message: String,
    /// Whether that was refused.
    pub(super) is_refusal: bool,
    /// The decisions of this sitting with their runs, the newest last.
    decided: Vec<(usize, String)>,
}

impl ReviewPage {
    /// A page of these cases.
    pub(super) fn new(entries: Vec<ReviewEntry>) -> Self {
        let mut page = Self {
            shown: (0..entries.len()).collect(),
            entries,
            at: 0,
            choice: 0,
            choices: 0,
            wanted: String::new(),
            is_searching: false,
            message: String::new(),
            is_refusal: false,
            decided: Vec::new(),
        };
        page.at = page.next_waiting(0).unwrap_or(0);
        page
    }

    /// The place of the case that is looked at.
    pub(super) fn place(&self) -> Option<usize> {
        self.shown.get(self.at).copied()
    }

    /// How many cases wait, and what hangs on them.
    pub(super) fn waiting(&self) -> (usize, Money) {
        let waiting = || self.entries.iter().filter(|entry| entry.standing == Standing::Waiting);
        (waiting().count(), waiting().map(|entry| entry.amount).sum())
    }

    /// How many were decided in this sitting.
    pub(super) fn decided(&self) -> usize {
        self.decided.len()
    }

    /// Does what a key says.
    pub(super) fn press(&mut self, key: KeyCode) -> Option<ReviewAction> {
        if self.is_searching {
            self.search(key);
            return None;
        }
        self.say("", false);
        let place = self.place();
        match key {
            KeyCode::Char('q') | KeyCode::Esc if self.wanted.is_empty() => return Some(ReviewAction::Quit),
            KeyCode::Esc => self.find(String::new()),
            KeyCode::Char('q') => return Some(ReviewAction::Quit),
            KeyCode::Char('/') => self.is_searching = true,
            KeyCode::Down | KeyCode::Char('j') => self.go_to(self.at.saturating_add(1)),
            KeyCode::Up | KeyCode::Char('k') => self.go_to(self.at.saturating_sub(1)),
            KeyCode::PageDown => self.go_to(self.at.saturating_add(10)),
            KeyCode::PageUp => self.go_to(self.at.saturating_sub(10)),
            KeyCode::Char('l' | ' ') => self.put_off(),
            KeyCode::Char(digit @ '1'..='9') => self.choose(digit as usize - '1' as usize),
            KeyCode::Tab if self.choices > 0 => self.choice = (self.choice + 1) % self.choices,
            KeyCode::Char('a') | KeyCode::Enter if self.choices == 0 => {
                self.say(tr!("there is nobody to choose"), true);
            }
            KeyCode::Char('a') | KeyCode::Enter => return self.decide(ReviewVerdict::Accept(self.choice)),
            KeyCode::Char('n') => return self.decide(ReviewVerdict::New),
            KeyCode::Char('r') => return self.decide(ReviewVerdict::Reject),
            KeyCode::Char('u') => {
                return match self.decided.last() {
                    Some((place, run)) => Some(ReviewAction::TakeBack(*place, Some(run.clone()))),
                    None => place.map(|place| ReviewAction::TakeBack(place, None)),
                };
            }
            _ => {}
        }
        None
    }

    /// A decision on a case that waits: one that was decided is taken back first, so that a slip changes nothing.
    fn decide(&mut self, verdict: ReviewVerdict) -> Option<ReviewAction> {
        let place = self.place()?;
        if self.entries[place].standing != Standing::Waiting {
            self.say(tr!("decided already: u takes that back"), true);
            return None;
        }
        Some(ReviewAction::Decide(place, verdict))
    }

    fn choose(&mut self, choice: usize) {
        match choice < self.choices {
            true => self.choice = choice,
            false => self.say(tr!("there is no such choice"), true),
        }
    }

    /// A decision has been carried out: the next case that waits is looked at.
    pub(super) fn carried_out(&mut self, place: usize, entries: Vec<ReviewEntry>, run: String) {
        self.entries = entries;
        let key = &self.entries[place].key;
        self.message = tr!("{key}: decided by run {run}");
        self.is_refusal = false;
        self.decided.push((place, run));
        self.leave();
    }

    /// A decision has been taken back: its case is looked at.
    pub(super) fn taken_back(&mut self, place: usize, entries: Vec<ReviewEntry>, run: Option<&str>) {
        self.entries = entries;
        self.decided.retain(|(_, decided)| Some(decided.as_str()) != run);
        if !self.shown.contains(&place) {
            self.find(String::new());
        }
        self.at = self.shown.iter().position(|shown| *shown == place).unwrap_or(self.at);
        self.choice = 0;
        let key = &self.entries[place].key;
        self.message = tr!("{key}: taken back; it waits again");
        self.is_refusal = false;
    }

    /// Says something in the line of messages.
    pub(super) fn say(&mut self, message: &str, is_refusal: bool) {
        message.clone_into(&mut self.message);
        self.is_refusal = is_refusal;
    }

    fn put_off(&mut self) {
        let Some(place) = self.place() else { return };
        self.message = tr!("{}: later", self.entries[place].key);
        self.leave();
    }

    /// Goes on to the next case that waits, from the top again after the last.
    fn leave(&mut self) {
        let next = self.next_waiting(self.at + 1).or_else(|| self.next_waiting(0));
        self.go_to(next.unwrap_or(self.at));
    }

    fn next_waiting(&self, from: usize) -> Option<usize> {
        let waits = |at: &usize| self.entries[self.shown[*at]].standing == Standing::Waiting;
        (from..self.shown.len()).find(waits)
    }

    fn go_to(&mut self, at: usize) {
        self.at = at.min(self.shown.len().saturating_sub(1));
        self.choice = 0;
    }

    fn search(&mut self, key: KeyCode) {
        let mut wanted = self.wanted.clone();
        match key {
            KeyCode::Enter => self.is_searching = false,
            KeyCode::Esc => {
                self.is_searching = false;
                self.find(String::new());
            }
            KeyCode::Backspace => {
                wanted.pop();
                self.find(wanted);
            }
            KeyCode::Char(letter) => {
                wanted.push(letter);
                self.find(wanted);
            }
            _ => {}
        }
    }

    fn find(&mut self, wanted: String) {
        let lower = wanted.to_lowercase();
        let found = (0..self.entries.len()).filter(|place| self.entries[*place].searched.contains(&lower));
        self.shown = found.collect();
        self.wanted = wanted;
        self.go_to(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str, standing: Standing) -> ReviewEntry {
        ReviewEntry {
            key: key.to_owned(),
            standing,
            amount: Money::rupiah(10),
            searched: format!("{} name", key.to_lowercase()),
        }
    }

    fn page() -> ReviewPage {
        let standings = [Standing::Accepted, Standing::Waiting, Standing::Waiting];
        let mut page = ReviewPage::new(
            ["A1", "B2", "C3"].into_iter().zip(standings).map(|(key, at)| entry(key, at)).collect(),
        );
        page.choices = 2;
        page
    }

    fn decided(page: &ReviewPage, place: usize) -> Vec<ReviewEntry> {
        let mut entries = page.entries.clone();
        entries[place].standing = Standing::Accepted;
        entries
    }

    #[test]
    fn it_begins_with_what_waits_and_goes_on_after_each_decision() {
        let mut page = page();
        assert_eq!((page.place(), page.waiting()), (Some(1), (2, Money::rupiah(20))));
        assert_eq!(page.press(KeyCode::Char('2')), None);
        assert_eq!(page.press(KeyCode::Char('a')), Some(ReviewAction::Decide(1, ReviewVerdict::Accept(1))));
        let entries = decided(&page, 1);
        page.carried_out(1, entries, "run-1".to_owned());
        assert_eq!((page.place(), page.choice, page.decided()), (Some(2), 0, 1));
    }

    #[test]
    fn undo_takes_the_newest_decision_of_the_sitting_back_and_then_the_one_that_is_looked_at() {
        let mut page = page();
        let entries = decided(&page, 1);
        page.carried_out(1, entries, "run-1".to_owned());
        let undo = page.press(KeyCode::Char('u'));
        assert_eq!(undo, Some(ReviewAction::TakeBack(1, Some("run-1".to_owned()))));
        let mut entries = page.entries.clone();
        entries[1].standing = Standing::Waiting;
        page.taken_back(1, entries, Some("run-1"));
        assert_eq!(page.place(), Some(1));
        page.press(KeyCode::Up);
        assert_eq!(page.press(KeyCode::Char('u')), Some(ReviewAction::TakeBack(0, None)));
    }

    #[test]
    fn what_is_decided_is_not_decided_otherwise_by_a_slip() {
        let mut page = page();
        page.press(KeyCode::Up);
        assert_eq!(page.press(KeyCode::Char('r')), None);
        assert!(page.is_refusal, "{}", page.message);
        page.press(KeyCode::Char(' '));
        assert_eq!(page.place(), Some(1));
        page.choices = 0;
        assert_eq!(page.press(KeyCode::Enter), None);
        assert!(page.is_refusal && page.message.contains("nobody to choose"), "{}", page.message);
    }

    #[test]
    fn a_search_leaves_what_has_the_text_and_escape_ends_it() {
        let mut page = page();
        page.press(KeyCode::Char('/'));
        "c3".chars().for_each(|letter| drop(page.press(KeyCode::Char(letter))));
        page.press(KeyCode::Enter);
        assert_eq!((page.place(), page.shown.len()), (Some(2), 1));
        assert_eq!(page.press(KeyCode::Esc), None, "the first one ends the search");
        assert_eq!(page.shown.len(), 3);
        assert_eq!(page.press(KeyCode::Esc), Some(ReviewAction::Quit));
        page.press(KeyCode::Char('/'));
        page.press(KeyCode::Char('!'));
        page.press(KeyCode::Enter);
        assert_eq!((page.place(), page.press(KeyCode::Char('r'))), (None, None));
    }
}
