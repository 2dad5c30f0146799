//! The binary at work in the background, to be watched, disturbed and ended.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use crate::support::{AS_OF, Shop};

/// The binary at work on a database.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    pub(crate) fn start(shop: &Shop, args: &[&str]) -> Self {
        Self::spawn(Command::new(env!("CARGO_BIN_EXE_sejoli-migrate")), &shop.url(), args)
    }

    /// The same on a database that is reached by another URL, or by a command that runs the binary.
    pub(crate) fn spawn(mut command: Command, url: &str, args: &[&str]) -> Self {
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

    pub(crate) fn import(shop: &Shop, exports: &Path, batch_size: &str) -> Self {
        let (path, out) = (exports.display().to_string(), shop.path("out").display().to_string());
        let options = ["--as-of", AS_OF, "--create-memberships", "--batch-size", batch_size];
        Self::start(shop, &[&["import", "all", &path, "--out", &out], options.as_slice()].concat())
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().expect("the process is ours")
    }

    #[track_caller]
    pub(crate) fn must_live(&mut self) {
        if let Some(status) = self.ended() {
            let mut said = String::new();
            let _ = self.0.stderr.take().map(|mut stderr| stderr.read_to_string(&mut said));
            panic!("it was over too soon: {status}\n{said}");
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.0.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// `kill -9`, wherever it is; how it ended, which it may have done before, and what it said.
    pub(crate) fn kill(mut self) -> (ExitStatus, String) {
        self.0.kill().expect("the process is ours");
        let output = self.0.wait_with_output().expect("the process ends");
        (output.status, String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Whether it is still at it.
    pub(crate) fn lives(&mut self) -> bool {
        self.ended().is_none()
    }

    /// Waits until a transaction has begun to write, or the process has ended.
    pub(crate) fn until_it_writes(&mut self, shop: &Shop) {
        while !is_writing(shop) && self.lives() {}
    }

    /// Waits until a number of transactions have begun to write; the process must live until then.
    /// To look at SQLite's journal disturbs nobody.
    #[track_caller]
    pub(crate) fn writes(&mut self, shop: &Shop, transactions: u64) {
        let (mut seen, mut wrote) = (0, false);
        while seen < transactions {
            let writes = is_writing(shop);
            seen += u64::from(writes && !wrote);
            wrote = writes;
            if !writes {
                self.must_live();
            }
        }
    }

    /// Waits until it has said something; the process must live until then. What it says later is left to be read.
    #[track_caller]
    pub(crate) fn says(&mut self, words: &str) -> String {
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

    pub(crate) fn end(self) -> (i32, String) {
        let output = self.0.wait_with_output().expect("the process ends");
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// Whether a transaction is at work on SQLite's file: its journal has a beginning then. Between two of them it is
/// missing, or begins with a zero.
fn is_writing(shop: &Shop) -> bool {
    let mut first = [0];
    let journal = File::open(shop.path("shop.db-journal"));
    journal.is_ok_and(|mut journal| journal.read(&mut first).is_ok()) && first != [0]
}
