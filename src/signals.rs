//! Signals: the first one stops the work after the current batch, the second one at once. After both,
//! the same command goes on with the run.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::failure::{ExitCode, Failure};
use crate::language::tr;

/// The signals that have arrived so far.
struct ReceivedSignals {
    interrupt: Arc<AtomicBool>,
    terminate: Arc<AtomicBool>,
}

static ASKED: OnceLock<ReceivedSignals> = OnceLock::new();

/// Makes the first signal wait for [`check`] from now on. Commands that write in batches call it.
///
/// # Errors
/// The system refuses a handler.
pub(crate) fn listen() -> std::io::Result<()> {
    let asked =
        ASKED.get_or_init(|| ReceivedSignals { interrupt: Arc::default(), terminate: Arc::default() });
    for (signal, code, flag) in [
        (SIGINT, ExitCode::Interrupted, &asked.interrupt),
        (SIGTERM, ExitCode::Terminated, &asked.terminate),
        // The terminal is gone: treated like a request to end.
        (SIGHUP, ExitCode::Terminated, &asked.terminate),
    ] {
        if signal == SIGHUP && is_ignored(signal) {
            continue;
        }
        // Ends the process when the flag is set already. Registered before the handler that sets it, so that the
        // first signal does not end it.
        signal_hook::flag::register_conditional_shutdown(signal, code as i32, Arc::clone(flag))?;
        signal_hook::flag::register(signal, Arc::clone(flag))?;
    }
    Ok(())
}

/// Whether the process was started with this signal ignored, as `nohup` does.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (signal - 1) & 1 == 1
}

/// Stops the work here if a signal has arrived.
///
/// # Errors
/// Exit code 130 after SIGINT, 143 after SIGTERM or SIGHUP.
pub(crate) fn check() -> anyhow::Result<()> {
    let Some(asked) = ASKED.get() else { return Ok(()) };
    let code = if asked.interrupt.load(Ordering::Relaxed) {
        ExitCode::Interrupted
    } else if asked.terminate.load(Ordering::Relaxed) {
        ExitCode::Terminated
    } else {
        return Ok(());
    };
    Err(Failure::with(code, tr!("interrupted between two batches; the same command goes on from here")))
}
