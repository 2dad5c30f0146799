//! The lock: one command writes at a time. It is a row, not a lock of the session's, so that it
//! holds through a pooler that hands out another connection for every transaction.
//!
//! A holder on this machine is known by its process: when that is gone, so is the lock. A holder on
//! another machine is known by its heartbeat, which comes with every batch.

use std::fs;

use super::Store;
use super::record::Record as _;
use super::tables::ImportLock;
use super::value::Value;
use crate::domain::date::Millis;
use crate::exit_code::Failure;

/// The only row.
const ROW: &str = "sejoli-migrate";

/// After this long without a heartbeat, a holder on another machine counts as dead.
const LEASE_MS: i64 = 10 * 60 * 1000;

/// A process, as far as it can be told from any other one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Process {
    host: String,
    boot: String,
    pid: i64,
    start: String,
}

impl Process {
    fn this() -> Self {
        let read =
            |path: &str| fs::read_to_string(path).map(|text| text.trim().to_owned()).unwrap_or_default();
        let pid = i64::from(std::process::id());
        Self {
            host: read("/proc/sys/kernel/hostname"),
            boot: read("/proc/sys/kernel/random/boot_id"),
            pid,
            start: started(pid).unwrap_or_default(),
        }
    }

    fn of(row: &ImportLock) -> Self {
        Self {
            host: row.host.clone(),
            boot: row.boot.clone(),
            pid: row.pid,
            start: row.process_start.clone(),
        }
    }
}

/// When a process of this machine began, in ticks since the machine did; `None` when there is none.
fn started(pid: i64) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program, in brackets, may hold anything; the fields are counted behind it.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19).map(str::to_owned)
}

/// Whether a holder is still at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Its process runs on this machine.
    Running,
    /// It is on another machine, and was heard of lately.
    Elsewhere,
    /// It is gone.
    Dead,
}

impl ImportLock {
    /// Whether the holder is still at work.
    pub fn life(&self, now: Millis) -> Life {
        let this = Process::this();
        let holder = Process::of(self);
        if !holder.host.is_empty() && holder.host == this.host && !holder.start.is_empty() {
            let runs = holder.boot == this.boot && started(holder.pid).as_deref() == Some(&*holder.start);
            return if runs { Life::Running } else { Life::Dead };
        }
        if now.0 - self.heartbeat.0 < LEASE_MS { Life::Elsewhere } else { Life::Dead }
    }

    /// The holder in words.
    pub fn holder(&self) -> String {
        format!("{} on {} (process {}) since {}", self.command, self.host, self.pid, self.since)
    }
}

/// The lock's row, if there is one.
pub fn current(store: &mut Store) -> anyhow::Result<Option<ImportLock>> {
    let rows: Vec<ImportLock> = store.select_in("id", &[ROW])?;
    Ok(rows.into_iter().next())
}

/// Refuses while somebody is at work; what a dead holder has left is taken away.
///
/// # Errors
/// Exit code 5, naming the holder.
pub fn ensure_free(store: &mut Store) -> anyhow::Result<()> {
    if !store.has_table(ImportLock::TABLE.name) {
        return Ok(());
    }
    let Some(row) = current(store)? else { return Ok(()) };
    match row.life(crate::pipeline::batch::now()) {
        Life::Dead => remove(store),
        Life::Running | Life::Elsewhere => Err(Failure::refused(format!(
            "the database is in use: {}; wait for it, or see `sejoli-migrate unlock`",
            row.holder()
        ))),
    }
}

/// Takes the lock away, whoever holds it.
pub fn remove(store: &mut Store) -> anyhow::Result<()> {
    store.delete_rows(ImportLock::TABLE, &[ROW])
}

/// Takes the lock. Taken already by this very process (the answer to the commit was lost), it is fine.
///
/// # Errors
/// Exit code 5 when somebody else has it, naming the holder.
pub fn take(store: &mut Store, command: &str) -> anyhow::Result<()> {
    // Asked once without a transaction of our own, so that nobody waits for a writer's batch.
    if let Some(row) = current(store)? {
        if Process::of(&row) == Process::this() {
            return Ok(());
        }
        if row.life(crate::pipeline::batch::now()) != Life::Dead {
            return ensure_free(store);
        }
    }
    let taken = store.transaction(|store| {
        ensure_free(store)?;
        enter(store, command)
    });
    match taken {
        // Two at the same moment: the row's key lets one of them in.
        Err(error) if !super::transient(&error) => ensure_free(store).and(Err(error)),
        taken => taken,
    }
}

/// Gives the lock back, if it is this process's.
pub fn release(store: &mut Store) -> anyhow::Result<()> {
    match current(store)? {
        Some(row) if Process::of(&row) == Process::this() => store.transaction(remove),
        _ => Ok(()),
    }
}

fn enter(store: &mut Store, command: &str) -> anyhow::Result<()> {
    let (now, this) = (crate::pipeline::batch::now(), Process::this());
    store.insert(ImportLock {
        id: ROW.to_owned(),
        command: command.to_owned(),
        host: this.host,
        boot: this.boot,
        pid: this.pid,
        process_start: this.start,
        since: now,
        heartbeat: now,
    })
}

/// Says that the holder is still at work; part of every batch's transaction.
///
/// # Errors
/// Exit code 5 when the lock has been taken away meanwhile.
pub fn beat(store: &mut Store, now: Millis) -> anyhow::Result<()> {
    let this = Process::this();
    match current(store)? {
        Some(row) if Process::of(&row) == this => {
            store.update::<ImportLock>(ROW, vec![("heartbeat", Value::Time(now))])
        }
        Some(row) => Err(Failure::refused(format!("the lock was taken over by {}", row.holder()))),
        None => Err(Failure::refused("the lock was taken away (`unlock`); the same command goes on")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held_by(process: Process, heartbeat: Millis) -> ImportLock {
        ImportLock {
            id: ROW.to_owned(),
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
        assert_eq!(held_by(this.clone(), Millis(0)).life(Millis(LEASE_MS * 9)), Life::Running);
        let reused = Process { start: format!("{}1", this.start), ..this.clone() };
        assert_eq!(held_by(reused, Millis(5)).life(Millis(5)), Life::Dead);
        let before_boot = Process { boot: "another boot".to_owned(), ..this };
        assert_eq!(held_by(before_boot, Millis(5)).life(Millis(5)), Life::Dead);
    }

    #[test]
    fn a_holder_elsewhere_lives_as_long_as_it_is_heard_of() {
        let other = Process { host: "another machine".to_owned(), ..Process::this() };
        assert_eq!(held_by(other.clone(), Millis(0)).life(Millis(LEASE_MS - 1)), Life::Elsewhere);
        assert_eq!(held_by(other, Millis(0)).life(Millis(LEASE_MS)), Life::Dead);
    }
}
