//! How a session with a PostgreSQL server comes about: its address, TLS, who is there, what is asked for.
//! The parameters are libpq's own and mean what they mean there.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fallible_iterator::FallibleIterator as _;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{
    ChannelBinding, SCRAM_SHA_256, SCRAM_SHA_256_PLUS, ScramSha256,
};
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use rustix::net::sockopt;
use rustls::StreamOwned;

use super::parameters::Parameters;
use super::tls;
use super::wire::{ServerStream, Wire, unexpected, unsendable};
use crate::store::engines::error::{DatabaseError, ErrorCode, Result};
use crate::store::engines::server_url::GONE_AFTER;
use crate::store::schema::dialect::Dialect;

/// Connects to the first host that answers and is what is asked for.
///
/// # Errors
/// What each host has said, or how it could not be reached.
pub(super) fn connect(parameters: Parameters<'_>) -> Result<Wire> {
    if parameters.is("gssencmode", "require") {
        return Err(other("gssencmode=require is not supported; TLS is"));
    }
    let hosts = hosts(parameters);
    let wanted = parameters.get("target_session_attrs").unwrap_or("any");
    let passes: &[&str] = if wanted == "prefer-standby" { &["standby", "any"] } else { &[wanted] };
    let mut failed = Vec::new();
    for wanted in passes {
        failed.clear();
        for host in &hosts {
            match session(parameters, *host).and_then(|wire| suitable(wire, wanted)) {
                Ok(wire) => return Ok(wire),
                Err(error) => failed.push((host.to_string(), error)),
            }
        }
    }
    Err(DatabaseError::of_hosts(Dialect::Postgres, failed))
}

/// A host and its port.
#[derive(Clone, Copy)]
struct Host<'a> {
    name: &'a str,
    port: &'a str,
}

impl std::fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.name, self.port)
    }
}

