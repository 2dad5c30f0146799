//! Pairs of accounts on a page: each key is a decision that is carried out at once, as a run of its own.

use crate::cli::changes::ChangeList;
use crate::cli::context::Context;
use crate::cli::progress::SilentProgress;
use crate::cli::render::mappings::PiiDisplay;
use crate::cli::render::people::{membership_text, orders_text};
use crate::cli::review::source::{
    CandidateChoice, ReviewCase, ReviewEntry, ReviewSource, ReviewVerdict, Standing, Wording,
};
use crate::cli::take_back;
use crate::decisions::account_facts::AccountFacts;
use crate::decisions::people::{AccountPair, PairAccount, Pairs};
use crate::domain::person_decision::PairVerdict;
use crate::failure::Failure;
use crate::language::tr;
use crate::pipeline::decide_people;
use crate::pipeline::decide_people::{DecisionOnPair, PairChoice, PeopleRequest, UNDO_COMMAND};
use crate::pipeline::decision_run::DecisionRun;
use crate::store::session::store::Store;

/// The pairs of a database, and how they are decided.
pub(super) struct PeopleReview<'a> {
    store: &'a mut Store,
    /// The pairs in the order in which they were found first: they stay in their places while they are decided.
    pairs: Vec<AccountPair>,
    /// Whether one of the two was merged into somebody else.
    is_over: Vec<bool>,
    by: String,
    retries: u32,
    context: &'a Context,
}

impl<'a> PeopleReview<'a> {
    /// The pairs of a database.
    ///
    /// # Errors
    /// The database's errors.
    pub(super) fn load(
        store: &'a mut Store,
        by: String,
        retries: u32,
        context: &'a Context,
    ) -> anyhow::Result<Self> {
        let pairs = Pairs::load(store)?.pairs;
        let is_over = vec![false; pairs.len()];
        Ok(Self { store, pairs, is_over, by, retries, context })
    }

    fn shown(&self) -> PiiDisplay {
        PiiDisplay(self.context.show_pii)
    }

    fn who(&self, account: &PairAccount) -> String {
        format!("{}, {}", self.shown().name(&account.name), self.shown().email(&account.email))
    }

    fn carry_out(&mut self, decision: DecisionOnPair) -> anyhow::Result<String> {
        let command = match decision.choice {
            PairChoice::Merge => "people merge",
            PairChoice::KeepApart => "people keep-apart",
            PairChoice::Forget => UNDO_COMMAND,
        };
        let run = DecisionRun { command, dry_run: false, retries: self.retries };
        let request = PeopleRequest { run, by: self.by.clone(), decisions: vec![decision] };
        let mut changes = ChangeList::new(None, self.context)?;
        let done = decide_people::decide(self.store, &request, &mut changes, &mut SilentProgress)?;
        self.refresh()?;
        Ok(done.run.id)
    }

    /// Reads the pairs again; their places stay.
    fn refresh(&mut self) -> anyhow::Result<()> {
        let now = Pairs::load(self.store)?;
        for (pair, is_over) in self.pairs.iter_mut().zip(&mut self.is_over) {
            match now.of(&pair.one.user_id, &pair.other.user_id) {
                Some(found) => (*pair, *is_over) = (found.clone(), false),
                None => {
                    let ids = [&pair.one.user_id, &pair.other.user_id];
                    *is_over = ids.iter().any(|id| now.is_merged(id));
                    pair.decision = None;
                }
            }
        }
        Ok(())
    }

    fn standing(&self, at: usize) -> Standing {
        match &self.pairs[at].decision {
            Some(decision) if decision.verdict == PairVerdict::KeptApart => Standing::Rejected,
            Some(_) => Standing::Accepted,
            None if self.is_over[at] => Standing::Accepted,
            None => Standing::Waiting,
        }
    }

