//! MySQL and MariaDB: how they are reached, and how rows are written in bulk.

mod ahead;
mod answer;
mod catalogue;
mod cells;
pub(crate) mod connection;
pub(crate) mod driver;
mod health;
mod insert;
mod literal;
mod load;
mod privileges;
pub(crate) mod row;
pub(crate) mod session;
mod uploads;

use diesel::RunQueryDsl as _;
use diesel::connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager as _};
use diesel::deserialize::{self, QueryableByName as _};
use diesel_migrations::MigrationHarness as _;

use crate::failure::Failure;
use crate::store::codec::coder::Coder;
use crate::store::codec::encoder::Packer;
use crate::store::codec::value::{Cell, Kind, Read};
use crate::store::engines::database_use::DatabaseUse;
use crate::store::engines::engine::{ColumnSet, Engine, Question, TypedQuestion, in_list};
use crate::store::engines::error::{DatabaseError, RemembersErrors as _, Result, all_touched};
use crate::store::engines::health::ServerHealth;
use crate::store::engines::mysql::answer::Answer;
use crate::store::engines::mysql::cells::MysqlCells;
use crate::store::engines::mysql::connection::{MysqlConnection, RowWay};
use crate::store::engines::mysql::load::RowText;
use crate::store::engines::mysql::row::MysqlRow;
use crate::store::engines::statement::Statement;
use crate::store::engines::target::MysqlTarget;
use crate::store::schema::catalogue::Catalogue;
use crate::store::schema::dialect::Dialect;
use crate::store::schema::guarded::{GuardedMigration, MigrationPlan};

/// A connected MySQL or MariaDB database.
#[allow(missing_debug_implementations)]
pub(crate) struct Mysql {
    connection: MysqlConnection,
}

/// The most rows of one UPDATE: for each row, the server goes through the keys of all.
const UPDATED: usize = 128;

impl Mysql {
    /// Connects and sets the session.
    ///
    /// # Errors
    /// Exit code 7 when the server cannot be reached.
    pub(crate) fn open(target: &MysqlTarget, mode: DatabaseUse) -> anyhow::Result<Self> {
        let failed =
            |why: String| Failure::database(format!("{}: {}", target.shown, why.trim().replace('\n', " ")));
        let (connection, _) = session::open(target, mode).map_err(|error| failed(error.to_string()))?;
        Ok(Self { connection })
    }

    /// Runs a statement ahead for each part of the rows, of which it has to touch all.
    fn in_parts(
        &mut self,
        (table, most): (&str, usize),
        rows: &[Vec<Cell>],
        statement: impl Fn(&[Vec<Cell>]) -> String,
    ) -> Result<()> {
        let mut parts = insert::parts(rows, most, self.connection.packet() / 4);
        parts.try_for_each(|part| self.written(statement(part), table, Some(part.len())))
    }

    /// Runs a statement, or has it wait for the next question where that can be.
    fn written(&mut self, sql: String, what: &str, rows: Option<usize>) -> Result<()> {
        if self.connection.sends_ahead() {
            return self.connection.told(|connection| connection.execute_ahead(sql, what, rows));
        }
        all_touched(Dialect::Mysql, what, rows, self.touched_by(&sql)?)
    }

    fn touched_by(&mut self, sql: &str) -> Result<usize> {
        let answers = self.connection.told(|connection| connection.ask(sql))?;
        Ok(answers.last().map_or(0, |answer| answer.touched))
    }

