//! Tells by its content in which form an input is, and reads it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use crate::extract::input::unpacked::{self, Unpacked};
use crate::extract::input::{phpmyadmin_csv, phpmyadmin_json, rest_json, sql_dump, tsv};
use crate::extract::intake::Intake;
use crate::extract::tables::SiteTable;
use crate::failure::Failure;
use crate::language::{said, tr};

/// How a database is exported in the form that says most: with the types of its columns, and with an end.
pub(crate) const HOW_TO_DUMP: &str = "mysqldump --single-transaction --default-character-set=utf8mb4 \
    --no-tablespaces DATABASE | gzip > shop.sql.gz";

/// Reads a file, a folder of tables, or standard input. Says whether its form has an end, so that nothing can be missing
/// unseen.
///
/// # Errors
/// Exit code 6: the input cannot be used; the message names the command that exports it rightly.
pub(crate) fn read(path: &Path, intake: &mut Intake) -> anyhow::Result<bool> {
    if path.is_dir() {
        read_folder(path, intake).map(|()| false)
    } else {
        read_file(path, intake).map(|()| true)
    }
}

/// Reads the bytes of a dump, packed or not, and counts the rows that matter, by table.
///
/// # Errors
/// It is no dump, or is torn.
pub fn rows_of_dump(bytes: Vec<u8>) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut intake = Intake::default();
    sql_dump::read(Unpacked::of(Cursor::new(bytes))?, &mut intake)?;
    let counts = intake.sites.iter().flat_map(|(prefix, rows)| {
        rows.tables.iter().map(move |(table, rows)| (format!("{prefix}{}", table.suffix()), *rows))
    });
    Ok(counts.collect())
}

fn read_file(path: &Path, intake: &mut Intake) -> anyhow::Result<()> {
    let mut input = unpacked::open(path)?;
    let first = first_sign(&mut input).map_err(|error| advised(path, &error, HOW_TO_DUMP))?;
    match first {
        Some(b'[') => {
            let read = phpmyadmin_json::read(input, intake);
            read.map_err(|error| advised(path, &error, said(phpmyadmin_json::HOW_TO)))
        }
        Some(b'{') => {
            let rest = Failure::input(tr!(
                "it is an answer of the REST add-on, which is read from a folder with those of all affiliates; a dump says more"
            ));
            Err(advised(path, &rest, HOW_TO_DUMP))
        }
        _ if table_of(path).is_some_and(|name| SiteTable::of_name(&name).is_some()) => {
            let alone =
                Failure::input(tr!("it is one table; give the folder that holds the files of all tables"));
            sql_dump::read(input, intake).map_err(|_| advised(path, &alone, HOW_TO_DUMP))
        }
        _ => sql_dump::read(input, intake).map_err(|error| advised(path, &error, HOW_TO_DUMP)),
    }
}

/// Reads the files of a folder that are named after tables, and phpMyAdmin's of a whole database.
fn read_folder(folder: &Path, intake: &mut Intake) -> anyhow::Result<()> {
    let unreadable = |error: std::io::Error| Failure::input(format!("{}: {error}", folder.display()));
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let mut paths: Vec<PathBuf> =
        entries.collect::<Result<Vec<_>, _>>().map_err(unreadable)?.iter().map(fs::DirEntry::path).collect();
    paths.sort();
    paths.retain(|path| path.is_file());
    let mut tables = 0;
    for path in &paths {
        let Some(table) = table_of(path).filter(|name| SiteTable::of_name(name).is_some()) else { continue };
        tables += 1;
        read_table(path, &table, intake)?;
    }
    let answers: Vec<PathBuf> = if tables == 0 { answers_of_rest(&paths)? } else { Vec::new() };
    if !answers.is_empty() {
        return rest_json::read(&answers, intake).map_err(|error| advised(folder, &error, rest_json::HOW_TO));
    }
    if tables == 0 {
        let none =
            Failure::input(tr!("no file in it is named after a table of WordPress, such as wp_users.tsv"));
        return Err(advised(folder, &none, HOW_TO_DUMP));
    }
    Ok(())
}

/// The files that hold what the REST add-on has answered: JSON that is an object.
fn answers_of_rest(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut answers = Vec::new();
    for path in paths.iter().filter(|path| path.to_string_lossy().contains(".json")) {
        if first_sign(&mut unpacked::open(path)?)? == Some(b'{') {
            answers.push(path.clone());
        }
    }
    Ok(answers)
}

fn read_table(path: &Path, table: &str, intake: &mut Intake) -> anyhow::Result<()> {
    let mut input = unpacked::open(path)?;
    let first = first_sign(&mut input).map_err(|error| advised(path, &error, tsv::HOW_TO))?;
    let head = input.ahead().map_err(|error| Failure::input(error.to_string()))?;
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_csv = path.to_string_lossy().contains(".csv");
    let (read, how_to) = match first {
        Some(b'[') => (phpmyadmin_json::read(input, intake), said(phpmyadmin_json::HOW_TO)),
        _ if is_csv && !line.contains(&b'\t') => {
            (phpmyadmin_csv::read(input, table, intake), said(phpmyadmin_csv::HOW_TO))
        }
        _ => (tsv::read(input, table, intake), tsv::HOW_TO),
    };
    read.map_err(|error| advised(path, &error, how_to))
}

/// The first byte that is no space.
fn first_sign(input: &mut Unpacked) -> anyhow::Result<Option<u8>> {
    let head = input.ahead().map_err(|error| Failure::input(error.to_string()))?;
    Ok(head.iter().copied().find(|byte| !byte.is_ascii_whitespace()))
}

/// The table that a file is named after: `wp_users` of `wp_users.tsv.gz` and of `toko.wp_users.csv`.
fn table_of(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    let parts: Vec<&str> = name.split('.').collect();
    let known = parts.iter().find(|part| SiteTable::of_name(part).is_some());
    known.or(parts.first()).map(|part| (*part).to_owned())
}

/// What is wrong with an input, and the command that exports it rightly.
fn advised(input: &Path, error: &anyhow::Error, how_to: &str) -> anyhow::Error {
    Failure::input(tr!("{}: {error}; export it with: {how_to}", input.display()))
}
