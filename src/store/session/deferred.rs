//! Queries that wait: those that do not depend on each other's answers are asked together, in one turn of the conversation.
//!
//! A [`DeferredQuery`] is a value: queries, and what makes an answer of their rows. [`Store::answer`] asks one, or all of a
//! tuple.

use std::collections::BTreeSet;
use std::vec::IntoIter;

use anyhow::Context as _;

use crate::store::codec::record::{Column, Record, Table};
use crate::store::codec::value::{Cell, Kind, Read, Value};
use crate::store::engines::engine::{Question, TypedQuestion};
use crate::store::session::columns::{ColumnTuple, KeyFilter};
use crate::store::session::sql::KEYS_PER_QUERY;
use crate::store::session::statement_log::{asked, timed};
use crate::store::session::store::Store;

/// The rows that one query has found.
pub(crate) type FoundRows = Vec<Vec<Read>>;

/// What makes an answer: it takes as many queries' rows as it has asked for.
type Answering<'a, T> = Box<dyn FnOnce(&mut Store, &mut IntoIter<FoundRows>) -> anyhow::Result<T> + 'a>;

/// A question of none, one or several queries that nobody has asked yet.
#[must_use]
pub(crate) struct DeferredQuery<'a, T> {
    queries: Vec<TypedQuestion>,
    /// The tables that are read, for an error.
    tables: Vec<&'static str>,
    answering: Answering<'a, T>,
}

impl<'a, T: 'a> DeferredQuery<'a, T> {
    /// What is known without asking.
    pub(crate) fn known(answer: T) -> Self {
        Self { queries: Vec::new(), tables: Vec::new(), answering: Box::new(|_, _| Ok(answer)) }
    }

    /// One query of a table.
    pub(in crate::store) fn of(
        table: &'static str,
        query: TypedQuestion,
        answering: impl FnOnce(&mut Store, FoundRows) -> anyhow::Result<T> + 'a,
    ) -> Self {
        Self {
            queries: vec![query],
            tables: vec![table],
            answering: Box::new(move |store, found| answering(store, found.next().unwrap_or_default())),
        }
    }

    /// Something else that is made of the answer.
    pub(crate) fn map<U: 'a>(self, make: impl FnOnce(T) -> U + 'a) -> DeferredQuery<'a, U> {
        self.and_then(|answer| Ok(make(answer)))
    }

    /// Something else that is made of the answer, if it can be.
    pub(crate) fn and_then<U: 'a>(
        self,
        make: impl FnOnce(T) -> anyhow::Result<U> + 'a,
    ) -> DeferredQuery<'a, U> {
        let Self { queries, tables, answering } = self;
        let answering = Box::new(move |store: &mut Store, found: &mut IntoIter<FoundRows>| {
            answering(store, found).and_then(make)
        });
        DeferredQuery { queries, tables, answering }
    }

    /// The answer, or why there is none: others that are asked for together are answered in any case, unless the database
    /// refuses.
    pub(crate) fn attempted(self) -> DeferredQuery<'a, anyhow::Result<T>> {
        let Self { queries, tables, answering } = self;
        let own = queries.len();
        let answering = Box::new(move |store: &mut Store, found: &mut IntoIter<FoundRows>| {
            let found: Vec<FoundRows> = found.take(own).collect();
            Ok(answering(store, &mut found.into_iter()))
        });
        DeferredQuery { queries, tables, answering }
    }

    /// Both answers.
    fn and<U: 'a>(mut self, other: DeferredQuery<'a, U>) -> DeferredQuery<'a, (T, U)> {
        self.queries.extend(other.queries);
        self.tables.extend(other.tables);
        let (one, other) = (self.answering, other.answering);
        DeferredQuery {
            queries: self.queries,
            tables: self.tables,
            answering: Box::new(move |store, found| Ok((one(store, found)?, other(store, found)?))),
        }
    }

    /// The answers to several questions of a kind, in their order.
    pub(crate) fn all(questions: impl IntoIterator<Item = Self>) -> DeferredQuery<'a, Vec<T>> {
        let (mut queries, mut tables, mut all) = (Vec::new(), Vec::new(), Vec::new());
        for question in questions {
            queries.extend(question.queries);
            tables.extend(question.tables);
            all.push(question.answering);
        }
        let answering = move |store: &mut Store, found: &mut IntoIter<FoundRows>| {
            all.into_iter().map(|answering| answering(store, found)).collect()
        };
        DeferredQuery { queries, tables, answering: Box::new(answering) }
    }
}

