//! A bundle of proof says what the database was, and what has changed since.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::support::exit_code::{DONE, INPUT, REFUSED, USAGE, VERIFICATION_FAILED};
use crate::support::{
    AppDatabase, Engine, Outcome, fixture, imported, insert_app_user, json, on_each_engine,
};

/// The forms of an archive.
const FORMS: [&str; 2] = ["zip", "tar.gz"];

fn bundled(db: &AppDatabase, form: &str, more: &[&str]) -> (String, Outcome) {
    let file = db.path(&format!("proof.{form}")).display().to_string();
    let exports = fixture("clean").display().to_string();
    let args = ["report", "bundle", "--exports", &exports, "--out", &file];
    let outcome = db.run(&[&args[..], more].concat());
    (file, outcome)
}

fn checked(db: &AppDatabase, file: &str) -> Outcome {
    db.run(&["verify", "--bundle", file])
}

type Files = Vec<(String, Vec<u8>)>;

/// The files of an archive, in their order.
fn unpacked(file: &str) -> Files {
    let opened = fs::File::open(file).expect("the bundle");
    if file.ends_with(".zip") {
        let mut archive = ZipArchive::new(opened).expect("an archive");
        let files = archive.len();
        let each = |at| {
            let mut entry = archive.by_index(at).expect("a file");
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("its bytes");
            (entry.name().expect("a name").into_owned(), bytes)
        };
        return (0..files).map(each).collect();
    }
    let mut archive = tar::Archive::new(GzDecoder::new(opened));
    let each = |entry: std::io::Result<tar::Entry<'_, GzDecoder<fs::File>>>| {
        let mut entry = entry.expect("a file");
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("its bytes");
        (entry.path().expect("a name").display().to_string(), bytes)
    };
    archive.entries().expect("files").map(each).collect()
}

/// An archive of these files.
fn packed(files: &Files, to: &Path) {
    let file = fs::File::create(to).expect("an archive");
    if to.extension().is_some_and(|ending| ending == "zip") {
        let mut archive = ZipWriter::new(file);
        for (name, bytes) in files {
            archive.start_file(name.as_str(), SimpleFileOptions::default()).expect("a file");
            archive.write_all(bytes).expect("its bytes");
        }
        archive.finish().expect("an archive");
        return;
    }
    let mut bytes = Vec::new();
    files.iter().for_each(|(name, content)| bytes.extend(entry(name, b'0', content.len() as u64, content)));
    bytes.extend([0; 1024]);
    gzip(&bytes, file);
}

