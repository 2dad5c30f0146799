//! What the server answers to statements that were sent in one packet.

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Row};

use crate::store::engines::error::DatabaseError;
use crate::store::engines::mysql::row::is_full_as_text;
use crate::store::schema::dialect::Dialect;

/// What a statement was answered.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// Its rows.
    pub rows: Vec<Row>,
    /// How many rows it has touched.
    pub touched: usize,
    /// How many warnings the server has.
    pub warnings: u16,
    /// Whether a column's values are not in full, because they came as texts.
    pub is_cut: bool,
}

/// Sends statements in one packet and gathers their answers, as far as there are any.
pub(super) async fn answers_to(
    connection: &mut Conn,
    sql: String,
    answers: &mut Vec<Answer>,
) -> mysql_async::Result<()> {
    let mut result = connection.query_iter(sql).await?;
    loop {
        let columns = result.columns();
        let touched = usize::try_from(result.affected_rows()).unwrap_or(usize::MAX);
        let warnings = result.warnings();
        // Behind the last answer there are no rows, or the error that is one.
        let rows = result.collect::<Row>().await?;
        let Some(columns) = columns else { return Ok(()) };
        let is_cut = !columns.iter().all(is_full_as_text);
        answers.push(Answer { rows, touched, warnings, is_cut });
    }
}

/// A statement without an answer.
pub(super) fn unanswered() -> DatabaseError {
    DatabaseError::other(Dialect::Mysql, "the server has not answered a statement")
}
