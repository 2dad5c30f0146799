//! The language of a command: chosen before anything is said, since help and mistakes are said in it, too.

use std::ffi::OsString;

use clap::Command;

use crate::cli::clap_words;
use crate::language::{Language, current, msg, of_locale, said, said_or_same, speak, tr};
use crate::settings::Settings;
use crate::terminal::choose_colours;

/// An option with what its values mean in its own help: clap has no way to change that of values which it reads itself.
fn with_values(arg: clap::Arg) -> clap::Arg {
    let values = arg.get_possible_values();
    let meanings = values.iter().filter_map(|value| Some((value.get_name(), value.get_help()?.to_string())));
    let lines: Vec<String> =
        meanings.map(|(name, help)| format!("- {name}: {}", translated(&help))).collect();
    if lines.is_empty() {
        return arg;
    }
    let names: Vec<&str> = values.iter().map(clap::builder::PossibleValue::get_name).collect();
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let long_help = arg.get_long_help().map_or_else(|| help.clone(), ToString::to_string);
    let (choices, meanings) = (names.join(", "), lines.join("\n"));
    arg.hide_possible_values(true)
        .help(format!("{help} {}{choices}]", tr!("[possible values: ")))
        .long_help(format!("{long_help}\n\n{}\n{meanings}", tr!("Possible values:")))
}

/// What stands before commands that are shown.
const EXAMPLES: &str = msg!("Examples:");

/// What the words of a command line say of how it is to speak, and in which colours.
#[derive(Debug)]
pub(super) struct Spoken {
    language: Option<String>,
    format: Option<String>,
    colours: Option<String>,
}

impl Spoken {
    /// What is typed.
    pub(super) fn of_words(words: &[OsString]) -> Self {
        Self {
            language: option_of(words, "--lang"),
            format: option_of(words, "--format"),
            colours: option_of(words, "--color"),
        }
    }

    /// Speaks the language that is typed, else the one that the file or the environment gives, else that of the locale. What a
    /// program reads is English.
    pub(super) fn speak(&self, settings: &Settings) {
        let given = |typed: &Option<String>, name: &str| typed.clone().or_else(|| settings.global(name));
        let language = given(&self.language, "lang").and_then(|tag| Language::of_tag(&tag));
        let is_text = given(&self.format, "format")
            .is_none_or(|format| !["json", "jsonl", "junit"].contains(&format.as_str()));
        let language = language.unwrap_or_else(|| of_locale(|name| std::env::var(name).ok()));
        speak(if is_text { language } else { Language::En });
        choose_colours(&given(&self.colours, "color").unwrap_or_default());
    }
}

/// The value of an option in words that may be no command line: clap reads them no further than to their first mistake.
pub(super) fn option_of(words: &[OsString], option: &str) -> Option<String> {
    let mut words = words.iter().map(|word| word.to_string_lossy()).take_while(|word| word != "--");
    let mut found = None;
    while let Some(word) = words.next() {
        match word.strip_prefix(option) {
            Some("") => found = Some(words.next().unwrap_or_default().into_owned()),
            Some(joined) if joined.starts_with('=') => found = Some(joined[1..].to_owned()),
            _ => {}
        }
    }
    found
}

/// The command line with its help in the language that is spoken.
pub(super) fn command(mut command: Command) -> Command {
    if current() == Language::En {
        return command;
    }
    let texts =
        [command.get_about().cloned(), command.get_long_about().cloned(), command.get_after_help().cloned()];
    let [about, long_about, after_help] = texts.map(|text| text.map(|text| translated(&text.to_string())));
    if let Some(about) = about {
        command = command.about(about);
    }
    if let Some(long_about) = long_about {
        command = command.long_about(long_about);
    }
    if let Some(after_help) = after_help {
        command = command.after_help(after_help);
    }
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        command = command.mut_subcommand(name, self::command);
    }
    command.mut_args(argument)
}

