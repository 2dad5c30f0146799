//! Reads phpMyAdmin's JSON of a database: one array of tables, each with its rows as objects.

use std::fmt;
use std::io::{BufReader, Read};

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::extract::input::row::{Layout, SiteRow};
use crate::extract::intake::Intake;
use crate::extract::tables::SiteTable;
use crate::failure::Failure;
use crate::language::{msg, tr};

/// How a database is exported in this form.
pub(crate) const HOW_TO: &str = msg!("phpMyAdmin, Export, Custom, JSON, all tables in one file");

/// Reads a database into an intake.
///
/// # Errors
/// Exit code 6: the file ends early (phpMyAdmin stops at a text that is no UTF-8), or a column is missing.
pub(crate) fn read(input: impl Read, intake: &mut Intake) -> anyhow::Result<()> {
    let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(1 << 16, input));
    let mut reading = ExportParser { intake, failure: None };
    let read = json.deserialize_seq(Database(&mut reading)).and_then(|()| json.end());
    match (reading.failure, read) {
        (Some(failure), _) => Err(failure),
        (None, Ok(())) => Ok(()),
        // The parser's own words may quote what it has read.
        (None, Err(error)) => Err(Failure::input(tr!(
            "it ends early or is damaged at line {}: phpMyAdmin stops where a text is no UTF-8",
            error.line()
        ))),
    }
}

struct ExportParser<'i> {
    intake: &'i mut Intake,
    failure: Option<anyhow::Error>,
}

impl ExportParser<'_> {
    /// Keeps a failure with its exit code, which an error of the parser has no place for.
    fn keep<T, E: serde::de::Error>(&mut self, result: anyhow::Result<T>) -> Result<T, E> {
        result.map_err(|failure| {
            self.failure.get_or_insert(failure);
            E::custom("stopped")
        })
    }
}

struct Database<'r, 'i>(&'r mut ExportParser<'i>);

impl<'de> Visitor<'de> for Database<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a database of phpMyAdmin")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<(), A::Error> {
        while parts.next_element_seed(ExportPart(self.0))?.is_some() {}
        Ok(())
    }
}

/// A header, a database's name or a table.
struct ExportPart<'r, 'i>(&'r mut ExportParser<'i>);

impl<'de> DeserializeSeed<'de> for ExportPart<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, part: D) -> Result<(), D::Error> {
        part.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ExportPart<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut part: A) -> Result<(), A::Error> {
        let mut table = None;
        while let Some(key) = part.next_key::<String>()? {
            match (key.as_str(), &table) {
                ("name", _) => table = Some(part.next_value::<String>()?),
                ("data", Some(name)) if SiteTable::of_name(name).is_some() => {
                    self.0.intake.declare(name, &[]);
                    part.next_value_seed(Rows { table: name, reading: self.0 })?;
                }
                ("data", None) => return Err(A::Error::custom("rows of a table without a name")),
                _ => drop(part.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

struct Rows<'r, 'i, 'n> {
    table: &'n str,
    reading: &'r mut ExportParser<'i>,
}

impl<'de> DeserializeSeed<'de> for Rows<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, rows: D) -> Result<(), D::Error> {
        rows.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        let Some((_, table)) = SiteTable::of_name(self.table) else { return Ok(()) };
        let mut row = JsonRow { table, row: SiteRow::default(), names: Vec::new() };
        let mut layout: Option<Layout> = None;
        while rows.next_element_seed(&mut row)?.is_some() {
            if layout.is_none() {
                let found = self.reading.intake.layout(self.table, row.names.iter().map(String::as_str));
                layout = self.reading.keep(found)?;
            }
            if let Some(layout) = &layout {
                let taken = self.reading.intake.take(layout, &row.row);
                self.reading.keep(taken)?;
            }
        }
        Ok(())
    }
}

struct JsonRow {
    table: SiteTable,
    row: SiteRow,
    /// The columns of the first row.
    names: Vec<String>,
}

impl<'de> DeserializeSeed<'de> for &mut JsonRow {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, row: D) -> Result<(), D::Error> {
        row.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut JsonRow {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut cells: A) -> Result<(), A::Error> {
        let columns = self.table.columns();
        self.row.clear(columns.len());
        self.names.clear();
        while let Some(name) = cells.next_key::<String>()? {
            match columns.iter().position(|column| column.name.eq_ignore_ascii_case(&name)) {
                Some(place) => cells.next_value_seed(JsonCell { row: &mut self.row, place })?,
                None => drop(cells.next_value::<IgnoredAny>()?),
            }
            self.names.push(name);
        }
        Ok(())
    }
}

/// A value: a text, a number, or null.
struct JsonCell<'r> {
    row: &'r mut SiteRow,
    place: usize,
}

impl<'de> DeserializeSeed<'de> for JsonCell<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for JsonCell<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number or null")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.row.set(self.place, text.as_bytes());
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.row.set(self.place, number.to_string().as_bytes());
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.row.set(self.place, number.to_string().as_bytes());
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.row.set(self.place, number.to_string().as_bytes());
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
