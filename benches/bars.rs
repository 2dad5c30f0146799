//! The bar of speed: an import beside a bare program that inserts the finished rows.
//!
//! `make bench ORDERS=18600`. A ratio of two times taken alternately on one machine means something on any machine;
//! a time alone does not. The bare program knows everything beforehand: no parsing, no look-ups, no journal, no
//! checkpoint; what it shares with the import is the schema with all indexes and foreign keys, the commits
//! (`synchronous=FULL`, one for every 500 orders) and the page cache. Reading the finished rows is not counted.
// SQLite's C interface is called directly: a wrapper's cost would flatter the import.
#![allow(unsafe_code)]

use std::collections::HashSet;
use std::error::Error;
use std::ffi::{CStr, CString, c_char, c_int};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::ptr;
use std::time::{Duration, Instant};

use libsqlite3_sys as ffi;

#[path = "../tests/support/shop.rs"]
mod shop;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Orders of the shop when no number is given.
const DEFAULT_ORDERS: u32 = 18_600;
/// Up to this many orders, everything is measured three times.
const REPEATED_UP_TO: u32 = 100_000;
/// Orders in one transaction, as the import's default has it.
const BATCH: i64 = 500;
/// The import's own session settings.
const SESSION: &str = "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return Ok(()); // built or listed by a test runner
    }
    let orders = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(DEFAULT_ORDERS);
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    let dir = home.join(format!("shop-{orders}"));
    fs::create_dir_all(&dir)?;
    shop::Shop::new(orders).write_clean(&dir)?;
    measure(&home, &dir, orders)
}

fn measure(home: &Path, dir: &Path, orders: u32) -> Result<()> {
    let rounds = if orders > REPEATED_UP_TO { 1 } else { 3 };
    let (mut imports, mut bares, mut checks) = (Vec::new(), Vec::new(), Vec::new());
    println!("{orders} orders, {rounds} round(s)");
    for round in 1..=rounds {
        let check = validate(home, dir)?;
        let import = import(home, dir)?;
        let (bare, rows) = bare(home)?;
        println!(
            "round {round}: import {:.2} s, {}; bare program {:.2} s, {rows} rows; validate {:.2} s, {}",
            import.time.as_secs_f64(),
            megabytes(import.peak_kib),
            bare.as_secs_f64(),
            check.time.as_secs_f64(),
            megabytes(check.peak_kib),
        );
        imports.push(import.time);
        bares.push(bare);
        checks.push(check.time);
    }
    let (import, bare, check) = (median(imports), median(bares), median(checks));
    println!(
        "\nmedian         import {:.2} s   bare program {:.2} s   validate {:.2} s",
        import, bare, check
    );
    println!("import / bare  {:.2}", import / bare);
    println!("orders a second: import {:.0}, bare program {:.0}", rate(orders, import), rate(orders, bare));
    Ok(())
}

fn rate(orders: u32, seconds: f64) -> f64 {
    f64::from(orders) / seconds
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

fn megabytes(kib: Option<u64>) -> String {
    kib.map_or_else(|| "peak memory unknown here".to_owned(), |kib| format!("peak {} MB", kib / 1024))
}

/// One run of the tool.
struct Ran {
    time: Duration,
    peak_kib: Option<u64>,
}

fn validate(home: &Path, dir: &Path) -> Result<Ran> {
    let mut command = tool(&home.join("import.db"));
    command.arg("validate").arg(dir).arg("--out").arg(home.join("out"));
    run(command)
}

fn import(home: &Path, dir: &Path) -> Result<Ran> {
    let database = fresh(home, "import.db")?;
    let mut command = tool(&database);
    command.args(["import", "all"]).arg(dir).arg("--create-memberships").arg("--out").arg(home.join("out"));
    run(command)
}

/// A new database with the schema, made by the tool itself.
fn fresh(home: &Path, name: &str) -> Result<PathBuf> {
    let database = home.join(name);
    for ending in ["", "-journal", "-wal", "-shm"] {
        let file = home.join(format!("{name}{ending}"));
        if file.exists() {
            fs::remove_file(file)?;
        }
    }
    let mut command = tool(&database);
    command.args(["schema", "apply"]);
    run(command)?;
    Ok(database)
}

fn tool(database: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sejoli-migrate"));
    command.env("DATABASE_URL", format!("file:{}", database.display())).arg("--quiet");
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

fn run(mut command: Command) -> Result<Ran> {
    let began = Instant::now();
    let mut child = command.spawn()?;
    let (status, peak_kib) = watch(&mut child)?;
    let time = began.elapsed();
    if !status.success() {
        return Err(format!("{command:?} ended with {status}").into());
    }
    Ok(Ran { time, peak_kib })
}

/// Waits, and asks the kernel every few milliseconds for the most memory that the process has had.
fn watch(child: &mut Child) -> Result<(ExitStatus, Option<u64>)> {
    let file = format!("/proc/{}/status", child.id());
    let mut peak = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status, peak));
        }
        let text = fs::read_to_string(&file).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(kib);
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The finished rows of the imported shop into a fresh database; returns the time of the inserts and commits.
fn bare(home: &Path) -> Result<(Duration, u64)> {
    let from = Connection::open(&home.join("import.db"))?;
    let into = Connection::open(&fresh(home, "bare.db")?)?;
    into.execute(SESSION)?;
    let mut writer =
        Writer { into: &into, inserts: Vec::new(), users: HashSet::new(), spent: Duration::ZERO, rows: 0 };
    copy(&from, &mut writer)?;
    let (spent, rows) = (writer.spent, writer.rows);
    drop(writer);
    for table in TABLES {
        let count = format!("SELECT count(*) FROM \"{table}\"");
        if from.number(&count)? != into.number(&count)? {
            return Err(format!("the bare program has not written all of {table}").into());
        }
    }
    Ok((spent, rows))
}

