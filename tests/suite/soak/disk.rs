//! A disk that is full: the database's, then that of the folder for people.

use std::path::{Path, PathBuf};
use std::process::Command;

#[cfg(feature = "postgres")]
use super::REFUSED;
use super::{DATABASE, DONE, ORDERS, ROLLBACK, ROWS_LEFT, Scenario, SeededRandom, as_strs, binary, setting};
use crate::support::library::{DatabaseUse, RunState};
use crate::support::{AppDatabase, BackgroundTool, Engine};

/// More than anything here needs.
const PLENTY: u64 = 64 << 20;

/// How often the disk is full.
fn wanted() -> u64 {
    setting("SEJOLI_SOAK_KILLS").map_or(1, |kills| kills.div_ceil(20))
}

/// A folder with little room: a small file system of its own where the tester may mount one, else
/// files may not grow beyond a size.
struct SmallDisk {
    folder: PathBuf,
    mounted: bool,
    bytes: u64,
}

impl SmallDisk {
    fn new(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).expect("a folder");
        let mounted = mount(&["-t", "tmpfs", "-o", "mode=0700", "soak"], folder);
        Self { folder: folder.to_owned(), mounted, bytes: PLENTY }
    }

    /// From now on there is room for so many bytes in all.
    fn limit(&mut self, bytes: u64) {
        self.bytes = bytes;
        if self.mounted {
            let size = format!("remount,size={}", bytes.next_multiple_of(4096));
            assert!(mount(&["-o", &size], &self.folder), "{size}");
        }
    }

    /// The binary, within these limits. Where a size is what limits it, it gets an error instead of a signal.
    fn binary(&self) -> Command {
        if self.mounted {
            return binary();
        }
        let mut command = Command::new("sh");
        let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", self.bytes / 512);
        command.args(["-c", &script, env!("CARGO_BIN_EXE_sejoli-migrate")]);
        command
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if self.mounted {
            // Whoever is still in it does not keep it from going.
            let _ = Command::new("umount").arg("-l").arg(&self.folder).status();
        }
    }
}

fn mount(args: &[&str], folder: &Path) -> bool {
    Command::new("mount").args(args).arg(folder).output().is_ok_and(|output| output.status.success())
}

#[test]
fn a_full_disk_stops_an_import_and_a_rollback_and_more_room_lets_them_go_on() {
    let db = AppDatabase::bare(Engine::Sqlite);
    let mut room = SmallDisk::new(db.folder.path());
    let scenario = Scenario::on(db.with_schema(), ORDERS);
    let mut random = SeededRandom::new("full disk");
    let file = scenario.db.path("shop.db");
    let used = || std::fs::metadata(&file).expect("the database").len();
    let (mut imports, mut rollbacks, mut rounds) = (0, 0, 0);
    let grown = used();
    // A limit on the size of files is none for a rollback, which makes none longer.
    while imports < wanted() || room.mounted && rollbacks < wanted() {
        rounds += 1;
        assert!(rounds <= 20 * wanted(), "the disk is never full");
        scenario.db.store(DatabaseUse::Write).run_script("VACUUM").expect("no free pages");
        scenario.remove_outputs();
        let small = used();
        room.limit(small + 24_576 + random.below(grown.saturating_sub(small)));
        imports += u64::from(disturbed(&scenario, &mut room, &scenario.import(), ROWS_LEFT));
        scenario.assert_imported("after the disk was full");
        scenario.remove_outputs();
        // A batch needs room for what it changes.
        room.limit(used() + random.below(65_536));
        rollbacks += u64::from(disturbed(&scenario, &mut room, &ROLLBACK.map(str::to_owned), DONE));
        scenario.assert_untouched("after the disk was full in the rollback");
    }
    println!("{imports} imports and {rollbacks} rollbacks met a full disk, {rounds} rounds");
}

/// Runs a command in the room that there is, and once more with enough of it; whether it was too little.
fn disturbed(scenario: &Scenario, room: &mut SmallDisk, command: &[String], code: i32) -> bool {
    let run =
        |room: &SmallDisk| BackgroundTool::spawn(room.binary(), &scenario.db.url(), &as_strs(command)).end();
    let (ended, said) = run(room);
    room.limit(PLENTY);
    if ended == code {
        return false;
    }
    assert_eq!(ended, DATABASE, "{said}");
    println!("{}", said.lines().last().unwrap_or_default());
    let (ended, said) = run(room);
    assert_eq!(ended, code, "{said}");
    true
}

/// On a server, so that nothing but the output is in the tool's own hands.
#[cfg(feature = "postgres")]
#[test]
fn a_full_output_folder_is_no_completed_run_and_more_room_lets_it_go_on() {
    let scenario = Scenario::new(Engine::Postgres);
    let out = scenario.db.path("out");
    scenario.remove_outputs();
    let mut room = SmallDisk::new(&out);
    // Less than the findings need.
    room.limit(1_024);
    let url = scenario.db.url();
    let (code, said) = BackgroundTool::spawn(room.binary(), &url, &as_strs(&scenario.import())).end();
    assert_eq!(code, REFUSED, "{said}");
    let state = scenario.run().map(|run| run.state);
    assert_ne!(state, Some(RunState::Completed), "{said}");
    for run in std::fs::read_dir(&out).expect("the folder") {
        for file in std::fs::read_dir(run.expect("a run").path()).expect("its folder") {
            let name = file.expect("a file").file_name().display().to_string();
            assert!(!name.ends_with(".part"), "{name} is left half written");
        }
    }
    room.limit(PLENTY);
    let (code, said) = BackgroundTool::spawn(room.binary(), &url, &as_strs(&scenario.import())).end();
    assert_eq!(code, ROWS_LEFT, "{said}");
    scenario.assert_imported("after the folder was full");
}
