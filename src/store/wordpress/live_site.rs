//! A connection to a site's database.

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Row, Value};
use tokio::runtime::Runtime;
use url::Url;

use crate::failure::Failure;
use crate::store::engines::mysql::driver;
use crate::store::wordpress::source_url::SourceUrl;

/// Rows of one page.
const PAGE_ROWS: usize = 5000;

/// A table of the database.
#[derive(Clone, Debug)]
pub(crate) struct LiveTable {
    /// Its name.
    pub(crate) name: String,
    /// Whether the snapshot holds for it.
    pub(crate) has_snapshots: bool,
    /// Its columns, as far as the account may read them.
    pub(crate) columns: Vec<LiveColumn>,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub(crate) struct LiveColumn {
    /// Its name.
    pub(crate) name: String,
    /// Its type, in lower case.
    pub(crate) kind: String,
}

/// Which rows of a table are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChosenRows {
    /// The column that tells.
    pub(crate) column: &'static str,
    /// Its words.
    pub(crate) words: &'static [&'static str],
    /// What else its word may begin with.
    pub(crate) beginning: Option<&'static str>,
}

/// A site's database in one consistent snapshot.
#[allow(missing_debug_implementations)]
pub(crate) struct LiveSite {
    connection: Conn,
    runtime: Runtime,
    shown: String,
}

impl LiveSite {
    /// Connects and begins the snapshot.
    ///
    /// # Errors
    /// Exit code 7: the server cannot be reached, or does not let in.
    pub(crate) fn open(source: &SourceUrl) -> anyhow::Result<Self> {
        let shown = source.target.shown.clone();
        let failed = |why: &dyn ToString| failure(&shown, &why.to_string());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| failed(&error))?;
        let connect = |url: &Url| driver::connect(&runtime, &source.target, url);
        let connection = driver::first_host(&source.target, connect).map_err(|error| failed(&error))?;
        let mut site = Self { connection, runtime, shown };
        for statement in [
            "SET NAMES utf8mb4",
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        ] {
            site.query(statement)?;
        }
        Ok(site)
    }

    /// The URL without its password.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    fn query(&mut self, sql: &str) -> anyhow::Result<Vec<Row>> {
        let rows = self.runtime.block_on(self.connection.query(sql));
        rows.map_err(|error| failure(&self.shown, &error.to_string()))
    }

    /// The tables with these names' ends.
    ///
    /// # Errors
    /// Exit code 7: the server does not answer.
    pub(crate) fn tables(&mut self) -> anyhow::Result<Vec<LiveTable>> {
        let rows = self.query(
            "SELECT c.TABLE_NAME, t.ENGINE, c.COLUMN_NAME, c.COLUMN_TYPE FROM information_schema.COLUMNS c \
             JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME \
             WHERE c.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE = 'BASE TABLE' \
             ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION",
        )?;
        let mut tables: Vec<LiveTable> = Vec::new();
        for row in rows {
            let [name, engine, column, kind] = [0, 1, 2, 3].map(|at| text(&row, at));
            if tables.last().is_none_or(|table| table.name != name) {
                let has_snapshots = engine.eq_ignore_ascii_case("InnoDB");
                tables.push(LiveTable { name, has_snapshots, columns: Vec::new() });
            }
            let column = LiveColumn { name: column, kind: kind.to_lowercase() };
            tables.last_mut().into_iter().for_each(|table| table.columns.push(column.clone()));
        }
        Ok(tables)
    }

    /// How many rows a table has now.
    ///
    /// # Errors
    /// Exit code 7: the server does not answer.
    pub(crate) fn count(&mut self, table: &str) -> anyhow::Result<u64> {
        let rows = self.query(&format!("SELECT COUNT(*) FROM {}", name(table)))?;
        Ok(rows.first().map(|row| text(row, 0)).and_then(|count| count.parse().ok()).unwrap_or(0))
    }

    /// Reads the rows of a table in pages, in the order of its first column, which is its key.
    ///
    /// # Errors
    /// Exit code 7: the server does not answer. Else those of `take`.
    pub(crate) fn rows(
        &mut self,
        table: &str,
        columns: &[LiveColumn],
        chosen: Option<ChosenRows>,
        mut take: impl FnMut(&[Option<&[u8]>]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let Some(key) = columns.first() else { return Ok(()) };
        let list: Vec<String> = columns.iter().map(selected).collect();
        let (list, key, table) = (list.join(", "), name(&key.name), name(table));
        let condition = chosen.map(|chosen| format!(" AND {}", condition(chosen))).unwrap_or_default();
        let mut last = "0".to_owned();
        loop {
            let sql = format!(
                "SELECT {list} FROM {table} WHERE {key} > {last}{condition} ORDER BY {key} LIMIT {PAGE_ROWS}"
            );
            let rows = self.query(&sql)?;
            for row in &rows {
                let cells: Vec<Option<&[u8]>> = (0..columns.len()).map(|at| bytes(row, at)).collect();
                take(&cells)?;
            }
            match rows.last() {
                Some(row) if rows.len() == PAGE_ROWS => last = number(&text(row, 0)),
                _ => return Ok(()),
            }
        }
    }
}

fn failure(shown: &str, why: &str) -> anyhow::Error {
    Failure::database(format!("{shown}: {}", why.trim().replace('\n', " ")))
}

/// A name in backticks.
fn name(text: &str) -> String {
    format!("`{}`", text.replace('`', "``"))
}

/// A column; one of type FLOAT prints six digits unless it is read as a double, and holds no more than two decimals of
/// an amount.
fn selected(column: &LiveColumn) -> String {
    let name = name(&column.name);
    if column.kind.starts_with("float") { format!("ROUND({name} + 0e0, 2)") } else { name }
}

fn condition(chosen: ChosenRows) -> String {
    let column = name(chosen.column);
    let words: Vec<String> = chosen.words.iter().map(|word| format!("'{word}'")).collect();
    let among = format!("{column} IN ({})", words.join(", "));
    match chosen.beginning {
        Some(beginning) => format!("({among} OR {column} LIKE '{beginning}%')"),
        None => among,
    }
}

/// A number's digits, and nothing else.
fn number(text: &str) -> String {
    text.parse::<u64>().map_or_else(|_| u64::MAX.to_string(), |number| number.to_string())
}

fn bytes(row: &Row, at: usize) -> Option<&[u8]> {
    match row.as_ref(at)? {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

fn text(row: &Row, at: usize) -> String {
    bytes(row, at).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
}
