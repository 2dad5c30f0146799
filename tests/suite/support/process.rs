//! The binary in the background: watched, signalled and killed while it works.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use super::{AS_OF, AppDatabase};

/// The binary at work on a database.
pub struct BackgroundTool(pub(crate) Child);

impl BackgroundTool {
    /// Starts a command on a database.
    pub fn start(db: &AppDatabase, args: &[&str]) -> Self {
        Self::spawn(Command::new(env!("CARGO_BIN_EXE_sejoli-migrate")), &db.url(), args)
    }

    /// The same on a database that is reached by another URL, or by a command that runs the binary.
    pub fn spawn(mut command: Command, url: &str, args: &[&str]) -> Self {
        let child = command
            .args(["--database-url", url])
            .args(args)
            .env_remove("DATABASE_URL")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        Self(child)
    }

    /// Starts an import of everything.
    pub fn import(db: &AppDatabase, exports: &Path, batch_size: &str) -> Self {
        let (path, out) = (exports.display().to_string(), db.path("out").display().to_string());
        let options = ["--as-of", AS_OF, "--create-memberships", "--batch-size", batch_size];
        Self::start(db, &[&["import", "all", &path, "--out", &out], options.as_slice()].concat())
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().expect("the process is ours")
    }

    /// Fails with what it said if it has ended.
    #[track_caller]
    pub fn assert_running(&mut self) {
        if let Some(status) = self.ended() {
            let mut said = String::new();
            let _ = self.0.stderr.take().map(|mut stderr| stderr.read_to_string(&mut said));
            panic!("it was over too soon: {status}\n{said}");
        }
    }

    /// Sends a signal, such as `-TERM`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.0.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// `kill -9`, wherever it is; how it ended, which it may have done before, and what it said.
    pub fn kill(mut self) -> (ExitStatus, String) {
        self.0.kill().expect("the process is ours");
        let output = self.0.wait_with_output().expect("the process ends");
        (output.status, String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Whether it is still at it.
    pub fn is_running(&mut self) -> bool {
        self.ended().is_none()
    }

    /// Waits until a transaction has begun to write, or the process has ended.
    pub fn wait_for_write(&mut self, db: &AppDatabase) {
        while !is_writing(db) && self.is_running() {}
    }

    /// Waits until a number of transactions have begun to write; the process must live until then.
    /// To look at SQLite's journal disturbs nobody.
    #[track_caller]
    pub fn wait_for_writes(&mut self, db: &AppDatabase, transactions: u64) {
        let (mut seen, mut wrote) = (0, false);
        while seen < transactions {
            let writes = is_writing(db);
            seen += u64::from(writes && !wrote);
            wrote = writes;
            if !writes {
                self.assert_running();
            }
        }
    }

    /// Waits until it has said something; the process must live until then. What it says later is left to be read.
    #[track_caller]
    pub fn wait_for_message(&mut self, words: &str) -> String {
        let mut said = Vec::new();
        let mut byte = [0];
        let stderr = self.0.stderr.as_mut().expect("stderr is ours");
        while !String::from_utf8_lossy(&said).contains(words) {
            let read = stderr.read(&mut byte).expect("stderr is read");
            assert!(read == 1, "it ended without {words:?}: {}", String::from_utf8_lossy(&said));
            said.extend(byte);
        }
        String::from_utf8_lossy(&said).into_owned()
    }

    /// Waits for its end: the exit code and what it said.
    pub fn end(self) -> (i32, String) {
        let output = self.0.wait_with_output().expect("the process ends");
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// Whether a transaction is at work on SQLite's file: its journal has a beginning then. Between two of them it is
/// missing, or begins with a zero.
fn is_writing(db: &AppDatabase) -> bool {
    let mut first = [0];
    let journal = File::open(db.path("shop.db-journal"));
    journal.is_ok_and(|mut journal| journal.read(&mut first).is_ok()) && first != [0]
}
