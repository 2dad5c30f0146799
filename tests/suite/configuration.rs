//! The file with options that are the same every time: where it is found, what goes before what, and what is refused.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::exit_code::{DONE, INPUT, REFUSED, USAGE};
use crate::support::{AppDatabase, Engine, Outcome, fixture, json, on_each_engine, workspace};

/// Runs a command in a folder, with these variables and no others.
fn run_in(folder: &Path, variables: &[(&str, &str)], args: &[&str]) -> Outcome {
    let output = Command::new(env!("CARGO_BIN_EXE_sejoli-migrate"))
        .args(args)
        .current_dir(folder)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs");
    output.into()
}

fn write(folder: &Path, text: &str) {
    fs::write(folder.join("sejoli-migrate.toml"), text).expect("the file is written");
}

/// The value and the origin of an option, as `config show` has them.
#[track_caller]
fn shown(outcome: &Outcome, command: &str, option: &str) -> (String, String) {
    let document = json(outcome);
    let options = document["options"].as_array().expect("options");
    let found = options.iter().find(|one| one["command"] == command && one["option"] == option);
    let found = found.unwrap_or_else(|| panic!("{command} --{option}: {document}"));
    let value =
        found["values"].as_array().expect("values").iter().map(|value| value.as_str().expect("a text"));
    (value.collect::<Vec<_>>().join(","), found["origin"].as_str().expect("an origin").to_owned())
}

const SHOW: [&str; 4] = ["config", "show", "--format", "json"];

#[test]
fn an_option_that_is_typed_goes_before_the_environment_that_before_the_file_and_that_before_the_default() {
    let folder = workspace();
    let of = |outcome: &Outcome| shown(outcome, "", "database-url");
    let show = |variables: &[(&str, &str)], more: &[&str]| {
        let outcome = run_in(folder.path(), variables, &[&SHOW, more].concat());
        assert_eq!(outcome.code, DONE, "{outcome:?}");
        of(&outcome)
    };
    let pair = |value: &str, origin: &str| (value.to_owned(), origin.to_owned());
    assert_eq!(show(&[], &[]), pair("file:./sejoli-migrate.db", "default"));
    write(folder.path(), "database-url = \"file:of-file.db\"\n");
    assert_eq!(show(&[], &[]), pair("file:of-file.db", "file"));
    fs::write(folder.path().join(".env"), "DATABASE_URL=\"file:of-env-file.db\"\n").expect("a .env");
    assert_eq!(show(&[], &[]), pair("file:of-env-file.db", "env-file"));
    let variable = [("DATABASE_URL", "file:of-variable.db")];
    assert_eq!(show(&variable, &[]), pair("file:of-variable.db", "environment"));
    let typed = ["--database-url", "file:typed.db"];
    assert_eq!(show(&variable, &typed), pair("file:typed.db", "typed"));
}

#[test]
fn the_file_is_found_upwards_and_its_paths_count_from_its_folder() {
    let folder = workspace();
    let below = folder.path().join("a/b");
    fs::create_dir_all(&below).expect("folders");
    write(
        folder.path(),
        "database-url = \"file:./shop.db\"\n[import]\nout = \"runs\"\nskip = [\"old.csv\"]\n",
    );
    let outcome = run_in(&below, &[], &SHOW);
    let here = folder.path().canonicalize().expect("a folder").display().to_string();
    assert_eq!(shown(&outcome, "", "database-url").0, format!("file:{here}/shop.db"));
    assert_eq!(shown(&outcome, "import all", "out").0, format!("{here}/runs"));
    assert_eq!(shown(&outcome, "import all", "skip").0, "old.csv");
    assert_eq!(shown(&outcome, "retry", "out").1, "default");
    let applied = run_in(&below, &[], &["schema", "apply"]);
    assert_eq!(applied.code, DONE, "{applied:?}");
    assert!(folder.path().join("shop.db").is_file());
}

#[test]
fn a_profile_goes_before_the_rest_and_a_command_before_all_commands() {
    let folder = workspace();
    write(
        folder.path(),
        "retries = 1\n[import]\nretries = 2\n[import.orders]\nretries = 3\n[profile.staging]\nretries = 4\n\
         [profile.other.import]\nretries = 5\n",
    );
    let retries = |args: &[&str], command: &str| {
        let outcome = run_in(folder.path(), &[], &[&SHOW, args].concat());
        shown(&outcome, command, "retries").0
    };
    let of = |args: &[&str]| ["grant", "import all", "import orders"].map(|command| retries(args, command));
    assert_eq!(of(&[]), ["1", "2", "3"]);
    assert_eq!(of(&["--profile", "staging"]), ["4", "4", "4"]);
    assert_eq!(of(&["--profile", "other"]), ["1", "5", "5"]);
    let by_variable = run_in(folder.path(), &[("SEJOLI_MIGRATE_PROFILE", "staging")], &SHOW);
    assert_eq!(shown(&by_variable, "grant", "retries").0, "4");
    let of_environment = run_in(folder.path(), &[("SEJOLI_MIGRATE_RETRIES", "9")], &SHOW);
    assert_eq!(
        shown(&of_environment, "import orders", "retries"),
        ("9".to_owned(), "environment".to_owned())
    );
}

