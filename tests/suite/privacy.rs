//! L29: secrets and customers' data stood in logs. Every command, in good and in bad cases, is listened
//! to at its loudest; what it says and writes is searched for a password and for people.

use std::fs;
use std::path::Path;

use crate::support::{AS_OF, AppDatabase, Engine, Exports, Outcome, on_each_engine, texts, tool};

const PASSWORD: &str = "kenari-rahasia-77";
const PEOPLE: [&str; 4] = ["kenari.pembeli", "kenari.rusak", "81298765432", "Kenari Pembeli Contoh"];
const ESCAPE: &str = "\u{1b}]0;diambil alih\u{7}\u{1b}[2J\u{202e}";

/// A shop's exports with people whom nobody may hear of, and names that would move a terminal.
fn exports() -> Exports {
    let (exports, _) = Exports::generated(60);
    let mut orders = exports.sheet("orders.csv");
    for (row, email, status) in [
        (0, "kenari.pembeli@example.org", "PAID"),
        (1, "kenari.pembeli@example.org", "tunda?"),
        (2, "kenari.rusak@@example.org", "PAID"),
        (3, "KENARI.Pembeli2@example.org", "PAID"),
    ] {
        orders.set(row, "buyer_email", email);
        orders.set(row, "payment_status", status);
        orders.set(row, "buyer_phone", "+6281298765432");
        orders.set(row, "buyer_name", "Kenari Pembeli Contoh");
    }
    orders.set(4, "product_id", "404");
    orders.set(4, "product_name", &format!("Judul {ESCAPE} berbahaya"));
    orders.set(5, "order_date", "kemarin kenari.rusak@example.org");
    orders.set(6, "buyer_phone", "81298765432 atau tidak");
    orders.write(&exports.path().join("orders.csv"));
    let mut members = exports.sheet("memberships.csv");
    members.set(0, "user_email", "kenari.rusak@@example.org");
    members.set(1, "user_email", "kenari.pembeli@example.org");
    members.set(1, "start_date", "kemarin");
    members.write(&exports.path().join("memberships.csv"));
    let mut affiliates = exports.sheet("affiliates.csv");
    affiliates.set(0, "affiliate_email", "kenari.rusak@@example.org");
    affiliates.set(1, "affiliate_email", "kenari.pembeli@example.org");
    affiliates.set(2, "affiliate_email", "kenari.pembeli@example.org");
    affiliates.write(&exports.path().join("affiliates.csv"));
    exports
}

#[track_caller]
fn assert_silent(text: &str, secrets: &[&str], what: &str) {
    let lower = text.to_lowercase();
    for secret in secrets {
        assert!(!lower.contains(&secret.to_lowercase()), "{what} tells {secret}:\n{text}");
    }
}

#[track_caller]
fn assert_tells_nobody(outcome: &Outcome, what: &str) {
    let secrets: Vec<&str> = PEOPLE.into_iter().chain([PASSWORD]).collect();
    assert_silent(&outcome.stdout, &secrets, what);
    assert_silent(&outcome.stderr, &secrets, what);
    for text in [&outcome.stdout, &outcome.stderr] {
        assert!(!text.contains(['\u{1b}', '\u{7}']), "{what} moves the terminal:\n{text:?}");
    }
    assert!(!outcome.stderr.contains("a bug of the tool"), "{what}: {}", outcome.stderr);
}

/// Every file of a run but the rejects, which are the source's rows.
fn assert_files_tell_nobody(folder: &Path) {
    let mut seen = 0;
    for run in fs::read_dir(folder).expect("the folder").flatten() {
        for file in fs::read_dir(run.path()).expect("the run's folder").flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            if name.starts_with("rejected-") {
                continue;
            }
            let text = fs::read_to_string(file.path()).expect("a file");
            assert_silent(&text, &PEOPLE, &name);
            seen += 1;
        }
    }
    assert!(seen > 0, "files were written");
}

/// The shop's URL with a password; of a server that asks for none, or none that it would take.
fn with_password(engine: Engine, url: &str) -> Option<String> {
    match engine {
        #[cfg(feature = "postgres")]
        Engine::Postgres => Some(url.replacen("postgres@", &format!("postgres:{PASSWORD}@"), 1)),
        _ => None,
    }
}