/// The hosts that are named. One port is that of all of them.
fn hosts(parameters: Parameters<'_>) -> Vec<Host<'_>> {
    let ports: Vec<&str> = parameters.get("port").unwrap_or("5432").split(',').collect();
    let names = parameters.get("host").unwrap_or("localhost").split(',').enumerate();
    names.map(|(at, name)| Host { name, port: ports[at % ports.len()] }).collect()
}

fn other(why: impl Into<String>) -> DatabaseError {
    DatabaseError::other(Dialect::Postgres, why)
}

fn lost(why: impl Into<String>) -> DatabaseError {
    DatabaseError::lost(Dialect::Postgres, why)
}

/// A session with one host. Where TLS is only preferred, and does not come about or is not what the server
/// wants, it is done without.
fn session(parameters: Parameters<'_>, host: Host<'_>) -> Result<Wire> {
    let encrypts = !parameters.is("sslmode", "disable") && !host.name.starts_with('/');
    match attempt(parameters, host, encrypts) {
        Err(error) if encrypts && parameters.is("sslmode", "prefer") && may_be_plain(&error) => {
            attempt(parameters, host, false).map_err(|_| error)
        }
        done => done,
    }
}

/// The server's own rules refuse how it was asked, or a handshake has failed.
fn may_be_plain(error: &DatabaseError) -> bool {
    error.code == ErrorCode::Sqlstate(*b"28000") || error.message.starts_with(HANDSHAKE)
}

const HANDSHAKE: &str = "SSL error";

fn attempt(parameters: Parameters<'_>, host: Host<'_>, encrypts: bool) -> Result<Wire> {
    let time = timeout(parameters);
    let stream = open(parameters, host, time)?;
    stream.wait(time).map_err(|error| lost(error.to_string()))?;
    let stream = match stream {
        ServerStream::Tcp(stream) if encrypts => encrypted(parameters, host.name, stream)?,
        stream => stream,
    };
    let mut wire = Wire::new(stream);
    introduce(&mut wire, parameters, host)?;
    wire.stream().wait(None).map_err(|error| lost(error.to_string()))?;
    Ok(wire)
}

/// No time is for ever, as it is for libpq.
fn timeout(parameters: Parameters<'_>) -> Option<Duration> {
    let seconds = parameters.get("connect_timeout").and_then(|seconds| seconds.parse().ok()).unwrap_or(0);
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

fn open(parameters: Parameters<'_>, host: Host<'_>, time: Option<Duration>) -> Result<ServerStream> {
    let Host { name: host, port } = host;
    if host.starts_with('/') {
        let path = format!("{host}/.s.PGSQL.{port}");
        let connected = UnixStream::connect(&path).map(ServerStream::Unix);
        return connected.map_err(|error| lost(format!("connection to {path} failed: {error}")));
    }
    let port = port.parse().map_err(|_| other(format!("{port}: no port")))?;
    let failed = |error: std::io::Error| lost(format!("connection to {host}, port {port}, failed: {error}"));
    let mut last = lost(format!("{host} has no address"));
    for address in (host, port).to_socket_addrs().map_err(failed)? {
        let connected = match time {
            Some(time) => TcpStream::connect_timeout(&address, time),
            None => TcpStream::connect(address),
        };
        match connected.and_then(|stream| set_up(parameters, stream)) {
            Ok(stream) => return Ok(ServerStream::Tcp(stream)),
            Err(error) => last = failed(error),
        }
    }
    Err(last)
}

fn set_up(parameters: Parameters<'_>, stream: TcpStream) -> std::io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    let keeps_alive = !parameters.is("keepalives", "0");
    sockopt::set_socket_keepalive(&stream, keeps_alive)?;
    let idle = parameters.get("keepalives_idle").and_then(|seconds| seconds.parse().ok()).unwrap_or(0);
    if keeps_alive && idle > 0 {
        sockopt::set_tcp_keepidle(&stream, Duration::from_secs(idle))?;
    } else if keeps_alive && hosts(parameters).len() > 1 {
        sockopt::set_tcp_keepidle(&stream, GONE_AFTER)?;
        sockopt::set_tcp_keepintvl(&stream, GONE_AFTER / 3)?;
        sockopt::set_tcp_keepcnt(&stream, 3)?;
    }
    Ok(stream)
}

/// Asks for TLS; where it is only preferred, a server without it is talked to in plain text.
fn encrypted(parameters: Parameters<'_>, host: &str, mut stream: TcpStream) -> Result<ServerStream> {
    use std::io::{Read as _, Write as _};
    let mut request = bytes::BytesMut::new();
    frontend::ssl_request(&mut request);
    let mut answer = [0];
    stream
        .write_all(&request)
        .and_then(|()| stream.read_exact(&mut answer))
        .map_err(|error| lost(format!("{HANDSHAKE}: {error}")))?;
    if answer != *b"S" {
        return match parameters.get("sslmode") {
            Some("prefer") | None => Ok(ServerStream::Tcp(stream)),
            _ => Err(other("the server does not support SSL, but SSL was required")),
        };
    }
    let mut client = tls::client(&parameters, host).map_err(|why| other(format!("SSL: {why}")))?;
    while client.is_handshaking() {
        let done = client.complete_io(&mut stream);
        done.map_err(|error| lost(format!("{HANDSHAKE}: {}", tls::reason(&error))))?;
    }
    Ok(ServerStream::Tls(Box::new(StreamOwned::new(client, stream))))
}

/// Says who is there and what for, and shows that it is so.
fn introduce(wire: &mut Wire, parameters: Parameters<'_>, host: Host<'_>) -> Result<()> {
    let user = parameters.get("user").map(str::to_owned).or_else(system_user);
    let user = user.ok_or_else(|| other("the URL names no user"))?;
    let own = |name| parameters.get(name).map(|value| (name_at_the_server(name), value));
    let more = ["dbname", "client_encoding", "application_name", "options"].into_iter().filter_map(own);
    let said = [("user", user.as_str())].into_iter().chain(more);
    frontend::startup_message(said, &mut wire.out).map_err(unsendable)?;
    wire.send()?;
    authenticate(wire, parameters, (&user, host))?;
    loop {
        match wire.receive()? {
            Message::ReadyForQuery(_) => return Ok(()),
            Message::BackendKeyData(_) => {}
            _ => return Err(unexpected()),
        }
    }
}

fn name_at_the_server(name: &'static str) -> &'static str {
    if name == "dbname" { "database" } else { name }
}

/// The user of this process, as whom libpq connects where none is named.
fn system_user() -> Option<String> {
    if let Ok(user) = std::env::var("PGUSER") {
        return Some(user);
    }
    let id = std::fs::metadata("/proc/self").ok()?.uid().to_string();
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let mut users = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    users.find(|fields| fields.get(2) == Some(&id.as_str())).map(|fields| fields[0].to_owned())
}

fn authenticate(wire: &mut Wire, parameters: Parameters<'_>, (user, host): (&str, Host<'_>)) -> Result<()> {
    let bound = parameters.is("channel_binding", "require");
    let refused = || other("channel binding is required, but the server does not ask for it");
    let password = || {
        let known = password(parameters, user, host);
        known.ok_or_else(|| other(format!("the server asks for the password of {user}, and none is given")))
    };
    loop {
        match wire.receive()? {
            Message::AuthenticationOk if bound => return Err(refused()),
            Message::AuthenticationOk => return Ok(()),
            Message::AuthenticationSasl(asked) => {
                let mechanisms: Vec<String> =
                    asked.mechanisms().map(|name| Ok(name.to_owned())).collect().map_err(unsendable)?;
                prove(wire, parameters, &password()?, &mechanisms)?;
                return match wire.receive()? {
                    Message::AuthenticationOk => Ok(()),
                    _ => Err(unexpected()),
                };
            }
            _ if bound => return Err(refused()),
            Message::AuthenticationCleartextPassword => {
                frontend::password_message(password()?.as_bytes(), &mut wire.out).map_err(unsendable)?;
            }
            Message::AuthenticationMd5Password(asked) => {
                let hash = md5_hash(user.as_bytes(), password()?.as_bytes(), asked.salt());
                frontend::password_message(hash.as_bytes(), &mut wire.out).map_err(unsendable)?;
            }
            _ => return Err(other("the server asks for a way to authenticate that is not supported")),
        }
        wire.send()?;
    }
}

/// Shows by SCRAM that the password is known, without telling it.
fn prove(wire: &mut Wire, parameters: Parameters<'_>, password: &str, offered: &[String]) -> Result<()> {
    let offers = |name: &str| offered.iter().any(|offered| offered == name);
    let end_point = match wire.stream() {
        ServerStream::Tls(stream) if !parameters.is("channel_binding", "disable") => {
            tls::end_point(&stream.conn)
        }
        _ => None,
    };
    let (mechanism, binding) = match end_point {
        Some(end_point) if offers(SCRAM_SHA_256_PLUS) => {
            (SCRAM_SHA_256_PLUS, ChannelBinding::tls_server_end_point(end_point))
        }
        _ if parameters.is("channel_binding", "require") => {
            return Err(other("channel binding is required, but not possible with this server"));
        }
        _ if !offers(SCRAM_SHA_256) => {
            return Err(other("the server asks for a way to authenticate that is not supported"));
        }
        // A server that could bind the channel takes it for an attack when it is told that it cannot.
        Some(_) => (SCRAM_SHA_256, ChannelBinding::unrequested()),
        None => (SCRAM_SHA_256, ChannelBinding::unsupported()),
    };
    let mut scram = ScramSha256::new(password.as_bytes(), binding);
    frontend::sasl_initial_response(mechanism, scram.message(), &mut wire.out).map_err(unsendable)?;
    wire.send()?;
    match wire.receive()? {
        Message::AuthenticationSaslContinue(said) => scram.update(said.data()).map_err(unsendable)?,
        _ => return Err(unexpected()),
    }
    frontend::sasl_response(scram.message(), &mut wire.out).map_err(unsendable)?;
    wire.send()?;
    match wire.receive()? {
        Message::AuthenticationSaslFinal(said) => scram.finish(said.data()).map_err(unsendable),
        _ => Err(unexpected()),
    }
}

/// The password: the URL's, else the environment's, else that of the user's own file of passwords.
fn password(parameters: Parameters<'_>, user: &str, host: Host<'_>) -> Option<String> {
    let given = parameters.get("password").map(str::to_owned);
    given.or_else(|| std::env::var("PGPASSWORD").ok()).or_else(|| {
        let named = std::env::var_os("PGPASSFILE").map(PathBuf::from);
        let file = named.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".pgpass")))?;
        let name = if host.name.starts_with('/') { "localhost" } else { host.name };
        let database = parameters.get("dbname").unwrap_or_default();
        from_passwords(&std::fs::read_to_string(file).ok()?, [name, host.port, database, user])
    })
}

