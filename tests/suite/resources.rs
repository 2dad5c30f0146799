//! A full disk, nothing to write to, nobody to read: a documented exit code, and nothing half done.

use std::fs::{self, OpenOptions, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::exit_code::{DATABASE, DONE, REFUSED, ROWS_LEFT, TERMINATED, UNEXPECTED};
use crate::support::library::DatabaseUse;
use crate::support::{
    AS_OF, AppDatabase, BackgroundTool, Compared, Engine, Exports, Outcome, assert_same, count, dump,
    fixture, imported, texts,
};

const TOOL: &str = env!("CARGO_BIN_EXE_sejoli-migrate");

fn ended(command: &mut Command) -> Outcome {
    let output = command.stdin(Stdio::null()).output().expect("it runs");
    output.into()
}

/// The arguments of an import into a shop.
fn arguments(db: &AppDatabase, exports: &Path) -> Vec<String> {
    let (url, path, out) = (db.url(), exports.display().to_string(), db.path("out").display().to_string());
    let all = ["--database-url", &url, "import", "all", &path, "--out", &out, "--as-of", AS_OF];
    all.into_iter().chain(["--create-memberships", "--batch-size", "50"]).map(str::to_owned).collect()
}

/// A command of somebody whom file modes stop: the superuser is not one.
fn ordinary_user(program: &str) -> Command {
    let id = Command::new("id").arg("-u").output().expect("id runs");
    if id.stdout.trim_ascii() != b"0" {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", program]);
    command
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("a mode");
}

/// No file of a run is left half written.
fn assert_nothing_half_written(out: &Path) {
    for folder in fs::read_dir(out).into_iter().flatten().flatten() {
        for file in fs::read_dir(folder.path()).expect("a folder").flatten() {
            assert!(file.path().extension().is_none_or(|ending| ending != "part"), "{file:?}");
        }
    }
}

#[test]
fn a_full_disk_ends_an_import_and_the_same_command_goes_on() {
    let (exports, _) = Exports::generated(900);
    let undisturbed = AppDatabase::new(Engine::Sqlite);
    imported(&undisturbed, "all", exports.path(), &["--batch-size", "50"], DONE);
    let db = AppDatabase::new(Engine::Sqlite);
    let room = fs::metadata(db.path("shop.db")).expect("the file").len() / 1024 + 700;
    let script = format!("trap '' XFSZ; ulimit -f {room}; exec \"$0\" \"$@\"");
    let full = ended(Command::new("bash").args(["-c", &script, TOOL]).args(arguments(&db, exports.path())));
    assert_eq!(full.code, DATABASE, "{full:?}");
    assert!(!full.stdout.contains("Next"), "{}", full.stdout);
    assert_eq!(texts(&db, "SELECT \"state\" FROM \"SejoliImportRun\""), ["RUNNING"]);
    assert!(count(&db, "Transaction", "1") > 0, "it had begun");
    assert_nothing_half_written(&db.path("out"));
    let outcome = ended(Command::new(TOOL).args(arguments(&db, exports.path())));
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    drop(db.store(DatabaseUse::Read));
    let compared = Compared::Content;
    assert_same(&dump(&undisturbed, compared), &dump(&db, compared), "after the full disk");
}

#[test]
fn l5_the_machines_time_zone_moves_no_date() {
    let imported_in = |zone: &str| {
        let db = AppDatabase::new(Engine::Sqlite);
        let outcome = ended(Command::new(TOOL).env("TZ", zone).args(arguments(&db, &fixture("clean"))));
        assert_eq!(outcome.code, DONE, "{outcome:?}");
        dump(&db, Compared::Content)
    };
    assert_same(&imported_in("Asia/Jakarta"), &imported_in("America/New_York"), "another time zone");
}

#[test]
fn a_database_that_cannot_be_written_is_told_so() {
    let (exports, _) = Exports::generated(60);
    let db = AppDatabase::new(Engine::Sqlite);
    let before = dump(&db, Compared::Everything);
    for path in [exports.path(), db.folder.path()] {
        set_mode(path, 0o755);
    }
    let outcome = ended(ordinary_user(TOOL).args(arguments(&db, exports.path())));
    assert_eq!(outcome.code, DATABASE, "{outcome:?}");
    assert!(outcome.stderr.contains("may not insert"), "{}", outcome.stderr);
    drop(db.store(DatabaseUse::Read));
    assert_same(&before, &dump(&db, Compared::Everything), "nothing is written");
}

#[test]
fn an_output_folder_that_cannot_be_written_stops_before_anything_is_imported() {
    let db = AppDatabase::new(Engine::Sqlite);
    let before = dump(&db, Compared::Everything);
    let folder = db.folder.path();
    set_mode(folder, 0o777);
    set_mode(&db.path("shop.db"), 0o666);
    fs::create_dir(db.path("out")).expect("a folder");
    set_mode(&db.path("out"), 0o555);
    let outcome = ended(ordinary_user(TOOL).args(arguments(&db, &fixture("clean"))));
    assert_eq!(outcome.code, REFUSED, "{outcome:?}");
    assert!(outcome.stderr.contains("cannot be written"), "{}", outcome.stderr);
    drop(db.store(DatabaseUse::Read));
    assert_same(&before, &dump(&db, Compared::Everything), "nothing is written");
}

/// A command that can write to a server and not to its own disk.
fn without_a_disk() -> Command {
    let mut command = Command::new("bash");
    command.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"", TOOL]);
    command
}

