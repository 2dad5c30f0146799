//! Tells the binary of which commit it is made, where it is a release. A development build says "unknown": the tests would be
//! compiled anew after each commit.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SEJOLI_MIGRATE_COMMIT");
    let given = std::env::var("SEJOLI_MIGRATE_COMMIT").ok().filter(|commit| !commit.is_empty());
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = given.or_else(|| if is_release { of_git() } else { None });
    println!("cargo::rustc-env=BUILT_FROM={}", commit.as_deref().unwrap_or("unknown"));
}

/// The commit that is checked out here, `-dirty` where files were changed since; nothing in a tree without git, or in one that
/// is a part of another repository.
fn of_git() -> Option<String> {
    let folder = std::env::var("CARGO_MANIFEST_DIR").ok()?;
    if !Path::new(&folder).join(".git").exists() {
        return None;
    }
    // What the answer depends on: the history of HEAD, and whatever is compiled anyway when it changes.
    let history = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    for path in [history.as_str(), "src", "lang", "migrations", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={path}");
    }
    git(&["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"])
}

fn git(words: &[&str]) -> Option<String> {
    let output = Command::new("git").args(words).output().ok().filter(|output| output.status.success())?;
    let said = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (!said.is_empty()).then_some(said)
}
