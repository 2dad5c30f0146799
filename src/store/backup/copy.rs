//! A copy of the database, to rehearse in: made as a backup is, and restored where nothing is yet.

use std::fs;
use std::path::{Path, PathBuf};

use crate::domain::date::Millis;
use crate::failure::Failure;
use crate::language::tr;
use crate::store::backup::make::{create_part, source, tables_with_rows, write};
use crate::store::backup::{mysql, postgres, sqlite};
use crate::store::codec::value::Cell;
use crate::store::engines::connect::connect;
use crate::store::engines::database_use::DatabaseUse;
use crate::store::engines::server_url::beside;
use crate::store::engines::target::{DatabaseTarget, is_missing_file};
use crate::store::schema::dialect::Dialect;
use crate::store::session::store::Store;

/// What is added to the name of the database.
const ENDING: &str = "_rehearsal";

/// An empty table by which a copy is known for one, so that nothing else is taken away for an earlier rehearsal.
const MARK: &str = "SejoliRehearsal";

/// Where a copy is put.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CopyPlace<'a> {
    /// Beside the database: a file in the same folder, or a database of the same server.
    Beside {
        /// Whether what is left there of an earlier rehearsal is taken away.
        replace: bool,
    },
    /// An empty database that somebody has made, by its URL.
    Given(&'a str),
}

/// A copy of a database.
pub(crate) struct DatabaseCopy {
    /// Its URL in Prisma's form, which may hold a password.
    pub(crate) url: String,
    /// Which database it is, in words.
    pub(crate) shown: String,
    /// Where it was made; `None` where somebody else has made it.
    made: Option<Made>,
}

#[derive(Clone, Debug)]
enum Made {
    File(PathBuf),
    Database(String),
}

impl DatabaseCopy {
    /// Copies the database. `url` is that of the server itself, which a pooler may stand before; `folder` holds the
    /// backup meanwhile.
    ///
    /// # Errors
    /// Those of a backup; exit code 5 where the copy's place is taken, 7 where the server does not let it be made.
    pub(crate) fn make(
        store: &mut Store,
        url: &str,
        place: CopyPlace<'_>,
        folder: &Path,
        now: Millis,
    ) -> anyhow::Result<Self> {
        let from = source(store, Some(url))?;
        let copy = match (place, &from) {
            (CopyPlace::Given(url), _) => empty_database(store, url)?,
            (CopyPlace::Beside { replace }, DatabaseTarget::Sqlite(path)) => file_beside(path, replace)?,
            (CopyPlace::Beside { replace }, _) => database_beside(store, url, replace)?,
        };
        match copy.fill(store, &from, folder, now).and_then(|()| copy.mark()) {
            Ok(()) => Ok(copy),
            Err(error) => {
                copy.remove(store)?;
                Err(error)
            }
        }
    }

    /// Whether it was made by this, and not by somebody else.
    pub(crate) fn is_own(&self) -> bool {
        self.made.is_some()
    }

    /// Takes the copy away, unless somebody else has made it.
    ///
    /// # Errors
    /// Exit code 5 or 7 where that is refused.
    pub(crate) fn remove(&self, store: &mut Store) -> anyhow::Result<()> {
        match &self.made {
            None => Ok(()),
            Some(Made::File(path)) => remove_file(path),
            Some(Made::Database(name)) => drop_database(store, name),
        }
    }

    /// Leaves the mark in a copy; a database that somebody else has made is never taken away, and needs none.
    fn mark(&self) -> anyhow::Result<()> {
        if self.is_own() {
            let to = DatabaseTarget::parse(&self.url)?;
            let quote = if to.dialect() == Dialect::Mysql { '`' } else { '"' };
            let create = format!("CREATE TABLE {quote}{MARK}{quote} (id INTEGER PRIMARY KEY)");
            connect(&to, DatabaseUse::Write)?.execute(&create, &[])?;
        }
        Ok(())
    }

    fn fill(
        &self,
        store: &mut Store,
        from: &DatabaseTarget,
        folder: &Path,
        now: Millis,
    ) -> anyhow::Result<()> {
        let tables = tables_with_rows(store)?;
        let to = DatabaseTarget::parse(&self.url)?;
        if let DatabaseTarget::Sqlite(path) = &to {
            return sqlite::write(store, path).map(|_| ());
        }
        let (dump, _) = create_part(folder, store.dialect(), now)?;
        write(store, from, &tables, &dump)?;
        let restored = match &to {
            DatabaseTarget::Postgres(to) => postgres::restore_into(to, &dump),
            DatabaseTarget::Mysql(to) => mysql::restore_into(to, &dump),
            DatabaseTarget::Sqlite(_) => Ok(()),
        };
        fs::remove_file(&dump)?;
        restored
    }
}

