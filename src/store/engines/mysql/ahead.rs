//! What waits to be sent to the server with the next question.

use bytes::Bytes;

use crate::store::engines::engine::ColumnSet;
use crate::store::engines::error::DatabaseError;
use crate::store::engines::mysql::answer::Answer;
use crate::store::engines::mysql::load;

/// What stands between two statements of a packet.
pub(super) const SEPARATOR: &str = ";\n";

/// What stands before the first LOAD DATA of a packet, and how all that follows is taken back.
const SAVEPOINT: &str = "SAVEPOINT sejoli_load";
const TO_SAVEPOINT: &str = "ROLLBACK TO SAVEPOINT sejoli_load";

/// Statements that wait, in their order.
#[derive(Default)]
pub(super) struct Ahead {
    statements: Vec<AheadStatement>,
    /// The bytes of their texts.
    length: usize,
}

/// One of them.
pub(super) struct AheadStatement {
    pub sql: String,
    /// What it does, for an error.
    pub what: String,
    /// How many rows it has to touch, if that is known.
    pub rows: Option<usize>,
    /// The rows that it asks for, if it is a LOAD DATA.
    pub upload: Option<Upload>,
}

/// Rows that a LOAD DATA asks for.
pub(super) struct Upload {
    /// Where they go.
    pub into: ColumnSet,
    /// The name by which they are asked for.
    pub name: String,
    /// Their text ([`load`]).
    pub text: Bytes,
}

impl AheadStatement {
    /// A statement of which nothing has to be known but that it was done.
    pub(super) fn new(sql: &str, what: &str) -> Self {
        Self { sql: sql.to_owned(), what: what.to_owned(), rows: None, upload: None }
    }

    /// A LOAD DATA of rows, which are asked for by this name.
    fn load(into: &ColumnSet, text: Bytes, name: String) -> Self {
        let sql = load::statement(into, &name);
        let rows = Some(load::rows(&text));
        let upload = Some(Upload { into: into.clone(), name, text });
        Self { sql, what: into.table.to_owned(), rows, upload }
    }
}

impl Ahead {
    pub(super) fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    pub(super) fn push(&mut self, statement: AheadStatement) {
        self.length += statement.sql.len() + SEPARATOR.len();
        self.statements.push(statement);
    }

    /// Has a LOAD DATA wait. Before the first one stands a savepoint, to which [`Ahead::into_repetition`] goes back.
    pub(super) fn push_load(&mut self, into: &ColumnSet, text: Bytes) {
        if !self.loads() {
            self.push(AheadStatement::new(SAVEPOINT, "before rows are loaded"));
        }
        let name = format!("rows {}", self.uploads().count());
        self.push(AheadStatement::load(into, text, name));
    }

    /// The bytes of the texts.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// The texts, with one more behind them.
    pub(super) fn packet(&self, last: &str) -> String {
        let mut packet = String::with_capacity(self.length + last.len());
        let last = Some(last).filter(|last| !last.is_empty());
        for (at, sql) in
            self.statements.iter().map(|statement| statement.sql.as_str()).chain(last).enumerate()
        {
            if at > 0 {
                packet.push_str(SEPARATOR);
            }
            packet.push_str(sql);
        }
        packet
    }

    /// Whether this is the first of them.
    pub(super) fn begins_with(&self, sql: &str) -> bool {
        self.statements.first().is_some_and(|first| first.sql == sql)
    }

    /// Whether an answer may say that too few rows were there.
    pub(super) fn counts_rows(&self) -> bool {
        self.statements.iter().any(|statement| statement.rows.is_some())
    }

    /// Whether there are LOAD DATAs among them.
    pub(super) fn loads(&self) -> bool {
        self.uploads().next().is_some()
    }

    /// The rows that they ask for.
    pub(super) fn uploads(&self) -> impl Iterator<Item = &Upload> {
        self.statements.iter().filter_map(|statement| statement.upload.as_ref())
    }

