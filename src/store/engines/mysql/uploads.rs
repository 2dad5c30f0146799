//! What the server may ask for while it does a LOAD DATA LOCAL INFILE. It gives a name, and a server that is not what it
//! seems may give any: what it is sent are the rows that were put here under that name, and never a file.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use mysql_async::prelude::GlobalHandler;
use mysql_async::{InfileData, LocalInfileError};

/// The bytes of a packet: the server reads one while the next one is on its way.
const PACKET: usize = 64 << 10;

/// Rows that wait for the server to ask for them, by name.
#[derive(Clone, Default)]
pub(super) struct Uploads(Arc<Mutex<HashMap<Vec<u8>, Bytes>>>);

impl Uploads {
    /// Has these rows wait, and no others.
    pub(super) fn offer(&self, rows: impl Iterator<Item = (String, Bytes)>) {
        *self.waiting() = rows.map(|(name, bytes)| (name.into_bytes(), bytes)).collect();
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl GlobalHandler for Uploads {
    fn handle(
        &self,
        name: &[u8],
    ) -> Pin<Box<dyn Future<Output = Result<InfileData, LocalInfileError>> + Send>> {
        let rows = self.waiting().remove(name).ok_or(LocalInfileError::NoHandler);
        Box::pin(async move { rows.map(|rows| Box::pin(Packets(rows)) as InfileData) })
    }
}

/// Bytes, packet by packet.
struct Packets(Bytes);

impl Stream for Packets {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let length = self.0.len().min(PACKET);
        Poll::Ready((length > 0).then(|| Ok(self.0.split_to(length))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lengths of the packets that a name is answered with; nothing where it is refused.
    fn sent(uploads: &Uploads, name: &[u8]) -> Option<Vec<usize>> {
        let mut context = Context::from_waker(std::task::Waker::noop());
        let Poll::Ready(answer) = uploads.handle(name).as_mut().poll(&mut context) else {
            panic!("it waits")
        };
        let mut packets = answer.ok()?;
        let next = || match packets.as_mut().poll_next(&mut context) {
            Poll::Ready(packet) => packet.map(|packet| packet.expect("a packet").len()),
            Poll::Pending => panic!("it waits"),
        };
        Some(std::iter::from_fn(next).collect())
    }

    #[test]
    fn nothing_is_sent_but_what_was_offered_and_that_once() {
        let uploads = Uploads::default();
        let offer =
            |name: &str| uploads.offer([(name.to_owned(), Bytes::from(vec![7; PACKET + 1]))].into_iter());
        offer("rows 1");
        assert_eq!(sent(&uploads, b"/etc/passwd"), None);
        assert_eq!(sent(&uploads, b"rows 1"), Some(vec![PACKET, 1]));
        assert_eq!(sent(&uploads, b"rows 1"), None);
        offer("rows 1");
        offer("rows 2");
        assert_eq!(sent(&uploads, b"rows 1"), None);
    }
}
