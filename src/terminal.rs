//! What is printed: results on stdout, everything else on stderr, freed of what could harm a terminal.

use std::io::{ErrorKind, Write as _};

use crate::domain::text::terminal_safe;

/// Prints a result on stdout. A reader who has gone away is no error.
///
/// # Errors
/// Any other failure to write.
pub fn out(text: &str) -> anyhow::Result<()> {
    // A JSON document is for machines, and has escaped what could do harm.
    let text = if text.starts_with('{') { text.into() } else { terminal_safe(text) };
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(anyhow::Error::new(error).context("the result could not be printed"))
        }
        _ => Ok(()),
    }
}

/// Says a line on stderr. Whether anybody reads it (the terminal may be gone) changes nothing.
pub fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", terminal_safe(line));
}
