//! A session with a PostgreSQL server, message by message: what is sent is gathered first, so that one
//! round trip takes as many messages as there are.
//!
//! tokio-postgres, whose messages these are, asks the server for every type that it does not know (each
//! native enum), by statements that it prepares by name. Behind a pooler that must not be, and elsewhere
//! it costs round trips for what is not used here: a text is a text.

use std::borrow::Cow;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use bytes::BytesMut;
use fallible_iterator::FallibleIterator as _;
use postgres_protocol::message::backend::{ErrorFields, Message};
use postgres_protocol::message::frontend;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
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

    /// Whether reading and writing wait, or return at once where there is nothing to be done.
    fn set_waiting(&self, waiting: bool) -> io::Result<()> {
        match self {
            ServerStream::Tcp(stream) => stream.set_nonblocking(!waiting),
            ServerStream::Unix(stream) => stream.set_nonblocking(!waiting),
            ServerStream::Tls(stream) => stream.sock.set_nonblocking(!waiting),
        }
    }

    /// What has to go over the network for these bytes to arrive.
    fn sealed<'b>(&mut self, bytes: &'b [u8]) -> io::Result<Cow<'b, [u8]>> {
        let ServerStream::Tls(stream) = self else { return Ok(Cow::Borrowed(bytes)) };
        let (mut sealed, mut rest) = (Vec::with_capacity(bytes.len()), bytes);
        while !rest.is_empty() || stream.conn.wants_write() {
            let taken = stream.conn.writer().write(rest)?;
            rest = &rest[taken..];
            while stream.conn.wants_write() {
                stream.conn.write_tls(&mut sealed)?;
            }
        }
        Ok(Cow::Owned(sealed))
    }

    /// Writes bytes that are sealed already.
    fn write_sealed(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            ServerStream::Tls(stream) => stream.sock.write(bytes),
            plain => plain.write(bytes),
        }
    }

    /// Reads what has arrived, and writes nothing meanwhile.
    fn read_arrived(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let ServerStream::Tls(stream) = self else { return self.read(buffer) };
        loop {
            match stream.conn.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
            if stream.conn.read_tls(&mut stream.sock)? == 0 {
                return Ok(0);
            }
            stream.conn.process_new_packets().map_err(io::Error::other)?;
        }
    }

    /// Waits until something has arrived, or may be written.
    fn await_either(&self) -> io::Result<()> {
        let mut socket = [PollFd::from_borrowed_fd(self.as_fd(), PollFlags::IN | PollFlags::OUT)];
        match poll(&mut socket, None) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            ServerStream::Tcp(stream) => stream.as_fd(),
            ServerStream::Unix(stream) => stream.as_fd(),
            ServerStream::Tls(stream) => stream.sock.as_fd(),
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

/// Whether the same may well succeed in a moment.
fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
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

/// How many bytes may be on their way while nobody reads what the server says: fewer than the system keeps for a connection.
const UNREAD: usize = 1 << 16;

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
        self.ensure_open()?;
        let sent = self.stream.write_all(&self.out).and_then(|()| self.stream.flush());
        self.out.clear();
        sent.map_err(|error| self.last_words().unwrap_or_else(|| self.lost(&error)))
    }

    fn ensure_open(&mut self) -> Result<()> {
        if self.status != TransactionStatus::Closed {
            return Ok(());
        }
        self.out.clear();
        Err(DatabaseError::lost(Dialect::Postgres, "no connection to the server"))
    }

    /// Sends what was gathered and meanwhile takes in what the server says. It answers the first of several statements while
    /// the others are still on their way: if nobody read that, it would not read on either.
    fn send_and_receive(&mut self) -> Result<()> {
        self.ensure_open()?;
        let out = self.out.split();
        let sent = self.stream.set_waiting(false).and_then(|()| self.sent_while_receiving(&out));
        let sent = sent.and(self.stream.set_waiting(true));
        sent.map_err(|error| self.last_words().unwrap_or_else(|| self.lost(&error)))
    }

    fn sent_while_receiving(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Self { stream, received, read, .. } = self;
        let sealed = stream.sealed(bytes)?;
        let mut rest = &*sealed;
        while !rest.is_empty() {
            match stream.write_sealed(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    stream.await_either()?;
                    match stream.read_arrived(read) {
                        Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                        Ok(length) => received.extend_from_slice(&read[..length]),
                        Err(error) if is_passing(&error) => {}
                        Err(error) => return Err(error),
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
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
        if self.out.len() > UNREAD { self.send_and_receive() } else { self.send() }?;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// More than the system keeps for a connection, in either direction.
    const LONG: usize = 16 << 20;

    /// A server that reads nothing before it has said all it has to say.
    fn answers_first(mut server: UnixStream) -> io::Result<usize> {
        let mut row = b"D\0\0\0\0\0\x01\0\0\x10\0".to_vec();
        row.resize(row.len() + 0x1000, b'x');
        let length = u32::try_from(row.len() - 1).expect("a short row");
        row[1..5].copy_from_slice(&length.to_be_bytes());
        let rows = LONG / row.len();
        server.read_exact(&mut [0])?;
        (0..rows).try_for_each(|_| server.write_all(&row))?;
        io::copy(&mut (&server).take(LONG as u64 - 1), &mut io::sink())?;
        server.write_all(b"Z\0\0\0\x05I")?;
        Ok(rows)
    }

    #[test]
    fn what_the_server_says_is_taken_in_while_much_is_sent() {
        let (client, server) = UnixStream::pair().expect("two ends");
        let said = std::thread::spawn(move || answers_first(server));
        let mut wire = Wire::new(ServerStream::Unix(client));
        wire.out.resize(LONG, b'?');
        let mut rows = 0;
        let done = wire.exchange(|message| {
            rows += usize::from(matches!(message, Message::DataRow(_)));
            Ok(())
        });
        assert!(done.is_ok(), "{done:?}");
        assert_eq!(rows, said.join().expect("a server").expect("no failure"));
        assert_eq!(wire.status(), TransactionStatus::Idle);
    }
}
