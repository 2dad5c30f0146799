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

/// What the kernel says of a container's memory.
#[derive(Clone, Copy, Debug)]
struct Group<'a> {
    limit: &'a str,
    used: &'a str,
    stat: &'a str,
}

impl Group<'_> {
    /// Bytes that cannot be freed at once: the pages of files that nobody has touched lately can.
    fn in_use(self) -> Option<u64> {
        let pages = self.stat.lines().find_map(|line| line.strip_prefix("inactive_file "));
        let pages = pages.and_then(|pages| pages.trim().parse().ok()).unwrap_or(0);
        Some(self.used.trim().parse::<u64>().ok()?.saturating_sub(pages))
    }
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
        let stat = fs::read_to_string("/sys/fs/cgroup/memory.stat").unwrap_or_default();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self::of(&meminfo, Group { limit: &limit, used: &used, stat: &stat }, cores)
    }

    fn of(meminfo: &str, group: Group<'_>, cores: usize) -> Self {
        let kib = |name: &str| -> u64 {
            let line = meminfo.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
        };
        let (memory, available) = (kib("MemTotal") * 1024, kib("MemAvailable") * 1024);
        match (group.limit.trim().parse::<u64>(), group.in_use()) {
            (Ok(limit), Some(used)) => Self {
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
        let whole = Machine::of(MEMINFO, Group { limit: "max\n", used: "5\n", stat: "" }, 2);
        assert_eq!((whole.memory, whole.available), (8000 * 1024, 6000 * 1024));
        let group = Group { limit: "4096000\n", used: "1024000\n", stat: "" };
        let limited = Machine::of(MEMINFO, group, 2);
        assert_eq!((limited.memory, limited.available), (4_096_000, 3_072_000));
    }

    #[test]
    fn pages_of_files_that_can_be_freed_are_not_counted_as_used() {
        let stat = "anon 5\nfile 900000\nactive_file 100000\ninactive_file 800000\n";
        let group = Group { limit: "4096000\n", used: "1024000\n", stat };
        assert_eq!(Machine::of(MEMINFO, group, 2).available, 4_096_000 - 224_000);
        let more = Group { stat: "inactive_file 9000000", ..group };
        assert_eq!(Machine::of(MEMINFO, more, 2).available, 4_096_000);
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
