//! The lock: one command writes at a time. It is a row, not a lock of the session's, so that it
//! holds through a pooler that hands out another connection for every transaction.
//!
//! A holder on this machine is known by its process: when that is gone, so is the lock. A holder on
//! another machine is known by its heartbeat, which comes with every batch. The parts of a shared
//! import have a row each.

use std::fs;
use std::sync::OnceLock;

use crate::domain::date::Millis;
use crate::failure::Failure;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Cell, Value};
use crate::store::schema::tables::ImportLock;
use crate::store::session::store::Store;

/// The row of whoever wants everything; those of parts begin with the same words.
const ROW: &str = "sejoli-migrate";

/// After this long without a heartbeat, a holder on another machine counts as dead.
const LEASE_MS: i64 = 10 * 60 * 1000;

/// As long after a heartbeat, a holder on a machine of this name that was started another time may be
/// at work: machines that are copies of each other have the same name.
const SETTLE_MS: i64 = 60 * 1000;

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
        static THIS: OnceLock<Process> = OnceLock::new();
        THIS.get_or_init(Self::look).clone()
    }

    fn look() -> Self {
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
            let lately = now.0 - self.heartbeat.0 < SETTLE_MS;
            let runs = started(holder.pid).as_deref() == Some(&*holder.start);
            return match holder.boot == this.boot {
                true if runs => Life::Running,
                // This machine before it was started again, or another one of the same name.
                false if lately => Life::Elsewhere,
                _ => Life::Dead,
            };
        }
        if now.0 - self.heartbeat.0 < LEASE_MS { Life::Elsewhere } else { Life::Dead }
    }

    /// The holder in words.
    pub fn holder(&self) -> String {
        format!("{} on {} (process {}) since {}", self.command, self.host, self.pid, self.since)
    }
}

/// What a command wants to hold: the whole database, or its part of an import that several share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    id: String,
    command: String,
}

impl Claim {
    /// Everything.
    pub fn whole(command: &str) -> Self {
        Self { id: ROW.to_owned(), command: command.to_owned() }
    }

    /// A part among others of the same group.
    pub fn part(command: &str, group: &str, part: &str) -> Self {
        Self { id: format!("{ROW} {group} {part}"), command: format!("{command}, part {part}") }
    }

    /// Whether a holder leaves this room: only another part of the same group does.
    fn bears(&self, row: &ImportLock) -> bool {
        let group = |id: &str| id.rsplit_once(' ').map(|(group, _)| group.to_owned());
        row.id != self.id && group(&self.id).is_some() && group(&row.id) == group(&self.id)
    }
}

/// Who is at work, or was.
pub fn holders(store: &mut Store) -> anyhow::Result<Vec<ImportLock>> {
    store.select("ORDER BY \"id\"", &[])
}

/// The holder that is this very process.
fn own(store: &mut Store) -> anyhow::Result<Option<ImportLock>> {
    let this = Process::this();
    Ok(holders(store)?.into_iter().find(|row| Process::of(row) == this))
}

/// Refuses while somebody is at work; what a dead holder has left is taken away.
///
/// # Errors
/// Exit code 5, naming the holder.
pub fn ensure_free(store: &mut Store) -> anyhow::Result<()> {
    if !store.has_table(ImportLock::TABLE.name) {
        return Ok(());
    }
    make_room(store, &Claim::whole(""))
}

fn make_room(store: &mut Store, claim: &Claim) -> anyhow::Result<()> {
    for row in holders(store)? {
        match row.life(crate::clock::now()) {
            Life::Dead => {
                remove(store, &row)?;
                tracing::info!(holder = row.holder(), "lock of a dead holder removed");
            }
            Life::Running | Life::Elsewhere if !claim.bears(&row) => return Err(in_use(&row)),
            Life::Running | Life::Elsewhere => {}
        }
    }
    Ok(())
}

fn in_use(row: &ImportLock) -> anyhow::Error {
    let holder = row.holder();
    tracing::info!(holder, "lock refused");
    Failure::refused(format!("the database is in use: {holder}; wait for it, or see `sejoli-migrate unlock`"))
}

