//! `scripts/maintenance-window.sh`, run by a shell with the real program: the whole walk, and the stop of every step.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use crate::support::exit_code::{DATABASE, DONE, REFUSED, ROWS_LEFT, USAGE, VERIFICATION_FAILED};
use crate::support::{
    AppDatabase, Compared, Engine, Exports, Outcome, SOLD, assert_same, count, dump, insert_app_user,
    on_each_engine, workspace,
};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/maintenance-window.sh");

/// The exit code of a pause.
const PAUSED: i32 = 75;

/// A night: a database, a folder of exports, and what is set in the environment.
struct Night {
    db: AppDatabase,
    exports: Exports,
    settings: Vec<(&'static str, String)>,
}

impl Night {
    fn new(engine: Engine) -> Self {
        let exports = Exports::new()
            .affiliates(&[&[]])
            .orders(&[&[SOLD], &[&[("order_id", "5002"), ("payment_status", "PENDING")]]]);
        let db = AppDatabase::new(engine);
        let log = db.path("hooks.log");
        let hook = |word: &str| format!("echo {word} >> {}", log.display());
        let settings = vec![
            ("SEJOLI_MIGRATE", env!("CARGO_BIN_EXE_sejoli-migrate").to_owned()),
            ("IMPORT_OPTIONS", "--create-memberships".to_owned()),
            ("MAINTENANCE_ON", hook("closed")),
            ("MAINTENANCE_OFF", hook("open")),
        ];
        Self { db, exports, settings }
    }

    fn set(&mut self, name: &'static str, value: &str) {
        self.settings.push((name, value.to_owned()));
    }

    fn run(&self, words: &[&str]) -> Outcome {
        let mut command = Command::new("bash");
        command.arg(SCRIPT).arg(self.exports.path()).args(words);
        command.env("DATABASE_URL", self.db.url()).envs(self.settings.iter().cloned());
        command.output().expect("bash runs").into()
    }

    /// Ends the night once, before the command that has this word, so that something can happen meanwhile.
    fn pause_before(&mut self, word: &str) {
        let (wrapper, paused) = (self.db.path("paused.sh"), self.db.path("paused"));
        let script = format!(
            "#!/bin/bash\nif [[ \" $* \" == *\" {word} \"* && ! -e {0} ]]; then touch {0}; exit {PAUSED}; fi\nexec {1} \"$@\"\n",
            paused.display(),
            env!("CARGO_BIN_EXE_sejoli-migrate")
        );
        fs::write(&wrapper, script).expect("written");
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).expect("made executable");
        self.set("SEJOLI_MIGRATE", &wrapper.display().to_string());
        self.ends(&[], PAUSED);
    }

    /// Runs it, and expects an exit code.
    fn ends(&self, words: &[&str], code: i32) -> Outcome {
        let outcome = self.run(words);
        assert_eq!(outcome.code, code, "{words:?}: {}{}", outcome.stdout, outcome.stderr);
        outcome
    }

    /// Runs it, and expects that this step stops it.
    fn stops_at(&self, step: &str, code: i32) -> Outcome {
        let outcome = self.ends(&[], code);
        assert!(outcome.stderr.contains(&format!("{step}: exit code {code}")), "{}", outcome.stderr);
        let status = self.ends(&["status"], DONE).stdout;
        let line = status.lines().find(|line| line.starts_with(step)).expect("the step").to_owned();
        assert!(line.ends_with('-'), "{line}");
        outcome
    }

    fn hooks(&self) -> String {
        fs::read_to_string(self.db.path("hooks.log")).unwrap_or_default()
    }

    fn out(&self, name: &str) -> PathBuf {
        self.exports.path().join("out").join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.exports.path().join(name), text).expect("written");
    }
}

fn the_whole_night_ends_with_a_report_and_the_app_opens(engine: Engine) {
    let night = Night::new(engine);
    let done = night.ends(&[], DONE);
    assert!(done.stderr.contains("All steps are done"), "{}", done.stderr);
    assert_eq!(night.hooks(), "closed\n");
    assert_eq!(count(&night.db, "Transaction", "\"externalId\" LIKE 'sejoli-%'"), 2);
    for file in ["report.html", "sample.html", "maintenance-window.plan.json", "changes.csv"] {
        assert!(night.out(file).exists(), "{file}");
    }
    let again = night.ends(&[], DONE);
    assert!(again.stderr.contains("import: done before"), "{}", again.stderr);
    let open = night.ends(&["go-live"], DONE);
    assert!(open.stderr.contains("The app is open"), "{}", open.stderr);
    assert_eq!(night.hooks(), "closed\nopen\n");
    night.ends(&["roll-back"], REFUSED);
    let status = night.ends(&["status"], DONE).stdout;
    assert_eq!(status.lines().filter(|line| line.contains(" done ")).count(), 11, "{status}");
}

