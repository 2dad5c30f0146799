//! What this machine has: memory, cores and space on its disks, as Linux says it in files.

use std::fs;
use std::path::Path;

/// The space on a disk, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DiskSpace {
    /// Of the whole disk.
    pub(crate) total: u64,
    /// What this user may still use.
    pub(crate) free: u64,
}

/// The files of a control group that limit a container's memory.
#[derive(Clone, Copy, Debug)]
struct ControlGroup<'a> {
    limit: &'a str,
    used: &'a str,
    stat: &'a str,
}

impl ControlGroup<'_> {
    /// Bytes in use that cannot be freed at once, as the pages of inactive files can.
    fn in_use(self) -> Option<u64> {
        let pages = self.stat.lines().find_map(|line| line.strip_prefix("inactive_file "));
        let pages = pages.and_then(|pages| pages.trim().parse().ok()).unwrap_or(0);
        Some(self.used.trim().parse::<u64>().ok()?.saturating_sub(pages))
    }
}

/// This machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Machine {
    /// Bytes of memory, or what a container gets of it.
    pub(crate) memory: u64,
    /// Bytes of it that are free or can be freed.
    pub(crate) available: u64,
    /// Cores that the process may use.
    pub(crate) cores: usize,
}

impl Machine {
    /// This machine as it is now.
    pub(crate) fn current() -> Self {
        let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let limit = fs::read_to_string("/sys/fs/cgroup/memory.max").unwrap_or_default();
        let used = fs::read_to_string("/sys/fs/cgroup/memory.current").unwrap_or_default();
        let stat = fs::read_to_string("/sys/fs/cgroup/memory.stat").unwrap_or_default();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self::of(&meminfo, ControlGroup { limit: &limit, used: &used, stat: &stat }, cores)
    }

    fn of(meminfo: &str, group: ControlGroup<'_>, cores: usize) -> Self {
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

    /// The space on the disk of a folder; `None` where there is no such folder on this machine.
    pub(crate) fn disk_space(&self, folder: &Path) -> Option<DiskSpace> {
        let found = rustix::fs::statvfs(folder).ok()?;
        Some(DiskSpace { total: found.f_blocks * found.f_frsize, free: found.f_bavail * found.f_frsize })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMINFO: &str = "MemTotal:        8000 kB\nMemFree:  1000 kB\nMemAvailable:    6000 kB\n";

    #[test]
    fn a_container_has_no_more_memory_than_its_limit() {
        let whole = Machine::of(MEMINFO, ControlGroup { limit: "max\n", used: "5\n", stat: "" }, 2);
        assert_eq!((whole.memory, whole.available), (8000 * 1024, 6000 * 1024));
        let group = ControlGroup { limit: "4096000\n", used: "1024000\n", stat: "" };
        let limited = Machine::of(MEMINFO, group, 2);
        assert_eq!((limited.memory, limited.available), (4_096_000, 3_072_000));
    }

    #[test]
    fn pages_of_files_that_can_be_freed_are_not_counted_as_used() {
        let stat = "anon 5\nfile 900000\nactive_file 100000\ninactive_file 800000\n";
        let group = ControlGroup { limit: "4096000\n", used: "1024000\n", stat };
        assert_eq!(Machine::of(MEMINFO, group, 2).available, 4_096_000 - 224_000);
        let more = ControlGroup { stat: "inactive_file 9000000", ..group };
        assert_eq!(Machine::of(MEMINFO, more, 2).available, 4_096_000);
    }

    #[test]
    fn this_machine_has_memory_and_room() {
        let machine = Machine::current();
        assert!(machine.memory > 0 && machine.available > 0 && machine.cores > 0);
        let space = machine.disk_space(Path::new("/")).expect("a root");
        assert!(space.total >= space.free && space.total > 0);
        assert_eq!(machine.disk_space(Path::new("/no/such/folder")), None);
    }
}
