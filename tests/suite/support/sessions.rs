//! Who is connected to a server's database.

use super::Engine;
use super::library::{Cell, Store};

/// The sessions of the database that `look` is connected to, but for its own: the oldest first.
pub fn other_sessions(engine: Engine, look: &mut Store) -> Vec<i64> {
    let sql = match engine {
        #[cfg(feature = "postgres")]
        Engine::Postgres => {
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
             AND backend_type = 'client backend' ORDER BY backend_start"
        }
        #[cfg(feature = "mysql")]
        Engine::Mysql => {
            "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id() \
             ORDER BY id"
        }
        Engine::Sqlite => panic!("a file has no sessions"),
    };
    let rows = look.query(sql, &[]).expect("the sessions");
    let id = |row: Vec<Cell>| match row[0] {
        Cell::Int(id) => id,
        ref other => panic!("{other:?}"),
    };
    rows.into_iter().map(id).collect()
}

/// Ends a session, if it has not gone by itself.
pub fn end_session(engine: Engine, look: &mut Store, session: i64) {
    let end = match engine {
        #[cfg(feature = "postgres")]
        Engine::Postgres => "SELECT pg_terminate_backend(",
        #[cfg(feature = "mysql")]
        Engine::Mysql => "KILL (",
        Engine::Sqlite => panic!("a file has no sessions"),
    };
    let _ = look.run_script(&format!("{end}{session})"));
}