/// Each mistake with the words that say where it is and what was meant.
#[test]
fn what_no_option_takes_is_an_error_with_its_place_and_the_nearest_name() {
    let wrong = [
        (
            "quiet = true\nretires = 2\n",
            "sejoli-migrate.toml:2: no command has an option retires; did you mean retries?",
        ),
        (
            "[import]\nbatchsize = 2\n",
            "sejoli-migrate.toml:2: `import` has no option batchsize; did you mean batch-size?",
        ),
        ("[improt]\nretries = 2\n", "sejoli-migrate.toml:2: [improt] is no command; did you mean import?"),
        ("[import]\nbatch-size = \"many\"\n", "sejoli-migrate.toml:2: invalid value 'many'"),
        ("[import]\nretries = [1, 2]\n", "sejoli-migrate.toml:2: retries takes one value"),
        (
            "[import]\ncreate-memberships = \"yes\"\n",
            "sejoli-migrate.toml:2: create-memberships is true or false",
        ),
        ("[profile.staging.import]\nbatch-size = 0\n", "sejoli-migrate.toml:2: invalid value '0'"),
        ("out = \"x\"\n", "give it for a command of its own"),
    ];
    let folder = workspace();
    for (text, said) in wrong {
        write(folder.path(), text);
        let outcome = run_in(folder.path(), &[], &["status"]);
        assert_eq!(outcome.code, USAGE, "{text}: {outcome:?}");
        assert!(outcome.stderr.contains(said), "{text}: {}", outcome.stderr);
    }
    for help in [&["--help"][..], &["import", "all", "--help"], &["--version"], &["help", "import"]] {
        assert_eq!(
            run_in(folder.path(), &[], help).code,
            DONE,
            "{help:?}: help is given whatever stands there"
        );
    }
    write(folder.path(), "[import\n");
    let outcome = run_in(folder.path(), &[], &["status"]);
    assert_eq!(outcome.code, INPUT, "{outcome:?}");
    assert!(outcome.stderr.contains("sejoli-migrate.toml:1: "), "{}", outcome.stderr);
    write(folder.path(), "[profile.staging]\nretries = 2\n");
    let outcome = run_in(folder.path(), &[], &["--profile", "stagin", "status"]);
    assert_eq!(outcome.code, USAGE, "{outcome:?}");
    assert!(outcome.stderr.contains("has no profile stagin; did you mean staging?"), "{}", outcome.stderr);
    let outcome = run_in(folder.path(), &[("SEJOLI_MIGRATE_RETIRES", "2")], &["status"]);
    assert_eq!(outcome.code, USAGE, "{outcome:?}");
    assert!(outcome.stderr.contains("did you mean SEJOLI_MIGRATE_RETRIES?"), "{}", outcome.stderr);
}

/// A consent that a file could give would be given for all times, by whoever wrote the file.
#[test]
fn no_consent_is_ever_taken_from_a_file_or_the_environment() {
    let folder = workspace();
    for consent in
        ["yes", "dry-run", "restart", "resume", "show-pii", "keep-edited", "replace", "restore-deleted"]
    {
        write(folder.path(), &format!("{consent} = true\n"));
        let outcome = run_in(folder.path(), &[], &["status"]);
        assert_eq!(outcome.code, USAGE, "{consent}: {outcome:?}");
        let said = format!("{consent} is never taken from a file: type --{consent} where it is meant");
        assert!(outcome.stderr.contains(&said), "{}", outcome.stderr);
        write(folder.path(), "");
        let variable = format!("SEJOLI_MIGRATE_{}", consent.replace('-', "_").to_uppercase());
        let outcome = run_in(folder.path(), &[(&variable, "true")], &["status"]);
        assert_eq!(outcome.code, USAGE, "{consent}: {outcome:?}");
    }
}

#[test]
fn the_file_that_init_writes_names_every_option_and_is_accepted_with_all_of_them() {
    let folder = workspace();
    let made = run_in(folder.path(), &[], &["config", "init"]);
    assert_eq!(made.code, DONE, "{made:?}");
    let path = folder.path().join("sejoli-migrate.toml");
    assert_eq!(fs::metadata(&path).expect("the file").permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&path).expect("the file");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let inert = run_in(folder.path(), &[], &SHOW);
    let options = json(&inert)["options"].as_array().expect("options").clone();
    let in_force = options.iter().filter(|option| option["origin"] != "default");
    let in_force: Vec<&Value> = in_force.map(|option| &option["option"]).collect();
    assert_eq!(in_force, ["format"], "it was typed");
    // Every key with its mark taken away; where an example is no value, clap says so, and never that it knows no such key.
    let is_table = |line: &str| line.starts_with('[') && line.ends_with(']') && !line.contains(' ');
    let keys = text.lines().filter_map(|line| line.strip_prefix("# "));
    let keys: Vec<&str> = keys.filter(|line| is_table(line) || line.contains(" = ")).collect();
    for option in &options {
        let name = format!("{} = ", option["option"].as_str().expect("a name"));
        assert!(keys.iter().any(|key| key.starts_with(&name)), "{option} is not explained");
    }
    let (mut table, mut tried) = ("", 0);
    for key in keys {
        if is_table(key) {
            table = key;
            continue;
        }
        write(folder.path(), &format!("{table}\n{key}\n"));
        let outcome = run_in(folder.path(), &[], &["config", "show"]);
        let accepted = outcome.code == DONE || outcome.stderr.contains("invalid value");
        let needs_profile = table.contains("profile");
        assert!(accepted || needs_profile, "{table} {key}: {outcome:?}");
        tried += 1;
    }
    assert!(tried > 50, "{tried}");
    let again = run_in(folder.path(), &[], &["config", "init"]);
    assert_eq!(again.code, REFUSED, "{again:?}");
}

