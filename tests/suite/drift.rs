//! What `schema print --format prisma` prints is what `schema apply` has made, column by column, index by
//! index, on each engine: pasted, it leaves Prisma nothing to do.
//!
//! Prisma itself is asked by `make prisma`, on the engines that its schema engine for WebAssembly knows.
//! Here the types are those that Prisma has given the app's own columns: each type of the app's schema is
//! held against the catalogue of the database that Prisma's own DDL makes.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::library::{Catalogue, DatabaseUse, TableShape};
use crate::support::{AppDatabase, Engine, on_each_engine};

/// A model of a Prisma schema.
#[derive(Debug, Default)]
struct Model {
    fields: Vec<Field>,
    /// The columns of its indexes, and whether they are unique.
    indexes: BTreeSet<(Vec<String>, bool)>,
    /// The columns of foreign keys, and where they point.
    relations: BTreeSet<(String, String)>,
}

/// A column.
#[derive(Debug)]
struct Field {
    name: String,
    /// Its type, with the native one where there is one (`String @db.Text`).
    kind: String,
    required: bool,
    /// Whether the database fills it; ids and times of writing are filled by Prisma's client.
    has_default: bool,
    primary: bool,
}

const SCALARS: [&str; 9] =
    ["String", "Int", "BigInt", "Float", "Decimal", "DateTime", "Boolean", "Json", "Bytes"];

/// The models of a schema by the names of their tables. `enums` are types of columns, too.
fn models(schema: &str, enums: &BTreeSet<&str>) -> BTreeMap<String, Model> {
    let mut models = BTreeMap::new();
    let mut lines = schema.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix("model ").and_then(|rest| rest.strip_suffix(" {")) else {
            continue;
        };
        let (mut table, mut model) = (name.to_owned(), Model::default());
        for line in lines.by_ref().take_while(|line| *line != "}") {
            let line = line.split(" //").next().unwrap_or_default().trim();
            if let Some(mapped) = line.strip_prefix("@@map(\"") {
                table = mapped.trim_end_matches("\")").to_owned();
            } else {
                model.read(line, enums);
            }
        }
        models.insert(table, model);
    }
    models
}

fn enums(schema: &str) -> BTreeSet<&str> {
    schema.lines().filter_map(|line| line.strip_prefix("enum ")?.strip_suffix(" {")).collect()
}

/// The names between the brackets behind a word: `@@index([a, b])`.
fn names(line: &str, word: &str) -> Option<Vec<String>> {
    let list = line.split_once(&format!("{word}["))?.1.split(']').next()?;
    Some(list.split(',').map(|name| name.trim().to_owned()).collect())
}

impl Model {
    fn read(&mut self, line: &str, enums: &BTreeSet<&str>) {
        for (word, unique) in [("@@index(", false), ("@@unique(", true)] {
            self.indexes.extend(names(line, word).map(|columns| (columns, unique)));
        }
        let mut words = line.split_whitespace();
        let (Some(name), Some(kind)) = (words.next(), words.next()) else { return };
        if name.starts_with('@') || name.starts_with('/') {
            return;
        }
        let bare = kind.trim_end_matches('?');
        if !SCALARS.contains(&bare) && !enums.contains(bare) {
            let from = names(line, "fields: ").unwrap_or_default();
            self.relations.extend(from.into_iter().map(|column| (column, bare.to_owned())));
            return;
        }
        if line.contains(" @unique") {
            self.indexes.insert((vec![name.to_owned()], true));
        }
        let native = line.split_whitespace().find(|word| word.starts_with("@db."));
        self.fields.push(Field {
            name: name.to_owned(),
            kind: native.map_or_else(|| bare.to_owned(), |native| format!("{bare} {native}")),
            required: !kind.ends_with('?'),
            has_default: line.contains(" @default(") && !line.contains(" @default(cuid())"),
            primary: line.contains(" @id"),
        });
    }
}

/// The types that Prisma gives, by the kinds of the app's own schema; and those that the app has none of.
fn types(app: &BTreeMap<String, Model>, catalogue: &Catalogue, engine: Engine) -> BTreeMap<String, String> {
    let mut types: BTreeMap<String, String> = BTreeMap::new();
    for (table, model) in app {
        for field in &model.fields {
            let shape =
                catalogue[table].column(&field.name).unwrap_or_else(|| panic!("{table}.{}", field.name));
            let known = types.entry(field.kind.clone()).or_insert_with(|| shape.declared.clone());
            assert_eq!(*known, shape.declared, "{table}.{}: one kind, one type", field.name);
        }
    }
    let (bytes, text, float) = match engine {
        Engine::Sqlite => ("BLOB", "TEXT", "REAL"),
        #[cfg(feature = "postgres")]
        Engine::Postgres => ("bytea", "text", "double precision"),
        #[cfg(feature = "mysql")]
        Engine::Mysql => ("longblob", "text", "double"),
    };
    for (kind, declared) in [("Bytes", bytes), ("String @db.Text", text), ("Float", float)] {
        types.entry(kind.to_owned()).or_insert_with(|| declared.to_owned());
    }
    types
}

