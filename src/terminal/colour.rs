//! Colours, with restraint: the words by which a result or a message is told to be good, doubtful or bad, where they begin a
//! line. They are painted when a line is laid out, so that no width changes, and never in what a program reads.

use std::borrow::Cow;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use crate::language::{msg, said};

const GOOD: Style = AnsiColor::Green.on_default();
const DOUBTFUL: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const PALE: Style = Style::new().dimmed();

/// The words of checks and findings, which stand alone in a first column.
const WORDS: [(&str, Style); 8] = [
    (msg!("ok"), GOOD),
    (msg!("warning"), DOUBTFUL),
    (msg!("held"), DOUBTFUL),
    (msg!("rejected"), BAD),
    (msg!("stop"), BAD),
    (msg!("FAIL"), BAD),
    ("✓", GOOD),
    ("✗", BAD),
];

/// Sentences: what stands before their first figure, or all of it where there is none.
const SENTENCES: [(&str, Style); 9] = [
    (msg!("verified: {checks} checks, {values} values compared, no difference{left_out}"), GOOD),
    (msg!("VERIFICATION FAILED: {}"), BAD),
    (msg!("NOT CHECKED: "), DOUBTFUL),
    (
        msg!(
            "INTERRUPTED: {what} run {} is not complete, and nobody is at work on it. This goes on with it:\n  {}\n\n"
        ),
        BAD,
    ),
    (msg!("An import can begin."), GOOD),
    (msg!("An import can begin; see the warnings."), DOUBTFUL),
    (msg!("An import cannot begin."), BAD),
    (msg!("error: {message}"), BAD),
    (msg!("warning: {warning}"), DOUBTFUL),
];

/// Chooses for the whole process: `always`, `never`, or else what the stream and the environment (NO_COLOR, CLICOLOR_FORCE,
/// TERM) say.
pub(crate) fn choose_colours(choice: &str) {
    let choice = match choice {
        "always" => ColorChoice::Always,
        "never" => ColorChoice::Never,
        _ => ColorChoice::Auto,
    };
    choice.write_global();
}

/// The choice, as clap takes it for help and for what it says of mistakes.
pub(crate) fn chosen_for_clap() -> clap::ColorChoice {
    match ColorChoice::global() {
        ColorChoice::Always | ColorChoice::AlwaysAnsi => clap::ColorChoice::Always,
        ColorChoice::Never => clap::ColorChoice::Never,
        ColorChoice::Auto => clap::ColorChoice::Auto,
    }
}

/// Whether stdout takes colours.
pub(crate) fn is_stdout_coloured() -> bool {
    AutoStream::choice(&std::io::stdout()) != ColorChoice::Never
}

/// Whether stderr takes colours.
pub(crate) fn is_stderr_coloured() -> bool {
    AutoStream::choice(&std::io::stderr()) != ColorChoice::Never
}

/// A text with its words of judgement painted.
pub(super) fn painted(text: &str) -> String {
    text.split_inclusive('\n').map(painted_line).collect()
}

fn painted_line(line: &str) -> Cow<'_, str> {
    let words = line.trim_start_matches(' ');
    let Some((length, style)) = judgement(words) else { return line.into() };
    let (indent, (judged, rest)) = (&line[..line.len() - words.len()], words.split_at(length));
    format!("{indent}{style}{judged}{style:#}{rest}").into()
}

/// How long the judgement is by which a line begins, and how it is painted.
fn judgement(line: &str) -> Option<(usize, Style)> {
    let sentence = SENTENCES.iter().find_map(|(text, style)| {
        let begins = said(text).split('{').next().unwrap_or_default().trim_end();
        line.starts_with(begins).then_some((begins.len(), *style))
    });
    let word = || {
        let word = line.split([' ', '\n']).next().unwrap_or_default();
        let found = WORDS.iter().find(|(text, _)| said(text) == word);
        found.map(|(_, style)| (word.len(), *style))
    };
    let skipped = || {
        let begins = said(SKIPPED).split('{').next().unwrap_or_default();
        line.starts_with(begins).then_some((begins.trim_end().len(), PALE))
    };
    sentence.or_else(word).or_else(skipped)
}

/// The line of a check that was left out.
const SKIPPED: &str = msg!("skip  {:<width$} {why}\n");

#[cfg(test)]
mod tests {
    use super::*;

    fn is_painted(line: &str) -> bool {
        painted(line) != line
    }

    #[test]
    fn words_of_judgement_are_painted_where_they_begin_a_line() {
        assert_eq!(painted("ok    orders\n"), "\u{1b}[32mok\u{1b}[0m    orders\n");
        assert_eq!(painted("  held     SJM-0401"), "  \u{1b}[33mheld\u{1b}[0m     SJM-0401");
        for line in [
            "stop     schema",
            "FAIL  sums",
            "skip  app",
            "error: no",
            "VERIFICATION FAILED: 1",
            "verified: 3",
        ] {
            assert!(is_painted(line), "{line}");
        }
        for line in ["", "okay", "orders  200  ok", "a warning", "held: 3", "200 orders"] {
            assert!(!is_painted(line), "{line}");
        }
    }

    #[test]
    fn the_longer_of_two_sentences_is_told_from_the_shorter() {
        let of = |line: &str| judgement(line).map(|(_, style)| style);
        assert_eq!(of("An import can begin."), Some(GOOD));
        assert_eq!(of("An import can begin; see the warnings."), Some(DOUBTFUL));
        assert_eq!(of("An import cannot begin."), Some(BAD));
    }
}