/// An option with its help in the language that is spoken.
fn argument(arg: clap::Arg) -> clap::Arg {
    let help = arg.get_help().map(|help| translated(&help.to_string()));
    let long_help = arg.get_long_help().map(|help| translated(&help.to_string()));
    let arg = match help {
        Some(help) => arg.help(help),
        None => arg,
    };
    let arg = match long_help {
        Some(help) => arg.long_help(help),
        None => arg,
    };
    let heading = HEADINGS.iter().find(|heading| arg.get_help_heading() == Some(**heading));
    let arg = match heading {
        Some(heading) => arg.help_heading(said(heading)),
        None => arg,
    };
    with_values(arg)
}

/// The headings of options that several commands share.
const HEADINGS: [&str; 6] = [
    msg!("How the files are read"),
    msg!("How the rows are understood"),
    msg!("How it is written"),
    msg!("Control totals"),
    msg!("A sample to look at"),
    msg!("Options of every command"),
];

fn translated(text: &str) -> String {
    match text.strip_prefix(EXAMPLES) {
        // Commands are typed as they are.
        Some(commands) => format!("{}{commands}", said(EXAMPLES)),
        None => said_or_same(text).to_owned(),
    }
}

/// Prints help, or what clap says of a mistake.
pub(super) fn print(error: &clap::Error) {
    if current() == Language::En {
        return drop(error.print());
    }
    clap_words::print(error);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;
    use crate::language::is_translated;

    /// Every text of the help of a command and of those below it.
    fn texts(command: &Command, found: &mut BTreeSet<String>) {
        let own = [command.get_about(), command.get_long_about(), command.get_after_help()];
        let args = command.get_arguments().flat_map(|arg| [arg.get_help(), arg.get_long_help()]);
        found.extend(own.into_iter().chain(args).flatten().map(ToString::to_string));
        let values = command.get_arguments().flat_map(clap::Arg::get_possible_values);
        found.extend(values.filter_map(|value| value.get_help().map(ToString::to_string)));
        command.get_subcommands().for_each(|sub| texts(sub, found));
    }

    #[test]
    fn every_text_of_the_help_has_a_translation() {
        let mut found = BTreeSet::new();
        texts(&Cli::command(), &mut found);
        assert!(found.len() > 200, "{}", found.len());
        found.retain(|text| !text.starts_with(EXAMPLES));
        let missing: Vec<_> = found.iter().filter(|text| !is_translated(text)).collect();
        assert_eq!(missing, [""; 0], "lang/id.po has no translation of these");
    }

    /// A text as it stands between the quotes of a literal.
    fn literal(text: &str) -> String {
        text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
    }

    /// The source of a folder, its literals on one line each.
    fn source(folder: &std::path::Path) -> String {
        let entries = std::fs::read_dir(folder).expect("a folder of the source");
        let of = |entry: std::io::Result<std::fs::DirEntry>| {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                source(&path)
            } else {
                std::fs::read_to_string(&path).expect("a file of the source")
            }
        };
        let mut text = String::new();
        for file in entries.map(of) {
            let mut pieces = file.split("\\\n");
            text.extend(pieces.next());
            text.extend(pieces.map(str::trim_start));
        }
        text
    }

    #[test]
    fn no_translation_is_left_over() {
        let mut help = BTreeSet::new();
        texts(&Cli::command(), &mut help);
        let source = source(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
        let is_said = |text: &str| {
            help.contains(text)
                || [literal(text), literal(text).replace("\\n", "\n")]
                    .iter()
                    .any(|text| source.contains(&format!("\"{text}\"")))
        };
        let left: Vec<_> = crate::language::texts().filter(|text| !is_said(text)).collect();
        assert_eq!(left, [""; 0], "nothing says these any more: take them out of lang/id.po");
    }

    #[test]
    fn an_option_is_found_in_words_that_are_no_command_line() {
        let of = |words: &[&str]| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            option_of(&words, "--lang")
        };
        assert_eq!(of(&["sejoli-migrate", "--nonsense", "--lang", "id"]).as_deref(), Some("id"));
        assert_eq!(of(&["sejoli-migrate", "report", "--lang=en"]).as_deref(), Some("en"));
        assert_eq!(of(&["sejoli-migrate", "--language", "id"]), None);
        assert_eq!(of(&["sejoli-migrate", "--", "--lang", "id"]), None);
    }
}
