//! Printing: results on stdout, everything else on stderr, without what could harm a terminal.

use std::io::{ErrorKind, IsTerminal as _, Write as _};

use crate::domain::text::terminal_safe;
use crate::terminal::colour::{is_stderr_coloured, is_stdout_coloured, painted};
use crate::terminal::lines::fitted;

/// Prints a result on stdout. It is no error if the reader has closed the pipe.
///
/// # Errors
/// Any other failure to write.
pub(crate) fn out(text: &str) -> anyhow::Result<()> {
    // A JSON document has escaped what could do harm.
    write(&if text.starts_with('{') { text.into() } else { terminal_safe(text) })
}

/// Prints a result for people on stdout: in lines that fit, with colours where they are shown.
///
/// # Errors
/// Those of [`out`].
pub(crate) fn out_fitted(text: &str) -> anyhow::Result<()> {
    let text = fitted(&terminal_safe(text));
    if is_stdout_coloured() { write(&painted(&text)) } else { write(&text) }
}

/// Prints on stdout what the tool itself has made and coloured, such as its help.
///
/// # Errors
/// Those of [`out`].
pub(crate) fn out_own(text: &str) -> anyhow::Result<()> {
    write(text)
}

fn write(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(anyhow::Error::new(error).context("the result could not be printed"))
        }
        _ => Ok(()),
    }
}

/// Prints a message on stderr: in lines that fit where that is a terminal, else in one line, so that a line of a log is a
/// message. Failures are ignored: the terminal may be gone, and the work goes on.
pub fn tell(message: &str) {
    let mut stderr = std::io::stderr();
    let message = terminal_safe(message);
    let message = if stderr.is_terminal() { fitted(&message).into() } else { message };
    let message = if is_stderr_coloured() { painted(&message).into() } else { message };
    let _ = writeln!(stderr, "{message}");
}
