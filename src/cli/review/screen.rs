//! The terminal of the page: taken when it begins, given back however it ends, by a key, a signal, an error or a panic.

use std::io::IsTerminal as _;
use std::time::Duration;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event;
use ratatui::crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::cli::review::draw::draw;
use crate::cli::review::page::{ReviewAction, ReviewPage};
use crate::cli::review::source::{ReviewCase, ReviewSource};
use crate::domain::redaction::redact_message;
use crate::failure::{ExitCode, Failure};
use crate::language::tr;
use crate::signals;

/// How long a key is waited for before signals are looked at.
const WAIT: Duration = Duration::from_millis(100);

/// Shows the page until it is left, and returns how many decisions were made.
///
/// # Errors
/// Exit code 2 where there is no terminal; 130 and 143 after a signal. What was decided stays.
pub(crate) fn run(source: &mut dyn ReviewSource, heading: &str) -> anyhow::Result<usize> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Failure::usage(tr!(
            "a review needs a terminal; without one, decide in a file: `sejoli-migrate mappings export FILE`"
        )));
    }
    signals::listen_silently()?;
    // Its hook gives the terminal back before a panic is reported.
    let mut terminal = ratatui::try_init()?;
    let done = show(&mut terminal, source, heading);
    ratatui::restore();
    done
}

fn show(
    terminal: &mut DefaultTerminal,
    source: &mut dyn ReviewSource,
    heading: &str,
) -> anyhow::Result<usize> {
    let mut page = ReviewPage::new(source.entries());
    let mut looked_at: Option<(usize, ReviewCase)> = None;
    let heading = (heading, source.wording());
    loop {
        signals::check()?;
        if looked_at.as_ref().map(|(place, _)| *place) != page.place() {
            looked_at = page.place().map(|place| (place, source.case(place)));
            page.choices = looked_at.as_ref().map_or(0, |(_, case)| case.choices.len());
        }
        terminal.draw(|frame| draw(frame, &page, looked_at.as_ref().map(|(_, case)| case), heading))?;
        let Some(key) = pressed()? else { continue };
        match page.press(key) {
            None => {}
            Some(ReviewAction::Quit) => return Ok(page.decided()),
            Some(action) => {
                page.say(tr!("writing …"), false);
                terminal
                    .draw(|frame| draw(frame, &page, looked_at.as_ref().map(|(_, case)| case), heading))?;
                carry_out(&mut page, source, action)?;
                looked_at = None;
            }
        }
    }
}

/// The next key that is pressed, if it comes soon. Ctrl-C is one on a terminal that hands on every key.
fn pressed() -> anyhow::Result<Option<KeyCode>> {
    if !has_input(Duration::ZERO)? && !has_input(WAIT)? {
        return Ok(None);
    }
    let Event::Key(key) = event::read()? else { return Ok(None) };
    if key.kind == KeyEventKind::Release {
        return Ok(None);
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
        return Err(Failure::with(ExitCode::Interrupted, tr!("left; what was decided stays")));
    }
    Ok(Some(key.code))
}

/// Whether there is an event to read, now or soon. A terminal that is gone is looked for first: what reads the events would
/// read nothing of it for ever.
///
/// # Errors
/// Exit code 130: the terminal is gone.
fn has_input(wait: Duration) -> anyhow::Result<bool> {
    let stdin = std::io::stdin();
    let mut terminal = [PollFd::new(&stdin, PollFlags::IN)];
    match poll(&mut terminal, Some(&Timespec::try_from(wait)?)) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    if terminal[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
        let gone = tr!("the terminal is gone; what was decided stays");
        return Err(Failure::with(ExitCode::Interrupted, gone));
    }
    Ok(event::poll(Duration::ZERO)?)
}

/// Carries a decision out. One that is refused is said on the page; anything else ends it.
fn carry_out(
    page: &mut ReviewPage,
    source: &mut dyn ReviewSource,
    action: ReviewAction,
) -> anyhow::Result<()> {
    let done = match &action {
        ReviewAction::Quit => Ok(None),
        ReviewAction::Decide(place, verdict) => source.decide(*place, *verdict).map(Some),
        ReviewAction::TakeBack(place, run) => source.take_back(*place, run.as_deref()).map(|()| None),
    };
    match (done, action) {
        (Ok(Some(run)), ReviewAction::Decide(place, _)) => page.carried_out(place, source.entries(), run),
        (Ok(_), ReviewAction::TakeBack(place, run)) => {
            page.taken_back(place, source.entries(), run.as_deref())
        }
        (Ok(_), _) => {}
        (Err(error), _) => match error.downcast_ref::<Failure>() {
            Some(failure) if matches!(failure.code, ExitCode::Refused | ExitCode::Usage) => {
                page.say(&redact_message(&error.to_string().replace('\n', " ")), true);
            }
            _ => return Err(error),
        },
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;
    use crate::cli::review::source::{ReviewEntry, ReviewVerdict, Wording};

    /// Set in the terminal that a test opens, and nowhere else.
    const IN_A_TERMINAL: &str = "SEJOLI_TEST_PANICS_IN_A_TERMINAL";

    /// Has a bug.
    struct Broken;

    impl ReviewSource for Broken {
        fn wording(&self) -> Wording {
            Wording { amount: "amount", keys: "keys", no_choice: "no choice" }
        }

        fn entries(&self) -> Vec<ReviewEntry> {
            panic!("a bug of the source")
        }

        fn case(&mut self, _: usize) -> ReviewCase {
            unreachable!("there are no entries")
        }

        fn decide(&mut self, _: usize, _: ReviewVerdict) -> anyhow::Result<String> {
            unreachable!("there are no entries")
        }

        fn take_back(&mut self, _: usize, _: Option<&str>) -> anyhow::Result<()> {
            unreachable!("there are no entries")
        }
    }

    /// What the next test runs in a terminal of its own; anywhere else it does nothing.
    #[test]
    fn a_review_with_a_bug() {
        if std::env::var_os(IN_A_TERMINAL).is_some() {
            drop(run(&mut Broken, "a review"));
        }
    }

    #[test]
    fn a_panic_is_reported_on_the_terminal_that_was_given_back() {
        let this = std::env::current_exe().expect("the tests' binary");
        let line = format!(
            "'{}' --exact cli::review::screen::tests::a_review_with_a_bug --nocapture; \
             stty -a | grep -q ' -echo ' && echo SILENT || echo ECHOES",
            this.display()
        );
        let output = Command::new("script")
            .args(["-q", "-c", &line, "/dev/null"])
            .env(IN_A_TERMINAL, "1")
            .env("TERM", "xterm-256color")
            .stdin(Stdio::null())
            .output()
            .expect("script runs");
        let shown = String::from_utf8_lossy(&output.stdout);
        let place = |what: &str| shown.find(what).unwrap_or_else(|| panic!("no {what:?}: {shown:?}"));
        let (taken, given_back) = (place("\u{1b}[?1049h"), place("\u{1b}[?1049l"));
        let (reported, echoes) = (place("a bug of the source"), place("ECHOES"));
        assert!(taken < given_back && given_back < reported && reported < echoes, "{shown:?}");
    }
}