#[test]
fn a_validation_whose_files_cannot_be_written_says_so() {
    let db = AppDatabase::bare(Engine::Sqlite);
    let out = db.path("out").display().to_string();
    let outcome = ended(without_a_disk().arg("validate").arg(fixture("messy")).args(["--out", &out]));
    assert_eq!(outcome.code, REFUSED, "{outcome:?}");
    assert!(outcome.stderr.contains("cannot be written"), "{}", outcome.stderr);
    assert_nothing_half_written(&db.path("out"));
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn a_run_whose_files_cannot_be_written_is_not_complete_and_the_same_command_writes_them(engine: Engine) {
    let db = AppDatabase::new(engine);
    let arguments = arguments(&db, &fixture("messy"));
    let outcome = ended(without_a_disk().args(&arguments));
    assert_eq!(outcome.code, REFUSED, "{outcome:?}");
    assert!(outcome.stderr.contains("cannot be written"), "{}", outcome.stderr);
    assert_nothing_half_written(&db.path("out"));
    let states = |db: &AppDatabase| {
        drop(db.store(DatabaseUse::Read));
        texts(db, "SELECT \"state\" FROM \"SejoliImportRun\"")
    };
    assert_eq!(states(&db), ["RUNNING"]);
    let outcome = ended(Command::new(TOOL).args(&arguments));
    assert_eq!(outcome.code, ROWS_LEFT, "{outcome:?}");
    assert_eq!(states(&db), ["COMPLETED"]);
    let run = texts(&db, "SELECT \"id\" FROM \"SejoliImportRun\"").remove(0);
    for name in ["findings.csv", "rejected-orders.csv"] {
        assert!(db.path("out").join(&run).join(name).is_file(), "{name}");
    }
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
crate::support::on_each_server!(
    a_run_whose_files_cannot_be_written_is_not_complete_and_the_same_command_writes_them
);

#[test]
fn a_link_in_place_of_the_runs_folder_is_not_followed() {
    use crate::support::library::RunFolder;
    let db = AppDatabase::bare(Engine::Sqlite);
    let elsewhere = db.path("elsewhere");
    fs::create_dir(&elsewhere).expect("a folder");
    std::os::unix::fs::symlink(&elsewhere, db.path("run")).expect("a link");
    let error = RunFolder::create(db.folder.path(), "run").expect_err("a link");
    assert!(error.to_string().contains("link"), "{error}");
    let folder = RunFolder::create(db.folder.path(), "own").expect("a folder");
    let target = db.path("target");
    fs::write(&target, "mine").expect("a file");
    for name in ["a.csv", "a.csv.part"] {
        std::os::unix::fs::symlink(&target, folder.path().join(name)).expect("a link");
    }
    let mut output = folder.csv("a.csv").expect("a file");
    output.line(["x"]).expect("a line");
    output.finish().expect("the file");
    assert_eq!(fs::read_to_string(&target).expect("a file"), "mine", "what links point at stays");
    assert!(!fs::symlink_metadata(folder.path().join("a.csv")).expect("the file").is_symlink());
}

#[test]
fn where_nobody_reads_the_work_is_done_all_the_same() {
    let full = || OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    for (stdout_is_full, code) in [(true, UNEXPECTED), (false, DONE)] {
        let db = AppDatabase::new(Engine::Sqlite);
        let mut command = Command::new(TOOL);
        command.args(arguments(&db, &fixture("clean"))).args(["-vv"]).stderr(full());
        if stdout_is_full {
            command.stdout(full());
        } else {
            command.stdout(Stdio::null());
        }
        let status = command.status().expect("it runs");
        assert_eq!(status.code(), Some(code));
        assert_eq!(texts(&db, "SELECT \"state\" FROM \"SejoliImportRun\""), ["COMPLETED"]);
    }
    let db = AppDatabase::new(Engine::Sqlite);
    let script = "\"$0\" \"$@\" | true; exit ${PIPESTATUS[0]}";
    let closed =
        ended(Command::new("bash").args(["-c", script, TOOL]).args(arguments(&db, &fixture("clean"))));
    assert_eq!(closed.code, DONE, "a closed pipe is no error: {closed:?}");
}

#[test]
fn a_terminal_that_goes_ends_an_import_between_two_batches_unless_it_was_told_to_stay() {
    let (exports, _) = Exports::generated(400);
    let db = AppDatabase::new(Engine::Sqlite);
    let mut running = BackgroundTool::import(&db, exports.path(), "5");
    running.wait_for_writes(&db, 5);
    running.signal("-HUP");
    let (code, stderr) = running.end();
    assert_eq!(code, TERMINATED, "{stderr}");
    assert_eq!(count(&db, "SejoliImportLock", "1"), 0, "the lock is given back");
    let status = db.run(&["status"]);
    assert!(status.stdout.contains("interrupted"), "{}", status.stdout);
    let script = "trap '' HUP; exec \"$0\" \"$@\"";
    let mut command = Command::new("bash");
    command.args(["-c", script, TOOL]).args(arguments(&db, exports.path()));
    let command = command.arg("--restart").stdout(Stdio::null()).stderr(Stdio::piped());
    let mut stays = BackgroundTool(command.spawn().expect("it starts"));
    stays.wait_for_writes(&db, 2);
    stays.signal("-HUP");
    let (code, stderr) = stays.end();
    assert_eq!(code, DONE, "as under nohup: {stderr}");
}
