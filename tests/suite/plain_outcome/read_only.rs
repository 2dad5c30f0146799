//! A database that may only be read is read: `status`, `report`, `verify` and `schema check` need nothing more.

use std::fs;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use super::{ALL, clean};
use crate::support::exit_code::{DATABASE, DONE, VERIFICATION_FAILED};
#[cfg(any(feature = "postgres", feature = "mysql"))]
use crate::support::tool;
use crate::support::{AppDatabase, Engine, Outcome, imported};

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("a mode");
}

/// The commands that only read, and an import, which is refused.
fn assert_only_read(files: &str, run: impl Fn(&[&str]) -> Outcome) {
    for args in [&["status"][..], &["report"], &["verify", files], &["verify"]] {
        let outcome = run(args);
        assert_eq!(outcome.code, DONE, "{args:?}: {outcome:?}");
    }
    // Whatever it says of the person, it needs no right but to read.
    let told = run(&["verify", "--person", "lodetur28@gudang.example.net"]);
    assert!([DONE, VERIFICATION_FAILED].contains(&told.code), "{told:?}");
    assert!(told.stdout.starts_with("Account\n  Lodetur Fenamfin"), "{}", told.stdout);
    let checked = run(&["schema", "check"]);
    assert_eq!(checked.code, DATABASE, "an import cannot begin: {checked:?}");
    assert!(checked.prose().contains("ready, but read-only"), "{}", checked.stdout);
    let refused = run(&["import", "all", files]);
    assert_eq!(refused.code, DATABASE, "{refused:?}");
    assert!(refused.stderr.contains("may not insert, update and delete"), "{}", refused.stderr);
}

/// The same for a file in each of the journal modes that an app may use.
#[test]
fn l38_a_file_that_may_only_be_read_is_read() {
    for mode in ["DELETE", "WAL"] {
        let (files, db) = (clean(&ALL), AppDatabase::new(Engine::Sqlite));
        imported(&db, "all", files.path(), &[], DONE);
        db.store(crate::support::library::DatabaseUse::Write)
            .run_script(&format!("PRAGMA journal_mode = {mode}"))
            .expect("a journal mode");
        for path in [files.path(), db.folder.path()] {
            set_mode(path, 0o555);
        }
        set_mode(&db.path("shop.db"), 0o444);
        let url = format!("file:{}", db.path("shop.db").display());
        assert_only_read(&files.path().display().to_string(), |args| {
            let mut command = ordinary_user(env!("CARGO_BIN_EXE_sejoli-migrate"));
            command.args(["--database-url", &url]).args(args).current_dir("/");
            command.output().expect("the binary runs").into()
        });
        set_mode(db.folder.path(), 0o755);
        set_mode(files.path(), 0o755);
    }
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

/// A URL with another user.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn as_user(db: &AppDatabase, user: &str, password: Option<&str>) -> String {
    let mut url = url::Url::parse(&db.url()).expect("a URL");
    url.set_username(user).expect("a user");
    url.set_password(password).expect("a password");
    url.into()
}

#[cfg(feature = "postgres")]
#[test]
fn l38_a_user_who_may_only_read_reads_on_postgres() {
    let (files, db) = (clean(&ALL), AppDatabase::new(Engine::Postgres));
    imported(&db, "all", files.path(), &[], DONE);
    let role = format!("only_reads_{}", std::process::id());
    db.sql(&format!("CREATE ROLE {role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"));
    let url = as_user(&db, &role, None);
    let read = std::panic::catch_unwind(|| {
        assert_only_read(&files.path().display().to_string(), |args| {
            tool(&[&["--database-url", url.as_str()], args].concat())
        });
    });
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    read.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

#[cfg(feature = "mysql")]
#[test]
fn l38_a_user_who_may_only_read_reads_on_mysql() {
    let (files, db) = (clean(&ALL), AppDatabase::new(Engine::Mysql));
    imported(&db, "all", files.path(), &[], DONE);
    let user = format!("only_reads_{}", std::process::id());
    let url = url::Url::parse(&db.url()).expect("a URL");
    let database = url.path().trim_start_matches('/').to_owned();
    db.sql(&format!("CREATE USER {user} IDENTIFIED BY 'p'; GRANT SELECT ON {database}.* TO {user}"));
    let url = as_user(&db, &user, Some("p"));
    let read = std::panic::catch_unwind(|| {
        assert_only_read(&files.path().display().to_string(), |args| {
            tool(&[&["--database-url", url.as_str()], args].concat())
        });
    });
    db.sql(&format!("DROP USER {user}"));
    read.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}
