//! The forms in which a database is handed over.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use super::{Shop, Table, Value};

/// How a dump is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dump {
    /// A row a line, as MariaDB's program does; else all rows of a table in one line.
    pub row_a_line: bool,
    /// Columns are named with the rows, and stand in another order than in the table.
    pub named_columns: bool,
    /// The head and the end of phpMyAdmin.
    pub phpmyadmin: bool,
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("'");
    for character in text.chars() {
        match character {
            '\'' => quoted.push_str("\\'"),
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\0' => quoted.push_str("\\0"),
            other => quoted.push(other),
        }
    }
    quoted + "'"
}

fn sql(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Number(number) => number.clone(),
        Value::Text(text) => quoted(text),
    }
}

impl Shop {
    /// A dump of the whole database.
    pub fn dump(&self, form: Dump) -> String {
        let mut dump = if form.phpmyadmin {
            "-- phpMyAdmin SQL Dump\n-- version 5.2.1\n\nSET SQL_MODE = \"NO_AUTO_VALUE_ON_ZERO\";\nSTART TRANSACTION;\n\
             /*!40101 SET NAMES utf8mb4 */;\n\n"
                .to_owned()
        } else {
            "/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19-11.4.2-MariaDB\n--\n-- Host: localhost\n\
             /*!40101 SET NAMES utf8mb4 */;\n/*!40103 SET TIME_ZONE='+00:00' */;\n\
             /*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;\n\n"
                .to_owned()
        };
        for table in &self.tables {
            self.dump_table(table, form, &mut dump);
        }
        dump.push_str(if form.phpmyadmin {
            "\n--\n-- Indexes for dumped tables\n--\nALTER TABLE `wp_users`\n  ADD PRIMARY KEY (`ID`);\nCOMMIT;\n\n\
             /*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;\n"
        } else {
            "/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;\n\n-- Dump completed on 2025-12-31  0:00:00\n"
        });
        dump
    }

    fn dump_table(&self, table: &Table, form: Dump, dump: &mut String) {
        let name = self.full_name(table);
        let columns: Vec<String> =
            table.columns.iter().map(|(name, kind)| format!("  `{name}` {kind}")).collect();
        let key = if form.phpmyadmin {
            String::new()
        } else {
            format!(",\n  PRIMARY KEY (`{}`)", table.columns[0].0)
        };
        let columns = columns.join(",\n");
        let columns = if form.phpmyadmin { columns.replace(" AUTO_INCREMENT", "") } else { columns };
        let _ = write!(
            dump,
            "--\n-- Table structure for table `{name}`\n--\n\nDROP TABLE IF EXISTS `{name}`;\nCREATE TABLE `{name}` (\n\
             {columns}{key}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;\n\n"
        );
        if table.rows.is_empty() {
            return;
        }
        let mut order: Vec<usize> = (0..table.columns.len()).collect();
        let mut names = String::new();
        if form.named_columns {
            order.reverse();
            let named: Vec<String> = order.iter().map(|at| format!("`{}`", table.columns[*at].0)).collect();
            names = format!(" ({})", named.join(", "));
        }
        let rows: Vec<String> = table
            .rows
            .iter()
            .map(|row| format!("({})", order.iter().map(|at| sql(&row[*at])).collect::<Vec<_>>().join(",")))
            .collect();
        let (first, between) = if form.row_a_line { ("\n", ",\n") } else { (" ", ",") };
        let _ = write!(
            dump,
            "LOCK TABLES `{name}` WRITE;\n/*!40000 ALTER TABLE `{name}` DISABLE KEYS */;\nset autocommit=0;\n\
             INSERT INTO `{name}`{names} VALUES{first}{};\n/*!40000 ALTER TABLE `{name}` ENABLE KEYS */;\nUNLOCK TABLES;\n",
            rows.join(between)
        );
        dump.push_str(if form.phpmyadmin { "\n" } else { "commit;\n\n" });
    }

    /// A folder as `mysql --batch` prints each table.
    pub fn write_tsv(&self, folder: &Path) {
        let cell = |value: &Value| match value {
            Value::Null => "NULL".to_owned(),
            Value::Number(number) => number.clone(),
            Value::Text(text) => {
                text.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t").replace('\0', "\\0")
            }
        };
        for table in &self.tables {
            let header: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
            let rows =
                table.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join("\t") + "\n");
            let text = if table.rows.is_empty() {
                String::new()
            } else {
                header.join("\t") + "\n" + &rows.collect::<String>()
            };
            fs::write(folder.join(format!("{}.tsv", self.full_name(table))), text).expect("a file");
        }
    }

    /// phpMyAdmin's JSON of the whole database.
    pub fn json(&self) -> String {
        let cell = |value: &Value| match value {
            Value::Null => serde_json::Value::Null,
            Value::Number(text) | Value::Text(text) => text.clone().into(),
        };
        let mut parts = vec![
            serde_json::json!({ "type": "header", "version": "5.2.1", "comment": "Export to JSON plugin for phpMyAdmin" }),
            serde_json::json!({ "type": "database", "name": "toko_wp" }),
        ];
        for table in &self.tables {
            let rows: Vec<serde_json::Value> = table
                .rows
                .iter()
                .map(|row| table.columns.iter().map(|(name, _)| *name).zip(row.iter().map(cell)).collect())
                .collect();
            parts.push(serde_json::json!({
                "type": "table", "name": self.full_name(table), "database": "toko_wp", "data": rows
            }));
        }
        let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
        format!("[\n{}\n]\n", parts.join(",\n"))
    }

    /// A folder with phpMyAdmin's CSV of each table.
    pub fn write_csv(&self, folder: &Path, header: bool) {
        let cell = |value: &Value| match value {
            Value::Null => "NULL".to_owned(),
            Value::Number(text) | Value::Text(text) => format!("\"{}\"", text.replace('"', "\"\"")),
        };
        for table in &self.tables {
            let names: Vec<String> = table.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
            let rows = table.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(",") + "\n");
            let head = if header { names.join(",") + "\n" } else { String::new() };
            let text = head + &rows.collect::<String>();
            fs::write(folder.join(format!("{}.csv", self.full_name(table))), text).expect("a file");
        }
    }
}

/// Packs bytes as `gzip` does.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("it is packed");
    encoder.finish().expect("it is packed")
}

/// Packs bytes as `zstd` does.
pub fn zstandard(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}
