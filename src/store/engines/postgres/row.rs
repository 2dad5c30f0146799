//! A row of a result as Diesel wants it.

use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::Arc;

use diesel::pg::{Pg, PgValue};
use diesel::row::{Field, PartialRow, RowIndex, RowSealed};
use fallible_iterator::FallibleIterator as _;
use postgres_protocol::message::backend::{DataRowBody, RowDescriptionBody};

use super::wire::unsendable;
use crate::store::engines::error::Result;

/// A column of a result.
#[derive(Debug)]
pub struct ResultColumn {
    name: String,
    /// The number of its type.
    oid: NonZeroU32,
}

/// The number of `text`, which nothing else than a column without a type stands for.
const TEXT: NonZeroU32 = NonZeroU32::new(25).unwrap();

/// The columns of a result.
///
/// # Errors
/// A malformed message.
pub(super) fn columns(said: &RowDescriptionBody) -> Result<Arc<[ResultColumn]>> {
    let column = |field: postgres_protocol::message::backend::Field<'_>| {
        let oid = NonZeroU32::new(field.type_oid()).unwrap_or(TEXT);
        Ok(ResultColumn { name: field.name().to_owned(), oid })
    };
    let columns: Vec<ResultColumn> = said.fields().map(column).collect().map_err(unsendable)?;
    Ok(columns.into())
}

/// A row with the place of each of its values.
#[allow(missing_debug_implementations)]
pub struct PostgresRow {
    columns: Arc<[ResultColumn]>,
    body: DataRowBody,
    ranges: Vec<Option<Range<usize>>>,
}

impl PostgresRow {
    /// A row of these columns.
    ///
    /// # Errors
    /// A malformed message.
    pub fn new(columns: Arc<[ResultColumn]>, body: DataRowBody) -> Result<Self> {
        let mut ranges = Vec::with_capacity(columns.len());
        let mut found = body.ranges();
        while let Some(range) = found.next().map_err(unsendable)? {
            ranges.push(range);
        }
        Ok(Self { columns, body, ranges })
    }
}

impl RowSealed for PostgresRow {}

impl RowIndex<usize> for PostgresRow {
    fn idx(&self, index: usize) -> Option<usize> {
        (index < self.ranges.len()).then_some(index)
    }
}

impl<'a> RowIndex<&'a str> for PostgresRow {
    fn idx(&self, name: &'a str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

impl<'a> diesel::row::Row<'a, Pg> for PostgresRow {
    type InnerPartialRow = Self;
    type Field<'b>
        = PostgresField<'b>
    where
        Self: 'b,
        'a: 'b;

    fn field_count(&self) -> usize {
        self.ranges.len()
    }

    fn get<'b, I>(&'b self, index: I) -> Option<Self::Field<'b>>
    where
        'a: 'b,
        Self: RowIndex<I>,
    {
        let index = self.idx(index)?;
        let value = self.ranges.get(index)?.clone().map(|range| &self.body.buffer()[range]);
        Some(PostgresField { column: self.columns.get(index)?, value })
    }

    fn partial_row(&self, range: Range<usize>) -> PartialRow<'_, Self::InnerPartialRow> {
        PartialRow::new(self, range)
    }
}

/// A value of a row.
#[derive(Debug)]
pub struct PostgresField<'a> {
    column: &'a ResultColumn,
    value: Option<&'a [u8]>,
}

impl<'a> Field<'a, Pg> for PostgresField<'a> {
    fn field_name(&self) -> Option<&str> {
        Some(&self.column.name)
    }

    fn value(&self) -> Option<PgValue<'_>> {
        self.value.map(|value| PgValue::new(value, &self.column.oid))
    }
}