impl<'a, T: 'a> DeferredQuery<'a, Vec<T>> {
    /// The rows of several questions of a kind, one behind the other.
    pub(crate) fn joined(questions: impl IntoIterator<Item = Self>) -> Self {
        Self::all(questions).map(|parts| parts.into_iter().flatten().collect())
    }
}

/// Questions that are asked together.
pub(crate) trait Together<'a> {
    /// Their answers.
    type Answers: 'a;
    /// All of them as one.
    fn together(self) -> DeferredQuery<'a, Self::Answers>;
}

impl<'a, T: 'a> Together<'a> for DeferredQuery<'a, T> {
    type Answers = T;

    fn together(self) -> DeferredQuery<'a, T> {
        self
    }
}

macro_rules! together {
    ($($of:ident $one:ident),+) => {
        impl<'a, $($of: 'a),+> Together<'a> for ($(DeferredQuery<'a, $of>,)+) {
            type Answers = ($($of,)+);

            fn together(self) -> DeferredQuery<'a, Self::Answers> {
                let ($($one,)+) = self;
                let all = DeferredQuery::known(());
                $(let all = all.and($one);)+
                all.map(|together!(@nested () $($one)+)| ($($one,)+))
            }
        }
    };
    (@nested $done:tt) => { $done };
    (@nested $done:tt $one:ident $($rest:ident)*) => { together!(@nested ($done, $one) $($rest)*) };
}

together!(A a, B b);
together!(A a, B b, C c);
together!(A a, B b, C c, D d);
together!(A a, B b, C c, D d, E e);
together!(A a, B b, C c, D d, E e, F f);
together!(A a, B b, C c, D d, E e, F f, G g);
together!(A a, B b, C c, D d, E e, F f, G g, H h);

impl Store {
    /// Asks what has waited, all of it in one turn.
    ///
    /// # Errors
    /// Whatever the database refuses; what a question cannot make an answer of.
    pub(crate) fn answer<'a, Q: Together<'a>>(&mut self, questions: Q) -> anyhow::Result<Q::Answers> {
        let DeferredQuery { queries, tables, answering } = questions.together();
        let found = match queries.first() {
            None => Vec::new(),
            Some(first) => {
                queries.iter().for_each(|query| asked(&query.question.sql));
                let found = timed("query", &first.question.sql, || self.engine.read_all(&queries));
                found.with_context(|| format!("reading {}", named(&tables)))?
            }
        };
        answering(self, &mut found.into_iter())
    }