/// What the import writes for the app and its checklist; the tool's own books are not the bare program's.
const TABLES: [&str; 11] = [
    "Membership",
    "User",
    "UserRole",
    "AffiliateProfile",
    "Wallet",
    "SejoliAffiliateMapping",
    "Transaction",
    "SejoliWebhookLog",
    "AffiliateConversion",
    "WalletTransaction",
    "UserMembership",
];

/// In the import's order: catalogue, affiliates, orders, ledger, memberships.
fn copy(from: &Connection, writer: &mut Writer<'_>) -> Result<()> {
    writer.write(vec![("Membership", from.rows("SELECT * FROM \"Membership\" ORDER BY rowid", None)?)])?;
    let owner = "SELECT u.* FROM \"User\" u JOIN \"AffiliateProfile\" p ON p.\"userId\" = u.\"id\" \
                 WHERE p.rowid BETWEEN ?1 AND ?2 ORDER BY p.rowid";
    copy_parts(from, writer, "AffiliateProfile", &[("User", owner), ("AffiliateProfile", "")])?;
    for table in ["UserRole", "Wallet", "SejoliAffiliateMapping"] {
        copy_parts(from, writer, table, &[(table, "")])?;
    }
    let joined = |what: &str, joins: &str| {
        format!(
            "SELECT {what}.* FROM \"SejoliWebhookLog\" l \
             JOIN \"Transaction\" t ON t.\"externalId\" = 'sejoli-' || l.\"orderId\" {joins} \
             WHERE l.rowid BETWEEN ?1 AND ?2 ORDER BY l.rowid"
        )
    };
    let users = joined("u", "JOIN \"User\" u ON u.\"id\" = t.\"userId\"");
    let transactions = joined("t", "");
    let conversions = joined("c", "JOIN \"AffiliateConversion\" c ON c.\"transactionId\" = t.\"id\"");
    let order = [
        ("User", users.as_str()),
        ("Transaction", &transactions),
        ("SejoliWebhookLog", ""),
        ("AffiliateConversion", &conversions),
    ];
    copy_parts(from, writer, "SejoliWebhookLog", &order)?;
    copy_parts(from, writer, "WalletTransaction", &[("WalletTransaction", "")])?;
    let member = "SELECT u.* FROM \"User\" u JOIN \"UserMembership\" m ON m.\"userId\" = u.\"id\" \
                  WHERE m.rowid BETWEEN ?1 AND ?2 ORDER BY m.rowid";
    copy_parts(from, writer, "UserMembership", &[("User", member), ("UserMembership", "")])
}

