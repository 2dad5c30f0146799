//! The words that clap says by itself, in the language that is spoken: it has no translations of its own. They are known line by
//! line, with what stands between them; a line that is not known stays English.

use crate::language::{msg, said};
use crate::terminal::{is_stdout_coloured, out_own, tell};

/// What stands in a line of help, wherever it stands there.
const WORDS: [&str; 11] = [
    msg!("Usage:"),
    msg!("Commands:"),
    msg!("Arguments:"),
    msg!("Options:"),
    msg!("Possible values:"),
    msg!("[default: "),
    msg!("[possible values: "),
    msg!("Print help (see more with '--help')"),
    msg!("Print help (see a summary with '-h')"),
    msg!("Print version"),
    msg!("Print this message or the help of the given subcommand(s)"),
];

/// The one word of help that is part of longer ones.
const PRINT_HELP: &str = msg!("Print help");

/// Lines of mistakes, with holes for what was typed. A longer one goes before one that it begins with.
const LINES: [&str; 19] = [
    msg!("error: invalid value '{}' for '{}': {}"),
    msg!("error: invalid value '{}' for '{}'"),
    msg!("error: a value is required for '{}' but none was supplied"),
    msg!("error: unexpected argument '{}' found"),
    msg!("error: unexpected value '{}' for '{}' found; no more were expected"),
    msg!("error: unrecognized subcommand '{}'"),
    msg!("error: '{}' requires a subcommand but one was not provided"),
    msg!("error: the following required arguments were not provided:"),
    msg!("error: the argument '{}' cannot be used multiple times"),
    msg!("error: the argument '{}' cannot be used with '{}'"),
    msg!("error: the argument '{}' cannot be used with:"),
    msg!("[subcommands: {}"),
    msg!("tip: a similar argument exists: '{}'"),
    msg!("tip: a similar subcommand exists: '{}'"),
    msg!("tip: a similar value exists: '{}'"),
    msg!("tip: some similar values exist: {}"),
    msg!("tip: some similar subcommands exist: {}"),
    msg!("tip: to pass '{}' as a value, use '-- {}'"),
    msg!("For more information, try '{}'."),
];

/// Prints help on stdout, a mistake on stderr.
pub(super) fn print(error: &clap::Error) {
    let rendered = error.render();
    match error.use_stderr() {
        true => tell(mistake(&rendered.to_string()).trim_end()),
        false => {
            let is_plain = !is_stdout_coloured();
            let text =
                if is_plain { help(&rendered.to_string()) } else { help(&rendered.ansi().to_string()) };
            drop(out_own(&text));
        }
    }
}

/// A help page.
pub(super) fn help(text: &str) -> String {
    text.split_inclusive('\n').map(help_line).collect()
}

fn help_line(line: &str) -> String {
    let known = WORDS.iter().fold(line.to_owned(), |line, words| line.replace(words, said(words)));
    match known.trim_end().ends_with(PRINT_HELP) {
        true => known.replace(PRINT_HELP, said(PRINT_HELP)),
        false => known,
    }
}

/// What clap says of a mistake.
pub(super) fn mistake(text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| {
            let words = line.trim();
            let known = LINES.iter().find_map(|form| Some(filled(said(form), &holes(form, words)?)));
            known.map_or_else(|| help_line(line), |known| line.replace(words, &known))
        })
        .collect()
}

/// What stands in the holes of a line of this form.
fn holes<'a>(form: &str, line: &'a str) -> Option<Vec<&'a str>> {
    let mut pieces = form.split("{}");
    let mut rest = line.strip_prefix(pieces.next()?)?;
    let pieces: Vec<&str> = pieces.collect();
    let mut found = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        let is_last = at + 1 == pieces.len();
        let end = match (is_last, piece.is_empty()) {
            (true, true) => rest.len(),
            (true, false) => rest.strip_suffix(piece)?.len(),
            _ => rest.find(piece)?,
        };
        found.push(&rest[..end]);
        rest = &rest[end + piece.len()..];
    }
    rest.is_empty().then_some(found)
}

fn filled(form: &str, holes: &[&str]) -> String {
    holes.iter().fold(form.to_owned(), |text, hole| text.replacen("{}", hole, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_found_in_a_line() {
        let form = "error: invalid value '{}' for '{}': {}";
        let line = "error: invalid value 'x y' for '--as-of <TIME>': expected a time: so";
        assert_eq!(holes(form, line), Some(vec!["x y", "--as-of <TIME>", "expected a time: so"]));
        assert_eq!(holes(form, "error: unexpected argument '-x' found"), None);
        assert_eq!(holes("tip: {}", "tip: it's"), Some(vec!["it's"]));
        assert_eq!(holes("whole", "whole"), Some(vec![]));
        assert_eq!(filled("'{}' untuk '{}'", &["a", "b"]), "'a' untuk 'b'");
    }
}