fn empty_database(store: &Store, url: &str) -> anyhow::Result<DatabaseCopy> {
    let target = DatabaseTarget::parse(url)?;
    let shown = target.describe();
    if target.dialect() != store.dialect() {
        return Err(Failure::usage(tr!("{shown}: a database of another engine cannot be a copy")));
    }
    let is_there = !is_missing_file(url)?;
    if is_there && !connect(&target, DatabaseUse::Write)?.catalogue()?.is_empty() {
        return Err(Failure::refused(tr!("{shown}: has tables; a rehearsal takes an empty database")));
    }
    Ok(DatabaseCopy { url: url.to_owned(), shown, made: None })
}

fn file_beside(path: &Path, replace: bool) -> anyhow::Result<DatabaseCopy> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let copy = std::path::absolute(path.with_file_name(format!("{stem}{ENDING}.db")))?;
    let target = DatabaseTarget::Sqlite(copy.clone());
    if copy.exists() {
        may_be_replaced(&target, replace)?;
        remove_file(&copy)?;
    }
    let url = format!("file:{}", copy.display());
    Ok(DatabaseCopy { url, shown: target.describe(), made: Some(Made::File(copy)) })
}

fn database_beside(store: &mut Store, url: &str, replace: bool) -> anyhow::Result<DatabaseCopy> {
    let (copy, name) = beside(url, ENDING)?;
    let target = DatabaseTarget::parse(&copy)?;
    if has_database(store, &name)? {
        may_be_replaced(&target, replace)?;
        drop_database(store, &name)?;
    }
    create_database(store, &name)?;
    Ok(DatabaseCopy { url: copy, shown: target.describe(), made: Some(Made::Database(name)) })
}

/// What stands in a copy's place is taken away only if it is a copy, too, and only on request.
fn may_be_replaced(target: &DatabaseTarget, replace: bool) -> anyhow::Result<()> {
    let shown = target.describe();
    if !connect(target, DatabaseUse::Read)?.catalogue()?.contains_key(MARK) {
        return Err(Failure::refused(tr!(
            "{shown}: is there already, and is no copy that a rehearsal has finished; --into URL rehearses elsewhere"
        )));
    }
    if !replace {
        return Err(Failure::refused(tr!(
            "{shown}: an earlier rehearsal is there; --replace takes it away, --into URL rehearses elsewhere"
        )));
    }
    Ok(())
}

fn remove_file(path: &Path) -> anyhow::Result<()> {
    fs::remove_file(path).map_err(|error| Failure::refused(format!("{}: {error}", path.display())))
}

fn has_database(store: &mut Store, name: &str) -> anyhow::Result<bool> {
    let question = match store.dialect() {
        Dialect::Postgres => "SELECT datname FROM pg_database WHERE datname = ?",
        _ => "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?",
    };
    Ok(!store.query(question, &[Cell::Text(name.to_owned())])?.is_empty())
}

/// Creates a database with the characters and the order of the one that is connected.
fn create_database(store: &mut Store, name: &str) -> anyhow::Result<()> {
    let quoted = quoted_name(store, name);
    let text = |value: &str| format!("'{}'", value.replace('\'', "''"));
    let create = match store.dialect() {
        Dialect::Postgres => {
            let like = "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database \
                        WHERE datname = current_database()";
            let [encoding, collate, kind] = first_texts(store.query(like, &[])?);
            format!(
                "CREATE DATABASE {quoted} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}",
                text(&encoding),
                text(&collate),
                text(&kind)
            )
        }
        _ => {
            let like = "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA \
                        WHERE SCHEMA_NAME = DATABASE()";
            let [characters, collation] = first_texts(store.query(like, &[])?);
            format!("CREATE DATABASE {quoted} CHARACTER SET {characters} COLLATE {collation}")
        }
    };
    store.execute(&create, &[])?;
    Ok(())
}

fn drop_database(store: &mut Store, name: &str) -> anyhow::Result<()> {
    let drop = format!("DROP DATABASE {}", quoted_name(store, name));
    store.execute(&drop, &[])?;
    Ok(())
}

fn quoted_name(store: &Store, name: &str) -> String {
    match store.dialect() {
        Dialect::Mysql => format!("`{}`", name.replace('`', "``")),
        _ => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

/// The texts of a question's first row; empty ones where there is none.
fn first_texts<const N: usize>(rows: Vec<Vec<Cell>>) -> [String; N] {
    let mut texts = rows
        .into_iter()
        .next()
        .unwrap_or_default()
        .into_iter()
        .map(|cell| cell.into_text().unwrap_or_default());
    std::array::from_fn(|_| texts.next().unwrap_or_default())
}
