//! Reads a dump of `mysqldump`, `mariadb-dump` or phpMyAdmin: which tables it has, and the rows of those that matter.

use std::collections::HashMap;
use std::io::Read;

use crate::extract::input::row::{Layout, SiteRow};
use crate::extract::input::sql_tokens::{SqlToken, SqlTokens, torn};
use crate::extract::intake::{DeclaredColumn, Intake};
use crate::extract::tables::SiteTable;
use crate::failure::Failure;
use crate::language::tr;

/// Reads a dump into an intake.
///
/// # Errors
/// Exit code 6: it is no dump, is torn, or has rows that cannot be told apart.
pub(crate) fn read(input: impl Read, intake: &mut Intake) -> anyhow::Result<()> {
    let mut dump = SqlDump {
        tokens: SqlTokens::new(input),
        intake,
        columns: HashMap::new(),
        row: SiteRow::default(),
        ending: DumpEnding::default(),
    };
    while dump.statement()? {}
    dump.ending.check()
}

/// What a dump may begin with, besides what is read.
const FIRST_WORDS: [&str; 8] = ["drop", "lock", "use", "start", "begin", "commit", "alter", "change"];

/// What has written the dump, and whether it was written to its end.
#[derive(Debug, Default)]
struct DumpEnding {
    writer: Option<Writer>,
    in_transaction: bool,
    is_complete: bool,
    statements: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writer {
    Mysqldump,
    PhpMyAdmin,
}

impl DumpEnding {
    /// Notes a comment of its own line.
    fn comment(&mut self, comment: &[u8]) {
        let comment = comment.trim_ascii_start();
        if comment.starts_with(b"-- Dump completed") {
            self.is_complete = self.writer != Some(Writer::PhpMyAdmin);
        } else if comment.starts_with(b"-- phpMyAdmin") {
            self.writer.get_or_insert(Writer::PhpMyAdmin);
        } else if comment.starts_with(b"-- MySQL dump") || comment.starts_with(b"-- MariaDB dump") {
            self.writer.get_or_insert(Writer::Mysqldump);
        }
    }

    /// Notes what a statement begins with.
    fn statement(&mut self, word: &str) {
        self.statements += 1;
        match word {
            "set" => {}
            "start" | "begin" => self.in_transaction = true,
            // A dump of MariaDB commits after each table; only phpMyAdmin's last statement is the end.
            "commit" => self.is_complete = self.in_transaction && self.writer != Some(Writer::Mysqldump),
            _ => self.is_complete = false,
        }
    }

    fn check(&self) -> anyhow::Result<()> {
        if self.statements == 0 {
            return Err(Failure::input(tr!(
                "there is no statement of SQL in it; this is no dump of a database"
            )));
        }
        if self.is_complete {
            return Ok(());
        }
        let last = if self.writer == Some(Writer::PhpMyAdmin) { "COMMIT" } else { "-- Dump completed" };
        Err(Failure::input(tr!(
            "its last line ({last}) is missing, so the dump is torn, or was made without its comments"
        )))
    }
}

struct SqlDump<'i, R> {
    tokens: SqlTokens<R>,
    intake: &'i mut Intake,
    /// The columns of the tables that matter, as they were declared.
    columns: HashMap<String, Vec<DeclaredColumn>>,
    row: SiteRow,
    ending: DumpEnding,
}

