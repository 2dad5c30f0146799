//! How a session begins: at the first host that takes part in its cluster and may be written to, with what it needs.

use diesel::QueryResult;
use url::Url;

use super::answer::Answer;
use super::connection::MysqlConnection;
use super::driver;
use crate::failure::Failure;
use crate::store::engines::database_use::DatabaseUse;
use crate::store::engines::error::{DatabaseError, RemembersErrors as _, Result};
use crate::store::engines::target::MysqlTarget;
use crate::store::schema::dialect::Dialect;

/// What a session needs: `"` quotes names, nothing is cut or guessed, times are UTC.
/// READ COMMITTED, as on PostgreSQL: a row is read as it stands, and no gap between rows is locked that
/// the app may want to insert into.
const SESSION: &str = "SET SESSION sql_mode = 'ANSI_QUOTES,STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,\
    ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', \
    character_set_client = 'utf8mb4', character_set_connection = 'utf8mb4', character_set_results = 'utf8mb4', \
    innodb_lock_wait_timeout = 10, wait_timeout = 28800, foreign_key_checks = 1, unique_checks = 1";

/// What the smallest of servers takes at once, where one does not say it.
const SMALLEST_LIMIT: usize = 1 << 20;

/// What is asked of a server when a session begins: the last statements of its first packet, in this order.
const QUESTIONS: [&str; 3] = [
    "SELECT @@max_allowed_packet, @@global.read_only",
    "SHOW SESSION VARIABLES WHERE Variable_name IN ('wsrep_on', 'wsrep_load_data_splitting', 'local_infile')",
    "SHOW GLOBAL STATUS LIKE 'wsrep_ready'",
];

/// Makes a session with a node of a cluster wait until the node has done all that was committed anywhere before. A commit
/// is answered when all nodes have it, not when all have done it: without this, whoever looks at another node whether
/// their last batch is there may be told that it is not.
const CATCH_UP: &str = "SET SESSION wsrep_sync_wait = 1; SELECT 1; SET SESSION wsrep_sync_wait = DEFAULT";

/// Opens a session at the first host that suits, and says which one that is.
///
/// # Errors
/// What was met at each host.
pub(super) fn open(target: &MysqlTarget, mode: DatabaseUse) -> Result<(MysqlConnection, Url)> {
    driver::first_host(target, |url| {
        let mut connection = MysqlConnection::open(target, url)?;
        let server = connection.told(|connection| begin(connection, mode))?;
        connection.limit_packets(server.max_allowed_packet);
        connection.allow_loads(server.takes_loads);
        server.suits(target.urls.len() > 1)?;
        if server.is_node {
            connection.told(|connection| connection.ask(CATCH_UP))?;
        }
        Ok((connection, url.clone()))
    })
}

/// The host that a session would be opened at.
///
/// # Errors
/// Exit code 7 when none can be reached.
pub(crate) fn ready_host(target: &MysqlTarget) -> anyhow::Result<Url> {
    let opened = open(target, DatabaseUse::Read);
    let (_, host) = opened.map_err(|error| Failure::database(format!("{}: {error}", target.shown)))?;
    Ok(host)
}

/// What a server has said of itself.
struct ServerState {
    max_allowed_packet: usize,
    only_reads: bool,
    /// Whether it is a node of a Galera cluster.
    is_node: bool,
    /// Whether the node takes part in its cluster.
    is_ready: bool,
    /// Whether LOAD DATA LOCAL is allowed and leaves the transaction whole: a node may commit it every 10,000 rows.
    takes_loads: bool,
}

fn begin(connection: &mut MysqlConnection, mode: DatabaseUse) -> QueryResult<ServerState> {
    let mut statements = vec![SESSION, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"];
    if mode == DatabaseUse::Read {
        statements.push("SET SESSION TRANSACTION READ ONLY");
    }
    statements.extend(QUESTIONS);
    let answers = connection.ask(&statements.join("; "))?;
    let [limits, variables, wsrep_ready] =
        [3, 2, 1].map(|behind| answers.len().checked_sub(behind).and_then(|at| answers.get(at)));
    let text = |answer: Option<&Answer>, at| answer?.rows.first()?.get_opt::<String, usize>(at)?.ok();
    let is_on = |answer, at| text(answer, at).is_some_and(|value| value != "0" && value != "OFF");
    let is_set = |name: &str| {
        let mut rows = variables.into_iter().flat_map(|answer| &answer.rows);
        rows.any(|row| {
            let cell = |at: usize| row.get_opt::<String, usize>(at)?.ok();
            cell(0).as_deref() == Some(name) && cell(1).as_deref() == Some("ON")
        })
    };
    Ok(ServerState {
        max_allowed_packet: text(limits, 0).and_then(|bytes| bytes.parse().ok()).unwrap_or(SMALLEST_LIMIT),
        only_reads: is_on(limits, 1),
        is_node: is_set("wsrep_on"),
        is_ready: is_on(wsrep_ready, 1),
        takes_loads: is_set("local_infile") && !is_set("wsrep_load_data_splitting"),
    })
}

impl ServerState {
    /// Whether it can be worked at. Of several hosts that is one that may be written to, also for what only reads: it has to
    /// see what was just written.
    ///
    /// # Errors
    /// Why it cannot.
    fn suits(&self, is_one_of_several: bool) -> Result<()> {
        let refused = |why: &str| Err(DatabaseError::lost(Dialect::Mysql, why));
        if is_one_of_several && self.only_reads {
            return refused("the server may only be read");
        }
        if self.is_node && !self.is_ready {
            return refused("the node does not take part in its cluster");
        }
        Ok(())
    }
}
