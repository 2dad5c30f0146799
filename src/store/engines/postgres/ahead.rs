//! What was sent, or waits to be sent, before anybody has read the answers to it.

use std::collections::VecDeque;

use postgres_protocol::message::backend::Message;

use super::prepared_statement::{StatementKey, rows_of};
use crate::store::engines::error::{Result, all_touched};
use crate::store::schema::dialect::Dialect;

/// Statements that were sent ahead, in their order: each is answered before the one behind it.
#[derive(Default)]
pub(super) struct Ahead(VecDeque<AheadStatement>);

/// One of them.
#[derive(Default)]
pub(super) struct AheadStatement {
    /// What it does, for an error.
    pub(super) what: String,
    /// How many rows it has to touch, if that is known.
    pub(super) rows: Option<usize>,
    /// The prepared statement that the server is to take in with it.
    pub(super) unconfirmed: Option<StatementKey>,
}

impl Ahead {
    pub(super) fn push(&mut self, statement: AheadStatement) {
        self.0.push_back(statement);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn first(&self) -> Option<&AheadStatement> {
        self.0.front()
    }

    /// Those that are not answered, because one of them has failed.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = AheadStatement> {
        self.0.drain(..)
    }

    /// Takes a part of the answer to the first one.
    ///
    /// # Errors
    /// It has touched another number of rows than it has to.
    pub(super) fn take(&mut self, message: &Message) -> Result<()> {
        match message {
            Message::ParseComplete => {
                if let Some(first) = self.0.front_mut() {
                    first.unconfirmed = None;
                }
            }
            Message::CommandComplete(_) => {
                let Some(AheadStatement { what, rows, .. }) = self.0.pop_front() else { return Ok(()) };
                return all_touched(Dialect::Postgres, &what, rows, rows_of(message));
            }
            _ => {}
        }
        Ok(())
    }
}
