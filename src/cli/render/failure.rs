//! What has stopped a command, as a document: `docs/schema/failure.schema.json`.

use serde_json::{Value, json};

use crate::domain::finding::Code;
use crate::failure::ExitCode;

/// The failure of a command: its exit code in a number and a word, the message that stands on stderr, what to do next, and
/// the finding that the message names.
pub(crate) fn document(code: ExitCode, message: &str, command: Option<&str>) -> Value {
    json!({
        "exit_code": code as u8,
        "code": code.word(),
        "message": message,
        "hint": hint(code, message, command),
        "finding": finding(message),
    })
}

/// The command to type next: the one that the message names, else the usual one of the exit code.
fn hint(code: ExitCode, message: &str, command: Option<&str>) -> String {
    let quoted = message.split('`').skip(1).step_by(2).find(|words| words.starts_with("sejoli-migrate "));
    if let Some(named) = quoted {
        return named.to_owned();
    }
    match code {
        ExitCode::Usage => command.map_or_else(
            || "sejoli-migrate --help".to_owned(),
            |name| format!("sejoli-migrate {name} --help"),
        ),
        ExitCode::InputUnusable => "sejoli-migrate validate --help".to_owned(),
        ExitCode::Database => "sejoli-migrate doctor".to_owned(),
        ExitCode::Interrupted | ExitCode::Terminated => "the same command again: it goes on".to_owned(),
        _ => "sejoli-migrate status".to_owned(),
    }
}

/// The first finding that a message names.
fn finding(message: &str) -> Option<Value> {
    let infos = Code::ALL.iter().map(|code| code.info());
    let (_, info) =
        infos.filter_map(|info| Some((message.find(info.code)?, info))).min_by_key(|(at, _)| *at)?;
    Some(json!({ "code": info.code, "name": info.name, "meaning": info.meaning, "advice": info.advice }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_the_message_names_is_the_hint() {
        let message = "nothing is here; `sejoli-migrate schema apply` makes the tables";
        assert_eq!(hint(ExitCode::Database, message, None), "sejoli-migrate schema apply");
        assert_eq!(hint(ExitCode::Database, "it is gone", None), "sejoli-migrate doctor");
        assert_eq!(hint(ExitCode::Usage, "no", Some("import")), "sejoli-migrate import --help");
    }

    #[test]
    fn the_finding_of_a_message_is_explained() {
        let found = finding("the wallet cannot give it back (SJM-0610)").unwrap();
        assert_eq!(found["code"], "SJM-0610");
        assert_eq!(finding("the disk is full"), None);
    }
}
