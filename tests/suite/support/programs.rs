//! Programs of installed packages, and as whom they run: servers do not run as root.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The program of a package; without it the test fails and says what to install.
pub fn program(name: &str, package: &str) -> PathBuf {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.push(PathBuf::from("/usr/sbin"));
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    folders.extend(versions.map(|version| version.path().join("bin")));
    let found = folders.into_iter().map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("the test needs {name}: install the package {package}"))
}

/// Whether the tests run as root, as whom a server does not run.
fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id runs").stdout;
    id.starts_with(b"0\n")
}

/// A command that runs as a server's user, where the tests run as root.
pub fn as_user(user: &str, program: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args([&format!("--reuid={user}"), &format!("--regid={user}"), "--init-groups"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.stdin(Stdio::null()).current_dir("/");
    command
}

/// Gives a folder and what is in it to a server's user, where the tests run as root.
pub fn give(user: &str, folder: &Path) {
    if is_root() {
        run(Command::new("chown").arg("-R").arg(format!("{user}:{user}")).arg(folder));
    }
}

/// Runs a command that must succeed.
#[track_caller]
pub fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