fn what_is_rolled_back_is_as_it_was(engine: Engine) {
    let night = Night::new(engine);
    let before = dump(&night.db, Compared::Rows);
    night.ends(&[], DONE);
    night.ends(&["roll-back"], DONE);
    // That there is a backup stays recorded.
    night.db.sql("DELETE FROM \"SejoliBackup\"");
    assert_same(&before, &dump(&night.db, Compared::Rows), "after the way back");
    assert_eq!(night.hooks(), "closed\nopen\n");
    night.ends(&["go-live"], REFUSED);
}

on_each_engine!(the_whole_night_ends_with_a_report_and_the_app_opens, what_is_rolled_back_is_as_it_was);

#[test]
fn a_folder_is_needed_and_help_says_what_is_set() {
    let night = Night::new(Engine::Sqlite);
    night.ends(&["sideways"], USAGE);
    let help = Command::new("bash").args([SCRIPT, "--help"]).output().expect("bash runs");
    assert!(help.status.success());
    assert!(String::from_utf8_lossy(&help.stdout).contains("MAINTENANCE_ON"));
}

#[test]
fn what_is_to_be_typed_is_quoted() {
    let folder = workspace();
    let named = folder.path().join("my $(touch pwned)");
    fs::create_dir(&named).expect("a folder");
    let outcome: Outcome = Command::new("bash")
        .arg(SCRIPT)
        .arg(&named)
        .arg("go-live")
        .current_dir(folder.path())
        .output()
        .expect("bash runs")
        .into();
    assert_eq!(outcome.code, REFUSED, "{}", outcome.stderr);
    assert!(outcome.stderr.contains(r"/my\ \$\(touch\ pwned\) comes first"), "{}", outcome.stderr);
    assert!(!folder.path().join("pwned").exists());
}

#[test]
fn doctor_stops_a_night_whose_database_is_not_there() {
    let mut night = Night::new(Engine::Sqlite);
    night.set("DATABASE_URL", "file:/nowhere/at/all.db");
    let stopped = night.stops_at("doctor", DATABASE);
    assert!(stopped.stderr.contains("Nothing was imported"), "{}", stopped.stderr);
    assert_eq!(night.hooks(), "");
}

#[test]
fn an_app_that_does_not_close_stops_the_night() {
    let mut night = Night::new(Engine::Sqlite);
    night.set("MAINTENANCE_ON", "echo the load balancer does not answer >&2; exit 9");
    night.stops_at("maintenance-on", 9);
    night.set("MAINTENANCE_ON", "true");
    night.ends(&[], DONE);
}

#[test]
fn a_backup_that_cannot_be_made_stops_the_night() {
    let mut night = Night::new(Engine::Sqlite);
    let file = night.db.url().trim_start_matches("file:").to_owned();
    night.set("MAINTENANCE_ON", &format!("mv {file} {file}.away"));
    night.stops_at("backup", DATABASE);
    fs::rename(format!("{file}.away"), &file).expect("back again");
    night.ends(&[], DONE);
}

#[test]
fn a_schema_that_cannot_be_brought_up_to_date_stops_the_night() {
    let mut night = Night::new(Engine::Sqlite);
    night.pause_before("schema");
    let file = night.db.url().trim_start_matches("file:").to_owned();
    fs::rename(&file, format!("{file}.away")).expect("away");
    fs::create_dir(&file).expect("a folder in its place");
    night.stops_at("schema", DATABASE);
    fs::remove_dir(&file).expect("removed");
    fs::rename(format!("{file}.away"), &file).expect("back again");
    night.ends(&[], DONE);
}

#[test]
fn l3_files_that_do_not_come_to_the_totals_stop_the_night() {
    let night = Night::new(Engine::Sqlite);
    let totals = |orders: u64| {
        format!(
            r#"{{"expect":{{"orders":{orders},"revenue":"100000","affiliates":1,"commission":"30000"}}}}"#
        )
    };
    night.write("totals.json", &totals(3));
    night.stops_at("validate", VERIFICATION_FAILED);
    night.write("totals.json", &totals(2));
    night.ends(&[], DONE);
}