#[test]
fn l29_config_show_hides_what_is_secret() {
    let folder = workspace();
    write(
        folder.path(),
        "database-url = \"postgresql://shop:s3cret-one@db.example.org/app\"\n\
         [backup]\ndirect-url = \"postgresql://shop:s3cret-two@db.example.org/app\"\n",
    );
    for args in [&SHOW[..], &["config", "show"], &["config", "show", "backup"]] {
        let outcome = run_in(folder.path(), &[], args);
        assert_eq!(outcome.code, DONE, "{outcome:?}");
        assert!(outcome.stdout.contains("shop:***@db.example.org"), "{}", outcome.stdout);
        assert!(!outcome.stdout.contains("s3cret") && !outcome.stderr.contains("s3cret"), "{outcome:?}");
    }
}

#[test]
fn the_apps_own_database_is_said_where_its_env_file_names_it() {
    let folder = workspace();
    fs::write(folder.path().join(".env"), "# of the app\nDATABASE_URL='file:./app.db'\nNEXTAUTH_SECRET=x\n")
        .expect("a .env");
    let applied = run_in(folder.path(), &[], &["schema", "apply"]);
    assert_eq!(applied.code, DONE, "{applied:?}");
    assert!(
        applied.stderr.starts_with("database-url: DATABASE_URL of .env in this folder\n"),
        "{}",
        applied.stderr
    );
    assert!(folder.path().join("app.db").is_file());
    let typed = run_in(folder.path(), &[], &["--database-url", "file:app.db", "status"]);
    assert!(!typed.stderr.contains(".env"), "{}", typed.stderr);
    // Who names a profile means its database, whatever lies in the folder.
    write(folder.path(), "[profile.staging]\ndatabase-url = \"file:staging.db\"\n");
    let staging = run_in(folder.path(), &[], &["--profile", "staging", "schema", "apply"]);
    assert_eq!(staging.code, DONE, "{staging:?}");
    assert!(folder.path().join("staging.db").is_file());
    let variable = [("DATABASE_URL", "file:app.db")];
    let said = run_in(folder.path(), &variable, &["--profile", "staging", "status"]).stderr;
    assert!(said.contains("DATABASE_URL of the environment goes before that of profile staging"), "{said}");
    // Below the app's folder its .env is not looked for: it may be another app's.
    let below = folder.path().join("below");
    fs::create_dir(&below).expect("a folder");
    assert_eq!(shown(&run_in(&below, &[], &SHOW), "", "database-url").1, "default");
}

#[test]
fn an_option_of_the_file_gives_way_to_one_that_excludes_it() {
    let folder = workspace();
    write(folder.path(), "quiet = true\n[import]\nmax-rejects = \"5%\"\n");
    let outcome = run_in(folder.path(), &[], &["-v", "explain", "SJM-0401"]);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
}

/// What a file gives is what the import does.
fn an_import_takes_its_options_from_the_file(engine: Engine) {
    let db = AppDatabase::new(engine);
    let shop = fixture("clean").display().to_string();
    let out = db.path("runs");
    let text = format!(
        "database-url = \"{}\"\n[import]\nout = \"{}\"\nas-of = 2026-01-01T00:00:00+07:00\n\
         create-memberships = true\nbatch-size = 100\n",
        db.url(),
        out.display()
    );
    write(db.folder.path(), &text);
    let imported = run_in(db.folder.path(), &[], &["import", "all", &shop, "--format", "json"]);
    assert_eq!(imported.code, DONE, "{imported:?}");
    let document: Value = json(&imported);
    let run = document["run"].as_str().expect("a run");
    assert!(out.join(run).is_dir() || document["files"] == serde_json::json!([]), "{document}");
    let status = json(&run_in(db.folder.path(), &[], &["status", run, "--format", "json"]));
    // 200 orders in batches of 100 are two batches at least; the default would make one of them.
    assert!(status["run"]["batches"].as_u64() > Some(5), "{status}");
    db.refresh();
    assert!(db.number("SELECT COUNT(*) FROM \"Membership\"") > 0);
}

on_each_engine!(an_import_takes_its_options_from_the_file);
