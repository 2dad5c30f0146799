//! Signals: the first one stops the work after the current batch, the second one at once. After both,
//! the same command goes on with the run.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Once, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::failure::{ExitCode, Failure};
use crate::language::tr;
use crate::terminal::tell;

/// The signals that have arrived so far.
struct ReceivedSignals {
    interrupt: Arc<AtomicBool>,
    terminate: Arc<AtomicBool>,
    /// The command that goes on, where there is one to be told.
    goes_on: Option<String>,
}

static ASKED: OnceLock<ReceivedSignals> = OnceLock::new();

/// What the first signal does is said once: by the thread that is told of signals, or where the batch ends before that thread
/// has its turn, by the one that stops.
static FIRST_IS_SAID: Once = Once::new();

/// Makes the first signal wait for [`check`] from now on, and says at each one what happens. Commands that write in batches
/// call it with the command that goes on.
///
/// # Errors
/// The system refuses a handler or a thread.
pub(crate) fn listen(goes_on: String) -> std::io::Result<()> {
    // A command that has several steps asks for each of them.
    if ASKED.get().is_some() {
        return Ok(());
    }
    let asked = asked(Some(goes_on));
    for (signal, _, flag) in handled(asked) {
        signal_hook::flag::register(signal, Arc::clone(flag))?;
    }
    let arriving = Signals::new(handled(asked).map(|(signal, ..)| signal))?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || announce(arriving))?;
    Ok(())
}

/// The same without a word, for a page that fills the screen; the second signal ends the process.
///
/// # Errors
/// The system refuses a handler.
pub(crate) fn listen_silently() -> std::io::Result<()> {
    for (signal, code, flag) in handled(asked(None)) {
        // Ends the process when the flag is set already. Registered before the handler that sets it, so that the
        // first signal does not end it.
        signal_hook::flag::register_conditional_shutdown(signal, code as i32, Arc::clone(flag))?;
        signal_hook::flag::register(signal, Arc::clone(flag))?;
    }
    Ok(())
}

fn asked(goes_on: Option<String>) -> &'static ReceivedSignals {
    ASKED.get_or_init(|| ReceivedSignals { interrupt: Arc::default(), terminate: Arc::default(), goes_on })
}

/// The signals that are met, with their exit codes and flags.
fn handled(asked: &ReceivedSignals) -> impl Iterator<Item = (i32, ExitCode, &Arc<AtomicBool>)> {
    let all = [
        (SIGINT, ExitCode::Interrupted, &asked.interrupt),
        (SIGTERM, ExitCode::Terminated, &asked.terminate),
        // The terminal is gone: treated like a request to end.
        (SIGHUP, ExitCode::Terminated, &asked.terminate),
    ];
    all.into_iter().filter(|(signal, ..)| *signal != SIGHUP || !is_ignored(SIGHUP))
}

/// Says what a signal does, and ends the process at the second one: what the database has not committed, it undoes.
fn announce(mut arriving: Signals) {
    for (earlier, signal) in arriving.forever().enumerate() {
        let code = if signal == SIGINT { ExitCode::Interrupted } else { ExitCode::Terminated };
        if earlier == 0 {
            say_first();
            continue;
        }
        let stopped = tr!("stopped at once; the batch at work is undone by the database");
        match ASKED.get().and_then(|asked| asked.goes_on.as_ref()) {
            Some(goes_on) => say(&tr!("{stopped}. This goes on from here: {goes_on}")),
            None => say(stopped),
        }
        signal_hook::low_level::exit(code as i32);
    }
}

fn say_first() {
    FIRST_IS_SAID.call_once(|| say(tr!("finishing this batch; once more to stop at once")));
}

/// On a line of its own: a terminal has shown `^C`, or a bar is being drawn.
fn say(words: &str) {
    let begin = if std::io::stderr().is_terminal() { "\n" } else { "" };
    tell(&format!("{begin}{words}"));
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
    if asked.goes_on.is_some() {
        say_first();
    }
    Err(Failure::with(
        code,
        match &asked.goes_on {
            Some(goes_on) => tr!("interrupted between two batches. This goes on from here: {goes_on}"),
            None => tr!("interrupted; the same command goes on from here").to_owned(),
        },
    ))
}