    /// The rows of each of several questions, which go as texts; `build` is given the position of the question. Nothing
    /// for one of which a text does not hold a column's values in full.
    fn answers<'q, T>(
        &mut self,
        questions: impl Iterator<Item = &'q Question>,
        build: impl Fn(usize, &MysqlRow) -> deserialize::Result<T>,
    ) -> Result<Vec<Option<Vec<T>>>> {
        let texts: Vec<String> =
            questions.map(|Question { sql, cells }| literal::written(sql, cells)).collect();
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let answers = self.connection.told(|connection| connection.ask_all(&texts))?;
        let rows = |(at, answer): (usize, Answer)| {
            let built = |row| build(at, &MysqlRow::of_text(row)).map_err(unreadable);
            let rows = answer.rows.into_iter().map(built);
            if answer.is_cut { Ok(None) } else { rows.collect::<Result<_>>().map(Some) }
        };
        answers.into_iter().enumerate().map(rows).collect()
    }

    /// The rows of a question in the binary protocol, in which all values come in full.
    fn in_full(&mut self, Question { sql, cells }: &Question) -> Result<Vec<Vec<Cell>>> {
        let load = |connection: &mut MysqlConnection| Statement::new(sql, cells).load(connection);
        let rows: Vec<MysqlCells> = self.connection.told(load)?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    /// The same rows, decoded.
    fn in_full_decoded(
        &mut self,
        TypedQuestion { question, kinds }: &TypedQuestion,
    ) -> Result<Vec<Vec<Read>>> {
        let rows = self.in_full(question)?;
        let values = |row: Vec<Cell>| {
            row.into_iter().zip(kinds).map(|(cell, kind)| self.decode(cell, *kind)).collect()
        };
        Ok(rows.into_iter().map(values).collect())
    }
}

/// A row that came as texts, and has a value that cannot be read.
fn unreadable(error: Box<dyn std::error::Error + Send + Sync>) -> DatabaseError {
    DatabaseError::other(Dialect::Mysql, error.to_string())
}

impl Engine for Mysql {
    fn dialect(&self) -> Dialect {
        Dialect::Mysql
    }

    fn script(&mut self, sql: &str) -> Result<()> {
        self.connection.told(|connection| connection.batch_execute(sql))
    }

    fn execute(&mut self, sql: &str, cells: &[Cell]) -> Result<usize> {
        self.touched_by(&literal::written(sql, cells))
    }

    fn execute_ahead(&mut self, sql: &str, cells: &[Cell], what: &str, rows: Option<usize>) -> Result<()> {
        self.written(literal::written(sql, cells), what, rows)
    }

    fn query(&mut self, sql: &str, cells: &[Cell]) -> Result<Vec<Vec<Cell>>> {
        let mut answers = self.query_all(&[Question::new(sql, cells)])?;
        Ok(answers.pop().unwrap_or_default())
    }

    fn query_all(&mut self, questions: &[Question]) -> Result<Vec<Vec<Vec<Cell>>>> {
        let answers = self.answers(questions.iter(), |_, row| MysqlCells::build(row).map(|row| row.0))?;
        let rows =
            |(answer, question): (Option<_>, &Question)| answer.map_or_else(|| self.in_full(question), Ok);
        answers.into_iter().zip(questions).map(rows).collect()
    }

    fn read_all(&mut self, questions: &[TypedQuestion]) -> Result<Vec<Vec<Vec<Read>>>> {
        let asked = questions.iter().map(|typed| &typed.question);
        let answers = self.answers(asked, |at, row| cells::values(row, &questions[at].kinds))?;
        let rows = |(answer, typed): (Option<_>, &TypedQuestion)| {
            answer.map_or_else(|| self.in_full_decoded(typed), Ok)
        };
        answers.into_iter().zip(questions).map(rows).collect()
    }

    fn begin(&mut self) -> Result<()> {
        self.connection.told(AnsiTransactionManager::begin_transaction)
    }

    fn commit(&mut self) -> Result<()> {
        self.connection.told(AnsiTransactionManager::commit_transaction)
    }

    fn rollback(&mut self) -> Result<()> {
        self.connection.told(AnsiTransactionManager::rollback_transaction)
    }

    /// As many keys as there are: what goes as a text is not prepared, and the server looks at each of them.
    fn one_of(&self, keys: &[&str]) -> (String, Vec<Cell>) {
        in_list(if keys.is_empty() { &[""] } else { keys })
    }