/// The password of the first line that is for this host, port, database and user.
fn from_passwords(file: &str, wanted: [&str; 4]) -> Option<String> {
    file.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = fields(line);
        let (password, names) = fields.split_last().filter(|(_, names)| names.len() == wanted.len())?;
        let is_for = names.iter().zip(wanted).all(|(name, wanted)| name == "*" || name == wanted);
        is_for.then(|| password.clone())
    })
}

/// The fields of a line, of which a colon and a backslash are written behind a backslash.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        let last = fields.last_mut().expect("there is one");
        match letter {
            ':' => fields.push(String::new()),
            '\\' => last.extend(letters.next()),
            letter => last.push(letter),
        }
    }
    fields
}

/// The session, if the server is one of the wanted kind.
fn suitable(mut wire: Wire, wanted: &str) -> Result<Wire> {
    if wanted == "any" {
        return Ok(wire);
    }
    let (mut standby, mut only_reads) = (false, false);
    let sql = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'";
    frontend::query(sql, &mut wire.out).map_err(unsendable)?;
    wire.exchange(|message| {
        if let Message::DataRow(row) = message {
            let flags: Vec<bool> = row
                .ranges()
                .map(|range| Ok(range.is_some_and(|range| &row.buffer()[range] == b"t")))
                .collect()
                .map_err(unsendable)?;
            (standby, only_reads) = (flags.first() == Some(&true), flags.get(1) == Some(&true));
        }
        Ok(())
    })?;
    let suits = match wanted {
        "read-write" => !only_reads,
        "read-only" => only_reads,
        "primary" => !standby,
        "standby" => standby,
        unknown => return Err(other(format!("target_session_attrs {unknown:?} is unknown"))),
    };
    if suits { Ok(wire) } else { Err(other(format!("the server is not {wanted}"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_found_in_the_file_of_passwords() {
        let file = "# ours\ndb:5432:other:shop:no\ndb:*:app:shop:a\\:b\\\\c\n*:*:*:*:last";
        let of = |wanted| from_passwords(file, wanted);
        assert_eq!(of(["db", "5432", "app", "shop"]), Some("a:b\\c".to_owned()));
        assert_eq!(of(["else", "5432", "app", "shop"]), Some("last".to_owned()));
        assert_eq!(from_passwords("db:5432:app:shop", ["db", "5432", "app", "shop"]), None);
    }

    #[test]
    fn each_host_has_a_port_of_its_own_or_that_of_all() {
        let of = |host: &str, port: &str| {
            let parameters = [("host", host.to_owned()), ("port", port.to_owned())];
            hosts(Parameters(&parameters)).iter().map(Host::to_string).collect::<Vec<_>>()
        };
        assert_eq!(of("a,b,c", "1,2,3"), ["a:1", "b:2", "c:3"]);
        assert_eq!(of("a,/run", "5433"), ["a:5433", "/run:5433"]);
    }

    #[test]
    fn no_time_is_for_ever() {
        let of = |seconds: &str| timeout(Parameters(&[("connect_timeout", seconds.to_owned())]));
        assert_eq!(of("10"), Some(Duration::from_secs(10)));
        assert_eq!(of("0"), None);
    }
}
