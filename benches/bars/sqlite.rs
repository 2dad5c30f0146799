//! The bare program: the finished rows into a fresh SQLite file, by SQLite's C interface.
// A wrapper's cost would flatter the import.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int};
use std::path::Path;
use std::ptr;
use std::time::{Duration, Instant};

use libsqlite3_sys as ffi;

use crate::Result;
use crate::rows::{Load, Rows, Value};

/// The import's own session settings.
const SESSION: &str = "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;";

/// Inserts rows by cached statements.
pub struct Bare<'a> {
    into: &'a Connection,
    inserts: Vec<(&'static str, Statement<'a>)>,
    pub spent: Duration,
    pub rows: u64,
}

impl<'a> Bare<'a> {
    pub fn new(into: &'a Connection) -> Result<Self> {
        into.execute(SESSION)?;
        Ok(Self { into, inserts: Vec::new(), spent: Duration::ZERO, rows: 0 })
    }
}

impl Load for Bare<'_> {
    /// Only what happens between a transaction's beginning and its end is counted.
    fn write(&mut self, batch: &[(&'static str, Rows)]) -> Result<()> {
        for (table, rows) in batch {
            if !self.inserts.iter().any(|(known, _)| known == table) {
                let names: Vec<String> = rows.columns.iter().map(|name| format!("\"{name}\"")).collect();
                let marks = vec!["?"; names.len()].join(", ");
                let sql = format!("INSERT INTO \"{table}\" ({}) VALUES ({marks})", names.join(", "));
                self.inserts.push((table, self.into.prepare(&sql)?));
            }
        }
        let began = Instant::now();
        self.into.execute("BEGIN IMMEDIATE")?;
        for (table, rows) in batch {
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
pub struct Connection(*mut ffi::sqlite3);

/// A prepared statement; the connection outlives it.
struct Statement<'a> {
    connection: &'a Connection,
    raw: *mut ffi::sqlite3_stmt,
}

impl Connection {
    pub fn open(path: &Path) -> Result<Self> {
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

    pub fn execute(&self, sql: &str) -> Result<()> {
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

    pub fn rows(&self, sql: &str, range: Option<(i64, i64)>) -> Result<Rows> {
        let statement = self.prepare(sql)?;
        if let Some((first, last)) = range {
            statement.bind(1, &Value::Int(first))?;
            statement.bind(2, &Value::Int(last))?;
        }
        let (columns, types) = (statement.columns(), statement.types());
        let mut rows = Vec::new();
        while statement.step()? {
            rows.push((0..columns.len()).map(|at| statement.value(at as c_int)).collect());
        }
        Ok(Rows { columns, types, rows })
    }

    pub fn number(&self, sql: &str) -> Result<i64> {
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

    fn types(&self) -> Vec<String> {
        // SAFETY: the statement is valid, the column is one of its own, and the name is copied at once;
        // an expression has none.
        let name = |at| unsafe {
            let name = ffi::sqlite3_column_decltype(self.raw, at);
            if name.is_null() { String::new() } else { CStr::from_ptr(name).to_string_lossy().into_owned() }
        };
        // SAFETY: the statement is valid.
        let count = unsafe { ffi::sqlite3_column_count(self.raw) };
        (0..count).map(name).collect()
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
