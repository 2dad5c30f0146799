//! Servers of a test's own, from the installed packages, on a free port: what a test does to a server (stops it, fills
//! its disk, gives it a certificate) must not reach the tests beside it. Servers do not run as root.

#[cfg(any(feature = "postgres", feature = "mysql"))]
use std::fs::Permissions;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[cfg(any(feature = "postgres", feature = "mysql"))]
use super::library::{Cell, DatabaseUse, Store};
pub use super::programs::{as_user, give, program, run};

/// A server that ends with its test.
pub struct Server(Child);

impl Server {
    /// Starts it and waits until `answers`.
    #[track_caller]
    pub fn start(command: &mut Command, log: &Path, answers: impl Fn() -> bool) -> Self {
        let output = std::fs::File::create(log).expect("a log");
        let errors = output.try_clone().expect("a log");
        let child = command.stdout(output).stderr(errors).spawn().expect("the server starts");
        let mut server = Self(child);
        let until = Instant::now() + Duration::from_secs(60);
        while !answers() {
            let ended = server.0.try_wait().expect("the process is ours");
            let said = || std::fs::read_to_string(log).unwrap_or_default();
            assert!(ended.is_none() && Instant::now() < until, "the server does not answer: {}", said());
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// Sends it a signal.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub fn signal(&self, name: &str) {
        run(Command::new("kill").args([name, &self.0.id().to_string()]));
    }

    /// Kills it at once, with all that it has not written yet.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub fn crash(mut self) {
        self.0.kill().expect("the process is ours");
        self.0.wait().expect("the process ends");
    }
}

/// Waits until something is so, for a minute at most.
#[cfg(any(feature = "postgres", feature = "mysql"))]
#[track_caller]
pub fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < until, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // PostgreSQL ends at once on SIGINT and waits for its clients on SIGTERM.
        let _ = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status();
        let until = Instant::now() + Duration::from_secs(2);
        while self.0.try_wait().ok().flatten().is_none() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The script that makes and serves servers of a test's own.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub fn script(args: &[&str]) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers.sh"));
    command.args(args).stdin(Stdio::null());
    command
}

/// A port that nobody listens on.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// How many COMMITs these bytes to a server hold; READ COMMITTED is none.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub fn count_commits(said: &[u8]) -> u64 {
    let ends = |at: usize| said.get(at + 6).is_none_or(|next| !next.is_ascii_alphabetic());
    said.windows(6).enumerate().filter(|(at, word)| *word == b"COMMIT" && ends(*at)).count() as u64
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
/// A folder that the servers' users may pass through.
pub fn server_folder() -> tempfile::TempDir {
    let folder = super::workspace();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).expect("a folder");
    folder
}

/// Makes the data of a server.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub fn init(kind: &str, data: &Path) {
    let made = script(&["init", kind, &data.display().to_string()]).status();
    assert!(made.expect("the script runs").success(), "a server's data are made");
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
/// Starts a server on data and a port and waits until it answers this question with this text.
pub fn serve(
    kind: &str,
    (data, url, port): (&Path, &str, u16),
    more: &[String],
    answer: (&str, &str),
) -> Server {
    let (data_path, port) = (data.display().to_string(), port.to_string());
    let mut words = vec!["serve", kind, &data_path, &port];
    words.extend(more.iter().map(String::as_str));
    let log = data.with_extension("log");
    Server::start(&mut script(&words), &log, || answers(url, answer.0) == Some(answer.1.to_owned()))
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
/// The last cell of the first row that a server answers with; nothing while it does not answer.
pub fn answers(url: &str, question: &str) -> Option<String> {
    let mut store = Store::open(url, DatabaseUse::Read).ok()?;
    let rows = store.query(question, &[]).ok()?;
    match rows.first()?.last()? {
        Cell::Text(text) => Some(text.clone()),
        Cell::Int(number) => Some(number.to_string()),
        other => Some(format!("{other:?}")),
    }
}
