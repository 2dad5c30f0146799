//! A real pooler in transaction mode before PostgreSQL.

use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;
use url::Url;

use super::library::PostgresConnection;
use super::server::{Server, give};
use super::{AS_OF, AppDatabase, Outcome, fixture, free_port, pgbouncer, tool};

/// A pooler before the tests' server, with two sessions for everybody.
pub struct Pooler {
    _server: Server,
    /// The shop's database by way of the pooler.
    pub url: String,
}

impl Pooler {
    /// Starts one.
    pub fn before(db: &AppDatabase) -> Self {
        let server = Url::parse(&db.url()).expect("a URL");
        let folder = db.path("pooler");
        std::fs::create_dir(&folder).expect("a folder");
        give("postgres", db.folder.path());
        let (mut command, pooled) = pgbouncer::pooler(&server, &folder, free_port());
        let plain = pooled.to_string();
        let answers = || PostgresConnection::establish(&plain).is_ok();
        let running = Server::start(&mut command, &folder.join("log"), answers);
        Self { _server: running, url: format!("{plain}?pgbouncer=true&connection_limit=1") }
    }

    /// A client of it.
    pub fn connect(&self) -> PostgresConnection {
        PostgresConnection::establish(&self.url).expect("the pooler answers")
    }

    /// Runs the tool on the shop's database.
    pub fn run(&self, args: &[&str]) -> Outcome {
        tool(&[&["--database-url", self.url.as_str()], args].concat())
    }

    /// Imports the clean fixture, in small batches.
    pub fn import(&self, db: &AppDatabase, more: &[&str]) -> Outcome {
        let (path, out) = (fixture("clean").display().to_string(), db.path("out").display().to_string());
        let args = ["import", "all", &path, "--out", &out, "--as-of", AS_OF, "--create-memberships"];
        self.run(&[args.as_slice(), &["--batch-size", "20"], more].concat())
    }

    /// Does something in both of the pooler's sessions.
    pub fn in_each_session(&self, mut work: impl FnMut(&mut PostgresConnection)) {
        let (mut one, mut other) = (self.connect(), self.connect());
        for client in [&mut one, &mut other] {
            // A BEGIN would wait for the first statement.
            client.batch_execute("START TRANSACTION").expect("a session");
        }
        for client in [&mut one, &mut other] {
            work(client);
            client.batch_execute("COMMIT").expect("the session goes back");
        }
    }
}