#[test]
fn held_rows_stop_the_night_until_somebody_accepts_them() {
    let mut night = Night::new(Engine::Sqlite);
    let orders = fs::read_to_string(night.exports.path().join("orders.csv")).expect("the orders");
    night.write("orders.csv", &orders.replace("PENDING", "MAYBE"));
    let stopped = night.stops_at("validate", ROWS_LEFT);
    assert!(stopped.stderr.contains("ACCEPT_HELD=yes"), "{}", stopped.stderr);
    night.set("ACCEPT_HELD", "yes");
    night.ends(&[], DONE);
}

#[test]
fn a_dry_run_that_is_not_possible_stops_the_night() {
    let mut night = Night::new(Engine::Sqlite);
    night.set("IMPORT_OPTIONS", "--create-memberships --batch-size none");
    night.stops_at("dry-run", USAGE);
    night.set("IMPORT_OPTIONS", "--create-memberships");
    night.ends(&[], DONE);
}

#[test]
fn an_import_that_is_interrupted_goes_on_by_the_same_command() {
    let mut night = Night::new(Engine::Sqlite);
    night.pause_before("--from-plan");
    night.db.sql("CREATE TRIGGER stop BEFORE UPDATE ON \"Wallet\" BEGIN SELECT RAISE(ABORT, 'stopped'); END");
    let stopped = night.run(&[]);
    assert!(stopped.stderr.contains("import: exit code"), "{}", stopped.stderr);
    assert_eq!(count(&night.db, "Transaction", "1 = 1"), 2, "the orders stand");
    night.db.sql("DROP TRIGGER stop");
    let done = night.ends(&[], DONE);
    assert!(done.stderr.contains("dry-run: done before"), "{}", done.stderr);
}

#[test]
fn an_import_whose_database_has_changed_since_the_dry_run_is_refused() {
    let mut night = Night::new(Engine::Sqlite);
    night.pause_before("--from-plan");
    insert_app_user(&night.db, "u1", "somebody@example.org", "Somebody", "MEMBER_FREE");
    let stopped = night.stops_at("import", REFUSED);
    assert!(stopped.stderr.contains("maintenance-window.plan.json"), "{}", stopped.stderr);
    fs::remove_file(night.out("maintenance-window.plan.json")).expect("removed");
    let done = night.ends(&[], DONE);
    assert!(done.stderr.contains("dry-run: begins"), "{}", done.stderr);
}

#[test]
fn l27_a_difference_stops_the_night_and_the_app_stays_closed() {
    let mut night = Night::new(Engine::Sqlite);
    night.pause_before("verify");
    night.db.sql("UPDATE \"Transaction\" SET \"amount\" = \"amount\" + 1");
    let stopped = night.stops_at("verify", VERIFICATION_FAILED);
    assert!(stopped.stderr.contains("roll-back"), "{}", stopped.stderr);
    night.ends(&["go-live"], REFUSED);
    assert_eq!(night.hooks(), "closed\n");
    night.db.sql("UPDATE \"Transaction\" SET \"amount\" = \"amount\" - 1");
    night.ends(&["roll-back"], DONE);
    assert_eq!(count(&night.db, "Transaction", "1 = 1"), 0);
}

#[test]
fn a_sample_or_a_report_that_cannot_be_written_stops_the_night() {
    let night = Night::new(Engine::Sqlite);
    for file in ["sample.html", "report.html"] {
        fs::create_dir_all(night.out(file).join("in-the-way")).expect("a folder in its place");
    }
    for (step, file) in [("sample", "sample.html"), ("report", "report.html")] {
        let stopped = night.run(&[]);
        assert!(stopped.stderr.contains(&format!("{step}: exit code")), "{}", stopped.stderr);
        fs::remove_dir_all(night.out(file)).expect("removed");
    }
    night.ends(&[], DONE);
}

#[test]
fn a_way_back_that_would_undo_somebodys_work_is_refused() {
    let night = Night::new(Engine::Sqlite);
    night.ends(&[], DONE);
    night.db.sql("UPDATE \"User\" SET \"name\" = 'Somebody else' WHERE \"importSource\" = 'SEJOLI'");
    night.ends(&["roll-back"], REFUSED);
    assert_eq!(night.hooks(), "closed\n", "the app stays closed");
}
