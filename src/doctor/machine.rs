//! What this machine has: memory, cores, room on its disks. Linux tells it in files.

use std::fs;
use std::path::Path;

/// Room on a disk, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Of the whole disk.
    pub total: u64,
    /// What this user may still fill.
    pub free: u64,
}

/// This machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Bytes of memory, or what a container gets of it.
    pub memory: u64,
    /// Bytes of it that are free or can be freed.
    pub available: u64,
    /// Cores that the process may use.
    pub cores: usize,
}

impl Machine {
    /// Looks at this machine.
    pub fn look() -> Self {
        let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let limit = fs::read_to_string("/sys/fs/cgroup/memory.max").unwrap_or_default();
        let used = fs::read_to_string("/sys/fs/cgroup/memory.current").unwrap_or_default();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self::of(&meminfo, &limit, &used, cores)
    }

    fn of(meminfo: &str, limit: &str, used: &str, cores: usize) -> Self {
        let kib = |name: &str| -> u64 {
            let line = meminfo.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
        };
        let (memory, available) = (kib("MemTotal") * 1024, kib("MemAvailable") * 1024);
        match (limit.trim().parse::<u64>(), used.trim().parse::<u64>()) {
            (Ok(limit), Ok(used)) => Self {
                memory: memory.min(limit),
                available: available.min(limit.saturating_sub(used)),
                cores,
            },
            _ => Self { memory, available, cores },
        }
    }

    /// The room on the disk of a folder; nothing where there is no such folder here.
    pub fn room(&self, folder: &Path) -> Option<Room> {
        let found = rustix::fs::statvfs(folder).ok()?;
        Some(Room { total: found.f_blocks * found.f_frsize, free: found.f_bavail * found.f_frsize })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMINFO: &str = "MemTotal:        8000 kB\nMemFree:  1000 kB\nMemAvailable:    6000 kB\n";

    #[test]
    fn a_container_has_no_more_memory_than_its_limit() {
        let whole = Machine::of(MEMINFO, "max\n", "5\n", 2);
        assert_eq!((whole.memory, whole.available), (8000 * 1024, 6000 * 1024));
        let limited = Machine::of(MEMINFO, "4096000\n", "1024000\n", 2);
        assert_eq!((limited.memory, limited.available), (4_096_000, 3_072_000));
    }

    #[test]
    fn this_machine_has_memory_and_room() {
        let machine = Machine::look();
        assert!(machine.memory > 0 && machine.available > 0 && machine.cores > 0);
        let room = machine.room(Path::new("/")).expect("a root");
        assert!(room.total >= room.free && room.total > 0);
        assert_eq!(machine.room(Path::new("/no/such/folder")), None);
    }
}