fn l29_no_command_tells_a_password_or_who_a_customer_is(engine: Engine) {
    let (exports, db) = (exports(), AppDatabase::new(engine));
    let (path, out) = (exports.path().display().to_string(), db.path("out").display().to_string());
    let url = with_password(engine, &db.url()).unwrap_or_else(|| db.url());
    let log = db.path("log.jsonl").display().to_string();
    let run = |args: &[&str]| {
        drop(db.store(crate::support::library::DatabaseUse::Read));
        for format in ["text", "json"] {
            let global = ["--database-url", url.as_str(), "-vv", "--format", format, "--log-file", &log];
            assert_tells_nobody(&tool(&[global.as_slice(), args].concat()), &format!("{args:?} {format}"));
        }
    };
    let options = ["--as-of", AS_OF, "--create-memberships", "--out", out.as_str()];
    run(&["validate", &path, "--out", &out, "--preview", "9", "--high-value", "1", "--expect-orders", "1"]);
    run(&[&["import", "all", &path, "--dry-run"], options.as_slice()].concat());
    db.sql("CREATE UNIQUE INDEX one_name ON \"Transaction\"(\"customerName\")");
    run(&[&["import", "all", &path], options.as_slice()].concat());
    run(&["verify", &path]);
    run(&["verify"]);
    db.sql("UPDATE \"User\" SET \"name\" = 'Kenari Pembeli Contoh', \"phone\" = NULL");
    run(&["verify", &path]);
    let id = texts(&db, "SELECT \"id\" FROM \"SejoliImportRun\" ORDER BY \"startedAt\" LIMIT 1").remove(0);
    for args in [
        vec!["status"],
        vec!["status", &id],
        vec!["report"],
        vec!["schema", "check"],
        vec!["schema", "status"],
        vec!["schema", "revert"],
        vec!["unlock"],
        vec!["explain"],
        vec!["retry", &id],
        vec!["rollback", "--last", "--dry-run"],
        vec!["rollback", "--last", "--yes"],
        vec!["rollback", "--last", "--yes", "--keep-edited"],
        vec!["purge", &id],
        vec!["purge", &id, "--yes"],
        vec!["import", "orders", "kenari-tidak-ada.csv"],
    ] {
        run(&args);
    }
    assert_files_tell_nobody(&db.path("out"));
    let logged = fs::read_to_string(&log).expect("the log");
    assert!(logged.contains("batch committed") && logged.contains("planning begun"), "{logged}");
    assert_silent(&logged, &PEOPLE, "the log");
    assert_silent(&logged, &[PASSWORD], "the log");
    assert!(!logged.contains(['\u{1b}', '\u{7}']), "the log moves the terminal:\n{logged:?}");
}

#[test]
fn l29_a_url_that_leads_nowhere_does_not_tell_its_password() {
    for url in [
        format!("postgresql://kenari:{PASSWORD}@127.0.0.1:1/shop"),
        format!("mysql://kenari:{PASSWORD}@127.0.0.1:1/shop"),
        format!("mysql://kenari:{PASSWORD}@127.0.0.1:3306/shop"),
        format!("postgresql://kenari:{PASSWORD}@127.0.0.1:port/shop"),
        format!("postgresql://kenari:{PASSWORD}"),
        format!("oracle://kenari:{PASSWORD}@127.0.0.1/shop"),
        format!("postgresql://kenari:{PASSWORD}@127.0.0.1/shop?sslmode=vielleicht&password={PASSWORD}"),
    ] {
        for command in [vec!["status"], vec!["schema", "check"], vec!["rollback", "--last", "--yes"]] {
            let outcome = tool(&[&["--database-url", url.as_str(), "-vv"], command.as_slice()].concat());
            assert_ne!(outcome.code, 0, "{url}");
            assert_tells_nobody(&outcome, &format!("{command:?}"));
        }
    }
}

#[test]
fn what_is_masked_is_shown_on_request() {
    let (exports, db) = (exports(), AppDatabase::bare(Engine::Sqlite));
    let (path, out) = (exports.path().display().to_string(), db.path("out").display().to_string());
    let shown = tool(&["validate", &path, "--out", &out, "--preview", "2", "--show-pii"]);
    assert!(shown.stdout.contains("kenari.pembeli@example.org"), "{}", shown.stdout);
    let masked = tool(&["validate", &path, "--out", &out, "--preview", "2"]);
    assert!(masked.stdout.contains("k*****.p******@e******.o**"), "{}", masked.stdout);
}

/// The one client is used in one place, which `--notify-url` alone leads to.
#[test]
fn l28_nothing_is_spoken_to_but_the_database_and_the_address_that_is_named() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let lock = fs::read_to_string(root.join("Cargo.lock")).expect("the lock file");
    for client in ["reqwest", "hyper", "lettre", "curl", "isahc", "attohttpc", "native-mail"] {
        assert!(!lock.contains(&format!("name = \"{client}\"")), "{client} could send something");
    }
    let (mut folders, mut using) = (vec![root.join("src")], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if fs::read_to_string(&path).expect("a source").contains("ureq::") {
                using.push(path.strip_prefix(root).expect("in the project").display().to_string());
            }
        }
    }
    assert_eq!(using, ["src/monitor/delivery.rs"]);
}

on_each_engine!(l29_no_command_tells_a_password_or_who_a_customer_is);
