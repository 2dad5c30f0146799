//! A private server on a port of its own, to be stopped and started again.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use crate::support::library::{DatabaseUse, Store};
use crate::support::{Engine, free_port, script, workspace};

/// How often a server is asked whether it answers, and how long between two questions.
const TRIES: u32 = 1_000;
const PAUSE: Duration = Duration::from_millis(50);

/// A server of our own; it goes with the test.
pub(super) struct SoakServer {
    engine: Engine,
    folder: tempfile::TempDir,
    port: u16,
    process: Child,
}

impl SoakServer {
    pub(super) fn new(engine: Engine) -> Self {
        let folder = workspace();
        // The server may run as another user.
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).expect("a folder");
        let data = folder.path().join("data");
        let made = script(&["init", kind(engine), &data.display().to_string()]).status();
        assert!(made.expect("the script runs").success(), "a server's data are made");
        let port = free_port();
        let process = serve(engine, &data, port);
        let mut server = Self { engine, folder, port, process };
        server.answers();
        server
    }

    pub(super) fn url(&self) -> String {
        match self.engine.is_postgres() {
            true => format!("postgresql://postgres@127.0.0.1:{}/postgres", self.port),
            false => format!("mysql://root@127.0.0.1:{}/mysql", self.port),
        }
    }

    /// Ends it by a signal, and waits until it has gone.
    pub(super) fn stop(&mut self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.process.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
        self.process.wait().expect("the server ends");
    }

    /// Starts it again, and waits until it answers.
    pub(super) fn start(&mut self) {
        self.process = serve(self.engine, &self.data(), self.port);
        self.answers();
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn answers(&mut self) {
        for _ in 0..TRIES {
            if Store::open(&self.url(), DatabaseUse::Read).is_ok() {
                return;
            }
            // What a killed server has left may stand in the way for a moment.
            if self.process.try_wait().expect("the server is ours").is_some() {
                self.process = serve(self.engine, &self.data(), self.port);
            }
            thread::sleep(PAUSE);
        }
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        panic!("the server does not answer:\n{log}");
    }
}

impl Drop for SoakServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn kind(engine: Engine) -> &'static str {
    if engine.is_postgres() { "postgres" } else { "mysql" }
}

fn serve(engine: Engine, data: &Path, port: u16) -> Child {
    let log = std::fs::File::create(data.with_file_name("log")).expect("a log");
    let second = log.try_clone().expect("a log");
    let mut command = script(&["serve", kind(engine), &data.display().to_string(), &port.to_string()]);
    command.stdout(log).stderr(second).spawn().expect("the server starts")
}
