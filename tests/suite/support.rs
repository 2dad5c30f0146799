//! What every test needs: a folder of its own, the binary, and a look into the database.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use sejoli_migrate::store::value::Cell;
use sejoli_migrate::store::{Mode, Store};

/// How a command ended.
#[derive(Debug)]
pub struct Outcome {
    /// Its exit code.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it said.
    pub stderr: String,
}

/// Runs the binary, with nothing of the tester's own settings.
pub fn tool(args: &[&str]) -> Outcome {
    let output = Command::new(env!("CARGO_BIN_EXE_sejoli-migrate"))
        .args(args)
        .env_remove("DATABASE_URL")
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs");
    Outcome {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A folder that goes with the test.
pub fn workspace() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// The project's own fixtures.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// The time that stands in for now in tests.
pub const AS_OF: &str = "2026-01-01T00:00:00+07:00";

/// A shop's database with the schema applied, in a folder of its own.
pub struct Shop {
    /// The folder.
    pub folder: tempfile::TempDir,
}

impl Shop {
    /// An empty database.
    pub fn new() -> Self {
        let shop = Self { folder: workspace() };
        let applied = shop.run(&["schema", "apply"]);
        assert_eq!(applied.code, 0, "{applied:?}");
        shop
    }

    /// A path in the shop's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The database's URL.
    pub fn url(&self) -> String {
        format!("file:{}", self.path("shop.db").display())
    }

    /// Runs a command on this database.
    pub fn run(&self, args: &[&str]) -> Outcome {
        let url = self.url();
        let mut all = vec!["--database-url", url.as_str()];
        all.extend(args);
        tool(&all)
    }

    /// Imports with a fixed now, and the memberships that the product map names.
    pub fn import(&self, what: &str, path: &Path, more: &[&str]) -> Outcome {
        let (path, out) = (path.display().to_string(), self.path("out").display().to_string());
        let mut args = vec!["import", what, path.as_str(), "--out", out.as_str(), "--as-of", AS_OF];
        args.push("--create-memberships");
        args.extend(more);
        self.run(&args)
    }

    /// Runs SQL, as the app would.
    pub fn sql(&self, sql: &str) {
        let path = self.path("shop.db");
        SqliteConnection::establish(&path.to_string_lossy())
            .expect("the database opens")
            .batch_execute(sql)
            .expect("the statement runs");
    }

    /// The rows of a query.
    pub fn query(&self, sql: &str) -> Vec<Vec<Cell>> {
        let mut store = Store::open(&self.url(), Mode::Read).expect("the database opens");
        store.query(sql, &[]).expect("the query runs")
    }

    /// The one number that a query answers.
    pub fn number(&self, sql: &str) -> i64 {
        match self.query(sql).first().and_then(|row| row.first()) {
            Some(Cell::Int(number)) => *number,
            other => panic!("{sql}: {other:?}"),
        }
    }
}
