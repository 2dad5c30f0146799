//! The help of every command and subcommand.

use super::{State, Terminal, assert_snapshot, transcript};
use crate::support::help_pages::{calls, command_of, commands, examples, exit_codes};

pub(super) fn name(words: &[String]) -> String {
    ["help".to_owned()].iter().chain(words).map(String::as_str).collect::<Vec<_>>().join("-")
}

pub(super) fn snapshots() -> Vec<String> {
    commands().iter().map(|words| name(words)).collect()
}

/// All in one test: which commands there are is only known when it runs.
#[test]
fn of_every_command() {
    let terminal = Terminal::new(State::Nothing);
    for words in commands() {
        let mut args: Vec<&str> = words.iter().map(String::as_str).collect();
        args.push("--help");
        let ended = terminal.run(&args);
        assert_snapshot(&name(&words), &terminal, &transcript(&args, &ended, false));
    }
}

#[test]
fn the_help_of_every_command_has_two_examples_that_can_be_typed() {
    for words in commands() {
        let calls: Vec<_> = examples(&words).iter().flat_map(|line| calls(line)).collect();
        assert!(calls.len() >= 2, "{words:?} has fewer than two examples: {calls:?}");
        for call in calls {
            if let Err(error) = call.is_understood() {
                panic!("the help of {words:?} shows what cannot be typed: {call:?}: {error}");
            }
            assert!(command_of(&call.words).starts_with(&words), "{call:?} is no example of {words:?}");
        }
    }
}

#[test]
fn an_example_that_went_stale_is_noticed() {
    let stale = &calls("zcat a.gz | sejoli-migrate import orders - --product 'my map.csv' > out")[0];
    assert_eq!(stale.words, ["import", "orders", "-", "--product", "my map.csv"]);
    assert!(stale.is_understood().is_err());
    assert!(calls("sejoli-migrate extract --out data")[0].is_understood().is_err());
    assert!(calls("SOURCE_DATABASE_URL=x sejoli-migrate extract --out data")[0].is_understood().is_ok());
}

#[test]
fn the_help_of_every_command_lists_its_exit_codes() {
    let all = exit_codes(&[]);
    assert_eq!(all, [0, 1, 2, 3, 4, 5, 6, 7, 130, 143]);
    for words in commands() {
        let codes = exit_codes(&words);
        assert!(codes.starts_with(&[0, 1, 2]), "{words:?}: {codes:?}");
        assert!(codes.is_sorted() && codes.iter().all(|code| all.contains(code)), "{words:?}: {codes:?}");
    }
    let of = |words: &[&str]| exit_codes(&words.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert!(!of(&["explain"]).contains(&7), "it asks no database");
    assert!(of(&["mappings"]).contains(&130), "it ends as one of those below it does");
}