/// Diesel makes a table of its own with types of SQLite that Prisma takes for its own.
fn as_prisma_reads(declared: &str) -> &str {
    match declared {
        "VARCHAR(50)" => "TEXT",
        "TIMESTAMP" => "DATETIME",
        other => other,
    }
}

/// What Prisma would name an index.
fn index_name(table: &str, columns: &[String], unique: bool) -> String {
    format!("{table}_{}_{}", columns.join("_"), if unique { "key" } else { "idx" })
}

/// Every difference between a model and its table. `whole`: the table has nothing else.
fn differences(
    table: &str,
    model: &Model,
    shape: &TableShape,
    types: &BTreeMap<String, String>,
    whole: bool,
) -> Vec<String> {
    let mut found = Vec::new();
    // MariaDB gives every column that may be NULL a default: NULL.
    let default = |required: bool, has_default: bool| required && has_default;
    for field in &model.fields {
        let Some(column) = shape.column(&field.name) else {
            found.push(format!("{table}.{}: missing", field.name));
            continue;
        };
        let (required, has_default) = (column.required || column.primary, column.has_default);
        let is =
            (as_prisma_reads(&column.declared), required, default(required, has_default), column.primary);
        let printed = types.get(&field.kind).map_or("of no known type", String::as_str);
        let printed = (printed, field.required, default(field.required, field.has_default), field.primary);
        if is != printed {
            found.push(format!("{table}.{}: {is:?}, printed as {printed:?}", field.name));
        }
    }
    let indexes: BTreeSet<_> =
        shape.indexes.iter().map(|index| (index.columns.clone(), index.unique)).collect();
    let keys: BTreeSet<_> = shape.foreign_keys.iter().cloned().collect();
    found.extend(model.indexes.difference(&indexes).map(|index| format!("{table}: no index {index:?}")));
    found.extend(model.relations.difference(&keys).map(|key| format!("{table}: no foreign key {key:?}")));
    for index in &shape.indexes {
        let named = index_name(table, &index.columns, index.unique);
        if model.indexes.contains(&(index.columns.clone(), index.unique)) && index.name != named {
            found.push(format!("{table}: index {} instead of {named}", index.name));
        }
    }
    if whole {
        let printed = |name: &str| model.fields.iter().any(|field| field.name == name);
        let columns = shape.columns.iter().filter(|column| !printed(&column.name));
        found.extend(columns.map(|column| format!("{table}.{}: not printed", column.name)));
        found.extend(
            indexes.difference(&model.indexes).map(|index| format!("{table}: {index:?} not printed")),
        );
        found.extend(keys.difference(&model.relations).map(|key| format!("{table}: {key:?} not printed")));
    }
    found
}

/// The lines for models that are there already are printed as comments: as models of their own.
fn for_models_of_the_app(printed: &str) -> String {
    let comments = printed.lines().filter_map(|line| line.strip_prefix("//"));
    comments.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect()
}

const APP: &str = include_str!("../prisma/app.prisma");

/// What is printed, what the catalogue of an applied schema holds, and the types of its columns.
fn printed_and_applied(engine: Engine) -> (String, Catalogue, BTreeMap<String, String>) {
    let db = AppDatabase::new(engine);
    let printed = db.run(&["schema", "print", "--format", "prisma"]).stdout;
    let catalogue = db.store(DatabaseUse::Read).catalogue().expect("the catalogue is read");
    let types = types(&models(APP, &enums(APP)), &catalogue, engine);
    (printed, catalogue, types)
}

fn what_is_printed_for_prisma_is_what_the_catalogue_holds(engine: Engine) {
    let (printed, catalogue, types) = printed_and_applied(engine);
    let enums = enums(APP);
    let (new, lines) = (models(&printed, &enums), models(&for_models_of_the_app(&printed), &enums));
    assert!(new.len() > 8 && lines.len() == 3, "{} models, lines for {}", new.len(), lines.len());
    let mut found = Vec::new();
    for (models, whole) in [(&new, true), (&lines, false)] {
        for (table, model) in models {
            found.extend(differences(table, model, &catalogue[table], &types, whole));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// The test above would see a column, an index, a type and a NULL that are not as printed.
fn what_is_not_as_printed_is_seen(engine: Engine) {
    let (printed, catalogue, types) = printed_and_applied(engine);
    let enums = enums(APP);
    let table = "SejoliWebhookLog";
    for (line, other) in [
        ("buyerPhone           String?", "buyerPhone           String"),
        ("amount               Float", "amount               Decimal"),
        ("@@index([buyerEmail])", ""),
        ("@@index([buyerEmail])", "@@unique([buyerEmail])"),
        ("processedAt          DateTime?", ""),
        ("@default(false)", ""),
        ("orderId              String    @unique", "orderId              String"),
    ] {
        let changed = printed.replacen(line, other, 1);
        assert_ne!(changed, printed, "{line}");
        let model = &models(&changed, &enums)[table];
        assert!(!differences(table, model, &catalogue[table], &types, true).is_empty(), "{line}");
    }
}

on_each_engine!(what_is_printed_for_prisma_is_what_the_catalogue_holds, what_is_not_as_printed_is_seen);
