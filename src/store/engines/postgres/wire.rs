//! A session with a PostgreSQL server, message by message: what is sent is gathered first, so that one
//! round trip takes as many messages as there are.
//!
//! tokio-postgres, whose messages these are, asks the server for every type that it does not know (each
//! native enum), by statements that it prepares by name. Behind a pooler that must not be, and elsewhere
//! it costs round trips for what is not used here: a text is a text.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use bytes::BytesMut;
use fallible_iterator::FallibleIterator as _;
use postgres_protocol::message::backend::{ErrorFields, Message};
use postgres_protocol::message::frontend;
use rustls::{ClientConnection, StreamOwned};

use crate::store::engines::error::{DatabaseError, ErrorCode, Result};
use crate::store::schema::dialect::Dialect;

/// How the server is reached.
pub(super) enum ServerStream {
    /// In plain text over the network.
    Tcp(TcpStream),
    /// On this machine.
    Unix(UnixStream),
    /// Encrypted.
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl ServerStream {
    /// How long an answer is waited for; for ever where there is no time.
    pub(super) fn wait(&self, time: Option<Duration>) -> io::Result<()> {
        match self {
            ServerStream::Tcp(stream) => stream.set_read_timeout(time),
            ServerStream::Unix(stream) => stream.set_read_timeout(time),
            ServerStream::Tls(stream) => stream.sock.set_read_timeout(time),
        }
    }

    fn shutdown(&self) {
        let _ = match self {
            ServerStream::Tcp(stream) => stream.shutdown(Shutdown::Both),
            ServerStream::Unix(stream) => stream.shutdown(Shutdown::Both),
            ServerStream::Tls(stream) => stream.sock.shutdown(Shutdown::Both),
        };
    }
}

impl Read for ServerStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            ServerStream::Tcp(stream) => stream.read(buffer),
            ServerStream::Unix(stream) => stream.read(buffer),
            ServerStream::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for ServerStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            ServerStream::Tcp(stream) => stream.write(bytes),
            ServerStream::Unix(stream) => stream.write(bytes),
            ServerStream::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            ServerStream::Tcp(stream) => stream.flush(),
            ServerStream::Unix(stream) => stream.flush(),
            ServerStream::Tls(stream) => stream.flush(),
        }
    }
}

/// What the server says of the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TransactionStatus {
    /// There is none.
    Idle,
    /// It stands.
    InTransaction,
    /// It has failed and can only be taken back.
    Failed,
    /// There is no connection any more.
    Closed,
}

/// The bytes that are asked of the system at once.
const READ: usize = 1 << 16;

/// A session.
pub(super) struct Wire {
    stream: ServerStream,
    received: BytesMut,
    /// What is to be sent by the next [`Wire::exchange`] or [`Wire::send`].
    pub out: BytesMut,
    read: Box<[u8]>,
    status: TransactionStatus,
}

impl Wire {
    /// A session over a stream on which nothing was said yet.
    pub(super) fn new(stream: ServerStream) -> Self {
        let read = vec![0; READ].into_boxed_slice();
        Self {
            stream,
            received: BytesMut::new(),
            out: BytesMut::new(),
            read,
            status: TransactionStatus::Idle,
        }
    }

    /// What the server has said of the transaction last.
    pub(super) fn status(&self) -> TransactionStatus {
        self.status
    }

    /// The stream.
    pub(super) fn stream(&self) -> &ServerStream {
        &self.stream
    }

    /// Sends what was gathered.
    ///
    /// # Errors
    /// A connection that does not stand any more, with the server's last words where there are any.
    pub(super) fn send(&mut self) -> Result<()> {
        if self.status == TransactionStatus::Closed {
            self.out.clear();
            return Err(DatabaseError::lost(Dialect::Postgres, "no connection to the server"));
        }
        let sent = self.stream.write_all(&self.out).and_then(|()| self.stream.flush());
        self.out.clear();
        sent.map_err(|error| self.last_words().unwrap_or_else(|| self.lost(&error)))
    }