    fn prefix_predicate(&self, prefix: &'static str) -> String {
        format!("LIKE '{prefix}%' COLLATE utf8mb4_bin")
    }

    fn insert(&mut self, into: &ColumnSet, rows: Vec<Vec<Cell>>) -> Result<()> {
        self.in_parts((into.table, insert::INSERTED), &rows, |rows| insert::statement(into, rows))
    }

    fn packer(&self, into: &ColumnSet, kinds: &[Kind]) -> Option<Box<dyn Packer>> {
        let is_loaded = self.connection.way_of_rows() == RowWay::Load;
        let text = is_loaded.then(|| RowText::new(into, kinds, self.coder()))??;
        Some(Box::new(text))
    }

    /// Outside of a transaction nothing could be taken back that was loaded in part.
    fn insert_packed(&mut self, into: &ColumnSet, packed: Vec<u8>) -> Result<()> {
        if self.connection.sends_ahead() && self.connection.way_of_rows() == RowWay::Load {
            self.connection.load_ahead(into, packed.into());
            return Ok(());
        }
        self.insert(into, load::unpacked(&packed))
    }

    /// A CASE a column: MySQL can join no list of rows whose texts have a collation of their own.
    fn update(&mut self, of: &ColumnSet, rows: Vec<Vec<Cell>>) -> Result<usize> {
        let Some(((key, _), set)) = of.columns.split_first() else { return Ok(0) };
        let count = rows.len();
        self.in_parts((of.table, UPDATED), &rows, |rows| {
            let mut sql = format!("UPDATE \"{}\" SET ", of.table);
            for (at, (name, _)) in set.iter().enumerate() {
                let comma = if at == 0 { "" } else { ", " };
                sql.push_str(&format!("{comma}\"{name}\" = CASE \"{key}\""));
                for row in rows {
                    sql.push_str(" WHEN ");
                    literal::push(&mut sql, &row[0]);
                    sql.push_str(" THEN ");
                    literal::push(&mut sql, &row[at + 1]);
                }
                sql.push_str(" END");
            }
            sql.push_str(&format!(" WHERE \"{key}\" IN ("));
            insert::push_list(&mut sql, rows.iter().map(|row| &row[0]));
            sql.push(')');
            sql
        })?;
        Ok(count)
    }

    fn coder(&self) -> Coder {
        Coder::Typed { offset: "" }
    }

    fn decode(&self, cell: Cell, kind: Kind) -> Read {
        cells::decode(cell, kind)
    }

    fn catalogue(&mut self) -> anyhow::Result<Catalogue> {
        catalogue::read(self)
    }

    /// MariaDB joins a thousand keys and more as rows of a table, instead of making a range of each of them first, where a text in a
    /// statement has the collation of the keys' columns. Which way a join goes depends on the tables' statistics, and they are
    /// behind while an import fills the tables.
    fn expect_settled_tables(&mut self, catalogue: &Catalogue) -> anyhow::Result<()> {
        if let Some(collation) = catalogue::collation_of_keys(catalogue) {
            self.script(&format!("SET SESSION collation_connection = '{collation}'"))?;
        }
        Ok(())
    }

    fn health(&mut self) -> anyhow::Result<ServerHealth> {
        let mut health = health::read(self)?;
        health.settings.push(health::way_of_rows(self.connection.way_of_rows()));
        Ok(health)
    }

    fn apply(&mut self, plan: &[GuardedMigration]) -> anyhow::Result<()> {
        self.connection
            .migrated(|connection| connection.run_pending_migrations(MigrationPlan(plan)).map(|_| ()))?;
        Ok(())
    }

    fn revert(&mut self, migration: &GuardedMigration) -> anyhow::Result<()> {
        self.connection.migrated(|connection| connection.revert_migration(migration))?;
        Ok(())
    }
}
