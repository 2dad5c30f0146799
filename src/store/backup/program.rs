//! Runs the engines' own programs, and what their callers share.

use std::process::{Command, Stdio};

use crate::failure::{ExitCode, Failure};
use crate::language::tr;

/// The first of these programs that is installed, with the line that it prints for `--version`.
///
/// # Errors
/// Exit code 5, naming the package, when none is.
pub(super) fn find(names: &[&'static str], package: &str) -> anyhow::Result<(&'static str, String)> {
    for name in names {
        if let Ok(output) = Command::new(name).arg("--version").stdin(Stdio::null()).output()
            && output.status.success()
        {
            let said = String::from_utf8_lossy(&output.stdout);
            return Ok((name, said.lines().next().unwrap_or_default().trim().to_owned()));
        }
    }
    Err(Failure::refused(tr!("{} is not installed; it is in the package {package}", names[0])))
}

/// Runs a program to its end and returns its standard output.
///
/// # Errors
/// Exit code 7 with the last line of its standard error, when it fails.
pub(super) fn run(command: &mut Command) -> anyhow::Result<String> {
    run_with(command, Stdio::null())
}

/// The same for a program that reads something.
///
/// # Errors
/// Those of [`run`].
pub(super) fn run_with(command: &mut Command, input: Stdio) -> anyhow::Result<String> {
    let output = command.env("LC_ALL", "C").stdin(input).output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let why = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or(tr!("no reason given"));
    Err(Failure::database(format!("{}: {why}", command.get_program().to_string_lossy())))
}

/// A text quoted as one word of a POSIX shell.
pub(super) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The error of a backup that was written and turned out to be incomplete; exit code 4.
pub(super) fn incomplete(why: impl Into<String>) -> anyhow::Error {
    Failure::with(ExitCode::VerificationFailed, tr!("the backup is incomplete: {}", why.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_a_quoted_text_for_one_word() {
        let word = "toko's $HOME; rm -rf \"x\"";
        let script = format!("printf %s {}", quoted(word));
        assert_eq!(run(Command::new("sh").args(["-c", &script])).unwrap(), word);
    }

    #[test]
    fn a_program_that_is_not_there_is_named_with_its_package() {
        let error = find(&["no-such-program-of-ours"], "a-package").unwrap_err();
        assert!(error.to_string().contains("a-package"), "{error}");
    }
}
