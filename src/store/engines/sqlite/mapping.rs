//! Whether a file that is only read is looked at in memory, instead of being copied page by page.

use std::path::Path;

/// The largest file that is mapped, in bytes: the database of a usual shop is a fifth of it. Of a larger one, whose pages are
/// seldom met twice, nothing is gained, and all that was looked at would count as the program's memory.
const LARGEST: u64 = 256 << 20;

/// File systems of this machine's own, by the numbers that Linux knows them by: ext, XFS, Btrfs, F2FS, ZFS, a file system in
/// memory, a container's layers. Behind any other one may stand another machine, of whose changes the memory may not know.
const NEAR: [u32; 7] = [0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010, 0x2fc1_2fc1, 0x0102_1994, 0x794c_7630];

/// How many bytes of a file are mapped: all of them, or none. Whoever shortens a mapped file while a statement reads it ends the
/// program by a signal, and so does a disk that fails: nothing is lost, since such a session writes nothing.
pub(super) fn bytes_of(path: &Path) -> u64 {
    let is_small = path.metadata().is_ok_and(|file| file.len() <= LARGEST);
    let is_on_near = || rustix::fs::statfs(path).is_ok_and(|system| is_near(system.f_type as u32));
    if is_small && is_on_near() { LARGEST } else { 0 }
}

fn is_near(system: u32) -> bool {
    NEAR.contains(&system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_machine_and_a_large_one_are_read_page_by_page() {
        const EXT4: u32 = 0xef53;
        const NFS: u32 = 0x6969;
        assert!(is_near(EXT4));
        assert!(!is_near(NFS));
        assert_eq!(bytes_of(Path::new("/no/such/file.db")), 0);
        let file = tempfile::NamedTempFile::new().expect("a file");
        file.as_file().set_len(LARGEST + 1).expect("room, of which none is used");
        assert_eq!(bytes_of(file.path()), 0);
    }
}
