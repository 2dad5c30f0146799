//! A process's time and the most memory that it has had, for whichever bench starts one.

use std::fs;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::Result;

/// One run of the tool.
pub struct Ran {
    pub time: Duration,
    pub peak_kib: Option<u64>,
}

impl Ran {
    pub fn shown(&self) -> String {
        let time = self.time.as_secs_f64();
        match self.peak_kib {
            Some(kib) => format!("{time:.2} s, peak {} MB", kib / 1024),
            None => format!("{time:.2} s, peak memory unknown here"),
        }
    }
}

/// Runs a command that must succeed.
pub fn run(mut command: Command) -> Result<Ran> {
    let began = Instant::now();
    let mut child = command.spawn()?;
    let (status, peak_kib) = watch(&mut child)?;
    let time = began.elapsed();
    if !status.success() {
        return Err(format!("{command:?} ended with {status}").into());
    }
    Ok(Ran { time, peak_kib })
}

/// Waits, and asks the kernel every few milliseconds for the most memory that the process has had.
fn watch(child: &mut Child) -> Result<(ExitStatus, Option<u64>)> {
    let file = format!("/proc/{}/status", child.id());
    let mut peak = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status, peak));
        }
        let text = fs::read_to_string(&file).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(kib);
        std::thread::sleep(Duration::from_millis(5));
    }
}
