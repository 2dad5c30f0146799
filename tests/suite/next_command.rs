//! The command that a result names to type next: whoever pastes it into a shell, night after night, gets from the first
//! look at the files to the verified import.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::{AppDatabase, Engine, Outcome, fixture};

/// A person's terminal: a folder, and a shell that finds the tool and knows no database by itself.
struct Shell {
    folder: PathBuf,
    programs: PathBuf,
}

impl Shell {
    fn new(db: &AppDatabase) -> Self {
        let (folder, programs) = (db.path("toko Rina's"), db.path("bin"));
        std::fs::create_dir(&folder).expect("the folder is new");
        std::fs::create_dir(&programs).expect("the folder is new");
        let tool = programs.join("sejoli-migrate");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_sejoli-migrate"), tool).expect("a link");
        Self { folder, programs }
    }

    /// Types a line.
    fn types(&self, line: &str) -> Outcome {
        let path = std::env::var("PATH").unwrap_or_default();
        let output = Command::new("sh")
            .args(["-c", line])
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", format!("{}:{path}", self.programs.display()))
            .stdin(Stdio::null())
            .output()
            .expect("a shell");
        output.into()
    }
}

/// The command behind a label at the end of a result: on its line, or below it where it is long.
#[track_caller]
fn named(outcome: &Outcome, label: &str) -> String {
    let mut lines = outcome.stdout.lines().skip_while(|line| !line.trim_start().starts_with(label));
    let line = lines.next().unwrap_or_else(|| panic!("no {label} in {outcome:?}"));
    let behind = line.trim_start()[label.len()..].trim();
    let command = if behind.is_empty() { lines.next().unwrap_or_default().trim() } else { behind };
    assert!(command.starts_with("sejoli-migrate "), "{outcome:?}");
    command.to_owned()
}

#[track_caller]
fn assert_done(outcome: &Outcome) {
    assert_eq!(outcome.code, 0, "{outcome:?}");
}

/// The clean shop in a folder whose name a shell would take apart, its product map elsewhere.
fn shop(shell: &Shell) -> String {
    let data = shell.folder.join("ekspor bulan ini");
    std::fs::create_dir(&data).expect("the folder is new");
    for name in ["affiliates.csv", "memberships.csv", "orders.csv"] {
        copy(&fixture("clean").join(name), &data.join(name));
    }
    copy(&fixture("clean").join("products.csv"), &shell.folder.join("peta produk.csv"));
    "'ekspor bulan ini' --products 'peta produk.csv'".to_owned()
}

fn copy(from: &Path, to: &Path) {
    std::fs::copy(from, to).expect("the file is copied");
}

#[test]
fn each_result_leads_to_the_next_one_until_the_import_is_verified() {
    let db = AppDatabase::new(Engine::Sqlite).with_schema();
    let shell = Shell::new(&db);
    let (shop, url) = (shop(&shell), db.url());
    let validated = shell.types(&format!(
        "sejoli-migrate --database-url {url} validate {shop} --create-memberships --on-duplicate newest --as-of \
         2026-01-01T00:00:00+07:00"
    ));
    assert_done(&validated);
    let doctor = named(&validated, "Next:");
    assert!(doctor.contains(" doctor 'ekspor bulan ini'"), "{doctor}");
    assert_done(&shell.types(&doctor));
    let rehearsed = shell.types(&named(&validated, "then:"));
    assert_done(&rehearsed);
    assert_eq!(db.number("SELECT COUNT(*) FROM \"SejoliImportRun\""), 0, "a dry run keeps nothing");
    let import = named(&rehearsed, "Next:");
    assert!(import.contains("--on-duplicate newest") && !import.contains("--dry-run"), "{import}");
    let imported = shell.types(&import);
    assert_done(&imported);
    let verified = shell.types(&named(&imported, "Next:"));
    assert_done(&verified);
    assert!(verified.stdout.contains("verified: "), "{verified:?}");
}

#[test]
fn a_dry_run_that_keeps_a_plan_leads_to_its_import() {
    let db = AppDatabase::new(Engine::Sqlite).with_schema();
    let shell = Shell::new(&db);
    let (shop, url) = (shop(&shell), db.url());
    let planned = shell.types(&format!(
        "sejoli-migrate --database-url {url} import all {shop} --create-memberships --dry-run --plan 'rencana 1.json'"
    ));
    assert_done(&planned);
    let import = named(&planned, "Next:");
    assert!(import.ends_with(" import --from-plan 'rencana 1.json'"), "{import}");
    let imported = shell.types(&import);
    assert_done(&imported);
    assert!(named(&imported, "Next:").ends_with("verify 'ekspor bulan ini' --products 'peta produk.csv'"));
}

#[test]
fn files_that_do_not_come_to_the_shops_figures_lead_to_no_import() {
    let db = AppDatabase::new(Engine::Sqlite).with_schema();
    let shell = Shell::new(&db);
    let shop = shop(&shell);
    let validated = shell.types(&format!("sejoli-migrate validate {shop} --expect-orders 7"));
    assert_eq!(validated.code, 4, "{validated:?}");
    assert!(!validated.stdout.contains("--dry-run"), "{validated:?}");
    assert!(validated.stdout.contains("\nNext: find out why"), "{validated:?}");
}

#[test]
fn a_password_is_in_no_command_that_is_shown() {
    let db = AppDatabase::new(Engine::Sqlite).with_schema();
    let shell = Shell::new(&db);
    let shop = shop(&shell);
    let url = "postgresql://shop:geheim@127.0.0.1:1/shop";
    let validated = shell.types(&format!("sejoli-migrate --database-url {url} validate {shop}"));
    let doctor = named(&validated, "Next:");
    assert!(doctor.contains("--database-url \"$DATABASE_URL\" doctor"), "{doctor}");
    assert!(!validated.stdout.contains("geheim"), "{validated:?}");
}