    /// The rows in which `column` is one of `keys`.
    pub(crate) fn rows_in<R: Record>(&self, column: &str, keys: &[&str]) -> DeferredQuery<'static, Vec<R>> {
        self.rows_among(None, column, keys)
    }

    /// The rows in which `column` is one of `keys` and, if `narrowed` says so, another column has one value: for an index
    /// over both.
    pub(crate) fn rows_among<R: Record>(
        &self,
        narrowed: Option<(&str, &str)>,
        column: &str,
        keys: &[&str],
    ) -> DeferredQuery<'static, Vec<R>> {
        DeferredQuery::joined(keys.chunks(KEYS_PER_QUERY).map(|part| {
            let (condition, cells) = self.condition(narrowed, column, part);
            self.rows_where(&condition, cells)
        }))
    }

    /// The rows that `tail` (`WHERE …`, `ORDER BY …`) selects; none where the database lacks the table.
    pub(crate) fn rows_where<R: Record>(
        &self,
        tail: &str,
        cells: Vec<Cell>,
    ) -> DeferredQuery<'static, Vec<R>> {
        let table = R::TABLE;
        let named =
            |(read, column): (Read, &Column)| read.with_context(|| format!("{}.{}", table.name, column.name));
        let record = move |row: Vec<Read>| {
            let values = row.into_iter().zip(table.columns).map(named).collect::<anyhow::Result<_>>()?;
            R::from_row(values).with_context(|| format!("reading {}", table.name))
        };
        self.values_where(table, tail, cells).and_then(move |rows| rows.into_iter().map(record).collect())
    }

    /// The rows in which `column` is one of `keys`, value by value in the table's order. A cell that cannot mean what its
    /// column promises is an error of its own and no error of the query.
    pub(crate) fn values_in(
        &self,
        table: &'static Table,
        column: &str,
        keys: &[&str],
    ) -> DeferredQuery<'static, FoundRows> {
        DeferredQuery::joined(keys.chunks(KEYS_PER_QUERY).map(|part| {
            let (condition, cells) = self.condition(None, column, part);
            self.values_where(table, &condition, cells)
        }))
    }

    /// The same rows value by value, in the table's order, for a caller that can go on with cells that cannot be decoded.
    pub(in crate::store) fn values_where(
        &self,
        table: &'static Table,
        tail: &str,
        cells: Vec<Cell>,
    ) -> DeferredQuery<'static, FoundRows> {
        let Some(resolved) = self.tables.get(table.name) else { return DeferredQuery::known(Vec::new()) };
        let sql = format!("{} {tail}", resolved.select_sql);
        let query = TypedQuestion { question: Question { sql, cells }, kinds: resolved.kinds.clone() };
        DeferredQuery::of(table.name, query, move |store, rows| Ok(store.read_whole(table, rows)))
    }

    /// Rows of all columns that the database has as rows of all that the tool knows; their fingerprints are recorded where
    /// that was asked for.
    fn read_whole(&mut self, table: &'static Table, rows: FoundRows) -> FoundRows {
        let Some(resolved) = self.tables.get(table.name) else { return rows };
        let rows = match resolved.present.len() == table.columns.len() {
            true => rows,
            false => rows.into_iter().map(|row| resolved.filled(table, row)).collect(),
        };
        if let Some(fingerprints) = self.row_fingerprints.as_mut().filter(|_| resolved.is_complete(table)) {
            fingerprints.record(table, &rows);
        }
        rows
    }

    /// Columns of the rows that a filter selects. NULL stands in for a column that the database does not have.
    pub(crate) fn columns_in<T: ColumnTuple>(
        &self,
        table: &'static Table,
        names: &[&str],
        among: KeyFilter<'_>,
    ) -> DeferredQuery<'static, Vec<T>> {
        DeferredQuery::joined(among.keys.chunks(KEYS_PER_QUERY).map(|part| {
            let (tail, cells) = self.condition_on(table, among.narrowed, among.column, part);
            self.columns_that(table, names, &tail, cells)
        }))
    }

    /// The same of the rows that `tail` (`WHERE …`, `ORDER BY …`) selects.
    pub(crate) fn columns_that<T: ColumnTuple>(
        &self,
        table: &'static Table,
        names: &[&str],
        tail: &str,
        cells: Vec<Cell>,
    ) -> DeferredQuery<'static, Vec<T>> {
        let asked: Vec<String> = names
            .iter()
            .map(|name| if self.has_column(table, name) { format!("\"{name}\"") } else { "NULL".to_owned() })
            .collect();
        let sql = format!("SELECT {} FROM \"{}\" {tail}", asked.join(", "), table.name);
        let kinds = names.iter().map(|name| table.columns[table.position(name)].kind).collect();
        let names: Vec<String> = names.iter().map(|name| format!("{}.{name}", table.name)).collect();
        let named = move |at: usize| names.get(at).cloned().unwrap_or_default();
        self.values_of(table.name, sql, cells, kinds).and_then(move |rows| tuples(rows, named))
    }

    /// The rows of a query whose columns have the kinds of the tuple's fields. `table` is what is read, for an error.
    pub(in crate::store) fn tuples<T: ColumnTuple>(
        &self,
        table: &'static str,
        sql: String,
        cells: Vec<Cell>,
    ) -> DeferredQuery<'static, Vec<T>> {
        let found = self.values_of(table, sql, cells, T::kinds());
        found.and_then(move |rows| tuples(rows, |_| format!("reading {table}")))
    }

    /// The rows of a query whose columns have these kinds, value by value.
    pub(in crate::store) fn values_of(
        &self,
        table: &'static str,
        sql: String,
        cells: Vec<Cell>,
        kinds: Vec<Kind>,
    ) -> DeferredQuery<'static, FoundRows> {
        let query = TypedQuestion { question: Question { sql, cells }, kinds };
        DeferredQuery::of(table, query, |_, rows| Ok(rows))
    }
}

/// Rows as tuples; `named` says what is read at a position, for a cell that cannot be decoded.
fn tuples<T: ColumnTuple>(rows: FoundRows, named: impl Fn(usize) -> String) -> anyhow::Result<Vec<T>> {
    let value = |(at, read): (usize, Read)| read.with_context(|| named(at));
    let tuple = |row: Vec<Read>| {
        let values: Vec<Value> = row.into_iter().enumerate().map(value).collect::<anyhow::Result<_>>()?;
        Ok(T::from_values(values.into_iter())?)
    };
    rows.into_iter().map(tuple).collect()
}

/// Tables by name, each once.
fn named(tables: &[&str]) -> String {
    let tables: BTreeSet<&str> = tables.iter().copied().collect();
    tables.into_iter().collect::<Vec<_>>().join(", ")
}