    /// Whether a LOAD DATA has not taken all of its rows as they are, while the transaction still stands.
    pub(super) fn is_not_loaded(&self, answers: &[Answer], failed: Option<&DatabaseError>) -> bool {
        if failed.is_some_and(DatabaseError::is_transient) {
            return false;
        }
        // Behind one that was refused, there are no answers.
        let mut answered = self.statements.iter().zip(answers.iter().map(Some).chain([None]));
        answered.any(|(statement, answer)| {
            statement.upload.is_some()
                && answer.is_none_or(|answer| statement.rows != Some(answer.touched) || answer.warnings > 0)
        })
    }

    /// What has to be sent once a LOAD DATA has gone wrong: back to the savepoint, and all that stood behind it.
    pub(super) fn into_repetition(mut self) -> Vec<AheadStatement> {
        let first = self.statements.iter().position(|statement| statement.upload.is_some());
        let behind = first.map_or_else(Vec::new, |first| self.statements.split_off(first));
        let back = AheadStatement::new(TO_SAVEPOINT, "what was loaded is taken back");
        std::iter::once(back).chain(behind).collect()
    }

    pub(super) fn into_statements(self) -> Vec<AheadStatement> {
        self.statements
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::engines::error::ErrorCode;
    use crate::store::schema::dialect::Dialect;

    fn waiting() -> Ahead {
        let into = ColumnSet { table: "User", columns: vec![("id".to_owned(), "varchar(191)".to_owned())] };
        let mut ahead = Ahead::default();
        ahead.push(AheadStatement::new("BEGIN", "a transaction begins"));
        ahead.push_load(&into, Bytes::from_static(b"a\nb\n"));
        ahead.push(AheadStatement::new("UPDATE", "an update"));
        ahead
    }

    fn answer(touched: usize, warnings: u16) -> Answer {
        Answer { rows: Vec::new(), touched, warnings, is_cut: false }
    }

    #[test]
    fn rows_that_are_missing_and_warnings_are_seen() {
        let is_not_loaded = |answers: &[Answer]| waiting().is_not_loaded(answers, None);
        let [begun, saved] = [answer(0, 0), answer(0, 0)];
        assert!(!is_not_loaded(&[begun.clone(), saved.clone(), answer(2, 0), answer(0, 3)]));
        assert!(is_not_loaded(&[begun.clone(), saved.clone(), answer(1, 0), answer(0, 0)]));
        assert!(is_not_loaded(&[begun, saved, answer(2, 1), answer(0, 0)]));
    }

    #[test]
    fn an_error_of_a_load_is_seen_and_one_before_it_behind_it_or_of_the_connection_is_not_its_own() {
        let refused = DatabaseError::numbered(Dialect::Mysql, ErrorCode::Mysql(4166), "not allowed");
        let lost = DatabaseError::lost(Dialect::Mysql, "gone");
        let is_not_loaded = |answers: &[Answer], failed| waiting().is_not_loaded(answers, Some(failed));
        let answers = [answer(0, 0), answer(0, 0), answer(2, 0)];
        assert!(is_not_loaded(&answers[..2], &refused));
        assert!(!is_not_loaded(&answers[..1], &refused));
        assert!(!is_not_loaded(&answers, &refused));
        assert!(!is_not_loaded(&answers[..2], &lost));
    }

    #[test]
    fn what_waits_is_one_packet_with_what_follows() {
        assert!(waiting().packet("SELECT 1").ends_with(";\nUPDATE;\nSELECT 1"));
        assert!(waiting().packet("").ends_with(";\nUPDATE"));
        assert_eq!(Ahead::default().packet("SELECT 1"), "SELECT 1");
        let behind: Vec<String> =
            waiting().into_repetition().into_iter().map(|statement| statement.what).collect();
        assert_eq!(behind, ["what was loaded is taken back", "User", "an update"]);
    }
}
