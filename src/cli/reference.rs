//! The tables of `docs/reference.md` that are the command line's own: options, exit codes, and which command ends with which.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command};

use crate::cli::exit_codes;
use crate::failure::ExitCode;

/// A table of the document, with the name that its markers have.
pub fn tables(command: &Command) -> [(&'static str, String); 3] {
    [
        ("exit codes", code_table()),
        ("exit codes of the commands", endings_table(command)),
        ("options", option_table(command)),
    ]
}

/// The exit codes: number, word, sentence, and what they come from.
fn code_table() -> String {
    let mut text = "| code | word | means | comes from |\n|---|---|---|---|\n".to_owned();
    for code in ExitCode::ALL {
        let (word, meaning, causes) = (code.word(), code.meaning(), causes(code));
        let _ = writeln!(text, "| {} | `{word}` | {meaning} | {causes} |", code as u8);
    }
    text
}

/// What a code comes from, at more length than the help has room for.
fn causes(code: ExitCode) -> &'static str {
    match code {
        ExitCode::Done => "",
        ExitCode::Unexpected => "an error that no other code stands for, or a bug",
        ExitCode::Usage => {
            "the command line or `sejoli-migrate.toml`; a run, an affiliate's code, a plan or a person that does not exist"
        }
        ExitCode::RowsLeft => "rows that wait for a correction or a decision: `rejected-….csv`, `retry`",
        ExitCode::VerificationFailed => {
            "`verify`; control totals of `validate`, `verify` and `import`, there before anything is written; a backup that is \
             incomplete"
        }
        ExitCode::Refused => {
            "lock held, another import interrupted, rollback conflict, `--yes` missing, more rows to hold or reject than \
             `--max-rejects` allows, a decision whose money cannot follow, an output folder or a log file that cannot be \
             written, a backup's program missing"
        }
        ExitCode::InputUnusable => {
            "an export, a product map, a plan, a bundle, a file of decisions or a configuration"
        }
        ExitCode::Database => {
            "also when it refuses more than 20 rows; `doctor` when something stops an import, `schema check` when it is not \
             ready"
        }
        ExitCode::Interrupted => "the first Ctrl-C; the second ends at once",
        ExitCode::Terminated => {
            "`kill`, or a terminal that was closed, unless under `nohup`; a closed pipe is no error"
        }
    }
}

/// Which command can end with which codes, as its help lists them.
fn endings_table(command: &Command) -> String {
    let mut text = "| command | can end with |\n|---|---|\n".to_owned();
    add_endings(command, &[], &mut text);
    text
}

fn add_endings(command: &Command, words: &[&str], text: &mut String) {
    for sub in subcommands(command) {
        let words = [words, &[sub.get_name()]].concat();
        if subcommands(sub).next().is_none() || sub.get_arguments().any(is_own) {
            let codes = ExitCode::ALL.into_iter().filter(|code| exit_codes::can_end(&words, *code));
            let codes: Vec<String> = codes.map(|code| (code as u8).to_string()).collect();
            let _ = writeln!(text, "| `{}` | {} |", words.join(" "), codes.join(", "));
        }
        add_endings(sub, &words, text);
    }
}

/// The commands below a command, without `help`.
fn subcommands(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|sub| sub.get_name() != "help")
}

/// An option with the commands that have it.
struct OptionRow {
    option: String,
    commands: Vec<String>,
    default: String,
    help: String,
}

/// The options: those of every command first, then in the order of the commands that have them.
fn option_table(command: &Command) -> String {
    let mut rows: Vec<OptionRow> = Vec::new();
    for arg in command.get_arguments().filter(|arg| arg.is_global_set()) {
        add_option(arg, "every command", &mut rows);
    }
    add_options(command, &[], &mut rows);
    let mut text = "| option | of | default | does |\n|---|---|---|---|\n".to_owned();
    for OptionRow { option, commands, default, help } in &rows {
        let commands = gathered(commands, command).join(", ");
        let _ = writeln!(text, "| {option} | {commands} | {default} | {help} |");
    }
    text
}

/// The names of commands, with that of the one above in place of all that stand below it.
fn gathered(commands: &[String], whole: &Command) -> Vec<String> {
    let mut left = commands.to_vec();
    for group in subcommands(whole) {
        let below: Vec<String> =
            subcommands(group).map(|sub| format!("{} {}", group.get_name(), sub.get_name())).collect();
        let first = left.iter().position(|name| below.contains(name));
        if let Some(first) = first.filter(|_| below.iter().all(|name| left.contains(name))) {
            left[first] = group.get_name().to_owned();
            left.retain(|name| !below.contains(name));
        }
    }
    left
}

fn add_options(command: &Command, words: &[&str], rows: &mut Vec<OptionRow>) {
    for sub in subcommands(command) {
        let words = [words, &[sub.get_name()]].concat();
        for arg in sub.get_arguments().filter(|arg| is_own(arg)) {
            add_option(arg, &words.join(" "), rows);
        }
        add_options(sub, &words, rows);
    }
}

/// Whether an option is the command's own, and has a name.
fn is_own(arg: &Arg) -> bool {
    arg.get_long().is_some_and(|name| !["help", "version"].contains(&name)) && !arg.is_global_set()
}

/// What is said of an option in the same words stands in one row, however many commands have it.
fn add_option(arg: &Arg, command: &str, rows: &mut Vec<OptionRow>) {
    let (option, default) = (spelling(arg), default(arg));
    let help = cell(&arg.get_help().map(ToString::to_string).unwrap_or_default());
    let same = |row: &&mut OptionRow| row.option == option && row.default == default && row.help == help;
    match rows.iter_mut().find(same) {
        Some(row) => row.commands.push(command.to_owned()),
        None => rows.push(OptionRow { option, commands: vec![command.to_owned()], default, help }),
    }
}

/// An option as it is typed: `-q`, `--quiet`, `--lang en\|id`, `--out DIR`.
fn spelling(arg: &Arg) -> String {
    let short = arg.get_short().map_or_else(String::new, |short| format!("`-{short}`, "));
    let name = arg.get_long().unwrap_or_default();
    let takes = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    let values: Vec<String> =
        arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    let value_name = || {
        let name = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
        name.unwrap_or_else(|| arg.get_id().as_str().to_uppercase())
    };
    match (takes, values.is_empty()) {
        (false, _) => format!("{short}`--{name}`"),
        (true, false) => format!("{short}`--{name} {}`", values.join("\\|")),
        (true, true) => format!("{short}`--{name} {}`", value_name()),
    }
}

/// What is taken where an option is not given: a variable of the environment goes before a value.
fn default(arg: &Arg) -> String {
    let variable = arg.get_env().map(|name| format!("`{}`", name.to_string_lossy()));
    let takes = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    let value = arg.get_default_values().first().filter(|_| takes);
    let value = value.map(|value| format!("`{}`", value.to_string_lossy()));
    [variable, value].into_iter().flatten().collect::<Vec<_>>().join(", else ")
}

/// A text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