/// A file in a tar archive as it stands there, whatever it claims.
fn entry(name: &str, kind: u8, size: u64, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    let begins = &mut header.as_old_mut().name;
    begins[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(tar::EntryType::new(kind));
    header.set_size(size);
    header.set_mode(0o600);
    header.set_cksum();
    let padding = vec![0; content.len().next_multiple_of(512) - content.len()];
    [header.as_bytes().as_slice(), content, &padding].concat()
}

fn gzip(bytes: &[u8], to: fs::File) {
    let mut gz = GzEncoder::new(to, Compression::default());
    gz.write_all(bytes).expect("an archive");
    gz.finish().expect("an archive");
}

/// The archive with one of its files changed, or without it.
fn rewritten(from: &str, to: &Path, name: &str, change: Option<&dyn Fn(Vec<u8>) -> Vec<u8>>) {
    let mut files = unpacked(from);
    files.retain(|(own, _)| own != name || change.is_some());
    let changed = files.iter_mut().filter(|(own, _)| own == name).zip(change);
    changed.for_each(|((_, bytes), change)| *bytes = change(std::mem::take(bytes)));
    packed(&files, to);
}

fn a_bundle_holds_until_something_changes(engine: Engine) {
    let db = AppDatabase::new(engine);
    imported(&db, "all", &fixture("clean"), &[], DONE);
    let sample = db.path("sample.pdf");
    fs::write(&sample, "ticked, and signed").expect("a file");
    let sample = sample.display().to_string();
    assert_eq!(db.run(&["verify", "--signed", &sample, "--by", "Rina"]).code, DONE);
    for form in FORMS {
        let (file, made) = bundled(&db, form, &[]);
        assert_eq!(made.code, DONE, "{}{}", made.stdout, made.stderr);
        let mode = fs::metadata(&file).expect("the bundle").permissions().mode();
        assert_eq!(mode & 0o077, 0, "others may read it");
        let holds = checked(&db, &file);
        assert_eq!(holds.code, DONE, "{}{}", holds.stdout, holds.stderr);
        let files: BTreeMap<String, Vec<u8>> = unpacked(&file).into_iter().collect();
        let page = String::from_utf8_lossy(&files["report.html"]);
        assert!(page.contains("From gross to revenue") && page.contains("Signed: sample.pdf"));
        let signed: serde_json::Value = serde_json::from_slice(&files["signatures.json"]).expect("JSON");
        assert_eq!((&signed[0]["file"], &signed[0]["by"]), (&"sample.pdf".into(), &"Rina".into()));
        let copy = db.path(&format!("copy.{form}"));
        let name = copy.display().to_string();
        let flipped = |mut bytes: Vec<u8>| {
            bytes[3] ^= 1;
            bytes
        };
        rewritten(&file, &copy, "books.json", Some(&flipped));
        let changed = checked(&db, &name);
        assert_eq!(changed.code, VERIFICATION_FAILED, "{}", changed.stderr);
        assert!(changed.stdout.contains("books.json has another content"), "{}", changed.stdout);
        rewritten(&file, &copy, "findings.json", None);
        assert!(checked(&db, &name).stdout.contains("findings.json is missing"));
    }
    assert_eq!(db.run(&["verify", "--signed", &sample, "--by", "Dewi"]).code, DONE);
    insert_app_user(&db, "u-late", "terlambat@example.org", "Terlambat", "MEMBER_FREE");
    db.sql("UPDATE \"Transaction\" SET \"amount\" = \"amount\" + 1 WHERE \"externalId\" = 'sejoli-10001'");
    for form in FORMS {
        let file = db.path(&format!("proof.{form}")).display().to_string();
        let since = db.run(&["verify", "--bundle", &file, "--format", "json"]);
        assert_eq!(since.code, VERIFICATION_FAILED, "{}", since.stderr);
        let said = json(&since)["bundle"]["database"].to_string();
        for what in
            ["User had ", "rows of Transaction have been written", "orders: gross was ", " was signed since"]
        {
            assert!(said.contains(what), "{what}: {said}");
        }
    }
}

#[track_caller]
fn assert_no_bundle(db: &AppDatabase, file: &Path, why: &str) {
    let outcome = checked(db, &file.display().to_string());
    assert_eq!(outcome.code, INPUT, "{why}: {}{}", outcome.stdout, outcome.stderr);
    let said = &outcome.stderr;
    assert!(said.contains("no bundle that can be read") && said.contains(why), "{why}: {said}");
}

#[test]
fn what_is_no_bundle_is_said_in_a_sentence() {
    let db = AppDatabase::new(Engine::Sqlite);
    imported(&db, "all", &fixture("clean"), &[], DONE);
    for form in FORMS {
        let (file, made) = bundled(&db, form, &[]);
        assert_eq!(made.code, DONE, "{}{}", made.stdout, made.stderr);
        let bytes = fs::read(&file).expect("the bundle");
        let broken = db.path(&format!("broken.{form}"));
        // The last eight bytes of gzip are its checksum, which no file needs.
        for cut in [0, 1, bytes.len() / 2, bytes.len() - 8, bytes.len() - 1] {
            fs::write(&broken, &bytes[..cut]).expect("a part of it");
            assert_no_bundle(&db, &broken, "");
        }
        rewritten(&file, &broken, "database.json", Some(&|_| vec![b' '; (256 << 20) + 1]));
        assert_no_bundle(&db, &broken, "database.json: it is too large");
        for name in ["../escaped.json", "/tmp/escaped.json", "a/b.json", "..", ".hidden", "a\\b"] {
            packed(&[unpacked(&file), vec![(name.to_owned(), b"{}".to_vec())]].concat(), &broken);
            assert_no_bundle(&db, &broken, "is no plain name of a file");
        }
    }
    let wrong = db.run(&["report", "bundle", "--out", "proof.tar"]);
    assert_eq!(wrong.code, USAGE, "{}", wrong.stderr);
}

#[test]
fn an_archive_that_says_two_things_is_no_bundle() {
    let db = AppDatabase::new(Engine::Sqlite);
    imported(&db, "all", &fixture("clean"), &[], DONE);
    let (file, made) = bundled(&db, "tar.gz", &[]);
    assert_eq!(made.code, DONE, "{}{}", made.stdout, made.stderr);
    let files = unpacked(&file);
    let broken = db.path("broken.tar.gz");
    let twice = [files.clone(), vec![("books.json".to_owned(), b"{}".to_vec())]].concat();
    packed(&twice, &broken);
    assert_no_bundle(&db, &broken, "books.json is there twice");
    let whole = |more: &[u8]| {
        let each = files.iter().flat_map(|(name, bytes)| entry(name, b'0', bytes.len() as u64, bytes));
        each.chain(more.iter().copied()).collect::<Vec<u8>>()
    };
    let written = |bytes: &[u8]| gzip(bytes, fs::File::create(&broken).expect("an archive"));
    let end = [0; 1024];
    // A link, and a name for the entry behind it that is another than its own.
    for (name, kind) in [("report.pdf", b'2'), ("report.pdf", b'1'), ("././@LongLink", b'L'), ("pax", b'x')] {
        written(&whole(&[entry(name, kind, 0, b""), end.to_vec()].concat()));
        assert_no_bundle(&db, &broken, "it has more than files");
    }
    written(&whole(&[entry("more.json", b'0', 1 << 40, b"{}"), end.to_vec()].concat()));
    assert_no_bundle(&db, &broken, "more.json: it is cut");
    written(&whole(&[end.as_slice(), b"more"].concat()));
    assert_no_bundle(&db, &broken, "it goes on behind its end");
    let bytes = fs::read(&file).expect("the bundle");
    fs::write(&broken, [bytes.as_slice(), b"more"].concat()).expect("a longer one");
    assert_no_bundle(&db, &broken, "it goes on behind its end");
    // Two names of a zip archive, made one by its bytes: the library writes no name twice.
    let zip = db.path("broken.zip");
    packed(&[files, vec![("bookz.json".to_owned(), b"{}".to_vec())]].concat(), &zip);
    let mut bytes = fs::read(&zip).expect("an archive");
    let places: Vec<usize> =
        bytes.windows(10).enumerate().filter(|(_, ten)| ten == b"bookz.json").map(|(at, _)| at).collect();
    assert_eq!(places.len(), 2, "before its bytes, and in the list");
    places.iter().for_each(|at| bytes[at + 4] = b's');
    fs::write(&zip, bytes).expect("an archive");
    assert_no_bundle(&db, &zip, "it has a name twice");
}

/// Runs minisign, and says whether it agrees.
fn minisign(args: &[&str]) -> bool {
    let output = Command::new("minisign").args(args).stdin(Stdio::null()).output();
    output.expect("minisign is installed").status.success()
}

#[test]
fn a_bundle_is_signed_by_minisign_and_one_changed_byte_is_noticed() {
    let db = AppDatabase::new(Engine::Sqlite);
    imported(&db, "all", &fixture("clean"), &[], DONE);
    let (secret, public) = (db.path("secret.key"), db.path("public.key"));
    let (secret, public) = (secret.display().to_string(), public.display().to_string());
    assert!(minisign(&["-G", "-W", "-s", &secret, "-p", &public]), "a pair of keys");
    for form in FORMS {
        let (file, made) = bundled(
            &db,
            form,
            &["--sign-command", &format!("minisign -S -s '{secret}' -m"), "--format", "json"],
        );
        assert_eq!(made.code, DONE, "{}{}", made.stdout, made.stderr);
        assert_eq!(json(&made)["signed"], true, "what the command prints is no part of the document");
        assert!(minisign(&["-V", "-p", &public, "-m", &file]), "{file}");
        assert_eq!(checked(&db, &file).code, DONE);
        let mut bytes = fs::read(&file).expect("the bundle");
        *bytes.last_mut().expect("a byte") ^= 1;
        fs::write(&file, bytes).expect("another one");
        assert!(!minisign(&["-V", "-p", &public, "-m", &file]), "{file}");
    }
}

#[test]
fn a_bundle_that_could_not_be_signed_stays_and_says_so() {
    let db = AppDatabase::new(Engine::Sqlite);
    imported(&db, "all", &fixture("clean"), &[], DONE);
    for (command, why) in [
        ("false", "`false` has failed (exit status: 1)"),
        ("kill -9 $$;", "has failed (signal: 9"),
        ("/nowhere/minisign -Sm", "`/nowhere/minisign -Sm` was not found"),
    ] {
        let (file, made) = bundled(&db, "zip", &["--sign-command", command, "--format", "json"]);
        assert_eq!(made.code, REFUSED, "{}{}", made.stdout, made.stderr);
        assert!(made.stderr.contains("is written and whole, but NOT SIGNED"), "{}", made.stderr);
        assert!(made.stderr.contains(why), "{why}: {}", made.stderr);
        assert_eq!(json(&made)["signed"], false);
        assert_eq!(checked(&db, &file).code, DONE, "the bundle itself holds");
    }
}

on_each_engine!(a_bundle_holds_until_something_changes);
