//! `schema`, through the binary: what it finds, adds, refuses, prints and takes away.

mod apply;
mod check;
mod print;
mod revert;

use serde_json::Value;

use crate::support::exit_code::{DATABASE, DONE};
use crate::support::library::tables::ImportRun;
use crate::support::library::{Catalogue, DatabaseUse, JsonText, Millis, RunState};
use crate::support::{AppDatabase, Engine};

/// A migration of an engine.
macro_rules! migration {
    ($engine:expr, $name:literal) => {
        match $engine {
            Engine::Sqlite => include_str!(concat!("../../../migrations/sqlite/", $name, "/up.sql")),
            #[cfg(feature = "postgres")]
            Engine::Postgres => include_str!(concat!("../../../migrations/postgres/", $name, "/up.sql")),
            #[cfg(feature = "mysql")]
            Engine::Mysql => include_str!(concat!("../../../migrations/mysql/", $name, "/up.sql")),
        }
    };
}

/// The app's database as Prisma makes it.
fn app(engine: Engine) -> &'static str {
    migration!(engine, "20251201000000_app")
}

/// The checklist's tables and columns, as the team may have added them with Prisma.
fn checklist(engine: Engine) -> &'static str {
    migration!(engine, "20251201000100_checklist")
}

/// A way in which the live database differs from the app's schema.
#[cfg_attr(not(all(feature = "postgres", feature = "mysql")), allow(dead_code))]
struct Change {
    /// SQLite alters little: another text in the script.
    sqlite: (&'static str, &'static str),
    postgres: &'static str,
    mysql: &'static str,
}

/// A database and what is asked of it.
struct SchemaDatabase(AppDatabase);

impl SchemaDatabase {
    /// Nothing yet; on SQLite not even a file.
    fn none(engine: Engine) -> Self {
        Self(AppDatabase::bare(engine))
    }

    /// A database made by `sql`.
    fn with(engine: Engine, sql: &str) -> Self {
        let db = Self::none(engine);
        db.run(sql);
        db
    }

    /// The app's database.
    fn of_the_app(engine: Engine) -> Self {
        Self::with(engine, app(engine))
    }

    /// The app's database with a difference.
    fn changed(engine: Engine, change: &Change) -> Self {
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        let altered = |alter: &str| {
            let db = Self::of_the_app(engine);
            db.run(alter);
            db
        };
        match engine {
            Engine::Sqlite => {
                let (from, to) = change.sqlite;
                let script = app(engine).replace(from, to);
                assert_ne!(script, app(engine), "{from}");
                Self::with(engine, &script)
            }
            #[cfg(feature = "postgres")]
            Engine::Postgres => altered(change.postgres),
            #[cfg(feature = "mysql")]
            Engine::Mysql => altered(change.mysql),
        }
    }

    fn run(&self, sql: &str) {
        self.0.store(DatabaseUse::Create).run_script(sql).unwrap_or_else(|error| panic!("{sql}: {error:#}"));
    }

    /// Everything that the engine's own catalogue says.
    fn schema(&self) -> Catalogue {
        self.0.store(DatabaseUse::Create).catalogue().expect("the schema is read")
    }

    /// The file of an SQLite database.
    fn file(&self) -> std::path::PathBuf {
        self.0.path("shop.db")
    }

    /// Runs `schema …` and returns its code, its document and its talk.
    fn schema_command(&self, arguments: &[&str]) -> (i32, Value, String) {
        let mut all = vec!["--format", "json", "schema"];
        all.extend(arguments);
        let run = self.0.run(&all);
        let document = serde_json::from_str(&run.stdout).unwrap_or(Value::Null);
        (run.code, document, run.stderr)
    }

    /// Applies the schema and expects that to work; returns the number of objects made.
    fn apply(&self) -> usize {
        let (code, document, stderr) = self.schema_command(&["apply"]);
        assert_eq!(code, DONE, "{stderr}");
        document["created"].as_array().map_or(0, Vec::len)
    }

    /// Expects a verdict, with exit code 0 only for `ready`; returns the document.
    fn expect(&self, verdict: &str) -> Value {
        let (code, document, stderr) = self.schema_command(&["check"]);
        assert_eq!(document["verdict"], verdict, "{document:#} {stderr}");
        assert_eq!(code, if verdict == "ready" { DONE } else { DATABASE }, "{stderr}");
        assert_eq!(document["schema_version"], 1);
        document
    }

    /// Expects that nothing is added, for the reason that `word` stands in.
    fn expect_apply_refused(&self, word: &str) {
        let before = self.schema();
        let (code, document, stderr) = self.schema_command(&["apply"]);
        assert_eq!((code, &document["failure"]["exit_code"]), (DATABASE, &code.into()), "{stderr}");
        assert!(document["created"].is_null(), "{document}");
        assert!(stderr.contains(word), "{stderr}");
        assert_eq!(self.schema(), before);
    }

    /// Records a run of the tool.
    fn add_run(&self, state: RunState) {
        let run = ImportRun {
            id: "r".to_owned(),
            command: "import all".to_owned(),
            state,
            context: "c".to_owned(),
            options: JsonText("{}".to_owned()),
            checkpoint: JsonText("{}".to_owned()),
            tool_version: "0".to_owned(),
            started_at: Millis(1),
            finished_at: None,
            updated_at: Millis(1),
            parent_id: None,
            purged_at: None,
        };
        self.0.store(DatabaseUse::Write).insert(run).expect("a run");
    }
}

/// The state of one object in a check's document.
fn state_of<'a>(document: &'a Value, table: &str, name: &str) -> Vec<&'a str> {
    let findings = document["findings"].as_array().expect("findings");
    let about = findings.iter().filter(|finding| finding["table"] == table && finding["name"] == name);
    about.filter_map(|finding| finding["state"].as_str()).collect()
}