    /// Why the server has ended the session, if it has said so before it did.
    fn last_words(&mut self) -> Option<DatabaseError> {
        loop {
            match self.receive() {
                Ok(_) => {}
                Err(error) => return Some(error).filter(|error| error.code != ErrorCode::None),
            }
        }
    }

    /// The next message of the server that is not a mere notice.
    ///
    /// # Errors
    /// What the server says is an error; a connection that does not stand any more.
    pub(super) fn receive(&mut self) -> Result<Message> {
        loop {
            match Message::parse(&mut self.received).map_err(|error| self.lost(&error))? {
                Some(
                    Message::NoticeResponse(_)
                    | Message::NotificationResponse(_)
                    | Message::ParameterStatus(_),
                ) => {}
                Some(Message::ErrorResponse(said)) => return Err(self.error(said.fields())),
                Some(Message::ReadyForQuery(said)) => {
                    self.status = match said.status() {
                        b'I' => TransactionStatus::Idle,
                        b'T' => TransactionStatus::InTransaction,
                        _ => TransactionStatus::Failed,
                    };
                    return Ok(Message::ReadyForQuery(said));
                }
                Some(message) => return Ok(message),
                None => self.fill()?,
            }
        }
    }

    fn fill(&mut self) -> Result<()> {
        match self.stream.read(&mut self.read) {
            Ok(0) => Err(self.lost("server closed the connection unexpectedly")),
            Ok(length) => {
                self.received.extend_from_slice(&self.read[..length]);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(self.lost("no answer in time")),
            Err(error) => Err(self.lost(&error)),
        }
    }

    /// Sends what was gathered and hands over each answer, until the server is ready for more.
    ///
    /// # Errors
    /// The first one that the server tells of; a connection that does not stand any more.
    pub(super) fn exchange(&mut self, on: impl FnMut(Message) -> Result<()>) -> Result<()> {
        self.send()?;
        self.answers(on)
    }

    /// Hands over each answer, until the server is ready for more.
    ///
    /// # Errors
    /// The first one that the server tells of; a connection that does not stand any more.
    pub(super) fn answers(&mut self, mut on: impl FnMut(Message) -> Result<()>) -> Result<()> {
        let mut done = Ok(());
        loop {
            let answer = match self.receive() {
                Ok(Message::ReadyForQuery(_)) => return done,
                Ok(message) => on(message),
                Err(error) => Err(error),
            };
            done = done.and(answer);
            if self.status == TransactionStatus::Closed {
                return done;
            }
        }
    }

    /// The server's own error. After one that ends the session nothing more comes.
    fn error(&mut self, mut fields: ErrorFields<'_>) -> DatabaseError {
        let (mut code, mut message, mut severity) = (ErrorCode::None, String::new(), String::new());
        while let Ok(Some(field)) = fields.next() {
            let value = String::from_utf8_lossy(field.value_bytes());
            match field.type_() {
                b'C' => code = ErrorCode::sqlstate(&value),
                b'M' => message = value.into_owned(),
                // What is in no language.
                b'V' => severity = value.into_owned(),
                _ => {}
            }
        }
        if matches!(severity.as_str(), "FATAL" | "PANIC") {
            self.close();
        }
        DatabaseError::numbered(Dialect::Postgres, code, message)
    }

    fn lost(&mut self, why: impl ToString) -> DatabaseError {
        self.close();
        DatabaseError::lost(Dialect::Postgres, format!("lost connection to the server: {}", why.to_string()))
    }

    fn close(&mut self) {
        self.status = TransactionStatus::Closed;
        self.stream.shutdown();
    }
}

/// A session ends with a word, so that the server does not take it for a broken one.
impl Drop for Wire {
    fn drop(&mut self) {
        if self.status != TransactionStatus::Closed {
            self.out.clear();
            frontend::terminate(&mut self.out);
            let _ = self.send();
        }
    }
}

/// What does not fit into a message.
pub(super) fn unsendable(error: impl ToString) -> DatabaseError {
    DatabaseError::other(Dialect::Postgres, error.to_string())
}

/// A message that has no place where it came.
pub(super) fn unexpected() -> DatabaseError {
    DatabaseError::other(Dialect::Postgres, "the server has sent a message that has no place there")
}