/// One transaction for each 500 rows of `lead`; an empty query stands for the table's own rows.
fn copy_parts(
    from: &Connection,
    writer: &mut Writer<'_>,
    lead: &str,
    parts: &[(&'static str, &str)],
) -> Result<()> {
    let last = from.number(&format!("SELECT coalesce(max(rowid), 0) FROM \"{lead}\""))?;
    let mut first = 1;
    while first <= last {
        let range = (first, first + BATCH - 1);
        let mut batch = Vec::new();
        for (table, query) in parts {
            let own = format!("SELECT * FROM \"{table}\" WHERE rowid BETWEEN ?1 AND ?2 ORDER BY rowid");
            let query = if query.is_empty() { own.as_str() } else { query };
            batch.push((*table, from.rows(query, Some(range))?));
        }
        writer.write(batch)?;
        first += BATCH;
    }
    Ok(())
}

enum Value {
    Null,
    Int(i64),
    Real(f64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

struct Rows {
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
}

struct Writer<'a> {
    into: &'a Connection,
    inserts: Vec<(&'static str, Statement<'a>)>,
    users: HashSet<Vec<u8>>,
    spent: Duration,
    rows: u64,
}

impl Writer<'_> {
    /// One transaction; only what happens between its beginning and its end is counted.
    fn write(&mut self, mut batch: Vec<(&'static str, Rows)>) -> Result<()> {
        for (table, rows) in &mut batch {
            if *table == "User" {
                rows.rows.retain(|row| matches!(&row[0], Value::Text(id) if self.users.insert(id.clone())));
            }
            if !self.inserts.iter().any(|(known, _)| known == table) {
                let names: Vec<String> = rows.columns.iter().map(|name| format!("\"{name}\"")).collect();
                let marks = vec!["?"; names.len()].join(", ");
                let sql = format!("INSERT INTO \"{table}\" ({}) VALUES ({marks})", names.join(", "));
                self.inserts.push((table, self.into.prepare(&sql)?));
            }
        }
        if batch.iter().all(|(_, rows)| rows.rows.is_empty()) {
            return Ok(());
        }
        let began = Instant::now();
        self.into.execute("BEGIN IMMEDIATE")?;
        for (table, rows) in &batch {
            let Some((_, insert)) = self.inserts.iter().find(|(known, _)| known == table) else { continue };
            for row in &rows.rows {
                insert.insert(row)?;
                self.rows += 1;
            }
        }
        self.into.execute("COMMIT")?;
        self.spent += began.elapsed();
        Ok(())
    }
}

/// A database by SQLite's C interface.
struct Connection(*mut ffi::sqlite3);

/// A prepared statement; the connection outlives it.
struct Statement<'a> {
    connection: &'a Connection,
    raw: *mut ffi::sqlite3_stmt,
}

impl Connection {
    fn open(path: &Path) -> Result<Self> {
        let name = CString::new(path.to_string_lossy().as_bytes())?;
        let mut raw = ptr::null_mut();
        // SAFETY: the name ends with a zero byte and `raw` is written before it is used.
        let code = unsafe { ffi::sqlite3_open(name.as_ptr(), &raw mut raw) };
        let connection = Self(raw);
        connection.check(code, ffi::SQLITE_OK)?;
        Ok(connection)
    }

    fn check(&self, code: c_int, expected: c_int) -> Result<()> {
        if code == expected {
            return Ok(());
        }
        // SAFETY: the connection is open, and the message is copied at once.
        let message = unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(self.0)) };
        Err(message.to_string_lossy().into_owned().into())
    }

    fn execute(&self, sql: &str) -> Result<()> {
        let sql = CString::new(sql)?;
        // SAFETY: the connection is open and the text ends with a zero byte.
        let code = unsafe { ffi::sqlite3_exec(self.0, sql.as_ptr(), None, ptr::null_mut(), ptr::null_mut()) };
        self.check(code, ffi::SQLITE_OK)
    }

    fn prepare(&self, sql: &str) -> Result<Statement<'_>> {
        let mut raw = ptr::null_mut();
        let length = c_int::try_from(sql.len())?;
        let text = sql.as_ptr().cast::<c_char>();
        // SAFETY: the text is as long as is said, and `raw` is written before it is used.
        let code = unsafe { ffi::sqlite3_prepare_v2(self.0, text, length, &raw mut raw, ptr::null_mut()) };
        self.check(code, ffi::SQLITE_OK)?;
        Ok(Statement { connection: self, raw })
    }

    fn rows(&self, sql: &str, range: Option<(i64, i64)>) -> Result<Rows> {
        let statement = self.prepare(sql)?;
        if let Some((first, last)) = range {
            statement.bind(1, &Value::Int(first))?;
            statement.bind(2, &Value::Int(last))?;
        }
        let columns = statement.columns();
        let mut rows = Vec::new();
        while statement.step()? {
            rows.push((0..columns.len()).map(|at| statement.value(at as c_int)).collect());
        }
        Ok(Rows { columns, rows })
    }

    fn number(&self, sql: &str) -> Result<i64> {
        match self.rows(sql, None)?.rows.first().and_then(|row| row.first()) {
            Some(Value::Int(number)) => Ok(*number),
            _ => Err(format!("no number: {sql}").into()),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: every statement borrows the connection and is gone by now.
        unsafe { ffi::sqlite3_close(self.0) };
    }
}

