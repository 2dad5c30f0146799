//! What programs are told of a command: a file of metrics, a command, an address. Figures, and never anybody's data.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::thread::JoinHandle;

use serde_json::Value;

use crate::support::exit_code::{DONE, INPUT, REFUSED, ROWS_LEFT, USAGE, VERIFICATION_FAILED};
use crate::support::schema::assert_valid;
use crate::support::{AppDatabase, Engine, fixture, json, on_each_engine, rows, sen, texts};

/// The samples of a file in Prometheus' text format, by name and labels. Fails where the file is not of that format.
#[track_caller]
fn samples(path: &Path) -> BTreeMap<String, f64> {
    let text = fs::read_to_string(path).expect("a file of metrics");
    assert!(text.ends_with('\n'), "{text}");
    let (mut found, mut declared) = (BTreeMap::new(), String::new());
    for line in text.lines() {
        if let Some(declaration) = line.strip_prefix("# TYPE ") {
            let (name, kind) = declaration.split_once(' ').expect("a name and a kind");
            assert_eq!(kind, "gauge", "{line}");
            declared = name.to_owned();
            continue;
        }
        if line.starts_with("# HELP ") {
            continue;
        }
        let (sample, value) = line.rsplit_once(' ').expect("a sample and its value");
        let name = sample.split('{').next().expect("a name");
        assert_eq!(name, declared, "{line}: its family is not declared before it");
        let is_letter = |letter: char| letter.is_ascii_lowercase() || letter == '_';
        assert!(name.starts_with("sejoli_migrate_") && name.chars().all(is_letter), "{line}");
        let value: f64 = value.parse().unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(found.insert(sample.to_owned(), value), None, "{line} stands twice");
    }
    found
}

/// A server that answers each request in turn and hands back what was posted: path and document.
fn receiver(answers: &'static [&'static str]) -> (String, JoinHandle<Vec<(String, Value)>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/hook/k3y", listener.local_addr().expect("an address"));
    let serve = move || answers.iter().map(|answer| answer_one(&listener, answer)).collect();
    (address, std::thread::spawn(serve))
}

fn answer_one(listener: &TcpListener, answer: &str) -> (String, Value) {
    let (stream, _) = listener.accept().expect("a connection");
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).expect("a request");
    let request = line.trim().to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).expect("a header");
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let head = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    reader.get_mut().write_all(head.as_bytes()).expect("an answer");
    (request, serde_json::from_slice(&body).expect("a document"))
}

/// Every e-mail address, phone number, name and code of people that stands in the database.
fn personal(db: &AppDatabase) -> Vec<String> {
    let columns = ["email", "name", "phone", "whatsapp"];
    let of = |column: &&str| {
        texts(
            db,
            &format!(
                "SELECT DISTINCT \"{column}\" FROM \"User\" WHERE \"{column}\" IS NOT NULL AND \"{column}\" <> ''"
            ),
        )
    };
    columns.iter().flat_map(of).collect()
}

fn metrics_say_what_an_import_has_done(engine: Engine) {
    let db = AppDatabase::new(engine);
    let metrics = db.path("import.prom");
    let file = metrics.display().to_string();
    let outcome = db.import("all", &fixture("messy"), &["--format", "json", "--metrics-file", &file]);
    assert_eq!(outcome.code, ROWS_LEFT, "{outcome:?}");
    let document = json(&outcome);
    let found = samples(&metrics);
    let run = document["run"].as_str().expect("a run");
    let version = env!("CARGO_PKG_VERSION");
    let info = format!(
        "sejoli_migrate_info{{command=\"import\",run=\"{run}\",dry_run=\"false\",version=\"{version}\"}}"
    );
    assert_eq!(found.get(&info), Some(&1.0), "{found:?}");
    assert_eq!(found["sejoli_migrate_running"], 0.0);
    assert_eq!(found["sejoli_migrate_exit_code{meaning=\"rows-left\"}"], 3.0);
    for outcome in ["read", "created", "updated", "unchanged", "held", "rejected"] {
        let of = |name: &str| {
            let sample = format!("sejoli_migrate_{name}{{phase=\"orders\",outcome=\"{outcome}\"}}");
            found[&sample]
        };
        assert_eq!(of("rows"), rows(&document, "orders", outcome) as f64, "{outcome}");
        let sen = sen(&document["phases"]["orders"][outcome]["amount"]);
        assert_eq!(of("amount_sen"), sen as f64, "{outcome}");
    }
    assert_eq!(
        found["sejoli_migrate_phase_processed_rows{phase=\"orders\"}"],
        rows(&document, "orders", "read") as f64
    );
    assert!(found["sejoli_migrate_end_time_seconds"] >= found["sejoli_migrate_start_time_seconds"]);
    let text = fs::read_to_string(&metrics).expect("the file");
    for word in personal(&db) {
        assert!(!text.contains(&word), "{word}");
    }
}

on_each_engine!(metrics_say_what_an_import_has_done);

#[test]
fn metrics_of_a_failure_say_its_exit_code_and_a_file_that_cannot_be_written_refuses_the_command() {
    let db = AppDatabase::new(Engine::Sqlite);
    let metrics = db.path("import.prom");
    let file = metrics.display().to_string();
    let failed = db.run(&["import", "all", "nowhere.csv", "--metrics-file", &file]);
    assert_eq!(failed.code, INPUT, "{failed:?}");
    assert_eq!(samples(&metrics)["sejoli_migrate_exit_code{meaning=\"input-unusable\"}"], 6.0);
    let nowhere = db.path("no folder/import.prom").display().to_string();
    let shop = fixture("clean").display().to_string();
    let refused = db.run(&["import", "all", &shop, "--metrics-file", &nowhere, "--format", "json"]);
    assert_eq!(refused.code, REFUSED, "{refused:?}");
    assert_valid("failure", &json(&refused));
    assert_eq!(db.number("SELECT COUNT(*) FROM \"SejoliImportRun\""), 0);
}