    /// What is known of an account, in a few lines.
    fn account_lines(&mut self, title: &'static str, account: &PairAccount) -> Vec<(&'static str, String)> {
        let mut lines = vec![(title, self.who(account))];
        match AccountFacts::load(self.store, &account.user_id) {
            Ok(Some(facts)) => {
                let shown = self.shown();
                lines.push((
                    tr!("phone"),
                    facts.phone.as_deref().map_or("-".to_owned(), |phone| shown.phone(phone)),
                ));
                lines.push((tr!("orders"), orders_text(&facts)));
                lines.extend(
                    facts.memberships.iter().take(2).map(|held| (tr!("member"), membership_text(held))),
                );
                if account.is_affiliate {
                    lines.push((tr!("affiliate"), facts.codes.join(", ")));
                }
                lines.push((tr!("wallet"), facts.balance.to_string()));
            }
            Ok(None) => lines.push(("", tr!("is not there any more").to_owned())),
            Err(error) => lines.push(("", tr!("cannot be read: {error}"))),
        }
        lines
    }
}

impl ReviewSource for PeopleReview<'_> {
    fn wording(&self) -> Wording {
        Wording {
            amount: tr!("in wallets"),
            keys: tr!("a merge into  1-2 choose  r keep apart  l later  u undo  / search  q quit"),
            no_choice: tr!("One of the two was merged into somebody else."),
        }
    }

    fn entries(&self) -> Vec<ReviewEntry> {
        let entry = |(at, pair): (usize, &AccountPair)| {
            let texts = [&pair.one.name, &pair.one.email, &pair.other.name, &pair.other.email];
            ReviewEntry {
                key: format!("{} {}", at + 1, self.shown().name(&pair.one.name)),
                standing: self.standing(at),
                amount: pair.balance(),
                searched: texts.map(|text| text.to_lowercase()).join(" "),
            }
        };
        self.pairs.iter().enumerate().map(entry).collect()
    }

    fn case(&mut self, at: usize) -> ReviewCase {
        let pair = self.pairs[at].clone();
        let reasons: Vec<&str> = pair.reasons.iter().map(|reason| reason.words()).collect();
        let mut facts = vec![(tr!("why"), reasons.join(", "))];
        facts.extend(self.account_lines("1", &pair.one));
        facts.extend(self.account_lines("2", &pair.other));
        if let Some(decision) = &pair.decision {
            facts.push((tr!("decided by"), decision.by.clone()));
            facts.extend(decision.why.clone().map(|why| (tr!("because"), why)));
        }
        let choice = |kept: &PairAccount, closed: &PairAccount| CandidateChoice {
            title: tr!("keep {}", self.shown().email(&kept.email)),
            detail: tr!("and close {}", self.shown().email(&closed.email)),
        };
        let choices = match self.is_over[at] {
            true => Vec::new(),
            false => vec![choice(&pair.one, &pair.other), choice(&pair.other, &pair.one)],
        };
        ReviewCase { title: tr!("Pair {}", at + 1), facts, choices }
    }

    fn decide(&mut self, at: usize, verdict: ReviewVerdict) -> anyhow::Result<String> {
        let (one, other) = (self.pairs[at].one.user_id.clone(), self.pairs[at].other.user_id.clone());
        let (one, other, choice) = match verdict {
            ReviewVerdict::Accept(0) => (one, other, PairChoice::Merge),
            ReviewVerdict::Accept(_) => (other, one, PairChoice::Merge),
            ReviewVerdict::Reject => (one, other, PairChoice::KeepApart),
            ReviewVerdict::New => {
                return Err(Failure::usage(tr!("a pair needs no new account: a merges, r keeps apart")));
            }
        };
        self.carry_out(DecisionOnPair { one, other, choice, why: None })
    }

    fn take_back(&mut self, at: usize, run: Option<&str>) -> anyhow::Result<()> {
        if let Some(run) = run {
            take_back::run(self.store, run, self.retries, &mut SilentProgress)?;
            return self.refresh();
        }
        let (one, other) = (self.pairs[at].one.user_id.clone(), self.pairs[at].other.user_id.clone());
        let run = decide_people::run_of_decision(self.store, &one, &other)?;
        match take_back::exactly(self.store, run.as_deref(), (false, self.retries), &mut SilentProgress)? {
            Some(_) => self.refresh(),
            None => {
                self.carry_out(DecisionOnPair { one, other, choice: PairChoice::Forget, why: None }).map(drop)
            }
        }
    }
}
