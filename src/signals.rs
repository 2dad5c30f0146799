//! Signals: the first one ends the work between two batches, the second one ends it at once. Both
//! leave a run that the same command goes on with.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::failure::{ExitCode, Failure};

/// What has been asked for so far.
struct Asked {
    interrupt: Arc<AtomicBool>,
    terminate: Arc<AtomicBool>,
}

static ASKED: OnceLock<Asked> = OnceLock::new();

/// From now on a first signal is only noted, for [`check`]. Commands that write in batches call it.
///
/// # Errors
/// The system's own.
pub fn listen() -> std::io::Result<()> {
    let asked = ASKED.get_or_init(|| Asked { interrupt: Arc::default(), terminate: Arc::default() });
    for (signal, code, flag) in [
        (SIGINT, ExitCode::Interrupted, &asked.interrupt),
        (SIGTERM, ExitCode::Terminated, &asked.terminate),
        // The terminal is gone: as if it had been asked to end.
        (SIGHUP, ExitCode::Terminated, &asked.terminate),
    ] {
        if signal == SIGHUP && is_ignored(signal) {
            continue;
        }
        // The second of a kind: the flag is up already. Registered first, so that it does not see the first one.
        signal_hook::flag::register_conditional_shutdown(signal, code as i32, Arc::clone(flag))?;
        signal_hook::flag::register(signal, Arc::clone(flag))?;
    }
    Ok(())
}

/// Whether whoever started the process wants it to go on over a signal, as `nohup` does.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (signal - 1) & 1 == 1
}

/// Ends the work here if a signal has asked for it.
///
/// # Errors
/// Exit code 130 after SIGINT, 143 after SIGTERM or SIGHUP.
pub fn check() -> anyhow::Result<()> {
    let Some(asked) = ASKED.get() else { return Ok(()) };
    let code = if asked.interrupt.load(Ordering::Relaxed) {
        ExitCode::Interrupted
    } else if asked.terminate.load(Ordering::Relaxed) {
        ExitCode::Terminated
    } else {
        return Ok(());
    };
    Err(Failure::with(code, "interrupted between two batches; the same command goes on from here"))
}
