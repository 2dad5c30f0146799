//! Delivers a notification to a command or to an address.

use crate::language::tr;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use ureq::Agent;
use url::Url;

/// How long a receiver may take, whether it is a command or an address.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a command is asked whether it has ended.
const ASKED_EVERY: Duration = Duration::from_millis(20);

/// Runs a command in a shell, with the document as its input.
///
/// # Errors
/// Why it could not be told, in words that hold nothing of the command itself: it may hold a key.
pub(super) fn to_command(command: &str, document: &str) -> Result<(), String> {
    let child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // A group of its own: a Ctrl-C that stops the tool does not stop what tells of it, and all of it can be ended.
        .process_group(0)
        .spawn();
    let mut child = child.map_err(|error| error.to_string())?;
    if let Some(mut input) = child.stdin.take() {
        // A command that does not read what it is told may end first.
        let _ = input.write_all(document.as_bytes());
    }
    wait(&mut child)
}

fn wait(child: &mut Child) -> Result<(), String> {
    let began = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(status.to_string()),
            Ok(None) if began.elapsed() < PATIENCE => std::thread::sleep(ASKED_EVERY),
            Ok(None) => {
                let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
                let _ = child.wait();
                return Err(tr!("no end after {} seconds, and it was killed", PATIENCE.as_secs()));
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// Posts the document to an address. A redirect is not followed: the address that was given is the only one that is told.
///
/// # Errors
/// Why it could not be told, in words that hold nothing of the address but its host: the rest of it may be a key.
pub(super) fn to_address(url: &Url, document: &str) -> Result<(), String> {
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .user_agent(concat!("sejoli-migrate/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    let sent = agent.post(url.as_str()).content_type("application/json").send(document);
    match sent {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(tr!("the answer was {}", answer.status())),
        Err(error) => Err(without(url, &error.to_string())),
    }
}

/// A message without the address, which a library may quote.
fn without(url: &Url, message: &str) -> String {
    message.replace(url.as_str(), "***").replace(url.path().trim_matches('/'), "***")
}
