//! Printing: results on stdout, everything else on stderr, without what could harm a terminal.

use std::io::{ErrorKind, Write as _};

use crate::domain::text::terminal_safe;

/// Prints a result on stdout. It is no error if the reader has closed the pipe.
///
/// # Errors
/// Any other failure to write.
pub(crate) fn out(text: &str) -> anyhow::Result<()> {
    // A JSON document has escaped what could do harm.
    let text = if text.starts_with('{') { text.into() } else { terminal_safe(text) };
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(anyhow::Error::new(error).context("the result could not be printed"))
        }
        _ => Ok(()),
    }
}

/// Prints a line on stderr. Failures are ignored: the terminal may be gone, and the work goes on.
pub fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", terminal_safe(line));
}
