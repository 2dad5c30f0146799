//! An empty database of a test's own on any engine. Tests run at the same time on shared servers: each makes its
//! own database and drops it at its end, so that none sees another's rows.

use std::path::Path;

use super::Engine;
use super::library::{DatabaseUse, Store};

/// A database of its own, which goes with the test.
pub struct Database {
    /// Its URL.
    pub url: String,
    server: Option<ServerDatabase>,
}

/// A database on a server.
struct ServerDatabase {
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

    /// A database that is there, by another way.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub fn at(url: &str) -> Self {
        Self { url: url.to_owned(), server: None }
    }

    /// An empty database on the server of a URL.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub fn on_server(url: &str) -> Self {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("sejoli_test_{}_{number}", std::process::id());
        let (base, parameters) = url.split_once('?').unwrap_or((url, ""));
        let (host, _) = base.rsplit_once('/').expect("a URL of a server");
        let own = format!("{host}/{name}?{parameters}");
        let server = ServerDatabase { url: url.to_owned(), name };
        server.run(&[
            &format!("DROP DATABASE IF EXISTS {}", server.name),
            &format!("CREATE DATABASE {}", server.name),
        ]);
        Self { url: own, server: Some(server) }
    }
}

impl ServerDatabase {
    fn run(&self, statements: &[&str]) {
        let server = Store::open(&self.url, DatabaseUse::Write);
        let mut server = server.unwrap_or_else(|error| panic!("the test needs a server: {error:#}"));
        for sql in statements {
            server.run_script(sql).unwrap_or_else(|error| panic!("{sql}: {error:#}"));
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.run(&[&format!("DROP DATABASE IF EXISTS {}", server.name)]);
        }
    }
}
