//! Compares a database's catalogue with what an import needs: what is there, what `schema apply` would
//! add, and what stops an import. The comparison is a pure function of the catalogue.

use crate::language::{said, tr};
use crate::store::codec::record::{Column, Table};
use crate::store::schema::catalogue::{Catalogue, IndexShape, RowPlace, TableShape};
use crate::store::schema::dialect::Dialect;
use crate::store::schema::expected::{
    ALWAYS_FILLED, DISPENSABLE, EXPECTED, ExpectedTable, ROWS_ELSEWHERE, expected,
};
use crate::store::schema::finding::{ObjectState, SchemaCheck, SchemaFinding, SchemaVerdict};
use crate::store::schema::object::{Object, ObjectKind};
use crate::store::schema::script::{Ddl, MigrationScript, VERSIONS, scripts};
use crate::store::schema::tables::{BOOKKEEPING, JOURNALED};
use crate::store::schema::types;

/// Compares a database with what an import needs.
pub(crate) fn assess(catalogue: &Catalogue, dialect: Dialect) -> SchemaCheck {
    let assessment = Assessment::new(catalogue, dialect);
    if assessment.foreign_tables().is_empty() {
        return assessment.of_empty_database();
    }
    if !catalogue.contains_key("User") && !catalogue.contains_key("Transaction") {
        return assessment.of_another_app();
    }
    assessment.of_the_app()
}

/// The findings about one database, while they are gathered.
struct Assessment<'a> {
    catalogue: &'a Catalogue,
    /// The statements of the app's own script.
    app: Vec<Ddl>,
    /// The statements of the tool's scripts.
    added: Vec<Ddl>,
    dialect: Dialect,
    findings: Vec<SchemaFinding>,
}

impl<'a> Assessment<'a> {
    fn new(catalogue: &'a Catalogue, dialect: Dialect) -> Self {
        let made = |of_the_app| {
            let scripts = scripts(dialect).iter().filter(move |script| script.of_the_app == of_the_app);
            scripts.flat_map(MigrationScript::up_statements).collect()
        };
        Self { catalogue, app: made(true), added: made(false), dialect, findings: Vec::new() }
    }

