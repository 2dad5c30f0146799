//! What every test needs: a folder of its own, the binary, and a look into the database.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sejoli_migrate::domain::date::Millis;
use sejoli_migrate::domain::money::Money;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use sejoli_migrate::store::codec::record::Column;
use sejoli_migrate::store::codec::value::Cell;
use sejoli_migrate::store::engines::mode::Mode;
use sejoli_migrate::store::schema;
use sejoli_migrate::store::schema::tables::{BOOKKEEPING, JOURNALED};
use sejoli_migrate::store::schema::tables::{Transaction, TransactionStatus, TransactionType};
use sejoli_migrate::store::session::store::Store;

/// How a command ended.
#[derive(Debug)]
pub struct Outcome {
    /// Its exit code.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it said.
    pub stderr: String,
}

/// Runs the binary, with nothing of the tester's own settings.
pub fn tool(args: &[&str]) -> Outcome {
    let output = Command::new(env!("CARGO_BIN_EXE_sejoli-migrate"))
        .args(args)
        .env_remove("DATABASE_URL")
        .env_remove("DIRECT_URL")
        .env_remove("NO_COLOR")
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs");
    Outcome {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A folder that goes with the test.
pub fn workspace() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// The script that makes and serves servers of a test's own.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub fn script(args: &[&str]) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers.sh"));
    command.args(args).stdin(Stdio::null());
    command
}

/// A port that nobody listens on.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// How many COMMITs these bytes to a server hold; READ COMMITTED is none.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub fn commits_said(said: &[u8]) -> u64 {
    let ends = |at: usize| said.get(at + 6).is_none_or(|next| !next.is_ascii_alphabetic());
    said.windows(6).enumerate().filter(|(at, word)| *word == b"COMMIT" && ends(*at)).count() as u64
}

/// The project's own fixtures.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// The time that stands in for now in tests.
pub const AS_OF: &str = "2026-01-01T00:00:00+07:00";

/// The engines that the tool serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// The server of `SEJOLI_TEST_POSTGRES`.
    #[cfg(feature = "postgres")]
    Postgres,
    /// The server of `SEJOLI_TEST_MYSQL`.
    #[cfg(feature = "mysql")]
    Mysql,
}

impl Engine {
    /// Whether it is PostgreSQL; a build may leave that out.
    pub fn is_postgres(self) -> bool {
        match self {
            #[cfg(feature = "postgres")]
            Engine::Postgres => true,
            _ => false,
        }
    }
}