#[test]
fn metrics_of_a_verification_count_what_differs() {
    let db = AppDatabase::new(Engine::Sqlite);
    let shop = fixture("clean");
    assert_eq!(db.import("all", &shop, &[]).code, DONE);
    db.sql(
        "UPDATE \"Transaction\" SET \"amount\" = 1 WHERE \"id\" = (SELECT MIN(\"id\") FROM \"Transaction\")",
    );
    let file = db.path("verify.prom").display().to_string();
    let verified = db.run(&["verify", &shop.display().to_string(), "--metrics-file", &file]);
    assert_eq!(verified.code, VERIFICATION_FAILED, "{verified:?}");
    assert!(samples(&db.path("verify.prom"))["sejoli_migrate_differences"] > 0.0);
}

fn notifications_tell_of_start_and_end_without_personal_data(engine: Engine) {
    let db = AppDatabase::new(engine);
    let (address, server) = receiver(&["200 OK", "204 No Content"]);
    let told = db.path("told.jsonl");
    let command = format!("cat >> '{0}'; echo >> '{0}'", told.display());
    let options = ["--notify-url", &address, "--notify-command", &command, "--format", "json"];
    let outcome = db.import("all", &fixture("messy"), &options);
    assert_eq!(outcome.code, ROWS_LEFT, "{outcome:?}");
    assert!(!outcome.stderr.contains("warning: --notify"), "{}", outcome.stderr);
    let document = json(&outcome);
    let posted = server.join().expect("the server ends");
    let lines = fs::read_to_string(&told).expect("what the command was told");
    let by_command: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("a document")).collect();
    assert_eq!(posted.len(), 2);
    for (request, _) in &posted {
        assert_eq!(request, "POST /hook/k3y HTTP/1.1");
    }
    let posted: Vec<Value> = posted.into_iter().map(|(_, document)| document).collect();
    let people = personal(&db);
    assert!(people.len() > 100, "{}", people.len());
    for told in [&posted, &by_command] {
        assert_eq!(
            told.iter().map(|one| one["event"].as_str()).collect::<Vec<_>>(),
            [Some("start"), Some("end")]
        );
        assert_eq!(told[1]["run"], document["run"]);
        assert_eq!(told[1]["exit"]["code"], 3);
        for outcome in ["read", "created", "held", "rejected"] {
            assert_eq!(told[1]["rows"][outcome], document["total"][outcome]["rows"], "{outcome}");
        }
        for one in told.iter() {
            assert_valid("notification", one);
            let text = one.to_string();
            let seen: Vec<&String> = people.iter().filter(|word| text.contains(word.as_str())).collect();
            assert!(seen.is_empty() && !text.contains('@') && !text.contains('/'), "{seen:?}: {text}");
        }
    }
    // The key of the address is kept nowhere.
    let kept = db.number("SELECT COUNT(*) FROM \"SejoliImportRun\" WHERE \"checkpoint\" LIKE '%k3y%' OR \"options\" LIKE '%k3y%'");
    assert_eq!(kept, 0);
}

on_each_engine!(notifications_tell_of_start_and_end_without_personal_data);

#[test]
fn a_failure_is_told_with_its_code_and_without_its_message() {
    let db = AppDatabase::new(Engine::Sqlite);
    let (address, server) = receiver(&["200 OK", "200 OK"]);
    let outcome = db.run(&["import", "all", "rina@example.org.csv", "--notify-url", &address]);
    assert_eq!(outcome.code, INPUT, "{outcome:?}");
    let posted = server.join().expect("the server ends");
    let failure = &posted[1].1;
    assert_valid("notification", failure);
    assert_eq!(
        (failure["event"].as_str(), failure["exit"]["meaning"].as_str()),
        (Some("failure"), Some("input-unusable"))
    );
    assert!(!failure.to_string().contains("rina"), "{failure}");
}

#[test]
fn who_cannot_be_told_is_named_and_the_import_goes_on() {
    let db = AppDatabase::new(Engine::Sqlite);
    let (address, server) =
        receiver(&["500 Internal Server Error", "302 Found\r\nlocation: http://127.0.0.1:1/other"]);
    let outcome =
        db.import("all", &fixture("clean"), &["--notify-url", &address, "--notify-command", "exit 7"]);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    assert_eq!(server.join().expect("the server ends").len(), 2);
    let said = &outcome.stderr;
    assert!(
        said.contains("127.0.0.1 (--notify-url) was not told, and the work goes on: the answer was 500"),
        "{said}"
    );
    // A redirect would lead to an address that nobody has given.
    assert!(said.contains("the answer was 302"), "{said}");
    assert!(said.contains("--notify-command has failed, and the work goes on: exit status: 7"), "{said}");
    assert!(!said.contains("k3y"), "{said}");
    let nobody = db.run(&["verify", "--notify-url", "http://127.0.0.1:1/k3y"]);
    assert!(nobody.stderr.contains("127.0.0.1 (--notify-url) was not told"), "{nobody:?}");
    assert!(!nobody.stderr.contains("k3y"), "{nobody:?}");
    let wrong = db.run(&["verify", "--notify-url", "ftp://example.org/"]);
    assert_eq!(wrong.code, USAGE, "{wrong:?}");
}

#[test]
fn a_command_that_only_looks_tells_nobody() {
    let db = AppDatabase::new(Engine::Sqlite);
    let outcome = db.run(&["status", "--notify-command", "exit 7", "--notify-url", "http://127.0.0.1:1/"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (DONE, ""), "{outcome:?}");
}
