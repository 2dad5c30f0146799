//! Sessions of a database that wait for a row of somebody else's, as its server tells of them.

use std::time::Duration;

use super::{BackgroundTool, Engine};
use crate::support::library::{Cell, Store};

/// How many sessions of the database wait.
pub fn waiting(engine: Engine, look: &mut Store) -> i64 {
    let sql = match engine {
        #[cfg(feature = "postgres")]
        Engine::Postgres => {
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        }
        #[cfg(feature = "mysql")]
        Engine::Mysql => {
            "SELECT count(*) FROM information_schema.innodb_trx t JOIN information_schema.processlist p \
             ON p.id = t.trx_mysql_thread_id WHERE t.trx_state = 'LOCK WAIT' AND p.db = DATABASE()"
        }
        Engine::Sqlite => panic!("a file has no lock on rows"),
    };
    match look.query(sql, &[]).expect("the locks")[0][0] {
        Cell::Int(number) => number,
        ref other => panic!("no number: {other:?}"),
    }
}

/// Waits until somebody waits for a row; the process must live until then.
#[track_caller]
pub fn until_one_waits(engine: Engine, look: &mut Store, running: &mut BackgroundTool) {
    let mut looks = 0;
    while waiting(engine, look) == 0 {
        running.assert_running();
        // InnoDB gives an old answer where anybody has asked within a tenth of a second. Pauses of several lengths let two
        // tests that ask in turn get out of each other's way.
        std::thread::sleep(Duration::from_millis(150 + looks % 7 * 60));
        looks += 1;
    }
}
