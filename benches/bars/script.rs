//! The finished rows as a script for a server's own client: what its tools can do at best.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use chrono::DateTime;

use crate::Result;
use crate::rows::{Load, Rows, Value};

/// Whose client reads the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// COPY from the script itself.
    Psql,
    /// INSERTs of many rows.
    Mariadb,
}

/// Writes the script.
pub struct Script {
    client: Client,
    file: BufWriter<File>,
    pub rows: u64,
}

impl Script {
    pub fn create(client: Client, path: &Path) -> Result<Self> {
        let mut file = BufWriter::new(File::create(path)?);
        if client == Client::Mariadb {
            writeln!(file, "SET NAMES utf8mb4; SET time_zone = '+00:00';")?;
        }
        Ok(Self { client, file, rows: 0 })
    }

    pub fn finish(mut self) -> Result<u64> {
        self.file.flush()?;
        Ok(self.rows)
    }

    fn copy(&mut self, table: &str, rows: &Rows) -> Result<()> {
        let names: Vec<String> = rows.columns.iter().map(|name| format!("\"{name}\"")).collect();
        writeln!(self.file, "COPY \"{table}\" ({}) FROM STDIN;", names.join(","))?;
        for row in &rows.rows {
            for (at, (value, kind)) in row.iter().zip(&rows.types).enumerate() {
                if at > 0 {
                    self.file.write_all(b"\t")?;
                }
                let text = text(value, kind, Client::Psql)
                    .map_or_else(|| b"\\N".to_vec(), |text| escape_formula(&text, b""));
                self.file.write_all(&text)?;
            }
            self.file.write_all(b"\n")?;
        }
        writeln!(self.file, "\\.")?;
        Ok(())
    }

    fn insert(&mut self, table: &str, rows: &Rows) -> Result<()> {
        let names: Vec<String> = rows.columns.iter().map(|name| format!("`{name}`")).collect();
        write!(self.file, "INSERT INTO `{table}` ({}) VALUES ", names.join(","))?;
        for (number, row) in rows.rows.iter().enumerate() {
            self.file.write_all(if number > 0 { b",(" } else { b"(" })?;
            for (at, (value, kind)) in row.iter().zip(&rows.types).enumerate() {
                if at > 0 {
                    self.file.write_all(b",")?;
                }
                match text(value, kind, Client::Mariadb) {
                    None => self.file.write_all(b"NULL")?,
                    Some(text) => {
                        self.file.write_all(b"'")?;
                        self.file.write_all(&escape_formula(&text, b"'"))?;
                        self.file.write_all(b"'")?;
                    }
                }
            }
            self.file.write_all(b")")?;
        }
        writeln!(self.file, ";")?;
        Ok(())
    }
}

impl Load for Script {
    fn write(&mut self, batch: &[(&'static str, Rows)]) -> Result<()> {
        writeln!(self.file, "BEGIN;")?;
        for (table, rows) in batch {
            match self.client {
                Client::Psql => self.copy(table, rows)?,
                Client::Mariadb => self.insert(table, rows)?,
            }
            self.rows += rows.rows.len() as u64;
        }
        writeln!(self.file, "COMMIT;")?;
        Ok(())
    }
}

/// A cell of SQLite as the server's own type reads it.
fn text(value: &Value, kind: &str, client: Client) -> Option<Vec<u8>> {
    Some(match value {
        Value::Null => return None,
        Value::Int(flag) if kind == "BOOLEAN" && client == Client::Psql => {
            if *flag == 1 {
                b"t".to_vec()
            } else {
                b"f".to_vec()
            }
        }
        Value::Int(millis) if kind == "DATETIME" => {
            let time = DateTime::from_timestamp_millis(*millis).unwrap_or_default();
            time.format("%Y-%m-%d %H:%M:%S%.3f").to_string().into_bytes()
        }
        Value::Int(number) => number.to_string().into_bytes(),
        Value::Real(number) => number.to_string().into_bytes(),
        Value::Text(bytes) | Value::Blob(bytes) => bytes.clone(),
    })
}

/// With a backslash before what the client would take for its own.
fn escape_formula(text: &[u8], quotes: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(text.len() + 8);
    for byte in text {
        match byte {
            b'\t' => escaped.extend(b"\\t"),
            b'\n' => escaped.extend(b"\\n"),
            b'\r' => escaped.extend(b"\\r"),
            b'\\' => escaped.extend(b"\\\\"),
            other if quotes.contains(other) => escaped.extend([b'\\', *other]),
            other => escaped.push(*other),
        }
    }
    escaped
}