impl<R: Read> SqlDump<'_, R> {
    /// Reads a statement; says whether there was one.
    fn statement(&mut self) -> anyhow::Result<bool> {
        let Self { tokens, ending, .. } = self;
        let Some(byte) = tokens.space(|comment| ending.comment(comment))? else { return Ok(false) };
        if tokens.at_delimiter()? {
            return Ok(true);
        }
        if !byte.is_ascii_alphabetic() {
            // A client's own line, such as `\- enable the sandbox mode`, or what is no SQL at all.
            if !matches!(byte, b'\\' | b'(') {
                return Err(Failure::input(tr!(
                    "this is no dump of a database: it does not consist of statements"
                )));
            }
            return tokens.skip_statement().map(|()| true);
        }
        let word = tokens.word()?;
        self.ending.statement(&word);
        match word.as_str() {
            "delimiter" => self.tokens.read_delimiter()?,
            "create" => self.create()?,
            "insert" | "replace" => self.insert()?,
            "set" => self.set()?,
            word if self.ending.statements == 1 && !FIRST_WORDS.contains(&word) => {
                return Err(Failure::input(tr!(
                    "this is no dump of a database: it does not consist of statements"
                )));
            }
            _ => self.tokens.skip_statement()?,
        }
        Ok(true)
    }

    /// `SET NAMES latin1` would mean that every text is in another encoding.
    fn set(&mut self) -> anyhow::Result<()> {
        let names = SqlToken::Word("names".to_owned());
        let first = self.tokens.piece()?;
        if first == SqlToken::End {
            return Ok(());
        }
        if first == names {
            let charset = match self.tokens.piece()? {
                SqlToken::Word(word) | SqlToken::Name(word) => word,
                _ => String::new(),
            };
            if !charset.is_empty()
                && !charset.starts_with("utf8")
                && charset != "binary"
                && charset != "default"
            {
                return Err(Failure::input(tr!("its texts are in {charset} instead of utf8mb4")));
            }
        }
        self.tokens.skip_statement()
    }

    /// The name of a table, perhaps behind the name of its database, and the piece that follows.
    fn table_name(&mut self, first: SqlToken) -> anyhow::Result<(String, SqlToken)> {
        let mut name = match first {
            SqlToken::Name(name) | SqlToken::Word(name) => name,
            _ => String::new(),
        };
        let mut next = self.tokens.piece()?;
        while next == SqlToken::Sign(b'.') {
            if let SqlToken::Name(behind) | SqlToken::Word(behind) = self.tokens.piece()? {
                name = behind;
            }
            next = self.tokens.piece()?;
        }
        Ok((name, next))
    }

    fn create(&mut self) -> anyhow::Result<()> {
        match self.tokens.piece()? {
            SqlToken::End => return Ok(()),
            SqlToken::Word(word) if word == "table" => {}
            _ => return self.tokens.skip_statement(),
        }
        let mut first = self.tokens.piece()?;
        while matches!(&first, SqlToken::Word(word) if matches!(word.as_str(), "if" | "not" | "exists")) {
            first = self.tokens.piece()?;
        }
        let (name, next) = self.table_name(first)?;
        if SiteTable::of_name(&name).is_none() || next != SqlToken::Sign(b'(') {
            return if next == SqlToken::End { Ok(()) } else { self.tokens.skip_statement() };
        }
        let columns = self.declared_columns()?;
        self.intake.declare(&name, &columns);
        self.columns.insert(name, columns);
        self.tokens.skip_statement()
    }

    /// The columns of a table, up to the bracket behind the last one.
    fn declared_columns(&mut self) -> anyhow::Result<Vec<DeclaredColumn>> {
        let mut columns = Vec::new();
        loop {
            let name = match self.tokens.piece()? {
                SqlToken::Name(name) => Some(name),
                SqlToken::Sign(b')') => return Ok(columns),
                SqlToken::Sign(b',') => continue,
                SqlToken::End => return Err(Failure::input(tr!("the columns of a table cannot be read"))),
                _ => None,
            };
            let (kind, last) = self.column_type()?;
            columns.extend(name.map(|name| DeclaredColumn { name, kind }));
            if last {
                return Ok(columns);
            }
        }
    }

    /// The type of a column, without the rest of its definition, and whether it is the last one.
    fn column_type(&mut self) -> anyhow::Result<(String, bool)> {
        let (mut kind, mut is_type, mut depth) = (String::new(), true, 0_u32);
        loop {
            match self.tokens.piece()? {
                SqlToken::Sign(b')') if depth == 0 => return Ok((kind, true)),
                SqlToken::Sign(b',') if depth == 0 => return Ok((kind, false)),
                SqlToken::End => return Err(Failure::input(tr!("the columns of a table cannot be read"))),
                SqlToken::Sign(sign) => {
                    depth = match sign {
                        b'(' => depth + 1,
                        b')' => depth - 1,
                        _ => depth,
                    };
                    if is_type {
                        kind.push(char::from(sign));
                    }
                    is_type &= depth > 0;
                }
                SqlToken::Word(word) if is_type && (kind.is_empty() || depth > 0) => kind.push_str(&word),
                _ => is_type = false,
            }
        }
    }

    fn insert(&mut self) -> anyhow::Result<()> {
        let mut first = self.tokens.piece()?;
        while matches!(&first, SqlToken::Word(word)
            if matches!(word.as_str(), "into" | "ignore" | "low_priority" | "delayed" | "high_priority"))
        {
            first = self.tokens.piece()?;
        }
        let (name, mut next) = self.table_name(first)?;
        if SiteTable::of_name(&name).is_none() {
            return if next == SqlToken::End { Ok(()) } else { self.tokens.skip_statement() };
        }
        let mut named = None;
        if next == SqlToken::Sign(b'(') {
            named = Some(self.column_list()?);
            next = self.tokens.piece()?;
        }
        if !matches!(&next, SqlToken::Word(word) if word == "values" || word == "value") {
            return Err(Failure::input(tr!("the rows of {name} do not stand in it as values")));
        }
        let layout = match (&named, self.columns.get(&name)) {
            (Some(named), _) => self.intake.layout(&name, named.iter().map(String::as_str))?,
            (None, Some(declared)) => {
                self.intake.layout(&name, declared.iter().map(|column| column.name.as_str()))?
            }
            (None, None) => {
                return Err(Failure::input(tr!(
                    "the columns of {name} are named nowhere; dump the tables' structure, too"
                )));
            }
        };
        match layout {
            Some(layout) => self.rows(&name, &layout),
            None => self.tokens.skip_statement(),
        }
    }

    fn column_list(&mut self) -> anyhow::Result<Vec<String>> {
        let mut columns = Vec::new();
        loop {
            match self.tokens.piece()? {
                SqlToken::Name(name) | SqlToken::Word(name) => columns.push(name),
                SqlToken::Sign(b',') => {}
                SqlToken::Sign(b')') => return Ok(columns),
                _ => return Err(Failure::input(tr!("a list of columns cannot be read"))),
            }
        }
    }

    /// The rows of an INSERT, to its end.
    fn rows(&mut self, name: &str, layout: &Layout) -> anyhow::Result<()> {
        let unreadable = || Failure::input(tr!("a row of {name} cannot be read"));
        loop {
            if self.tokens.space(|_| {})? != Some(b'(') {
                return Err(unreadable());
            }
            self.tokens.window.skip(1);
            self.one_row(name, layout)?;
            self.intake.take(layout, &self.row)?;
            let Some(next) = self.tokens.space(|_| {})? else { return Err(torn()) };
            if self.tokens.at_delimiter()? {
                return Ok(());
            }
            if next != b',' {
                // ON DUPLICATE KEY UPDATE, as phpMyAdmin writes it when it is asked to.
                return self.tokens.skip_statement();
            }
            self.tokens.window.skip(1);
        }
    }

    /// The cells of a row, up to its bracket.
    fn one_row(&mut self, name: &str, layout: &Layout) -> anyhow::Result<()> {
        let Self { tokens, row, .. } = self;
        row.clear(layout.table.columns().len());
        let mut at = 0;
        loop {
            let place = layout.places.get(at).copied().flatten();
            value(tokens, row, place)?;
            at += 1;
            match tokens.space(|_| {})? {
                Some(b',') => tokens.window.skip(1),
                Some(b')') => {
                    tokens.window.skip(1);
                    break;
                }
                None => return Err(torn()),
                Some(_) => return Err(Failure::input(tr!("a row of {name} cannot be read"))),
            }
        }
        if at == layout.places.len() {
            return Ok(());
        }
        let wanted = layout.places.len();
        Err(Failure::input(tr!("a row of {name} has {at} values, and its columns are {wanted}")))
    }
}

