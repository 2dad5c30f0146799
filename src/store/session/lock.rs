//! The lock: one command writes at a time. It is a row and not a lock of the server's, so that it also holds
//! through a pooler, which gives each transaction another session.
//!
//! The parts of a shared import hold a row each.

use crate::domain::date::Millis;
use crate::failure::Failure;
use crate::language::tr;
use crate::store::codec::record::Record as _;
use crate::store::codec::value::{Cell, Value};
use crate::store::engines::transient::transient;
use crate::store::schema::tables::ImportLock;
use crate::store::session::lock_holder::{Liveness, Process};
use crate::store::session::store::Store;

/// The id of the row of a command that claims the whole database; the ids of parts begin with it.
const ROW: &str = "sejoli-migrate";

/// What a command wants to lock: the whole database, or its part of an import that several processes share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LockClaim {
    id: String,
    command: String,
}

impl LockClaim {
    /// The claim to the whole database.
    pub(crate) fn whole(command: &str) -> Self {
        Self { id: ROW.to_owned(), command: command.to_owned() }
    }

    /// The claim of one part of a shared import; `group` names the import.
    pub(crate) fn part(command: &str, group: &str, part: &str) -> Self {
        Self { id: format!("{ROW} {group} {part}"), command: format!("{command}, part {part}") }
    }

    /// Whether both may hold the lock at once: only different parts of the same import may.
    fn is_compatible_with(&self, row: &ImportLock) -> bool {
        let group = |id: &str| id.rsplit_once(' ').map(|(group, _)| group.to_owned());
        row.id != self.id && group(&self.id).is_some() && group(&row.id) == group(&self.id)
    }
}

/// All holders, also dead ones.
///
/// # Errors
/// Those of reading the lock's table.
pub(crate) fn holders(store: &mut Store) -> anyhow::Result<Vec<ImportLock>> {
    store.select("ORDER BY \"id\"", &[])
}

/// The row that this process holds.
fn own_row(store: &mut Store) -> anyhow::Result<Option<ImportLock>> {
    let this = Process::this();
    Ok(holders(store)?.into_iter().find(|row| Process::of(row) == this))
}

/// Refuses while any command is at work, and removes what dead holders have left.
///
/// # Errors
/// Exit code 5, naming the holder.
pub(in crate::store) fn ensure_free(store: &mut Store) -> anyhow::Result<()> {
    if !store.has_table(ImportLock::TABLE.name) {
        return Ok(());
    }
    remove_dead(store, &LockClaim::whole(""))
}

/// Removes the rows of dead holders.
///
/// # Errors
/// Exit code 5 when a live holder is not compatible with the claim.
fn remove_dead(store: &mut Store, claim: &LockClaim) -> anyhow::Result<()> {
    for row in holders(store)? {
        match row.liveness(crate::clock::now()) {
            Liveness::Dead => {
                remove(store, &row)?;
                tracing::info!(holder = row.holder(), "lock of a dead holder removed");
            }
            _ if !claim.is_compatible_with(&row) => return Err(in_use(&row)),
            Liveness::RunningHere | Liveness::AliveElsewhere => {}
        }
    }
    Ok(())
}

fn in_use(row: &ImportLock) -> anyhow::Error {
    let holder = row.holder();
    tracing::info!(holder, "lock refused");
    Failure::refused(tr!("the database is in use: {holder}; wait for it, or see `sejoli-migrate unlock`"))
}

/// Removes a holder's row, whether the holder is dead or not.
///
/// # Errors
/// Whatever the database refuses; a row that is gone already.
pub(crate) fn remove(store: &mut Store, holder: &ImportLock) -> anyhow::Result<()> {
    store.delete_rows(ImportLock::TABLE, &[&holder.id])
}

/// Acquires the lock. If this process holds it already, because the answer to its commit was lost, nothing is
/// done.
///
/// # Errors
/// Exit code 5 when another holder has it, naming that holder.
pub(crate) fn acquire(store: &mut Store, claim: &LockClaim) -> anyhow::Result<()> {
    if own_row(store)?.is_some() {
        return Ok(());
    }
    // First a look without a transaction, so that this command does not wait for a holder's batch to end.
    let now = crate::clock::now();
    let in_the_way = |row: &ImportLock| row.liveness(now) != Liveness::Dead && !claim.is_compatible_with(row);
    if let Some(other) = holders(store)?.into_iter().find(in_the_way) {
        return Err(in_use(&other));
    }
    let acquired = store.transaction(|store| {
        remove_dead(store, claim)?;
        insert_row(store, claim)
    });
    match acquired {
        // Of two commands at the same moment, the row's primary key refuses one: name the other one to it.
        Err(error) if !transient(&error) => remove_dead(store, claim).and(Err(error)),
        Err(error) => Err(error),
        Ok(()) => give_way(store, claim),
    }
}

/// Releases the lock again if an incompatible holder has come at the same moment. The primary key does not
/// refuse these, since a part and a claim to the whole database have different ids.
fn give_way(store: &mut Store, claim: &LockClaim) -> anyhow::Result<()> {
    let this = Process::this();
    let others = holders(store)?.into_iter().filter(|row| Process::of(row) != this);
    let Some(other) = others.into_iter().find(|row| !claim.is_compatible_with(row)) else {
        tracing::info!(command = claim.command, "lock taken");
        return Ok(());
    };
    release(store)?;
    Err(in_use(&other))
}

/// Releases the lock, if this process holds it.
///
/// # Errors
/// Whatever the database refuses.
pub(crate) fn release(store: &mut Store) -> anyhow::Result<()> {
    match own_row(store)? {
        Some(row) => {
            store.transaction(|store| remove(store, &row))?;
            tracing::info!(command = row.command, "lock released");
            Ok(())
        }
        None => Ok(()),
    }
}

fn insert_row(store: &mut Store, claim: &LockClaim) -> anyhow::Result<()> {
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

/// Renews the lock's heartbeat. This is part of every batch's transaction, so that no batch is committed by a
/// command that has lost the lock.
///
/// # Errors
/// Exit code 5 when this process does not hold the lock any more.
pub(crate) fn renew(store: &mut Store, now: Millis) -> anyhow::Result<()> {
    let Process { host, boot, pid, start } = Process::this();
    let own = [
        ("host", Cell::Text(host)),
        ("boot", Cell::Text(boot)),
        ("processStart", Cell::Text(start)),
        ("pid", Cell::Int(pid)),
    ];
    if store.set_where::<ImportLock>(vec![("heartbeat", Value::Time(now))], &own)? > 0 {
        return Ok(());
    }
    tracing::info!("lock lost");
    match holders(store)?.first() {
        Some(row) => Err(Failure::refused(tr!("the lock was taken over by {}", row.holder()))),
        None => Err(Failure::refused(tr!(
            "the lock is gone: removed by `sejoli-migrate unlock`, or another server has taken over without it; the same \
             command goes on"
        ))),
    }
}
