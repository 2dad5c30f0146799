//! A bundle of proof says what the database was, and what has changed since.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::support::exit_code::{DONE, INPUT, USAGE, VERIFICATION_FAILED};
use crate::support::{
    AppDatabase, Engine, Outcome, fixture, imported, insert_app_user, json, on_each_engine,
};

fn bundled(db: &AppDatabase, more: &[&str]) -> (String, Outcome) {
    let file = db.path("proof.zip").display().to_string();
    let exports = fixture("clean").display().to_string();
    let args = ["report", "bundle", "--exports", &exports, "--out", &file];
    let outcome = db.run(&[&args[..], more].concat());
    (file, outcome)
}

fn checked(db: &AppDatabase, file: &str) -> Outcome {
    db.run(&["verify", "--bundle", file])
}

/// The archive with one of its files changed, or without it.
fn rewritten(from: &str, to: &Path, name: &str, change: Option<&dyn Fn(Vec<u8>) -> Vec<u8>>) {
    let mut archive = ZipArchive::new(fs::File::open(from).expect("the bundle")).expect("an archive");
    let mut copy = ZipWriter::new(fs::File::create(to).expect("a copy"));
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).expect("a file");
        let own = entry.name().expect("a name").into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("its bytes");
        if own == name {
            match change {
                Some(change) => bytes = change(bytes),
                None => continue,
            }
        }
        copy.start_file(own, SimpleFileOptions::default()).expect("a file");
        copy.write_all(&bytes).expect("its bytes");
    }
    copy.finish().expect("an archive");
}

fn a_bundle_holds_until_something_changes(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", &fixture("clean"), &[], DONE);
    let (file, made) = bundled(&db, &["--sign-command", "cksum <"]);
    assert_eq!(made.code, DONE, "{}{}", made.stdout, made.stderr);
    let mode = fs::metadata(&file).expect("the bundle").permissions().mode();
    assert_eq!(mode & 0o077, 0, "others may read it");
    let holds = checked(&db, &file);
    assert_eq!(holds.code, DONE, "{}{}", holds.stdout, holds.stderr);
    let mut archive = ZipArchive::new(fs::File::open(&file).expect("the bundle")).expect("an archive");
    let mut page = String::new();
    archive.by_name("report.html").expect("the page").read_to_string(&mut page).expect("a page");
    assert!(page.contains("From gross to revenue"));
    let copy = db.path("copy.zip");
    let name = copy.display().to_string();
    rewritten(
        &file,
        &copy,
        "books.json",
        Some(&|mut bytes| {
            bytes[3] ^= 1;
            bytes
        }),
    );
    let changed = checked(&db, &name);
    assert_eq!(changed.code, VERIFICATION_FAILED, "{}", changed.stderr);
    assert!(changed.stdout.contains("books.json has another content"), "{}", changed.stdout);
    rewritten(&file, &copy, "findings.json", None);
    assert!(checked(&db, &name).stdout.contains("findings.json is missing"));
    insert_app_user(&db, "u-late", "terlambat@example.org", "Terlambat", "MEMBER_FREE");
    db.sql("UPDATE \"Transaction\" SET \"amount\" = \"amount\" + 1 WHERE \"externalId\" = 'sejoli-10001'");
    let since = db.run(&["verify", "--bundle", &file, "--format", "json"]);
    assert_eq!(since.code, VERIFICATION_FAILED, "{}", since.stderr);
    let said = json(&since)["bundle"]["database"].to_string();
    assert!(said.contains("User had ") && said.contains("orders: gross was "), "{said}");
}

#[test]
fn what_is_no_bundle_is_said_in_a_sentence() {
    let db = AppDatabase::new(Engine::Sqlite);
    imported(&db, "all", &fixture("clean"), &[], DONE);
    let (file, made) = bundled(&db, &[]);
    assert_eq!(made.code, DONE, "{}{}", made.stdout, made.stderr);
    let bytes = fs::read(&file).expect("the bundle");
    let broken = db.path("broken.zip");
    let name = broken.display().to_string();
    for cut in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&broken, &bytes[..cut]).expect("a part of it");
        let outcome = checked(&db, &name);
        assert_eq!(outcome.code, INPUT, "{cut}: {}{}", outcome.stdout, outcome.stderr);
        assert!(outcome.stderr.contains("no bundle that can be read"), "{cut}: {}", outcome.stderr);
    }
    rewritten(&file, &broken, "database.json", Some(&|_| vec![b' '; (256 << 20) + 1]));
    let outcome = checked(&db, &name);
    assert_eq!(outcome.code, INPUT, "{}{}", outcome.stdout, outcome.stderr);
    assert!(outcome.stderr.contains("database.json: it is too large"), "{}", outcome.stderr);
    let wrong = db.run(&["report", "bundle", "--out", "proof.tar"]);
    assert_eq!(wrong.code, USAGE, "{}", wrong.stderr);
}

on_each_engine!(a_bundle_holds_until_something_changes);