/// Takes the lock away from a holder.
pub fn remove(store: &mut Store, holder: &ImportLock) -> anyhow::Result<()> {
    store.delete_rows(ImportLock::TABLE, &[&holder.id])
}

/// Takes the lock. Taken already by this very process (the answer to the commit was lost), it is fine.
///
/// # Errors
/// Exit code 5 when somebody else has it, naming the holder.
pub fn take(store: &mut Store, claim: &Claim) -> anyhow::Result<()> {
    if own(store)?.is_some() {
        return Ok(());
    }
    // Asked once without a transaction of our own, so that nobody waits for a writer's batch.
    let now = crate::clock::now();
    let other = holders(store)?.into_iter().find(|row| row.life(now) != Life::Dead && !claim.bears(row));
    if let Some(other) = other {
        return Err(in_use(&other));
    }
    let taken = store.transaction(|store| {
        make_room(store, claim)?;
        enter(store, claim)
    });
    match taken {
        // Two at the same moment: the row's key lets one of them in.
        Err(error) if !crate::store::engines::transient::transient(&error) => {
            make_room(store, claim).and(Err(error))
        }
        Err(error) => Err(error),
        Ok(()) => look_again(store, claim),
    }
}

/// A part and somebody who wants everything have keys of their own: whoever came second sees the
/// other one and goes.
fn look_again(store: &mut Store, claim: &Claim) -> anyhow::Result<()> {
    let this = Process::this();
    let others = holders(store)?.into_iter().filter(|row| Process::of(row) != this);
    let Some(other) = others.into_iter().find(|row| !claim.bears(row)) else {
        tracing::info!(command = claim.command, "lock taken");
        return Ok(());
    };
    release(store)?;
    Err(in_use(&other))
}

/// Gives the lock back, if it is this process's.
pub fn release(store: &mut Store) -> anyhow::Result<()> {
    match own(store)? {
        Some(row) => {
            store.transaction(|store| remove(store, &row))?;
            tracing::info!(command = row.command, "lock released");
            Ok(())
        }
        None => Ok(()),
    }
}

fn enter(store: &mut Store, claim: &Claim) -> anyhow::Result<()> {
    let (now, this) = (crate::clock::now(), Process::this());
    store.insert(ImportLock {
        id: claim.id.clone(),
        command: claim.command.clone(),
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
    let Process { host, boot, pid, start } = Process::this();
    let own = [
        ("host", Cell::Text(host)),
        ("boot", Cell::Text(boot)),
        ("processStart", Cell::Text(start)),
        ("pid", Cell::Int(pid)),
    ];
    if store.set_where::<ImportLock>(("heartbeat", Value::Time(now)), &own)? > 0 {
        return Ok(());
    }
    tracing::info!("lock lost");
    match holders(store)?.first() {
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
        assert_eq!(held_by(before_boot, Millis(0)).life(Millis(SETTLE_MS)), Life::Dead);
    }

    #[test]
    fn a_machine_of_the_same_name_is_another_one_while_it_is_heard_of() {
        let copy = Process { boot: "another boot".to_owned(), ..Process::this() };
        assert_eq!(held_by(copy.clone(), Millis(0)).life(Millis(SETTLE_MS - 1)), Life::Elsewhere);
        let with_our_number = Process { start: "1".to_owned(), ..copy };
        assert_eq!(held_by(with_our_number, Millis(0)).life(Millis(SETTLE_MS - 1)), Life::Elsewhere);
    }

    #[test]
    fn a_holder_elsewhere_lives_as_long_as_it_is_heard_of() {
        let other = Process { host: "another machine".to_owned(), ..Process::this() };
        assert_eq!(held_by(other.clone(), Millis(0)).life(Millis(LEASE_MS - 1)), Life::Elsewhere);
        assert_eq!(held_by(other, Millis(0)).life(Millis(LEASE_MS)), Life::Dead);
    }
}
