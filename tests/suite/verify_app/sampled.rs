//! `verify --sample`: people of every kind, drawn by a seed, side by side.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use super::right_state::{imported, make_right};
use crate::support::exit_code::{DONE, REFUSED, USAGE};
use crate::support::{
    AppDatabase, Compared, Engine, Exports, assert_same, broken_off, dump, json, on_each_engine,
};

fn sample(db: &AppDatabase, people: &str, seed: &str) -> Value {
    let outcome = db.run(&["verify", "--sample", people, "--seed", seed, "--show-pii", "--format", "json"]);
    assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
    json(&outcome)
}

fn drawn(sample: &Value) -> Vec<String> {
    let people = sample["people"].as_array().expect("people");
    people.iter().map(|one| one["story"]["account"]["id"].as_str().expect("an id").to_owned()).collect()
}

fn a_draw_has_every_kind_of_person_and_is_repeated_by_its_seed(engine: Engine) {
    let db = imported(engine);
    make_right(&db);
    let before = dump(&db, Compared::Everything);
    let refused = db.run(&["verify", "--sample", "5"]);
    assert_eq!(refused.code, USAGE, "{}{}", refused.stdout, refused.stderr);
    assert!(refused.stderr.contains("--show-pii"), "{}", refused.stderr);
    let first = sample(&db, "40", "7");
    assert_eq!(drawn(&first), drawn(&sample(&db, "40", "7")));
    assert_ne!(drawn(&first), drawn(&sample(&db, "40", "8")));
    assert_eq!(drawn(&first).len(), 40);
    assert_eq!(first["missing"], serde_json::json!([]));
    let kinds = first["kinds"].as_object().expect("kinds");
    for kind in ["affiliate", "affiliate who was paid", "order SUCCESS", "order FAILED", "membership EXPIRED"]
    {
        assert!(kinds.contains_key(kind), "{kind}: {kinds:?}");
    }
    let in_draw: BTreeSet<&str> = first["people"]
        .as_array()
        .expect("people")
        .iter()
        .flat_map(|one| one["kinds"].as_array().expect("kinds"))
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(in_draw.len(), kinds.len(), "{kinds:?}");
    assert_same(&before, &dump(&db, Compared::Everything), "nothing was written");
}

fn a_draw_is_written_for_whoever_signs_it_and_nobody_else_reads_it(engine: Engine) {
    let db = imported(engine);
    make_right(&db);
    for ending in ["html", "xlsx", "txt", "json"] {
        let path = db.path(&format!("sample.{ending}"));
        let out = path.display().to_string();
        let outcome = db.run(&["verify", "--sample", "12", "--seed", "3", "--show-pii", "--out", &out]);
        assert_eq!(outcome.code, DONE, "{}{}", outcome.stdout, outcome.stderr);
        let mode = fs::metadata(&path).expect("a file").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{ending}");
        let bytes = fs::read(&path).expect("a file");
        match ending {
            "xlsx" => assert!(bytes.starts_with(b"PK"), "a workbook"),
            _ => {
                let text = String::from_utf8(bytes).expect("a text");
                let boxes = text.matches(if ending == "html" { "☐" } else { "[ ] " }).count();
                assert!(ending == "json" || boxes == 12, "{ending}: {boxes} boxes to tick");
                assert!(text.contains('@'), "{ending}: whoever looks has to know whom to look for");
                let wide = text.lines().filter(|line| line.chars().count() > 80).count();
                assert!(ending != "txt" || wide == 0, "{text}");
            }
        }
    }
    let other = db.path("sample.pdf").display().to_string();
    let refused = db.run(&["verify", "--sample", "5", "--show-pii", "--out", &other]);
    assert_eq!(refused.code, USAGE, "{}{}", refused.stdout, refused.stderr);
}

fn a_signed_file_is_kept_with_the_run_that_it_is_about_and_goes_with_it(engine: Engine) {
    let db = imported(engine);
    make_right(&db);
    let path = db.path("sample.pdf");
    fs::write(&path, "ticked, and signed").expect("a file");
    let file = path.display().to_string();
    let reported = || json(&db.run(&["report", "--format", "json"]))["signed"].clone();
    assert_eq!(reported(), Value::Null);
    let kept = db.run(&["verify", "--signed", &file, "--format", "json"]);
    assert_eq!(kept.code, DONE, "{}{}", kept.stdout, kept.stderr);
    assert_eq!(db.run(&["verify", "--signed", &file]).code, DONE);
    let signed = reported();
    assert_eq!(signed.as_array().map(Vec::len), Some(1), "once, however often it is kept: {signed}");
    assert_eq!(signed[0]["file"], "sample.pdf");
    assert_eq!(signed[0]["run"], json(&kept)["run"]);
    assert_eq!(signed[0]["blake3"].as_str().map(str::len), Some(64));
    let report = db.run(&["report"]);
    assert!(report.stdout.contains("Signed: sample.pdf (BLAKE3 "), "{}", report.stdout);
    let verified = db.run(&["verify", &db.path("files").display().to_string()]);
    assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
    let run = signed[0]["run"].as_str().expect("a run");
    assert_eq!(db.run(&["rollback", run, "--yes"]).code, DONE);
    assert_eq!(reported(), Value::Null, "what it was about is not there any more");
}

fn nothing_is_signed_of_what_is_not_complete(engine: Engine) {
    let (db, (exports, _)) = (AppDatabase::new(engine), Exports::generated(60));
    broken_off(&db, engine, exports.path());
    let path = db.path("sample.pdf");
    fs::write(&path, "ticked, and signed").expect("a file");
    let file = path.display().to_string();
    let refused = db.run(&["verify", "--signed", &file]);
    assert_eq!(refused.code, REFUSED, "{}{}", refused.stdout, refused.stderr);
    assert!(refused.stderr.contains("(import of all) is not complete"), "{}", refused.stderr);
    assert_eq!(db.import("all", exports.path(), &[]).code, DONE);
    let signed = || json(&db.run(&["report", "--format", "json"]))["signed"].clone();
    assert_eq!(signed(), Value::Null);
    let kept = db.run(&["verify", "--signed", &file, "--by", "Rina"]);
    assert_eq!(kept.code, DONE, "{}{}", kept.stdout, kept.stderr);
    assert_eq!(signed()[0]["by"], "Rina");
}

on_each_engine!(
    nothing_is_signed_of_what_is_not_complete,
    a_signed_file_is_kept_with_the_run_that_it_is_about_and_goes_with_it,
    a_draw_has_every_kind_of_person_and_is_repeated_by_its_seed,
    a_draw_is_written_for_whoever_signs_it_and_nobody_else_reads_it,
);