/// Makes tests of a function, one for each engine of a list.
macro_rules! on_engines {
    ($name:ident: $($(#[$condition:meta])* $test:ident $engine:ident),+) => {
        mod $name {
            use crate::support::Engine;

            $(
                $(#[$condition])*
                #[test]
                fn $test() {
                    super::$name(Engine::$engine);
                }
            )+
        }
    };
}
pub(crate) use on_engines;

/// Makes a test of a function, one for each engine: a server that is not there fails it.
macro_rules! on_each_engine {
    ($($name:ident),+ $(,)?) => {$(
        crate::support::on_engines!($name:
            sqlite Sqlite,
            #[cfg(feature = "postgres")] postgres Postgres,
            #[cfg(feature = "mysql")] mysql Mysql
        );
    )+};
}
pub(crate) use on_each_engine;

/// Makes a test of a function, one for each engine that has a server.
#[cfg(any(feature = "postgres", feature = "mysql"))]
macro_rules! on_each_server {
    ($($name:ident),+ $(,)?) => {$(
        crate::support::on_engines!($name:
            #[cfg(feature = "postgres")] postgres Postgres,
            #[cfg(feature = "mysql")] mysql Mysql
        );
    )+};
}
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) use on_each_server;

/// A transaction of the app's own.
pub fn app_transaction(
    id: &str,
    user: &str,
    external_id: Option<&str>,
    invoice_number: Option<&str>,
) -> Transaction {
    Transaction {
        id: id.to_owned(),
        user_id: user.to_owned(),
        kind: TransactionType::Product,
        status: TransactionStatus::Success,
        amount: Money::rupiah(77_000),
        customer_name: None,
        customer_email: None,
        customer_phone: None,
        customer_whatsapp: None,
        product_id: None,
        description: None,
        original_amount: None,
        payment_provider: Some("XENDIT".to_owned()),
        external_id: external_id.map(str::to_owned),
        affiliate_share: None,
        affiliate_id: None,
        metadata: None,
        paid_at: None,
        created_at: Millis(1_700_000_000_000),
        updated_at: Millis(1_700_000_000_000),
        invoice_number: invoice_number.map(str::to_owned),
    }
}

/// A database of its own, which goes with the test.
pub struct Database {
    /// Its URL.
    pub url: String,
    server: Option<Server>,
}

/// A database on a server.
struct Server {
    /// The URL of a database that is always there.
    url: String,
    name: String,
}

impl Database {
    /// An empty database; `folder` is for a file.
    pub fn new(engine: Engine, folder: &Path) -> Self {
        match engine {
            Engine::Sqlite => {
                Self { url: format!("file:{}", folder.join("shop.db").display()), server: None }
            }
            #[cfg(feature = "postgres")]
            Engine::Postgres => {
                Self::on_named("SEJOLI_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
            }
            #[cfg(feature = "mysql")]
            Engine::Mysql => Self::on_named("SEJOLI_TEST_MYSQL", "mysql://root@127.0.0.1:3306/mysql"),
        }
    }

    #[cfg(any(feature = "postgres", feature = "mysql"))]
    fn on_named(variable: &str, usual: &str) -> Self {
        Self::on_server(&std::env::var(variable).unwrap_or_else(|_| usual.to_owned()))
    }

    /// An empty database on the server of a URL.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    fn on_server(url: &str) -> Self {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("sejoli_test_{}_{number}", std::process::id());
        let (base, parameters) = url.split_once('?').unwrap_or((url, ""));
        let (host, _) = base.rsplit_once('/').expect("a URL of a server");
        let own = format!("{host}/{name}?{parameters}");
        let server = Server { url: url.to_owned(), name };
        server.run(&format!("DROP DATABASE IF EXISTS {}", server.name));
        server.run(&format!("CREATE DATABASE {}", server.name));
        Self { url: own, server: Some(server) }
    }
}

impl Server {
    fn run(&self, sql: &str) {
        let server = Store::open(&self.url, Mode::Write);
        let mut server = server.unwrap_or_else(|error| panic!("the test needs a server: {error:#}"));
        server.run_script(sql).unwrap_or_else(|error| panic!("{sql}: {error:#}"));
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.run(&format!("DROP DATABASE IF EXISTS {}", server.name));
        }
    }
}

/// A shop's database with the schema applied.
pub struct Shop {
    /// A folder for its files.
    pub folder: tempfile::TempDir,
    engine: Engine,
    database: Database,
    /// The rows as SQLite has them, until something is written again.
    mirror: RefCell<Option<Store>>,
}

impl Shop {
    /// The app's own tables and the tool's, empty.
    pub fn new(engine: Engine) -> Self {
        Self::bare(engine).with_schema()
    }

    /// The same on the server of a URL.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub fn on_server(engine: Engine, url: &str) -> Self {
        let database = Database::on_server(url);
        Self { folder: workspace(), engine, database, mirror: RefCell::new(None) }.with_schema()
    }

    /// The same with the tables applied.
    pub fn with_schema(self) -> Self {
        let applied = self.run(&["schema", "apply"]);
        assert_eq!(applied.code, 0, "{applied:?}");
        self
    }

    /// A database without any table.
    pub fn bare(engine: Engine) -> Self {
        let folder = workspace();
        let database = Database::new(engine, folder.path());
        Self { folder, engine, database, mirror: RefCell::new(None) }
    }

    /// A path in the shop's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The database's URL.
    pub fn url(&self) -> String {
        self.database.url.clone()
    }

    /// Forgets what was seen of the rows: somebody else has written.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub fn look_again(&self) {
        self.mirror.take();
    }

    /// The database itself.
    pub fn store(&self, mode: Mode) -> Store {
        self.mirror.take();
        Store::open(&self.url(), mode).expect("the database opens")
    }

    /// Runs a command on this database.
    pub fn run(&self, args: &[&str]) -> Outcome {
        self.mirror.take();
        let url = self.url();
        let mut all = vec!["--database-url", url.as_str()];
        all.extend(args);
        tool(&all)
    }

    /// Imports with a fixed now, and the memberships that the product map names.
    pub fn import(&self, what: &str, path: &Path, more: &[&str]) -> Outcome {
        let (path, out) = (path.display().to_string(), self.path("out").display().to_string());
        let mut args = vec!["import", what, path.as_str(), "--out", out.as_str(), "--as-of", AS_OF];
        args.push("--create-memberships");
        args.extend(more);
        self.run(&args)
    }

    /// Runs SQL that every engine understands, as the app would.
    pub fn sql(&self, sql: &str) {
        self.store(Mode::Write).run_script(sql).unwrap_or_else(|error| panic!("{sql}: {error:#}"));
    }

    /// The rows of a query in SQLite's dialect, in the form in which SQLite has them: whatever the
    /// engine, its rows are asked in one language.
    pub fn query(&self, sql: &str) -> Vec<Vec<Cell>> {
        let mut mirror = self.mirror.borrow_mut();
        let store = mirror.get_or_insert_with(|| match self.engine {
            Engine::Sqlite => Store::open(&self.url(), Mode::Read).expect("the database opens"),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => mirrored(&mut Store::open(&self.url(), Mode::Read).expect("the database opens")),
        });
        store.query(sql, &[]).unwrap_or_else(|error| panic!("{sql}: {error:#}"))
    }

    /// The one number that a query answers.
    pub fn number(&self, sql: &str) -> i64 {
        match self.query(sql).first().and_then(|row| row.first()) {
            Some(Cell::Int(number)) => *number,
            other => panic!("{sql}: {other:?}"),
        }
    }
}

/// A copy of the known tables and columns in an SQLite database, value by value.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn mirrored(store: &mut Store) -> Store {
    let folder = workspace();
    let url = format!("file:{}", folder.path().join("mirror.db").display());
    let mut copy = Store::open(&url, Mode::Create).expect("a mirror");
    schema::apply(&mut copy).expect("the schema of a mirror");
    copy.run_script(
        "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; DELETE FROM \"SejoliSchemaObject\"",
    )
    .expect("a session");
    let catalogue = store.catalogue().expect("a catalogue");
    for table in JOURNALED.iter().chain(BOOKKEEPING) {
        let Some(shape) = catalogue.get(table.name) else {
            copy.run_script(&format!("DROP TABLE \"{}\"", table.name)).expect("a table less");
            continue;
        };
        let live = table.columns.iter().filter(|column| shape.column(column.name).is_some());
        let names: Vec<&str> = live.clone().map(|column| column.name).collect();
        let sql = format!("SELECT \"{}\" FROM \"{}\"", names.join("\", \""), table.name);
        let rows = store.query(&sql, &[]).expect("the rows");
        let rows = rows.into_iter().map(|row| {
            let values = row.into_iter().zip(live.clone());
            let cell = |(cell, column): (Cell, &Column)| {
                copy.encode(store.decode(cell, column.kind).expect("a value"))
            };
            values.map(cell).collect()
        });
        let rows = rows.collect();
        copy.reinsert_rows(table, &names, rows).expect("a copy");
    }
    copy
}
