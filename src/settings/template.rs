//! The file that `config init` writes: every option with what it does, none of them in force.

use std::collections::BTreeMap;

use clap::Command;

use crate::language::{msg, said};
use crate::settings::option::{OptionValue, SettableOption, all};

/// The longest line.
const WIDTH: usize = 80;

const BEGIN: &str = msg!(
    "\
# Options of sejoli-migrate that are the same every time. A line counts when
# its `#` is taken away; the value shown is the option's own default, or an
# example.
#
# An option that is typed goes before the environment (DATABASE_URL, and
# SEJOLI_MIGRATE_BATCH_SIZE and so on for the others), that before
# DATABASE_URL of a .env in the folder, and that before this file. What stands
# before the first [table] counts for all commands that have the option; a
# table counts for the command whose name it bears. Paths count from the
# folder of this file. Consents such as --yes, --dry-run, --restart and
# --show-pii are never taken from here: they are typed.
#
# `sejoli-migrate config show` says what is in force, and where it comes from.
"
);

const END: &str = msg!(
    "
# A profile goes before the rest where it is chosen: --profile staging, or
# SEJOLI_MIGRATE_PROFILE=staging. It may hold every option and table from above.
# [profile.staging]
# database-url = \"postgresql://shop@staging.example.org:5432/app\"
# [profile.staging.import]
# batch-size = 200
"
);

/// The text of the file.
pub(crate) fn text(command: &Command) -> String {
    let options = all(command);
    let mut text = said(BEGIN).to_owned();
    let mut tables: BTreeMap<usize, (String, Vec<&SettableOption>)> = BTreeMap::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for option in &options {
        let table = table_of(&options, option);
        let next = places.len();
        let place = *places.entry(table.clone()).or_insert(next);
        let held = &mut tables.entry(place).or_insert_with(|| (table, Vec::new())).1;
        if !held.iter().any(|other| other.name == option.name) {
            held.push(option);
        }
    }
    for (name, options) in tables.values() {
        if !name.is_empty() {
            text.push_str(&format!("\n# [{name}]\n"));
        }
        options.iter().for_each(|option| text.push_str(&entry(option)));
    }
    text + said(END)
}

/// The table in which an option is shown: its command's, or the one above where all subcommands that have it mean the same.
fn table_of(options: &[SettableOption], option: &SettableOption) -> String {
    let [first, rest @ ..] = option.command.as_slice() else { return String::new() };
    let family: Vec<_> = options
        .iter()
        .filter(|other| other.name == option.name && other.command.first() == Some(first))
        .collect();
    let alike = family.iter().all(|other| other.value_name == option.value_name);
    match rest.is_empty() || family.len() > 1 && alike {
        true => first.clone(),
        false => option.command.join("."),
    }
}

fn entry(option: &SettableOption) -> String {
    let help = option.help.split_whitespace();
    let mut text = String::from("\n");
    let mut line = String::from("#");
    for word in help {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    if line.len() > 1 {
        text.push_str(&line);
        text.push('\n');
    }
    text + &format!("# {} = {}\n", option.name, example(option))
}

/// The option's default, or what stands for a value.
fn example(option: &SettableOption) -> String {
    let value = option.default.clone().unwrap_or_else(|| option.value_name.clone());
    let is_number = value.parse::<i64>().is_ok_and(|number| number.to_string() == value);
    match option.takes {
        OptionValue::Nothing => "true".to_owned(),
        OptionValue::Many => format!("[{}]", quoted(&value)),
        OptionValue::One if is_number => value,
        OptionValue::One => quoted(&value),
    }
}

/// A TOML string.
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}
