//! PostgreSQL behind a real pooler in transaction mode: every transaction may reach another session,
//! and what stands in a session is somebody else's.

use crate::support::library::PostgresConnection;
use diesel::connection::SimpleConnection as _;
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, RunQueryDsl as _};

use crate::support::exit_code::{DATABASE, DONE, REFUSED};
use crate::support::pooler::Pooler;
use crate::support::{AppDatabase, Compared, Engine, assert_same, count, dump, fixture, imported, tool};

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
