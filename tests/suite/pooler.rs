//! PostgreSQL behind a real pooler in transaction mode: every transaction may reach another session,
//! and what stands in a session is somebody else's.

use std::fmt::Write as _;

use crate::support::library::PostgresConnection;
use diesel::connection::SimpleConnection as _;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _};
use url::Url;

use crate::support::exit_code::{DATABASE, DONE, REFUSED};
use crate::support::server::{Server, as_user, give, program};
use crate::support::{
    AS_OF, AppDatabase, Compared, Engine, Outcome, assert_same, count, dump, fixture, free_port, imported,
    tool,
};

/// A pooler before the tests' server, with two sessions for everybody.
struct Pooler {
    _server: Server,
    /// The shop's database by way of the pooler.
    url: String,
}

impl Pooler {
    fn before(db: &AppDatabase) -> Self {
        let bouncer = program("pgbouncer", "pgbouncer");
        let server = Url::parse(&db.url()).expect("a URL");
        let (port, folder) = (free_port(), db.path("pooler"));
        std::fs::create_dir(&folder).expect("a folder");
        let mut to = format!("host={}", server.host_str().expect("a host"));
        let _ = write!(to, " port={} user={}", server.port().unwrap_or(5432), server.username());
        if let Some(password) = server.password() {
            let _ = write!(to, " password={password}");
        }
        let settings = format!(
            "[databases]\n* = {to}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\n\
             unix_socket_dir =\npool_mode = transaction\ndefault_pool_size = 2\nlogfile =\npidfile =\n"
        );
        let ini = folder.join("pgbouncer.ini");
        std::fs::write(&ini, settings).expect("settings");
        give("postgres", db.folder.path());
        let mut pooled = server.clone();
        pooled.set_host(Some("127.0.0.1")).expect("a host");
        pooled.set_port(Some(port)).expect("a port");
        pooled.set_query(None);
        let plain = pooled.to_string();
        let answers = || PostgresConnection::establish(&plain).is_ok();
        let running = Server::start(as_user("postgres", &bouncer).arg(&ini), &folder.join("log"), answers);
        Self { _server: running, url: format!("{plain}?pgbouncer=true&connection_limit=1") }
    }

    fn connect(&self) -> PostgresConnection {
        PostgresConnection::establish(&self.url).expect("the pooler answers")
    }

    fn run(&self, args: &[&str]) -> Outcome {
        tool(&[&["--database-url", self.url.as_str()], args].concat())
    }

    fn import(&self, db: &AppDatabase, more: &[&str]) -> Outcome {
        let (path, out) = (fixture("clean").display().to_string(), db.path("out").display().to_string());
        let args = ["import", "all", &path, "--out", &out, "--as-of", AS_OF, "--create-memberships"];
        self.run(&[args.as_slice(), &["--batch-size", "20"], more].concat())
    }

    /// Does something in both of the pooler's sessions.
    fn in_each_session(&self, mut work: impl FnMut(&mut PostgresConnection)) {
        let (mut one, mut other) = (self.connect(), self.connect());
        for client in [&mut one, &mut other] {
            client.batch_execute("BEGIN").expect("a session");
        }
        for client in [&mut one, &mut other] {
            work(client);
            client.batch_execute("COMMIT").expect("the session goes back");
        }
    }
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    settings: String,
    #[diesel(sql_type = BigInt)]
    left: i64,
}

/// What stands in a session, and what was left there. Zone and date style are the pooler's own business.
fn session(client: &mut PostgresConnection) -> Found {
    let sql = "SELECT concat_ws(' ', current_setting('search_path'), \
               current_setting('enable_seqscan'), current_setting('lock_timeout')) \
               AS settings, (SELECT count(*) FROM pg_prepared_statements) + (SELECT count(*) FROM pg_locks \
               WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database \
               WHERE datname = current_database())) AS left";
    diesel::sql_query(sql).get_result(client).expect("a session's settings")
}

#[test]
fn everything_works_through_a_pooler_whatever_stands_in_its_sessions() {
    let direct = AppDatabase::new(Engine::Postgres);
    imported(&direct, "all", &fixture("clean"), &["--batch-size", "20"], DONE);
    let db = AppDatabase::bare(Engine::Postgres);
    let pooler = Pooler::before(&db);
    pooler.in_each_session(|client| {
        client
            .batch_execute(
                "SET search_path TO pg_catalog; SET timezone TO 'Asia/Jakarta'; SET datestyle TO 'SQL, MDY'; \
                 SET statement_timeout TO '60s'; SET default_transaction_read_only TO on",
            )
            .expect("settings of somebody else's");
    });
    for args in [["schema", "apply"], ["schema", "check"], ["schema", "status"]] {
        let outcome = pooler.run(&args);
        assert_eq!(outcome.code, DONE, "{args:?}: {outcome:?}");
    }
    let outcome = pooler.import(&db, &[]);
    assert_eq!(outcome.code, DONE, "{outcome:?}");
    assert_same(&dump(&direct, Compared::Content), &dump(&db, Compared::Content), "through the pooler");
    let files = fixture("clean").display().to_string();
    for args in
        [vec!["verify", files.as_str()], vec!["status"], vec!["report"], vec!["doctor"], vec!["unlock"]]
    {
        let outcome = pooler.run(&args);
        assert_eq!(outcome.code, DONE, "{args:?}: {outcome:?}");
    }
    let rolled_back = pooler.run(&["rollback", "--last", "--yes"]);
    assert_eq!(rolled_back.code, DONE, "{rolled_back:?}");
    db.refresh();
    assert_eq!(count(&db, "Transaction", "1"), 0);
    pooler.in_each_session(|client| {
        let found = session(client);
        assert_eq!(found.settings, "pg_catalog on 0");
        assert_eq!(found.left, 0, "prepared statements or locks of a session");
    });
    let reverted = pooler.run(&["schema", "revert", "--yes"]);
    assert_eq!(reverted.code, DONE, "{reverted:?}");
}

#[test]
fn the_lock_holds_through_a_pooler() {
    let db = AppDatabase::new(Engine::Postgres);
    let pooler = Pooler::before(&db);
    let held = "INSERT INTO \"SejoliImportLock\" VALUES ('sejoli-migrate', 'import all', 'another-machine', 'boot', 1, \
                '7', now(), now() + interval '1 hour')";
    pooler.connect().batch_execute(held).expect("somebody else's lock");
    for args in [vec!["rollback", "--last", "--yes"], vec!["schema", "apply"], vec!["schema", "revert"]] {
        let refused = pooler.run(&args);
        assert_eq!(refused.code, REFUSED, "{args:?}: {refused:?}");
        assert!(refused.stderr.contains("another-machine"), "{args:?}: {}", refused.stderr);
    }
    assert_eq!(pooler.import(&db, &[]).code, REFUSED);
    assert_eq!(pooler.run(&["unlock", "--yes"]).code, DONE);
    assert_eq!(pooler.import(&db, &[]).code, DONE);
}

/// A pooler without TLS, asked for TLS, is not talked to in plain text.
#[test]
fn a_connection_that_must_be_encrypted_is_not_made_in_plain_text() {
    let db = AppDatabase::new(Engine::Postgres);
    let pooler = Pooler::before(&db);
    let outcome = tool(&["--database-url", &format!("{}&sslmode=require", pooler.url), "schema", "check"]);
    assert_eq!(outcome.code, DATABASE, "{outcome:?}");
    assert!(outcome.stderr.contains("SSL"), "{}", outcome.stderr);
}
