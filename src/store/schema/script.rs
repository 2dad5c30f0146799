//! The migrations as SQL text, parsed just far enough to tell which object each statement creates or drops.

use crate::store::schema::dialect::Dialect;
use crate::store::schema::object::{Object, ObjectKind};

/// One migration, embedded.
#[derive(Debug)]
pub(crate) struct MigrationScript {
    /// Its folder: a 14-digit version, `_`, a title.
    pub name: &'static str,
    /// The statements that create its objects.
    pub up: &'static str,
    /// The statements that drop its objects.
    pub down: &'static str,
    /// Whether it makes the app's own tables: those are made in an empty database only, and neither
    /// recorded nor dropped.
    pub of_the_app: bool,
}

/// The table in which Diesel's migration harness keeps the versions that it has applied.
pub(crate) const VERSIONS: &str = "__diesel_schema_migrations";

macro_rules! script {
    ($engine:literal, $name:literal, of_the_app: $of_the_app:literal) => {
        MigrationScript {
            name: $name,
            up: include_str!(concat!("../../../migrations/", $engine, "/", $name, "/up.sql")),
            down: include_str!(concat!("../../../migrations/", $engine, "/", $name, "/down.sql")),
            of_the_app: $of_the_app,
        }
    };
}

/// The migrations of an engine, oldest first: the same objects on each.
macro_rules! scripts {
    ($engine:literal) => {
        &[
            script!($engine, "20251201000000_app", of_the_app: true),
            script!($engine, "20251201000050_registry", of_the_app: false),
            script!($engine, "20251201000100_checklist", of_the_app: false),
            script!($engine, "20251201000200_tool", of_the_app: false),
            script!($engine, "20251201000300_backup", of_the_app: false),
            script!($engine, "20251201000400_identity", of_the_app: false),
        ]
    };
}

/// The migrations of an engine, oldest first.
pub(crate) fn scripts(dialect: Dialect) -> &'static [MigrationScript] {
    static SQLITE: &[MigrationScript] = scripts!("sqlite");
    static POSTGRES: &[MigrationScript] = scripts!("postgres");
    static MYSQL: &[MigrationScript] = scripts!("mysql");
    match dialect {
        Dialect::Sqlite => SQLITE,
        Dialect::Postgres => POSTGRES,
        Dialect::Mysql => MYSQL,
    }
}

impl MigrationScript {
    /// The 14 digits by which Diesel orders and records it.
    pub(crate) fn version(&self) -> &'static str {
        self.name.split('_').next().unwrap_or(self.name)
    }

    /// The statements that create its objects.
    pub(crate) fn up_statements(&self) -> Vec<Ddl> {
        parse(self.up)
    }

    /// The statements that drop its objects, newest first.
    pub(crate) fn down_statements(&self) -> Vec<Ddl> {
        parse(self.down)
    }
}

/// One statement that creates or drops one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ddl {
    /// Its text, without comments around it and without the semicolon.
    pub sql: String,
    /// The object.
    pub object: Object,
    /// The columns of a table or of an index.
    pub columns: Vec<&'static str>,
    /// The columns of a table that reference another one.
    pub foreign_keys: Vec<&'static str>,
    /// Whether an index keeps values unique.
    pub unique: bool,
}

/// The statements of a script. One of an unknown form would be left out; a test makes sure that the embedded
/// scripts have none.
fn parse(script: &'static str) -> Vec<Ddl> {
    split(script).into_iter().filter_map(statement).collect()
}

/// Cuts a script at its semicolons and strips the comments before each statement. Apart from the ends of
/// statements, the scripts have semicolons only in comments, which are therefore removed line by line.
fn split(script: &'static str) -> Vec<&'static str> {
    let mut statements = Vec::new();
    let mut rest = without_comments(script);
    while !rest.is_empty() {
        let end = rest.find(';').unwrap_or(rest.len());
        statements.push(rest[..end].trim_end());
        rest = without_comments(rest.get(end + 1..).unwrap_or_default());
    }
    statements
}

/// The text from the first line that is neither empty nor a comment.
fn without_comments(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        if !text.starts_with("--") {
            return text;
        }
        text = text.split_once('\n').map_or("", |(_, rest)| rest);
    }
}

fn statement(sql: &'static str) -> Option<Ddl> {
    let names = quoted(sql);
    let first = *names.first()?;
    let verb = sql.split(['"', '`']).next().unwrap_or_default().trim_end();
    let (kind, table, name) = match verb {
        "CREATE TABLE" | "DROP TABLE" => (ObjectKind::Table, first, first),
        "CREATE TYPE" => (ObjectKind::Type, "", first),
        "CREATE INDEX" | "CREATE UNIQUE INDEX" => (ObjectKind::Index, *names.get(1)?, first),
        "DROP INDEX" => (ObjectKind::Index, names.get(1).copied().unwrap_or_default(), first),
        "ALTER TABLE" => (ObjectKind::Column, first, *names.get(1)?),
        _ => return None,
    };
    let object = Object { kind, table: table.to_owned(), name: name.to_owned() };
    let (columns, foreign_keys) = match verb {
        "CREATE TABLE" => (columns_of(sql), keys_of(sql)),
        "CREATE INDEX" | "CREATE UNIQUE INDEX" => (names[2..].to_vec(), Vec::new()),
        _ => (Vec::new(), Vec::new()),
    };
    Some(Ddl { sql: sql.to_owned(), object, columns, foreign_keys, unique: verb == "CREATE UNIQUE INDEX" })
}