/// Reads a value into its place in the row, or over it.
fn value<R: Read>(tokens: &mut SqlTokens<R>, row: &mut SiteRow, place: Option<usize>) -> anyhow::Result<()> {
    let Some(first) = tokens.space(|_| {})? else { return Err(torn()) };
    if let Some(place) = place {
        row.begin(place);
    }
    match first {
        b'\'' | b'"' => {
            tokens.string(|bytes| row.push(bytes))?;
            row.end();
            Ok(())
        }
        b'0'..=b'9' | b'-' | b'+' | b'.' => number(tokens, row),
        b'_' => {
            // The name of a character set in front of a text.
            tokens.word()?;
            match tokens.space(|_| {})? {
                Some(b'_') => Err(Failure::input(tr!("a value cannot be read"))),
                _ => value(tokens, row, place),
            }
        }
        _ => word_value(tokens, row, place),
    }
}

/// A number; in hexadecimal digits it stands for bytes.
fn number<R: Read>(tokens: &mut SqlTokens<R>, row: &mut SiteRow) -> anyhow::Result<()> {
    if tokens.window.at_least(2)?.starts_with(b"0x") {
        let mut digits = Vec::new();
        tokens.number(|part| digits.extend_from_slice(part))?;
        row.push(&of_hex(&digits[2..])?);
    } else {
        tokens.number(|part| row.push(part))?;
    }
    row.end();
    Ok(())
}

