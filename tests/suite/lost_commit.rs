//! The answer to a COMMIT is lost on the way: whether it took effect is looked up, and nothing is done
//! twice. A file has no answer to lose; the kills of [`crate::faults`] fall behind its commits, too.
#![cfg(any(feature = "postgres", feature = "mysql"))]

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::support::exit_code::DONE;
use crate::support::library::DatabaseUse;
use crate::support::{
    AS_OF, AppDatabase, Compared, Engine, Exports, Outcome, assert_same, count, count_commits, dump,
    imported, on_each_server, tool,
};

/// Stands between the tool and its server, hands on every COMMIT, and takes away the answer to every
/// second one with the whole connection.
struct Relay {
    url: String,
    commits: Arc<AtomicU64>,
}

impl Relay {
    /// `from` says whether the odd or the even answers are lost.
    fn before(db: &AppDatabase, from: u64) -> Self {
        let url = db.url();
        let (head, tail) = url.split_once('@').expect("a user");
        let (server, path) = tail.split_once('/').expect("a database");
        let (path, _) = path.split_once('?').unwrap_or((path, ""));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let commits = Arc::new(AtomicU64::new(from));
        let (counted, server) = (Arc::clone(&commits), server.to_owned());
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.expect("a client");
                let server = TcpStream::connect(&server).expect("the server");
                serve(&client, &server, &counted);
            }
        });
        Self { url: format!("{head}@127.0.0.1:{port}/{path}?sslmode=disable"), commits }
    }

    fn commits(&self) -> u64 {
        self.commits.load(Ordering::SeqCst)
    }

    fn run(&self, db: &AppDatabase, args: &[&str]) -> Outcome {
        // What was read of the shop so far is out of date.
        drop(db.store(DatabaseUse::Read));
        tool(&[&["--database-url", self.url.as_str()], args].concat())
    }
}

fn serve(client: &TcpStream, server: &TcpStream, commits: &Arc<AtomicU64>) {
    let lost = Arc::new(AtomicU64::new(0));
    let own = |stream: &TcpStream| stream.try_clone().expect("a stream");
    let (mut from, mut to) = (own(client), own(server));
    let (counted, losing) = (Arc::clone(commits), Arc::clone(&lost));
    std::thread::spawn(move || {
        let mut bytes = [0; 65_536];
        while let Ok(read) = from.read(&mut bytes) {
            let said = &bytes[..read];
            if count_commits(said) > 0 && counted.fetch_add(1, Ordering::SeqCst) % 2 == 1 {
                losing.store(1, Ordering::SeqCst);
            }
            if read == 0 || to.write_all(said).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
    let (mut from, mut to) = (own(server), own(client));
    std::thread::spawn(move || {
        let mut bytes = [0; 65_536];
        while let Ok(read) = from.read(&mut bytes) {
            // The server has answered, so it has committed; nobody will hear of it.
            let is_lost = lost.load(Ordering::SeqCst) == 1;
            if read == 0 || is_lost || to.write_all(&bytes[..read]).is_err() {
                break;
            }
        }
        let _ = (to.shutdown(Shutdown::Both), from.shutdown(Shutdown::Both));
    });
}

fn l25_a_commit_whose_answer_was_lost_is_looked_up_before_it_is_repeated(engine: Engine) {
    let (exports, _) = Exports::generated(120);
    let undisturbed = AppDatabase::new(engine);
    imported(&undisturbed, "all", exports.path(), &["--batch-size", "50"], DONE);
    let path = exports.path().display().to_string();
    // With the odd and with the even ones, the answer to every commit there is has been lost.
    for from in [0, 1] {
        let db = AppDatabase::new(engine);
        let before = dump(&db, Compared::Rows);
        let out = db.path("out").display().to_string();
        let options = ["--as-of", AS_OF, "--create-memberships", "--batch-size", "50", "--out", &out];
        let relay = Relay::before(&db, from);
        let outcome = relay.run(&db, &[&["import", "all", &path], options.as_slice()].concat());
        assert_eq!(outcome.code, DONE, "{outcome:?}");
        let lost = (relay.commits() - from) / 2;
        assert!(lost >= 4, "{lost} answers were lost");
        assert!(outcome.stderr.matches("trying again").count() as u64 >= lost, "{outcome:?}");
        let compared = Compared::Content;
        assert_same(&dump(&undisturbed, compared), &dump(&db, compared), "after the lost answers");
        for table in ["DataImportLog", "SejoliImportJournal", "SejoliImportRun"] {
            assert_eq!(count(&db, table, "1"), count(&undisturbed, table, "1"), "{table}");
        }
        let verified = db.run(&["verify", &path]);
        assert_eq!(verified.code, DONE, "{}{}", verified.stdout, verified.stderr);
        let undone = relay.run(&db, &["rollback", "--last", "--yes"]);
        assert_eq!(undone.code, DONE, "{undone:?}");
        assert_same(&before, &dump(&db, Compared::Rows), "rolled back over lost answers");
    }
}

on_each_server!(l25_a_commit_whose_answer_was_lost_is_looked_up_before_it_is_repeated);
