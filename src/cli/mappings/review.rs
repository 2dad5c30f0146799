//! Mappings on a page: each key is a decision that is carried out at once, as a run of its own.

use crate::cli::changes::ChangeList;
use crate::cli::context::Context;
use crate::cli::progress::SilentProgress;
use crate::cli::render::mappings::PiiDisplay;
use crate::cli::review::source::{
    CandidateChoice, ReviewCase, ReviewEntry, ReviewSource, ReviewVerdict, Standing, Wording,
};
use crate::cli::take_back;
use crate::decisions::candidates::Candidate;
use crate::decisions::mappings::{MappingCase, MappingCases};
use crate::domain::pending_notes;
use crate::failure::Failure;
use crate::language::tr;
use crate::pipeline::decide_mappings;
use crate::pipeline::decide_mappings::{DecisionRequest, UNDO_COMMAND};
use crate::pipeline::decision_run::DecisionRun;
use crate::pipeline::plan::mapping_decisions::{MappingChoice, MappingDecision};
use crate::store::session::store::Store;

/// The mappings of a database, and how they are decided.
pub(super) struct MappingReview<'a> {
    store: &'a mut Store,
    cases: MappingCases,
    /// The places of the cases, those that wait first, then those of which more is owed.
    order: Vec<usize>,
    /// The candidates of the case that was looked at last.
    candidates: Vec<Candidate>,
    by: String,
    retries: u32,
    shown: PiiDisplay,
    context: &'a Context,
}

impl<'a> MappingReview<'a> {
    /// The mappings of a database.
    ///
    /// # Errors
    /// The database's errors.
    pub(super) fn load(
        store: &'a mut Store,
        by: String,
        retries: u32,
        context: &'a Context,
    ) -> anyhow::Result<Self> {
        let cases = MappingCases::load(store)?;
        let mut order: Vec<usize> = (0..cases.cases.len()).collect();
        order.sort_by_key(|at| {
            let case = &cases.cases[*at];
            (standing(case) != Standing::Waiting, std::cmp::Reverse(case.money.owed), case.code.clone())
        });
        let shown = PiiDisplay(context.show_pii);
        Ok(Self { store, cases, order, candidates: Vec::new(), by, retries, shown, context })
    }

    fn at(&self, place: usize) -> &MappingCase {
        &self.cases.cases[self.order[place]]
    }

    fn carry_out(&mut self, place: usize, choice: MappingChoice) -> anyhow::Result<String> {
        let code = self.at(place).code.clone();
        let command = match choice {
            MappingChoice::Reject => "mappings reject",
            MappingChoice::Undo => UNDO_COMMAND,
            MappingChoice::User(_) | MappingChoice::NewUser(_) => "mappings verify",
        };
        let request = DecisionRequest {
            run: DecisionRun { command, dry_run: false, retries: self.retries },
            by: self.by.clone(),
            decisions: vec![MappingDecision { code, choice, why: None }],
        };
        let mut changes = ChangeList::new(None, self.context)?;
        let done = decide_mappings::decide(self.store, &request, &mut changes, &mut SilentProgress)?;
        self.refresh()?;
        Ok(done.run.id)
    }

    /// Reads the cases again; their places stay.
    fn refresh(&mut self) -> anyhow::Result<()> {
        let cases = MappingCases::load(self.store)?;
        let codes = |cases: &MappingCases| -> Vec<String> {
            cases.cases.iter().map(|case| case.code.clone()).collect()
        };
        anyhow::ensure!(
            codes(&cases) == codes(&self.cases),
            tr!("other affiliates are there than before; begin again: what was decided stays")
        );
        self.cases = cases;
        Ok(())
    }
}

impl ReviewSource for MappingReview<'_> {
    fn wording(&self) -> Wording {
        Wording {
            amount: tr!("owed"),
            keys: tr!("a accept  1-9 choose  n new  r reject  l later  u undo  / search  q quit"),
            no_choice: tr!("Nobody in the app has this address, this number or a similar name."),
        }
    }

    fn entries(&self) -> Vec<ReviewEntry> {
        let entry = |at: &usize| {
            let case = &self.cases.cases[*at];
            let texts =
                [Some(case.code.as_str()), Some(&case.name), case.email.as_deref(), case.phone.as_deref()];
            ReviewEntry {
                key: case.code.clone(),
                standing: standing(case),
                amount: case.money.owed,
                searched: texts.into_iter().flatten().collect::<Vec<_>>().join(" ").to_lowercase(),
            }
        };
        self.order.iter().map(entry).collect()
    }

    fn case(&mut self, at: usize) -> ReviewCase {
        self.candidates = self.cases.candidates(self.at(at));
        let (case, shown) = (self.at(at), &self.shown);
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let mut facts = vec![
            (tr!("e-mail"), or_none(case.email.as_deref().map(|email| shown.email(email)))),
            (tr!("phone"), or_none(case.phone.as_deref().map(|phone| shown.phone(phone)))),
            (tr!("orders"), tr!("{}, of which {} are paid", case.money.orders, case.money.paid_orders)),
            (tr!("earned"), tr!("{}, paid out {}", case.money.earned, case.money.paid)),
            (tr!("owed"), case.money.owed.to_string()),
            (tr!("status"), case.status.clone()),
        ];
        if let Some(user) = &case.user {
            facts.push((tr!("user"), format!("{}, {}", shown.name(&user.name), shown.email(&user.email))));
        }
        facts.extend(case.decided_by.clone().map(|by| (tr!("decided by"), by)));
        facts.extend(case.notes.as_deref().map(|notes| (tr!("notes"), pending_notes::spoken(notes))));
        let choice = |candidate: &Candidate| {
            let reasons: Vec<String> = candidate.reasons.iter().map(|reason| reason.words()).collect();
            CandidateChoice {
                title: format!("{}, {}", shown.name(&candidate.name), shown.email(&candidate.email)),
                detail: tr!("{}; {} orders", reasons.join(", "), candidate.orders),
            }
        };
        ReviewCase {
            title: format!("{}  {}", case.code, shown.name(&case.name)),
            facts,
            choices: self.candidates.iter().map(choice).collect(),
        }
    }

    fn decide(&mut self, at: usize, verdict: ReviewVerdict) -> anyhow::Result<String> {
        let choice = match verdict {
            ReviewVerdict::Reject => MappingChoice::Reject,
            ReviewVerdict::New => MappingChoice::NewUser(None),
            ReviewVerdict::Accept(choice) => match self.candidates.get(choice) {
                Some(candidate) => MappingChoice::User(candidate.user_id.clone()),
                None => return Err(Failure::usage(tr!("there is no such choice"))),
            },
        };
        self.carry_out(at, choice)
    }

    fn take_back(&mut self, at: usize, run: Option<&str>) -> anyhow::Result<()> {
        match run {
            Some(run) => {
                take_back::run(self.store, run, self.retries, &mut SilentProgress)?;
                self.refresh()
            }
            None => {
                let (code, how) = (self.at(at).code.clone(), (false, self.retries));
                let run = decide_mappings::run_of_decision(self.store, &code)?;
                match take_back::exactly(self.store, run.as_deref(), how, &mut SilentProgress)? {
                    Some(_) => self.refresh(),
                    None => self.carry_out(at, MappingChoice::Undo).map(drop),
                }
            }
        }
    }
}

fn standing(case: &MappingCase) -> Standing {
    match case.status.as_str() {
        "VERIFIED" => Standing::Accepted,
        "REJECTED" => Standing::Rejected,
        _ => Standing::Waiting,
    }
}