/// NULL, a text in hexadecimal digits, or what is no constant.
fn word_value<R: Read>(
    tokens: &mut SqlTokens<R>,
    row: &mut SiteRow,
    place: Option<usize>,
) -> anyhow::Result<()> {
    let word = tokens.word()?;
    let is_text = tokens.window.peek()? == Some(b'\'');
    match (word.as_str(), is_text) {
        ("null", false) => {
            // Nothing is set: the cell is NULL.
            row.drop_begun();
            Ok(())
        }
        ("true", false) => end_with(row, b"1"),
        ("false", false) => end_with(row, b"0"),
        ("x", true) => {
            let mut hex = Vec::new();
            tokens.string(|bytes| hex.extend_from_slice(bytes))?;
            end_with(row, &of_hex(&hex)?)
        }
        ("n", true) => {
            tokens.string(|bytes| row.push(bytes))?;
            row.end();
            Ok(())
        }
        _ if place.is_none() => skip_expression(tokens),
        _ => Err(Failure::input(tr!("a value that matters is no constant"))),
    }
}

fn end_with(row: &mut SiteRow, bytes: &[u8]) -> anyhow::Result<()> {
    row.push(bytes);
    row.end();
    Ok(())
}

/// Skips a value that is no constant, up to the comma or bracket behind it.
fn skip_expression<R: Read>(tokens: &mut SqlTokens<R>) -> anyhow::Result<()> {
    let mut depth = 0_u32;
    loop {
        match tokens.space(|_| {})? {
            None => return Err(torn()),
            Some(b',') if depth == 0 => return Ok(()),
            Some(b')') if depth == 0 => return Ok(()),
            Some(b'\'' | b'"' | b'`') => tokens.string(|_| {})?,
            Some(byte) => {
                depth = match byte {
                    b'(' => depth + 1,
                    b')' => depth - 1,
                    b';' => return Err(Failure::input(tr!("a value cannot be read"))),
                    _ => depth,
                };
                tokens.window.skip(1);
            }
        }
    }
}

fn of_hex(digits: &[u8]) -> anyhow::Result<Vec<u8>> {
    let nibble = |digit: u8| char::from(digit).to_digit(16).map(|digit| digit as u8);
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(nibble(*high)? << 4 | nibble(*low)?),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(pair).collect();
    bytes.ok_or_else(|| Failure::input(tr!("a value in hexadecimal digits cannot be read")))
}