/// The quoted names of a text, in their order.
fn quoted(sql: &'static str) -> Vec<&'static str> {
    sql.split(['"', '`']).skip(1).step_by(2).collect()
}

/// The first quoted name of each line that begins with one.
fn columns_of(sql: &'static str) -> Vec<&'static str> {
    let lines = sql.lines().skip(1).map(str::trim_start);
    let columns = lines.filter(|line| line.starts_with(['"', '`']));
    columns.filter_map(|line| quoted(line).first().copied()).collect()
}

fn keys_of(sql: &'static str) -> Vec<&'static str> {
    let keys = sql.lines().filter_map(|line| line.split_once("FOREIGN KEY"));
    keys.filter_map(|(_, key)| quoted(key).first().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(kind: ObjectKind, table: &str, name: &str) -> Object {
        Object { kind, table: table.into(), name: name.into() }
    }

    #[test]
    fn each_form_of_statement_names_its_object() {
        let script = "-- why; really\n\n-- CreateTable\nCREATE TABLE \"A\" (\n    \"id\" TEXT,\n    \
             CONSTRAINT \"A_b_fkey\" FOREIGN KEY (\"b\") REFERENCES \"B\" (\"id\")\n);\n\
             ALTER TABLE \"A\" ADD COLUMN \"c\" TEXT;\n-- CreateIndex\n\
             CREATE UNIQUE INDEX \"A_c_key\" ON \"A\"(\"c\", \"id\");\nDROP INDEX \"A_c_key\";\n\
             ALTER TABLE \"A\" DROP COLUMN \"c\";\nDROP TABLE \"A\";\n-- the end";
        let found = parse(script);
        let objects: Vec<_> = found.iter().map(|ddl| ddl.object.clone()).collect();
        assert_eq!(
            objects,
            [
                object(ObjectKind::Table, "A", "A"),
                object(ObjectKind::Column, "A", "c"),
                object(ObjectKind::Index, "A", "A_c_key"),
                object(ObjectKind::Index, "", "A_c_key"),
                object(ObjectKind::Column, "A", "c"),
                object(ObjectKind::Table, "A", "A"),
            ]
        );
        assert_eq!((&found[0].columns[..], &found[0].foreign_keys[..]), (&["id"][..], &["b"][..]));
        assert_eq!((found[2].unique, &found[2].columns[..]), (true, &["c", "id"][..]));
        assert_eq!(found[5].sql, "DROP TABLE \"A\"");
    }

    #[test]
    fn a_script_of_comments_has_no_statement() {
        assert!(parse("-- nothing here;\n-- at all").is_empty());
    }

    const ALL: [Dialect; 3] = [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql];

    #[test]
    fn every_statement_of_the_embedded_scripts_is_understood() {
        for script in ALL.into_iter().flat_map(scripts) {
            assert_eq!(script.version().len(), 14, "{}", script.name);
            for (text, known) in
                [(script.up, script.up_statements()), (script.down, script.down_statements())]
            {
                assert!(text.starts_with("-- Why"), "{}", script.name);
                assert_eq!(text.matches(";\n").count(), known.len(), "{}", script.name);
            }
        }
    }

    #[test]
    fn what_a_script_makes_its_down_takes_away_newest_first() {
        for script in ALL.into_iter().flat_map(scripts).filter(|script| !script.of_the_app) {
            let made = script.up_statements();
            let taken = script.down_statements();
            assert_eq!(made.len(), taken.len(), "{}", script.name);
            for (made, taken) in made.iter().rev().zip(taken) {
                assert!(taken.object.is_same(&made.object), "{made:?} {taken:?}");
            }
        }
    }

    #[test]
    fn the_engines_get_the_same_objects() {
        let shape = |script: &MigrationScript| -> Vec<_> {
            let made = script.up_statements().into_iter().filter(|ddl| ddl.object.kind != ObjectKind::Type);
            made.map(|ddl| (ddl.object, ddl.columns, ddl.foreign_keys, ddl.unique)).collect()
        };
        for dialect in ALL {
            for (script, other) in scripts(Dialect::Sqlite).iter().zip(scripts(dialect)) {
                assert_eq!(shape(script), shape(other), "{dialect:?} {}", script.name);
            }
        }
    }

    #[test]
    fn l26_the_apps_tables_are_never_taken_away() {
        for script in ALL.into_iter().flat_map(scripts).filter(|script| script.of_the_app) {
            assert_eq!(script.down_statements(), []);
        }
    }
}