    /// The tables that the tool does not add: the app's and anybody else's.
    fn foreign_tables(&self) -> Vec<&'a str> {
        let names = self.catalogue.keys().map(String::as_str);
        names.filter(|name| *name != VERSIONS && create_table(&self.added, name).is_none()).collect()
    }

    fn add(&mut self, state: ObjectState, object: Object, meaning: impl Into<String>) {
        self.findings.push(SchemaFinding { state, object, meaning: meaning.into() });
    }

    fn present(&mut self, object: Object, meaning: &str) {
        self.add(ObjectState::Present, object, meaning);
    }

    fn missing(&mut self, object: Object, meaning: &str) {
        self.add(ObjectState::Missing, object, meaning);
    }

    fn note(&mut self, object: Object, meaning: impl Into<String>) {
        self.add(ObjectState::Note, object, meaning);
    }

    fn stops(&mut self, object: Object, meaning: impl Into<String>) {
        self.add(ObjectState::Incompatible, object, meaning);
    }

    fn of_empty_database(mut self) -> SchemaCheck {
        for ddl in std::mem::take(&mut self.app) {
            self.missing(ddl.object, tr!("the app's own; made because the database is empty"));
        }
        self.additions();
        SchemaCheck { verdict: SchemaVerdict::Empty, findings: self.findings }
    }

    fn of_another_app(mut self) -> SchemaCheck {
        for name in ["User", "Transaction"] {
            self.stops(Object::table(name), tr!("no such table: this is not the app's database"));
        }
        self.unknown_tables();
        SchemaCheck { verdict: SchemaVerdict::NotOurs, findings: self.findings }
    }

    fn of_the_app(mut self) -> SchemaCheck {
        for expected in EXPECTED {
            self.app_table(expected);
        }
        self.additions();
        self.unknown_tables();
        let any = |state| self.findings.iter().any(|finding| finding.state == state);
        let verdict = if any(ObjectState::Incompatible) {
            SchemaVerdict::Incompatible
        } else if any(ObjectState::Missing) {
            SchemaVerdict::NeedsApply
        } else if any(ObjectState::ReadOnly) {
            SchemaVerdict::ReadOnly
        } else {
            SchemaVerdict::Ready
        };
        SchemaCheck { verdict, findings: self.findings }
    }

    /// One table of the app: its columns, then the indexes and foreign keys that the app relies on.
    fn app_table(&mut self, expected: &ExpectedTable) {
        let name = expected.table.name;
        let object = Object::table(name);
        let Some(shape) = self.catalogue.get(name) else {
            return match expected.optional {
                Some(meaning) => self.note(object, said(meaning)),
                None => self.stops(object, tr!("no such table; the app's own schema must make it")),
            };
        };
        if let Some((why, meaning)) = expected.unusable(shape).zip(expected.optional) {
            let (no_table, meaning) = (tr!("no table: "), said(meaning));
            let meaning = meaning.strip_prefix(no_table).unwrap_or(meaning);
            return self.note(object, tr!("{why}: the table is left alone, and {meaning}"));
        }
        self.present(object.clone(), tr!("the app's own"));
        self.require_own_rows(&object, shape);
        if expected.written {
            self.require_writable(&object, shape);
        }
        for column in expected.table.columns {
            self.known_column(expected.table, column, shape, expected.written);
        }
        self.unknown_columns(expected.table, shape, expected.written);
        self.app_indexes(name, shape);
        self.foreign_keys(name, shape);
    }

    /// A column that the tool reads or writes.
    fn known_column(&mut self, table: &Table, column: &Column, shape: &TableShape, written: bool) {
        let object = object_on(ObjectKind::Column, table.name, column.name);
        let is = |list: &[(&str, &str)]| list.contains(&(table.name, column.name));
        let Some(live) = shape.column(column.name) else {
            if self.added.iter().any(|ddl| ddl.object.is_same(&object)) {
                return;
            }
            return if is(DISPENSABLE) {
                self.note(object, tr!("no such column: it is left out"))
            } else {
                self.stops(object, tr!("no such column; the tool cannot do without it"))
            };
        };
        if !types::accepts(self.dialect, column.kind, &live.declared) {
            let wanted = types::word(column.kind);
            let declared = if live.declared.is_empty() { tr!("no type") } else { &live.declared };
            return self.stops(object, tr!("{declared} where {wanted} belongs"));
        }
        if written && live.required && column.nullable && !is(ALWAYS_FILLED) {
            return self.stops(object, tr!("NOT NULL, and the tool has rows without a value for it"));
        }
        if live.collation.as_ref().is_some_and(|collation| !collation.starts_with("utf8mb4")) {
            return self.stops(object, tr!("not utf8mb4: it cannot hold every letter"));
        }
        self.present(object, tr!("as expected"));
    }

    /// A batch is all there or not at all, which two databases do not promise each other.
    fn require_own_rows(&mut self, object: &Object, shape: &TableShape) {
        if shape.place == RowPlace::Elsewhere {
            self.stops(object.clone(), said(ROWS_ELSEWHERE));
        }
    }

    /// Stops the import when the user of the database lacks the right to write a table.
    fn require_writable(&mut self, object: &Object, shape: &TableShape) {
        if !shape.writable {
            self.add(
                ObjectState::ReadOnly,
                object.clone(),
                tr!("this user of the database may not insert, update and delete its rows"),
            );
        }
    }

    /// Columns that the tool does not know. They stop an import only where a row cannot be inserted without
    /// them.
    fn unknown_columns(&mut self, table: &Table, shape: &TableShape, written: bool) {
        let usual = create_table(&self.app, table.name).map(|ddl| ddl.columns.clone()).unwrap_or_default();
        let unknown =
            shape.columns.iter().filter(|live| !table.columns.iter().any(|known| known.name == live.name));
        for live in unknown {
            let object = object_on(ObjectKind::Column, table.name, &live.name);
            if written && live.must_be_filled() {
                self.stops(object, tr!("NOT NULL without a default, and the tool does not fill it"));
            } else if usual.contains(&live.name.as_str()) {
                self.present(object, tr!("the app's own; not written"));
            } else {
                self.note(object, tr!("a further column: left alone"));
            }
        }
    }

    fn app_indexes(&mut self, table: &str, shape: &TableShape) {
        let usual: Vec<Ddl> = self.app.iter().filter(|ddl| is_index_on(ddl, table)).cloned().collect();
        for ddl in &usual {
            let there = shape.indexes.iter().any(|live| covers(live, ddl));
            match (there, ddl.unique) {
                (true, _) => self.present(ddl.object.clone(), tr!("as expected")),
                (false, true) => self.note(
                    ddl.object.clone(),
                    tr!("{} not unique here: the tool keeps its own rows unique", list(&ddl.columns)),
                ),
                (false, false) => self.note(ddl.object.clone(), tr!("no such index: slower, nothing more")),
            }
        }
        for live in shape.indexes.iter().filter(|live| live.unique) {
            let known =
                usual.iter().chain(&self.added).any(|ddl| ddl.object.name == live.name || covers(live, ddl));
            if !known {
                let object = object_on(ObjectKind::Index, table, &live.name);
                let columns = live.columns.join(", ");
                self.note(object, tr!("{columns} unique here: a row that repeats a value is rejected"));
            }
        }
    }

    fn foreign_keys(&mut self, table: &str, shape: &TableShape) {
        let usual = create_table(&self.app, table).map(|ddl| ddl.foreign_keys.clone()).unwrap_or_default();
        for column in usual {
            let there = shape.foreign_keys.iter().any(|(from, _)| from == column);
            let object = object_on(ObjectKind::ForeignKey, table, column);
            match there {
                true => self.present(object, tr!("as expected")),
                false => self.note(object, tr!("no foreign key here: the tool checks the reference itself")),
            }
        }
    }

    /// What the tool adds: present and usable, or missing.
    fn additions(&mut self) {
        self.addition(&Object::table(VERSIONS), None);
        for ddl in self.added.clone() {
            self.addition(&ddl.object, Some(&ddl));
        }
    }

    fn addition(&mut self, object: &Object, ddl: Option<&Ddl>) {
        if !object.exists_in(self.catalogue) {
            return self.missing(object.clone(), tr!("`schema apply` adds it"));
        }
        match (object.kind, ddl) {
            (ObjectKind::Table, Some(ddl)) => self.added_table(ddl),
            (ObjectKind::Index, Some(ddl)) => self.added_index(ddl),
            // A column that exists was checked with its table.
            (ObjectKind::Column, _) => {}
            _ => self.present(object.clone(), tr!("as expected")),
        }
    }

    /// A table of the checklist or of the tool, whether `schema apply` or Prisma made it.
    fn added_table(&mut self, ddl: &Ddl) {
        self.present(ddl.object.clone(), tr!("as expected"));
        let known = JOURNALED.iter().chain(BOOKKEEPING).find(|table| table.name == ddl.object.name);
        let (Some(table), Some(shape)) = (known, self.catalogue.get(&ddl.object.name)) else {
            return;
        };
        self.require_own_rows(&ddl.object, shape);
        self.require_writable(&ddl.object, shape);
        for column in table.columns {
            self.known_column(table, column, shape, true);
        }
        self.unknown_columns(table, shape, true);
    }

    /// An index of the expected name must also have the expected columns and uniqueness.
    fn added_index(&mut self, ddl: &Ddl) {
        let live = self.catalogue.get(&ddl.object.table).map(|table| &table.indexes);
        if live.into_iter().flatten().any(|live| live.name == ddl.object.name && covers(live, ddl)) {
            self.present(ddl.object.clone(), tr!("as expected"));
        } else {
            let wanted = if ddl.unique { "unique " } else { "" };
            let meaning =
                tr!("an index of that name is not {wanted}on {}.{}", ddl.object.table, list(&ddl.columns));
            self.stops(ddl.object.clone(), meaning);
        }
    }

    /// Tables that neither the app nor the tool knows.
    fn unknown_tables(&mut self) {
        for name in self.foreign_tables().into_iter().filter(|name| expected(name).is_none()) {
            self.note(Object::table(name), tr!("another table: left alone"));
        }
    }
}

/// The statement that creates a table.
fn create_table<'d>(script: &'d [Ddl], table: &str) -> Option<&'d Ddl> {
    script.iter().find(|ddl| ddl.object.kind == ObjectKind::Table && ddl.object.name == table)
}

fn object_on(kind: ObjectKind, table: &str, name: &str) -> Object {
    Object { kind, table: table.to_owned(), name: name.to_owned() }
}

fn is_index_on(ddl: &Ddl, table: &str) -> bool {
    ddl.object.kind == ObjectKind::Index && ddl.object.table == table
}

/// Whether an existing index, of any name, has the columns and the uniqueness of a statement's index.
fn covers(live: &IndexShape, ddl: &Ddl) -> bool {
    live.columns == ddl.columns && (live.unique || !ddl.unique)
}

fn list(columns: &[&str]) -> String {
    columns.join(", ")
}
