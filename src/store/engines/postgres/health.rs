//! What a PostgreSQL server is like before an import.

use std::path::PathBuf;

use crate::domain::date::Millis;
use crate::language::tr;
use crate::store::codec::value::Cell;
use crate::store::engines::engine::Engine;
use crate::store::engines::health::{ServerHealth, Setting, SettingVerdict};
use crate::store::schema::catalogue::{flag, text};

const SERVER: &str = "SELECT current_setting('server_version'), current_setting('server_version_num')::int, \
    (extract(epoch FROM clock_timestamp()) * 1000)::bigint, pg_database_size(current_database()), \
    has_schema_privilege(?, 'CREATE'), pg_is_in_recovery()";

/// What a new session has: this one may have come from a pooler, with somebody else's settings.
const SETTINGS: &str = "SELECT name, coalesce(reset_val, '') FROM pg_settings WHERE name IN ('server_encoding', \
    'synchronous_commit', 'fsync', 'default_transaction_isolation', 'default_transaction_read_only', 'TimeZone', \
    'data_directory', 'max_connections')";

/// The first version that is known to do; 15 is the one that is tested.
const KNOWN_FROM: i64 = 120_000;

/// Reads it.
pub(super) fn read(engine: &mut impl Engine, schema: &str) -> anyhow::Result<ServerHealth> {
    let mut server = engine.query(SERVER, &[Cell::Text(schema.to_owned())])?.into_iter().flatten();
    let version = server.next().and_then(text).unwrap_or_default();
    let mut number = || match server.next() {
        Some(Cell::Int(number)) => number,
        _ => 0,
    };
    let (known, clock, bytes) = (number() >= KNOWN_FROM, Millis(number()), number());
    let (may_create, standby) = (flag(server.next()), flag(server.next()));
    let rows = engine.query(SETTINGS, &[])?;
    let found = |name: &str| {
        let row = rows.iter().find(|row| row[0] == Cell::Text(name.to_owned()));
        row.and_then(|row| text(row[1].clone())).unwrap_or_default()
    };
    let folder = found("data_directory");
    Ok(ServerHealth {
        version: format!("PostgreSQL {version}"),
        known,
        settings: settings(found, standby),
        clock: Some(clock),
        bytes: u64::try_from(bytes)?,
        may_create,
        folder: (!folder.is_empty()).then(|| PathBuf::from(folder)),
    })
}

fn settings(found: impl Fn(&str) -> String, standby: bool) -> Vec<Setting> {
    let setting = |name: &'static str| Setting::ok(name, found(name));
    let is = |name: &str, wanted: &str| found(name) == wanted;
    vec![
        Setting::ok("primary", if standby { "no" } else { "yes" }).unless(
            !standby,
            SettingVerdict::Stop,
            tr!("this server only follows another one and takes no rows"),
        ),
        setting("default_transaction_read_only").unless(
            is("default_transaction_read_only", "off"),
            SettingVerdict::Stop,
            tr!("transactions of this user only read"),
        ),
        setting("server_encoding").unless(
            is("server_encoding", "UTF8"),
            SettingVerdict::Stop,
            tr!("the database cannot hold every letter"),
        ),
        setting("synchronous_commit").unless(
            !is("synchronous_commit", "off"),
            SettingVerdict::Warning,
            tr!("after a crash of the server, an import that has ended may lack its last batches; run verify then"),
        ),
        setting("fsync").unless(
            is("fsync", "on"),
            SettingVerdict::Warning,
            tr!("a crash of the server can destroy the database"),
        ),
        setting("default_transaction_isolation").unless(
            is("default_transaction_isolation", "read committed"),
            SettingVerdict::Warning,
            tr!("the app's own writes may have to be tried again while an import runs"),
        ),
        // The tool's sessions are in UTC whatever stands here.
        setting("TimeZone"),
    ]
}
