//! A pooler of the bench's own before its PostgreSQL server.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

use url::Url;

use crate::{Result, pgbouncer};

/// How long it may take until it answers.
const PATIENCE: Duration = Duration::from_secs(10);

/// A pooler that ends with its measurement.
pub struct Pooler {
    process: Child,
    folder: PathBuf,
    /// The database by way of it.
    pub url: Url,
}

impl Pooler {
    /// Starts one in front of a database's server.
    pub fn before(database: &Url) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        // Its user has to get there, which a folder of the project need not allow.
        let folder = std::env::temp_dir().join(format!("sejoli_bench_pooler_{port}"));
        std::fs::create_dir(&folder)?;
        let (mut command, url) = pgbouncer::pooler(database, &folder, port);
        let mut pooler = Self { process: command.stderr(std::process::Stdio::null()).spawn()?, folder, url };
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if pooler.process.try_wait()?.is_some() || Instant::now() > until {
                return Err("the pooler does not answer".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(pooler)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
