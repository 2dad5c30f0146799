//! Who holds the lock, and whether they are still at work.
//!
//! A holder on this machine is identified by its process: when that has ended, the lock is free. A holder on
//! another machine is judged by its heartbeat, which is part of every batch.

use std::fs;
use std::sync::OnceLock;

use crate::domain::date::Millis;
use crate::language::tr;
use crate::store::schema::tables::ImportLock;

/// A holder on another machine counts as dead this long after its last heartbeat, in milliseconds.
const LEASE_MS: i64 = 10 * 60 * 1000;

/// The same for a holder on a machine that has this one's name and another boot id: either this machine
/// before its last boot, or a copy of it that has kept the name.
const SAME_NAME_LEASE_MS: i64 = 60 * 1000;

/// What tells a process from every other one. All of it is empty where the system does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) host: String,
    /// The id of the machine's current boot.
    pub(super) boot: String,
    pub(super) pid: i64,
    /// When the process began, in clock ticks since the boot: process ids are reused.
    pub(super) start: String,
}

impl Process {
    /// This process.
    pub(super) fn this() -> Self {
        static THIS: OnceLock<Process> = OnceLock::new();
        THIS.get_or_init(Self::read).clone()
    }

    fn read() -> Self {
        let read =
            |path: &str| fs::read_to_string(path).map(|text| text.trim().to_owned()).unwrap_or_default();
        let pid = i64::from(std::process::id());
        Self {
            host: read("/proc/sys/kernel/hostname"),
            boot: read("/proc/sys/kernel/random/boot_id"),
            pid,
            start: start_of(pid).unwrap_or_default(),
        }
    }

    /// The process that holds a lock.
    pub(super) fn of(row: &ImportLock) -> Self {
        Self {
            host: row.host.clone(),
            boot: row.boot.clone(),
            pid: row.pid,
            start: row.process_start.clone(),
        }
    }
}

/// When a process of this machine began, in clock ticks since the boot; `None` when there is no such process.
fn start_of(pid: i64) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name, in brackets, may hold anything, so the fields are counted from behind it.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19).map(str::to_owned)
}

/// Whether the holder of a lock is still at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Liveness {
    /// Its process runs on this machine.
    RunningHere,
    /// It is on another machine, and its last heartbeat is recent.
    AliveElsewhere,
    /// Its process has ended, or its last heartbeat is too long ago.
    Dead,
}

impl ImportLock {
    /// Whether the holder is still at work.
    pub(crate) fn liveness(&self, now: Millis) -> Liveness {
        let this = Process::this();
        let holder = Process::of(self);
        if !holder.host.is_empty() && holder.host == this.host && !holder.start.is_empty() {
            let is_recent = now.0 - self.heartbeat.0 < SAME_NAME_LEASE_MS;
            let runs = start_of(holder.pid).as_deref() == Some(&*holder.start);
            return match holder.boot == this.boot {
                true if runs => Liveness::RunningHere,
                // This machine before its last boot, or another one of the same name.
                false if is_recent => Liveness::AliveElsewhere,
                _ => Liveness::Dead,
            };
        }
        if now.0 - self.heartbeat.0 < LEASE_MS { Liveness::AliveElsewhere } else { Liveness::Dead }
    }

    /// The holder in words, for messages.
    pub(crate) fn holder(&self) -> String {
        tr!("{} on {} (process {}) since {}", self.command, self.host, self.pid, self.since.spoken())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held_by(process: Process, heartbeat: Millis) -> ImportLock {
        ImportLock {
            id: "sejoli-migrate".to_owned(),
            command: "import all".to_owned(),
            host: process.host,
            boot: process.boot,
            pid: process.pid,
            process_start: process.start,
            since: Millis(0),
            heartbeat,
        }
    }

    #[test]
    fn a_holder_on_this_machine_lives_as_long_as_its_process() {
        let this = Process::this();
        assert_eq!(held_by(this.clone(), Millis(0)).liveness(Millis(LEASE_MS * 9)), Liveness::RunningHere);
        let reused = Process { start: format!("{}1", this.start), ..this.clone() };
        assert_eq!(held_by(reused, Millis(5)).liveness(Millis(5)), Liveness::Dead);
        let before_boot = Process { boot: "another boot".to_owned(), ..this };
        assert_eq!(held_by(before_boot, Millis(0)).liveness(Millis(SAME_NAME_LEASE_MS)), Liveness::Dead);
    }

    #[test]
    fn a_machine_of_the_same_name_is_another_one_while_it_is_heard_of() {
        let copy = Process { boot: "another boot".to_owned(), ..Process::this() };
        assert_eq!(
            held_by(copy.clone(), Millis(0)).liveness(Millis(SAME_NAME_LEASE_MS - 1)),
            Liveness::AliveElsewhere
        );
        let with_our_number = Process { start: "1".to_owned(), ..copy };
        assert_eq!(
            held_by(with_our_number, Millis(0)).liveness(Millis(SAME_NAME_LEASE_MS - 1)),
            Liveness::AliveElsewhere
        );
    }

    #[test]
    fn a_holder_elsewhere_lives_as_long_as_it_is_heard_of() {
        let other = Process { host: "another machine".to_owned(), ..Process::this() };
        assert_eq!(
            held_by(other.clone(), Millis(0)).liveness(Millis(LEASE_MS - 1)),
            Liveness::AliveElsewhere
        );
        assert_eq!(held_by(other, Millis(0)).liveness(Millis(LEASE_MS)), Liveness::Dead);
    }
}
