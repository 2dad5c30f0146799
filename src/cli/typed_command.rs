//! Commands as a person types them: how this one was called, and what to type next, complete and quoted as a shell reads it
//! back.

use crate::cli::context::Context;
use crate::store::history::runs::Invocation;

/// A command with these words, and with the options of every command by which this one was told where the shop is.
pub(crate) fn typed(words: &[String], context: &Context) -> String {
    let mut line = vec!["sejoli-migrate".to_owned()];
    line.extend(context.whereabouts.iter().cloned());
    line.extend(words.iter().map(|word| quoted(word)));
    line.join(" ")
}

/// This very command.
pub(crate) fn this_command(context: &Context) -> String {
    with_arguments(context, &invocation().arguments)
}

/// This very command, without the words of its dry run.
pub(crate) fn without_its_dry_run(context: &Context) -> String {
    with_arguments(context, &without_dry_run(invocation().arguments))
}

/// What to type after this command: itself without the words of its dry run, or a verification.
pub(crate) fn next_after(dry_run: bool, context: &Context) -> String {
    match dry_run {
        true => without_its_dry_run(context),
        false => typed(&["verify".to_owned()], context),
    }
}

fn with_arguments(context: &Context, arguments: &[String]) -> String {
    // The words that were typed hold the configuration already, and never a URL.
    let mut line = vec!["sejoli-migrate".to_owned()];
    line.extend(context.database_typed.iter().flat_map(|url| ["--database-url".to_owned(), url.clone()]));
    line.extend(arguments.iter().map(|word| quoted(word)));
    line.join(" ")
}

/// Options whose values may hold a password or a key.
const SECRET: [&str; 4] = ["--database-url", "--direct-url", "--notify-command", "--notify-url"];

/// How this process was called, to be kept with its run: without what may hold a password (L29), and without `--restart`,
/// which leaves behind what was interrupted.
pub(crate) fn invocation() -> Invocation {
    let mut arguments = Vec::new();
    let mut given = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    while let Some(argument) = given.next() {
        match argument.as_str() {
            secret if SECRET.contains(&secret) => drop(given.next()),
            joined if joined.split_once('=').is_some_and(|(name, _)| SECRET.contains(&name)) => {}
            "--restart" => {}
            _ => arguments.push(argument),
        }
    }
    let folder = std::env::current_dir().unwrap_or_default().display().to_string();
    Invocation { folder, arguments }
}

/// The words of a command without those of its dry run.
pub(crate) fn without_dry_run(arguments: Vec<String>) -> Vec<String> {
    let mut kept = Vec::new();
    let mut given = arguments.into_iter();
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--dry-run" => {}
            "--plan" | "--diff" => drop(given.next()),
            joined if joined.starts_with("--plan=") || joined.starts_with("--diff=") => {}
            _ => kept.push(argument),
        }
    }
    kept
}

/// A word as a shell reads it back.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=,%+@".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::{quoted, without_dry_run};

    #[test]
    fn the_words_of_a_dry_run_are_no_words_of_the_import() {
        let typed =
            ["import", "all", "data", "--dry-run", "--plan", "p.json", "--diff=d.csv", "--as-of", "x"];
        let kept = without_dry_run(typed.map(str::to_owned).into());
        assert_eq!(kept, ["import", "all", "data", "--as-of", "x"]);
    }

    #[test]
    fn a_word_comes_back_from_a_shell() {
        assert_eq!(quoted("import-data/2024"), "import-data/2024");
        assert_eq!(quoted("data toko"), "'data toko'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
