//! Databases of the bench's own: an SQLite file, or a database on a server.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use url::Url;

use crate::Result;
use crate::script::Client;
use crate::sqlite::Connection;

/// The engines that can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
    Mysql,
}

impl Engine {
    pub const ALL: [Engine; 3] = [Engine::Sqlite, Engine::Postgres, Engine::Mysql];

    pub fn name(self) -> &'static str {
        match self {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
            Engine::Mysql => "mysql",
        }
    }
}

/// A database that is made anew for each measurement.
pub struct Database {
    pub engine: Engine,
    pub url: String,
    file: PathBuf,
    name: String,
}

impl Database {
    /// An empty database.
    pub fn new(engine: Engine, home: &Path, name: &str) -> Result<Self> {
        let file = home.join(format!("{name}.db"));
        let name = format!("sejoli_bench_{name}_{}", std::process::id());
        let url = match engine {
            Engine::Sqlite => format!("file:{}", file.display()),
            Engine::Postgres => {
                server("SEJOLI_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres", &name)?
            }
            Engine::Mysql => server("SEJOLI_TEST_MYSQL", "mysql://root@127.0.0.1:3306/mysql", &name)?,
        };
        let database = Self { engine, url, file, name };
        database.drop_it()?;
        match engine {
            Engine::Sqlite => {}
            Engine::Postgres | Engine::Mysql => {
                database.admin(&format!("CREATE DATABASE {}", database.name))?
            }
        }
        Ok(database)
    }

    fn drop_it(&self) -> Result<()> {
        if self.engine != Engine::Sqlite {
            return self.admin(&format!("DROP DATABASE IF EXISTS {}", self.name));
        }
        for ending in ["", "-journal", "-wal", "-shm"] {
            let file = PathBuf::from(format!("{}{ending}", self.file.display()));
            if file.exists() {
                std::fs::remove_file(file)?;
            }
        }
        Ok(())
    }

    fn admin(&self, sql: &str) -> Result<()> {
        let mut url = Url::parse(&self.url)?;
        url.set_path(if self.engine == Engine::Postgres { "/postgres" } else { "/mysql" });
        let mut command = client(self.engine, &url);
        command.args([if self.engine == Engine::Postgres { "-c" } else { "-e" }, sql]);
        succeed(command)
    }

    /// Runs statements.
    pub fn execute(&self, sql: &str) -> Result<()> {
        if self.engine == Engine::Sqlite {
            return Connection::open(&self.file)?.execute(sql);
        }
        let script = self.file.with_extension("sql");
        std::fs::write(&script, sql)?;
        succeed(self.run(&script)?)
    }

    /// The server's own client, about to run a script.
    pub fn run(&self, script: &Path) -> Result<Command> {
        let mut command = client(self.engine, &Url::parse(&self.url)?);
        command.stdin(std::fs::File::open(script)?);
        Ok(command)
    }

    /// Whose client it is.
    pub fn client(&self) -> Client {
        if self.engine == Engine::Postgres { Client::Psql } else { Client::Mariadb }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.engine != Engine::Sqlite {
            let _ = self.drop_it();
        }
    }
}

/// The URL of a database on the server that a variable names.
fn server(variable: &str, usual: &str, name: &str) -> Result<String> {
    let mut url = Url::parse(&std::env::var(variable).unwrap_or_else(|_| usual.to_owned()))?;
    url.set_path(name);
    Ok(url.to_string())
}

fn client(engine: Engine, url: &Url) -> Command {
    if engine == Engine::Postgres {
        let mut command = Command::new("psql");
        command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", url.as_str()]);
        return command;
    }
    let mut command = Command::new("mariadb");
    command.args(["-h", url.host_str().unwrap_or("127.0.0.1"), "-u", url.username()]);
    command.args(["-P", &url.port().unwrap_or(3306).to_string()]);
    command.env("MYSQL_PWD", url.password().unwrap_or_default());
    command.arg(url.path().trim_start_matches('/'));
    command
}

/// Runs a command that must succeed.
pub fn succeed(mut command: Command) -> Result<()> {
    let status = command.stdout(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} ended with {status}").into()) }
}
