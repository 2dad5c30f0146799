//! What the help of each command promises: its examples and its exit codes.

use std::sync::LazyLock;

use crate::support::library::command_line;

/// The command line, built once.
static COMMAND_LINE: LazyLock<clap::Command> = LazyLock::new(|| {
    let mut command = command_line();
    command.build();
    command
});

/// Every command with its subcommands, as words: `[]` is the tool itself.
pub fn commands() -> Vec<Vec<String>> {
    fn add(command: &clap::Command, words: &[String], all: &mut Vec<Vec<String>>) {
        all.push(words.to_vec());
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            add(sub, &[words, &[sub.get_name().to_owned()]].concat(), all);
        }
    }
    let mut all = Vec::new();
    add(&COMMAND_LINE, &[], &mut all);
    all
}

/// What stands below a heading at the end of a command's help, without the indent.
fn lines(words: &[String], heading: &str) -> Vec<String> {
    let command = words.iter().fold(&*COMMAND_LINE, |command, word| {
        command.find_subcommand(word).unwrap_or_else(|| panic!("no command is called {words:?}"))
    });
    let end = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let below = end.lines().skip_while(|line| *line != heading).skip(1);
    below.map_while(|line| line.strip_prefix("  ")).map(str::to_owned).collect()
}

/// The commands that the help of a command shows.
pub fn examples(words: &[String]) -> Vec<String> {
    lines(words, "Examples:")
}

/// The exit codes that the help of a command lists.
pub fn exit_codes(words: &[String]) -> Vec<i32> {
    let lines = lines(words, "Exit codes:");
    lines.iter().map(|line| line.split(' ').next().unwrap_or_default().parse().expect("a code")).collect()
}

/// The command that a command line names, as words, also where the rest of it is no command line.
pub fn command_of(args: &[String]) -> Vec<String> {
    let line = std::iter::once("sejoli-migrate").chain(args.iter().map(String::as_str));
    let matches = COMMAND_LINE.clone().ignore_errors(true).try_get_matches_from(line);
    let mut words = Vec::new();
    let mut matches = matches.ok();
    while let Some((name, below)) = matches.as_ref().and_then(clap::ArgMatches::subcommand) {
        words.push(name.to_owned());
        matches = Some(below.clone());
    }
    words
}

/// A command has ended: its help must list that ending. A negative code stands for a process that was killed.
#[track_caller]
pub fn assert_promised(args: &[&str], code: i32) {
    let args: Vec<String> = args.iter().map(ToString::to_string).collect();
    let command = command_of(&args);
    let promised = exit_codes(&command);
    assert!(
        code < 0 || promised.contains(&code),
        "{args:?} ended with {code}; the help of {command:?} lists {promised:?}"
    );
}

/// A call of the tool in a line of a shell.
#[derive(Debug, Default)]
pub struct Call {
    /// The variables that are set for it.
    variables: Vec<String>,
    /// Its words, without the tool's name.
    pub words: Vec<String>,
}

impl Call {
    /// Whether the tool understands it.
    ///
    /// # Errors
    /// What the tool would say of it.
    pub fn is_understood(&self) -> Result<(), clap::Error> {
        let line = std::iter::once("sejoli-migrate").chain(self.words.iter().map(String::as_str));
        with_variables(command_line(), &self.variables).try_get_matches_from(line).map(drop)
    }
}

/// A command in which what these variables give has not to be typed.
fn with_variables(command: clap::Command, variables: &[String]) -> clap::Command {
    let is_given = |arg: &clap::Arg| {
        arg.get_env().is_some_and(|name| variables.iter().any(|given| name == given.as_str()))
    };
    let command = command.mut_args(|arg| if is_given(&arg) { arg.required(false) } else { arg });
    command.mut_subcommands(|sub| with_variables(sub, variables))
}

/// The calls of the tool in a line of a shell.
pub fn calls(line: &str) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let (mut variables, mut is_call) = (Vec::new(), false);
    for word in shell_words(line) {
        match (word.as_str(), word.split_once('=')) {
            ("sejoli-migrate", _) => {
                calls.push(Call { variables: std::mem::take(&mut variables), words: Vec::new() });
                is_call = true;
            }
            ("|" | "&&" | ">", _) => is_call = false,
            _ if is_call => calls.last_mut().expect("a call has begun").words.push(word),
            (_, Some((name, _))) => variables.push(name.to_owned()),
            _ => {}
        }
    }
    calls
}

/// The words of a line, without the quotes around them.
fn shell_words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for letter in line.chars() {
        match letter {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            _ => words.last_mut().expect("there is a word").push(letter),
        }
    }
    assert!(!is_quoted, "a quote is open: {line}");
    words
}