impl Statement<'_> {
    fn columns(&self) -> Vec<String> {
        // SAFETY: the statement is valid and the column is one of its own; the name is copied at once.
        let name = |at| unsafe { CStr::from_ptr(ffi::sqlite3_column_name(self.raw, at)) };
        // SAFETY: the statement is valid.
        let count = unsafe { ffi::sqlite3_column_count(self.raw) };
        (0..count).map(|at| name(at).to_string_lossy().into_owned()).collect()
    }

    fn bind(&self, at: c_int, value: &Value) -> Result<()> {
        let length = |bytes: &[u8]| c_int::try_from(bytes.len());
        // SAFETY: the statement is valid; bytes are as long as is said and live until the statement is reset
        // (`insert` resets it before its row goes; ranges are numbers).
        let code = unsafe {
            match value {
                Value::Null => ffi::sqlite3_bind_null(self.raw, at),
                Value::Int(number) => ffi::sqlite3_bind_int64(self.raw, at, *number),
                Value::Real(number) => ffi::sqlite3_bind_double(self.raw, at, *number),
                Value::Text(text) => {
                    let bytes = text.as_ptr().cast::<c_char>();
                    ffi::sqlite3_bind_text(self.raw, at, bytes, length(text)?, ffi::SQLITE_STATIC())
                }
                Value::Blob(blob) => {
                    let bytes = blob.as_ptr().cast();
                    ffi::sqlite3_bind_blob(self.raw, at, bytes, length(blob)?, ffi::SQLITE_STATIC())
                }
            }
        };
        self.connection.check(code, ffi::SQLITE_OK)
    }

    /// Whether there is a row.
    fn step(&self) -> Result<bool> {
        // SAFETY: the statement is valid.
        match unsafe { ffi::sqlite3_step(self.raw) } {
            ffi::SQLITE_ROW => Ok(true),
            code => self.connection.check(code, ffi::SQLITE_DONE).map(|()| false),
        }
    }

    fn insert(&self, row: &[Value]) -> Result<()> {
        for (at, value) in (1..).zip(row) {
            self.bind(at, value)?;
        }
        self.step()?;
        // SAFETY: the statement is valid; its bindings are forgotten before the row they point into goes.
        let code = unsafe { ffi::sqlite3_reset(self.raw) | ffi::sqlite3_clear_bindings(self.raw) };
        self.connection.check(code, ffi::SQLITE_OK)
    }

    fn value(&self, at: c_int) -> Value {
        // SAFETY: the statement stands on a row and `at` is one of its columns; bytes are copied at once.
        unsafe {
            match ffi::sqlite3_column_type(self.raw, at) {
                ffi::SQLITE_NULL => Value::Null,
                ffi::SQLITE_INTEGER => Value::Int(ffi::sqlite3_column_int64(self.raw, at)),
                ffi::SQLITE_FLOAT => Value::Real(ffi::sqlite3_column_double(self.raw, at)),
                kind => {
                    let start = ffi::sqlite3_column_blob(self.raw, at).cast::<u8>();
                    let length = usize::try_from(ffi::sqlite3_column_bytes(self.raw, at)).unwrap_or(0);
                    let bytes = if start.is_null() { &[] } else { std::slice::from_raw_parts(start, length) };
                    if kind == ffi::SQLITE_TEXT {
                        Value::Text(bytes.to_vec())
                    } else {
                        Value::Blob(bytes.to_vec())
                    }
                }
            }
        }
    }
}

impl Drop for Statement<'_> {
    fn drop(&mut self) {
        // SAFETY: the statement is valid and not used again.
        unsafe { ffi::sqlite3_finalize(self.raw) };
    }
}
