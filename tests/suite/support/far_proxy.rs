//! A proxy that makes a server as far away as one in another country: every byte arrives later, and the turns of the
//! conversation are counted. It is no slower line: what is under way at the same time arrives at the same time.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// A proxy that listens on a port of its own.
pub struct Proxy {
    /// The port.
    pub port: u16,
    turns: Arc<AtomicU64>,
}

impl Proxy {
    /// A proxy before a server; bytes are under way for `delay` in each direction.
    pub fn start(server: (String, u16), delay: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let turns = Arc::new(AtomicU64::new(0));
        let counter = turns.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect((server.0.as_str(), server.1)) else { continue };
                // Who sees one half fail ends the other.
                let _ = connect(client, server, delay, &counter);
            }
        });
        Ok(Self { port, turns })
    }

    /// How often a client has spoken after the server since this was asked last, over all connections.
    pub fn take_turns(&self) -> u64 {
        self.turns.swap(0, Ordering::Relaxed)
    }
}

fn connect(client: TcpStream, server: TcpStream, delay: Duration, turns: &Arc<AtomicU64>) -> io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let client_spoke = Arc::new(AtomicBool::new(false));
    let (spoke, turns) = (client_spoke.clone(), turns.clone());
    carry(client.try_clone()?, server.try_clone()?, delay, move || {
        if !spoke.swap(true, Ordering::Relaxed) {
            turns.fetch_add(1, Ordering::Relaxed);
        }
    });
    carry(server, client, delay, move || client_spoke.store(false, Ordering::Relaxed));
    Ok(())
}

/// Bytes, and when they arrive.
type Parcel = (Instant, Vec<u8>);

/// Carries bytes from one end to the other, and tells of each time that some came.
fn carry(mut from: TcpStream, to: TcpStream, delay: Duration, mut came: impl FnMut() + Send + 'static) {
    let (parcels, arriving): (Sender<Parcel>, Receiver<Parcel>) = channel();
    thread::spawn(move || {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(length @ 1..) = from.read(&mut bytes) {
            came();
            if parcels.send((Instant::now() + delay, bytes[..length].to_vec())).is_err() {
                break;
            }
        }
    });
    thread::spawn(move || deliver(to, &arriving));
}

fn deliver(mut to: TcpStream, arriving: &Receiver<Parcel>) {
    for (due, bytes) in arriving {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if to.write_all(&bytes).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
