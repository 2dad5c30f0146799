//! A small proxy between the tool and a server, which cuts connections: after a number of bytes in
//! either direction, or when a COMMIT has gone to the server and its answer has not come back.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::count_commits;

/// When the connections are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// When so many more bytes have passed, counted over both directions.
    After(u64),
    /// When so many more COMMITs have been sent; the server gets the last one, the tool no answer.
    Commit(u64),
}

/// Who has sent something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sender {
    Tool,
    Server,
}

/// What has passed, and what is still to be cut.
#[derive(Default)]
struct State {
    cuts: VecDeque<Cut>,
    bytes: u64,
    commits: u64,
    /// How many cuts have been made.
    made: usize,
    /// The connections that stand, each with both of its ends.
    open: Vec<(TcpStream, TcpStream)>,
}

impl State {
    /// How many of these bytes may pass, and whether the connections are cut then.
    fn pass(&mut self, bytes: &[u8], from: Sender) -> (usize, bool) {
        let length = bytes.len() as u64;
        let commits = if from == Sender::Tool { count_commits(bytes) } else { 0 };
        self.bytes += length;
        self.commits += commits;
        let (passing, cut) = match self.cuts.front_mut() {
            Some(Cut::After(left)) if *left <= length => (usize::try_from(*left).unwrap_or(0), true),
            Some(Cut::Commit(left)) if commits > 0 && *left <= commits => (bytes.len(), true),
            Some(Cut::After(left)) => {
                *left -= length;
                (bytes.len(), false)
            }
            Some(Cut::Commit(left)) => {
                *left -= commits;
                (bytes.len(), false)
            }
            None => (bytes.len(), false),
        };
        if cut {
            self.cuts.pop_front();
            self.made += 1;
        }
        (passing, cut)
    }

    fn close_all(&mut self) {
        for (tool, server) in self.open.drain(..) {
            let _ = tool.shutdown(Shutdown::Both);
            // What was sent to the server still arrives there.
            let _ = server.shutdown(Shutdown::Both);
        }
    }
}

/// A proxy before one server; it ends with the process.
pub(super) struct Proxy {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl Proxy {
    /// Listens on a port of its own before `server`, such as `127.0.0.1:5432`.
    pub(super) fn before(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state: Arc<Mutex<State>> = Arc::default();
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for tool in listener.incoming().flatten() {
                if let Ok(server) = TcpStream::connect(&server) {
                    connect(&shared, &tool, &server);
                }
            }
        });
        Self { port, state }
    }

    /// The URL of a database, by way of the proxy; only what is not encrypted shows its COMMITs.
    pub(super) fn url(&self, url: &str, encrypted: bool) -> String {
        let (base, _) = url.split_once('?').unwrap_or((url, ""));
        let base = base.replacen(&address(base), &format!("127.0.0.1:{}", self.port), 1);
        format!("{base}?sslmode={}", if encrypted { "prefer" } else { "disable" })
    }

    /// Cuts from now on, one after the other.
    pub(super) fn cut(&self, cuts: impl IntoIterator<Item = Cut>) {
        let mut state = self.state.lock().expect("the state");
        (state.cuts, state.bytes, state.commits, state.made) = (cuts.into_iter().collect(), 0, 0, 0);
    }

    /// Bytes and COMMITs that have passed, and cuts that were made, since they were last asked for.
    pub(super) fn passed(&self) -> (u64, u64, usize) {
        let state = self.state.lock().expect("the state");
        (state.bytes, state.commits, state.made)
    }
}

/// Host and port of a database's URL.
pub(super) fn address(url: &str) -> String {
    let after = url.split_once("://").expect("a URL").1;
    let host = after.split('/').next().unwrap_or_default();
    host.rsplit('@').next().unwrap_or_default().to_owned()
}

fn connect(state: &Arc<Mutex<State>>, tool: &TcpStream, server: &TcpStream) {
    let clone = |stream: &TcpStream| stream.try_clone().expect("a second handle");
    for stream in [tool, server] {
        stream.set_nodelay(true).expect("a socket");
    }
    state.lock().expect("the state").open.push((clone(tool), clone(server)));
    let both = [(Sender::Tool, clone(tool), clone(server)), (Sender::Server, clone(server), clone(tool))];
    for (who, from, to) in both {
        let state = Arc::clone(state);
        thread::spawn(move || pump(&state, who, from, to));
    }
}

/// Hands bytes on until either end is gone or the connections are cut.
fn pump(state: &Mutex<State>, who: Sender, mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        let mut held = state.lock().expect("the state");
        let (passing, cut) = held.pass(&buffer[..read], who);
        let written = to.write_all(&buffer[..passing]);
        if cut {
            held.close_all();
        }
        drop(held);
        if cut || written.is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
