//! The settings of a pooler in transaction mode before a PostgreSQL server.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use url::Url;

use super::programs::{as_user, give, program};

/// What starts a pooler on a port, with two sessions for everybody, whose settings go into an empty folder; and the URL of
/// the server's database by way of it.
pub fn pooler(server: &Url, folder: &Path, port: u16) -> (Command, Url) {
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
    give("postgres", folder);
    let mut pooled = server.clone();
    pooled.set_host(Some("127.0.0.1")).expect("a host");
    pooled.set_port(Some(port)).expect("a port");
    pooled.set_query(None);
    let mut command = as_user("postgres", &program("pgbouncer", "pgbouncer"));
    command.arg(ini);
    (command, pooled)
}
